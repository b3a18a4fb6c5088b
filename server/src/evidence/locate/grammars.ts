import { join } from "node:path";
import { Language, Parser, type TreeCursor } from "@vscode/tree-sitter-wasm";
import type { Opener } from "../format/record";
import type { EnclosedSpan, Enclosure } from "./enclosure";
import { grammarOf } from "./grammarNames";
import { Indentation } from "./indentation";
import { visible } from "./whiteSpace";

/** Longer texts are not compared. */
const MAX_LENGTH = 1024 * 1024;

/** Steps of a parser (it asks after each few hundred) after which it is not waited for. */
const MAX_STEPS = 100_000;

/** Nodes whose text means something to the last blank: their parts may hide white space that no token holds. */
const LETTER_BY_LETTER = /string|template|char|regex|comment|jsx|text|macro|hash_bang/;

/**
 * Between two tokens a line end may come or go only after one of these or before one of those. Beside a word it can end
 * a statement or turn a modifier into a name, and grammars do not always know.
 */
const BEFORE_LINE_END: ReadonlySet<string> = new Set("( [ { , ; : = => ? && || ?? | & + - * / .".split(" "));
const AFTER_LINE_END: ReadonlySet<string> = new Set(") ] } , ; : ? . ?. && || ?? | &".split(" "));

/**
 * Control characters, and separators of any kind. Some grammars skip all of them between tokens, and some take them for names;
 * languages do not, so a text that has one outside of strings and comments may be another to a compiler, or none.
 */
const SEPARATOR = /[\p{C}\p{Z}]/u;

const NOTHING: ReadonlySet<string> = new Set();

/** Compares texts as a compiler reads them, with tree-sitter's grammars (https://tree-sitter.github.io). */
export class Grammars {
  private starting: Promise<void> | null = null;
  private readonly parsers = new Map<string, Promise<Parser>>();

  /** @param folder holds the WebAssembly files of the runtime and of each grammar */
  constructor(private readonly folder: string) {}

  /**
   * Whether two whole texts of a file consist of the same tokens in the same order and structure, so that only blanks,
   * tabs and line ends between tokens differ. No where the language has no grammar here, a text has errors, or is too
   * long: in doubt the texts are not the same.
   */
  async sameTokens(path: string, before: string, after: string): Promise<boolean> {
    const name = grammarOf(path);
    if (name === undefined || Math.max(before.length, after.length) > MAX_LENGTH) {
      return false;
    }
    if (visible(before) !== visible(after) || nestsDeeply(before)) {
      return false;
    }
    if (isDecodedFirst(name, before)) {
      return false;
    }
    // To a tab Python gives more than one width, and refuses what depends on it.
    if (name === "python" && (mixesIndentation(before) || mixesIndentation(after))) {
      return false;
    }
    const parser = await this.parser(name);
    const [one, other] = [parse(parser, before), parse(parser, after)];
    try {
      if (one === null || other === null || one.rootNode.hasError || other.rootNode.hasError) {
        return false;
      }
      const indentations = name === "python" ? { one: new Indentation(), other: new Indentation() } : null;
      // The Go specification, "Semicolons": whatever comes next, a line end after an operand ends a statement.
      const continuers = name === "go" ? NOTHING : AFTER_LINE_END;
      return isSameTree(one.walk(), other.walk(), before, after, indentations, continuers);
    } finally {
      one?.delete();
      other?.delete();
    }
  }

  /**
   * Which lines of a text begin inside of a comment, a string, or text between JSX elements that began on a line above; none where
   * the language has no grammar here. `null` where a grammar cannot tell.
   */
  async enclosureOf(path: string, text: string): Promise<Enclosure | null> {
    const name = grammarOf(path);
    if (name === undefined) {
      return [];
    }
    if (text.length > MAX_LENGTH || nestsDeeply(text) || hidesEnds(name, text)) {
      return null;
    }
    // In text between JSX elements a compiler takes an ampersand for itself, and the grammar does not.
    const legible = JAVASCRIPT.has(name) ? text.replaceAll("&", "|") : text;
    const tree = parse(await this.parser(name), legible);
    try {
      return tree === null ? null : enclosureIn(tree.walk(), text.split("\n"));
    } finally {
      tree?.delete();
    }
  }

  private async parser(name: string): Promise<Parser> {
    this.starting ??= Parser.init({ locateFile: (file: string) => join(this.folder, file) });
    await this.starting;
    const known =
      this.parsers.get(name) ??
      Language.load(join(this.folder, `tree-sitter-${name}.wasm`)).then((language) => {
        const parser = new Parser();
        parser.setLanguage(language);
        return parser;
      });
    this.parsers.set(name, known);
    return known;
  }
}

