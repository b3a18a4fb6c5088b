import type { PieceToLocate } from "../../../server/src/evidence/locate/locatePiece";

/** A piece that fills some lines alone, from a line on, and of which nothing else is known. */
export function plainPiece(lines: readonly string[], line = 0): PieceToLocate {
  return {
    path: "a.txt",
    start: { line, character: 0 },
    end: { line: line + lines.length - 1, character: lines.at(-1)?.length ?? 0 },
    accepted: lines.join("\n"),
    saved: lines,
    lines: [],
    lineSalts: [],
    copies: 1,
    before: null,
    linesBeforeSalt: new Uint8Array(32),
    surroundings: null,
    surroundingsSalt: new Uint8Array(32),
  };
}
