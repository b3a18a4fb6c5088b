import { commit, linesBeforeDigest } from "../format/commitment";
import {
  type LineDigest,
  type LinesBefore,
  MOST_COPIES,
  type Position,
  type Surroundings,
} from "../format/record";
import { linesBefore } from "./copies";
import { LayoutFree, type LayoutFreeSpan } from "./layoutFree";
import { letterCount } from "./letterCount";
import { LineIndex } from "./lineIndex";
import { visible } from "./whiteSpace";

/** Where a suggestion or a piece of a sealed claim stands in today's text, and how much of it. */
export interface Located {
  readonly content: "verbatim" | "reformatted" | "edited" | "moved" | "ambiguous" | "gone";
  /** From its first to after its last character; `null` where it has no place. */
  readonly range: { readonly start: Position; readonly end: Position } | null;
  /** Lines of it that are not blank and still stand as they were, and how many there were. */
  readonly kept: number;
  readonly total: number;
  /** Given where it is edited because comments or strings begin or end otherwise around it. */
  readonly surroundings?: "changed";
  /** Given where it was moved: the line at its place, zero-based, that may be what became of it. */
  readonly alikeAt?: number;
}

/** A piece as it was sealed. */
export interface PieceToLocate {
  /** Names the language. */
  readonly path: string;
  readonly start: Position;
  readonly end: Position;
  readonly accepted: string;
  /** The whole lines that it touches as they were saved; `null` where only their digests are known. */
  readonly saved: readonly string[] | null;
  readonly lines: readonly LineDigest[];
  readonly lineSalts: readonly Uint8Array[];
  /** At how many places its whole lines stood when they were sealed. */
  readonly copies: number;
  /** What stood before them and tells them from the others. */
  readonly before: LinesBefore | null;
  readonly linesBeforeSalt: Uint8Array;
  /** Whether its own file is gone, and it is looked for in another one, which may hold copies that nobody counted. */
  readonly isInOtherFile?: boolean;
  readonly surroundings: Surroundings | null;
  readonly surroundingsSalt: Uint8Array;
  /** Where an editor has followed its start to; ranks above the recorded place. */
  readonly hint?: Position;
  /** The text around it when it was accepted, where that is known: the open prompt's prefix and suffix. */
  readonly around?: string;
}

/** Whether two whole texts of a file are the same to a grammar of its language. No grammar, or no answer yet: no. */
export type SameTokens = (path: string, before: string, after: string) => boolean;

/** A piece of fewer letters and digits is a fragment: it says nothing about a line. */
export const FRAGMENT = 3;

/** Letters and digits that a piece needs to be recognised in another place than its own. */
export const ENOUGH_TO_MOVE = 12;

/** Letters and digits that make a line telling enough to carry an edited piece. */
const ENOUGH_TO_CARRY = 8;

/** More lines before a piece than these tell it from its copies only while all of them are there. */
const FEW_LINES_BEFORE = 16;

/** Lines around a piece's place in which its lines are looked for. */
const MARGIN = 8;

/** What asking where a line stands costs, in code units. */
const LOOK_UP = 8;

/**
 * Finds one piece in today's text. Whole lines decide: it is `verbatim` only where each line that it touches stands as
 * it was sealed, in order, at its place; `moved` where they stand at exactly one other; `reformatted` only where a grammar
 * of the language finds the same tokens; else `edited`, where at least something of it can still be recognised. What
 * cannot be told is `ambiguous` or `gone`; nothing is guessed to be the same. Where the text would have to be searched
 * more often than it may be, it is `ambiguous`, too.
 *
 * Takes time linear in the piece, and in the text for the few pieces that are not at their place.
 */
export function locatePiece(piece: PieceToLocate, today: LineIndex, sameTokens: SameTokens): Located {
  const whole = wholeAt(piece, today);
  if (whole !== null) {
    if (!("line" in whole)) {
      return whole;
    }
    const found = standing(piece, today, whole, sameTokens);
    return whole.content === "moved" ? besideAlike(piece, today, found) : found;
  }
  const { saved, accepted } = piece;
  const spaced = saved === null ? null : reformatted(piece, saved, today, sameTokens);
  if (spaced?.content === "reformatted") {
    return besideAlike(piece, today, spaced);
  }
  const found = spaced ?? recognised(piece, saved ?? accepted.split("\n"), today);
  return found.content === "gone" && today.isSpent ? nowhere(piece, "ambiguous") : found;
}

