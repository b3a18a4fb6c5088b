import type { TreeCursor } from "@vscode/tree-sitter-wasm";
import { openerOf } from "./opener";
import { Slashes } from "./slashes";
import type { TextPart } from "./textParts";

/** Nodes that a compiler reads as text, and nodes within them that are code again. */
const TEXT = /comment|(?<!concatenated_)string|template|jsx_text|format_specifier/;
const CODE_IN_TEXT: ReadonlySet<string> = new Set([
  "template_substitution",
  "template_type",
  "interpolation",
  "string_interpolation",
]);

/** What a tree says of the text that it was made of. */
export interface ReadText {
  /** The parts of comments, strings and templates of several lines, and all text between JSX elements. */
  readonly parts: readonly TextPart[];
  /** The first line, zero-based, at which something is against the grammar; `null` where nothing is. */
  readonly firstError: number | null;
  /**
   * The offset at which the outermost construct begins that ends before the one with the first error; the text's length where there is
   * none. What comes after may have been read in a way that only goes on from the error.
   */
  readonly unsureFrom: number;
}

/** A comment, string or template that the walk is in, or code within it. */
type Inside =
  | {
      readonly kind: "text";
      readonly depth: number;
      readonly opener: string;
      readonly counts: boolean;
      from: number;
    }
  | { readonly kind: "code"; readonly depth: number };

/**
 * Walks a tree once. A comment, string or template on a single line is none of the parts: what it is, its own line tells, as soon as
 * it is known what the line begins in.
 *
 * @param scripts whether to look for what only languages like JavaScript have; `null` is the answer where the grammar and compilers may
 * differ about what is text
 */
export function readTextParts(cursor: TreeCursor, text: string, scripts: boolean): ReadText | null {
  const parts: TextPart[] = [];
  const html = scripts ? htmlComments(text) : [];
  const slashes = scripts ? new Slashes(text) : null;
  const inside: Inside[] = [];
  let firstError: number | null = null;
  let unsureFrom = text.length;
  /** Where the outermost construct that the walk is in begins, and the one before it. */
  let tops = { before: 0, current: 0 };
  let depth = 0;
  const end = (until: number): void => {
    const last = inside.pop();
    if (last?.kind === "text") {
      leave(last, until);
    }
  };
  /** What began as text was text until here. */
  const leave = ({ from, opener, counts }: Inside & { kind: "text" }, until: number): void => {
    dropWithin(html, from, until);
    if (counts && from < until) {
      parts.push({ start: from, end: until, opener });
    }
  };
  try {
    for (;;) {
      const { nodeType, startIndex, endIndex } = cursor;
      if (depth === 1 && !nodeType.includes("comment")) {
        tops = { before: tops.current, current: startIndex };
      }
      if (firstError === null && (nodeType === "ERROR" || cursor.nodeIsMissing)) {
        firstError = cursor.startPosition.row;
        unsureFrom = tops.before;
      }
      const around = inside.at(-1);
      const isCode = around?.kind === "text" && CODE_IN_TEXT.has(nodeType);
      const isText = around?.kind !== "text" && beginsText(cursor, text);
      if (isCode) {
        leave(around, startIndex);
        around.from = endIndex;
        inside.push({ kind: "code", depth });
      } else if (isText) {
        const counts = nodeType === "jsx_text" || cursor.endPosition.row > cursor.startPosition.row;
        inside.push({
          kind: "text",
          depth,
          opener: openerOf(text.slice(startIndex, startIndex + 300)),
          counts,
          from: startIndex,
        });
      }
      if (nodeType === "regex") {
        dropWithin(html, startIndex, endIndex);
      }
      if (slashes !== null && around?.kind !== "text" && slashes.isDoubtful(nodeType, startIndex, endIndex)) {
        return null;
      }
      if (nodeType !== "regex" && cursor.gotoFirstChild()) {
        depth += 1;
        continue;
      }
      if (!nodeType.includes("comment")) {
        slashes?.passed(startIndex, endIndex);
      }
      let until = endIndex;
      for (;;) {
        if (inside.at(-1)?.depth === depth) {
          end(until);
        }
        if (cursor.gotoNextSibling()) {
          break;
        }
        if (!cursor.gotoParent()) {
          return html.some((at) => at !== null) ? null : { parts, firstError, unsureFrom };
        }
        depth -= 1;
        until = cursor.endIndex;
      }
    }
  } finally {
    cursor.delete();
  }
}

/** Whether a node is text, or a place against the grammar that begins as a comment or string does. */
function beginsText(cursor: TreeCursor, text: string): boolean {
  return cursor.nodeType === "ERROR"
    ? /^(?:\/\*|`|"""|''')/.test(text.slice(cursor.startIndex, cursor.startIndex + 3))
    : cursor.nodeIsNamed && TEXT.test(cursor.nodeType) && !CODE_IN_TEXT.has(cursor.nodeType);
}

/**
 * Where `<!--` or `-->` stands: to scripts, and to some tools in modules, a comment begins there, if it stands in code
 * (https://tc39.es/ecma262/#sec-html-like-comments). The second one begins it only where nothing but comments stands before it on its
 * line; elsewhere hardly anybody writes it.
 */
function htmlComments(text: string): (number | null)[] {
  return [...text.matchAll(/<!--|-->/g)].map(({ index }) => index);
}

/** Forgets those that lie in a stretch of text. */
function dropWithin(html: (number | null)[], start: number, end: number): void {
  if (html.length === 0) {
    return;
  }
  let low = 0;
  let high = html.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((html[middle] ?? -1) >= start) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  for (let index = low; (html[index] ?? end) < end; index += 1) {
    html[index] = null;
  }
}
