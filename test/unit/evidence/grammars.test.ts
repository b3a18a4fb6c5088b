import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { transformSync } from "esbuild";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { grammarOf, hasGrammar } from "../../../server/src/evidence/locate/grammarNames";
import { Grammars } from "../../../server/src/evidence/locate/grammars";

const root = join(__dirname, "../../..");
const folder = join(root, "node_modules/@vscode/tree-sitter-wasm/wasm");
const grammars = new Grammars(folder);

/** Files of every language that has a grammar, with a small text of each. */
const LANGUAGES: Readonly<Record<string, string>> = {
  "a.cjs": "f( 1 );",
  "a.cts": "f( 1 );",
  "a.go": "package a\n\nfunc f() { g( 1 ) }",
  "a.java": "class A { int f() { return g( 1 ); } }",
  "a.js": "f( 1 );",
  "a.jsx": "f( 1 );",
  "a.mjs": "f( 1 );",
  "a.mts": "f( 1 );",
  "a.py": "f( 1 )",
  "a.pyi": "f( 1 )",
  "a.pyw": "f( 1 )",
  "a.rs": "fn f() { g( 1 ); }",
  "a.ts": "f( 1 );",
  "a.tsx": "f( 1 );",
};

describe("grammars", () => {
  it.each(Object.entries(LANGUAGES))("read %s from the installed package", async (path, text) => {
    expect(hasGrammar(path)).toBe(true);
    expect(existsSync(join(folder, `tree-sitter-${grammarOf(path)}.wasm`))).toBe(true);
    expect(await grammars.sameTokens(path, text, text.replace("( 1 )", "(1)"))).toBe(true);
    expect(await grammars.sameTokens(path, text, text.replace("( 1 )", "(2)"))).toBe(false);
    expect(await grammars.sameTokens(path, text, text.replace("( 1 )", "(\u00a01)"))).toBe(false);
  });

  it("are all copied into the bundle, and no other", () => {
    const source = readFileSync(join(root, "server/src/evidence/locate/grammarNames.ts"), "utf8");
    const extensions = [...source.matchAll(/^ {2}(\w+): "\w+",$/gm)].map(([, extension]) => `a.${extension}`);
    expect(extensions.sort()).toEqual(Object.keys(LANGUAGES).sort());
    const bundle = readFileSync(join(root, "build/bundle.mjs"), "utf8");
    const copied = /GRAMMARS = \[([^\]]*)\]/.exec(bundle)?.[1]?.match(/\w+/g) ?? [];
    expect(new Set(copied)).toEqual(new Set(extensions.map(grammarOf)));
  });

  it("say nothing of other files, of errors, and of texts that are too long", async () => {
    for (const path of ["a.zig", "Makefile", "a.constructor", "a.md", ".ts/a", ""]) {
      expect(hasGrammar(path)).toBe(false);
      expect(await grammars.sameTokens(path, "a b", "a  b")).toBe(false);
    }
    expect(await grammars.sameTokens("a.ts", "f((1", "f( (1")).toBe(false);
    const long = "f(1);\n".repeat(200_000);
    expect(await grammars.sameTokens("a.ts", long, `${long} `)).toBe(false);
  });

  it.each(Object.entries(LANGUAGES))(
    "prove nothing in %s where another separator than blanks, tabs and line ends stands between tokens, wherever",
    async (path, text) => {
      const separators = "\v\u0085\u00a0\u1680\u180e\u2000\u200b\u2028\u2029\u202f\u205f\u2060\u3000\ufeff";
      for (const separator of separators) {
        for (const whole of [`${text}\n${separator}\n`, text.replace(/ (?=[({])/, separator)]) {
          const changed = whole.replace("( 1 )", "(1)");
          const same = whole !== text && (await grammars.sameTokens(path, whole, changed));
          expect([separator.charCodeAt(0).toString(16), same]).toEqual([expect.anything(), false]);
        }
      }
      expect(await grammars.sameTokens(path, `${text}\n`, `${text.replace("( 1 )", "(1)")}\n`)).toBe(true);
    },
  );

  it("go by the extension, whatever its case", async () => {
    expect(await grammars.sameTokens("A.TS", "f( 1 );", "f(1);")).toBe(true);
  });

  it.each([
    ["a.js", "class A { async\n  *f() {} }", "class A { async *f() {} }"],
    ["a.js", "class A { async\n  f() {} }", "class A { async f() {} }"],
    ["a.js", "async\nfunction f() {}", "async function f() {}"],
    ["a.js", "function f() { throw\na; }", "function f() { throw a; }"],
    ["a.js", "function f() { return\na; }", "function f() { return a; }"],
    ["a.js", "function* f() { yield\na; }", "function* f() { yield a; }"],
    ["a.js", "x\n++y", "x++\ny"],
    ["a.js", "x<!--y\n;z", "x<! --y\n;z"],
    ["a.js", "x\n-->y", "x-->y"],
    ["a.js", "using\nx = 1", "using x = 1"],
    ["a.js", "x<!--(\ny\n)", "x<!--( y\n)"],
    ["a.ts", "interface\nFoo\n{}", "interface Foo {}"],
    ["a.ts", "type\nFoo = number", "type Foo = number"],
    ["a.ts", "abstract\nclass A {}", "abstract class A {}"],
    ["a.ts", "class A { abstract\nx: number }", "class A { abstract x: number }"],
    ["a.ts", "class A { accessor\nx = 1 }", "class A { accessor x = 1 }"],
    ["a.ts", "a<b>\nc", "a<b>c"],
    ["a.ts", "function f(x): asserts\nx {}", "function f(x): asserts x {}"],
    ["a.ts", "let x = a\n!\nb", "let x = a!\nb"],
    ["a.tsx", "let x = <b>a b</b>;", "let x = <b>a  b</b>;"],
    ["a.tsx", "let x = <b>a{' '}</b>;", "let x = <b>a {' '}</b>;"],
    ["a.go", "package a\nfunc f() { return\nx }", "package a\nfunc f() { return x }"],
    ["a.go", "package a\nfunc f() { g(a ||\n b) }", "package a\nfunc f() { g(a\n || b) }"],
    ["a.go", "package a\nvar x = []int{1, 2}", "package a\nvar x = []int{1, 2\n}"],
    ["a.go", "package a\nvar x = a.b()", "package a\nvar x = a\n.b()"],
    ["a.go", "package a\nfunc f() { goto\nx }", "package a\nfunc f() { goto x }"],
    ["a.go", "package a\nfunc f() { x <- y }", "package a\nfunc f() { x < -y }"],
    ["a.go", "package a\nvar x = 'a'", "package a\nvar x = ' a'"],
    ["a.go", "package a\nvar x = `a\nb`", "package a\nvar x = `a b`"],
    ["a.go", "package a\ntype T struct { A\nB }", "package a\ntype T struct { A B }"],
    ["a.py", "if a:\n    b()\n    c()", "if a:\n    b()\nc()"],
    ["a.py", "if a:\n\tb()\n        c()", "if a:\n        b()\n        c()"],
    ["a.py", "if a:\n\tb()\n\tc()", "if a:\n\tb()\n        c()"],
    ["a.py", "for a in b:\n    c()\nd()", "for a in b:\n    c()\n  d()"],
    ["a.py", "a()\nb()", "a()\n  b()"],
    ["a.py", "x = f'{y=}'", "x = f'{y = }'"],
    ["a.py", "x = 'a' 'b'", "x = 'a''b'"],
    ["a.py", "x = '''a\n b'''", "x = '''a\nb'''"],
    ["a.py", "not\nx", "not x"],
    ["a.py", "x \\\n- y", "x \\ \n- y"],
    ["a.rs", "fn f() { a && b }", "fn f() { a & &b }"],
    ["a.rs", "fn f() { x!(a b) }", "fn f() { x!(ab) }"],
    ["a.rs", 'fn f() { x = r"a b"; }', 'fn f() { x = r"a  b"; }'],
    ["a.rs", "/// doc\nfn f() {}", "/// doc\n\nfn f() {}"],
    ["a.java", 'class A { String s = """\n  a\n b"""; }', 'class A { String s = """\n a\n b"""; }'],
    ["a.java", "class A { char c = ' '; }", "class A { char c = '  '; }"],
    ["a.ts", "// one\nf();", "// one f();"],
    ["a.ts", "// @ts-ignore\nf();", "// @ts-ignore\n\nf();"],
    ["a.ts", "f(); // note", "f();\n// note"],
    ["a.ts", "`a  b`", "`a b`"],
    ["a.ts", "/a b/", "/a  b/"],
  ])("do not take one for the other: %s %j %j", async (path, one, other) => {
    expect(await grammars.sameTokens(path, one, other)).toBe(false);
    expect(await grammars.sameTokens(path, other, one)).toBe(false);
  });

  it.each([
    ["a.ts", "if (a) {\n  b();\n}", "if (a) {\n\tb( );\n\n}"],
    ["a.ts", "f(a, b);", "f(\n  a,\n  b\n);"],
    ["a.ts", "a.b().c();", "a\n  .b()\n  .c();"],
    ["a.ts", "let x = a && b;", "let x =\n  a &&\n  b;"],
    ["a.py", "if a:\n    b()", "if a:\n        b( )"],
    ["a.py", "if a:\n    b()", "if a:\n\tb()"],
    ["a.go", "package a\n\nvar x = f(1, 2)", "package a\nvar  x =  f(1,\n\t2)"],
  ])("take one for the other: %s %j %j", async (path, one, other) => {
    expect(await grammars.sameTokens(path, one, other)).toBe(true);
  });
});

/** White space that a language might or might not mean something by. */
const SEPARATORS = [
  " ",
  "  ",
  "\t",
  "\n",
  "\n\n",
  "\n    ",
  "\u2028",
  "\u2029",
  "\u00a0",
  "\u0085",
  "\f",
  "\v",
  "\ufeff",
];

/** Texts that differ from one in a few runs of white space. */
function mutations(text: string, count: number, seed: number): readonly string[] {
  const gaps = [...text.matchAll(/[ \t\n]+|(?<=\W)(?=\S)|(?<=\S)(?=\W)/g)];
  const change = fc.record({
    gap: fc.nat(gaps.length - 1),
    // Most often what languages ignore, so that grammars have something to decide.
    by: fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom("", ...SEPARATORS.slice(0, 6)) },
      fc.constantFrom(...SEPARATORS),
    ),
  });
  return fc
    .sample(fc.array(change, { minLength: 1, maxLength: 2 }), { numRuns: count, seed })
    .map((changes) => {
      const chosen = new Map(changes.map(({ gap, by }) => [gap, by]));
      let result = "";
      let at = 0;
      for (const [index, match] of gaps.entries()) {
        const by = chosen.get(index);
        if (by !== undefined) {
          result += text.slice(at, match.index) + by;
          at = match.index + match[0].length;
        }
      }
      return result + text.slice(at);
    });
}