interface Whole {
  readonly line: number;
  readonly content: "verbatim" | "moved";
}

/**
 * Where its whole lines stand; `null` where they do not. Lines of which there are copies, or were when they were sealed, are known by
 * what stands before them: else those that somebody wrote would count as those that were accepted, once these are gone.
 */
function wholeAt(piece: PieceToLocate, today: LineIndex): Whole | Located | null {
  const all = everywhere(piece, today);
  const here = placesOf(piece).flatMap(({ line }) => (stands(piece, today, line) ? [line] : []));
  const alike = Math.max(all.length, alikeIn(piece, today));
  const isCrowded = isAmongCopies(piece) || alike > 1;
  const known = withWhatTells(piece, alike);
  const [own] = isCrowded ? here.filter((at) => isPreceded(known, today, at)) : here;
  if (own !== undefined) {
    return { line: own, content: "verbatim" };
  }
  const [told, ...others] = all.filter((at) => isTold(known, today, at));
  // Of more places than are listed another one may be told, too.
  if (told !== undefined && others.length === 0 && all.length < MOST_COPIES) {
    return { line: told, content: "moved" };
  }
  if (here.length > 0) {
    return nowhere(piece, "ambiguous");
  }
  // As many as there were without it are those that there were.
  if (all.length === 0 || all.length < piece.copies || piece.isInOtherFile || !isMovable(piece)) {
    return null;
  }
  const [only] = all;
  return only === undefined || isCrowded ? nowhere(piece, "ambiguous") : { line: only, content: "moved" };
}

/** Whether its lines stood at other places, too, when they were sealed, or may do in the file that they are looked for in. */
function isAmongCopies({ copies, isInOtherFile = false }: PieceToLocate): boolean {
  return copies > 1 || isInOtherFile;
}

/** Many lines tell it from its copies only as long as none of these is gone: what stands behind so many that are alike may have slid there. */
function withWhatTells(piece: PieceToLocate, alike: number): PieceToLocate {
  const isMany = (piece.before?.lines ?? 0) > FEW_LINES_BEFORE;
  return isMany && alike < piece.copies ? { ...piece, before: null } : piece;
}

/** The lines before a place, where they are those that stood before the piece; else `null`. */
function ownLinesBefore(
  { before, linesBeforeSalt: salt }: PieceToLocate,
  today: LineIndex,
  at: number,
): readonly string[] | null {
  const now = before === null ? null : linesBefore(today, at, before.lines);
  const isOwn =
    now?.every((line) => line.isWellFormed()) === true && linesBeforeDigest(salt, now) === before?.digest;
  return isOwn ? now : null;
}

function isPreceded(piece: PieceToLocate, today: LineIndex, at: number): boolean {
  return ownLinesBefore(piece, today, at) !== null;
}

/** Whether they stand before a place, and are enough to recognise the piece by, together with it. */
function isTold(piece: PieceToLocate, today: LineIndex, at: number): boolean {
  const lines = ownLinesBefore(piece, today, at);
  return lines !== null && letterCount(lines.join("") + piece.accepted) >= ENOUGH_TO_MOVE;
}

/** At how many places of the text its lines stand, white space aside; one where that is not known. */
function alikeIn({ saved }: PieceToLocate, today: LineIndex): number {
  const wanted = visible(saved?.join("") ?? "");
  if (saved === null || wanted === "") {
    return 1;
  }
  const offset = saved.findIndex((line) => line.trim() !== "");
  const places = today.visiblePlacesOf(firstTelling(saved));
  // More than are listed are more than can be told apart.
  return places.length >= MOST_COPIES
    ? MOST_COPIES
    : places.filter((line) => blockFrom(today, line - offset, wanted) !== null).length;
}

/** A piece that stands where it was found, with the line at its own place that may be what became of it. */
function besideAlike(piece: PieceToLocate, today: LineIndex, found: Located): Located {
  const alikeAt = found.range === null ? null : alikeAtPlace(piece, today, found.range);
  return alikeAt === null ? found : { ...found, alikeAt };
}

/**
 * The line at the place of a piece that stands elsewhere that may be what became of one of its lines. No such is one that stood behind the
 * same line when the piece was accepted, as far as the open prompt tells, and neither is one of several in a row that are all like its first,
 * as in a list to which somebody added.
 */
