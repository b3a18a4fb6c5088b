import { allCode, areReadAsSealed } from "../evidence/locate/enclosure";
import type { LineIndex } from "../evidence/locate/lineIndex";
import { locate } from "../evidence/locate/locate";
import { type Located, locatePiece, type PieceToLocate } from "../evidence/locate/locatePiece";
import type { Ranked } from "./claimRank";
import type { VerifyParameters } from "./verifyParameters";

/** Where each piece stands, by its key. What is sealed is found by whole lines, what is not yet by its text. */
export function* locateAll(
  pieces: readonly Ranked[],
  today: LineIndex,
  { hints, sameTokens = () => false, linesOf = (_path, _text, spans) => allCode(spans) }: VerifyParameters,
): Generator<void, ReadonlyMap<string, Located>, void> {
  const found = new Map<string, Located>();
  const inputs = pieces.flatMap(({ piece: { key, place } }) => {
    if (place.kind === "sealed") {
      return [];
    }
    const hint = hints?.get(key);
    return [{ ...place.input, id: key, ...(hint !== undefined && { hint }) }];
  });
  for (const [key, place] of locate(today.text, inputs)) {
    found.set(key, place);
  }
  const standing: { readonly piece: PieceToLocate; readonly key: string; readonly place: Located }[] = [];
  for (const { piece } of pieces) {
    if (piece.place.kind !== "sealed") {
      continue;
    }
    const hint = hints?.get(piece.key);
    const wanted = { ...piece.place.piece, ...(hint !== undefined && { hint }) };
    const place = locatePiece(wanted, today, sameTokens);
    found.set(piece.key, place);
    if (place.range !== null && place.content !== "edited") {
      standing.push({ piece: wanted, key: piece.key, place });
    }
    yield;
  }
  for (const [key, place] of contradictedMoves(pieces, found)) {
    found.set(key, place);
  }
  // One question for all pieces of the file. Those of better claims come first, as everywhere here: what may be looked at in one file
  // is bounded, and a stranger's claims must not use it up.
  const [first] = standing;
  const readings =
    first === undefined
      ? null
      : linesOf(
          first.piece.path,
          today.text,
          standing.map(({ place: { range } }) => ({
            first: range?.start.line ?? 0,
            last: range?.end.line ?? 0,
          })),
        );
  for (const [index, { piece, key, place }] of standing.entries()) {
    const { path, surroundings, surroundingsSalt } = piece;
    if (!areReadAsSealed(path, surroundings, surroundingsSalt, readings?.[index] ?? null)) {
      found.set(key, { ...place, content: "edited", surroundings: "changed" });
    }
  }
  return found;
}

/**
 * Pieces that were moved while something like them stands changed at their place, and is no text of a claim as good as theirs: nobody
 * can tell whether they were moved, or changed, and their old lines kept where nothing runs.
 */
function* contradictedMoves(
  pieces: readonly Ranked[],
  found: ReadonlyMap<string, Located>,
): Generator<[string, Located], void, void> {
  const claimed = new Map<number, number>();
  for (const { piece, rank } of pieces) {
    const { range, content } = found.get(piece.key) ?? { range: null, content: "gone" };
    for (
      let at = range?.start.line ?? 0;
      range !== null && content !== "edited" && at <= range.end.line;
      at += 1
    ) {
      claimed.set(at, Math.max(rank, claimed.get(at) ?? rank));
    }
  }
  for (const { piece, rank } of pieces) {
    const place = found.get(piece.key);
    if (place?.alikeAt !== undefined && (claimed.get(place.alikeAt) ?? -2) < rank) {
      yield [piece.key, { content: "ambiguous", range: null, kept: 0, total: place.total }];
    }
  }
}
