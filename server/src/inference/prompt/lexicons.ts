/** How one kind of text begins in code, and what it holds: a comment, a string, a regular expression. */
export interface TextRule {
  /** What begins it: a regular expression's source, with no capturing group. */
  readonly begins: string;
  /**
   * What ends it, by what began it. `null`: its line's end alone does, as with a line comment. What begins it in any number of ways
   * holds nothing else that matters, so that no pattern is made of it.
   */
  readonly ends: ((opener: string) => string) | null;
  /** It may go over several lines; otherwise each line's end ends it. */
  readonly spansLines: boolean;
  /** What is passed over within it, as an escaped quote is: a regular expression's source. */
  readonly passes?: string;
  /** What begins code within it, which a `}` or `)` ends: a regular expression's source. */
  readonly code?: string;
  /** What never stands in it unless something is missing, as another one's beginning: a regular expression's source. */
  readonly misplaced?: string;
}

/** The lexical rules of a language, as far as they decide which brackets and quotes are pairs. */
export interface Lexicon {
  /** The first that fits counts. */
  readonly texts: readonly TextRule[];
  /** A slash may begin a regular expression. */
  readonly hasRegex: boolean;
}

const ESCAPE = "\\\\[\\s\\S]";
/** As a regular expression's source. */
export const escaped = (sign: string): string => sign.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
const itself = (opener: string): string => opener;

const lineComment = (begins: string): TextRule => ({ begins, ends: null, spansLines: false });
const blockComment = (begins: string, ends: string): TextRule => ({
  begins: escaped(begins),
  ends: () => ends,
  spansLines: true,
  misplaced: escaped(begins),
});
/** On one line, with escapes. */
const quoted = (begins: string): TextRule => ({ begins, ends: itself, spansLines: false, passes: ESCAPE });
/** On several lines, with escapes. */
const quotedLines = (begins: string): TextRule => ({ ...quoted(begins), spansLines: true });
/** On several lines, without escapes. */
const raw = (begins: string, ends: NonNullable<TextRule["ends"]> = itself): TextRule => ({
  begins,
  ends,
  spansLines: true,
});

// Not in an address, as `https://`.
const SLASHES = lineComment("(?<!:)//");
const HASH = lineComment("(?<![\\S])#");
const STARS = blockComment("/*", "*/");
const MARKUP = blockComment("<!--", "-->");
const DOUBLE = quoted('"');
/** No apostrophe inside a word, as in `don't`, or in a number, as in `1'000`. */
const SINGLE = quoted("(?<![\\p{L}\\p{N}_])'|(?<=\\b(?:L|u|U|u8|[bBrRfFuU]{1,2}))'");
const withCode = (rule: TextRule, code: string): TextRule => ({ ...rule, code });
/** Whose fields, in braces, are code; twice, a brace is itself. */
const withFields = (rule: TextRule): TextRule => ({
  ...withCode(rule, "\\{(?!\\{)"),
  passes: `${rule.passes}|\\{\\{|\\}\\}`,
  misplaced: "\\}",
});
const FORMATTED = "(?<=\\b(?:[fFtT][rR]?|[rR][fFtT]))";
const IN_BRACES = "\\$\\{";
const TEMPLATE = withCode(quotedLines("`"), IN_BRACES);
const TRIPLE = quotedLines("\"\"\"|'''");

const C = [SLASHES, STARS, raw('\\bu?8?[LU]?R"[^\\s()\\\\"]{0,16}\\(', endOfRawC), DOUBLE, SINGLE];
const SCRIPT = [SLASHES, STARS, TEMPLATE, DOUBLE, SINGLE];
const PYTHON = [
  // A format may hold the sign, as `{a:#x}` does.
  lineComment("(?<![^\\s)\\]},;\\w\"'])#"),
  withFields(quotedLines(`${FORMATTED}(?:"""|''')`)),
  TRIPLE,
  withFields(quoted(`${FORMATTED}["']`)),
  DOUBLE,
  SINGLE,
];
const HASHED = [HASH, TRIPLE, DOUBLE, SINGLE];

function endOfRawC(opener: string): string {
  const delimiter = opener.slice(opener.indexOf('"') + 1, -1);
  return `)${delimiter}"`;
}

const lexicon = (texts: readonly TextRule[], hasRegex = false): Lexicon => ({ texts, hasRegex });

/** Rules that no language has, and that fit most: for text of which nobody knows what it is. */
const COMMON = lexicon(
  [
    SLASHES,
    STARS,
    lineComment("(?<![\\S])#(?= )"),
    TRIPLE,
    TEMPLATE,
    DOUBLE,
    quoted("(?<![\\p{L}\\p{N}_])'|(?<=\\b[bBrRfFuU]{1,2})'"),
  ],
  true,
);

