import * as z from "zod";
import { CanonicalBase64 } from "../platform/dsse";
import { Count, Digest, Text } from "../platform/primitives";
import { Prompt } from "./suggestion";

/** Which enclave relays to which model: the same for all that is asked of one. */
export const EnclaveFacts = z.strictObject({
  /** Names the rules by which the enclave's signature, key and registry are checked. */
  scheme: z.string().regex(/^[a-z][a-z0-9-]{0,31}\/v[1-9][0-9]{0,3}$/, "expected a name and a version"),
  /** The name that the registry knows the enclave by. */
  enclave: Digest,
  /** As the enclave's operator calls it. */
  model: z.strictObject({ name: Text }),
});
export type EnclaveFacts = z.infer<typeof EnclaveFacts>;

/** What an enclave signed of one answer. */
export const EnclaveAnswer = z.strictObject({
  /** The exact bytes that were sent and those that were answered. */
  request: CanonicalBase64,
  answer: CanonicalBase64,
  signature: CanonicalBase64,
  /** Seconds since 1970, as the enclave signed them. */
  timestamp: Count,
  /** How the answer is settled, in the scheme's own word. */
  settlement: Text,
});
export type EnclaveAnswer = z.infer<typeof EnclaveAnswer>;

/** The same with what was asked, and what is shown of it. */
export const EnclaveOutput = z.strictObject({
  ...EnclaveAnswer.shape,
  /** What the request asks for, which can be read back out of it. */
  prompt: Prompt,
  /** The answer's text after the trim chain: what the person sees as ghost text. */
  displayed: Text,
});
export type EnclaveOutput = z.infer<typeof EnclaveOutput>;
