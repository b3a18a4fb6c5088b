import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { unpairedIn } from "../../../../server/src/inference/prompt/brackets";
import { cursorContextOf } from "../../../../server/src/inference/prompt/cursorContext";
import { Harmless } from "../../../../server/src/inference/trim/harmless";
import type { TrimContext } from "../../../../server/src/inference/trim/step";
import { cutUnbalancing } from "../../../../server/src/inference/trim/unbalancing";
import { cutRereading, RereadingHarmless } from "./rereading";

/** One of each language with rules of its own, and one whose language nobody knows. */
const LANGUAGES =
  "ts vue json cpp go java kt swift cs rs php css scss py toml rb sh ps1 yml tf sql lua hs clj tex html md txt ?".split(
    " ",
  );

/** What begins, ends or splits something in some language. */
const SIGNS = [
  ...`ab \n(){}[]"'\`/*#\\$;<>=-+.:,%!&|@~\t\r`,
  ...["\n  ", "\n    ", "\n\t", "\n)", "\n  )", "\n  }", "(\n", "{\n", "[\n    ", "\n  : f(", "\n  && ("],
  ...["//", "--", "/*", "*/", "<!--", "-->", "--[[", "]]", "[[", "{-", "-}", "<#", "#>"],
  ...['"""', "'''", "```", "````", "~~~", 'R"x(', ')x"', 'r##"', '"##', 'f"', '$"', '@"', "b'", 'u8R"'],
  ...["${", "\\(", "#{", "$(", "{{", "}}", "=/", "/[", "return /", "\u2028", "\u00a0", "😀", "\ud800"],
];
const textOf = (maxLength: number): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...SIGNS), { maxLength }).map((signs) => signs.join(""));

/** What was, or may be, looked at again and again: by what it is made of. */
const HOSTILE: readonly (readonly [string, string])[] = [
  "()",
  ")",
  "({[`${",
  "=/a[",
  "=/[=/]",
  '"$(',
  '"',
  "'",
  "`",
  "\\",
  "-",
  "#",
  " ",
  "\n",
  " )\n",
  "(\n",
  '\n/* "',
  'R"a(',
  'r#"',
  "r#",
  '@"',
  "<!--[[{-",
].map((sign) => [JSON.stringify(sign), sign.repeat(Math.ceil(2_000 / sign.length))]);

/** Where a text may stand: above the cursor, on either side of it on its line, below it. */
function placesOf(hostile: string): readonly (readonly [prefix: string, suffix: string])[] {
  return [
    [`${hostile}\nx = `, "\n"],
    [hostile, "\n"],
    ["x = ", hostile],
    ["x = ", `\n${hostile}\n`],
  ];
}

function contextOf(path: string, prefix: string, suffix: string): TrimContext {
  const cursor = cursorContextOf({ path, prefix, suffix });
  return { cursor, healed: "", stop: "block", lastLength: 1 };
}

describe.each(LANGUAGES)("of .%s", (extension) => {
  const path = `a.${extension}`;

  it("decides what rereading everything decides", () => {
    fc.assert(
      fc.property(textOf(40), textOf(40), textOf(25), fc.boolean(), (prefix, suffix, raw, isPart) => {
        const [harmless, expected] = [Harmless, RereadingHarmless].map(
          (Kind) => new Kind({ path, prefix, suffix }, isPart),
        );
        expect(harmless?.is(raw)).toBe(expected?.is(raw));
        expect(harmless?.signsOf(raw)).toEqual(expected?.signsOf(raw));
        const context = contextOf(path, prefix, suffix);
        expect(cutUnbalancing(raw, context)).toEqual(cutRereading(raw, context));
      }),
      { numRuns: 200 },
    );
  });

  it.each(HOSTILE)("looks at each character of %s a few times", (_, hostile) => {
    for (const [prefix, suffix] of placesOf(hostile)) {
      for (const isPart of [true, false]) {
        const harmless = new Harmless({ path, prefix, suffix }, isPart);
        for (const text of ["f(", "f)", hostile]) {
          const before = harmless.looked;
          harmless.is(text);
          expect(harmless.looked - before).toBeLessThan(
            12 * (prefix.length + text.length + suffix.length + 1),
          );
        }
      }
    }
  });
});

it.each(HOSTILE)("tries no more ends than it has time for in %s", (_, hostile) => {
  const is = vi.spyOn(Harmless.prototype, "is");
  for (const path of ["a.ts", "a.py", "a.sh"]) {
    for (const [prefix, suffix] of placesOf(hostile.repeat(5))) {
      const raw = "f('`/*\"([{".repeat(100);
      is.mockClear();
      cutUnbalancing(raw, contextOf(path, prefix, suffix));
      const [harmless] = is.mock.contexts;
      const most = 1_000_000 + 24 * (prefix.length + raw.length + suffix.length + 1);
      expect(harmless instanceof Harmless ? harmless.looked : Number.NaN).toBeLessThan(most);
    }
  }
  is.mockRestore();
});

/** Without a bound for a line these take minutes: a line of so many characters was looked at again for each of its signs. */
it("bears a line of half a million characters", () => {
  for (const sign of ["()", "=/a[", "=/[=/]"]) {
    const line = sign.repeat(500_000 / sign.length);
    expect(new Harmless({ path: "a.ts", prefix: "x = ", suffix: `\n${line}\n` }, true).is("f(")).toBe(false);
  }
});

it("bears such a line in the steps that read it by no language's rules", () => {
  const slashes = `(${"/".repeat(500_000)})`;
  expect(unpairedIn(slashes)).toMatchObject({ openers: [], closers: [] });
  expect(unpairedIn("=/a[".repeat(125_000)).openers).toHaveLength(125_000);
});

it("lets nothing stay where a prompt is too long for another try", () => {
  const suffix = `\n${"()".repeat(200_000)}\n`;
  const raw = "f(".repeat(200);
  expect(cutUnbalancing(raw, contextOf("a.ts", "x = ", suffix))).toEqual({ start: 0, end: 0 });
});
