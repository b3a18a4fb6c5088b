import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SuggestionValues } from "../../../server/src/evidence/format/acceptedSuggestion";
import {
  commit,
  commitAll,
  commitField,
  encodeField,
  lineDigests,
  lineSalt,
  newSalts,
  normalizeText,
} from "../../../server/src/evidence/format/commitment";
import { COMMITTED_FIELDS } from "../../../server/src/evidence/format/record";
import { digestOf } from "../../support/digests";
import { sample } from "../../support/sampleBatch";

describe("commit", () => {
  it("is the SHA-256 of domain, field, salt and value", () => {
    const salt = Buffer.alloc(32, 7);
    const bytes = Buffer.concat([Buffer.from("proofline/v1\0displayed\0"), salt, Buffer.from("x")]);
    expect(commit("displayed", salt, Buffer.from("x"))).toBe(
      createHash("sha256").update(bytes).digest("hex"),
    );
  });

  it("takes only salts of 32 bytes", () => {
    expect(() => commit("raw", Buffer.alloc(31), Buffer.from("x"))).toThrow();
  });

  it("binds each field: changing any one value changes exactly its commitment", () => {
    const { values, salts } = sample();
    const before = commitAll(values, salts);
    const changed: Record<(typeof COMMITTED_FIELDS)[number], SuggestionValues> = {
      promptPath: { ...values, prompt: { ...values.prompt, path: null } },
      promptPrefix: { ...values, prompt: { ...values.prompt, prefix: "" } },
      promptSuffix: { ...values, prompt: { ...values.prompt, suffix: "x" } },
      promptContext: { ...values, prompt: { ...values.prompt, context: [] } },
      tokens: { ...values, tokens: [...values.tokens, 0] },
      raw: { ...values, raw: `${values.raw} ` },
      displayed: { ...values, displayed: `${values.displayed} ` },
      accepted: { ...values, accepted: values.accepted.slice(0, -1) },
      replaced: { ...values, replaced: { ...values.replaced, text: "x" } },
      sampling: { ...values, sampling: { ...values.sampling, maxTokens: 1 } },
      ordinal: { ...values, ordinal: 1 },
      seed: { ...values, seed: digestOf("00") },
      stop: { ...values, stop: "length" },
    };
    for (const field of COMMITTED_FIELDS) {
      const after = commitAll(changed[field], salts);
      for (const other of COMMITTED_FIELDS) {
        expect(after[other] === before[other]).toBe(other !== field);
      }
    }
  });

  it("tells a missing prompt path from one that is called null", () => {
    const { values } = sample();
    const named = { ...values, prompt: { ...values.prompt, path: "null" } };
    const none = { ...values, prompt: { ...values.prompt, path: null } };
    expect(Buffer.from(encodeField("promptPath", named)).toString()).toBe('"null"');
    expect(Buffer.from(encodeField("promptPath", none)).toString()).toBe("null");
  });

  it("spells token ids as 32-bit numbers and refuses larger ones", () => {
    const { values, salts } = sample();
    expect(Buffer.from(encodeField("tokens", values)).toString("hex")).toBe("000000110000126700010000");
    expect(() => commitField("tokens", salts.tokens, { ...values, tokens: [2 ** 32] })).toThrow();
  });

  it("has fresh salts each time", () => {
    const salts = [...Object.values(newSalts()), ...Object.values(newSalts())];
    expect(new Set(salts).size).toBe(2 * COMMITTED_FIELDS.length);
  });
});

describe("lineDigests", () => {
  it("has one digest for each line, which that line's salt opens", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "grapheme" }), { minLength: 1, maxLength: 6 }), (parts) => {
        const lines = parts.map((part) => part.replaceAll("\n", ""));
        const salt = digestOf("5a");
        const digests = lineDigests(lines.join("\n"), salt);
        expect(digests.map(({ length }) => length)).toEqual(lines.map((line) => line.length));
        for (const [index, line] of lines.entries()) {
          expect(commit("line", lineSalt(salt, index), Buffer.from(line))).toBe(digests[index]?.digest);
        }
      }),
    );
  });

  it("hides that two lines are the same", () => {
    const [first, second] = lineDigests("}\n}", digestOf("5a"));
    expect(first?.digest).not.toBe(second?.digest);
  });
});

describe("normalizeText", () => {
  it("leaves LF alone between lines and no byte order mark", () => {
    expect(normalizeText("\uFEFFa\r\nb\rc\n")).toBe("a\nb\nc\n");
  });

  it("refuses a lone surrogate", () => {
    expect(() => normalizeText("a\ud83db")).toThrow(/surrogate/);
  });
});
