import * as z from "zod";
import type { Digest } from "../../platform/primitives";
import { visibleName } from "../../protocol/visibleText";
import { attempt, attemptLater } from "../attestation/answerFlaw";
import { intelCertificates } from "./intelCertificates";
import type { Collateral } from "./savedTdxAnswer";
import { TCB_STATUSES, type TcbState, worseOf } from "./tcbStatus";
import { moduleState } from "./tdxModule";
import type { TdxQuote } from "./tdxQuote";

/** Whether Intel vouches for a quote. `reason` is a clause without its full stop. */
export type QuoteVerdict =
  | { readonly kind: "genuine"; readonly state: TcbState }
  /** The hardware did not sign it. */
  | { readonly kind: "forged"; readonly reason: string }
  /** Nothing shows that the hardware is Intel's, or Intel vouches for its state no more. */
  | { readonly kind: "unvouched"; readonly reason: string }
  /** Intel says nothing of such a platform, at least nothing that the verifier of quotes finds. */
  | { readonly kind: "unknown"; readonly reason: string };

/**
 * Follows a quote to Intel's root: certificates and what was revoked by rules of our own, the rest by those of `@phala/dcap-qvl`.
 * What a hostile file can make long is bounded or signed by Intel before the library sees it.
 *
 * @param bytes the quote, as `quote` was read from it. Not one of a trust domain in debug mode, which the library refuses
 * @param at when it was handed in, in seconds since 1970
 * @param root SHA-256 of the certificate that decides
 */
export async function verifyQuote(
  bytes: Uint8Array,
  quote: TdxQuote,
  collateral: Collateral,
  at: number,
  root: Digest,
): Promise<QuoteVerdict> {
  const certificates = await attemptLater(() =>
    intelCertificates(quote.certificates, collateral, at * 1000, root),
  );
  if ("flaw" in certificates) {
    return { kind: "unvouched", reason: certificates.flaw.message };
  }
  const chains = certificates.value;
  const { ruleOn } = await import("./quoteRules");
  const ruled = ruleOn(
    bytes,
    {
      ...collateral,
      pck_certificate_chain: chains.platform,
      tcb_info_issuer_chain: chains.tcbInfo,
      qe_identity_issuer_chain: chains.quotingEnclave,
    },
    at,
    chains.root,
  );
  if (ruled.kind === "refused") {
    return refusal(ruled.words);
  }
  const accepted = Accepted.safeParse(ruled.answer);
  if (!accepted.success) {
    return { kind: "unvouched", reason: "what the verifier of quotes makes of it cannot be understood" };
  }
  const { status, advisory_ids: advisories } = accepted.data;
  const ofModule = attempt(() => moduleState(collateral.tcb_info, quote));
  if ("flaw" in ofModule) {
    return { kind: "unvouched", reason: ofModule.flaw.message };
  }
  const state = worseOf({ status, advisories }, ofModule.value);
  return state.status === "Revoked" ? { kind: "unvouched", reason: REVOKED } : { kind: "genuine", state };
}

/** What of the library's answer is used; a TD report 1.0 has been read already. */
const Accepted = z.object({
  status: z.enum(TCB_STATUSES),
  advisory_ids: z.array(z.string()),
  report: z.object({ type: z.literal("td10") }),
});

const REVOKED = "Intel has revoked the state of the platform's firmware";

/** The library's words for a quote that its hardware did not sign. */
const FORGED = new Map([
  [
    "Signature is invalid for qe_report in quote",
    "its platform did not sign the report of the enclave that quotes",
  ],
  ["QE report hash mismatch", "the enclave that quotes does not vouch for the key that signed it"],
  ["ISV enclave report signature is invalid", "the key of the enclave that quotes did not sign it"],
]);

/** The library's words for what Intel says, and that it does not fit. */
const UNVOUCHED = new Map([
  ["TCBInfo issue date is in the future", "what Intel says of the platform was not valid yet"],
  ["TCBInfo expired", "what Intel says of the platform was not valid any more"],
  ["QE Identity issue date is in the future", "what Intel says of the enclave that quotes was not valid yet"],
  ["QE Identity expired", "what Intel says of the enclave that quotes was not valid any more"],
  ["Signature is invalid for tcb_info", "Intel did not sign what is said of the platform"],
  ["Signature is invalid for qe_identity", "Intel did not sign what is said of the enclave that quotes"],
  ["Fmspc mismatch", "what Intel says is about another kind of platform"],
  ["TCB status is invalid: Revoked", REVOKED],
]);

/**
 * The library's words for a platform of which nothing is said. They come, too, of a TDX module of another kind than the one whose
 * versions Intel lists with the platform's, for the library compares both.
 */
const UNKNOWN = "No matching TCB level found";

function refusal(words: string): QuoteVerdict {
  if (words === UNKNOWN) {
    return { kind: "unknown", reason: "none of the states that Intel lists is found to be this platform's" };
  }
  const forged = FORGED.get(words);
  return forged === undefined
    ? { kind: "unvouched", reason: UNVOUCHED.get(words) ?? `Intel's rules refuse it (${visibleName(words)})` }
    : { kind: "forged", reason: forged };
}
