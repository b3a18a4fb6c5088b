import { sealResult, type UncheckedResult } from "../evidence/format/verificationResult";
import { RESULTS_FOLDER } from "../evidence/repository/places";
import type { Repository } from "../evidence/repository/repository";
import { sha256Digest } from "../platform/digests";
import type { Sign } from "../platform/ecdsa";
import type { Address, Digest } from "../platform/primitives";
import { claimsOf } from "../policy/verifierReplays";
import type { ReplayOutcome } from "../policy/verifyParameters";
import type { RepositoryContents } from "./readRepository";

/** A verifier's key, and who it says that it is. */
export interface Verifier {
  readonly address: Address;
  readonly sign: Sign;
  /** A URI. */
  readonly id: string;
}

export interface SignReplaysParameters {
  readonly repository: Repository;
  readonly contents: Pick<RepositoryContents, "evidence" | "results">;
  /** Replays by claim, as they were run here. */
  readonly outcomes: ReadonlyMap<string, ReplayOutcome>;
  readonly verifier: Verifier;
  /** The policy by which the whole was judged; `null` for the built-in rules. */
  readonly policy: { readonly name: string; readonly digest: Digest } | null;
  /** Seconds since 1970. */
  readonly now: number;
}

/** What was signed now. */
export interface SignedReplays {
  readonly claims: number;
  /** Files below the repository's top. */
  readonly files: readonly string[];
}

/**
 * Signs, batch by batch, which claims were replayed here and found good, as far as this verifier has not signed that before; so that a
 * second run, or two at once, write nothing more.
 */
export async function signReplays({
  repository,
  contents: { evidence, results },
  outcomes,
  verifier,
  policy,
  now,
}: SignReplaysParameters): Promise<SignedReplays> {
  const signed = signedBefore(results, verifier.address);
  const files: string[] = [];
  let count = 0;
  for (const { reading } of evidence) {
    if (reading.kind !== "intact") {
      continue;
    }
    const claims = reading.batch.claims
      .map(({ leafHash }) => leafHash)
      .filter((claim) => isGood(outcomes.get(claim)) && !signed.has(claim));
    if (claims.length === 0) {
      continue;
    }
    for (const claim of claims) {
      signed.add(claim);
    }
    const name = nameFor(reading.batch.batchRoot, verifier.address, claims);
    const result = { claims, verifierId: verifier.id, policy, time: now };
    if (await repository.writeResult(name, sealResult(result, verifier.address, verifier.sign))) {
      files.push(`${RESULTS_FOLDER}/${name}`);
      count += claims.length;
    }
  }
  return { claims: count, files };
}

function signedBefore(results: readonly UncheckedResult[], address: Address): Set<Digest> {
  const own = results.filter(({ verifier }) => verifier === address);
  return new Set(own.flatMap(claimsOf));
}

function isGood(outcome: ReplayOutcome | undefined): boolean {
  return outcome?.value === "exact" || outcome?.value === "withinTolerance";
}

/** The same for the same claims, so that two runs at once write one file. */
function nameFor(batchRoot: Digest, address: Address, claims: readonly Digest[]): string {
  const which = sha256Digest(address, ...[...claims].sort());
  return `${batchRoot}.${which.slice(0, 16)}.json`;
}
