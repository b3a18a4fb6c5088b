import * as z from "zod";
import { ChainHash } from "../../platform/primitives";
import { Body, base64Of, HandedInAt } from "../attestation/savedParts";
import { MAX_DOCUMENT_BYTES } from "./attestationDocument";
import { MAX_PROOF_LENGTH } from "./batchInclusion";

/** How an answer is settled. */
export const Settlement = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("private") }),
  z.strictObject({ kind: z.literal("individual") }),
  z.strictObject({
    kind: z.literal("batch"),
    inclusion: z
      .strictObject({
        merkleRoot: ChainHash,
        proof: z.array(ChainHash).max(MAX_PROOF_LENGTH).describe("The neighbours from the leaf to the root."),
      })
      .optional()
      .describe("Missing while its batch is not known."),
  }),
]);
export type Settlement = z.infer<typeof Settlement>;

/** An answer of OpenGradient's gateway with all that belongs to it, as a file that somebody kept. See docs/opengradient.md. */
export const SavedAnswer = z.strictObject({
  format: z.literal("proofline-opengradient-answer/v1"),
  request: Body.describe("The exact body of the request."),
  answer: z.strictObject({
    kind: z.enum(["body", "stream"]).describe("stream: text/event-stream."),
    text: Body.describe("The exact body of the answer."),
  }),
  signingKey: base64Of(1024).describe("The enclave's key, in DER (SubjectPublicKeyInfo)."),
  tlsCertificate: base64Of(8 * 1024)
    .optional()
    .describe("The certificate that the enclave showed, in DER."),
  registryEntry: z
    .string()
    .max(128 * 1024)
    .regex(/^0x(?:[0-9a-f]{2})+$/, "expected 0x and an even number of lower-case hex digits")
    .transform((value) => value as `0x${string}`)
    .optional()
    .describe("What the registry's getTEE returned."),
  attestation: z
    .strictObject({
      document: base64Of(MAX_DOCUMENT_BYTES).describe("The Nitro attestation document (COSE_Sign1)."),
      at: HandedInAt.describe(
        "When it was handed in, in seconds since 1970: the time of the block with the registration.",
      ),
    })
    .optional(),
  settlement: Settlement,
});
export type SavedAnswer = z.infer<typeof SavedAnswer>;

/** What checks look at, wherever it was kept. A key that nobody knows is `null`. */
export type AnswerToCheck = Omit<SavedAnswer, "format" | "signingKey"> & {
  readonly signingKey: string | null;
};