function alikeAtPlace(
  piece: PieceToLocate,
  today: LineIndex,
  { start, end }: NonNullable<Located["range"]>,
): number | null {
  const lines = piece.saved ?? today.lines.slice(start.line, end.line + 1);
  const accepted = piece.accepted.split("\n");
  const isLike = (at: number, index: number): boolean => {
    const line = today.lines[at] ?? "";
    return today.spend(line.length + 1) && isAlike(line, lines[index] ?? "", accepted[index] ?? "");
  };
  for (const { line: place } of placesOf(piece)) {
    const kept = countKept(lines, today, place);
    const at = place + kept;
    const isWithin = (line: number): boolean => line >= start.line && line <= end.line;
    const isChanged = kept < lines.length && !isWithin(place) && !isWithin(at);
    const isOfIt =
      letterCount(lines.slice(0, kept).join("")) >= FRAGMENT ||
      isLike(at, kept) ||
      lines.some((line, index) => !isWithin(place + index) && isTellingAt(line, today, place + index));
    if (!isChanged || !isOfIt || stoodThere(piece, today, at)) {
      continue;
    }
    const [from, to] = at < start.line ? [at + 1, start.line] : [start.line + 1, at];
    let between = from;
    while (between < to && (today.lines[between]?.trim() === "" || isLike(between, 0))) {
      between += 1;
    }
    if (between < to) {
      return at;
    }
  }
  return null;
}

/** Whether a line stands at a place that tells enough to be what is left of a piece. */
function isTellingAt(line: string, today: LineIndex, at: number): boolean {
  return today.lines[at] === line && today.spend(line.length) && letterCount(line) >= ENOUGH_TO_CARRY;
}

/** How many of some lines, from the first on, stand from a place on, white space aside. */
function countKept(lines: readonly string[], today: LineIndex, place: number): number {
  const changed = lines.findIndex((line, index) => {
    const now = today.lines[place + index];
    return now === undefined || !today.spend(now.length + 1) || visible(now) !== visible(line);
  });
  return changed === -1 ? lines.length : changed;
}

/** Whether a line stood behind the same line when a piece was accepted, as far as the open prompt tells. */
function stoodThere({ around = "" }: PieceToLocate, today: LineIndex, at: number): boolean {
  const line = today.lines[at];
  if (line === undefined || !today.spend(around.length)) {
    return false;
  }
  const known = new LineIndex(around);
  const before = linesBefore(today, at, 1);
  return (
    before !== null && known.linesLike(line).some((place) => linesBefore(known, place, 1)?.[0] === before[0])
  );
}

function placesOf({ hint, start }: PieceToLocate): readonly Position[] {
  return hint === undefined ? [start] : [hint, start];
}

function stands({ saved, lines, lineSalts }: PieceToLocate, today: LineIndex, from: number): boolean {
  if (saved !== null) {
    return today.holds(saved, from);
  }
  return (
    lines.length > 0 &&
    lines.every(({ digest, length }, index) => {
      const line = today.lines[from + index];
      const salt = lineSalts[index];
      return (
        line !== undefined &&
        salt !== undefined &&
        line.length === length &&
        today.spend(line.length) &&
        line.isWellFormed() &&
        commit("line", salt, Buffer.from(line, "utf8")) === digest
      );
    })
  );
}

function everywhere(piece: PieceToLocate, today: LineIndex): readonly number[] {
  if (piece.saved !== null) {
    return today.placesOf(piece.saved);
  }
  // Only digests are known: a line that the piece fills alone, if there is one, tells where to look.
  const accepted = piece.accepted.split("\n");
  const known = accepted.findIndex((_, index) => index > 0 && index < accepted.length - 1);
  return known === -1
    ? []
    : today
        .linesLike(accepted[known] ?? "")
        .map((at) => at - known)
        .filter((from) => stands(piece, today, from));
}

function isMovable({ accepted }: PieceToLocate): boolean {
  return letterCount(accepted) >= ENOUGH_TO_MOVE;
}

