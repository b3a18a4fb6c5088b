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
  /**
   * An answer may take several lines: those that are indented by at least this many columns. `opener` is the
   * indentation of the line that opened the block.
   */
  readonly block: { readonly indentation: number; readonly opener: number } | null;
  /** The block is closed nowhere below, so an answer may close it with one line. */
  readonly unclosed: boolean;
  /** The non-blank lines below the cursor's. */
  readonly linesBelow: readonly string[];
}

const OPENS_BLOCK =
  /[{[]\s*$|\b(?:do|then|else|begin)\s*$|^\s*(?:async\s+)?(?:def|class|if|elif|else|for|while|with|try|except|finally|match|case|default)\b.*:\s*$/;
const CLOSER = /^\s*[})\]]/;

export function scopeOf(prompt: Pick<Prompt, "prefix" | "suffix">): Scope {
  const above = prompt.prefix.split("\n");
  const lineBefore = above.pop() ?? "";
  const [lineAfter = "", ...below] = prompt.suffix.split("\n");
  const textFollows = lineAfter.trim() !== "";
  const blankLine = lineBefore.trim() === "" && !textFollows;
  const linesBelow = below.filter((line) => line.trim() !== "");
  const block = textFollows ? null : blockAt(lineBefore, above);
  const next = linesBelow[0];
  const unclosed = block !== null && (next === undefined || !staysInOrCloses(next, block));
  return { lineBefore, lineAfter, textFollows, blankLine, block, unclosed, linesBelow };
}

function blockAt(lineBefore: string, above: readonly string[]): Scope["block"] {
  const here = indentationOf(lineBefore);
  if (lineBefore.trim() !== "") {
    return OPENS_BLOCK.test(lineBefore) ? { indentation: here + 1, opener: here } : null;
  }
  if (here === 0) return null;
  const opening = above.findLast((line) => line.trim() !== "" && indentationOf(line) < here);
  return { indentation: here, opener: indentationOf(opening ?? "") };
}

/** A line inside the block, or the one that closes it; a bracket further out closes another. */
function staysInOrCloses(line: string, block: NonNullable<Scope["block"]>): boolean {
  const indentation = indentationOf(line);
  return indentation >= block.indentation || (startsWithCloser(line) && indentation >= block.opener);
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
