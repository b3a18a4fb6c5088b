import { deflateRawSync, inflateRawSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { claimSaltsOf } from "../../../server/src/evidence/format/claimSalts";
import { signPayload, toEnvelope } from "../../../server/src/evidence/format/envelope";
import {
  EvidenceFile,
  MAX_BATCH_LINES,
  type TravellingClaim,
  type TravellingPiece,
} from "../../../server/src/evidence/format/evidenceFile";
import { type EvidenceReading, readEvidence } from "../../../server/src/evidence/format/readEvidence";
import type { BatchFacts } from "../../../server/src/evidence/format/record";
import { salvage } from "../../../server/src/evidence/format/salvage";
import { batchRootOf } from "../../../server/src/evidence/format/sealBatch";
import { SECOND_VERSION } from "../../../server/src/evidence/format/secondVersion";
import { MAX_BATCH_SIZE, Statement } from "../../../server/src/evidence/format/statement";
import { rootOf } from "../../../server/src/evidence/format/tree";
import { canonicalJson, prettyCanonicalJson } from "../../../server/src/platform/canonicalJson";
import { fromDigest, toDigest } from "../../../server/src/platform/digests";
import { addressOf, signPersonalMessage } from "../../../server/src/platform/ecdsa";
import { ProoflineError } from "../../../server/src/platform/errors";
import { digestOf } from "../../support/digests";
import { sealedInFirst } from "../../support/firstVersion";
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
    const { prompts }: EvidenceFile = JSON.parse(evidence);
    expect(prompts).toBeNull();
    expect(evidence).not.toContain(claimSaltsOf(suggestion.salts).prompt);
  });

  it("gives a claim the same leaf whether or not its prompt is open, and whether or not its lines travel", () => {
    const some = [sample(), sample()];
    const leavesOf = (text: string) => {
      const reading = read(text);
      return reading.kind === "intact" ? reading.batch.claims.map(({ leafHash }) => leafHash) : null;
    };
    const { evidence } = sealed(some);
    const leaves = leavesOf(evidence);
    expect(leaves).toHaveLength(2);
    expect(leavesOf(sealed(some, { open: () => false }).evidence)).toEqual(leaves);
    expect(leavesOf(sealed(some, { open: (_, index) => index === 1 }).evidence)).toEqual(leaves);
    expect(leavesOf(withoutLines(evidence))).toEqual(leaves);
  });

  it("takes less than half of what the first version took", () => {
    for (const size of [8, MAX_BATCH_SIZE]) {
      const some = Array.from({ length: size }, (_, line) => sample({ position: { line, character: 0 } }));
      for (const isOpen of [true, false]) {
        const open = () => isOpen;
        const [now, before] = [sealed(some, { open }), sealedInFirst(some, { open })];
        expect(now.evidence.length / before.evidence.length).toBeLessThan(0.5);
      }
    }
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
    expect(evidence.length).toBeLessThan(200_000);
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
    for (const text of ["", "{}", "null", '{"claims":[],"envelope":{},"prompts":null}', "\uFEFF{}"]) {
      expect(read(text)).toMatchObject({ kind: "malformed" });
    }
  });

  it.each<[string, Change, RegExp]>([
    [
      "another signer's name",
      ({ envelope, ...rest }) => ({
        ...rest,
        envelope: {
          ...envelope,
          signatures: [{ ...envelope.signatures[0], keyid: `0x${"12".repeat(20)}` }],
        },
      }),
      /signature/,
    ],
    ["another accepted text", ofPieces(() => ({ accepted: "  if" })), /do not add up/],
    ["another path", ofPieces(() => ({ path: "src/other.ts" })), /do not add up/],
    ["another place", ofPieces(({ start }) => ({ start: { ...start, line: 7 } })), /do not add up/],
    ["other lines", ofPieces(() => ({ lines: "  if (m" })), /do not add up/],
    ["another count of copies", ofPieces(() => ({ copies: 2 })), /do not add up/],
    ["nothing of what stood before", ofPieces(() => ({ before: null })), /do not add up/],
    ["nothing of the surroundings", ofPieces(() => ({ surroundings: null })), /do not add up/],
    ["another displayed text", ofClaims(() => ({ displayed: "  if (n < 3" })), /do not add up/],
    [
      "another id",
      ofClaims(({ id }) => ({ id: id.startsWith("0") ? `1${id.slice(1)}` : `0${id.slice(1)}` })),
      /do not add up/,
    ],
    ["another salt", ofClaims(() => ({ salt: digestOf("00") })), /do not add up/],
    ["another trim chain", ofClaims(() => ({ trim: "trim/v9" })), /do not add up/],
    ["no trim chain", ofClaims(() => ({ trim: null })), /not of its kind/],
    ["no displayed text", ofClaims(() => ({ displayed: null })), /not of its kind/],
    [
      "one claim less",
      ({ claims, ...rest }) => ({ ...rest, claims: claims.slice(1) }),
      /numbers of suggestions/,
    ],
    [
      "claims in another order",
      ({ claims, ...rest }) => ({ ...rest, claims: claims.toReversed() }),
      /do not (add up|belong)/,
    ],
    [
      "another prompt",
      ({ prompts, ...rest }) => ({
        ...rest,
        prompts: repack(prompts, (json) => json.replaceAll("function fib", "function fob")),
      }),
      /do not add up/,
    ],
    [
      "bytes after the compressed prompts",
      ({ prompts, ...rest }) => ({
        ...rest,
        prompts: Buffer.concat([Buffer.from(prompts ?? "", "base64"), Buffer.alloc(3)]).toString("base64"),
      }),
      /after the compressed prompts/,
    ],
    [
      "prompts that are all closed",
      ({ claims, ...rest }) => ({
        ...rest,
        claims,
        prompts: deflateRawSync(canonicalJson(claims.map(() => null))).toString("base64"),
      }),
      /opened prompts/,
    ],
    ["prompts taken away", (file) => ({ ...file, prompts: null }), /opened prompts/],
    [
      "a prompt that is open and sealed",
      ofClaims(() => ({ sealed: { digest: digestOf("00"), tokens: 3 } })),
      /opened prompts/,
    ],
  ])("finds %s", (_name, change, reason) => {
    const reading = read(prettyCanonicalJson(change(JSON.parse(evidence))));
    if (reading.kind !== "tampered") {
      throw new Error(`read as ${reading.kind}`);
    }
    expect(reading.reason).toMatch(reason);
    // What a device signed is a root: nobody can tell whether it signed what does not add up to it.
    expect(reading.signature).toBe("invalid");
    expect(reading.batch?.claims.length).toBeGreaterThan(0);
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

  it.each<[string, Change, RegExp]>([
    [
      "place beyond its lines",
      ofPieces(({ end }) => ({ end: { ...end, character: 9999 } })),
      /beyond its line/,
    ],
    ["place without text", ofPieces(({ start }) => ({ end: start, lines: "  if (n" })), /holds no text/],
    ["number of lines", ofPieces(({ lines }) => ({ lines: `${String(lines)}\n` })), /number of lines/],
    ["accepted text", ofPieces(() => ({ accepted: "something else" })), /does not begin/],
    ["line ends", ofClaims(({ displayed }) => ({ displayed: `${displayed}\r\n` })), /carriage return/],
    ["number of pieces", ofClaims(({ pieces }) => ({ pieces: [...pieces, ...pieces] })), /does not begin/],
    ["ids", ofClaims(() => ({ id: "ab".repeat(16) })), /same id/],
  ])("refuses a signer's false %s", (_name, change, reason) => {
    const reading = read(resealed(evidence, change));
    expect(reading).toMatchObject({ kind: "tampered", reason: expect.stringMatching(reason) });
  });

  it("has the signature for valid where what was signed adds up, and contradicts itself", () => {
    const text = resealed(
      evidence,
      ofPieces(() => ({ accepted: "something else" })),
    );
    expect(read(text)).toMatchObject({ kind: "tampered", signature: "valid" });
  });

  it("takes a field that a signer added to the statement for one of a newer version, and none beside it", () => {
    const later = resigned(evidence, (text) => text.replace('"sequence":3', '"sequence":3,"since":4'));
    expect(read(later)).toMatchObject({
      kind: "newer",
      signature: "valid",
      reason: expect.stringMatching(/newer Proofline.*the field since/),
    });
    expect(
      read(
        resealed(
          evidence,
          ofClaims(() => ({ replaced: "nonsense" })),
        ),
      ),
    ).toMatchObject({
      kind: "malformed",
      signature: "invalid",
    });
  });

  it("is told of the next version by whoever signed it, whatever shape it has", () => {
    const next = resigned(evidence, (text) => text.replace("suggestions:v2", "suggestions:v3"));
    const { envelope }: EvidenceFile = JSON.parse(next);
    for (const text of [
      next,
      prettyCanonicalJson({ envelope, openings: 1 }),
      prettyCanonicalJson({ envelope }),
    ]) {
      expect(read(text)).toMatchObject({ kind: "newer", signature: "valid" });
    }
  });

  it("takes no statement of one version in a file of the other", () => {
    const { envelope: firstEnvelope, openings } = JSON.parse(sealedInFirst(suggestions).evidence);
    const { envelope, claims, prompts }: EvidenceFile = JSON.parse(evidence);
    for (const [file, signature] of [
      [{ envelope: firstEnvelope, claims, prompts }, "invalid"],
      [{ envelope, openings }, "valid"],
    ] as const) {
      expect(read(prettyCanonicalJson(file))).toMatchObject({ kind: "tampered", signature });
    }
    expect(read(prettyCanonicalJson({ envelope, openings, claims, prompts })).kind).toBe("malformed");
  });

  it("refuses more lines than a batch can have before it hashes any", () => {
    const changed = ofPieces(() => ({ lines: "\n".repeat(MAX_BATCH_LINES) }))(JSON.parse(evidence));
    expect(read(prettyCanonicalJson(changed))).toMatchObject({
      kind: "tampered",
      reason: expect.stringMatching(/more lines/),
    });
    const displayed = `${"x\n".repeat(MAX_BATCH_LINES / 4)}x`;
    const long = Array.from({ length: 4 }, () => sample({ displayed }));
    expect(() => sealed(long)).toThrow(/larger/);
    expect(read(sealed(long.slice(1)).evidence).kind).toBe("intact");
  });

  it("costs a token that no 32 bits hold its own file, and throws nothing", () => {
    const file: EvidenceFile = JSON.parse(evidence);
    for (const token of [2 ** 32, Number.MAX_SAFE_INTEGER]) {
      const prompts = repack(file.prompts, (json) => json.replace("4711", String(token)));
      expect(prompts).not.toBe(file.prompts);
      expect(read(prettyCanonicalJson({ ...file, prompts }))).toMatchObject({ kind: "tampered" });
    }
  });

  it("knows lines that do not travel by their digests alone", () => {
    const reading = read(withoutLines(evidence));
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
    const text = prettyCanonicalJson({ ...file, prompts: bomb });
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

  it("is never read as another text than was sealed, whatever of the statement is changed and signed again", () => {
    const places = placesIn(JSON.parse(payloadOf(original)));
    fc.assert(
      fc.property(
        fc.constantFrom(...places),
        instead,
        fc.constantFrom("device" as const, "attacker" as const),
        (place, by, signer) => {
          const statement = changed(JSON.parse(payloadOf(original)), place, by);
          const named =
            signer === "attacker" ? changed(statement, ["predicate", "device"], attacker) : statement;
          const payload = canonicalJson(named ?? null);
          const reading = read(prettyCanonicalJson({ ...original, envelope: signAs(payload, signer) }));
          expect(reading.kind).not.toBe("malformed");
          if (reading.kind === "intact") {
            expect(claimed(reading)).toEqual(expected);
            // Whoever signs it for another device has to add up all leaves anew.
            expect(reading.batch.device).toBe(device);
          } else {
            expect(reading.reason).toMatch(/^[A-Z].*\.$/s);
          }
        },
      ),
      { numRuns: 400, seed: 7 },
    );
  });

  it("says what the file says, or nothing, where claims are changed, added up and signed again", () => {
    const places = placesIn(original.claims);
    const textsOf = (
      claims: readonly { displayed: string | null; pieces: readonly { accepted: string }[] }[],
    ) => claims.map(({ displayed, pieces }) => [displayed, ...pieces.map(({ accepted }) => accepted)]);
    let intact = 0;
    fc.assert(
      fc.property(fc.constantFrom(...places), instead, (place, by) => {
        const file = EvidenceFile.safeParse({ ...original, claims: changed(original.claims, place, by) });
        if (file.success) {
          const reading = read(resealed(evidence, () => file.data));
          if (reading.kind === "intact") {
            intact += 1;
            expect(textsOf(reading.batch.claims)).toEqual(textsOf(file.data.claims));
          } else {
            expect(reading.kind).toBe("tampered");
          }
        }
      }),
      { numRuns: 1000, seed: 10 },
    );
    // Whatever a device says of itself it can sign: its id, its trim chain, what stood before.
    expect(intact).toBeGreaterThan(0);
  });

  it("is never read as anything else where anything of the file is changed", () => {
    const places = placesIn(original);
    fc.assert(
      fc.property(fc.constantFrom(...places), instead, (place, by) => {
        const reading = read(prettyCanonicalJson(changed(original, place, by) ?? null));
        if (reading.kind === "intact") {
          expect(reading).toEqual(honestReading);
        }
      }),
      { numRuns: 1000, seed: 8 },
    );
  });

  it("is never read as another prompt where the opened prompts are changed", () => {
    const json = inflateRawSync(Buffer.from(original.prompts ?? "", "base64")).toString("utf8");
    const places = placesIn(JSON.parse(json));
    fc.assert(
      fc.property(fc.constantFrom(...places), instead, (place, by) => {
        const text = canonicalJson(changed(JSON.parse(json), place, by) ?? null);
        const prompts = deflateRawSync(text).toString("base64");
        const reading = read(prettyCanonicalJson({ ...original, prompts }));
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

type Change = (file: EvidenceFile) => object;

/** Changes each claim of a file. */
function ofClaims(change: (claim: TravellingClaim) => object): Change {
  return ({ claims, ...rest }) => ({
    ...rest,
    claims: claims.map((claim) => ({ ...claim, ...change(claim) })),
  });
}

/** Changes each piece of a file. */
function ofPieces(change: (piece: TravellingPiece) => object): Change {
  return ofClaims(({ pieces }) => ({ pieces: pieces.map((piece) => ({ ...piece, ...change(piece) })) }));
}

/** The same file with other claims, whose tree is added up again and signed by the same device. */
function resealed(evidence: string, change: Change): string {
  const changed = change(JSON.parse(evidence));
  const file = EvidenceFile.safeParse(changed);
  return resigned(prettyCanonicalJson(changed), (payload) => {
    const statement = Statement.parse(JSON.parse(payload));
    const size = file.data?.claims.length ?? 1;
    const predicate = { ...statement.predicate, tree: { ...statement.predicate.tree, size } };
    const sha256 = file.success ? rootIn(file.data, { ...statement, predicate }) : null;
    const subject = sha256 === null ? statement.subject : [{ name: "suggestions", digest: { sha256 } }];
    return canonicalJson({ ...statement, predicate, subject });
  });
}

/** The root of a file's claims; `null` where they have none. */
function rootIn(file: EvidenceFile, statement: Statement): string | null {
  try {
    const { claims } = SECOND_VERSION.formOf(file, statement);
    return toDigest(rootOf(claims.map(({ leafHash }) => leafHash)));
  } catch (error) {
    expect(error).toBeInstanceOf(ProoflineError);
    return null;
  }
}

/** The same file with the digests of its lines alone. */
function withoutLines(evidence: string): string {
  const reading = read(evidence);
  const records = reading.kind === "intact" ? reading.batch.claims.map(({ record }) => record) : [];
  const { claims, ...rest }: EvidenceFile = JSON.parse(evidence);
  return prettyCanonicalJson({
    ...rest,
    claims: claims.map((claim, index) => ({
      ...claim,
      pieces: claim.pieces.map((piece, at) => ({ ...piece, lines: records[index]?.pieces[at]?.lines })),
    })),
  });
}
