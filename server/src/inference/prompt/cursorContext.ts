import type { Prompt } from "../suggestion";
import { blockAt, type CodeBlock, closesBlock, indentationOf } from "./blockExtent";

/** What the text around the cursor says about how far an answer may go. Follows from the prompt alone. */
export interface CursorContext {
  /** The text of the cursor's line, on both sides of it. */
  readonly lineBefore: string;
  readonly lineAfter: string;
  /** Something other than white space follows on the cursor's line. */
  readonly textFollows: boolean;
  /** The cursor's line holds nothing but white space. */
  readonly blankLine: boolean;
  /** The lines that an answer may take; null: one line only. */
  readonly block: CodeBlock | null;
  /** The block is closed nowhere below, so an answer may close it with one line. */
  readonly unclosed: boolean;
  /** The non-blank lines below the cursor's. */
  readonly linesBelow: readonly string[];
  /** What the lines around are indented with; null where they do not agree, or none is indented. */
  readonly indentedWith: "tab" | "space" | null;
  /** False where an entry above or below stands without a comma before its closing bracket, and none with one. */
  readonly commaBeforeBracket: boolean;
  /** What stands at the cursor's depth before and after an answer: its brackets must pair with those here. */
  readonly around: { readonly before: string; readonly after: string };
  /** All that the prompt holds of the document. */
  readonly document: Pick<Prompt, "path" | "prefix" | "suffix">;
}

export function cursorContextOf(prompt: Pick<Prompt, "path" | "prefix" | "suffix">): CursorContext {
  const above = prompt.prefix.split("\n");
  const lineBefore = above.pop() ?? "";
  const [lineAfter = "", ...below] = prompt.suffix.split("\n");
  const textFollows = lineAfter.trim() !== "";
  const blankLine = lineBefore.trim() === "" && !textFollows;
  const linesBelow = below.filter((line) => line.trim() !== "");
  const [next] = linesBelow;
  const block = textFollows ? null : blockAt(lineBefore, above, next);
  const unclosed = block !== null && (next === undefined || !staysInOrCloses(next, block));
  const around = aroundOf(
    blankLine ? null : lineBefore,
    indentationOf(lineBefore),
    above,
    lineAfter,
    linesBelow,
  );
  return {
    lineBefore,
    lineAfter,
    textFollows,
    blankLine,
    block,
    unclosed,
    linesBelow,
    indentedWith: indentationIn([...above, lineBefore, ...linesBelow]),
    commaBeforeBracket: mayStandCommaBeforeBracket(prompt),
    around,
    document: { path: prompt.path, prefix: prompt.prefix, suffix: prompt.suffix },
  };
}

/** A line inside the block, or the one that closes it; a bracket further out closes another. */
function staysInOrCloses(line: string, block: CodeBlock): boolean {
  const indentation = indentationOf(line);
  return indentation >= block.indentation || (closesBlock(line) && indentation >= block.opener);
}

function indentationIn(lines: readonly string[]): CursorContext["indentedWith"] {
  const tabs = lines.some((line) => line.startsWith("\t"));
  const spaces = lines.some((line) => line.startsWith("  "));
  if (tabs === spaces) {
    return null;
  }
  return tabs ? "tab" : "space";
}

function mayStandCommaBeforeBracket({ prefix, suffix }: Pick<Prompt, "prefix" | "suffix">): boolean {
  const texts = [prefix, suffix];
  const without = /^[^\S\n]*(?:"[^"\n]+"|[\w$-]+):.*["'\w)\]}]\n\s*[)\]}]/m;
  return texts.some((text) => /,\n\s*[)\]}]/.test(text)) || !texts.some((text) => without.test(text));
}

/**
 * Before: the cursor's own line, or on a blank line the one above that may have opened what the cursor is in. After:
 * the rest of the line, and the brackets with which the first line below closes what was opened at this depth.
 */
function aroundOf(
  lineBefore: string | null,
  depth: number,
  above: readonly string[],
  lineAfter: string,
  linesBelow: readonly string[],
): CursorContext["around"] {
  const atDepth = (line: string | undefined): string =>
    line !== undefined && indentationOf(line) === depth ? line : "";
  const isOutside = (line: string): boolean => line.trim() !== "" && indentationOf(line) <= depth;
  const closers = /^[\s)\]}]*/.exec(atDepth(linesBelow.find(isOutside)))?.[0] ?? "";
  return {
    before: lineBefore ?? `${atDepth(above.findLast(isOutside))}\n`,
    after: `${lineAfter}\n${closers.trim()}`,
  };
}
