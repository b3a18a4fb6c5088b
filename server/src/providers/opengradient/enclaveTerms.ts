import * as z from "zod";
import { canonicalJson } from "../../platform/canonicalJson";
import { sha256Digest } from "../../platform/digests";
import { ProoflineError } from "../../platform/errors";
import { Address, ChainHash, Digest } from "../../platform/primitives";
import { EnclaveModelName } from "../../protocol/enclaveNames";
import { MADE_PUBLIC, SettlementKind } from "../../protocol/settlementKinds";
import { visibleText } from "../../protocol/visibleText";
import { AnswerFlaw } from "../attestation/answerFlaw";
import { MOST_BEFORE, MOST_BEHIND } from "./chatPrompt";
import { decodeRegistryEntry, objectionToEntry, type RegistryEntry } from "./registryEntry";
import type { RegistryState } from "./registryTestimony";
import { MOST_PER_DAY, MOST_PER_HOUR, MOST_PER_SESSION, opg } from "./spendingLimits";

/** What is longer cannot be shown whole. */
const MOST_ENDPOINT_LENGTH = 400;

const Amount = z.string().regex(/^[1-9]\d{0,77}$/, "expected an amount");

/** What a person agrees to before the code of a repository is sent to an enclave. Whatever differs is another agreement. */
export const EnclaveTerms = z.strictObject({
  /** The name that the registry knows it by. */
  enclave: ChainHash,
  /** Begins with `https://` and has no path; without a certificate, a `LoopbackAddress`. */
  endpoint: z.string().max(MOST_ENDPOINT_LENGTH),
  /** SHA-256 of the TLS certificate that the registry holds, in DER; `null` where a program on this computer is asked in its place. */
  certificate: z.nullable(Digest),
  /** Whom the registry names as the payee. */
  payee: Address,
  model: EnclaveModelName,
  /** Which every request names. */
  settlement: SettlementKind,
  /** In the token's smallest unit, in decimal. */
  most: z.strictObject({ session: Amount, hour: Amount, day: Amount }),
});
export type EnclaveTerms = z.infer<typeof EnclaveTerms>;

/** An enclave that may be asked, as the registry has it now. */
export interface StandingEnclave {
  readonly enclave: ChainHash;
  readonly endpoint: { readonly url: string; readonly certificate: Uint8Array };
  readonly entry: RegistryEntry;
}

/**
 * The enclave that the registry's word makes one to ask.
 *
 * @throws ProoflineError `enclave.differs` where it does not: unknown, disabled, of another kind, with code that is not approved, or
 *   with an address or a certificate that cannot be used
 */
export function standingEnclave(
  enclave: ChainHash,
  { entry, isCodeApproved }: RegistryState,
): StandingEnclave {
  const refuse = (why: string): ProoflineError =>
    new ProoflineError(
      "enclave.differs",
      `The enclave ${shortName(enclave)} is not asked: ${why}. Nothing was sent.`,
      "chooseEnclave",
    );
  if (entry === null) {
    throw refuse("the registry knows no such enclave");
  }
  const decoded = decodedOr(entry, (why) => refuse(`its entry in the registry cannot be read, for ${why}`));
  const objection = objectionToEntry(decoded, enclave);
  if (objection !== null) {
    throw refuse(objection);
  }
  if (!decoded.isEnabled) {
    throw refuse("the registry has it disabled");
  }
  if (!isCodeApproved) {
    throw refuse("the registry does not approve its code");
  }
  const url = originOf(decoded.endpoint);
  if (url === null) {
    throw refuse("the registry names no https address of it that can be used");
  }
  if (decoded.tlsCertificate.length === 0) {
    throw refuse("the registry holds no TLS certificate of it");
  }
  return { enclave, endpoint: { url, certificate: decoded.tlsCertificate }, entry: decoded };
}

/**
 * What a person is asked to agree to about an enclave that stands.
 *
 * @param relay the program on this computer that is asked in its place; `null` for none
 */
export function termsFor(
  { enclave, endpoint, entry }: StandingEnclave,
  { model, settlement }: Pick<EnclaveTerms, "model" | "settlement">,
  relay: string | null,
): EnclaveTerms {
  return {
    enclave,
    endpoint: relay ?? endpoint.url,
    certificate: relay === null ? sha256Digest(endpoint.certificate) : null,
    payee: entry.payee,
    model,
    settlement,
    most: {
      session: String(MOST_PER_SESSION),
      hour: String(MOST_PER_HOUR),
      day: String(MOST_PER_DAY),
    },
  };
}

/** Names what a person was shown: the terms and the very words. */
export function termsDigest(terms: EnclaveTerms): Digest {
  return sha256Digest(canonicalJson({ terms, lines: describeTerms(terms) }));
}

/** All that a person has to know before they agree, line by line. */
export function describeTerms({
  enclave,
  endpoint,
  certificate,
  payee,
  model,
  settlement,
  most,
}: EnclaveTerms): string[] {
  const [session, hour, day] = [most.session, most.hour, most.day].map((amount) => opg(BigInt(amount)));
  return [
    `Enclave: ${enclave}`,
    certificate === null
      ? `Address: ${visibleText(endpoint)}, a program on this computer that your settings name and that sends it on. It has to ask this very enclave; what it answers is checked as the enclave's own answers are.`
      : `Address: ${visibleText(endpoint)}, with the certificate ${certificate}`,
    `Model: ${visibleText(model)}, as the request asks for it. Which model, and whose, stands behind the enclave cannot be checked: the enclave's signature shows only which code relayed the answer.`,
    `Sent with each request: the file's path, up to ${count(MOST_BEFORE)} characters before the cursor and ${count(MOST_BEHIND)} behind it, and pieces of other files that git tracks. Nothing of ignored files or of those that look as if they hold secrets.`,
    `Who reads it: ${certificate === null ? "that program, whomever it sends it to, " : ""}the enclave and the model's provider. A third party may be sent the newest message to moderate it, and that message holds all of the above.`,
    `Made public: by settlement ${settlement}, which every request names${certificate === null ? " and that program has to pass on" : ""}, ${MADE_PUBLIC[settlement]}. Payments are public.`,
    "Kept as evidence: request and answer of what you accept. They travel with the repository where all of the prompt stands in its files, and else stay on this computer.",
    certificate === null
      ? "Price: Proofline pays nothing here. What that program costs is between you and it."
      : `Price: at most ${session} a session, to ${payee}, and at most ${hour} within an hour and ${day} within a day. Without a wallet nothing is paid.`,
  ];
}

/** The first digits of a name, within a sentence. */
export function shortName(enclave: ChainHash): string {
  return `${enclave.slice(0, 10)}…`;
}

function decodedOr(entry: `0x${string}`, refuse: (why: string) => ProoflineError): RegistryEntry {
  try {
    return decodeRegistryEntry(entry);
  } catch (error) {
    throw error instanceof AnswerFlaw ? refuse(error.message) : error;
  }
}

/** The address that is asked; `null` where what the registry names is none, or says more than can be heeded. */
function originOf(endpoint: string): string | null {
  const url = endpoint.length <= MOST_ENDPOINT_LENGTH && URL.canParse(endpoint) ? new URL(endpoint) : null;
  return url?.protocol === "https:" && url.href === `${url.origin}/` ? url.origin : null;
}

function count(characters: number): string {
  return characters.toLocaleString("en-US");
}
