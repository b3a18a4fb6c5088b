import { groupBy } from "../../platform/groupBy";
import { placesIn } from "../../platform/textSearch";
import type { Position } from "../format/record";
import { LayoutFree } from "./layoutFree";
import { letterCount } from "./letterCount";
import { LineIndex, lastAtOrBefore } from "./lineIndex";
import { ENOUGH_TO_MOVE, type Located } from "./locatePiece";
import { type AcceptedText, mayStandOn, type StoodBehind, stoodBehind } from "./stoodBehind";
import { squash } from "./whiteSpace";

/** A suggestion to find in a text. */
export interface LocateInput extends AcceptedText {
  readonly id: string;
  /** Where an editor has followed it to; ranks above the recorded position. */
  readonly hint?: Position;
}

/** Non-blank characters that make a text telling enough to be found elsewhere, or to carry an edited suggestion. */
const ENOUGH = 8;

/** An edited suggestion away from its recorded place needs this much in lines that occur once. */
const ENOUGH_WHEN_EDITED_ELSEWHERE = 24;

/** Longer suggestions are found whole or not at all: aligning lines takes the square of their number. */
const MAX_ALIGNED_LINES = 500;

/** Non-blank lines of the text before a suggestion that are searched for together with it. */
const LINES_BEFORE = 3;

/** More occurrences than this change nothing: the text is ambiguous. */
const MAX_OCCURRENCES = 32;

/**
 * Finds suggestions in today's text by content, whole lines in order; the accepted part of a first or last line
 * matches inside its line. One suggestion has at most one place, and one place at most one suggestion; what was
 * removed and what cannot be told apart has none. Nothing is guessed by similarity.
 *
 * In this order: the whole text at the editor's place; where the same stands several times, after the lines that stood before it, which
 * tell copies apart; at the recorded place (`verbatim`, or `reformatted` where only white
 * space differs), where its prompt held copies after these lines, too; the whole text at exactly one other place (`moved`), by itself or, also for a short one, after the
 * lines that stood before it; all of its text in order where a formatter broke or joined its lines, or some of its lines at its
 * place, or around lines that occur once (`edited`). Takes time linear in the text for the few suggestions that are not at
 * their place.
 */
export function locate(text: string, suggestions: readonly LocateInput[]): ReadonlyMap<string, Located> {
  const search = new Search(text.replace(/\r\n?/g, "\n"), suggestions);
  search.atPlace("hint");
  search.afterItsLine();
  search.atPlace("position");
  search.reformattedAtPlace();
  search.afterItsContext();
  search.elsewhere();
  search.laidOutAnew();
  search.edited();
  return search.result();
}

/** Offsets in the text, from the first character to the one after the last. */
interface Span {
  readonly start: number;
  readonly end: number;
}

interface Wanted extends LocateInput {
  /** The accepted lines that are not blank, without white space, and their index among all accepted lines. */
  readonly parts: readonly { readonly squashed: string; readonly index: number }[];
  readonly lineCount: number;
  /** The parts as they would stand in the squashed text. */
  readonly pattern: string;
}

class Search {
  private readonly lineStarts: readonly number[];
  private readonly found = new Map<string, Located>();
  private readonly taken: Span[] = [];
  private readonly occurrencesOf = new Map<string, readonly Span[]>();
  /** Longest first: more text is stronger evidence for one place. */
  private readonly wanted: readonly Wanted[];
  private squashedText: Squashed | null = null;
  private layoutFreeText: LayoutFree | null = null;
  private index: LineIndex | null = null;
  private readonly stoodBehind = new Map<string, StoodBehind>();

