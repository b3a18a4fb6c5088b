import { join } from "node:path";
import { Language, type Node, Parser } from "@vscode/tree-sitter-wasm";
import { ROOT } from "../replay/cursors";

const WASM = join(ROOT, "node_modules", "@vscode", "tree-sitter-wasm", "wasm");

/** A pair of brackets or of quotes: the offsets of what opens and of what closes it. */
export interface Pair {
  readonly opener: string;
  readonly open: number;
  readonly close: number;
}

/** What a grammar says of a text: another judge than the product's own lexical rules. */
export interface Reading {
  /** Every bracket has its counterpart, and every string and comment its end. */
  readonly balanced: boolean;
  /** Quotes stand where the grammar can make no string of them, an odd number of one kind. */
  readonly strayQuotes: boolean;
  readonly pairs: readonly Pair[];
  /** Places that are against the grammar. */
  readonly errors: number;
  /** Whether what stands at an offset is part of a comment or string. */
  readonly isText: (offset: number) => boolean;
}

const CLOSERS: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}", "${": "}", "#{": "}" };
const TEXT =
  /comment|(?<!concatenated_|template_)string(?!_literal_type)|char_literal|rune_literal|regex|heredoc/;
/** Within a text, where code stands again. */
const CODE_IN_TEXT: ReadonlySet<string> = new Set(["template_substitution", "interpolation"]);

export class Judge {
  private constructor(private readonly parser: Parser) {}

  /** @param grammar as the files of tree-sitter's grammars are named */
  static async of(grammar: string): Promise<Judge> {
    await Parser.init({ locateFile: (file: string) => join(WASM, file) });
    const parser = new Parser();
    parser.setLanguage(await Language.load(join(WASM, `tree-sitter-${grammar}.wasm`)));
    return new Judge(parser);
  }

  read(text: string): Reading {
    const tree = this.parser.parse(text);
    if (tree === null) {
      throw new Error("the grammar gave up");
    }
    try {
      const found = new Found();
      found.visit(tree.rootNode);
      return found.reading();
    } finally {
      tree.delete();
    }
  }
}

class Found {
  private readonly open: { readonly sign: string; readonly at: number }[] = [];
  private readonly pairs: Pair[] = [];
  private readonly texts: { readonly start: number; readonly end: number }[] = [];
  /** Quotes that the grammar could make no string of. */
  private readonly strayQuotes = new Map<string, number>();
  private balanced = true;
  private errors = 0;

  visit(node: Node): void {
    const { type, startIndex, endIndex } = node;
    if (node.isError || node.isMissing) {
      this.errors += 1;
    }
    if (TEXT.test(type) && node.isNamed && endIndex - startIndex > 1) {
      this.visitText(node);
      return;
    }
    const children = node.children.filter((child) => child !== null);
    if (children.length === 0 && !node.isMissing) {
      this.token(type, startIndex, node);
    }
    for (const child of children) {
      this.visit(child);
    }
  }

  /** Nothing in a text counts but the code within it. */
  private visitText(node: Node): void {
    const { startIndex, endIndex } = node;
    const quote = /["'`]+$/.exec(node.firstChild?.text ?? "")?.[0] ?? node.text.charAt(0);
    if (/^["'`]/.test(quote)) {
      this.pairs.push({ opener: quote, open: startIndex, close: endIndex - quote.length });
    }
    if (node.hasError) {
      this.errors += 1;
      this.balanced &&= !node.children.some((child) => child?.isMissing);
    }
    let from = startIndex;
    for (const code of codeIn(node)) {
      this.texts.push({ start: from, end: code.startIndex });
      from = code.endIndex;
      for (const child of code.children) {
        if (child !== null) {
          this.visit(child);
        }
      }
    }
    this.texts.push({ start: from, end: endIndex - (/^["'`]/.test(quote) ? quote.length : 0) });
  }

  private token(type: string, at: number, node: Node): void {
    if (type in CLOSERS || type === "{|") {
      this.open.push({ sign: type === "{|" ? "{" : type, at });
    } else if (type === ")" || type === "]" || type === "}" || type === "|}") {
      const opener = this.open.pop();
      if (opener === undefined || CLOSERS[opener.sign] !== type.slice(-1)) {
        this.balanced = false;
      } else {
        this.pairs.push({ opener: opener.sign, open: opener.at, close: at });
      }
    } else if (type === "/*") {
      this.balanced = false;
    } else if (/^\w{0,2}["'`]+$/.test(node.text)) {
      const quote = node.text.replace(/^\w+/, "");
      this.strayQuotes.set(quote, (this.strayQuotes.get(quote) ?? 0) + 1);
    }
  }

  reading(): Reading {
    const { texts, pairs, errors, strayQuotes } = this;
    return {
      balanced: this.balanced && this.open.length === 0,
      strayQuotes: [...strayQuotes.values()].some((count) => count % 2 !== 0),
      pairs,
      errors,
      isText: (offset) => texts.some(({ start, end }) => start <= offset && offset < end),
    };
  }
}

function codeIn(node: Node): Node[] {
  return node.children.flatMap((child) =>
    child === null ? [] : CODE_IN_TEXT.has(child.type) ? [child] : codeIn(child),
  );
}
