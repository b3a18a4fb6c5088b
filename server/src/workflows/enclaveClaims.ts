import type { ClaimValues } from "../evidence/format/claimValues";
import type { AttestedExecution } from "../evidence/format/execution";
import type { TrimVersion } from "../inference/suggestion";
import { TRIM_VERSION } from "../inference/trim";
import { decodeUtf8 } from "../platform/canonicalJson";
import { ProoflineError } from "../platform/errors";
import { groupBy } from "../platform/groupBy";
import { SettlementKind } from "../protocol/settlementKinds";
import type { ClaimedAnswer } from "../providers/opengradient/claimedAnswer";
import { OPENGRADIENT_SCHEME } from "../providers/opengradient/completionRequest";
import type { RepositoryContents } from "./readRepository";

/** An attested claim as far as its enclave is concerned. */
export interface EnclaveClaim {
  /** The leaf hash. */
  readonly claim: string;
  /** What was answered, or why nobody can look at it. */
  readonly answer: ClaimedAnswer | { readonly obstacle: string };
}

/**
 * The attested claims of some files, by today's paths, each once; all of them without a choice. Devices take turns: how many are looked
 * at is bounded, and a stranger with many claims must not use that up.
 */
export function enclaveClaims(
  { evidence, moves }: Pick<RepositoryContents, "evidence" | "moves">,
  isWanted: (suggestion: { readonly path: string }) => boolean = () => true,
): readonly EnclaveClaim[] {
  const found = new Map<string, EnclaveClaim & { readonly device: string }>();
  for (const { reading } of evidence) {
    if (reading.kind !== "intact" || reading.batch.facts.execution.kind !== "attested") {
      continue;
    }
    const { device, claims, facts } = reading.batch;
    for (const { record, leafHash, pieces, values } of claims) {
      // Of a claim that travels twice, the copy that can be looked at counts.
      const isBetter = values !== null || !found.has(leafHash);
      const isHere = pieces.some(({ path }, index) =>
        isWanted({ path: moves.ofPiece(device, leafHash, index, path) }),
      );
      if (isBetter && isHere && "trim" in record && facts.execution.kind === "attested") {
        const answer = answerIn(facts.execution, record.trim, values);
        found.set(leafHash, { claim: leafHash, device, answer });
      }
    }
  }
  return inTurns([...groupBy(found.values(), ({ device }) => device).values()]);
}

/** The first of each group, then the second of each, and so on. */
function inTurns(groups: readonly (readonly EnclaveClaim[])[]): readonly EnclaveClaim[] {
  const longest = groups.reduce((most, { length }) => Math.max(most, length), 0);
  return Array.from({ length: longest }, (_, turn) => groups.flatMap((group) => group[turn] ?? [])).flat();
}

function answerIn(
  { scheme, enclave, model }: AttestedExecution,
  trim: TrimVersion,
  values: ClaimValues | null,
): EnclaveClaim["answer"] {
  if (values?.kind !== "attested") {
    return { obstacle: "Request and answer are sealed, so nobody else can check who signed them." };
  }
  if (scheme !== OPENGRADIENT_SCHEME) {
    return {
      obstacle: `It is signed by the rules of ${scheme}, which this version of Proofline does not know.`,
    };
  }
  const settlement = SettlementKind.safeParse(values.settlement);
  const [request, answer] = [textIn(values.request), textIn(values.answer)];
  if (!settlement.success || request === null || answer === null) {
    return { obstacle: "It holds a request, an answer or a settlement that is none of OpenGradient's." };
  }
  return {
    enclave,
    model: model.name,
    request,
    answer,
    signature: Buffer.from(values.signature, "base64"),
    timestamp: values.timestamp,
    settlement: settlement.data,
    displayed: values.displayed,
    isTrimKnown: trim === TRIM_VERSION,
  };
}

function textIn(base64: string): string | null {
  try {
    return decodeUtf8(Buffer.from(base64, "base64"));
  } catch (error) {
    if (error instanceof ProoflineError) {
      return null;
    }
    throw error;
  }
}
