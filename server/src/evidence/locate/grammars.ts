import { join } from "node:path";
import { Language, Parser, type TreeCursor } from "@vscode/tree-sitter-wasm";
import { allCode, holdsControls, type LineReading, type LineSpan, mayEnclose } from "./enclosure";
import { grammarOf } from "./grammarNames";
import { Indentation } from "./indentation";
import { lexicalParts } from "./lexicalParts";
import { type ReadText, readTextParts } from "./readTextParts";
import { TextParts } from "./textParts";
import { visible } from "./whiteSpace";

/** Longer texts are not compared. */
const MAX_LENGTH = 1024 * 1024;

/**
 * Steps of a parser (it asks after each few hundred actions) after which it is not waited for: on real code it takes two to five for a
 * thousand bytes of UTF-16. Where it takes many more it follows many readings at once, and each step costs more time and memory than the
 * one before.
 */
const MAX_STEPS = { begin: 100, perThousandBytes: 12 } as const;

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
   * tabs and line ends between tokens differ. No where the language has no grammar here, a text has errors, is too long, or
   * may be read otherwise by a compiler (see `linesOf`): in doubt the texts are not the same.
   */
  async sameTokens(path: string, before: string, after: string): Promise<boolean> {
    const name = grammarOf(path);
    if (name === undefined || Math.max(before.length, after.length) > MAX_LENGTH) {
      return false;
    }
    if (visible(before) !== visible(after) || nestsDeeply(before)) {
      return false;
    }
    if (isDecodedFirst(name, before) || hidesEnds(name, before) || hidesEnds(name, after)) {
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
      const scripts = JAVASCRIPT.has(name);
      if (
        scripts &&
        (readTextParts(one.walk(), before, true) === null ||
          readTextParts(other.walk(), after, true) === null)
      ) {
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
   * How a compiler reads spans of a text's whole lines. `null` where a grammar cannot tell of any; where it can, `null` for spans
   * of which there is too much to say. Where the language has no grammar here, everything is code.
   */
  async linesOf(
    path: string,
    text: string,
    spans: readonly LineSpan[],
  ): Promise<readonly (LineReading | null)[] | null> {
    const name = grammarOf(path);
    if (name === undefined || !mayEnclose(path, text)) {
      return allCode(spans);
    }
    if (text.length > MAX_LENGTH || nestsDeeply(text) || hidesEnds(name, text)) {
      return null;
    }
    // In text between JSX elements a compiler takes an ampersand for itself, and the grammar does not.
    const legible = JAVASCRIPT.has(name) ? text.replaceAll("&", "|") : text;
    const tree = parse(await this.parser(name), legible);
    try {
      const read = tree === null ? null : readTextParts(tree.walk(), text, JAVASCRIPT.has(name));
      return read === null ? null : readingsOf(name, read, text, spans);
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
    progressCallback: ({ currentOffset }) => {
      steps += 1;
      return steps > MAX_STEPS.begin + (currentOffset / 1000) * MAX_STEPS.perThousandBytes;
    },
  });
}

/**
 * How each span is read. From where an error may have had the grammar guess, only what the language's lexical rules say as well is
 * believed: whoever mends, or makes, an error elsewhere must not be able to have text taken for code.
 */
function readingsOf(
  name: string,
  { parts, firstError, unsureFrom }: ReadText,
  text: string,
  spans: readonly LineSpan[],
): readonly (LineReading | null)[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) {
    starts.push(at + 1);
  }
  const startOf = (line: number): number => starts[line] ?? text.length;
  const textParts = new TextParts(text, parts);
  const lexical = firstError === null ? null : lexicalParts(name, text, unsureFrom);
  const lexicalText =
    lexical && new TextParts(text, [...parts.filter(({ end }) => end <= unsureFrom), ...lexical.parts]);
  return spans.map(({ first, last }) => {
    const [start, end] = [startOf(first), startOf(last + 1)];
    const digest = textParts.digestOf(start, end);
    const isBelieved =
      lexical === null ||
      end <= unsureFrom ||
      (end <= lexical.doubtFrom && lexicalText?.digestOf(start, end) === digest);
    return digest === null || !isBelieved
      ? null
      : { digest, isSure: firstError === null || firstError > last };
  });
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
      return /^(?:[^\n]*\n)?[^\n]*coding[:=](?![ \t]*(?:utf-?8|us-ascii|ascii|latin-?1|iso-?8859-\d+|cp125\d|windows-125\d)(?![-_.a-zA-Z0-9]))/i.test(
        text,
      );
    default:
      return false;
  }
}

/** Languages whose grammars read JSX, or share their operators with one that does. */
const JAVASCRIPT: ReadonlySet<string> = new Set(["javascript", "tsx", "typescript"]);

/**
 * Whether a compiler may see a comment or string begin or end where the grammar does not: by a control character; by a carriage return alone, which ends a
 * line to Python and Java, and a hashbang to JavaScript as other separators do; by an escape that Java decodes first; in a file that
 * Python decodes otherwise; by `#!`, which to Rust may begin an attribute; by an element named `this`, which one grammar takes for a
 * comparison.
 */
function hidesEnds(name: string, text: string): boolean {
  if (holdsControls(text)) {
    return true;
  }
  switch (name) {
    case "java":
      return text.includes("\r") || /\\u+00(?:0[ad]|2[27af]|5c)/i.test(text);
    case "python":
      return text.includes("\r") || isDecodedFirst(name, text);
    case "rust":
      return /^#!(?!\[)/.test(text);
    case "javascript":
      return HASHBANG_THAT_ENDS.test(text) || /<\/?this\b/.test(text);
    case "tsx":
    case "typescript":
      return HASHBANG_THAT_ENDS.test(text);
    default:
      return false;
  }
}

const HASHBANG_THAT_ENDS = /^#![^\n]*[\r\u2028\u2029]/;

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
