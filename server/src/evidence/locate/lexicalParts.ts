import { openerOf } from "./opener";
import { BEFORE_EXPRESSION, SOMETIMES_NAMES } from "./slashes";
import type { TextPart } from "./textParts";

/** What lexical rules alone say of a text. */
export interface LexicalParts {
  /** The comments, strings and templates of several lines. */
  readonly parts: readonly TextPart[];
  /** The offset from which on they cannot tell; the text's length where they can. */
  readonly doubtFrom: number;
}

/**
 * Where comments, strings and templates of several lines stand by the lexical rules of a language alone, from an offset on at which
 * code begins. A grammar that meets something that it does not know guesses how to go on, and may take text for code; what a
 * compiler's lexer does is the same whatever the tokens mean, but for slashes, `<` of JSX and replacement fields, where this is in doubt.
 *
 * @param language as grammars are named
 */
export function lexicalParts(language: string, text: string, from: number): LexicalParts {
  switch (language) {
    case "javascript":
    case "tsx":
      return new Scripts(text, from, true).read();
    case "typescript":
      return new Scripts(text, from, false).read();
    default: {
      const tokens = TOKENS[language];
      return tokens === undefined ? { parts: [], doubtFrom: from } : readTokens(tokens, text, from);
    }
  }
}

/**
 * Comments, strings and characters, the whole ones first. What begins one and does not end ends where its line does, where a compiler
 * refuses it; those of several lines are in doubt.
 */
const TOKENS: Readonly<Record<string, RegExp>> = {
  go: /\/\/[^\n]*|\/\*[\s\S]*?\*\/|`[^`]*`|"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?|\/\*|`/g,
  java: /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"""(?:[^\\]|\\[\s\S])*?"""|"""|"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?|\/\*/g,
  python:
    /#[^\n]*|(?:\b[bfrtu]{1,2})?(?:"""(?:[^\\]|\\[\s\S])*?"""|'''(?:[^\\]|\\[\s\S])*?'''|"""|'''|"(?:[^"\\\n]|\\[\s\S])*"?|'(?:[^'\\\n]|\\[\s\S])*'?)/gi,
  rust: /\/\/[^\n]*|\/\*|\bb?r(#*)"[\s\S]*?"\1|\bc?r#*"|(?:\b[bc])?"(?:[^"\\]|\\[\s\S])*"|"|'(?:\\.[^'\n]*|[^\\'\n])'/gu,
};

/** What has to be told of several lines and was not ended. */
const UNENDED = /^(?:\/\*|`|[a-z]{0,2}(?:"""|'''))$/i;

/** In Rust all strings may go over several lines. */
const UNENDED_IN_RUST = /^[a-z]{0,2}#*"$/;

/** Strings of Python in which code may stand. */
const WITH_FIELDS = /^[a-z]?[ft]/i;

