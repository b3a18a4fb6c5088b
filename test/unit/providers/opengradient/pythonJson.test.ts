import { spawnSync } from "node:child_process";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AnswerFlaw } from "../../../../server/src/providers/attestation/answerFlaw";
import { MAX_BODY_LENGTH } from "../../../../server/src/providers/attestation/savedParts";
import { canonicalRequest } from "../../../../server/src/providers/opengradient/canonicalRequest";
import {
  pythonFloat,
  pythonJson,
  readPythonJson,
} from "../../../../server/src/providers/opengradient/pythonJson";

const program = join(import.meta.dirname, "../../../fixtures/opengradient/gateway.py");
/** `npm run compare:python` takes 20,000 of each kind. */
const CASES = Number(process.env.PROOFLINE_PYTHON_CASES ?? 1_000);

function spelled(text: string): string {
  try {
    return pythonJson(readPythonJson(text));
  } catch (error) {
    expect(error).toBeInstanceOf(AnswerFlaw);
    return "refused";
  }
}

describe("pythonJson", () => {
  it.each([
    ["[1.0, 1, -0, -0.0, 1e400, -1e400]", "[1.0, 1, 0, -0.0, Infinity, -Infinity]"],
    ["[1e-7, 1e-5, 0.0001, 1e15, 1e16, 1E22]", "[1e-07, 1e-05, 0.0001, 1000000000000000.0, 1e+16, 1e+22]"],
    [
      "[5e-324, 2.5e-310, 0.1e1, 123456789012345678901234567890]",
      "[5e-324, 2.5e-310, 1.0, 123456789012345678901234567890]",
    ],
    ["[NaN, Infinity, -Infinity]", "[NaN, Infinity, -Infinity]"],
    ['{"a":1,"a":{"b":[]},"c":{}}', '{"a": {"b": []}, "c": {}}'],
    ['{"\\ue000":1,"\\ud83d\\ude00":2,"\\ud83d":3}', '{"\\ud83d": 3, "\\ue000": 1, "\\ud83d\\ude00": 2}'],
    ['{"\\ud83d\\ude00":1,"\\ud83d\\ue000":2}', '{"\\ud83d\\ue000": 2, "\\ud83d\\ude00": 1}'],
    ['"\\u007f\\u001f/\\/é😊"', '"\\u007f\\u001f//\\u00e9\\ud83d\\ude0a"'],
  ])("spells %s", (text, expected) => {
    expect(spelled(text)).toBe(expected);
  });

  it.each([
    ...'{ [ [1,] {a:1} {\'a\':1} 01 +1 1. .5 1e 1e+ - -- -N nul "\n" "\\x" "\\u12" 1;2 0x1 ﻿1'.split(" "),
    ...["", "1 2", '"abc', '"\t"', "\u00a01", '{"a":1,}', '{"a" 1}', "{1:2}", "[1 2]", "1".repeat(4301)],
  ])("refuses %s", (text) => {
    expect(spelled(text)).toBe("refused");
  });

  it("reads what is deep or long up to its bounds", () => {
    expect(spelled("[".repeat(100) + "]".repeat(100))).toMatch(/^\[+\]+$/);
    expect(() => readPythonJson("[".repeat(1_000_000))).toThrow("deeper");
    expect(() => readPythonJson(" ".repeat(MAX_BODY_LENGTH + 1))).toThrow("longer");
    // Where the time for any of these grew with the square of the length, this would take hours.
    const many = 1_000_000;
    const parts = [
      `"${"\\\\".repeat(many)}"`,
      `"${'\\"'.repeat(many)}"`,
      `${"1".repeat(many)}.${"1".repeat(many)}`,
    ];
    const text = `[${parts.join(",")}${",[]".repeat(many)}${",{}".repeat(many)}${" ".repeat(many)}]`;
    expect(pythonJson(readPythonJson(text)).length).toBeGreaterThan(many);
  });

  it("throws nothing but its own refusals", () => {
    fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 40 }), (text) => void spelled(text)));
  });
});

describe("beside Python itself", () => {
  const { status } = spawnSync("python3", ["--version"]);
  const isThere = status === 0;

  it.skipIf(!isThere)(
    `spells ${CASES} texts, floats and requests like Python (skipped where there is no python3)`,
    () => {
      const texts = fc.sample(fc.oneof(jsonText, mangled), { numRuns: CASES, seed: 12 });
      const floats = fc.sample(fc.double({ noNaN: true }), { numRuns: CASES, seed: 12 });
      const requests = fc.sample(requestText, { numRuns: CASES, seed: 12 });
      const lines = [
        ...texts.map((text) => ["json", text] as const),
        ...floats.map((value) => ["float", Object.is(value, -0) ? "-0" : String(value)] as const),
        ...requests.map((text) => ["request", text] as const),
      ].map(([kind, text]) => `${kind} ${Buffer.from(text).toString("base64")}`);
      const { stdout, stderr } = spawnSync("python3", [program], {
        input: lines.join("\n"),
        encoding: "utf8",
        maxBuffer: 2 ** 30,
      });
      expect(stderr).toBe("");
      const told = stdout.split(/\r?\n/).slice(0, -1);
      expect(told).toHaveLength(lines.length);
      const ours = [
        ...texts.map(spelled),
        ...floats.map(pythonFloat),
        ...requests.map((text) => canonicalRequest(text).json),
      ];
      const differing = lines
        .map((line, index) => ({ line, python: told[index], ours: ours[index] }))
        .filter(({ python, ours }) => python !== ours);
      expect(differing).toEqual([]);
      // Neither side passes by refusing all.
      expect(told.slice(0, CASES).filter((one) => one === "refused").length).toBeLessThan(CASES * 0.6);
      expect(told.slice(CASES)).not.toContain("refused");
    },
  );
});

