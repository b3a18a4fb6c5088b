import { instantiateSecp256k1 } from "@bitauth/libauth/build/lib/crypto/secp256k1.js";
import { createKeccak } from "hash-wasm";
import type { Arithmetic } from "./ecdsa";

/**
 * The same in WebAssembly, with Bitcoin Core's libsecp256k1: some ten times as fast. Its modules lie inside of their packages, so
 * that nothing is fetched or read for it.
 */
export async function wasmArithmetic(): Promise<Arithmetic> {
  const [keccak, curve] = await Promise.all([createKeccak(256), instantiateSecp256k1()]);
  return {
    keccak256: (message) => keccak.init().update(message).digest("binary"),
    recover(hash, signature, recovery) {
      const point = curve.recoverPublicKeyUncompressed(signature, recovery, hash);
      return typeof point === "string" ? null : point;
    },
  };
}
