import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { visibleCode, visibleMarkdown } from "../../../server/src/protocol/visibleMarkdown";
import {
  visibleJson,
  visibleLine,
  visibleLines,
  visibleName,
  visibleText,
} from "../../../server/src/protocol/visibleText";

const ESCAPE = /\\u\{([0-9a-f]+)\}/g;

/** Text as an attacker mixes it: letters, what terminals and editors obey, and any other code point. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ..."ab \n\t`*_[](){}<>!#|~$&:/.@\\-",
        "https://evil.example",
        "www.evil.example",
        "a@b.example",
      ),
      fc.constantFrom(
        "\u001b[1A\u001b[2K",
        "\u009b2K",
        "\r",
        "\b",
        "\u007f",
        "\u0000",
        "\u001b]8;;https://x\u0007",
      ),
      fc.constantFrom(
        "\u202e",
        "\u2066",
        "\u2069",
        "\u200b",
        "\u200f",
        "\ufeff",
        "\u2028",
        "\u2029",
        "\u0085",
        "\u00ad",
      ),
      fc.constantFrom(
        "\ufe0f",
        "\u{e0101}",
        "\u{e0041}",
        "\u3164",
        "\u115f",
        "\u2800",
        "\u00a0",
        "\u3000",
        "\ue000",
      ),
      fc.constantFrom("\ud83d", "\udc00", "\u{1f600}", "e\u0301", "\u0336", "\u20dd", "\uffff", "\u{10ffff}"),
      fc.integer({ min: 0, max: 0x10ffff }).map((codePoint) => String.fromCodePoint(codePoint)),
    ),
    { maxLength: 60 },
  )
  .map((pieces) => pieces.join(""));

const unescaped = (shown: string): string =>
  shown.replace(ESCAPE, (_, digits: string) => String.fromCodePoint(Number.parseInt(digits, 16)));

/** Everything here is read as itself by a person, one after the other. */
const PLAIN = /^(?: |[^\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u{2800}])*$/u;

describe.each([
  ["visibleText", visibleText, ""],
  ["visibleLine", visibleLine, ""],
  ["visibleLines", visibleLines, "\n\t"],
] as const)("%s", (_name, show, kept) => {
  const withoutKept = (text: string): string => [...text].filter((letter) => !kept.includes(letter)).join("");

  it("leaves nothing that a person does not see", () => {
    fc.assert(
      fc.property(hostile, (text) => PLAIN.test(withoutKept(show(text)))),
      { numRuns: 2_000 },
    );
  });

  it("loses nothing", () => {
    fc.assert(
      fc.property(hostile, (text) => unescaped(show(text, 10_000)) === unescaped(text)),
      { numRuns: 2_000 },
    );
  });

  it("leaves what is visible as it is", () => {
    fc.assert(
      fc.property(hostile, (text) => show(show(text)) === show(text)),
      { numRuns: 2_000 },
    );
    for (const text of [
      "src/größe.ts",
      "C:\\Users\\a b\\x.ts",
      "日本語.py",
      "naïve e\u0301",
      "สวัสดีที่",
      "שלום",
      "👍",
    ]) {
      expect(show(text)).toBe(text);
    }
  });

  it("is never longer than its limit, and says how much is missing", () => {
    fc.assert(
      fc.property(hostile, fc.integer({ min: 40, max: 80 }), (text, limit) => {
        const shown = show(text, limit);
        return shown.length <= limit && (shown === show(text, 10_000) || /… \(\d+ more\)$/.test(shown));
      }),
      { numRuns: 2_000 },
    );
    expect(show("x".repeat(1_000), 40)).toBe(`${"x".repeat(27)}… (973 more)`);
  });
});

describe("visibleText", () => {
  it.each([
    ["a\u001b[1A\u001b[2Kverified", "a\\u{1b}[1A\\u{1b}[2Kverified"],
    ["x\nverified  src/a.ts", "x\\u{a}verified \\u{20}src/a.ts"],
    ["\u202egnp.js", "\\u{202e}gnp.js"],
    ["a\ud83d", "a\\u{d83d}"],
    ["\u0336b", "\\u{336}b"],
    [" a ", "\\u{20}a\\u{20}"],
  ])("shows %j as %s", (text, shown) => {
    expect(visibleText(text)).toBe(shown);
  });

  it("lets a letter bear four marks", () => {
    expect(visibleText(`o${"\u0301".repeat(6)}`)).toBe(`o${"\u0301".repeat(4)}\\u{301}\\u{301}`);
  });

  it("never leaves two spaces in a row, with which text could be pushed to a line of its own", () => {
    fc.assert(fc.property(hostile, (text) => !/^ | {2}| $/.test(visibleText(text))));
  });

  it("reads no more of a long text than it shows", () => {
    expect(visibleText("\u202e".repeat(50_000_000), 60)).toMatch(/^(?:\\u\{202e\}){5}… \(49999995 more\)$/);
  });
});

describe("visibleName", () => {
  it.each([
    ["coder", "coder"],
    ["owner/tiny-coder:model_q4", "owner/tiny-coder:model_q4"],
    ["größe.v2", "größe.v2"],
    ["coder. Signed by its maker", "“coder. Signed by its maker”"],
    ["Qwen (approved by Security)", "“Qwen (approved by Security)”"],
    ["coder” is signed. “x", "“coder\\u{201d} is signed. \\u{201c}x”"],
    ["a\u202eb", "“a\\u{202e}b”"],
    ["", "“”"],
  ])("shows %j as %s", (name, shown) => {
    expect(visibleName(name)).toBe(shown);
  });

  it("ends no sentence that it stands in", () => {
    fc.assert(
      fc.property(hostile, (name) => /^(?:[\p{L}\p{N}._:/@+-]+|“[^“”"]*”)$/u.test(visibleName(name))),
      {
        numRuns: 2_000,
      },
    );
  });
});

describe("visibleJson", () => {
  it("means the same, in characters that a person sees", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const json = JSON.stringify({ [text]: [text] }, null, 2);
        const shown = visibleJson(json);
        expect(JSON.parse(shown)).toEqual(JSON.parse(json));
        return PLAIN.test(shown.replaceAll("\n", ""));
      }),
      { numRuns: 2_000 },
    );
    expect(visibleJson(JSON.stringify("\u009b2K\u202e\u{e0041}é"))).toBe('"\\u009b2K\\u202e\\udb40\\udc41é"');
  });
});

describe("visibleMarkdown", () => {
  it("lets no punctuation begin anything", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const shown = visibleMarkdown(text);
        expect(shown.replace(/\\[!-/:-@[-`{-~]/g, "")).not.toMatch(/[!-/:-@[-`{-~]/);
        expect(shown.replace(/\\([!-/:-@[-`{-~])/g, "$1")).toBe(visibleText(text));
      }),
      { numRuns: 2_000 },
    );
    expect(visibleMarkdown("see https://evil.example")).toBe("see https\\:\\/\\/evil\\.example");
  });
});

describe("visibleCode", () => {
  it("is one code span", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const shown = visibleCode(text);
        if (shown === "") {
          return text === "";
        }
        const fence = /^`+/.exec(shown)?.[0] ?? "";
        const within = shown.slice(fence.length, -fence.length);
        expect(fence).not.toBe("");
        expect(shown.endsWith(fence)).toBe(true);
        expect([...within.matchAll(/`+/g)].map(([run]) => run.length)).not.toContain(fence.length);
        return within === visibleText(text) || within === ` ${visibleText(text)} `;
      }),
      { numRuns: 2_000 },
    );
  });
});
