import type { Digest } from "../../platform/primitives";
import { placeProblem } from "./claimRecord";
import { type ClaimValues, contradictionIn } from "./claimValues";
import { lineSalt, linesBeforeSalt, surroundingsSalt } from "./commitment";
import { defect } from "./defects";
import type { ExecutionKind } from "./execution";
import type { BatchFacts, ClaimRecord, PieceRecord } from "./record";
import type { SealedPiece } from "./sealedBatch";
import type { PredicateVersion } from "./statement";

/** What any version of the format makes of a file whose envelope holds, before anybody has compared the roots. */
export interface BatchForm {
  readonly facts: BatchFacts;
  readonly sequence: number;
  readonly previousSeal: Digest | null;
  /** The root that was signed. */
  readonly root: Digest;
  /** The leaves that the file holds, in their order. */
  readonly claims: readonly { readonly record: ClaimRecord; readonly leafHash: Uint8Array }[];
  /**
   * What travels of each claim, checked against its leaf and against itself. To be asked once the leaves add up to the root.
   *
   * @throws ProoflineError `evidence`
   */
  readonly open: () => readonly OpenedClaim[];
}

/** What travels of one claim. */
export interface OpenedClaim {
  readonly displayed: string | null;
  readonly accepted: readonly string[];
  /** The whole lines of each piece; `null` where only their digests travel. */
  readonly saved: readonly (readonly string[] | null)[];
  /** The salt of `accepted`. */
  readonly salt: Digest;
  /** All that was committed to; `null` where the prompt stays sealed. */
  readonly values: ClaimValues | null;
}

/** A version of the format: how its files and statements are spelled. */
export interface FormatVersion<File, Stated> {
  readonly predicate: PredicateVersion;
  /** Whether what a device signed of a file covers its claims as they stand in it, or only as far as they add up to the signed root. */
  readonly signsClaims: boolean;
  /** @throws ProoflineError `evidence` where file and statement contradict each other */
  readonly formOf: (file: File, statement: Stated) => BatchForm;
}

/** Refuses texts that cannot be one suggestion. */
export function refuseContradiction(
  kind: ExecutionKind,
  displayed: string | null,
  accepted: readonly string[],
): void {
  const contradiction = contradictionIn(kind, displayed, accepted);
  if (contradiction !== null) {
    throw defect(contradiction);
  }
}

/** Refuses a place that the piece's lines cannot hold. */
export function refusePlace({ start, end, lines }: PieceRecord): void {
  const problem = placeProblem(
    start,
    end,
    lines.map(({ length }) => length),
  );
  if (problem !== null) {
    throw defect(problem);
  }
}

/** The pieces of a claim with what travels of them. */
export function sealedPieces(record: ClaimRecord, { accepted, saved, salt }: OpenedClaim): SealedPiece[] {
  return record.pieces.map((piece, index) => {
    const lines = saved[index] ?? null;
    return {
      ...piece,
      accepted: accepted[index] ?? "",
      saved: lines,
      lineSalts: lines === null ? piece.lines.map((_, at) => lineSalt(salt, index, at)) : [],
      linesBeforeSalt: linesBeforeSalt(salt, index),
      surroundingsSalt: surroundingsSalt(salt, index),
    };
  });
}
