import { secp256k1 } from "@noble/curves/secp256k1.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { JAVASCRIPT } from "../../../server/src/platform/ecdsa";
import { wasmArithmetic } from "../../../server/src/platform/wasmArithmetic";

const bytes = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });
const recovery = fc.constantFrom<0 | 1>(0, 1);

describe("WebAssembly computes what JavaScript computes", () => {
  it("of hashes", async () => {
    const wasm = await wasmArithmetic();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 700 }), (message) => {
        expect(Buffer.from(wasm.keccak256(message))).toEqual(Buffer.from(JAVASCRIPT.keccak256(message)));
      }),
    );
  });

  it("of signatures that a key made", async () => {
    const wasm = await wasmArithmetic();
    fc.assert(
      fc.property(bytes(48), bytes(32), recovery, (seed, hash, bit) => {
        const key = secp256k1.utils.randomSecretKey(seed);
        const signature = secp256k1.sign(hash, key, { prehash: false });
        expect(wasm.recover(hash, signature, bit)).toEqual(JAVASCRIPT.recover(hash, signature, bit));
      }),
      { numRuns: 40 },
    );
  });

  it("of bytes that nobody signed", async () => {
    const wasm = await wasmArithmetic();
    const half = fc.oneof(
      bytes(32),
      fc
        .constantFrom(0n, 1n, secp256k1.Point.CURVE().n - 1n, secp256k1.Point.CURVE().n, 2n ** 256n - 1n)
        .map((number) => Buffer.from(number.toString(16).padStart(64, "0"), "hex")),
    );
    fc.assert(
      fc.property(bytes(32), half, half, recovery, (hash, r, s, bit) => {
        const signature = Buffer.concat([r, s]);
        expect(wasm.recover(hash, signature, bit)).toEqual(JAVASCRIPT.recover(hash, signature, bit));
      }),
      { numRuns: 200 },
    );
  });
});
