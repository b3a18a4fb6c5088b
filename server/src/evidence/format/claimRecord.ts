import type { TrimVersion } from "../../inference/suggestion";
import { unreachable } from "../../platform/errors";
import type { RandomId } from "../../platform/primitives";
import type { AcceptanceKind, ClaimRecord, PieceRecord, Position } from "./record";

/** What a record says of the output that the pieces were taken from, by kind of execution. */
export type RecordedOutput =
  | {
      readonly kind: "replayable";
      readonly trim: TrimVersion;
      readonly displayed: string;
      /** How many. */
      readonly tokens: number;
    }
  | { readonly kind: "attested"; readonly trim: TrimVersion; readonly displayed: string }
  | { readonly kind: "stated" };

/** A claim's public record, with all that follows from its texts. */
export function recordOf(
  id: RandomId,
  pieces: PieceRecord[],
  texts: readonly string[],
  output: RecordedOutput,
): ClaimRecord {
  const accepted = lengthOf(texts);
  switch (output.kind) {
    case "replayable": {
      const { trim, displayed, tokens } = output;
      const counts = { tokens, displayed: displayed.length, accepted };
      return { id, pieces, acceptance: acceptanceOf(displayed, texts), trim, counts };
    }
    case "attested": {
      const { trim, displayed } = output;
      const counts = { displayed: displayed.length, accepted };
      return { id, pieces, acceptance: acceptanceOf(displayed, texts), trim, counts };
    }
    case "stated":
      return { id, pieces, counts: { accepted } };
    default:
      return unreachable(output);
  }
}

/** Whether all of an output was accepted. */
export function acceptanceOf(displayed: string, accepted: readonly string[]): AcceptanceKind {
  return lengthOf(accepted) === displayed.length ? "whole" : "partial";
}

/** UTF-16 code units of all pieces together. */
export function lengthOf(accepted: readonly string[]): number {
  return accepted.reduce((sum, text) => sum + text.length, 0);
}

/** What is wrong with a piece's place in its whole lines, whose lengths are given; `null` for nothing. */
export function placeProblem(start: Position, end: Position, lengths: readonly number[]): string | null {
  const first = lengths[0];
  const last = lengths.at(-1);
  if (first === undefined || last === undefined || end.line - start.line !== lengths.length - 1) {
    return "A piece has another number of lines than its place.";
  }
  if (start.character > first || end.character > last) {
    return "A piece reaches beyond its line.";
  }
  return end.line > start.line || end.character > start.character ? null : "A piece holds no text.";
}