const digits = (minLength: number, maxLength: number) =>
  fc.string({ unit: fc.constantFrom(..."0123456789"), minLength, maxLength });

const numberText = fc
  .tuple(
    fc.constantFrom("", "-"),
    fc.oneof(
      fc.constant("0"),
      fc.tuple(fc.integer({ min: 1, max: 9 }), digits(0, 30)).map(([first, rest]) => `${first}${rest}`),
    ),
    fc.oneof(
      fc.constant(""),
      digits(1, 25).map((fraction) => `.${fraction}`),
    ),
    fc.oneof(
      { arbitrary: fc.constant(""), weight: 2 },
      {
        arbitrary: fc
          .tuple(fc.constantFrom("e", "E"), fc.constantFrom("", "+", "-"), fc.integer({ min: 0, max: 420 }))
          .map((parts) => parts.join("")),
        weight: 1,
      },
    ),
  )
  .map((parts) => parts.join(""));

/** As JSON, some of it spelled with escapes that need not be there. */
const stringText = fc
  .array(
    fc.oneof(
      fc.string({ unit: "binary", maxLength: 4 }).map((text) => JSON.stringify(text).slice(1, -1)),
      fc.string({ unit: fc.constantFrom(..."abAB/_09"), maxLength: 4 }),
      fc.integer({ min: 0, max: 0xffff }).map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`),
      fc.constantFrom(
        "\\/",
        "\\ud83d\\ude00",
        "\\udc00",
        "\\ud800",
        "\\uE000",
        "\\uFFFF",
        "\u2028",
        "\u007f",
      ),
    ),
    { maxLength: 4 },
  )
  .map((parts) => `"${parts.join("")}"`);

const blank = fc.constantFrom("", "", "", " ", "\n", "\t\r ");

const { value: jsonText } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: false },
    stringText,
    numberText,
    fc.constantFrom("true", "false", "null", "NaN", "Infinity", "-Infinity"),
    fc
      .tuple(
        blank,
        fc.array(
          fc.tuple(blank, tie("value"), blank).map((parts) => parts.join("")),
          { maxLength: 4 },
        ),
      )
      .map(([between, items]) => `[${items.length === 0 ? between : items.join(",")}]`),
    fc
      .array(
        fc
          .tuple(
            blank,
            fc.oneof(stringText, fc.constantFrom('"a"', '"b"')),
            blank,
            blank,
            tie("value"),
            blank,
          )
          .map(([a, key, b, c, value, d]) => `${a}${key}${b}:${c}${value}${d}`),
        { maxLength: 5 },
      )
      .map((members) => `{${members.join(",")}}`),
  ),
}));

/** A text with one character too many, too few or another. */
const mangled = fc
  .tuple(jsonText, fc.nat(), fc.nat({ max: 1 }), fc.constantFrom("", ...'{}[]",:0-+.eE\\u "\n\u0001NaIx'))
  .map(([text, place, left, character]) => {
    const at = place % (text.length + 1);
    return `${text.slice(0, at)}${character}${text.slice(at + left)}`.toWellFormed();
  });

const optional = (name: string, value: fc.Arbitrary<string>) =>
  fc.option(value, { nil: null }).map((text) => (text === null ? [] : [`"${name}":${text}`]));
const objectText = (...members: fc.Arbitrary<readonly string[]>[]) =>
  fc.tuple(...members).map((parts) => `{${parts.flat().join(",")}}`);
const listText = (item: fc.Arbitrary<string>, maxLength = 3) =>
  fc.array(item, { maxLength }).map((items) => `[${items.join(",")}]`);
const textOrNull = fc.oneof(stringText, fc.constant("null"));
const always = (member: string) => fc.constant([member]);

const callText = objectText(
  optional("id", textOrNull),
  optional("type", stringText),
  optional("function", objectText(optional("name", stringText), optional("arguments", textOrNull))),
);
const messageText = fc.oneof(
  objectText(always('"role":"system"'), optional("content", textOrNull)),
  objectText(
    always('"role":"user"'),
    stringText.map((text) => [`"content":${text}`]),
    optional("name", stringText),
  ),
  objectText(
    always('"role":"assistant"'),
    optional("content", textOrNull),
    optional("tool_calls", listText(callText)),
  ),
  objectText(
    always('"role":"tool"'),
    optional("content", textOrNull),
    optional("tool_call_id", fc.oneof(textOrNull, numberText)),
  ),
  objectText(always('"role":"function"'), optional("content", textOrNull), optional("name", textOrNull)),
);
const requestText = objectText(
  optional("temperature", fc.oneof(numberText, fc.constantFrom("null", "0", "1", "-0"))),
  stringText.map((text) => [`"model":${text}`]),
  optional("max_tokens", fc.oneof(numberText, fc.constant("null"))),
  listText(messageText, 4).map((list) => [`"messages":${list}`]),
  optional("stop", fc.oneof(stringText, listText(stringText), fc.constant("null"))),
  optional("tools", listText(jsonText)),
  optional("response_format", jsonText),
  optional("top_p", numberText),
  optional("stream", fc.constantFrom("true", "false")),
);