/** Its lines stand; what is left to say is whether they hold what was accepted. */
function standing(piece: PieceToLocate, today: LineIndex, whole: Whole, sameTokens: SameTokens): Located {
  const { start, end, accepted, path } = piece;
  const shift = whole.line - start.line;
  const range = {
    start: { line: whole.line, character: start.character },
    end: { line: end.line + shift, character: end.character },
  };
  const lines = today.lines.slice(range.start.line, range.end.line + 1);
  const total = countTelling(lines);
  const text = textIn(lines, start.character, end.character);
  if (text === accepted) {
    return { content: whole.content, range, kept: total, total };
  }
  // A formatter changed it before it was sealed, or somebody did.
  const first = lines[0]?.slice(0, start.character) ?? "";
  const last = lines.at(-1)?.slice(end.character) ?? "";
  const asAccepted = (): string | null =>
    today.withLines(range.start.line, range.end.line, [`${first}${accepted}${last}`]);
  if (visible(text) === visible(accepted) && isSame(path, asAccepted(), today, sameTokens)) {
    return { content: "reformatted", range, kept: total, total };
  }
  const wanted = new Set(accepted.split("\n").map(visible));
  const kept = text.split("\n").filter((line) => line.trim() !== "" && wanted.has(visible(line))).length;
  return { content: "edited", range, kept: Math.min(kept, Math.max(total - 1, 0)), total };
}

/** Only white space differs from its whole lines, and a grammar says that this means nothing. */
function reformatted(
  piece: PieceToLocate,
  saved: readonly string[],
  today: LineIndex,
  sameTokens: SameTokens,
): Located | null {
  const wanted = visible(saved.join(""));
  if (wanted === "") {
    return null;
  }
  const near = placesOf(piece).map(({ line }) => line);
  const far = isMovable(piece) ? today.visiblePlacesOf(firstTelling(saved)) : [];
  const offset = saved.findIndex((line) => line.trim() !== "");
  const candidates = [...new Set([...near, ...far.map((line) => line - offset)])];
  const standing = candidates.flatMap((from) => blockFrom(today, from, wanted) ?? []);
  const alike = Math.max(standing.length, alikeIn(piece, today));
  const isCrowded = isAmongCopies(piece) || alike > 1;
  const known = withWhatTells(piece, alike);
  const found = standing.filter(({ first }) => !isCrowded || isPreceded(known, today, first));
  const [block] = found;
  if (block === undefined || (found.length > 1 && !near.includes(block.first))) {
    return null;
  }
  const range = rangeWithin(piece, saved, today, block);
  const total = countTelling(saved);
  const before = withAccepted(piece, saved);
  if (
    before !== null &&
    isSame(piece.path, today.withLines(block.first, block.last, before), today, sameTokens)
  ) {
    return { content: "reformatted", range, kept: total, total };
  }
  const still = new Set(today.lines.slice(block.first, block.last + 1));
  const kept = saved.filter((line) => line.trim() !== "" && still.has(line)).length;
  return { content: "edited", range, kept, total };
}

/** Its sealed lines, with what was accepted in its place; `null` where they hold more or less than that. */
function withAccepted(
  { start, end, accepted }: PieceToLocate,
  saved: readonly string[],
): readonly string[] | null {
  const sealed = textIn(saved, start.character, end.character);
  if (sealed === accepted) {
    return saved;
  }
  const first = saved[0]?.slice(0, start.character) ?? "";
  const last = saved.at(-1)?.slice(end.character) ?? "";
  return visible(sealed) === visible(accepted) ? [`${first}${accepted}${last}`] : null;
}

function isSame(path: string, before: string | null, today: LineIndex, sameTokens: SameTokens): boolean {
  return before !== null && sameTokens(path, before, today.text);
}

interface Block {
  readonly first: number;
  readonly last: number;
}

/** Today's lines from one on, as many as hold exactly the wanted visible characters. */
function blockFrom(today: LineIndex, from: number, wanted: string): Block | null {
  const first = Math.max(from, 0);
  let at = 0;
  for (let line = first; line < today.lines.length; line += 1) {
    const text = today.lines[line] ?? "";
    const here = today.spend(text.length + 1) ? visible(text) : null;
    if (here === null || !wanted.startsWith(here, at)) {
      return null;
    }
    at += here.length;
    if (at === wanted.length) {
      return { first, last: line };
    }
  }
  return null;
}

