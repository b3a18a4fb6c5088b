import { isQuote, unpairedIn } from "./brackets";

/** Lines that an answer may take: those that are indented by at least so many columns. */
export interface CodeBlock {
  readonly indentation: number;
  /** The indentation of the line that opened the block, and so of the line that closes it. */
  readonly opener: number;
}

/** Where an answer of several lines ends. */
export interface BlockEnd {
  /** UTF-16 offset in the answer. */
  readonly at: number;
  /** False where the line that closes the block is the last one and may go on. */
  readonly certain: boolean;
}

const OPENS_BLOCK =
  /[{[(]\s*$|=>\s*$|\b(?:do|then|else|begin)\s*$|^\s*(?:async\s+)?(?:def|class|if|elif|else|for|while|with|try|except|finally|match|case|default)\b.*:\s*$/;
/** The names that a module gives or takes: nobody wants them guessed by the dozen. */
const OPENS_NAMES =
  /^\s*(?:import\b[^=]*|export(?:\s+type)?\s*|from\b.*\bimport\s*|(?:pub\s+)?use\b.*::)[{(]\s*$/;
const CLOSES_BLOCK = /^\s*[})\]]/;
/** Comments, decorators and attributes belong to what comes below them. */
const ANNOUNCES = /^\s*(?:\/\/|\/\*|\*|#(?!\w+\s*=)|@)/;

/**
 * Decides whether an answer may take several lines at a cursor with nothing but white space after it on its line:
 *
 * - behind what opens a block: its lines, and the one that closes it where nothing below does;
 * - on a blank line in a block: the rest of the block;
 * - on a blank line at the left margin: one declaration, with the comment above it.
 *
 * Everywhere else, and in a string, a comment or a list of imported names, an answer is one line: null.
 *
 * @param above the lines above the cursor's
 * @param below the first line below the cursor's that is not blank
 */
export function blockAt(
  lineBefore: string,
  above: readonly string[],
  below: string | undefined,
): CodeBlock | null {
  const { openers, inComment } = unpairedIn(lineBefore);
  if (inComment || openers.some(({ sign }) => isQuote(sign))) {
    return null;
  }
  const here = indentationOf(lineBefore);
  if (lineBefore.trim() !== "") {
    return opensBlock(lineBefore) && !OPENS_NAMES.test(lineBefore)
      ? { indentation: here + 1, opener: here }
      : null;
  }
  if (inBlockComment(above)) {
    return null;
  }
  const last = above.findLast((line) => line.trim() !== "") ?? "";
  const opening =
    opensBlock(last) && indentationOf(last) >= here
      ? last
      : above.findLast((line) => line.trim() !== "" && indentationOf(line) < here);
  if (opening !== undefined) {
    if (OPENS_NAMES.test(opening)) {
      return null;
    }
    const opener = indentationOf(opening);
    return { indentation: Math.max(here, opener + 1), opener };
  }
  if (here > 0) {
    return { indentation: here, opener: 0 };
  }
  // Inside a block whose blank line has lost its indentation.
  if (below !== undefined && (indentationOf(below) > 0 || closesBlock(below))) {
    return null;
  }
  return { indentation: 1, opener: 0 };
}

/** The end of the block in an answer, or null where the answer does not leave it. */
export function endOfBlock(
  text: string,
  lineBefore: string,
  block: CodeBlock,
  unclosed: boolean,
): BlockEnd | null {
  let announced = ANNOUNCES.test(lineBefore + text);
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) {
    const end = text.indexOf("\n", at + 1);
    const line = text.slice(at + 1, end < 0 ? undefined : end);
    if (line.trim() === "") {
      continue;
    }
    const indentation = indentationOf(line);
    if (indentation < block.indentation) {
      if (unclosed && closesBlock(line) && indentation >= block.opener) {
        // As `} else {` does.
        if (!opensBlock(line)) {
          return { at: at + 1 + line.length, certain: end >= 0 };
        }
      } else if (!announced) {
        return { at, certain: true };
      }
    }
    announced &&= ANNOUNCES.test(line);
  }
  return null;
}

/** Columns of white space before a line's text; a tab counts four. */
export function indentationOf(line: string): number {
  let columns = 0;
  for (const character of line) {
    if (character === "\t") {
      columns += 4;
    } else if (character === " ") {
      columns += 1;
    } else {
      break;
    }
  }
  return columns;
}

export function opensBlock(line: string): boolean {
  return OPENS_BLOCK.test(line);
}

export function closesBlock(line: string): boolean {
  return CLOSES_BLOCK.test(line);
}

function inBlockComment(above: readonly string[]): boolean {
  const edge = above.findLast((line) => /^\s*\/\*|\*\/\s*$/.test(line)) ?? "";
  return /^\s*\/\*/.test(edge) && !edge.includes("*/");
}
