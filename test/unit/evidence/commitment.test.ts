import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type ClaimValues,
  COMMITTED_FIELDS,
  type CommittedField,
  contradictionIn,
  encodeFields,
} from "../../../server/src/evidence/format/claimValues";
import {
  commit,
  commitAll,
  lineDigest,
  lineSalt,
  newSalts,
  normalizeText,
} from "../../../server/src/evidence/format/commitment";
import { digestOf } from "../../support/digests";
import { sample } from "../../support/sampleBatch";

type Values<Kind extends ClaimValues["kind"]> = Extract<ClaimValues, { kind: Kind }>;

function replayable(): Values<"replayable"> {
  const { values } = sample();
  return { kind: "replayable", ...values, accepted: [values.accepted] };
}

const attested: Values<"attested"> = {
  kind: "attested",
  request: Buffer.from("request").toString("base64"),
  answer: Buffer.from("answer").toString("base64"),
  signature: Buffer.from("signature").toString("base64"),
  timestamp: 1_800_000_000,
  settlement: "batch",
  displayed: "one two",
  accepted: ["one", "two"],
};

const stated: Values<"stated"> = {
  kind: "stated",
  tool: "agent",
  session: "7",
  model: "as told",
  accepted: ["one", "two"],
};

function encoded(values: ClaimValues, field: CommittedField): Buffer {
  return Buffer.from(encodeFields(values).get(field) ?? []);
}

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

  const { prompt, ...output } = replayable();
  it.each<[ClaimValues, Partial<Record<CommittedField, ClaimValues>>]>([
    [
      { prompt, ...output },
      {
        promptPath: { ...output, prompt: { ...prompt, path: null } },
        promptPrefix: { ...output, prompt: { ...prompt, prefix: "" } },
        promptSuffix: { ...output, prompt: { ...prompt, suffix: "x" } },
        promptContext: { ...output, prompt: { ...prompt, context: [] } },
        tokens: { prompt, ...output, tokens: [...output.tokens, 0] },
        raw: { prompt, ...output, raw: `${output.raw} ` },
        displayed: { prompt, ...output, displayed: `${output.displayed} ` },
        accepted: { prompt, ...output, accepted: ["x"] },
        sampling: { prompt, ...output, sampling: { ...output.sampling, maxTokens: 1 } },
        ordinal: { prompt, ...output, ordinal: 1 },
        seed: { prompt, ...output, seed: digestOf("00") },
        stop: { prompt, ...output, stop: "length" },
      },
    ],
    [
      attested,
      {
        request: { ...attested, request: "" },
        answer: { ...attested, answer: "" },
        signature: { ...attested, signature: "" },
        timestamp: { ...attested, timestamp: 0 },
        settlement: { ...attested, settlement: "" },
        displayed: { ...attested, displayed: "" },
        accepted: { ...attested, accepted: ["onetwo"] },
      },
    ],
    [
      stated,
      {
        tool: { ...stated, tool: "" },
        session: { ...stated, session: "" },
        model: { ...stated, model: "" },
        accepted: { ...stated, accepted: ["two", "one"] },
      },
    ],
  ])("binds each field: changing any one value changes exactly its commitment", (values, changed) => {
    const salts = newSalts(values.kind);
    const before = commitAll(values, salts);
    const fields: readonly CommittedField[] = COMMITTED_FIELDS[values.kind];
    expect(Object.keys(before)).toEqual(fields);
    for (const field of fields) {
      const after = commitAll(changed[field] ?? values, salts);
      for (const other of fields) {
        expect(after[other] === before[other]).toBe(other !== field);
      }
    }
  });

  it("tells a missing prompt path from one that is called null", () => {
    const values = replayable();
    const named = { ...values, prompt: { ...values.prompt, path: "null" } };
    const none = { ...values, prompt: { ...values.prompt, path: null } };
    expect(encoded(named, "promptPath").toString()).toBe('"null"');
    expect(encoded(none, "promptPath").toString()).toBe("null");
  });

  it("spells token ids as 32-bit numbers and refuses larger ones", () => {
    const values = replayable();
    expect(encoded(values, "tokens").toString("hex")).toBe("000000110000126700010000");
    expect(() => encodeFields({ ...values, tokens: [2 ** 32] })).toThrow();
  });

  it("has fresh salts each time, one for each field of a kind", () => {
    for (const kind of ["replayable", "attested", "stated"] as const) {
      const salts = [...Object.values(newSalts(kind)), ...Object.values(newSalts(kind))];
      expect(new Set(salts).size).toBe(2 * COMMITTED_FIELDS[kind].length);
    }
  });
});

