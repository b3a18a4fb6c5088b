import { deflateRawSync, inflateRawSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { signPayload, toEnvelope } from "../../../server/src/evidence/format/envelope";
import type { EvidenceFile } from "../../../server/src/evidence/format/evidenceFile";
import { leafHash } from "../../../server/src/evidence/format/leaf";
import { type EvidenceReading, readEvidence } from "../../../server/src/evidence/format/readEvidence";
import type { BatchFacts, ClaimRecord } from "../../../server/src/evidence/format/record";
import { salvage } from "../../../server/src/evidence/format/salvage";
import { batchRootOf } from "../../../server/src/evidence/format/sealBatch";
import { MAX_BATCH_SIZE, Statement } from "../../../server/src/evidence/format/statement";
import { rootOf } from "../../../server/src/evidence/format/tree";
import { canonicalJson, prettyCanonicalJson } from "../../../server/src/platform/canonicalJson";
import { fromDigest, toDigest } from "../../../server/src/platform/digests";
import { addressOf, signPersonalMessage } from "../../../server/src/platform/ecdsa";
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
    expect(batch.claims.map(({ record }) => record.id)).toEqual(suggestions.map(({ id }) => id));
    expect(batch.claims.map(({ pieces }) => pieces.map(({ path }) => path))).toEqual(
      suggestions.map(({ path }) => [path]),
    );
    expect(batch.claims.map(({ pieces }) => pieces.map(({ accepted }) => accepted))).toEqual(
      suggestions.map(({ values }) => [values.accepted]),
    );
    expect(batch.claims.map(({ values }) => values)).toEqual(
      suggestions.map(({ values }, index) =>
        index === 1 ? null : { kind: "replayable", ...values, accepted: [values.accepted] },
      ),
    );
    expect(new Set(batch.claims.map(({ leafHash }) => leafHash)).size).toBe(3);
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
    const stated: BatchFacts = { ...facts, execution: { kind: "stated" } };
    expect(() => sealed([one], { facts: stated })).toThrow(/another kind of execution/);
    const outside = { [one.path]: "short\n" };
    expect(() => sealed([one], { texts: outside })).toThrow(/another number of lines/);
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
      if (reading.kind === "intact") {
        return true;
      }
      return some.every((suggestion) =>
        reading.batch?.claims.some(({ pieces }) =>
          pieces.some(
            ({ accepted, path }) => accepted === suggestion.values.accepted && path === suggestion.path,
          ),
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
          texts: texts.map((one) => ({ ...one, accepted: { ...one.accepted, texts: ["  if"] } })),
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
    expect(reading.batch?.claims[0]?.record.id).toBe(suggestions[0]?.id);
  });

  it("does not take a file with a field that it does not know", () => {
    const reading = read(prettyCanonicalJson({ ...JSON.parse(evidence), note: "x" }));
    expect(reading).toMatchObject({ kind: "malformed", reason: expect.stringMatching(/expected form/) });
    expect(reading.batch?.claims[0]?.record.id).toBe(suggestions[0]?.id);
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

  it.each<[string, (record: ClaimRecord) => object, RegExp]>([
    ["counts of what was accepted", (record) => ({ counts: { ...record.counts, accepted: 1 } }), /counts/],
    ["counts of what was offered", (record) => ({ counts: { ...record.counts, displayed: 1 } }), /counts/],
    ["counts of tokens", (record) => ({ counts: { ...record.counts, tokens: 99 } }), /count of tokens/],
    [
      "word on whether all was accepted",
      (record) => ({
        acceptance: "acceptance" in record && record.acceptance === "whole" ? "partial" : "whole",
      }),
      /accepted whole/,
    ],
    [
      "line digests",
      ({ pieces }) => ({
        pieces: pieces.map((piece) => ({
          ...piece,
          lines: piece.lines.map((line) => ({ ...line, digest: digestOf("00") })),
        })),
      }),
      /line digests/,
    ],
    [
      "line lengths",
      ({ pieces }) => ({
        pieces: pieces.map((piece) => ({
          ...piece,
          lines: piece.lines.map((line) => ({ ...line, length: line.length + 1 })),
        })),
      }),
      /line digests/,
    ],
    [
      "number of lines",
      ({ pieces }) => ({
        pieces: pieces.map((piece) => ({ ...piece, lines: [...piece.lines, ...piece.lines] })),
      }),
      /number of lines/,
    ],
    [
      "place beyond its lines",
      ({ pieces }) => ({
        pieces: pieces.map((piece) => ({ ...piece, end: { ...piece.end, character: 9999 } })),
      }),
      /beyond its line/,
    ],
    [
      "place without text",
      ({ pieces }) => ({
        pieces: pieces.map((piece) => ({ ...piece, end: piece.start, lines: piece.lines.slice(0, 1) })),
      }),
      /holds no text/,
    ],
    ["number of pieces", ({ pieces }) => ({ pieces: [...pieces, ...pieces] }), /numbers of places/],
    ["kind of acceptance", () => ({ acceptance: "nonsense" }), /expected form/],
  ])("refuses a signer's false %s", (_name, change, reason) => {
    const text = resealed(evidence, (record) => ({ ...record, ...change(record) }));
    const reading = read(text);
    expect(reading).toMatchObject({ kind: "tampered", reason: expect.stringMatching(reason) });
  });

  it("takes a field that a signer added for one of a newer version, and believes nothing beside it", () => {
    const text = resealed(evidence, (record) => ({ ...record, replaced: "nonsense" }));
    expect(read(text)).toMatchObject({
      kind: "newer",
      signature: "valid",
      reason: expect.stringMatching(/newer Proofline.*claims\.0\.record\.replaced/),
    });
  });

  it("costs a token that no 32 bits hold its own file, and throws nothing", () => {
    const file: EvidenceFile = JSON.parse(evidence);
    for (const token of [2 ** 32, Number.MAX_SAFE_INTEGER]) {
      const prompts = repack(file.openings.prompts, (json) => json.replace("4711", String(token)));
      expect(prompts).not.toBe(file.openings.prompts);
      const reading = read(prettyCanonicalJson({ ...file, openings: { ...file.openings, prompts } }));
      expect(reading).toMatchObject({ kind: "tampered", signature: "valid" });
    }
  });

  it("knows lines that do not travel by their digests alone", () => {
    const file: EvidenceFile = JSON.parse(evidence);
    const texts = file.openings.texts.map((one) => ({ ...one, saved: one.saved.map(() => null) }));
    const reading = read(prettyCanonicalJson({ ...file, openings: { ...file.openings, texts } }));
    if (reading.kind !== "intact" || original.kind !== "intact") {
      throw new Error("not intact");
    }
    expect(reading.batch.claims.map(({ leafHash }) => leafHash)).toEqual(
      original.batch.claims.map(({ leafHash }) => leafHash),
    );
    expect(reading.batch.claims.flatMap(({ pieces }) => pieces).every(({ saved }) => saved === null)).toBe(
      true,
    );
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

describe("what an attacker signs", () => {
  const { evidence } = sealed([sample(), sample({ accepted: "  if (n" })]);
  const original: EvidenceFile = JSON.parse(evidence);
  const payloadOf = ({ envelope }: EvidenceFile): string =>
    Buffer.from(envelope.payload, "base64").toString("utf8");

  /** Every place in a value: how to reach it. */
  function placesIn(
    value: unknown,
    path: readonly (string | number)[] = [],
  ): (readonly (string | number)[])[] {
    const children = typeof value === "object" && value !== null ? Object.entries(value) : [];
    return [
      path,
      ...children.flatMap(([key, child]) =>
        placesIn(child, [...path, Array.isArray(value) ? Number(key) : key]),
      ),
    ];
  }

  /** A copy of a value in which one place holds something else; `undefined` takes it out. */
  function changed(value: unknown, [key, ...rest]: readonly (string | number)[], by: unknown): unknown {
    if (key === undefined) {
      return by;
    }
    if (Array.isArray(value)) {
      return value.flatMap((item, index) => {
        const next = index === key ? changed(item, rest, by) : item;
        return next === undefined ? [] : [next];
      });
    }
    const entries = Object.entries(value ?? {}).map(([name, item]) =>
      name === key ? [name, changed(item, rest, by)] : [name, item],
    );
    return Object.fromEntries(entries.filter(([, item]) => item !== undefined));
  }

  const instead = fc.oneof(
    fc.constantFrom<unknown>(
      undefined,
      null,
      true,
      "",
      "x",
      "\0",
      "é",
      0,
      1,
      -1,
      0.5,
      2 ** 32,
      2 ** 53,
      1e308,
    ),
    fc.constantFrom<unknown>(
      [],
      {},
      [[]],
      [null],
      { kind: "stated" },
      { length: 0 },
      "__proto__",
      "0".repeat(64),
    ),
    fc.string(),
    fc.nat(),
  );

  const attackersKey = Buffer.from("35".repeat(32), "hex");
  const attacker = addressOf(attackersKey);
  const signAs = (payload: string, signer: "device" | "attacker") =>
    signer === "device"
      ? toEnvelope(signPayload(Buffer.from(payload, "utf8"), device, sign))
      : toEnvelope(
          signPayload(Buffer.from(payload, "utf8"), attacker, (message) =>
            signPersonalMessage(message, attackersKey),
          ),
        );

  /** What a claim says, apart from who says it. */
  const claimed = (reading: EvidenceReading): unknown =>
    reading.kind === "intact"
      ? reading.batch.claims.map(({ displayed, values, pieces }) => ({
          displayed,
          values,
          accepted: pieces.map(({ accepted }) => accepted),
          saved: pieces.map(({ saved }) => saved),
        }))
      : null;
  const expected = claimed(read(evidence));

  it("is never read as another text than the commitments are over, whatever is changed and signed again", () => {
    const places = placesIn(JSON.parse(payloadOf(original)));
    fc.assert(
      fc.property(
        fc.constantFrom(...places),
        instead,
        fc.constantFrom("device" as const, "attacker" as const),
        fc.boolean(),
        (place, by, signer, addsUp) => {
          const statement = changed(JSON.parse(payloadOf(original)), place, by);
          const named =
            signer === "attacker" ? changed(statement, ["predicate", "device"], attacker) : statement;
          const payload = canonicalJson((addsUp ? addedUp(named) : named) ?? null);
          const reading = read(prettyCanonicalJson({ ...original, envelope: signAs(payload, signer) }));
          expect(reading.kind).not.toBe("malformed");
          if (reading.kind === "intact") {
            expect(claimed(reading)).toEqual(expected);
            expect(reading.batch.device).toBe(signer === "attacker" ? attacker : device);
          } else {
            expect(reading.reason).toMatch(/^[A-Z].*\.$/s);
          }
        },
      ),
      { numRuns: 400, seed: 7 },
    );
  });

  it("is never read as another text where something else of the file is changed", () => {
    const places = placesIn(original);
    fc.assert(
      fc.property(fc.constantFrom(...places), instead, (place, by) => {
        const reading = read(prettyCanonicalJson(changed(original, place, by) ?? null));
        if (reading.kind === "intact") {
          // Only what may be left out was: the lines as they were saved, and the prompts.
          expect(place.includes("saved") || place.includes("prompts")).toBe(true);
          const { batch } = reading;
          expect(batch.batchRoot).toBe(sealedRoot);
          expect(batch.claims.flatMap(({ pieces }) => pieces).map(({ accepted }) => accepted)).toEqual(
            sealedTexts,
          );
        }
      }),
      { numRuns: 1000, seed: 8 },
    );
  });

  it("is never read as another prompt where the opened prompts are changed", () => {
    const json = inflateRawSync(Buffer.from(original.openings.prompts ?? "", "base64")).toString("utf8");
    const places = placesIn(JSON.parse(json));
    fc.assert(
      fc.property(fc.constantFrom(...places), instead, (place, by) => {
        const text = canonicalJson(changed(JSON.parse(json), place, by) ?? null);
        const prompts = deflateRawSync(text).toString("base64");
        const reading = read(
          prettyCanonicalJson({ ...original, openings: { ...original.openings, prompts } }),
        );
        if (reading.kind === "intact") {
          const values = reading.batch.claims.map((one) => one.values);
          const known = read(evidence);
          const honest = known.kind === "intact" ? known.batch.claims.map((one) => one.values) : [];
          for (const [index, value] of values.entries()) {
            expect(value === null || canonicalJson(value) === canonicalJson(honest[index])).toBe(true);
          }
        }
      }),
      { numRuns: 1000, seed: 9 },
    );
  });

  const honestReading = read(evidence);
  const sealedRoot = honestReading.kind === "intact" ? honestReading.batch.batchRoot : null;
  const sealedTexts =
    honestReading.kind === "intact"
      ? honestReading.batch.claims.flatMap(({ pieces }) => pieces).map(({ accepted }) => accepted)
      : [];

  /** The same statement over the tree of what it holds now, where it still has claims to add up. */
  function addedUp(statement: unknown): unknown {
    const parsed = Statement.safeParse(statement);
    if (!parsed.success) {
      return statement;
    }
    const { predicate } = parsed.data;
    const { repositoryId, execution } = predicate;
    const hashes = predicate.claims.map(({ record, commitments }) =>
      leafHash(record, { repositoryId, device: predicate.device, execution }, commitments),
    );
    return {
      ...parsed.data,
      subject: [{ name: "suggestions", digest: { sha256: toDigest(rootOf(hashes)) } }],
    };
  }
});

describe("work on what nobody signed", () => {
  /**
   * UTF-16 code units that are handed to splitting and parsing. What regular expressions do inside cannot be counted;
   * whichever took the square of these sizes would not end within a test's time.
   */
  function handed(work: () => void): number {
    const split = vi.spyOn(String.prototype, "split");
    const parse = vi.spyOn(JSON, "parse");
    try {
      work();
      const texts = [...split.mock.contexts.map(String), ...parse.mock.calls.map(([text]) => text)];
      return texts.reduce((sum, text) => sum + text.length, 0);
    } finally {
      split.mockRestore();
      parse.mockRestore();
    }
  }

  const statement = (size: number, part: string): string =>
    Buffer.from(part.repeat(Math.ceil(size / part.length))).toString("base64");
  it.each<[string, (size: number) => string]>([
    [
      "many records",
      (size) => `"payload":"${statement(size, '"record":{"path":"a"}')}" ${'"accepted":'.repeat(200)}`,
    ],
    ["many openings", (size) => `"payload":"AAAA" ${'"accepted":{"texts":["ab"]}'.repeat(size / 27)}`],
    [
      "records without an end",
      (size) => `"payload":"${statement(size, '"record":"path":"\\\\')}" "accepted":`,
    ],
    [
      "records and openings",
      (size) =>
        `"payload":"${statement(size, '"record":"path":"a","start":{"character":1,"line":1}')}" ${'"accepted":{"texts":["'.repeat(size / 22)}`,
    ],
    ["quotes", (size) => `"payload":"AAAA" ${'"'.repeat(size)}`],
    ["escapes", (size) => `"payload":"AAAA" "accepted":{"texts":["${"\\".repeat(size)}`],
    ["white space", (size) => `"payload"${" ".repeat(size)}`],
    ["brackets", (size) => "[".repeat(size)],
    ["short strings", (size) => `"${"abc+/".repeat(79)}"`.repeat(size / 397)],
  ])("grows as its size: %s", (_name, make) => {
    const cost = (size: number): number => {
      const bytes = Buffer.from(make(size), "utf8");
      return handed(() => void salvage(bytes)) / bytes.length;
    };
    // Of each byte, however many there are; 2.5 MB froze this once.
    expect(cost(2_500_000)).toBeLessThan(4);
  });

  it("looks at no more than a batch of claims", () => {
    const record = '"record":"id":"1","path":"a","start":{"character":1,"line":1}';
    const text = `"payload":"${statement(1_000_000, record)}" ${'"accepted":{"texts":["ab"]}'.repeat(20_000)}`;
    expect(salvage(Buffer.from(text))?.claims).toHaveLength(MAX_BATCH_SIZE);
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

/** The same file with other records, whose tree is added up again and signed by the same device. */
function resealed(evidence: string, change: (record: ClaimRecord) => ClaimRecord): string {
  return resigned(evidence, (payload) => {
    const statement: Statement = JSON.parse(payload);
    const claims = statement.predicate.claims.map(({ record, commitments }) => ({
      record: change(record),
      commitments,
    }));
    const hashes = claims.map(({ record, commitments }) => leafHash(record, facts, commitments));
    return canonicalJson({
      ...statement,
      subject: [{ name: "suggestions", digest: { sha256: toDigest(rootOf(hashes)) } }],
      predicate: { ...statement.predicate, claims },
    });
  });
}
