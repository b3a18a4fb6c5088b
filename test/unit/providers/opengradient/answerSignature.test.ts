import { constants, createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Digest } from "../../../../server/src/platform/primitives";
import { AnswerFlaw } from "../../../../server/src/providers/attestation/answerFlaw";
import {
  enclaveName,
  measurementHash,
  messageHash,
  textHash,
} from "../../../../server/src/providers/opengradient/answerHashes";
import { isSignedBy, readSigningKey } from "../../../../server/src/providers/opengradient/answerSignature";

const fixture = join(import.meta.dirname, "../../../fixtures/opengradient/signedAnswer.json");
const vectors = JSON.parse(readFileSync(fixture, "utf8"));
const [answer] = vectors.responses;
const der = createPublicKey(vectors.signing_key_spki_pem).export({ format: "der", type: "spki" });
const signature = Buffer.from(answer.tee_signature, "base64");
const message = messageHash(
  Digest.parse(answer.tee_request_hash),
  Digest.parse(answer.tee_output_hash),
  answer.tee_timestamp,
);

describe("the published formulas", () => {
  it("give the hashes of the vector", () => {
    expect(textHash(answer.canonical_request_json)).toBe(answer.tee_request_hash);
    expect(textHash(answer.output_content)).toBe(answer.tee_output_hash);
    expect(`0x${Buffer.from(message).toString("hex")}`).toBe(answer.msg_hash);
    expect(enclaveName(der)).toBe(vectors.tee_id);
  });

  it("give the hash of the measurements that OpenGradient published", () => {
    const registers = [vectors.pcr.PCR0, vectors.pcr.PCR1, vectors.pcr.PCR2];
    expect(measurementHash(registers.map((hex) => Buffer.from(hex, "hex")))).toBe(vectors.pcr.pcrHash);
  });
});

describe("isSignedBy", () => {
  it("takes the vector's signature, and no other byte in it or in what it is over", () => {
    const key = readSigningKey(der);
    expect(isSignedBy(key, message, signature)).toBe(true);
    for (const [index] of signature.entries()) {
      expect(isSignedBy(key, message, flipped(signature, index))).toBe(false);
    }
    for (const [index] of message.entries()) {
      expect(isSignedBy(key, flipped(message, index), signature)).toBe(false);
    }
    for (const other of [Buffer.of(), signature.subarray(1), Buffer.concat([signature, Buffer.of(0)])]) {
      expect(isSignedBy(key, message, other)).toBe(false);
    }
  });

  it("takes no other salt, and no signature of another kind", () => {
    const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const padding = constants.RSA_PKCS1_PSS_PADDING;
    for (const [options, expected] of [
      [{ padding, saltLength: 32 }, true],
      [{ padding, saltLength: 20 }, false],
      [{ padding, saltLength: 0 }, false],
      [{ padding: constants.RSA_PKCS1_PADDING }, false],
    ] as const) {
      const made = sign("sha256", message, { key: privateKey, ...options });
      expect(isSignedBy(publicKey, message, made)).toBe(expected);
    }
  });
});

describe("readSigningKey", () => {
  it("refuses keys of another size or kind, and bytes around one", () => {
    const spki = { format: "der", type: "spki" } as const;
    const others = [
      generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey.export(spki),
      generateKeyPairSync("rsa", { modulusLength: 3072 }).publicKey.export(spki),
      generateKeyPairSync("rsa-pss", { modulusLength: 2048 }).publicKey.export(spki),
      generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export(spki),
      Buffer.concat([der, Buffer.of(0)]),
      der.subarray(0, -1),
      Buffer.of(),
    ];
    for (const other of others) {
      expect(() => readSigningKey(other)).toThrow(AnswerFlaw);
    }
  });

  it("throws nothing but its own refusals", () => {
    const place = fc.nat({ max: der.length - 1 });
    fc.assert(
      fc.property(place, fc.nat({ max: 255 }), (index, byte) => {
        const changed = Buffer.from(der);
        changed[index] = byte;
        try {
          readSigningKey(changed);
        } catch (error) {
          expect(error).toBeInstanceOf(AnswerFlaw);
        }
      }),
      { numRuns: 300 },
    );
  });
});

function flipped(bytes: Uint8Array, index: number): Buffer {
  const changed = Buffer.from(bytes);
  changed[index] = (changed[index] ?? 0) ^ 1;
  return changed;
}
