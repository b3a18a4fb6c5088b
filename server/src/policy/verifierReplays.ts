import { openResult, type UncheckedResult } from "../evidence/format/verificationResult";
import type { Address, Digest } from "../platform/primitives";
import { atOnce } from "../platform/slices";
import type { FileProblem } from "./report";

/** Whose replay of a claim counts. */
export interface VerifierReplay {
  readonly verifier: Address;
  /** What the rules, or their authority, call the verifier. */
  readonly name: string;
}

/** What results come to, for a signature costs too much to be looked at twice. */
const opened = new WeakMap<UncheckedResult, readonly Digest[]>();

/** The claims that verifiers who count have replayed, by leaf hash. Nobody else's signature is even looked at. */
export function verifierReplays(
  results: readonly UncheckedResult[],
  verifiers: ReadonlyMap<Address, string>,
): ReadonlyMap<string, VerifierReplay> {
  return atOnce(gatherVerifierReplays(results, verifiers));
}

/** Results that bear the name of a verifier who counts, and are not signed by them or say something else. */
export function unsignedResults(
  results: readonly UncheckedResult[],
  verifiers: ReadonlyMap<Address, string>,
): readonly FileProblem[] {
  return results
    .filter((result) => verifiers.has(result.verifier) && claimsOf(result).length === 0)
    .map(({ path }) => ({
      path,
      problem: "The verifier whose name it bears did not sign it, or it is no result of replays.",
    }));
}

/** The claims that a result says were replayed, by whomever it names; none where they did not sign it. */
export function claimsOf(result: UncheckedResult): readonly Digest[] {
  const claims = opened.get(result) ?? openResult(result) ?? [];
  opened.set(result, claims);
  return claims;
}

/** The same in small steps, one for each signature. */
export function* gatherVerifierReplays(
  results: readonly UncheckedResult[],
  verifiers: ReadonlyMap<Address, string>,
): Generator<void, ReadonlyMap<string, VerifierReplay>, void> {
  const found = new Map<string, VerifierReplay>();
  for (const result of results) {
    const { verifier } = result;
    const name = verifiers.get(verifier);
    if (name === undefined) {
      continue;
    }
    for (const claim of claimsOf(result)) {
      found.set(claim, { verifier, name });
    }
    yield;
  }
  return found;
}