  constructor(
    private readonly text: string,
    private readonly suggestions: readonly LocateInput[],
  ) {
    const starts = [0];
    for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) {
      starts.push(at + 1);
    }
    this.lineStarts = starts;
    this.wanted = suggestions.map(toWanted).sort((a, b) => b.pattern.length - a.pattern.length);
  }

  atPlace(kind: "hint" | "position"): void {
    for (const one of this.open()) {
      const span = this.spanFrom(one, one[kind]);
      if (span !== null && this.isTelling(one, span) && (kind === "hint" || this.isNoCopy(one, span))) {
        this.take(one, "verbatim", span);
      }
    }
  }

  /** The same text several times, or several suggestions of it: each after the line that stood before it, where that is one place. */
  afterItsLine(): void {
    for (const [, alike] of groupBy(this.open(), ({ pattern }) => pattern)) {
      const [first] = alike;
      const isOnce = ({ accepted }: Wanted): boolean => {
        const [, second] = placesIn(this.text, accepted);
        return second === undefined;
      };
      if (first === undefined || (alike.length === 1 && isOnce(first))) {
        continue;
      }
      const lines = alike.map((one) => {
        const known = this.behind(one).lines;
        return known.length === 0 ? null : known.join("\n");
      });
      const counts = new Map<string | null, number>();
      for (const line of lines) {
        counts.set(line, (counts.get(line) ?? 0) + 1);
      }
      for (const [index, one] of alike.entries()) {
        const line = lines[index] ?? null;
        if (line === null || counts.get(line) !== 1) {
          continue;
        }
        const spans = this.occurrences(one).filter(
          (span) => this.isFree(span) && this.isAfterItsLine(one, span),
        );
        const [span] = spans;
        if (span !== undefined && spans.length === 1 && this.isTelling(one, span)) {
          const isOwn = this.spanFrom(one, one.position)?.start === this.withItsBlanks(one, span).start;
          this.take(one, isOwn ? "verbatim" : "moved", span);
        }
      }
    }
  }

  reformattedAtPlace(): void {
    for (const kind of ["hint", "position"] as const) {
      for (const one of this.open()) {
        const line = one[kind]?.line;
        if (line === undefined) {
          continue;
        }
        const first = line + (one.parts[0]?.index ?? 0);
        const spans = this.occurrences(one).filter(
          (span) => this.positionOf(span.start).line === first && this.isNoCopy(one, span),
        );
        const [span] = spans;
        if (span !== undefined && spans.length === 1 && this.isTelling(one, span)) {
          this.take(one, "reformatted", span);
        }
      }
    }
  }

  /** Lines that merely shifted: the same text after the same lines, once in the whole text. */
  afterItsContext(): void {
    const candidates = this.open().flatMap((one) => {
      const context = inContext(one);
      if (context === null || !isNontrivial(context.pattern)) {
        return [];
      }
      const spans = this.occurrences(context, context.pattern.length - one.pattern.length);
      const free = spans.filter((span) => this.isFree(span) && this.isNoCopy(one, span));
      return [{ one, pattern: context.pattern, spans: free }];
    });
    for (const { one, pattern, spans } of candidates) {
      const [span] = spans;
      const isOnlyOne = candidates.filter((other) => other.pattern === pattern).length === 1;
      if (span !== undefined && spans.length === 1 && isOnlyOne && this.isTelling(one, span)) {
        this.take(one, "moved", span);
      }
    }
  }

  elsewhere(): void {
    const candidates = this.open()
      .filter(({ pattern }) => isNontrivial(pattern))
      .map((one) => ({
        one,
        spans: this.occurrences(one).filter((span) => this.isFree(span) && this.isAfterItsLine(one, span)),
      }))
      .filter(({ spans }) => spans.length > 0);
    for (const { one, spans } of candidates) {
      const [span] = spans;
      const rivals = candidates.filter((other) => other.one !== one && other.one.pattern === one.pattern);
      if (span === undefined || spans.length > 1 || rivals.length > 0) {
        if (spans.some((candidate) => this.isFree(candidate))) {
          this.found.set(one.id, nowhere(one, "ambiguous"));
        }
      } else if (this.isFree(span)) {
        this.take(one, "moved", span);
      }
    }
  }

  /** All of its text stands there in order, apart from what a formatter changes where it breaks or joins lines. */
  laidOutAnew(): void {
    for (const one of this.open()) {
      if (letterCount(one.pattern) < ENOUGH_TO_MOVE) {
        continue;
      }
      this.layoutFreeText ??= new LayoutFree(this.text);
      const text = this.layoutFreeText;
      const isOtherwiseBroken = ({ start, end }: Span): boolean =>
        this.positionOf(end).line - this.positionOf(start).line + 1 !== one.lineCount;
      const places = text
        .placesOf(new LayoutFree(one.accepted))
        .filter((place) => isOtherwiseBroken(place) && this.isFree(place))
        .filter((place) => one.position.character > 0 || text.beginsLine(place));
      const isOn = (line: number | undefined, { start }: Span): boolean =>
        this.positionOf(start).line === line;
      const [near] = places.filter(
        (place) =>
          isOn(one.hint?.line, place) || (isOn(one.position.line, place) && this.isNoCopy(one, place)),
      );
      const [only, ...others] = places;
      const isOnly = only !== undefined && others.length === 0 && this.isAfterItsLine(one, only);
      const place = near ?? (isOnly ? only : undefined);
      if (place !== undefined) {
        const standing = new Set(this.text.slice(place.start, place.end).split("\n").map(squash));
        const kept = one.parts.filter(({ squashed }) => standing.has(squashed)).length;
        this.take(one, "edited", place, Math.min(kept, one.parts.length - 1));
      }
    }
  }

  edited(): void {
    for (const one of this.open()) {
      if (one.parts.length > MAX_ALIGNED_LINES) {
        continue;
      }
      const matches =
        this.matchesFrom(one, one.hint) ?? this.matchesFrom(one, one.position) ?? this.matchesAround(one);
      const [first] = matches ?? [];
      const last = matches?.at(-1);
      if (matches === null || first === undefined || last === undefined) {
        continue;
      }
      // All of it was looked for before, and is no place of it.
      if (matches.length === one.parts.length && !this.isAfterItsLine(one, first)) {
        continue;
      }
      const span = { start: first.start, end: last.end };
      this.take(one, "edited", span, matches.length);
    }
  }

  result(): ReadonlyMap<string, Located> {
    return new Map(
      this.suggestions.map((one) => [one.id, this.found.get(one.id) ?? nowhere(toWanted(one), "gone")]),
    );
  }

  /** The span at a place, where all of a suggestion's text stands there letter by letter. */
  private spanFrom({ accepted }: Wanted, place: Position | undefined): Span | null {
    const start = place === undefined ? null : this.offsetOf(place);
    return start === null || !this.text.startsWith(accepted, start)
      ? null
      : { start, end: start + accepted.length };
  }

  /** What is somewhere else behind other lines may have stood there before. */
  private isAfterItsLine(one: Wanted, span: Span): boolean {
    this.index ??= new LineIndex(this.text);
    const { start } = this.withItsBlanks(one, span);
    return mayStandOn(this.index, this.positionOf(start).line, this.behind(one));
  }

  /** At its place, too, where there were copies: one of these may have slid there. */
  private isNoCopy(one: Wanted, span: Span): boolean {
    return !this.behind(one).hadCopies || this.isAfterItsLine(one, span);
  }

  private behind(one: Wanted): StoodBehind {
    const known = this.stoodBehind.get(one.id) ?? stoodBehind(one);
    this.stoodBehind.set(one.id, known);
    return known;
  }

  private open(): Wanted[] {
    return this.wanted.filter(({ id }) => !this.found.has(id));
  }

  private take(one: Wanted, content: Located["content"], found: Span, kept = one.parts.length): void {
    const span = this.withItsBlanks(one, found);
    if (!this.isFree(span)) {
      return;
    }
    this.taken.push(span);
    this.found.set(one.id, {
      content,
      range: { start: this.positionOf(span.start), end: this.positionOf(span.end) },
      kept,
      total: one.parts.length,
    });
  }

  /** Where a suggestion stands letter by letter, with the blanks that it begins and ends with: these are not looked for. */
  private withItsBlanks({ accepted }: Wanted, span: Span): Span {
    const start = span.start - (accepted.length - accepted.trimStart().length);
    const whole = { start, end: start + accepted.length };
    return this.text.startsWith(accepted, start) && start >= 0 && this.isFree(whole) ? whole : span;
  }

  private isFree({ start, end }: Span): boolean {
    return this.taken.every((other) => end <= other.start || other.end <= start);
  }

  /** Whether the text there is distinctive: a lone `}` is not, but `)` after `f(x` is. */
  private isTelling({ pattern }: Wanted, { start, end }: Span): boolean {
    if (pattern === "") {
      return false;
    }
    if (hasWord(pattern)) {
      return true;
    }
    const lineStart = this.lineStarts[this.positionOf(start).line] ?? 0;
    const lineEnd = this.text.indexOf("\n", end);
    return hasWord(this.text.slice(lineStart, lineEnd === -1 ? this.text.length : lineEnd));
  }

  /** Everywhere that the whole text stands, apart from white space; without the first `skip` characters of it. */
  private occurrences(one: Wanted, skip = 0): readonly Span[] {
    const known = this.occurrencesOf.get(one.id);
    if (known !== undefined) {
      return known;
    }
    const { pattern, parts, lineCount, position } = one;
    const { characters } = this.squashed();
    const fromLineStart = position.character === 0 || parts[0]?.index !== 0;
    const toLineEnd = parts.at(-1)?.index !== lineCount - 1;
    const spans: Span[] = [];
    for (const at of this.candidates(one)) {
      const end = at + pattern.length;
      if (fromLineStart && at > 0 && characters[at - 1] !== "\n") {
        continue;
      }
      if (toLineEnd && end < characters.length && characters[end] !== "\n") {
        continue;
      }
      spans.push({ start: this.textOffset(at + skip), end: this.textOffset(end - 1) + 1 });
      if (spans.length === MAX_OCCURRENCES) {
        break;
      }
    }
    this.occurrencesOf.set(one.id, spans);
    return spans;
  }

  /** Where the pattern stands among the squashed characters: by its rarest whole line, else by searching. */
  private *candidates({ pattern, parts, lineCount, position }: Wanted): Generator<number> {
    if (pattern === "") {
      return;
    }
    const { characters, lines, places } = this.squashed();
    let rarest: { readonly places: readonly number[]; readonly start: number } | null = null;
    let start = 0;
    for (const { squashed, index } of parts) {
      const isWhole = (index > 0 || position.character === 0) && index < lineCount - 1;
      const found = places.get(squashed) ?? [];
      if (isWhole && (rarest === null || found.length < rarest.places.length)) {
        rarest = { places: found, start };
      }
      start += squashed.length + 1;
    }
    if (rarest !== null) {
      for (const place of rarest.places) {
        const at = (lines[place]?.start ?? 0) - rarest.start;
        if (at >= 0 && characters.startsWith(pattern, at)) {
          yield at;
        }
      }
      return;
    }
    yield* placesIn(characters, pattern);
  }

  /** The lines of a suggestion that still stand in order from its place on; `null` where none of them tells enough. */
  private matchesFrom(one: Wanted, place: Position | undefined): Span[] | null {
    if (place === undefined) {
      return null;
    }
    const { lines } = this.squashed();
    const before = lastAtOrBefore(lines, place.line, ({ line }) => line);
    const start = (lines[before]?.line ?? 0) < place.line ? before + 1 : before;
    const matches = this.align(one, start, start + 2 * one.parts.length + 8);
    return matches.some(({ squashed }) => isNontrivial(squashed)) ? matches.map(({ span }) => span) : null;
  }

  /** The same around lines that occur once in the text and once in the suggestion, with enough text in them. */
  private matchesAround(one: Wanted): Span[] | null {
    const { lines, places } = this.squashed();
    const isAnchor = (squashed: string): boolean =>
      isNontrivial(squashed) &&
      places.get(squashed)?.length === 1 &&
      one.parts.filter((part) => part.squashed === squashed).length === 1;
    const anchorPart = one.parts.findIndex(({ squashed }) => isAnchor(squashed));
    const anchorLine = places.get(one.parts[anchorPart]?.squashed ?? "")?.[0];
    if (anchorPart === -1 || anchorLine === undefined) {
      return null;
    }
    const start = Math.max(0, anchorLine - anchorPart);
    const matches = this.align(one, start, Math.min(lines.length, anchorLine + 2 * one.parts.length + 8));
    const telling = matches.filter(({ squashed }) => isAnchor(squashed));
    const length = telling.reduce((sum, { squashed }) => sum + squashed.length, 0);
    return length >= ENOUGH_WHEN_EDITED_ELSEWHERE ? matches.map(({ span }) => span) : null;
  }

  /** The longest common subsequence of a suggestion's lines and the free lines of a window. */
  private align(one: Wanted, from: number, to: number): { squashed: string; span: Span }[] {
    const { lines } = this.squashed();
    const window = lines.slice(from, to).map((line) => ({ ...line, span: this.spanOf(line) }));
    const free = window.map(({ span }) => this.isFree(span));
    const { parts } = one;
    const width = window.length + 1;
    const longest = new Uint16Array((parts.length + 1) * width);
    const isMatch = (part: number, line: number): boolean =>
      free[line] === true && fits(one, part, window[line]?.squashed ?? "");
    for (let part = parts.length - 1; part >= 0; part -= 1) {
      for (let line = window.length - 1; line >= 0; line -= 1) {
        longest[part * width + line] = isMatch(part, line)
          ? (longest[(part + 1) * width + line + 1] ?? 0) + 1
          : Math.max(longest[(part + 1) * width + line] ?? 0, longest[part * width + line + 1] ?? 0);
      }
    }
    const matches: { squashed: string; span: Span }[] = [];
    for (let part = 0, line = 0; part < parts.length && line < window.length; ) {
      const match = window[line];
      if (match !== undefined && isMatch(part, line)) {
        matches.push({ squashed: parts[part]?.squashed ?? "", span: match.span });
        part += 1;
        line += 1;
      } else if ((longest[(part + 1) * width + line] ?? 0) >= (longest[part * width + line + 1] ?? 0)) {
        part += 1;
      } else {
        line += 1;
      }
    }
    return matches;
  }

  private spanOf({ start, squashed }: SquashedLine): Span {
    return { start: this.textOffset(start), end: this.textOffset(start + squashed.length - 1) + 1 };
  }

  /** The offset in the text of one of the squashed characters, which is not an LF. */
  private textOffset(at: number): number {
    const { lines } = this.squashed();
    const line = lines[lastAtOrBefore(lines, at, ({ start }) => start)];
    let offset = this.lineStarts[line?.line ?? 0] ?? 0;
    for (let left = at - (line?.start ?? 0); ; offset += 1) {
      if (/\s/.test(this.text[offset] ?? "x")) {
        continue;
      }
      if (left === 0) {
        return offset;
      }
      left -= 1;
    }
  }

  private squashed(): Squashed {
    this.squashedText ??= squashText(this.text);
    return this.squashedText;
  }

  private offsetOf({ line, character }: Position): number | null {
    const start = this.lineStarts[line];
    if (start === undefined) {
      return null;
    }
    const end = (this.lineStarts[line + 1] ?? this.text.length + 1) - 1;
    return start + character <= end ? start + character : null;
  }

  private positionOf(offset: number): Position {
    const line = lastAtOrBefore(this.lineStarts, offset, (start) => start);
    return { line, character: offset - (this.lineStarts[line] ?? 0) };
  }
}