/** The piece's own range in lines that differ from the sealed ones by white space alone. */
function rangeWithin(
  { start, end }: PieceToLocate,
  saved: readonly string[],
  today: LineIndex,
  { first, last }: Block,
): NonNullable<Located["range"]> {
  const before = visible((saved[0] ?? "").slice(0, start.character)).length;
  const own = visible(textIn(saved, start.character, end.character)).length;
  let seen = 0;
  let begin: Position | null = null;
  let after: Position = { line: first, character: 0 };
  for (let line = first; line <= last; line += 1) {
    for (const [character, unit] of (today.lines[line] ?? "").split("").entries()) {
      if (visible(unit) === "") {
        continue;
      }
      if (seen === before) {
        begin = { line, character };
      }
      if (seen < before + own) {
        after = { line, character: character + 1 };
      }
      seen += 1;
    }
  }
  return { start: begin ?? { line: first, character: 0 }, end: after };
}

/**
 * Where an edited piece is still to be recognised: at its place, by what the line there has in common with it; by some
 * of its lines, near its place or around one that occurs once; or by the one line that still holds its text.
 */
function recognised(piece: PieceToLocate, wanted: readonly string[], today: LineIndex): Located {
  const total = countTelling(wanted);
  const laidOut = laidOutAnewAt(piece, wanted, today);
  if (laidOut !== null) {
    return laidOut;
  }
  const bases = placesOf(piece).map(({ line }) => line);
  const edited = (range: NonNullable<Located["range"]>, kept: number): Located => {
    return { content: "edited", range, kept, total };
  };
  for (const base of bases) {
    const line = today.lines[base];
    if (
      line !== undefined &&
      today.spend(line.length) &&
      isAlike(line, wanted[0] ?? "", piece.accepted.split("\n")[0] ?? "")
    ) {
      // A first line that was changed stands nowhere else.
      const isFirstKept = line === wanted[0];
      const rest = isFirstKept ? wanted : wanted.slice(1);
      const kept = keptFrom(rest, today, isFirstKept ? base : base + 1, base + wanted.length + MARGIN);
      const own = lineRange(today, base, base);
      return edited({ start: own.start, end: kept?.range.end ?? own.end }, kept?.count ?? 0);
    }
  }
  if (isAmongCopies(piece)) {
    // What is like it elsewhere is one of the others.
    return nowhere(piece, "gone");
  }
  // One line that stands somewhere else is another line, or a moved one that tells too little to be recognised.
  for (const around of total > 1 ? [...bases, ...singular(wanted, today)] : []) {
    // Each of its lines is asked for around each of them.
    if (!today.spend(LOOK_UP * wanted.length)) {
      break;
    }
    const reach = wanted.length + MARGIN;
    const kept = keptFrom(wanted, today, around - reach, around + reach);
    if (kept !== null) {
      return edited(kept.range, kept.count);
    }
  }
  const holder = holderOf(piece.accepted, today);
  return holder === null
    ? (laidOutAnewSomewhere(wanted, today) ?? nowhere(piece, "gone"))
    : edited(lineRange(today, holder, holder), 0);
}

/** Lines that a formatter broke or joined at their place: all of their text is there in order, apart from layout. */
function laidOutAnewAt(piece: PieceToLocate, wanted: readonly string[], today: LineIndex): Located | null {
  const text = wanted.join("\n");
  if (letterCount(text) < ENOUGH_TO_MOVE) {
    return null;
  }
  for (const { line } of placesOf(piece)) {
    const from = today.offsetOf({ line, character: 0 });
    const span = today.spend(text.length) ? today.layoutFree.placeFrom(from, new LayoutFree(text)) : null;
    if (span !== null && today.positionOf(span.start).line === line && isWholeLines(span, today)) {
      return laidOutAnew(wanted, today, span);
    }
  }
  return null;
}

/** The same at the one other place where they stand. */
function laidOutAnewSomewhere(wanted: readonly string[], today: LineIndex): Located | null {
  const text = wanted.join("\n");
  if (letterCount(text) < ENOUGH_TO_MOVE || !today.spend(today.layoutFree.characters.length)) {
    return null;
  }
  const [span, ...others] = today.layoutFree.placesOf(new LayoutFree(text));
  return span === undefined || others.length > 0 || !isWholeLines(span, today)
    ? null
    : laidOutAnew(wanted, today, span);
}

function isWholeLines(span: LayoutFreeSpan, { layoutFree }: LineIndex): boolean {
  return layoutFree.beginsLine(span) && layoutFree.endsLine(span);
}

