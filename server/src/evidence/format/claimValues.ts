import * as z from "zod";
import { EnclaveAnswer } from "../../inference/enclaveOutput";
import { ModelOutput } from "../../inference/suggestion";
import { canonicalJson } from "../../platform/canonicalJson";
import { fromDigest } from "../../platform/digests";
import { unreachable } from "../../platform/errors";
import { Digest, Text } from "../../platform/primitives";
import type { ExecutionKind } from "./execution";
import { MAX_PIECES } from "./record";

/**
 * The committed fields of each kind of execution, in the order in which their commitments stand in a leaf. The order is
 * part of the format.
 */
export const COMMITTED_FIELDS = {
  replayable: [
    "promptPath",
    "promptPrefix",
    "promptSuffix",
    "promptContext",
    "tokens",
    "raw",
    "displayed",
    "accepted",
    "sampling",
    "ordinal",
    "seed",
    "stop",
  ],
  attested: ["request", "answer", "signature", "timestamp", "settlement", "displayed", "accepted"],
  stated: ["tool", "session", "model", "accepted"],
} as const satisfies Record<ExecutionKind, readonly string[]>;
export type CommittedField = (typeof COMMITTED_FIELDS)[ExecutionKind][number];

/** Whether a field's opening travels only with the prompt. */
export function isPromptField(
  field: CommittedField,
): field is Exclude<CommittedField, "displayed" | "accepted"> {
  return field !== "displayed" && field !== "accepted";
}

/** What was accepted, piece by piece in the order of the record. */
const AcceptedTexts = z.array(Text).min(1).max(MAX_PIECES);

/** The values behind the commitments of a replayable claim. It has one piece, a prefix of `displayed`. */
export const ReplayableValues = z.strictObject({ ...ModelOutput.shape, accepted: AcceptedTexts });

/** The values behind the commitments of an attested claim. Each piece is whole lines of `displayed`, in order; the first may be a beginning of it. */
export const AttestedValues = z.strictObject({
  ...EnclaveAnswer.shape,
  /** The answer's text after the trim chain. */
  displayed: Text,
  accepted: AcceptedTexts,
});

/** The values behind the commitments of a stated claim, all as the tool told them. */
export const StatedValues = z.strictObject({
  tool: Text,
  session: Text,
  model: Text,
  accepted: AcceptedTexts,
});

export type StatedValues = z.infer<typeof StatedValues>;

export type ClaimValues =
  | ({ readonly kind: "replayable" } & z.infer<typeof ReplayableValues>)
  | ({ readonly kind: "attested" } & z.infer<typeof AttestedValues>)
  | ({ readonly kind: "stated" } & z.infer<typeof StatedValues>);

/**
 * The bytes of each field's value that its commitment is over, in the order of the leaf. Texts are UTF-8; structures,
 * numbers and `promptPath` (which may be `null`) are canonical JSON (RFC 8785); token ids are 32-bit numbers, most
 * significant byte first; a seed is its 32 bytes, and base64 stands for the bytes that it spells.
 */
export function encodeFields(values: ClaimValues): ReadonlyMap<CommittedField, Uint8Array> {
  switch (values.kind) {
    case "replayable":
      return new Map<CommittedField, Uint8Array>([
        ["promptPath", json(values.prompt.path)],
        ["promptPrefix", utf8(values.prompt.prefix)],
        ["promptSuffix", utf8(values.prompt.suffix)],
        ["promptContext", json(values.prompt.context)],
        ["tokens", uint32s(values.tokens)],
        ["raw", utf8(values.raw)],
        ["displayed", utf8(values.displayed)],
        ["accepted", json(values.accepted)],
        ["sampling", json(values.sampling)],
        ["ordinal", json(values.ordinal)],
        ["seed", fromDigest(values.seed)],
        ["stop", utf8(values.stop)],
      ]);
    case "attested":
      return new Map<CommittedField, Uint8Array>([
        ["request", bytesOf(values.request)],
        ["answer", bytesOf(values.answer)],
        ["signature", bytesOf(values.signature)],
        ["timestamp", json(values.timestamp)],
        ["settlement", utf8(values.settlement)],
        ["displayed", utf8(values.displayed)],
        ["accepted", json(values.accepted)],
      ]);
    case "stated":
      return new Map<CommittedField, Uint8Array>([
        ["tool", utf8(values.tool)],
        ["session", utf8(values.session)],
        ["model", utf8(values.model)],
        ["accepted", json(values.accepted)],
      ]);
    default:
      return unreachable(values);
  }
}

/** What is wrong between an output and what is said to have been accepted of it, as a sentence, or `null`. */
export function contradictionIn(
  kind: ExecutionKind,
  displayed: string | null,
  accepted: readonly string[],
): string | null {
  if (accepted.some((text) => text === "")) {
    return "Nothing of the suggestion was accepted.";
  }
  if ([displayed ?? "", ...accepted].some((text) => text.includes("\r"))) {
    return "A text contains a carriage return; its lines must end with LF.";
  }
  switch (kind) {
    case "replayable":
      return accepted.length === 1 && displayed?.startsWith(accepted[0] ?? "")
        ? null
        : "The displayed text does not begin with the accepted text.";
    case "attested":
      return standInOrder(accepted, displayed ?? "")
        ? null
        : "The displayed text does not hold what was accepted, in this order.";
    case "stated":
      return displayed === null ? null : "A stated claim has no displayed text.";
    default:
      return unreachable(kind);
  }
}

/**
 * Whether pieces stand in a text, one after the other and each as it would be read there: whole lines, but for the first piece, which may
 * be a beginning of the text. What stands behind `//` in the text, say, is no line of its own.
 */
function standInOrder([first = "", ...others]: readonly string[], text: string): boolean {
  const begins = text.startsWith(first);
  const lines = `\n${text}\n`;
  let from = begins ? first.length : 0;
  for (const piece of begins ? others : [first, ...others]) {
    const line = piece.endsWith("\n") ? `\n${piece}` : `\n${piece}\n`;
    const at = lines.indexOf(line, from);
    if (at === -1) {
      return false;
    }
    // The line end may be the one before the next piece.
    from = at + line.length - 1;
  }
  return true;
}

/** 32 bytes as hex for each field of a kind: commitments, or the salts that open them. */
export const FieldDigests = {
  replayable: z.record(z.enum(COMMITTED_FIELDS.replayable), Digest),
  attested: z.record(z.enum(COMMITTED_FIELDS.attested), Digest),
  stated: z.record(z.enum(COMMITTED_FIELDS.stated), Digest),
} as const;
export type FieldDigests = Readonly<Partial<Record<CommittedField, Digest>>>;

/** Each as 32 bits, most significant byte first. */
function uint32s(values: readonly number[]): Uint8Array {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) {
    bytes.writeUInt32BE(value, 4 * index);
  }
  return bytes;
}

function utf8(text: string): Uint8Array {
  return Buffer.from(text, "utf8");
}

function json(value: unknown): Uint8Array {
  return utf8(canonicalJson(value));
}

function bytesOf(base64: string): Uint8Array {
  return Buffer.from(base64, "base64");
}