const PYTHON = `import os


class Store:
    """Holds  things."""

    limit = 10

    def get(self, key, *rest, default=None):
        # the  first
        if not key or key not in self.items:
            return default
        for one in self.items[key]:
            if one is not None and one != -1:
                yield one ; print(f"{one }  {key!r}")
            else:
                continue
        else:
            raise KeyError(key)
        try:
            x = {"a  b": 1, 'c': [1, 2,
                3]}
        except (A, B) as error:
            pass
        return lambda a, b: a ** -b if a else not b


async def main(): return await run(1) \\
    + 2
`;

const SCRIPT = `import { a, b as c } from "./x";
export default class Store extends Base {
  #items = new Map();
  static x = 1
  async *get(key, ...rest) {
    // the  first
    if (!key || !(key in this.#items)) return false;
    for (const one of rest) {
      yield one
      one ++
      --key
    }
    do { key -= 1; } while (key > - 1 && key < + 2)
    return a ? b?.[c] : /a  b/g.test(\`x  \${ key } y\`);
  }
  get size() { return this.#items.size / 2 / c }
}
const f = async x => await x
const g = async (x) => { throw x; }
label: while (true) { if (a) break label; else continue label }
let { d, ...e } = "a  b"
;[1, 2].map((n) => n + +n - -n)
`;