function laidOutAnew(wanted: readonly string[], today: LineIndex, span: LayoutFreeSpan): Located {
  const first = today.positionOf(span.start).line;
  const last = withClosingLines(today, first, today.positionOf(span.end).line);
  const still = new Set(today.lines.slice(first, last + 1));
  const kept = wanted.filter((line) => line.trim() !== "" && still.has(line)).length;
  const total = countTelling(wanted);
  return { content: "edited", range: lineRange(today, first, last), kept: Math.min(kept, total - 1), total };
}

/** The last of some lines and those behind that only close what these open. */
function withClosingLines(today: LineIndex, first: number, last: number): number {
  const openedIn = (line: string): number => line.split("(").length - line.split(")").length;
  let open = today.lines.slice(first, last + 1).reduce((sum, line) => sum + openedIn(line), 0);
  let end = last;
  while (open > 0 && isClosing(today.lines[end + 1] ?? "")) {
    end += 1;
    open += openedIn(today.lines[end] ?? "");
  }
  return end;
}

/** Whether a line holds closing parentheses and layout, and nothing else. */
function isClosing(line: string): boolean {
  return line.includes(")") && /^[\s,;)]+$/.test(line);
}

/** Where lines stand that tell enough and occur once. */
function singular(wanted: readonly string[], today: LineIndex): readonly number[] {
  return wanted.flatMap((line) => {
    const places = letterCount(line) >= ENOUGH_TO_MOVE ? today.linesLike(line) : [];
    return places.length === 1 ? places : [];
  });
}

/** The wanted lines that stand whole between two lines, in order; `null` where none of them tells anything. */
function keptFrom(
  wanted: readonly string[],
  today: LineIndex,
  from: number,
  to: number,
): { readonly count: number; readonly range: NonNullable<Located["range"]> } | null {
  let next = Math.max(from, 0);
  let first: number | null = null;
  let last = 0;
  let count = 0;
  let telling = false;
  for (const line of wanted) {
    if (line.trim() === "") {
      continue;
    }
    const at = today.linesLike(line).find((place) => place >= next && place <= to);
    if (at === undefined) {
      continue;
    }
    first ??= at;
    last = at;
    next = at + 1;
    count += 1;
    telling ||= letterCount(line) >= ENOUGH_TO_CARRY;
  }
  return first === null || !telling ? null : { count, range: lineRange(today, first, last) };
}

/** Whether a line could be what became of another: it holds what was accepted in it, or shares most of its text. */
function isAlike(line: string, before: string, accepted: string): boolean {
  if (letterCount(accepted) >= FRAGMENT && visible(line).includes(visible(accepted))) {
    return true;
  }
  const [now, then] = [visible(line), visible(before)];
  const shorter = Math.min(now.length, then.length);
  let start = 0;
  while (start < shorter && now[start] === then[start]) {
    start += 1;
  }
  let end = 0;
  while (end < shorter - start && now.at(-1 - end) === then.at(-1 - end)) {
    end += 1;
  }
  return letterCount(then) >= FRAGMENT && 2 * (start + end) >= then.length;
}

/** The one line of the text that holds the longest accepted line inside of it; `null` for none or several. */
function holderOf(accepted: string, today: LineIndex): number | null {
  const longest = accepted.split("\n").reduce((a, b) => (b.trim().length > a.length ? b.trim() : a), "");
  if (letterCount(longest) < ENOUGH_TO_MOVE) {
    return null;
  }
  return today.onlyLineWith(longest);
}

/** From the first to after the last visible character of some lines. */
function lineRange(today: LineIndex, first: number, last: number): NonNullable<Located["range"]> {
  const begin = today.lines[first] ?? "";
  const end = today.lines[last] ?? "";
  return {
    start: { line: first, character: begin.length - begin.trimStart().length },
    end: { line: last, character: end.trimEnd().length },
  };
}

function textIn(lines: readonly string[], from: number, to: number): string {
  const last = lines.length - 1;
  return lines
    .map((line, index) => line.slice(index === 0 ? from : 0, index === last ? to : line.length))
    .join("\n");
}

function firstTelling(lines: readonly string[]): string {
  return lines.find((line) => line.trim() !== "") ?? "";
}

function countTelling(lines: readonly string[]): number {
  return lines.filter((line) => line.trim() !== "").length;
}

function nowhere({ saved, accepted }: PieceToLocate, content: "ambiguous" | "gone"): Located {
  return { content, range: null, kept: 0, total: countTelling(saved ?? accepted.split("\n")) };
}
