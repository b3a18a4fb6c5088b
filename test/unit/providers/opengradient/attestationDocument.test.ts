import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { Digest } from "../../../../server/src/platform/primitives";
import { AnswerFlaw } from "../../../../server/src/providers/attestation/answerFlaw";
import { AWS_NITRO_ROOT, attestedKey } from "../../../../server/src/providers/opengradient/attestationChain";
import {
  bindsSigningKey,
  bindsTlsCertificate,
  isDebugEnclave,
  isDocumentSignedBy,
  MAX_DOCUMENT_BYTES,
  measurementHashOf,
  readAttestationDocument,
} from "../../../../server/src/providers/opengradient/attestationDocument";
import { readCbor } from "../../../../server/src/providers/opengradient/cbor";
import {
  attestation,
  keccak,
  MEASUREMENTS,
  newEnclave,
  REGISTERED_AT,
  type StandInEnclave,
} from "../../../support/standInEnclave";

const fixture = join(import.meta.dirname, "../../../fixtures/opengradient/nitroDocument.b64");
const real = Buffer.from(readFileSync(fixture, "utf8"), "base64");
const MADE_AT = Date.parse("2026-02-12T17:56:02Z");

/** Whether a document holds: `false` where one of its own refusals says why not. */
async function holds(bytes: Uint8Array, at: number, root: string = AWS_NITRO_ROOT): Promise<boolean> {
  try {
    const document = readAttestationDocument(bytes);
    return isDocumentSignedBy(await attestedKey(document, at, Digest.parse(root)), document);
  } catch (error) {
    expect(error).toBeInstanceOf(AnswerFlaw);
    return false;
  }
}

describe("a real document of an OpenGradient enclave", () => {
  it("holds at the time at which it was made, and for the three hours of its certificate", async () => {
    const document = readAttestationDocument(real);
    expect(new Date(document.timestamp).toISOString()).toBe("2026-02-12T17:56:02.724Z");
    expect(measurementHashOf(document)).toBe(
      "0x8082af22571613eabd5dad9c7e857c4f16154ded3d387386d8193b53906f6a24",
    );
    expect(isDebugEnclave(document)).toBe(false);
    expect(await holds(real, MADE_AT)).toBe(true);
    expect(await holds(real, MADE_AT + 2 * 3_600_000)).toBe(true);
    expect(await holds(Buffer.concat([Buffer.of(0xd2), real]), MADE_AT)).toBe(true);
  });

  it.each(["2026-02-12T14:00:00Z", "2026-02-12T22:00:00Z", "2026-06-01T00:00:00Z"])(
    "does not hold at %s, and says until when it did",
    async (time) => {
      expect(await holds(real, Date.parse(time))).toBe(false);
      const judged = attestedKey(readAttestationDocument(real), Date.parse(time));
      await expect(judged).rejects.toThrow(/^its certificate was valid from 2026-02-12T.* to 2026-02-12T/);
    },
  );

  it("does not hold under another root", async () => {
    await expect(holds(real, MADE_AT, "a".repeat(64))).resolves.toBe(false);
  });

  it("holds with no other bit anywhere", async () => {
    // All around the payload, where one could be changed and nothing be the wiser; samples of the rest.
    const around = [
      ...Array(24).keys(),
      ...Array.from({ length: 100 }, (_, index) => real.length - 1 - index),
    ];
    const within = fc.sample(fc.nat({ max: real.length - 1 }), { numRuns: 400, seed: 12 });
    for (const index of new Set([...around, ...within])) {
      for (const bit of index < 24 ? [1, 2, 4, 8, 16, 32, 64, 128] : [1 << (index % 8)]) {
        const changed = Buffer.from(real);
        changed[index] = (changed[index] ?? 0) ^ bit;
        expect(await holds(changed, MADE_AT), `byte ${index}, bit ${bit}`).toBe(false);
      }
    }
  });

  it("holds neither cut nor with more", async () => {
    for (const length of [0, 1, 100, real.length - 1]) {
      expect(await holds(real.subarray(0, length), MADE_AT)).toBe(false);
    }
    expect(await holds(Buffer.concat([real, Buffer.of(0)]), MADE_AT)).toBe(false);
    expect(await holds(Buffer.alloc(MAX_DOCUMENT_BYTES + 1), MADE_AT)).toBe(false);
  });
});

describe("a document of a stand-in", () => {
  let enclave: StandInEnclave;
  let other: StandInEnclave;
  beforeAll(() => {
    enclave = newEnclave();
    other = newEnclave();
  });

  it("holds under its own root alone, and binds the enclave's keys and no others", async () => {
    const { document: bytes, root } = attestation(enclave);
    expect(await holds(bytes, REGISTERED_AT * 1000, root)).toBe(true);
    expect(await holds(bytes, REGISTERED_AT * 1000)).toBe(false);
    expect(await holds(bytes, REGISTERED_AT * 1000, attestation(enclave).root)).toBe(false);
    const document = readAttestationDocument(bytes);
    expect(bindsSigningKey(document, enclave.signingKey)).toBe(true);
    expect(bindsSigningKey(document, other.signingKey)).toBe(false);
    expect(bindsTlsCertificate(document, enclave.tlsCertificate)).toBe(true);
    expect(bindsTlsCertificate(document, other.tlsCertificate)).toBe(false);
    expect(measurementHashOf(document)).toBe(`0x${keccak(...MEASUREMENTS).toString("hex")}`);
  });

  it("tells a debug enclave by its measurements", () => {
    const measurements = [0, 0, 0].map((byte) => Buffer.alloc(48, byte));
    const { document } = attestation(enclave, { measurements });
    expect(isDebugEnclave(readAttestationDocument(document))).toBe(true);
  });

  it("does not hold before or after its certificate", async () => {
    const { document, root } = attestation(enclave);
    expect(await holds(document, (REGISTERED_AT - 3_601) * 1000, root)).toBe(false);
    expect(await holds(document, (REGISTERED_AT + 7_201) * 1000, root)).toBe(false);
  });
});

describe("readCbor", () => {
  it.each([
    ["bf616101ff", new Map([["a", 1]])],
    [
      "a2010220f6",
      new Map<number, unknown>([
        [1, 2],
        [-1, null],
      ]),
    ],
    ["8443010203f4f56161", [Buffer.of(1, 2, 3), false, true, "a"]],
    ["1b0000019c52fee624", 1_770_918_962_724],
  ])("reads %s", (hex, expected) => {
    expect(readCbor(Buffer.from(hex, "hex"))).toEqual(expected);
  });

  it.each([
    ["nothing", ""],
    ["two values", "0101"],
    ["a key that comes twice", "a201010102"],
    ["a key that is neither text nor number", "a1f601"],
    ["a map without its end", "bf6161"],
    ["a list of indefinite length", "9f01ff"],
    ["bytes in pieces", "5f4101ff"],
    ["a tag", "c100"],
    ["a float", "f93c00"],
    ["a simple value in two bytes", "f814"],
    ["a text that is not UTF-8", "61ff"],
    ["a number beyond what JavaScript holds", "1bffffffffffffffff"],
    ["a length beyond the end", "5affffffff"],
    ["a list longer than the rest", "9affffffff00"],
    ["too many levels", `${"81".repeat(20)}01`],
    ["a reserved length", "1c"],
  ])("refuses %s", (_, hex) => {
    expect(() => readCbor(Buffer.from(hex, "hex"))).toThrow(AnswerFlaw);
  });

  it("throws nothing but its own refusals, and takes no time over lengths that are not there", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          readCbor(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(AnswerFlaw);
        }
      }),
      { numRuns: 5_000 },
    );
  });
});