function parse(parser: Parser, text: string): ReturnType<Parser["parse"]> {
  let steps = 0;
  parser.reset();
  return parser.parse(text, null, {
    progressCallback: () => {
      steps += 1;
      return steps > MAX_STEPS;
    },
  });
}

/** Nodes whose lines a compiler reads as text, and nodes within them whose lines are code again. */
const TEXT = /comment|(?<!concatenated_)string|template|jsx_text|format_specifier/;
const CODE_IN_TEXT = /substitution|interpolation|template_type/;

/** What a node of text begins with; of a string the letters before it, and its quotes without the `#` of Rust's raw strings. */
const OPENER = /^(?:\/\*|([A-Za-z]{0,3})#*("""|'''|["'`]))/;

function openerOf(text: string): Opener {
  const [whole, letters, quotes] = OPENER.exec(text) ?? ["<>"];
  return quotes === undefined ? whole : `${letters?.toLowerCase() ?? ""}${quotes}`;
}

/** The lines whose first visible character lies in a node of text that begins on a line above. */
function enclosureIn(cursor: TreeCursor, lines: readonly string[]): Enclosure {
  const spans: EnclosedSpan[] = [];
  try {
    for (;;) {
      const isText = cursor.nodeIsNamed && TEXT.test(cursor.nodeType) && !CODE_IN_TEXT.test(cursor.nodeType);
      if (isText || isBrokenText(cursor, lines)) {
        spans.push(...spansOfText(cursor, lines));
      } else if (cursor.gotoFirstChild()) {
        continue;
      }
      while (!cursor.gotoNextSibling()) {
        if (!cursor.gotoParent()) {
          return spans;
        }
      }
    }
  } finally {
    cursor.delete();
  }
}

/** Whether a place against the grammar begins as a comment or string does. */
function isBrokenText({ nodeType, startPosition }: TreeCursor, lines: readonly string[]): boolean {
  const text = (lines[startPosition.row] ?? "").slice(startPosition.column);
  return nodeType === "ERROR" && /^(?:\/\*|`|"""|''')/.test(text);
}

function spansOfText(cursor: TreeCursor, lines: readonly string[]): readonly EnclosedSpan[] {
  const { startPosition: start, endPosition: end } = cursor;
  if (start.row === end.row) {
    return [];
  }
  const opener = openerOf((lines[start.row] ?? "").slice(start.column));
  const spans: EnclosedSpan[] = [];
  let first = start.row + 1;
  const until = (row: number, column: number): void => {
    const isIn = visible((lines[row] ?? "").slice(0, column)) !== "";
    const last = isIn ? row : row - 1;
    if (first <= last) {
      spans.push({ first, last, opener });
    }
  };
  for (const child of cursor.currentNode.namedChildren) {
    if (
      child !== null &&
      CODE_IN_TEXT.test(child.type) &&
      child.startPosition.row !== child.endPosition.row
    ) {
      until(child.startPosition.row, child.startPosition.column);
      spans.push(...enclosureIn(child.walk(), lines));
      first = child.endPosition.row + 1;
    }
  }
  until(end.row, end.column);
  return spans;
}

/** Walks both trees side by side. */
function isSameTree(
  one: TreeCursor,
  other: TreeCursor,
  before: string,
  after: string,
  indentations: { readonly one: Indentation; readonly other: Indentation } | null,
  continuers: ReadonlySet<string>,
): boolean {
  let last = { end: 0, otherEnd: 0, text: "(" };
  try {
    for (;;) {
      if (one.nodeType !== other.nodeType || one.nodeIsMissing !== other.nodeIsMissing) {
        return false;
      }
      const letterByLetter = LETTER_BY_LETTER.test(one.nodeType) && one.nodeIsNamed;
      const descends = !letterByLetter && one.gotoFirstChild();
      if (!letterByLetter && descends !== other.gotoFirstChild()) {
        return false;
      }
      if (descends) {
        continue;
      }
      const text = before.slice(one.startIndex, one.endIndex);
      if (!letterByLetter && SEPARATOR.test(visible(text))) {
        return false;
      }
      if (!isSameToken(one, other, before, after) || isHtmlComment(text, one, other, before, after)) {
        return false;
      }
      if (visible(text) !== "") {
        const gap = before.slice(last.end, one.startIndex);
        const otherGap = after.slice(last.otherEnd, other.startIndex);
        if (!isBlank(gap) || !isBlank(otherGap)) {
          return false;
        }
        const isFree =
          (BEFORE_LINE_END.has(last.text) || continuers.has(text)) &&
          (indentations === null || indentations.one.isInBrackets);
        if (!isFree && gap.includes("\n") !== otherGap.includes("\n")) {
          return false;
        }
        if (
          indentations !== null &&
          !(indentations.one.accepts(text, gap) && indentations.other.accepts(text, otherGap))
        ) {
          return false;
        }
        last = { end: one.endIndex, otherEnd: other.endIndex, text };
      }
      const step = toNext(one, other);
      if (step !== "both moved") {
        return (
          step === "both ended" && isBlank(before.slice(last.end)) && isBlank(after.slice(last.otherEnd))
        );
      }
    }
  } finally {
    one.delete();
    other.delete();
  }
}

/** Moves both to the node that comes next in reading order. */
function toNext(one: TreeCursor, other: TreeCursor): "both moved" | "both ended" | "apart" {
  for (;;) {
    const isNext = one.gotoNextSibling();
    if (isNext !== other.gotoNextSibling()) {
      return "apart";
    }
    if (isNext) {
      return "both moved";
    }
    const isAbove = one.gotoParent();
    if (isAbove !== other.gotoParent()) {
      return "apart";
    }
    if (!isAbove) {
      return "both ended";
    }
  }
}

/** Whether a compiler, too, skips what a grammar skips between two tokens. */
function isBlank(gap: string): boolean {
  return visible(gap.replaceAll("\f", "")) === "";
}

function isSameToken(one: TreeCursor, other: TreeCursor, before: string, after: string): boolean {
  const text = before.slice(one.startIndex, one.endIndex);
  const counterpart = after.slice(other.startIndex, other.endIndex);
  if (text !== counterpart && (visible(text) !== "" || visible(counterpart) !== "")) {
    return false;
  }
  // A comment speaks of what it stands beside, and some tools act on that.
  return (
    !one.nodeType.includes("comment") ||
    (lineEndsBefore(before, one.startIndex) === lineEndsBefore(after, other.startIndex) &&
      lineEndsAfter(before, one.endIndex) === lineEndsAfter(after, other.endIndex))
  );
}

/** In scripts, `<!--` and `-->` can begin a comment, which grammars do not always know. */
function isHtmlComment(
  text: string,
  one: TreeCursor,
  other: TreeCursor,
  before: string,
  after: string,
): boolean {
  const isIn = (whole: string, at: number): boolean =>
    whole.slice(at - 2, at) === "<!" || whole[at + 2] === ">";
  return text === "--" && (isIn(before, one.startIndex) || isIn(after, other.startIndex));
}

/**
 * Whether a compiler reads other characters than the grammar does: Java takes `\\u0022` for a quote wherever it stands
 * (https://docs.oracle.com/javase/specs/jls/se21/html/jls-3.html#jls-3.3), and Python decodes a file as its first or second
 * line says (PEP 263).
 */
function isDecodedFirst(name: string, text: string): boolean {
  switch (name) {
    case "java":
      return text.includes("\\u");
    case "python":
      return /^(?:[^\n]*\n)?[^\n]*coding[:=](?![ \t]*(?:utf-?8|us-ascii|ascii)(?![-_.a-zA-Z0-9]))/i.test(
        text,
      );
    default:
      return false;
  }
}

/** Languages whose grammars read JSX, or share their operators with one that does. */
const JAVASCRIPT: ReadonlySet<string> = new Set(["javascript", "tsx", "typescript"]);

/**
 * Whether a compiler may see a comment or string begin or end where the grammar does not: by an escape that Java decodes first, in
 * a file that Python decodes otherwise, or by an HTML comment in a script.
 */
function hidesEnds(name: string, text: string): boolean {
  switch (name) {
    case "java":
      return /\\u+00(?:0[ad]|2[27af]|5c)/i.test(text);
    case "python":
      return isDecodedFirst(name, text);
    case "javascript":
      return text.includes("<!--") || /^\s*-->/m.test(text);
    default:
      return false;
  }
}

/** Brackets that may be open at once; thousands exhaust the stack of a grammar. */
const MAX_NESTING = 1_000;

function nestsDeeply(text: string): boolean {
  let depth = 0;
  for (const [bracket] of text.matchAll(/[([{}\])]/g)) {
    depth = "([{".includes(bracket) ? depth + 1 : Math.max(0, depth - 1);
    if (depth > MAX_NESTING) {
      return true;
    }
  }
  return false;
}

/** Whether some line is indented by a tab, and some line by a blank. */
function mixesIndentation(text: string): boolean {
  return /^ *\t/m.test(text) && /^\t* /m.test(text);
}

function lineEndsBefore(text: string, at: number): number {
  let count = 0;
  for (let index = at - 1; index >= 0 && visible(text.charAt(index)) === ""; index -= 1) {
    count += Number(text[index] === "\n");
  }
  return count;
}

function lineEndsAfter(text: string, at: number): number {
  let count = 0;
  for (let index = at; index < text.length && visible(text.charAt(index)) === ""; index += 1) {
    count += Number(text[index] === "\n");
  }
  return count;
}
