import type { StopReason } from "../provenance/record";
import { repeatedLinesAt } from "./repetition";
import { endOfBlock, indentationOf, type Scope, startsWithCloser } from "./scope";

export const TRIM_VERSION = "trim/v1";

/** What the trim chain rests on besides the raw text; all of it follows from what is committed. */
export interface TrimContext {
  readonly scope: Scope;
  /** The end of the prefix with which `raw` begins, by token healing. */
  readonly healed: string;
  readonly stop: StopReason;
  /** UTF-16 length of what the last token wrote: where the decoder stopped in doubt, that is what it doubts. */
  readonly lastLength: number;
}

/** A part of a text, as UTF-16 offsets. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/**
 * One step: which part of the text stays. A step only ever takes from the two ends, so what is displayed is always
 * one piece of what the model wrote.
 */
type Step = (text: string, context: TrimContext) => Range;

/**
 * The steps of `trim/v1`, in order. A suggestion's `displayed` is a function of its `raw`, `stop` and prompt by
 * exactly these: any change of behaviour is a new version, and the old one stays.
 */
const STEPS: readonly Step[] = [
  dropHealed,
  cutDoubtful,
  cutBrokenCharacter,
  dropBlankStart,
  cutAfterLine,
  cutLoop,
  cutUnfinishedLine,
  cutRepeatedLines,
  cutUnfinishedStatement,
  cutOutsideBlock,
  cutWhatFollowsBelow,
  cutAtClosedBracket,
  cutWhatFollowsOnLine,
  cutOpenedAtEnd,
  dropBlankEnd,
];

/** `trim/v1`: the part of `raw` that is displayed; empty where nothing is left to show. */
export function trim(raw: string, context: TrimContext): Range {
  let { start, end } = { start: 0, end: raw.length };
  for (const step of STEPS) {
    const kept = step(raw.slice(start, end), context);
    end = start + kept.end;
    start += kept.start;
  }
  return { start, end };
}

/** The healed text stands in the document already. */
function dropHealed(text: string, { healed }: TrimContext): Range {
  return text.startsWith(healed) ? { start: healed.length, end: text.length } : NOTHING;
}

/** Where the decoder stopped in doubt: neither the token it doubts nor the beginning of the word that it goes on with. */
function cutDoubtful(text: string, { stop, lastLength }: TrimContext): Range {
  if (stop !== "doubt") return all(text);
  const kept = text.slice(0, Math.max(0, text.length - lastLength));
  const continuesWord = /^[\p{L}\p{N}_$]/u.test(text.slice(kept.length));
  return before(text, continuesWord ? kept.replace(/[\p{L}\p{N}_$]+$/u, "").length : kept.length);
}

/** Bytes that are no character: the model stopped inside one, or wrote rubbish. */
function cutBrokenCharacter(text: string): Range {
  return before(text, text.indexOf("\ufffd"));
}

/** On a blank line: no further blank lines first, and no indentation that stands there already. */
function dropBlankStart(text: string, { scope }: TrimContext): Range {
  if (!scope.blankLine) return all(text);
  const blank = /^(?:[^\S\n]*\n)+/.exec(text)?.[0] ?? "";
  if (blank === "") return all(text);
  const rest = text.slice(blank.length);
  const indentation = /^[^\S\n]*/.exec(rest)?.[0] ?? "";
  const present = rest.startsWith(scope.lineBefore) ? scope.lineBefore.length : indentation.length;
  return { start: blank.length + present, end: text.length };
}

/** One line only where text follows the cursor on its line, or where the decoder stopped at a line's end. */
function cutAfterLine(text: string, { scope, stop }: TrimContext): Range {
  if (!scope.textFollows && stop !== "line") return all(text);
  const visible = text.search(/\S/);
  return visible < 0 ? NOTHING : before(text, text.indexOf("\n", visible));
}

/** Where the decoder stopped a loop: the text's end comes at least three times over, and once is enough. */
function cutLoop(text: string, { stop }: TrimContext): Range {
  if (stop !== "repetition") return all(text);
  for (let period = 1; 3 * period <= text.length; period++) {
    let start = text.length - period;
    while (start > 0 && text[start - 1] === text[start - 1 + period]) start -= 1;
    if (text.length - start >= 3 * period) return before(text, start + period);
  }
  return all(text);
}

/** Where the answer was cut short, its last line is half a line; it goes where whole ones stand before it. */
function cutUnfinishedLine(text: string, { stop }: TrimContext): Range {
  if (!isCutShort(stop)) return all(text);
  const newline = text.lastIndexOf("\n");
  return newline >= 0 && text.slice(0, newline).trim() !== "" ? before(text, newline) : all(text);
}

/** Lines, or blocks of lines, that come twice in a row: the first stays. */
function cutRepeatedLines(text: string): Range {
  const lines = text.split("\n");
  const at = repeatedLinesAt(lines);
  return at < 0 ? all(text) : before(text, offsetOfLine(lines, at) - 1);
}

/**
 * Where an answer of several lines was cut short, it ends with its last whole statement: the last line that is
 * indented least and opens nothing. Half a statement with open brackets would have to be repaired by hand.
 */
