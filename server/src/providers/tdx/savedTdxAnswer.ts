import * as z from "zod";
import { Text } from "../../platform/primitives";
import { Body, base64Of, HandedInAt } from "../attestation/savedParts";
import { MAX_QUOTE_BYTES } from "./tdxQuote";

/** Hex digits of either case, as Intel and enclaves spell bytes. */
const hexOf = (leastBytes: number, mostBytes = leastBytes) =>
  z
    .string()
    .max(mostBytes * 2)
    .regex(
      /^(?:[0-9a-fA-F]{2})*$/,
      leastBytes === mostBytes ? `expected ${leastBytes} bytes in hex` : "expected bytes in hex",
    )
    .min(leastBytes * 2);

const Bytes32 = z.string().regex(/^[0-9a-f]{64}$/, "expected 64 lower-case hex digits");

/** Intel sends two or three certificates in each. */
const Certificates = Text.max(16 * 1024);

/**
 * What Intel's provisioning certification service says of a platform (Intel PCS API, version 4), under the names and in the
 * spelling that all collectors of it share. All of it is below 256 KiB.
 */
export const Collateral = z.strictObject({
  pck_crl_issuer_chain: Certificates.describe(
    "In PEM, as all chains here. Not needed: the quote has it, too.",
  ),
  root_ca_crl: hexOf(1, 16 * 1024).describe("What Intel's root revoked, in DER."),
  pck_crl: hexOf(1, 48 * 1024).describe("What the authority of the platform's certificate revoked, in DER."),
  tcb_info_issuer_chain: Certificates,
  tcb_info: Text.max(48 * 1024).describe("The exact JSON that is signed."),
  tcb_info_signature: hexOf(64),
  qe_identity_issuer_chain: Certificates,
  qe_identity: Text.max(16 * 1024).describe("The exact JSON that is signed."),
  qe_identity_signature: hexOf(64),
});
export type Collateral = z.infer<typeof Collateral>;

/** An answer of an enclave in an Intel TDX trust domain with all that belongs to it, as a file that somebody kept. See docs/tdx.md. */
export const SavedTdxAnswer = z.strictObject({
  format: z.literal("proofline-tdx-answer/v1"),
  request: Body.describe("The exact body of the request."),
  answer: Body.describe("The exact body of the answer; of one in pieces, the whole text/event-stream."),
  signature: z
    .strictObject({
      text: Text.max(1_024).describe("The SHA-256 of request and answer, with the model before them or not."),
      signature: z
        .string()
        .regex(/^0x[0-9a-fA-F]{130}$/, "expected 65 bytes in hex after 0x")
        .transform((value) => value as `0x${string}`)
        .describe("r, s and v."),
      signing_address: z
        .string()
        .regex(/^0x[0-9a-fA-F]{40}$/, "expected 0x and 40 hex digits")
        .transform((value) => value.toLowerCase() as `0x${string}`)
        .describe("The Ethereum address of the enclave's key."),
      signing_algo: z.literal("ecdsa", {
        error: "only ecdsa is checked, and neither ed25519 nor any other: ask the enclave for that one",
      }),
    })
    .describe("What the enclave answered to GET /v1/signature/{id}, as it is."),
  report: z
    .strictObject({
      quote: base64Of(MAX_QUOTE_BYTES).describe("The TDX quote: intel_quote, in base64."),
      collateral: Collateral,
      at: HandedInAt.describe("When it was handed in, in seconds since 1970. It is judged at that instant."),
      nonce: Bytes32.optional().describe("What whoever asked for the report chose."),
      tlsFingerprint: Bytes32.optional().describe(
        "The SHA-256 of the enclave's TLS certificate, where the report is about that, too.",
      ),
    })
    .optional(),
});
export type SavedTdxAnswer = z.infer<typeof SavedTdxAnswer>;