const TYPESCRIPT = `interface Box<T extends string> {
  readonly value: T
  get?(key: keyof T): Array<Array<T>>;
  [key: string]: unknown
}
type Pick2<T> = T extends infer U ? U : never
abstract class A<T> extends B implements Box<string> {
  private readonly x!: number
  declare y: string
  abstract run(a: number): asserts a is 1
  constructor(public z = 1) { super() }
}
enum Color { Red, Green = 2 }
declare module "m" { export const n: number }
namespace N.M { export let v = <any>x }
const h = x as const satisfies Foo
function over<T>(x: T): x is T { return f<T>(x) }
let v = a < b; let w = c > (d)
`;

const ELEMENT = `export const view = (props) => {
  const x = a < b;
  return (
    <div className="a  b" {...props}>
      one two {x ? <b>yes</b> : null}
      <i a={1} />
    </div>
  );
};
`;

describe("what a grammar forgives, an independent reader of the language forgives", () => {
  it("Python's own parser", async () => {
    const texts = mutations(PYTHON, 400, 11);
    const script = `
import ast, json, sys
sys.stdout.reconfigure(encoding="utf-8")
def dump(text):
    try:
        return ast.dump(ast.parse(text))
    except (SyntaxError, ValueError):
        return None
texts = json.load(sys.stdin)
print(json.dumps([dump(text) for text in texts]))
`;
    const input = JSON.stringify([PYTHON, ...texts]);
    const output = execFileSync("python3", ["-c", script], { input, maxBuffer: 1 << 28 }).toString("utf8");
    const [expected, ...dumps]: (string | null)[] = JSON.parse(output);
    expect(expected).not.toBeNull();
    let forgiven = 0;
    for (const [index, text] of texts.entries()) {
      if (text !== PYTHON && (await grammars.sameTokens("a.py", PYTHON, text))) {
        forgiven += 1;
        if (dumps[index] !== expected) {
          expect(text).toBe(PYTHON);
        }
      }
    }
    expect(forgiven).toBeGreaterThan(20);
  });

  it.each([
    ["a.js", SCRIPT, 21],
    ["a.ts", TYPESCRIPT, 22],
    ["a.ts", SCRIPT, 23],
    ["a.tsx", ELEMENT, 24],
    ["a.jsx", ELEMENT, 25],
  ])("esbuild's printer: %s %#", async (path, original, seed) => {
    const loader = path === "a.js" ? "js" : path === "a.jsx" ? "jsx" : path === "a.tsx" ? "tsx" : "ts";
    const printed = (text: string): string | null => {
      try {
        const options = {
          loader,
          minifyWhitespace: true,
          legalComments: "none",
          logLevel: "silent",
        } as const;
        return transformSync(text, options).code;
      } catch {
        return null;
      }
    };
    const expected = printed(original);
    expect(expected).not.toBeNull();
    let forgiven = 0;
    for (const text of mutations(original, 400, seed)) {
      if (text !== original && (await grammars.sameTokens(path, original, text))) {
        forgiven += 1;
        if (printed(text) !== expected) {
          expect(text).toBe(original);
        }
      }
    }
    expect(forgiven).toBeGreaterThan(20);
  });
});

describe("characters that only the compiler knows", () => {
  it.each([
    [
      "A.java",
      'class A { String s = "a\\u0022 + f(" +b+  c+ ")//";\n ; }',
      'class A { String s = "a\\u0022 + f(" +b+ c+ ")//";\n ; }',
    ],
    [
      "a.py",
      '# coding: unicode_escape\nx = "a\\x22 + f(" +b+  c+ ")#"\n',
      '# coding: unicode_escape\nx = "a\\x22 + f(" +b+ c+ ")#"\n',
    ],
    [
      "a.py",
      "#!/bin/python\n# -*- coding=utf-7 -*-\nx = f( a)\n",
      "#!/bin/python\n# -*- coding=utf-7 -*-\nx = f(a)\n",
    ],
  ])("make no difference of white space in %s meaningless", async (path, before, after) => {
    expect(await grammars.sameTokens(path, before, after)).toBe(false);
  });

  it("are those that stand there in UTF-8", async () => {
    const python = "# -*- coding: utf-8 -*-\nx = f( a)\n";
    expect(await grammars.sameTokens("a.py", python, python.replace("( a", "(a"))).toBe(true);
  });
});
