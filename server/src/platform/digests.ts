import { hash } from "node:crypto";
import type { Digest } from "./primitives";

/** SHA-256 (FIPS 180-4) over the concatenation of the parts; strings count as their UTF-8 bytes. */
export function sha256(...parts: readonly (Uint8Array | string)[]): Buffer {
  return hash("sha256", joined(parts), "buffer");
}

/** The same as a `Digest`. */
export function sha256Digest(...parts: readonly (Uint8Array | string)[]): Digest {
  // Digests are made by the hundred thousand; their form needs no check here.
  return hash("sha256", joined(parts), "hex") as Digest;
}

function joined(parts: readonly (Uint8Array | string)[]): Uint8Array {
  const [first] = parts;
  return parts.length === 1 && first !== undefined && typeof first !== "string"
    ? first
    : Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part, "utf8") : part)));
}

/** 32 bytes as a `Digest`; any other number of bytes is refused. */
export function toDigest(bytes: Uint8Array): Digest {
  if (bytes.length !== 32) {
    throw new RangeError(`a digest has 32 bytes, not ${bytes.length}`);
  }
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex") as Digest;
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
