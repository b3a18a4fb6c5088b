import canonicalize from "canonicalize";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import {
  canonicalJson,
  linedCanonicalJson,
  parseCanonical,
  prettyCanonicalJson,
} from "../../../server/src/platform/canonicalJson";

const limits = { maxLength: 1_000_000 };
const anything = z.unknown();

describe("canonicalJson", () => {
  it("spells the example of RFC 8785, section 3.2.2, as section 3.2.3 does", () => {
    const value: unknown = JSON.parse(`{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\"\\/",
      "literals": [null, true, false]
    }`);
    expect(canonicalJson(value)).toBe(
      `{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA'B\\"\\\\\\\\\\"/"}`,
    );
  });

  it("gives the UTF-8 bytes of RFC 8785, section 3.2.4", () => {
    const value = { literals: [null, true, false] };
    expect(Buffer.from(canonicalJson(value)).toString("hex")).toBe(
      "7b226c69746572616c73223a5b6e756c6c2c747275652c66616c73655d7d",
    );
  });

  it("sorts keys by UTF-16 code units, as in RFC 8785, section 3.2.3", () => {
    const value: unknown = JSON.parse(`{
      "\\u20ac": "Euro Sign", "\\r": "Carriage Return", "\\ufb33": "Hebrew Letter Dalet With Dagesh",
      "1": "One", "\\ud83d\\ude00": "Emoji: Grinning Face", "\\u0080": "Control",
      "\\u00f6": "Latin Small Letter O With Diaeresis"
    }`);
    expect([...canonicalJson(value).matchAll(/:"([^"]*)"/g)].map(([, text]) => text)).toEqual([
      "Carriage Return",
      "One",
      "Control",
      "Latin Small Letter O With Diaeresis",
      "Euro Sign",
      "Emoji: Grinning Face",
      "Hebrew Letter Dalet With Dagesh",
    ]);
  });

  it("spells any value as another implementation does", () => {
    const key = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom("10", "9", "", "__proto__", "a", "B"),
    );
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: "small" },
        fc.jsonValue({ stringUnit: "binary" }),
        fc.array(tie("value"), { maxLength: 4 }),
        fc.dictionary(key, tie("value"), { maxKeys: 6 }),
      ),
    }));
    fc.assert(
      fc.property(value, (one) => {
        expect(canonicalJson(one)).toBe(canonicalize(one));
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    // RFC 8785, appendix B: IEEE 754 bits and their spelling.
    ["0000000000000000", "0"],
    ["8000000000000000", "0"],
    ["0000000000000001", "5e-324"],
    ["8000000000000001", "-5e-324"],
    ["7fefffffffffffff", "1.7976931348623157e+308"],
    ["ffefffffffffffff", "-1.7976931348623157e+308"],
    ["4340000000000000", "9007199254740992"],
    ["c340000000000000", "-9007199254740992"],
    ["4430000000000000", "295147905179352830000"],
    ["44b52d02c7e14af5", "9.999999999999997e+22"],
    ["44b52d02c7e14af6", "1e+23"],
    ["44b52d02c7e14af7", "1.0000000000000001e+23"],
    ["444b1ae4d6e2ef4e", "999999999999999700000"],
    ["444b1ae4d6e2ef4f", "999999999999999900000"],
    ["444b1ae4d6e2ef50", "1e+21"],
    ["3eb0c6f7a0b5ed8c", "9.999999999999997e-7"],
    ["3eb0c6f7a0b5ed8d", "0.000001"],
    ["41b3de4355555553", "333333333.3333332"],
    ["41b3de4355555557", "333333333.33333343"],
    ["becbf647612f3696", "-0.0000033333333333333333"],
    ["43143ff3c1cb0959", "1424953923781206.2"],
  ])("spells the number with the bits %s as %s", (bits, expected) => {
    expect(canonicalJson(Buffer.from(bits, "hex").readDoubleBE())).toBe(expected);
  });

  it.each([
    ["a lone surrogate", { text: "\ud800" }],
    ["a lone surrogate in a key", { "\udc00": 1 }],
    ["not a number", [Number.NaN]],
    ["infinity", Number.POSITIVE_INFINITY],
    ["nothing", undefined],
  ])("refuses %s", (_name, value) => {
    expect(() => canonicalJson(value)).toThrow();
  });
});

