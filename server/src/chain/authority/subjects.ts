import * as z from "zod";
import { sha256Digest } from "../../platform/digests";
import { Address, Digest } from "../../platform/primitives";

/** What an authority speaks of. */
export const SUBJECT_KINDS = ["model", "device", "environment", "verifier"] as const;
export const SubjectKind = z.enum(SUBJECT_KINDS);
export type SubjectKind = z.infer<typeof SubjectKind>;

/**
 * One of them. `id`: of a model the manifest digest of its pin, of an environment its digest, of a device and a verifier the address of
 * the key.
 */
export const Subject = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.enum(["model", "environment"]), id: Digest }),
  z.strictObject({ kind: z.enum(["device", "verifier"]), id: Address }),
]);
export type Subject = z.infer<typeof Subject>;

/** Names a subject among all. */
export function subjectKey({ kind, id }: Subject): string {
  return `${kind} ${id}`;
}

/**
 * How an authority denies a subject. `lost`: what is anchored from then on does not count. `compromised`: nothing counts, nor ever did,
 * unless the authority attests since when.
 */
export const DENIALS = ["lost", "compromised"] as const;
export type Denial = (typeof DENIALS)[number];

const TAGS: Readonly<Record<Denial, string>> = {
  lost: "proofline/v1/revoke",
  compromised: "proofline/v1/compromise",
};

/**
 * What an authority passes to EAS's `revokeOffchain` to deny a subject: SHA-256(tag ‖ 0x00 ‖ kind ‖ 0x00 ‖ id), all in UTF-8, the id in
 * its one spelling. Whether that was done, and when, stands in one storage slot, which can be proved either way.
 */
export function denialDigest({ kind, id }: Subject, denial: Denial): Digest {
  return sha256Digest(Buffer.from([TAGS[denial], kind, id].join("\0")));
}
