/** Whether two texts are one program, by parsers that the product does not use. */
import { spawnSync } from "node:child_process";
import { transform } from "esbuild";
import type { Comparison } from "./judge";

/**
 * For each comparison whether both texts are one program, `null` where nobody here can tell or neither is a program, because
 * of what stands elsewhere in them: TypeScript by esbuild, Python by its own parser, Go by the rules of its specification for
 * tokens and semicolons. Nothing else is ever the same.
 */
export async function areSamePrograms(all: readonly Comparison[]): Promise<readonly (boolean | null)[]> {
  const python = new Map(
    all.filter(({ path }) => path.endsWith(".py")).map((one) => [keyOf(one), one] as const),
  );
  const answers = areSamePython([...python.values()]);
  const known = new Map([...python.keys()].map((key, index) => [key, answers?.[index] ?? null]));
  for (const one of all) {
    const key = keyOf(one);
    if (!known.has(key)) {
      known.set(key, await isSame(one));
    }
  }
  return all.map((one) => known.get(keyOf(one)) ?? null);
}

function keyOf({ path, sealed, today }: Comparison): string {
  return JSON.stringify([path, sealed, today]);
}

async function isSame({ path, sealed, today }: Comparison): Promise<boolean | null> {
  if (path.endsWith(".ts")) {
    const [one, other] = [await compiled(sealed), await compiled(today)];
    return one === null && other === null ? null : one === other;
  }
  return path.endsWith(".go") && goTokens(sealed) === goTokens(today);
}

/** What a compiler makes of a text, spelled in its one shortest way; `null` where it finds a syntax error. */
async function compiled(text: string): Promise<string | null> {
  try {
    // Two declarations of one name are no matter of syntax.
    const { code } = await transform(text.replace(/\b(?:const|let)\b/g, "var"), {
      loader: "ts",
      minifyWhitespace: true,
      logLevel: "silent",
      tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
    });
    return code;
  } catch {
    return null;
  }
}

const GO_TOKEN =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:[^"\\\n]|\\.)*"|`[^`]*`|'(?:[^'\\\n]|\\.)*'|[\p{L}_][\p{L}\p{N}_]*|\.?\d[\w.]*|<<=|>>=|&\^=|\.\.\.|&&|\|\||<-|\+\+|--|==|!=|<=|>=|:=|<<|>>|&\^|[-+*/%&|^]=|\n|[^\s]/gu;

/** The tokens of a Go text with the semicolons that its line ends stand for. */
function goTokens(text: string): string {
  const tokens: string[] = [];
  for (const [token] of `${text}\n`.matchAll(GO_TOKEN)) {
    if (token !== "\n") {
      tokens.push(token);
    } else if (endsStatement(tokens.at(-1) ?? "")) {
      tokens.push(";");
    }
  }
  return tokens.join(" ").replace(/(?: ;)+ ([)}])/g, " $1");
}

function endsStatement(token: string): boolean {
  if (["break", "continue", "fallthrough", "return", "++", "--", ")", "]", "}"].includes(token)) {
    return true;
  }
  const keywords =
    /^(?:case|chan|const|default|defer|else|for|func|go|goto|if|import|interface|map|package|range|select|struct|switch|type|var)$/;
  return /^[\p{L}_\d"'`.]/u.test(token) && token !== "." && token !== "..." && !keywords.test(token);
}

const PYTHON = `
import ast, json, sys
def tree(text):
    try:
        return ast.dump(ast.parse(text))
    except (SyntaxError, ValueError):
        return None
pairs = json.load(sys.stdin)
def same(a, b):
    one, other = tree(a), tree(b)
    return None if one is None and other is None else one == other
print(json.dumps([same(a, b) for a, b in pairs]))
`;

/** By Python's own parser; `null` where this machine has none. */
function areSamePython(pairs: readonly Comparison[]): readonly (boolean | null)[] | null {
  const { status, stdout } = spawnSync("python3", ["-c", PYTHON], {
    input: JSON.stringify(pairs.map(({ sealed, today }) => [sealed, today])),
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  return status === 0 ? JSON.parse(stdout) : null;
}