function cutUnfinishedStatement(text: string, { scope, stop }: TrimContext): Range {
  const lines = text.split("\n");
  if (!isCutShort(stop) || lines.length < 2) return all(text);
  const indentations = lines.map((line, index) => {
    if (line.trim() === "" || (index === 0 && !scope.blankLine)) return Number.POSITIVE_INFINITY;
    return indentationOf(index === 0 ? scope.lineBefore + line : line);
  });
  const least = Math.min(...indentations);
  const last = indentations.findLastIndex(
    (indentation, index) => indentation === least && !/[{([]\s*$/.test(lines[index] ?? ""),
  );
  return last < 0 ? all(text) : before(text, offsetOfLine(lines, last + 1) - 1);
}

/** Several lines end with the cursor's block, or with the line that closes it where nothing below does. */
function cutOutsideBlock(text: string, { scope }: TrimContext): Range {
  if (scope.block === null) return all(text);
  const end = endOfBlock(text, scope.block.indentation);
  if (end < 0) return all(text);
  const newline = text.indexOf("\n", end);
  const line = text.slice(end, newline < 0 ? undefined : newline);
  const closes = scope.unclosed && startsWithCloser(line) && !/[{([]\s*$/.test(line);
  return before(text, closes ? end + line.length : end - 1);
}

/** Lines at the end that stand below the cursor already. */
function cutWhatFollowsBelow(text: string, { scope }: TrimContext): Range {
  const lines = text.split("\n");
  for (let at = scope.blankLine ? 0 : 1; at < lines.length; at++) {
    const rest = lines.slice(at).filter((line) => line.trim() !== "");
    if (rest.length === 0) break;
    const indented = at === 0 ? scope.lineBefore + text : rest[0];
    if (
      rest.length > scope.linesBelow.length ||
      !sameLine(indented ?? "", rest[0] ?? "", scope.linesBelow[0])
    ) {
      continue;
    }
    const repeated = rest.every((line, index) => line.trim() === scope.linesBelow[index]?.trim());
    if (repeated) return at === 0 ? NOTHING : before(text, offsetOfLine(lines, at) - 1);
  }
  return all(text);
}

/** A closing bracket is the same line only at the same depth. */
function sameLine(indented: string, line: string, below: string | undefined): boolean {
  if (below === undefined || line.trim() !== below.trim()) return false;
  return /[\p{L}\p{N}]/u.test(line) || indentationOf(indented) === indentationOf(below);
}

/** What comes from the bracket on that the text following on the line closes already, as an auto-closed one does. */
function cutAtClosedBracket(text: string, { scope }: TrimContext): Range {
  const follows = scope.lineAfter.trimStart();
  if (!scope.textFollows || !/^[)\]}]/.test(follows)) return all(text);
  const open: string[] = [];
  let quote: string | null = null;
  for (let at = 0; at < text.length; at++) {
    const sign = text.charAt(at);
    if (quote !== null) {
      if (sign === "\\") at += 1;
      else if (sign === quote) quote = null;
    } else if (/["'`]/.test(sign)) quote = sign;
    else if (/[([{]/.test(sign)) open.push(sign);
    else if (/[)\]}]/.test(sign) && open.pop() === undefined && follows.startsWith(sign))
      return before(text, at);
  }
  return all(text);
}

/** A copy, at the end, of what follows the cursor on its line: all of it, or the closing signs it begins with. */
function cutWhatFollowsOnLine(text: string, { scope }: TrimContext): Range {
  if (!scope.textFollows) return all(text);
  const follows = scope.lineAfter.trim();
  const end = text.trimEnd();
  for (let length = Math.min(follows.length, end.length); length > 0; length--) {
    const copy = follows.slice(0, length);
    if (length < follows.length && !/^[)\]}>;,"'`]+$/.test(copy)) continue;
    if (end.endsWith(copy) && !opensWhatItCloses(end.slice(0, -length), copy)) {
      return before(text, end.length - length);
    }
  }
  return all(text);
}

/** True when signs in `copy` close what `text` itself opened, so that they are not a copy of what follows. */
function opensWhatItCloses(text: string, copy: string): boolean {
  for (const [open, close] of ["()", "[]", "{}"].map((pair) => [pair.charAt(0), pair.charAt(1)] as const)) {
    if (copy.includes(close) && count(text, open) > count(text, close)) return true;
  }
  return ['"', "'", "`"].some((quote) => copy.includes(quote) && count(text, quote) % 2 === 1);
}

/** Where text follows on the line, an opening bracket at the end would be closed by nothing. */
function cutOpenedAtEnd(text: string, { scope }: TrimContext): Range {
  if (!scope.textFollows) return all(text);
  return before(text, text.search(/[\s,]*[{([]\s*$/));
}

function dropBlankEnd(text: string): Range {
  return { start: 0, end: text.trimEnd().length };
}

/** True where the decoder, and not the model, ended the answer, wherever it stood. */
function isCutShort(stop: StopReason): boolean {
  switch (stop) {
    case "length":
    case "repetition":
    case "doubt":
      return true;
    case "endOfText":
    case "line":
    case "block":
      return false;
  }
}

function count(text: string, sign: string): number {
  return text.split(sign).length - 1;
}

function offsetOfLine(lines: readonly string[], line: number): number {
  return lines.slice(0, line).reduce((sum, one) => sum + one.length + 1, 0);
}

function all(text: string): Range {
  return { start: 0, end: text.length };
}

const NOTHING: Range = { start: 0, end: 0 };

/** What stands before an offset; everything where the offset is -1. */
function before(text: string, offset: number): Range {
  return { start: 0, end: offset < 0 ? text.length : offset };
}
