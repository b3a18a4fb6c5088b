import * as z from "zod";
import { canonicalJson, prettyCanonicalJson, readCanonicalFile } from "../../platform/canonicalJson";
import type { Sign } from "../../platform/ecdsa";
import { type Address, Digest, Text } from "../../platform/primitives";
import { Envelope, openEnvelope, signPayload, toEnvelope } from "./envelope";
import { MAX_BATCH_SIZE, STATEMENT_TYPE } from "./statement";

export const RESULT_TYPE = "https://in-toto.io/attestation/svr/v0.2";

/** That the pinned model, run again on the committed prompt, gives what was claimed, within what its pin allows. */
export const REPLAYED_PROPERTY = "PROOFLINE_REPLAYED_V1";

/** One of a whole batch has about 20,000. */
export const MAX_RESULT_BYTES = 64 * 1024;
const MAX_ID = 200;

/**
 * An in-toto Statement v1 with a Simple Verification Result v0.2 (https://github.com/in-toto/attestation/blob/main/spec/predicates/svr.md):
 * a verifier has replayed claims of one batch, each named by its leaf hash. The time is the verifier's own word.
 */
const VerificationResult = z.strictObject({
  _type: z.literal(STATEMENT_TYPE),
  subject: z
    .array(z.strictObject({ name: Text.max(16), digest: z.strictObject({ sha256: Digest }) }))
    .min(1)
    .max(MAX_BATCH_SIZE),
  predicateType: z.literal(RESULT_TYPE),
  predicate: z.strictObject({
    verifier: z.strictObject({
      id: Text.min(1).max(MAX_ID),
      policies: z
        .array(z.strictObject({ name: Text.max(MAX_ID), digest: z.strictObject({ sha256: Digest }) }))
        .max(1),
    }),
    timeCreated: z.string().regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/),
    properties: z.tuple([z.literal(REPLAYED_PROPERTY)]),
  }),
});
type VerificationResult = z.infer<typeof VerificationResult>;

/** A file with a result, of which nobody has looked at the signature: that costs more than reading. */
export interface UncheckedResult {
  /** The file, below the repository's top. */
  readonly path: string;
  /** Who signed it, as the file says. */
  readonly verifier: Address;
  readonly envelope: Envelope;
}

export type ResultReading =
  | { readonly kind: "result"; readonly result: Omit<UncheckedResult, "path"> }
  | { readonly kind: "malformed"; readonly reason: string };

export interface ReplayedClaims {
  /** Leaf hashes of one batch. */
  readonly claims: readonly Digest[];
  /** A URI that says who the verifier is, in its own words. */
  readonly verifierId: string;
  readonly policy: { readonly name: string; readonly digest: Digest } | null;
  /** Seconds since 1970. */
  readonly time: number;
}

/** Signs that claims were replayed. The text of the file, whose name nobody reads anything from. */
export function sealResult(
  { claims, verifierId, policy, time }: ReplayedClaims,
  verifier: Address,
  sign: Sign,
): string {
  const statement: VerificationResult = {
    _type: STATEMENT_TYPE,
    subject: [...claims].sort().map((sha256, index) => ({ name: `claim ${index + 1}`, digest: { sha256 } })),
    predicateType: RESULT_TYPE,
    predicate: {
      verifier: {
        id: verifierId,
        policies: policy === null ? [] : [{ name: policy.name, digest: { sha256: policy.digest } }],
      },
      timeCreated: new Date(time * 1000).toISOString().replace(/\.\d+Z$/, "Z"),
      properties: [REPLAYED_PROPERTY],
    },
  };
  const payload = Buffer.from(canonicalJson(statement));
  return prettyCanonicalJson(toEnvelope(signPayload(payload, verifier, sign)));
}

/** Reads a file's bytes, as far as that costs no more than reading. */
export function readResult(bytes: Uint8Array): ResultReading {
  const file = readCanonicalFile(bytes, Envelope, {
    kind: "a verification result",
    maxBytes: MAX_RESULT_BYTES,
  });
  if (file.kind === "malformed") {
    return file;
  }
  const envelope = file.value;
  return { kind: "result", result: { verifier: envelope.signatures[0].keyid, envelope } };
}

/** The claims that a result says were replayed, where its verifier signed it; `null` where not, or where it says something else. */
export function openResult({ envelope }: Pick<UncheckedResult, "envelope">): readonly Digest[] | null {
  const opened = openEnvelope(envelope);
  if (opened === null) {
    return null;
  }
  const statement = readCanonicalFile(opened.payload, VerificationResult, {
    kind: "a verification result",
    maxBytes: MAX_RESULT_BYTES,
  });
  return statement.kind === "read" ? statement.value.subject.map(({ digest }) => digest.sha256) : null;
}
