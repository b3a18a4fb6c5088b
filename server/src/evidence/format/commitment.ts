import { randomBytes } from "node:crypto";
import { fromDigest, sha256, sha256Digest, toDigest, uint32 } from "../../platform/digests";
import { ProoflineError } from "../../platform/errors";
import type { Digest } from "../../platform/primitives";
import {
  type ClaimValues,
  COMMITTED_FIELDS,
  type CommittedField,
  encodeFields,
  type FieldDigests,
} from "./claimValues";
import type { ExecutionKind } from "./execution";
import type { LineDigest } from "./record";

/** Names the format in every hash that this version computes, so that no hash means two things. */
const DOMAIN = "proofline/v1\0";

/**
 * The salted hash of one value: SHA-256("proofline/v1" ‖ 0x00 ‖ field ‖ 0x00 ‖ salt, 32 bytes ‖ value).
 *
 * The salt keeps a short value from being guessed from its published hash; deleting the salt closes it for ever.
 */
export function commit(field: CommittedField | "line", salt: Uint8Array, value: Uint8Array): Digest {
  if (salt.length !== 32) {
    throw new RangeError("a salt has 32 bytes");
  }
  return sha256Digest(`${DOMAIN}${field}\0`, salt, value);
}

/** The commitments of all fields of a claim. Fields without a salt are left out. */
export function commitAll(values: ClaimValues, salts: FieldDigests): Record<string, Digest> {
  const commitments: Record<string, Digest> = {};
  for (const [field, value] of encodeFields(values)) {
    const salt = salts[field];
    if (salt !== undefined) {
      commitments[field] = commit(field, fromDigest(salt), value);
    }
  }
  return commitments;
}

/** 32 fresh random bytes for each field of a kind. */
export function newSalts<Kind extends ExecutionKind>(
  kind: Kind,
): Record<(typeof COMMITTED_FIELDS)[Kind][number], Digest> {
  return Object.fromEntries(
    COMMITTED_FIELDS[kind].map((field) => [field, toDigest(randomBytes(32))]),
  ) as Record<(typeof COMMITTED_FIELDS)[Kind][number], Digest>;
}

/**
 * The public digest of one whole line that a piece touches: the commitment "line" over its text as UTF-8, without its
 * line end, under the line's own salt.
 */
export function lineDigest(acceptedSalt: Digest, piece: number, index: number, line: string): LineDigest {
  return {
    digest: commit("line", lineSalt(acceptedSalt, piece, index), Buffer.from(line, "utf8")),
    length: line.length,
  };
}

/**
 * The salt of a line: SHA-256("proofline/v1" ‖ 0x00 ‖ "lineSalt" ‖ 0x00 ‖ salt of `accepted` ‖ index of the piece as
 * 32 bits ‖ index of the line in the piece as 32 bits). Whoever can open the accepted text recomputes all of them, while
 * one line's salt opens neither its neighbours nor the whole.
 */
export function lineSalt(acceptedSalt: Digest, piece: number, index: number): Uint8Array {
  return sha256(`${DOMAIN}lineSalt\0`, fromDigest(acceptedSalt), uint32(piece), uint32(index));
}

/**
 * The public digest of what stood before a piece: SHA-256("proofline/v1" ‖ 0x00 ‖ "linesBefore" ‖ 0x00 ‖ salt ‖ these lines as UTF-8, in
 * their order, each without its blanks and tabs, LF between them).
 */
export function linesBeforeDigest(salt: Uint8Array, lines: readonly string[]): Digest {
  return sha256Digest(`${DOMAIN}linesBefore\0`, salt, Buffer.from(lines.join("\n"), "utf8"));
}

/** Its salt: SHA-256("proofline/v1" ‖ 0x00 ‖ "linesBeforeSalt" ‖ 0x00 ‖ salt of `accepted` ‖ index of the piece as 32 bits). */
export function linesBeforeSalt(acceptedSalt: Digest, piece: number): Uint8Array {
  return sha256(`${DOMAIN}linesBeforeSalt\0`, fromDigest(acceptedSalt), uint32(piece));
}

/**
 * The public digest of how a compiler reads a piece's whole lines: SHA-256("proofline/v1" ‖ 0x00 ‖ "surroundings" ‖ 0x00 ‖ salt ‖
 * the 32 bytes of the digest of their text parts).
 */
export function surroundingsDigest(salt: Uint8Array, parts: Digest): Digest {
  return sha256Digest(`${DOMAIN}surroundings\0`, salt, fromDigest(parts));
}

/** Its salt: SHA-256("proofline/v1" ‖ 0x00 ‖ "surroundingsSalt" ‖ 0x00 ‖ salt of `accepted` ‖ index of the piece as 32 bits). */
export function surroundingsSalt(acceptedSalt: Digest, piece: number): Uint8Array {
  return sha256(`${DOMAIN}surroundingsSalt\0`, fromDigest(acceptedSalt), uint32(piece));
}

/**
 * Text as evidence spells it: LF between lines, no byte order mark. A carriage return alone stays what it is, for to some
 * compilers it ends no line. Lone surrogates are refused.
 */
export function normalizeText(text: string): string {
  if (!text.isWellFormed()) {
    throw new ProoflineError(
      "document",
      "The text contains half of a surrogate pair, which UTF-8 cannot express.",
      "removeBrokenCharacter",
    );
  }
  return text.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n");
}
