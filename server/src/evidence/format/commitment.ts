import { canonicalJson } from "../../platform/canonicalJson";
import { fromDigest, sha256, sha256Digest, uint32 } from "../../platform/digests";
import { ProoflineError } from "../../platform/errors";
import type { Digest } from "../../platform/primitives";
import type { ClaimSalts } from "./claimSalts";
import {
  type ClaimValues,
  COMMITTED_FIELDS,
  type CommittedField,
  encodeFields,
  isPromptField,
} from "./claimValues";
import type { ExecutionKind } from "./execution";
import type { LineDigest } from "./record";

/** Names the format in every hash that both versions compute in one way, so that no hash means two things. */
const DOMAIN = "proofline/v1\0";

/** The same of what the second version alone computes. */
const SECOND_DOMAIN = "proofline/v2\0";

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

/** What a leaf binds of a claim beside its record. */
export interface BoundDigests {
  /** Over the commitments of all that opens with the prompt, see `sealedDigest`. */
  readonly sealed: Digest;
  /** The commitment of `displayed`; `null` for a stated claim, which has no output. */
  readonly displayed: Digest | null;
  /** The commitment of `accepted`. */
  readonly accepted: Digest;
}

/** What stands for all values of a claim in its leaf. */
export function boundDigestsOf(values: ClaimValues, { texts, prompt }: ClaimSalts): BoundDigests {
  const salt = fromDigest(texts);
  const commitments = new Map<CommittedField, Digest>();
  for (const [field, value] of encodeFields(values)) {
    commitments.set(field, commit(field, isPromptField(field) ? fieldSalt(prompt, field) : salt, value));
  }
  return {
    sealed: sealedDigest(values.kind, commitments),
    displayed: commitments.get("displayed") ?? null,
    accepted: commitmentIn(commitments, "accepted"),
  };
}

/**
 * The salt of a field that opens with the prompt: SHA-256("proofline/v2" ‖ 0x00 ‖ "fieldSalt" ‖ 0x00 ‖ the prompt's salt, 32 bytes ‖
 * field). Whoever opens the prompt gives the one salt for all of them, while one field's salt opens no other.
 */
export function fieldSalt(promptSalt: Digest, field: CommittedField): Uint8Array {
  return sha256(`${SECOND_DOMAIN}fieldSalt\0`, fromDigest(promptSalt), field);
}

/**
 * What stands for all that opens with the prompt: SHA-256("proofline/v2" ‖ 0x00 ‖ "sealed" ‖ 0x00 ‖ the 32-byte commitments of these
 * fields in the order that `COMMITTED_FIELDS` gives them).
 */
export function sealedDigest(kind: ExecutionKind, commitments: ReadonlyMap<CommittedField, Digest>): Digest {
  const fields: readonly CommittedField[] = COMMITTED_FIELDS[kind];
  return sha256Digest(
    `${SECOND_DOMAIN}sealed\0`,
    ...fields.filter(isPromptField).map((field) => fromDigest(commitmentIn(commitments, field))),
  );
}

function commitmentIn(commitments: ReadonlyMap<CommittedField, Digest>, field: CommittedField): Digest {
  const commitment = commitments.get(field);
  if (commitment === undefined) {
    throw new RangeError(`the commitment of ${field} is missing`);
  }
  return commitment;
}

/** The commitments of what travels with every claim, for a reader from whom all else is sealed. */
export function textDigestsOf(
  displayed: string | null,
  accepted: readonly string[],
  texts: Digest,
): Omit<BoundDigests, "sealed"> {
  const salt = fromDigest(texts);
  return {
    displayed: displayed === null ? null : commit("displayed", salt, Buffer.from(displayed, "utf8")),
    accepted: commit("accepted", salt, Buffer.from(canonicalJson(accepted), "utf8")),
  };
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
