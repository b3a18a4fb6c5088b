import { canonicalJson } from "../../platform/canonicalJson";
import { fromDigest, sha256, toDigest } from "../../platform/digests";
import type { Digest } from "../../platform/primitives";
import type { ExecutionProfile } from "../../protocol/executionProfile";
import type { Prompt, Sampling } from "../suggestion";

export interface SeedParameters {
  readonly prompt: Prompt;
  readonly manifestDigest: Digest;
  readonly profile: ExecutionProfile;
  readonly sampling: Sampling;
  readonly ordinal: number;
}

/**
 * The seed of a suggestion: derived, so that nobody chooses it.
 *
 *     SHA-256( "proofline/seed/v1" ‖ 0x00
 *            ‖ SHA-256(canonical JSON of the prompt)
 *            ‖ manifest digest (32 bytes)
 *            ‖ SHA-256(profile, UTF-8)
 *            ‖ SHA-256(canonical JSON of the sampling)
 *            ‖ ordinal (8 bytes, big-endian) )
 *
 * Canonical JSON is RFC 8785 in UTF-8. Every part has a fixed length, so no two inputs give the same bytes.
 */
export function seedOf({ prompt, manifestDigest, profile, sampling, ordinal }: SeedParameters): Digest {
  const count = Buffer.alloc(8);
  count.writeBigUInt64BE(BigInt(ordinal));
  return toDigest(
    sha256(
      "proofline/seed/v1\0",
      sha256(canonicalJson(prompt)),
      fromDigest(manifestDigest),
      sha256(profile),
      sha256(canonicalJson(sampling)),
      count,
    ),
  );
}
