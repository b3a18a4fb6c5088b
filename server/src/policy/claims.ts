import type { AnchorCheck } from "../chain/chain";
import {
  type AcceptedSuggestion,
  claimValuesOf,
  displayedOf,
  executionOf,
  promptOf,
} from "../evidence/format/acceptedSuggestion";
import type { ClaimValues, StatedValues } from "../evidence/format/claimValues";
import type { Execution } from "../evidence/format/execution";
import { factsDigest } from "../evidence/format/leaf";
import type { EvidenceReading } from "../evidence/format/readEvidence";
import type { SealedBatch, SealedClaim } from "../evidence/format/sealedBatch";
import type { LocateInput } from "../evidence/locate/locate";
import type { PieceToLocate } from "../evidence/locate/locatePiece";
import type { Prompt } from "../inference/suggestion";
import { compareText } from "../platform/compareText";
import type { Digest } from "../platform/primitives";
import { promptIn } from "./claimPrompt";
import { EvidenceIndex, type EvidenceInput } from "./evidenceIndex";
import { keyOf, type Moves } from "./moves";
import type { FileProblem } from "./report";
import type { Checks } from "./verdict";

/** One piece of a claim, and where it is looked for. */
export interface ClaimPiece {
  /** Names the piece and its claim. */
  readonly key: string;
  /** Today's path; the recorded one where its file was not moved. */
  readonly path: string;
  readonly recordedPath: string;
  readonly accepted: string;
  /** Sealed with its whole lines; or accepted, and in the journal only. */
  readonly place:
    | { readonly kind: "sealed"; readonly piece: PieceToLocate }
    | { readonly kind: "accepted"; readonly input: LocateInput };
}

/** A claim on its way to verdicts, whatever it came from. */
export interface Claim {
  /** The leaf hash; while it stands in the journal only, its id. */
  readonly claim: string;
  /** A label. */
  readonly id: string;
  /** How far it has come on its way into the repository. */
  readonly stage: "accepted" | "sealed" | "written";
  readonly pieces: readonly ClaimPiece[];
  /** UTF-16 code units of the output. */
  readonly displayed: number;
  readonly accepted: number;
  readonly prompt: Prompt | null;
  /** What another tool told of itself; `null` where that is sealed, and of every claim that is not stated. */
  readonly told: Pick<StatedValues, "tool" | "model"> | null;
  /** Whether all that its commitments are over is known. */
  readonly isOpen: boolean;
  readonly execution: Execution;
  /** Of what the device says ran the model; `null` where it says nothing. */
  readonly environmentDigest: Digest | null;
  readonly device: string;
  readonly batchRoot: Digest | null;
  readonly evidenceFile: string | null;
  readonly evidence: Checks["evidence"];
  readonly signature: "valid" | "invalid";
  /** What is wrong with its evidence, as a sentence. */
  readonly defect: string | null;
}

export interface ClaimsParameters {
  /** The files, by today's paths, whose claims are wanted; all without it. What is wrong with evidence is told of all. */
  readonly only?: ReadonlySet<string>;
  /** The ids in `.proofline/repository`, of which any counts; empty where there is none. */
  readonly repositoryIds: readonly string[];
  readonly evidence: readonly EvidenceInput[];
  readonly moves: Moves;
  readonly journal: readonly AcceptedSuggestion[];
  /** Sealed, and known from the journal alone: their evidence files are not in the repository. */
  readonly unwritten?: readonly AcceptedSuggestion[];
  readonly device: string;
  readonly chain: ReadonlyMap<string, AnchorCheck>;
}

const UNIDENTIFIED =
  "The repository has no id of its own (.proofline/repository), so nobody can tell whether this belongs to it.";
const FOREIGN = "It belongs to another repository: the repository ids differ.";
const EQUIVOCATION =
  "Its device contradicts itself about the order of its batches: two have one number or one predecessor, or a number does not follow.";

export interface GatheredClaims {
  readonly claims: readonly Claim[];
  readonly files: readonly FileProblem[];
}

/**
 * Every claim that evidence and journal make, each once, named by its leaf hash, and what is wrong with evidence files.
 * Of two copies of a claim the better one counts: intact before broken, open before sealed. In small steps, one for each claim.
 */
export function* gatherClaims(parameters: ClaimsParameters): Generator<void, GatheredClaims, void> {
  const { repositoryIds, evidence, moves, journal, unwritten = [], device, only } = parameters;
  const claims = new Map<string, Claim>();
  const add = (claim: Claim): void => {
    const known = claims.get(claim.claim);
    if (known === undefined || isBetter(claim, known)) {
      claims.set(claim.claim, claim);
    }
  };
  const index = EvidenceIndex.of(evidence);
  const contradicting = index.contradictingIn(repositoryIds);
  const about = only === undefined ? evidence : yield* index.gatherAbout(only, moves);
  for (const { path, reading } of [...about].sort((a, b) => compareText(a.path, b.path))) {
    const { batch } = reading;
    if (batch === null) {
      continue;
    }
    const [state, defect] = stateOf(reading, repositoryIds, contradicting);
    const signature = reading.kind === "intact" ? "valid" : reading.signature;
    const source = sourceOf(batch, { evidenceFile: path, evidence: state, defect, signature });
    for (const claim of batch.claims) {
      add(fromBatch(source, claim, moves));
      yield;
    }
  }
  const sealedHere = journal.length + unwritten.length === 0 ? new Set() : index.sealedBy(device);
  for (const [stage, suggestions] of [["accepted", journal] as const, ["sealed", unwritten] as const]) {
    for (const suggestion of suggestions) {
      // A crash may have kept the journal from hearing that it was sealed.
      if (!sealedHere.has(suggestion.id)) {
        add(fromJournal(suggestion, stage, device));
      }
    }
  }
  return { claims: [...claims.values()], files: problemsOf(evidence, repositoryIds, contradicting) };
}

