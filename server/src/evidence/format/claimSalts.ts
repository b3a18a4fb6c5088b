import { randomBytes } from "node:crypto";
import * as z from "zod";
import { toDigest } from "../../platform/digests";
import { Digest } from "../../platform/primitives";
import { FieldDigests } from "./claimValues";

/**
 * What hides a claim's values, 32 random bytes each. `texts` travels with every claim: it is the salt of `displayed` and `accepted`, and the
 * salts of lines derive from it. Of `prompt` derive the salts of all other fields; it travels with the opened prompt alone, and
 * nothing that travels without it leads to it.
 */
export const ClaimSalts = z.strictObject({ texts: Digest, prompt: Digest });
export type ClaimSalts = z.infer<typeof ClaimSalts>;

/** Fresh ones for one claim. */
export function newSalts(): ClaimSalts {
  return { texts: toDigest(randomBytes(32)), prompt: toDigest(randomBytes(32)) };
}

/**
 * The salts as journal and vault hold them. Those of the format's first version are a random one for each field: what was sealed
 * with them can only be opened by all of them, so they are kept as they are.
 */
export const KeptSalts = {
  replayable: z.union([ClaimSalts, FieldDigests.replayable]),
  attested: z.union([ClaimSalts, FieldDigests.attested]),
} as const;
export type KeptSalts = z.infer<(typeof KeptSalts)[keyof typeof KeptSalts]>;

/** The salts to seal a claim with. Of a claim that was accepted under the first version, two of its random ones do. */
export function claimSaltsOf(kept: KeptSalts): ClaimSalts {
  if ("texts" in kept) {
    return kept;
  }
  return { texts: kept.accepted, prompt: "promptPath" in kept ? kept.promptPath : kept.request };
}