describe("contradictionIn", () => {
  it("lets a replayable claim accept a beginning of its output, in one piece", () => {
    expect(contradictionIn("replayable", "one two", ["one"])).toBeNull();
    expect(contradictionIn("replayable", "one two", ["two"])).toMatch(/does not begin/);
    expect(contradictionIn("replayable", "one two", ["one", "two"])).toMatch(/does not begin/);
  });

  it("lets an attested claim accept a beginning and whole lines of its output, in order and without overlap", () => {
    const output = "one two\n  three four\nfive\n";
    const refused = (...pieces: string[]) => contradictionIn("attested", output, pieces);
    for (const pieces of [
      ["one"],
      ["one two\n  three four\n", "five"],
      ["one", "five\n"],
      ["one two", "  three four", "five"],
      ["  three four\n", "five\n"],
      [output],
    ]) {
      expect(refused(...pieces)).toBeNull();
    }
    for (const pieces of [
      ["five", "one two"],
      ["one two\n  three four", "  three four"],
      ["one", "one two"],
    ]) {
      expect(refused(...pieces)).toMatch(/in this order/);
    }
  });

  it("lets an attested claim take no line apart that an answer holds", () => {
    const output = "total(); // never delete(all);\nkeep(all); // delete(all);";
    for (const pieces of [
      ["delete(all);"],
      ["never delete(all);"],
      ["keep(all);"],
      ["total();", "keep(all);"],
      ["total();", "delete(all);"],
    ]) {
      expect(contradictionIn("attested", output, pieces)).toMatch(/in this order/);
    }
  });

  it("lets a stated claim have no output", () => {
    expect(contradictionIn("stated", null, ["one", "two"])).toBeNull();
    expect(contradictionIn("stated", "one", ["one"])).toMatch(/no displayed text/);
  });

  it("takes no empty piece, and no carriage return", () => {
    expect(contradictionIn("attested", "one", ["one", ""])).toMatch(/Nothing/);
    expect(contradictionIn("stated", null, ["one\r\n"])).toMatch(/carriage return/);
  });
});

describe("lineDigest", () => {
  const salt = digestOf("5a");

  it("is the line's commitment under a salt of its own, with its length in UTF-16 code units", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.nat(63), fc.nat(999), (text, piece, index) => {
        const line = text.replaceAll("\n", "");
        const { digest, length } = lineDigest(salt, piece, index, line);
        expect(length).toBe(line.length);
        expect(commit("line", lineSalt(salt, piece, index), Buffer.from(line))).toBe(digest);
      }),
    );
  });

  it("hides that two lines are the same, in one piece or in two", () => {
    const digests = [
      lineDigest(salt, 0, 0, "}"),
      lineDigest(salt, 0, 1, "}"),
      lineDigest(salt, 1, 0, "}"),
      lineDigest(digestOf("5b"), 0, 0, "}"),
    ];
    expect(new Set(digests.map(({ digest }) => digest)).size).toBe(digests.length);
  });
});

describe("normalizeText", () => {
  it("leaves LF alone between lines and no byte order mark", () => {
    expect(normalizeText("\uFEFFa\r\nb\n")).toBe("a\nb\n");
    // Alone it ends no line in every language.
    expect(normalizeText("a\rb")).toBe("a\rb");
  });

  it("refuses a lone surrogate", () => {
    expect(() => normalizeText("a\ud83db")).toThrow(/surrogate/);
  });
});
