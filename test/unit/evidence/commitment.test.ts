import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { claimSaltsOf, KeptSalts, newSalts } from "../../../server/src/evidence/format/claimSalts";
import {
  type ClaimValues,
  COMMITTED_FIELDS,
  type CommittedField,
  contradictionIn,
  encodeFields,
} from "../../../server/src/evidence/format/claimValues";
import {
  boundDigestsOf,
  commit,
  fieldSalt,
  lineDigest,
  lineSalt,
  normalizeText,
  sealedDigest,
  textDigestsOf,
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
  ])(
    "binds each field: changing any one value changes what binds it, and nothing else",
    (values, changed) => {
      const salts = newSalts();
      const before = boundDigestsOf(values, salts);
      const fields: readonly CommittedField[] = COMMITTED_FIELDS[values.kind];
      expect(Object.keys(changed).sort()).toEqual(fields.toSorted());
      for (const field of fields) {
        const after = boundDigestsOf(changed[field] ?? values, salts);
        expect(after.sealed === before.sealed).toBe(field === "displayed" || field === "accepted");
        expect(after.displayed === before.displayed).toBe(field !== "displayed");
        expect(after.accepted === before.accepted).toBe(field !== "accepted");
      }
    },
  );

  it("is bound by the same whether all of it is open or its texts alone", () => {
    for (const values of [replayable(), attested, stated]) {
      const salts = newSalts();
      const displayed = values.kind === "stated" ? null : values.displayed;
      const { sealed: _, ...texts } = boundDigestsOf(values, salts);
      expect(textDigestsOf(displayed, values.accepted, salts.texts)).toEqual(texts);
    }
  });

  it("stands for the sealed fields as the format says, each under a salt of its own", () => {
    const salts = newSalts();
    const hashed = (...parts: (string | Uint8Array)[]): Buffer =>
      parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest();
    const saltOf = (field: string): Buffer =>
      hashed("proofline/v2\0fieldSalt\0", Buffer.from(salts.prompt, "hex"), field);
    const commitments = (["tool", "session", "model"] as const).map((field) =>
      hashed(`proofline/v1\0${field}\0`, saltOf(field), encoded(stated, field)),
    );
    expect(Buffer.from(fieldSalt(salts.prompt, "tool"))).toEqual(saltOf("tool"));
    expect(boundDigestsOf(stated, salts).sealed).toBe(
      hashed("proofline/v2\0sealed\0", ...commitments).toString("hex"),
    );
    expect(() => sealedDigest("stated", new Map())).toThrow(/missing/);
  });

  it("derives no salt of a sealed field from the salt that travels", () => {
    const values = replayable();
    const [one, other] = [newSalts(), newSalts()];
    const sealed = (salts: typeof one) => boundDigestsOf(values, salts).sealed;
    // All that is sealed stays as it is under another salt of the texts, and is another under another salt of the prompt.
    expect(sealed({ texts: other.texts, prompt: one.prompt })).toBe(sealed(one));
    expect(sealed({ texts: one.texts, prompt: other.prompt })).not.toBe(sealed(one));
    const salts = COMMITTED_FIELDS.replayable.map((field) =>
      Buffer.from(fieldSalt(one.prompt, field)).toString("hex"),
    );
    expect(new Set([...salts, one.texts, one.prompt]).size).toBe(COMMITTED_FIELDS.replayable.length + 2);
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

  it("has fresh salts each time", () => {
    const salts = [newSalts(), newSalts()].flatMap(({ texts, prompt }) => [texts, prompt]);
    expect(new Set(salts).size).toBe(4);
  });

  it("seals what was accepted under the first version with two of its random salts", () => {
    const kept = Object.fromEntries(
      COMMITTED_FIELDS.attested.map((field, index) => [field, digestOf(`a${index}`)]),
    );
    const parsed = KeptSalts.attested.parse(kept);
    // They are kept as they are: only all of them open what was sealed with them.
    expect(parsed).toEqual(kept);
    expect(claimSaltsOf(parsed)).toEqual({ texts: kept.accepted, prompt: kept.request });
    const salts = newSalts();
    expect(claimSaltsOf(KeptSalts.replayable.parse(salts))).toEqual(salts);
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
