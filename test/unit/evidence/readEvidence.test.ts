import { deflateRawSync, inflateRawSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { signPayload, toEnvelope } from "../../../server/src/evidence/format/envelope";
import type { EvidenceFile } from "../../../server/src/evidence/format/evidenceFile";
import { environmentDigest, leafHash, leafRecord } from "../../../server/src/evidence/format/leaf";
import { type EvidenceReading, readEvidence } from "../../../server/src/evidence/format/readEvidence";
import { batchRootOf } from "../../../server/src/evidence/format/sealBatch";
import { MAX_BATCH_SIZE, type Statement } from "../../../server/src/evidence/format/statement";
import { rootOf } from "../../../server/src/evidence/format/tree";
import { canonicalJson, prettyCanonicalJson } from "../../../server/src/platform/canonicalJson";
import { fromDigest, toDigest } from "../../../server/src/platform/digests";
import { digestOf } from "../../support/digests";
import { device, facts, sample, sealed, sign } from "../../support/sampleBatch";

const read = (text: string): EvidenceReading => readEvidence(Buffer.from(text, "utf8"));

describe("sealing and reading", () => {
  it("gives back what was sealed, with prompts only where they travel", () => {
    const suggestions = [
      sample(),
      sample({ accepted: "  if (n < 2) return n;\n", path: "src/ä b.ts" }),
      sample(),
    ];
    const {
      batchRoot: root,
      seal,
      evidence,
    } = sealed(suggestions, { open: (_suggestion, index) => index !== 1 });
    const reading = read(evidence);
    if (reading.kind !== "intact") {
      throw new Error(reading.reason);
    }
    const { batch } = reading;
    expect(batch).toMatchObject({
      facts,
      device,
      batchRoot: root,
      seal,
      sequence: 3,
      previousSeal: "f6".repeat(32),
    });
    expect(batch.environmentDigest).toBe(environmentDigest(facts.environment));
    expect(batch.suggestions.map(({ record }) => record.id)).toEqual(suggestions.map(({ id }) => id));
    expect(batch.suggestions.map(({ record }) => record.path)).toEqual(suggestions.map(({ path }) => path));
    expect(batch.suggestions.map(({ accepted }) => accepted)).toEqual(
      suggestions.map(({ values }) => values.accepted),
    );
    expect(batch.suggestions.map(({ values }) => values)).toEqual(
      suggestions.map(({ values }, index) => (index === 1 ? null : values)),
    );
    expect(toDigest(batchRootOf(fromDigest(batch.suggestionsRoot), fromDigest(seal)))).toBe(root);
  });

  it("says nothing of a sealed prompt", () => {
    const suggestion = sample();
    const { evidence } = sealed([suggestion], { open: () => false });
    expect(evidence).not.toContain(Buffer.from("function fib").toString("base64").slice(0, 12));
    expect(JSON.parse(evidence).openings.prompts).toBeNull();
    expect(evidence).not.toContain(suggestion.salts.promptPrefix);
  });

  it("is the same text for the same parameters", () => {
    const suggestions = [sample(), sample()];
    expect(sealed(suggestions)).toEqual(sealed(suggestions));
  });

  it("holds a full batch in a small file", () => {
    const suggestions = Array.from({ length: MAX_BATCH_SIZE }, (_, line) =>
      sample({ position: { line, character: 0 } }),
    );
    const { evidence } = sealed(suggestions);
    expect(read(evidence).kind).toBe("intact");
    expect(evidence.length).toBeLessThan(1_000_000);
  });

  it("refuses batches that cannot be", () => {
    const one = sample();
    expect(() => sealed([])).toThrow(/at least one/);
    expect(() => sealed([one, one])).toThrow(/twice/);
    expect(() => sealed(Array.from({ length: MAX_BATCH_SIZE + 1 }, () => sample()))).toThrow(/at most/);
    expect(() => sealed([sample({ displayed: "a", accepted: "b" })])).toThrow(/does not begin/);
    expect(() => sealed([sample({ displayed: "a\r\nb" })])).toThrow(/carriage return/);
    expect(() => sealed([sample({ displayed: "x".repeat(4_000_000) })])).toThrow(/larger/);
    expect(() => sealed([sample({ path: "../outside.ts" })])).toThrow(/repository/);
    const other = { ...one, execution: { ...one.execution, profile: "portable/v1" as const } };
    expect(() => sealed([sample(), other])).toThrow(/another model or environment/);
  });
});

describe("readEvidence", () => {
  const suggestions = [sample(), sample({ accepted: "  if (n" })];
  const { evidence, batchRoot: root } = sealed(suggestions);
  const original = read(evidence);

  it("takes insignificant white space, as a checkout may change it", () => {
    expect(read(evidence.replaceAll("\n", "\r\n"))).toEqual(original);
    expect(read(canonicalJson(JSON.parse(evidence)))).toEqual(original);
  });

  it("never reads a file with one changed byte as intact with other content", () => {
    const bytes = Buffer.from(evidence, "utf8");
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (place, flip) => {
        const changed = Buffer.from(bytes);
        changed[place] = (changed[place] ?? 0) ^ flip;
        const reading = readEvidence(changed);
        if (reading.kind === "intact") {
          expect(reading).toEqual(original);
        } else {
          expect(reading.reason).toMatch(/^[A-Z].*\.$/);
        }
      }),
      { numRuns: 1500 },
    );
  });

  it("never throws, and never believes, bytes that were cut, doubled or inserted", () => {
    const bytes = Buffer.from(evidence, "utf8");
    const place = fc.nat(bytes.length);
    fc.assert(
      fc.property(place, place, fc.uint8Array({ maxLength: 20 }), (a, b, inserted) => {
        const changed = Buffer.concat([bytes.subarray(0, a), inserted, bytes.subarray(b)]);
        const reading = readEvidence(changed);
        if (reading.kind === "intact") {
          expect(reading).toEqual(original);
        }
      }),
      { numRuns: 500 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (junk) => readEvidence(junk).kind === "malformed"),
    );
  });

  it.each([1, 2])("still says where most damaged files with %i suggestions pointed", (size) => {
    const some = suggestions.slice(0, size);
    const bytes = Buffer.from(sealed(some).evidence, "utf8");
    const places = Array.from({ length: 400 }, (_, index) => Math.floor((index * bytes.length) / 400));
    const shown = places.filter((place) => {
      const changed = Buffer.from(bytes);
      changed[place] = (changed[place] ?? 0) ^ 1;
      const reading = readEvidence(changed);
      if (reading.kind !== "tampered") {
        return reading.kind === "intact";
      }
      return some.every((suggestion) =>
        reading.batch?.suggestions.some(
          ({ accepted, record }) =>
            accepted === suggestion.values.accepted && record.path === suggestion.path,
        ),
      );
    });
    expect(shown.length / places.length).toBeGreaterThan(0.9);
  });

  it("calls a file without a suggestion in it malformed", () => {
    for (const text of ["", "{}", "null", '{"envelope":{},"openings":{}}', "\uFEFF{}"]) {
      expect(read(text)).toMatchObject({ kind: "malformed" });
    }
  });

  it.each<[string, (file: EvidenceFile) => unknown, RegExp]>([
    [
      "another signer's name",
      ({ envelope, openings }) => ({
        openings,
        envelope: {
          ...envelope,
          signatures: [{ ...envelope.signatures[0], keyid: `0x${"12".repeat(20)}` }],
        },
      }),
      /signature/,
    ],
    [
      "another accepted text",
      ({ envelope, openings: { prompts, texts } }) => ({
        envelope,
        openings: {
          prompts,
          texts: texts.map((one) => ({ ...one, accepted: { ...one.accepted, text: "  if" } })),
        },
      }),
      /not what was committed to/,
    ],
    [
      "openings of fewer suggestions",
      ({ envelope, openings: { prompts, texts } }) => ({
        envelope,
        openings: { prompts, texts: texts.slice(1) },
      }),
      /numbers of suggestions/,
    ],
    [
      "openings in another order",
      ({ envelope, openings: { prompts, texts } }) => ({
        envelope,
        openings: { prompts, texts: texts.toReversed() },
      }),
      /not what was committed to/,
    ],
    ["an unknown field", (file) => ({ ...file, note: "x" }), /expected form/],
    [
      "another prompt",
      ({ envelope, openings: { prompts, texts } }) => ({
        envelope,
        openings: {
          texts,
          prompts: repack(prompts, (json) => json.replaceAll("function fib", "function fob")),
        },
      }),
      /not what was committed to/,
    ],
    [
      "bytes after the compressed prompts",
      ({ envelope, openings: { prompts, texts } }) => ({
        envelope,
        openings: {
          texts,
          prompts: Buffer.concat([Buffer.from(prompts ?? "", "base64"), Buffer.alloc(3)]).toString("base64"),
        },
      }),
      /after the compressed prompts/,
    ],
    [
      "prompts that are all closed",
      ({ envelope, openings: { texts } }) => ({
        envelope,
        openings: { texts, prompts: deflateRawSync(canonicalJson(texts.map(() => null))).toString("base64") },
      }),
      /opened prompts/,
    ],
  ])("finds %s", (_name, change, reason) => {
    const reading = read(prettyCanonicalJson(change(JSON.parse(evidence))));
    if (reading.kind !== "tampered") {
      throw new Error(`read as ${reading.kind}`);
    }
    expect(reading.reason).toMatch(reason);
    expect(reading.batch?.suggestions[0]?.record.id).toBe(suggestions[0]?.id);
  });

  it.each<[string, (statement: Statement) => unknown, RegExp]>([
    [
      "another root",
      (statement) => ({
        ...statement,
        subject: [{ name: "suggestions", digest: { sha256: "00".repeat(32) } }],
      }),
      /do not add up/,
    ],
    [
      "another size",
      ({ predicate, ...rest }) => ({
        ...rest,
        predicate: { ...predicate, tree: { ...predicate.tree, size: 3 } },
      }),
      /numbers of suggestions/,
    ],
    [
      "another device",
      ({ predicate, ...rest }) => ({ ...rest, predicate: { ...predicate, device: `0x${"12".repeat(20)}` } }),
      /another one signed it/,
    ],
    ["an unknown field", (statement) => ({ ...statement, note: "x" }), /expected form/],
  ])("finds %s in a statement that is signed all the same", (_name, change, reason) => {
    const reading = read(resigned(evidence, (text) => canonicalJson(change(JSON.parse(text)))));
    expect(reading.kind).toBe("tampered");
    expect(reading).toMatchObject({ reason: expect.stringMatching(reason) });
  });

  it("refuses white space in the signed statement", () => {
    expect(read(resigned(evidence, (text) => `${text} `))).toMatchObject({
      kind: "tampered",
      reason: expect.stringMatching(/white space/),
    });
  });

  it("refuses a signer's false counts and line digests", () => {
    for (const change of [
      (record: Statement["predicate"]["suggestions"][number]["record"]) => ({
        ...record,
        counts: { ...record.counts, accepted: 1 },
      }),
      (record: Statement["predicate"]["suggestions"][number]["record"]) => ({
        ...record,
        counts: { ...record.counts, tokens: 99 },
      }),
      (record: Statement["predicate"]["suggestions"][number]["record"]) => ({
        ...record,
        lines: record.lines.map((line) => ({ ...line, digest: digestOf("00") })),
      }),
    ]) {
      const text = resigned(evidence, (payload) => {
        const statement: Statement = JSON.parse(payload);
        const leaves = statement.predicate.suggestions.map(({ record, commitments }) => ({
          record: change(record),
          commitments,
        }));
        const hashes = leaves.map(({ record, commitments }) =>
          leafHash(leafRecord(record, facts), commitments),
        );
        return canonicalJson({
          ...statement,
          subject: [{ name: "suggestions", digest: { sha256: toDigest(rootOf(hashes)) } }],
          predicate: { ...statement.predicate, suggestions: leaves },
        });
      });
      expect(read(text).kind).toBe("tampered");
    }
  });

  it.each<[string, string]>([
    ["one long string", `{"a":"${"x".repeat(3_900_000)}"}`],
    ["one long broken string", `"payload":"AAAA" "accepted": {"text": "${"x".repeat(3_900_000)}`],
    ["many strings", `["${'","'.repeat(1_000_000)}"]`],
    [
      "many openings",
      `"payload":"AAAA" ${'"accepted":{"text":"ab","displayed":{"text":"ab"}'.repeat(70_000)}`,
    ],
    ["much white space", `"payload"${" ".repeat(3_900_000)}`],
  ])("is not held up by a file of %s", (_name, text) => {
    expect(read(text).kind).not.toBe("intact");
  });

  it("names the file by its content", () => {
    expect(original.kind === "intact" && original.batch.batchRoot).toBe(root);
  });

  it("refuses a decompression bomb within its limit", () => {
    const file: EvidenceFile = JSON.parse(evidence);
    const bomb = deflateRawSync(Buffer.alloc(20 * 1024 * 1024)).toString("base64");
    const text = prettyCanonicalJson({ ...file, openings: { ...file.openings, prompts: bomb } });
    expect(read(text)).toMatchObject({ kind: "tampered", reason: expect.stringMatching(/unpacked/) });
  });
});

function repack(prompts: string | null, change: (json: string) => string): string {
  const json = inflateRawSync(Buffer.from(prompts ?? "", "base64")).toString("utf8");
  return deflateRawSync(change(json)).toString("base64");
}

/** The same file with a changed statement, signed by the same device. */
function resigned(evidence: string, change: (payload: string) => string): string {
  const file: EvidenceFile = JSON.parse(evidence);
  const payload = change(Buffer.from(file.envelope.payload, "base64").toString("utf8"));
  const envelope = toEnvelope(signPayload(Buffer.from(payload, "utf8"), device, sign));
  return prettyCanonicalJson({ ...file, envelope });
}
