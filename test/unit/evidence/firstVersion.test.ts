import { deflateRawSync, inflateRawSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { signPayload, toEnvelope } from "../../../server/src/evidence/format/envelope";
import type { FirstEvidenceFile } from "../../../server/src/evidence/format/firstVersion/firstEvidenceFile";
import { firstLeafHashing } from "../../../server/src/evidence/format/firstVersion/firstLeaf";
import { FirstStatement } from "../../../server/src/evidence/format/firstVersion/firstStatement";
import { type EvidenceReading, readEvidence } from "../../../server/src/evidence/format/readEvidence";
import type { ClaimRecord } from "../../../server/src/evidence/format/record";
import { rootOf } from "../../../server/src/evidence/format/tree";
import { canonicalJson, prettyCanonicalJson } from "../../../server/src/platform/canonicalJson";
import { toDigest } from "../../../server/src/platform/digests";
import { addressOf, signPersonalMessage } from "../../../server/src/platform/ecdsa";
import { digestOf } from "../../support/digests";
import { sealedInFirst } from "../../support/firstVersion";
import { device, facts, sample, sign } from "../../support/sampleBatch";

const read = (text: string): EvidenceReading => readEvidence(Buffer.from(text, "utf8"));

describe("a file of the first version", () => {
  const suggestions = [sample(), sample({ accepted: "  if (n" })];
  const { evidence, batchRoot: root } = sealedInFirst(suggestions);
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
    const bytes = Buffer.from(sealedInFirst(some).evidence, "utf8");
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
    for (const text of ['{"envelope":{},"openings":{}}', '{"openings":null}']) {
      expect(read(text)).toMatchObject({ kind: "malformed" });
    }
  });

  it.each<[string, (file: FirstEvidenceFile) => unknown, RegExp]>([
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

  it.each<[string, (statement: FirstStatement) => unknown, RegExp]>([
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
    const text = resealedInFirst(evidence, (record) => ({ ...record, ...change(record) }));
    const reading = read(text);
    expect(reading).toMatchObject({ kind: "tampered", reason: expect.stringMatching(reason) });
  });

  it("takes a field that a signer added for one of a newer version, and believes nothing beside it", () => {
    const text = resealedInFirst(evidence, (record) => ({ ...record, replaced: "nonsense" }));
    expect(read(text)).toMatchObject({
      kind: "newer",
      signature: "valid",
      reason: expect.stringMatching(/newer Proofline.*claims\.0\.record\.replaced/),
    });
  });

  it("costs a token that no 32 bits hold its own file, and throws nothing", () => {
    const file: FirstEvidenceFile = JSON.parse(evidence);
    for (const token of [2 ** 32, Number.MAX_SAFE_INTEGER]) {
      const prompts = repack(file.openings.prompts, (json) => json.replace("4711", String(token)));
      expect(prompts).not.toBe(file.openings.prompts);
      const reading = read(prettyCanonicalJson({ ...file, openings: { ...file.openings, prompts } }));
      expect(reading).toMatchObject({ kind: "tampered", signature: "valid" });
    }
  });

  it("knows lines that do not travel by their digests alone", () => {
    const file: FirstEvidenceFile = JSON.parse(evidence);
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
    const file: FirstEvidenceFile = JSON.parse(evidence);
    const bomb = deflateRawSync(Buffer.alloc(20 * 1024 * 1024)).toString("base64");
    const text = prettyCanonicalJson({ ...file, openings: { ...file.openings, prompts: bomb } });
    expect(read(text)).toMatchObject({ kind: "tampered", reason: expect.stringMatching(/unpacked/) });
  });
});

describe("what an attacker signs of the first version", () => {
  const { evidence } = sealedInFirst([sample(), sample({ accepted: "  if (n" })]);
  const original: FirstEvidenceFile = JSON.parse(evidence);
  const payloadOf = ({ envelope }: FirstEvidenceFile): string =>
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
    const parsed = FirstStatement.safeParse(statement);
    if (!parsed.success) {
      return statement;
    }
    const { predicate } = parsed.data;
    const { repositoryId, execution } = predicate;
    const hashes = predicate.claims.map(({ record, commitments }) =>
      firstLeafHashing({ repositoryId, device: predicate.device, execution })(record, commitments),
    );
    return {
      ...parsed.data,
      subject: [{ name: "suggestions", digest: { sha256: toDigest(rootOf(hashes)) } }],
    };
  }
});

function repack(prompts: string | null, change: (json: string) => string): string {
  const json = inflateRawSync(Buffer.from(prompts ?? "", "base64")).toString("utf8");
  return deflateRawSync(change(json)).toString("base64");
}

/** The same file with a changed statement, signed by the same device. */
function resigned(evidence: string, change: (payload: string) => string): string {
  const file: FirstEvidenceFile = JSON.parse(evidence);
  const payload = change(Buffer.from(file.envelope.payload, "base64").toString("utf8"));
  const envelope = toEnvelope(signPayload(Buffer.from(payload, "utf8"), device, sign));
  return prettyCanonicalJson({ ...file, envelope });
}

/** The same file with other records, whose tree is added up again and signed by the same device. */
function resealedInFirst(evidence: string, change: (record: ClaimRecord) => ClaimRecord): string {
  return resigned(evidence, (payload) => {
    const statement: FirstStatement = JSON.parse(payload);
    const claims = statement.predicate.claims.map(({ record, commitments }) => ({
      record: change(record),
      commitments,
    }));
    const hashes = claims.map(({ record, commitments }) => firstLeafHashing(facts)(record, commitments));
    return canonicalJson({
      ...statement,
      subject: [{ name: "suggestions", digest: { sha256: toDigest(rootOf(hashes)) } }],
      predicate: { ...statement.predicate, claims },
    });
  });
}