/** A line that is not blank, without its white space. */
interface SquashedLine {
  readonly squashed: string;
  /** Its line number in the text. */
  readonly line: number;
  /** Where it starts among the squashed characters. */
  readonly start: number;
}

/** A text without white space and blank lines. */
interface Squashed {
  /** The non-blank lines, joined by LF. */
  readonly characters: string;
  readonly lines: readonly SquashedLine[];
  /** Indices into `lines` by what stands there. */
  readonly places: ReadonlyMap<string, readonly number[]>;
}

function squashText(text: string): Squashed {
  const lines: SquashedLine[] = [];
  const places = new Map<string, number[]>();
  let start = 0;
  for (const [line, content] of text.split("\n").entries()) {
    const squashed = squash(content);
    if (squashed === "") {
      continue;
    }
    const same = places.get(squashed);
    if (same === undefined) {
      places.set(squashed, [lines.length]);
    } else {
      same.push(lines.length);
    }
    lines.push({ squashed, line, start });
    start += squashed.length + 1;
  }
  return { characters: lines.map(({ squashed }) => squashed).join("\n"), lines, places };
}

function toWanted(suggestion: LocateInput): Wanted {
  const lines = suggestion.accepted.split("\n");
  const parts = lines
    .map((line, index) => ({ squashed: squash(line), index }))
    .filter(({ squashed }) => squashed !== "");
  return {
    ...suggestion,
    parts,
    lineCount: lines.length,
    pattern: parts.map(({ squashed }) => squashed).join("\n"),
  };
}

