import { randomBytes } from "node:crypto";
import { toDigest } from "../../server/src/platform/digests";
import { Digest } from "../../server/src/platform/primitives";

/** A digest that can be told from others at a glance: the same two hex digits 32 times. */
export function digestOf(byte: string): Digest {
  return Digest.parse(byte.repeat(32));
}

/** A digest of nothing in particular. */
export function randomDigest(): Digest {
  return toDigest(randomBytes(32));
}
