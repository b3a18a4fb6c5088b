import { createHash } from "node:crypto";
import { Digest } from "./primitives";

/** SHA-256 (FIPS 180-4) over the concatenation of the parts; strings count as their UTF-8 bytes. */
export function sha256(...parts: readonly (Uint8Array | string)[]): Buffer {
  const hash = createHash("sha256");
  for (const part of parts) {
    hash.update(part);
  }
  return hash.digest();
}

/** 32 bytes as a `Digest`; any other number of bytes is refused. */
export function toDigest(bytes: Uint8Array): Digest {
  return Digest.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex"));
}

/** The 32 bytes behind a `Digest`. */
export function fromDigest(digest: Digest): Buffer {
  return Buffer.from(digest, "hex");
}

/** An unsigned 32-bit number, most significant byte first. */
export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