const problems = new WeakMap<ReadonlySet<Digest>, readonly FileProblem[]>();

/** What is wrong with evidence files, in the order of their paths; the same list for the same evidence. */
function problemsOf(
  evidence: readonly EvidenceInput[],
  repositoryIds: readonly string[],
  contradicting: ReadonlySet<Digest>,
): readonly FileProblem[] {
  const known = problems.get(contradicting);
  if (known !== undefined) {
    return known;
  }
  const found = evidence
    .flatMap(({ path, reading }): FileProblem[] => {
      const [, defect] = stateOf(reading, repositoryIds, contradicting);
      return defect === null ? [] : [{ path, problem: defect }];
    })
    .sort((a, b) => compareText(a.path, b.path));
  problems.set(contradicting, found);
  return found;
}

function stateOf(
  reading: EvidenceReading,
  repositoryIds: readonly string[],
  contradicting: ReadonlySet<Digest>,
): readonly [Checks["evidence"], string | null] {
  if (reading.kind !== "intact") {
    return [reading.kind, reading.reason];
  }
  const { batch } = reading;
  if (repositoryIds.length === 0) {
    return ["unidentified", UNIDENTIFIED];
  }
  if (!repositoryIds.includes(batch.facts.repositoryId)) {
    return ["foreign", FOREIGN];
  }
  return contradicting.has(batch.batchRoot) ? ["equivocation", EQUIVOCATION] : ["intact", null];
}

function isBetter(one: Claim, other: Claim): boolean {
  const worth = ({ evidence, isOpen, pieces }: Claim): number =>
    (evidence === "intact" ? 4 : 0) +
    (isOpen ? 2 : 0) +
    (pieces.every(({ place }) => place.kind === "accepted" || place.piece.saved !== null) ? 1 : 0);
  return worth(one) > worth(other);
}

/** What all claims of one batch have in common. */
type ClaimSource = Pick<
  Claim,
  | "execution"
  | "environmentDigest"
  | "device"
  | "batchRoot"
  | "evidenceFile"
  | "evidence"
  | "signature"
  | "defect"
>;

function sourceOf(
  { facts: { execution }, device, batchRoot }: SealedBatch,
  file: Pick<ClaimSource, "evidenceFile" | "evidence" | "signature" | "defect">,
): ClaimSource {
  return { ...file, execution, environmentDigest: environmentDigestOf(execution), device, batchRoot };
}

/** The digest of the environment that a device states; `null` where it states none. */
export function environmentDigestOf(execution: Execution): Digest | null {
  return execution.kind === "replayable" ? factsDigest(execution.environment) : null;
}

function fromBatch(
  source: ClaimSource,
  { record, leafHash, displayed, pieces, values }: SealedClaim,
  moves: Moves,
): Claim {
  const prompt = promptIn(values);
  return {
    ...source,
    stage: "written",
    claim: leafHash,
    id: record.id,
    pieces: pieces.map((piece, index): ClaimPiece => {
      const { path, accepted } = piece;
      const today = moves.ofPiece(source.device, leafHash, index, path);
      return {
        key: keyOf(leafHash, index),
        path: today,
        recordedPath: path,
        accepted,
        place: {
          kind: "sealed",
          piece: {
            ...piece,
            path: today,
            ...(today !== path && { isInOtherFile: true }),
            ...(prompt !== null && { around: `${prompt.prefix}\n${prompt.suffix}` }),
          },
        },
      };
    }),
    displayed: displayed?.length ?? 0,
    accepted: record.counts.accepted,
    prompt,
    told: toldBy(values),
    isOpen: values !== null,
  };
}

function toldBy(values: ClaimValues | null): Claim["told"] {
  return values?.kind === "stated" ? { tool: values.tool, model: values.model } : null;
}

function fromJournal(suggestion: AcceptedSuggestion, stage: Claim["stage"], device: string): Claim {
  const { id, path, position } = suggestion;
  const { accepted } = suggestion.values;
  const execution = executionOf(suggestion);
  const prompt = promptOf(suggestion);
  return {
    claim: id,
    id,
    pieces: [
      {
        key: keyOf(id, 0),
        path,
        recordedPath: path,
        accepted,
        place: {
          kind: "accepted",
          input: {
            id,
            position,
            accepted,
            ...(prompt !== null && { before: prompt.prefix, after: prompt.suffix }),
          },
        },
      },
    ],
    displayed: displayedOf(suggestion)?.length ?? 0,
    accepted: accepted.length,
    prompt,
    told: toldBy(claimValuesOf(suggestion)),
    isOpen: true,
    execution,
    environmentDigest: environmentDigestOf(execution),
    stage,
    device,
    batchRoot: null,
    evidenceFile: null,
    evidence: "intact",
    signature: "valid",
    defect: null,
  };
}