/** Such a string on one line whose fields hold nothing that could end it, or a field, for some versions of Python and not for others. */
const PLAIN_FIELDS =
  /^[a-z]{1,2}(?:"""|'''|["'])(?:\{\{|\}\}|[^{}\n]|\{(?!\{)(?:[^{}"'\\#\n]|"[^{}"'\\#\n]*"|'[^{}"'\\#\n]*'|\{[^{}"'\\#\n]*\})*\})*$/i;

function readTokens(tokens: RegExp, text: string, from: number): LexicalParts {
  const parts: TextPart[] = [];
  tokens.lastIndex = from;
  for (;;) {
    const start = tokens.lastIndex;
    const match = tokens.exec(text);
    if (match === null) {
      return { parts, doubtFrom: text.length };
    }
    const at = Math.max(match.index, start);
    const nested = tokens === TOKENS.rust && match[0] === "/*" ? endOfNested(text, at) : null;
    const token = nested === null ? match[0] : text.slice(at, nested);
    const isPlain = !(tokens === TOKENS.python && WITH_FIELDS.test(token)) || !token.includes("{");
    if (
      UNENDED.test(token) ||
      (tokens === TOKENS.rust && UNENDED_IN_RUST.test(token)) ||
      !(isPlain || PLAIN_FIELDS.test(token))
    ) {
      return { parts, doubtFrom: at };
    }
    tokens.lastIndex = at + token.length;
    if (token.includes("\n")) {
      parts.push({ start: at, end: at + token.length, opener: openerOf(token) });
    }
  }
}

/** After a comment of Rust's, in which others may lie; `null` where it does not end. */
function endOfNested(text: string, start: number): number | null {
  const marks = /\/\*|\*\//g;
  marks.lastIndex = start;
  let depth = 0;
  for (let mark = marks.exec(text); mark !== null; mark = marks.exec(text)) {
    depth += mark[0] === "/*" ? 1 : -1;
    if (depth === 0) {
      return marks.lastIndex;
    }
  }
  return null;
}

/** A template that the reading is in, or in code within it. */
interface Template {
  readonly start: number;
  readonly parts: TextPart[];
  /** Braces that are open in the code within it. */
  braces: number;
}

/** What stands before a token: a value, so that an operator comes; an operator, so that a value comes; or nobody can tell which. */
type Before = "value" | "operator" | "either";

/** Where something comes next in a text. Asked in reading order, it looks at each character once. */
class Next {
  private found = -1;

  constructor(
    private readonly text: string,
    private readonly wanted: RegExp,
  ) {}

  /** The first offset from one on; the text's length where there is none. */
  after(from: number): number {
    if (this.found < from) {
      this.wanted.lastIndex = from;
      this.found = this.wanted.exec(this.text)?.index ?? this.text.length;
    }
    return this.found;
  }
}

/** JavaScript and TypeScript, in which what came before decides what a slash is, and, with JSX, what `<` is. */
class Scripts {
  private readonly parts: TextPart[] = [];
  private readonly templates: Template[] = [];
  private before: Before = "operator";
  private beginsLine = true;
  private last = "";
  private at: number;
  /** Ends of lines, and what would be other than it is if a regular expression began before it on its line. */
  private readonly lineEnd: Next;
  private readonly outside: Next;
  private readonly inTemplates: Next;

  constructor(
    private readonly text: string,
    from: number,
    private readonly hasJsx: boolean,
  ) {
    this.at = from;
    this.lineEnd = new Next(text, /[\n\r\u2028\u2029]/g);
    this.outside = new Next(text, hasJsx ? /["'`<]|\/[/*]/g : /["'`]|\/[/*]/g);
    this.inTemplates = new Next(text, /["'`<{}]|\/[/*]/g);
  }

  read(): LexicalParts {
    while (this.at < this.text.length) {
      TOKEN.lastIndex = this.at;
      const token = TOKEN.exec(this.text)?.[0] ?? "";
      if (token === "" || !this.take(token)) {
        break;
      }
    }
    return { parts: this.parts, doubtFrom: this.templates[0]?.start ?? this.at };
  }

  /** Goes on behind a token; `false` where nobody can tell what it is. */
  private take(token: string): boolean {
    const { at, text } = this;
    const [first = ""] = token;
    if (token === "/*" || token === "-->") {
      return false;
    }
    if (token.trim() === "" || /^(?:\/[/*]|#!)/.test(token)) {
      return this.skip(token);
    }
    if (/^["']/.test(token)) {
      return this.pass(token, "value", true);
    }
    if (NAME.test(token)) {
      return this.pass(token, this.roleOf(token));
    }
    const template = this.templates.at(-1);
    switch (first) {
      case "`":
        this.templates.push({ start: at, parts: [], braces: 0 });
        return this.templateText(at, at + 1);
      case "{":
        if (template !== undefined) {
          template.braces += 1;
        }
        return this.pass(token, "operator");
      case "}":
        if (template !== undefined && template.braces === 0) {
          return this.templateText(at + 1, at + 1);
        }
        if (template !== undefined) {
          template.braces -= 1;
        }
        return this.pass(token, "either");
      case "/":
        return this.slash();
      case "<":
        if (text.startsWith("!--", at + 1) || (this.hasJsx && token === "<" && this.mayBeElement)) {
          return false;
        }
        return this.pass(token, "either");
      case "]":
        return this.pass(token, "value");
      default:
        return this.pass(token, token === "=>" || "(,=:[&|?;".includes(token) ? "operator" : "either");
    }
  }

  /** Whether an expression may begin here, and with it an element. */
  private get mayBeElement(): boolean {
    return this.beginsLine || this.before !== "value";
  }

  private roleOf(word: string): Before {
    if (SOMETIMES_NAMES.has(word)) {
      return "either";
    }
    // After a dot a word is a name, but the dot may be a spread's last.
    return !BEFORE_EXPRESSION.has(word) ? "value" : this.last === "." ? "either" : "operator";
  }

  private slash(): boolean {
    const { at, text, before, beginsLine } = this;
    const opening = this.templates.length > 0 ? this.inTemplates : this.outside;
    if (opening.after(at + 1) >= this.lineEnd.after(at + 1)) {
      return this.pass("/", "either");
    }
    if (beginsLine || before === "either") {
      return false;
    }
    if (before === "value") {
      return this.pass("/", "operator");
    }
    EXPRESSION.lastIndex = at;
    const expression = EXPRESSION.exec(text)?.[0];
    return expression !== undefined && this.pass(expression, "value");
  }

  /** A template's text, up to code in it or to its end. */
  private templateText(from: number, scanFrom: number): boolean {
    const template = this.templates.at(-1);
    TEMPLATE_TEXT.lastIndex = scanFrom;
    const mark = TEMPLATE_TEXT.exec(this.text)?.[1];
    if (template === undefined || mark === undefined) {
      return false;
    }
    const after = TEMPLATE_TEXT.lastIndex;
    const end = mark === "`" ? after : after - mark.length;
    if (from < end) {
      template.parts.push({ start: from, end, opener: "`" });
    }
    if (mark === "`") {
      this.templates.pop();
      if (this.text.slice(template.start, after).includes("\n") && this.templates.length === 0) {
        this.parts.push(...template.parts);
      } else if (this.text.slice(template.start, after).includes("\n")) {
        this.templates.at(-1)?.parts.push(...template.parts);
      }
    }
    this.at = after;
    this.before = mark === "`" ? "value" : "operator";
    this.beginsLine = false;
    this.last = mark;
    return true;
  }

  /** White space or a comment. */
  private skip(token: string): boolean {
    const breaks = LINE_END.test(token);
    if (token.startsWith("/*") && token.includes("\n")) {
      this.add({ start: this.at, end: this.at + token.length, opener: "/*" });
    }
    this.at += token.length;
    this.beginsLine ||= breaks;
    return true;
  }

  private pass(token: string, before: Before, isText = false): boolean {
    if (isText && token.includes("\n")) {
      this.add({ start: this.at, end: this.at + token.length, opener: token[0] ?? "" });
    }
    this.at += token.length;
    this.before = before;
    this.beginsLine = false;
    this.last = token;
    return true;
  }

  private add(part: TextPart): void {
    (this.templates.at(-1)?.parts ?? this.parts).push(part);
  }
}

const TOKEN =
  /\s+|^#![^\n]*|\/\/[^\n\r\u2028\u2029]*|\/\*[\s\S]*?\*\/|\/\*|"(?:[^"\\\n\r]|\\[\s\S])*"?|'(?:[^'\\\n\r]|\\[\s\S])*'?|[\w$\\\u0080-\uffff]+|=>|-->|<[<=]|[\s\S]/y;
const NAME = /^[\w$\\\u0080-\uffff]+$/;
const TEMPLATE_TEXT = /(?:[^`\\$]|\\[\s\S]|\$(?!\{))*(`|\$\{)/y;
const LINE_END = /[\n\r\u2028\u2029]/;
/** A regular expression with its flags. */
const EXPRESSION =
  /\/(?:[^\\/[\n\r\u2028\u2029]|\\[^\n\r\u2028\u2029]|\[(?:[^\\\]\n\r\u2028\u2029]|\\[^\n\r\u2028\u2029])*\])+\/\w*/y;
