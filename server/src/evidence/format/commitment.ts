import { randomBytes } from "node:crypto";
import { canonicalJson } from "../../platform/canonicalJson";
import { fromDigest, sha256, toDigest, uint32 } from "../../platform/digests";
import { ProoflineError, unreachable } from "../../platform/errors";
import type { Digest } from "../../platform/primitives";
import {
  COMMITTED_FIELDS,
  type Commitments,
  type CommittedField,
  type LineDigest,
  type Salts,
  type SuggestionValues,
} from "./record";

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
  return toDigest(sha256(DOMAIN, `${field}\0`, salt, value));
}

/**
 * The bytes of a field's value that its commitment is over. Texts are UTF-8; structures, the number `ordinal` and
 * `promptPath` (which may be `null`) are canonical JSON (RFC 8785); token ids are 32-bit numbers, most significant
 * byte first; the seed is its 32 bytes.
 */
export function encodeField(field: CommittedField, values: SuggestionValues): Uint8Array {
  switch (field) {
    case "promptPath":
      return utf8(canonicalJson(values.prompt.path));
    case "promptPrefix":
      return utf8(values.prompt.prefix);
    case "promptSuffix":
      return utf8(values.prompt.suffix);
    case "promptContext":
      return utf8(canonicalJson(values.prompt.context));
    case "tokens":
      return Buffer.concat(values.tokens.map(uint32));
    case "raw":
    case "displayed":
    case "accepted":
    case "stop":
      return utf8(values[field]);
    case "replaced":
    case "sampling":
    case "ordinal":
      return utf8(canonicalJson(values[field]));
    case "seed":
      return fromDigest(values.seed);
    default:
      return unreachable(field);
  }
}

/** The commitment of one field of a suggestion. */
export function commitField(field: CommittedField, salt: Digest, values: SuggestionValues): Digest {
  return commit(field, fromDigest(salt), encodeField(field, values));
}

/** The commitments of all fields. */
export function commitAll(values: SuggestionValues, salts: Salts): Commitments {
  return forEachField((field) => commitField(field, salts[field], values));
}

/** 32 fresh random bytes for each field. */
export function newSalts(): Salts {
  return forEachField(() => toDigest(randomBytes(32)));
}

/**
 * The public digests of the accepted lines (the text split at LF). The salt of line i is
 * SHA-256("proofline/v1" ‖ 0x00 ‖ "lineSalt" ‖ 0x00 ‖ salt of `accepted` ‖ i as 32 bits), so whoever can open the
 * accepted text recomputes all of them, while one line's salt opens neither its neighbours nor the whole.
 */
export function lineDigests(accepted: string, acceptedSalt: Digest): LineDigest[] {
  return accepted.split("\n").map((line, index) => ({
    digest: commit("line", lineSalt(acceptedSalt, index), utf8(line)),
    length: line.length,
  }));
}

/** The salt that opens one accepted line. */
export function lineSalt(acceptedSalt: Digest, index: number): Uint8Array {
  return sha256(DOMAIN, "lineSalt\0", fromDigest(acceptedSalt), uint32(index));
}

/** Text as evidence spells it: LF between lines, no byte order mark. Lone surrogates are refused. */
export function normalizeText(text: string): string {
  if (!text.isWellFormed()) {
    throw new ProoflineError(
      "document",
      "The text contains half of a surrogate pair, which UTF-8 cannot express.",
      "removeBrokenCharacter",
    );
  }
  return text.replace(/^\uFEFF/, "").replace(/\r\n?/g, "\n");
}

function forEachField(value: (field: CommittedField) => Digest): Record<CommittedField, Digest> {
  return Object.fromEntries(COMMITTED_FIELDS.map((field) => [field, value(field)])) as Record<
    CommittedField,
    Digest
  >;
}

function utf8(text: string): Uint8Array {
  return Buffer.from(text, "utf8");
}