describe("parseCanonical", () => {
  it("reads what prettyCanonicalJson writes", () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        fc.pre(JSON.stringify(value).isWellFormed());
        const text = safe(() => prettyCanonicalJson(value));
        if (text === null) {
          return;
        }
        const read: unknown = parseCanonical(text, anything, limits);
        expect(canonicalJson(read)).toBe(canonicalJson(value));
      }),
    );
  });

  it("reads what linedCanonicalJson writes, whose items have a line each", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.oneof(fc.array(fc.jsonValue()), fc.jsonValue())), (value) => {
        const text = safe(() => linedCanonicalJson(value));
        if (text === null) {
          return;
        }
        for (const spelled of [text, text.replaceAll("\n", "\r\n")]) {
          expect(canonicalJson(parseCanonical(spelled, anything, limits))).toBe(canonicalJson(value));
        }
        expect(text.replaceAll("\n", "")).toBe(canonicalJson(value));
      }),
    );
    expect(linedCanonicalJson({ b: { c: [1] }, a: [{ e: 1, d: "x\n" }, 2], f: [] })).toBe(
      '{\n"a":[\n{"d":"x\\n","e":1},\n2\n],\n"b":{"c":[1]},\n"f":[]\n}\n',
    );
  });

  it("reads a text only if no other text without white space means the same", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const read = safe(() => parseCanonical(text, anything, limits));
        if (read !== null) {
          expect(text).toBe(canonicalJson(JSON.parse(text)));
        }
      }),
    );
  });

  it.each([
    ["a duplicate key", '{"a":1,"a":1}'],
    ["keys in another order", '{"b":1,"a":2}'],
    ["an escape that is not needed", '{"a":"\\u0041"}'],
    ["an escaped slash", '{"a":"\\/"}'],
    ["another spelling of a number", '{"a":1.0}'],
    ["an exponent", '{"a":1e2}'],
    ["minus zero", '{"a":-0}'],
    ["a lone surrogate", '{"a":"\\ud800"}'],
    ["a byte order mark", '\uFEFF{"a":1}'],
    ["something after the end", '{"a":1}x'],
    ["deep nesting", "[".repeat(5000) + "]".repeat(5000)],
    ["nothing", ""],
  ])("refuses %s", (_name, text) => {
    expect(() => parseCanonical(text, anything, limits)).toThrow(/\.$/);
  });

  it("takes any white space between tokens, and none inside strings away", () => {
    expect(parseCanonical(' {\r\n\t"a b" : [ 1 , "x\\n y" ] } \n', anything, limits)).toEqual({
      "a b": [1, "x\n y"],
    });
  });

  it("refuses unknown keys by the schema, __proto__ included", () => {
    const schema = z.strictObject({ a: z.number() });
    expect(parseCanonical('{"a":1}', schema, limits)).toEqual({ a: 1 });
    expect(() => parseCanonical('{"__proto__":{},"a":1}', schema, limits)).toThrow();
    expect(() => parseCanonical('{"a":1,"b":2}', schema, limits)).toThrow();
  });

  it("reads strings of megabytes and escapes before quotes", () => {
    const value = { a: "x".repeat(8_000_000), b: "\\", c: '\\"' };
    const text = prettyCanonicalJson(value);
    expect(parseCanonical(text, anything, { maxLength: 10_000_000 })).toEqual(value);
  });

  it("looks at the length before anything else", () => {
    expect(() => parseCanonical("[1,2,3]", anything, { maxLength: 6 })).toThrow(/larger/);
  });
});

function safe<Value>(work: () => Value): Value | null {
  try {
    return work();
  } catch {
    return null;
  }
}
