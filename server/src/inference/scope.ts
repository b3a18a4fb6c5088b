import type { Prompt } from "../provenance/record";

/** What the text around the cursor says about how far an answer may go. Follows from the prompt alone. */
export interface Scope {
  /** The text of the cursor's line, on both sides of it. */
  readonly lineBefore: string;
  readonly lineAfter: string;
  /** Something other than white space follows on the cursor's line. */
  readonly textFollows: boolean;
  /** The cursor's line holds nothing but white space. */
  readonly blankLine: boolean;
  /** An answer may take several lines: those that are indented by at least this many columns. */
  readonly block: { readonly indentation: number } | null;
  /** The block is closed nowhere below, so an answer may close it with one line. */
  readonly unclosed: boolean;
  /** The non-blank lines below the cursor's. */
  readonly linesBelow: readonly string[];
}

const OPENS_BLOCK = /(?:[{([:]|=>|\b(?:do|then|else|begin))\s*$/;
const CLOSER = /^\s*[})\]]/;

export function scopeOf(prompt: Pick<Prompt, "prefix" | "suffix">): Scope {
  const lineBefore = prompt.prefix.slice(prompt.prefix.lastIndexOf("\n") + 1);
  const [lineAfter = "", ...below] = prompt.suffix.split("\n");
  const textFollows = lineAfter.trim() !== "";
  const blankLine = lineBefore.trim() === "" && !textFollows;
  const linesBelow = below.filter((line) => line.trim() !== "");
  const block = textFollows ? null : blockAt(lineBefore);
  const next = linesBelow[0];
  const unclosed =
    block !== null &&
    (next === undefined || (indentationOf(next) < block.indentation && !startsWithCloser(next)));
  return { lineBefore, lineAfter, textFollows, blankLine, block, unclosed, linesBelow };
}

function blockAt(lineBefore: string): Scope["block"] {
  if (lineBefore.trim() === "") {
    const indentation = indentationOf(lineBefore);
    return indentation > 0 ? { indentation } : null;
  }
  return OPENS_BLOCK.test(lineBefore) ? { indentation: indentationOf(lineBefore) + 1 } : null;
}

/** Columns of white space before a line's text; a tab counts four. */
export function indentationOf(line: string): number {
  let columns = 0;
  for (const character of line) {
    if (character === "\t") columns += 4;
    else if (character === " ") columns += 1;
    else break;
  }
  return columns;
}

export function startsWithCloser(line: string): boolean {
  return CLOSER.test(line);
}

/**
 * Where an answer leaves the block: the index (in UTF-16 code units) of the first line, after the first one, that
 * is indented less than the block allows, or -1.
 */
export function endOfBlock(text: string, indentation: number): number {
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) {
    const end = text.indexOf("\n", at + 1);
    const line = text.slice(at + 1, end < 0 ? undefined : end);
    if (line.trim() !== "" && indentationOf(line) < indentation) return at + 1;
  }
  return -1;
}