/** By the extensions of its files. */
const LEXICONS: Readonly<Record<string, Lexicon>> = {
  ...byExtension("ts tsx mts cts js jsx mjs cjs", lexicon(SCRIPT, true)),
  ...byExtension("vue svelte astro", lexicon([MARKUP, ...SCRIPT], true)),
  ...byExtension("json jsonc json5 webmanifest code-workspace", lexicon([SLASHES, STARS, DOUBLE])),
  ...byExtension("c h cc cpp cxx hh hpp hxx m mm ino cu proto", lexicon(C)),
  ...byExtension("go", lexicon([SLASHES, STARS, raw("`"), DOUBLE, SINGLE])),
  ...byExtension("java groovy gradle scala", lexicon([SLASHES, STARS, TRIPLE, DOUBLE, SINGLE])),
  ...byExtension(
    "kt kts dart",
    lexicon([
      SLASHES,
      STARS,
      withCode(TRIPLE, IN_BRACES),
      withCode(DOUBLE, IN_BRACES),
      withCode(SINGLE, IN_BRACES),
    ]),
  ),
  ...byExtension(
    "swift",
    lexicon([SLASHES, STARS, withCode(TRIPLE, "\\\\\\("), withCode(DOUBLE, "\\\\\\(")]),
  ),
  ...byExtension(
    "cs",
    lexicon([
      SLASHES,
      STARS,
      raw('"""+'),
      { ...raw('(?:@\\$?|\\$@)"', () => '"'), passes: '"(?=")' },
      withFields(quoted('(?<=\\$)"')),
      DOUBLE,
      SINGLE,
    ]),
  ),
  ...byExtension(
    "rs",
    lexicon([
      SLASHES,
      STARS,
      raw('\\b(?:b|c)?r#*"', (opener) => `"${"#".repeat(opener.split("#").length - 1)}`),
      quotedLines('"'),
      // A lifetime is no character.
      { begins: "'(?=\\\\|[^\\\\'\\n]')", ends: () => "'", spansLines: false, passes: ESCAPE },
    ]),
  ),
  ...byExtension(
    "php phtml",
    lexicon([
      SLASHES,
      STARS,
      lineComment("(?<![\\S])#(?!\\[)"),
      quotedLines('"'),
      quotedLines("(?<![\\p{L}\\p{N}_])'"),
    ]),
  ),
  ...byExtension("css", lexicon([STARS, DOUBLE, SINGLE])),
  ...byExtension("scss less sass styl", lexicon([SLASHES, STARS, DOUBLE, SINGLE])),
  ...byExtension("py pyi pyw", lexicon(PYTHON)),
  ...byExtension("toml r jl nix", lexicon(HASHED)),
  ...byExtension(
    "rb rake gemspec cr ex exs",
    lexicon([HASH, TRIPLE, withCode(quotedLines('"'), "#\\{"), SINGLE]),
  ),
  ...byExtension(
    "sh bash zsh ksh fish",
    lexicon([
      lineComment("(?<![^\\s;])#"),
      withCode(quotedLines('"'), "\\$[({]"),
      raw("(?<![\\p{L}\\p{N}_\\\\])'"),
      { ...raw("`"), passes: ESCAPE },
    ]),
  ),
  ...byExtension(
    "ps1 psm1",
    lexicon([
      blockComment("<#", "#>"),
      HASH,
      withCode(quotedLines('"'), "\\$\\("),
      raw("(?<![\\p{L}\\p{N}_])'"),
    ]),
  ),
  ...byExtension("yml yaml", lexicon([HASH, DOUBLE, SINGLE])),
  ...byExtension("tf hcl graphql gql", lexicon([HASH, SLASHES, STARS, TRIPLE, DOUBLE])),
  ...byExtension("sql", lexicon([lineComment("--"), STARS, raw("(?<![\\p{L}\\p{N}_])'"), raw('"')])),
  ...byExtension(
    "lua",
    lexicon([blockComment("--[[", "]]"), lineComment("--"), blockComment("[[", "]]"), DOUBLE, SINGLE]),
  ),
  ...byExtension("hs elm", lexicon([blockComment("{-", "-}"), lineComment("--(?![^\\s\\w])"), DOUBLE])),
  ...byExtension("clj cljs lisp el scm", lexicon([lineComment(";"), quotedLines('"')])),
  ...byExtension("tex sty", lexicon([lineComment("(?<!\\\\)%")])),
  ...byExtension("html htm xml svg xhtml plist", lexicon([MARKUP, raw('(?<==)"'), raw("(?<==)'")])),
  ...byExtension(
    "md markdown mdx rst",
    lexicon([MARKUP, raw("```+|~~~+"), { begins: "`", ends: itself, spansLines: false }]),
  ),
  ...byExtension("txt", lexicon([])),
};

function byExtension(extensions: string, lexicon: Lexicon): Readonly<Record<string, Lexicon>> {
  return Object.fromEntries(extensions.split(" ").map((extension) => [extension, lexicon]));
}

/** The lexical rules of a file, by its extension; without a path those that fit most. */
export function lexiconOf(path: string | null): Lexicon {
  const extension = /\.([^./\\]+)$/.exec(path ?? "")?.[1]?.toLowerCase() ?? "";
  return (Object.hasOwn(LEXICONS, extension) ? LEXICONS[extension] : undefined) ?? COMMON;
}
