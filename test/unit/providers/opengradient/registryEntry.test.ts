import * as fc from "fast-check";
import { toBytes, toHex } from "viem";
import { beforeAll, describe, expect, it } from "vitest";
import { AnswerFlaw } from "../../../../server/src/providers/attestation/answerFlaw";
import {
  decodeRegistryEntry,
  objectionToEntry,
} from "../../../../server/src/providers/opengradient/registryEntry";
import {
  ENTRY_ENDPOINT,
  ENTRY_PAYEE,
  keccak,
  MEASUREMENTS,
  newEnclave,
  REGISTERED_AT,
  registryEntry,
  type StandInEnclave,
} from "../../../support/standInEnclave";

let enclave: StandInEnclave;
beforeAll(() => {
  enclave = newEnclave();
});

describe("decodeRegistryEntry", () => {
  it.each([10, 11] as const)("reads an entry of %i fields", (fields) => {
    const entry = decodeRegistryEntry(registryEntry(enclave, { fields }));
    expect(entry).toEqual({
      payee: ENTRY_PAYEE,
      endpoint: ENTRY_ENDPOINT,
      signingKey: Uint8Array.from(enclave.signingKey),
      tlsCertificate: Uint8Array.from(enclave.tlsCertificate),
      measurementHash: toHex(keccak(...MEASUREMENTS)),
      type: 0,
      isEnabled: true,
      registeredAt: REGISTERED_AT,
    });
    expect(objectionToEntry(entry, enclave.name)).toBeNull();
  });

  it("says what does not fit", () => {
    const entry = decodeRegistryEntry(registryEntry(enclave, { type: 1 }));
    expect(objectionToEntry(entry, enclave.name)).toMatch("does not relay");
    expect(objectionToEntry(entry, newEnclave().name)).toMatch("another enclave's");
  });

  it("refuses another layout, an entry that was cut, and one that is too long", () => {
    const data = registryEntry(enclave);
    const twelve = Buffer.from(toBytes(data));
    twelve.writeUInt16BE(0x180, 126);
    for (const other of ["0x", toHex(twelve), data.slice(0, 1_000), `0x${"00".repeat(70_000)}`]) {
      expect(() => decodeRegistryEntry(other as `0x${string}`)).toThrow(AnswerFlaw);
    }
  });

  it("throws nothing but its own refusals", () => {
    const data = toBytes(registryEntry(enclave, { fields: 11 }));
    fc.assert(
      fc.property(
        fc.nat({ max: data.length - 1 }),
        fc.uint8Array({ minLength: 1, maxLength: 32 }),
        (at, bytes) => {
          const changed = Buffer.from(data);
          changed.set(bytes.subarray(0, changed.length - at), at);
          try {
            decodeRegistryEntry(toHex(changed));
          } catch (error) {
            expect(error).toBeInstanceOf(AnswerFlaw);
          }
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