/** A suggestion together with the lines before it, as one text that begins with a whole line. */
function inContext({ id, accepted, before, pattern }: Wanted): Wanted | null {
  if (before === undefined || pattern === "") {
    return null;
  }
  const lines = before.replace(/\r\n?/g, "\n").split("\n");
  let first = lines.length;
  for (let count = 0; first > 0 && count < LINES_BEFORE; ) {
    first -= 1;
    if (/\S/.test(lines[first] ?? "")) {
      count += 1;
    }
  }
  // A prompt may begin inside a line, which is then no whole one.
  if (first === 0) {
    first = 1;
  }
  const context = lines.slice(first).join("\n");
  if (context.trim() === "") {
    return null;
  }
  return toWanted({
    id: `${id} in context`,
    position: { line: 0, character: 0 },
    accepted: context + accepted,
  });
}

/** Whether one accepted line stands as a line of the text: the first may end it, the last may begin it. */
function fits({ parts, position, lineCount }: Wanted, part: number, line: string): boolean {
  const { squashed, index } = parts[part] ?? { squashed: "", index: -1 };
  if (lineCount > 1 && index === 0 && position.character > 0) {
    return line.endsWith(squashed);
  }
  if (lineCount > 1 && index === lineCount - 1) {
    return line.startsWith(squashed);
  }
  return line === squashed;
}

function nowhere({ parts }: Wanted, content: "ambiguous" | "gone"): Located {
  return { content, range: null, kept: 0, total: parts.length };
}

function hasWord(text: string): boolean {
  return /[\p{L}\p{N}]/u.test(text);
}

function isNontrivial(squashed: string): boolean {
  return squashed.length >= ENOUGH && hasWord(squashed);
}
