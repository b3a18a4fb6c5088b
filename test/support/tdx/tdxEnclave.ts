/** An enclave in a trust domain that signs answers with a key on secp256k1, and what somebody keeps of one. */
import { createHash } from "node:crypto";
import { type Hex, hexToBytes } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { SavedTdxAnswer } from "../../../server/src/providers/tdx/savedTdxAnswer";
import { HANDED_IN_AT, type PlatformParameters, type StandInIntel } from "./intel";

export const TDX_REQUEST = '{"model":"openai/gpt-oss-120b","messages":[{"role":"user","content":"Grüße"}]}';
export const TDX_ANSWER = 'data: {"choices":[{"delta":{"content":"Übergabe"}}]}\n\ndata: [DONE]\n\n';
export const NONCE = createHash("sha256").update("a nonce").digest();
export const FINGERPRINT = createHash("sha256").update("a certificate").digest();

export interface TdxEnclave {
  readonly address: Hex;
  /** EIP-191 `personal_sign`, as viem makes it. */
  sign(text: string): Promise<Hex>;
}

export function newTdxEnclave(): TdxEnclave {
  const account = privateKeyToAccount(generatePrivateKey());
  return { address: account.address, sign: (message) => account.signMessage({ message }) };
}

/** What an enclave signs of two bodies; without a model where that is `null`. */
export function signedText(
  request: string,
  answer: string,
  model: string | null = "openai/gpt-oss-120b",
): string {
  const hash = (text: string): string => createHash("sha256").update(text, "utf8").digest("hex");
  return [...(model === null ? [] : [model]), hash(request), hash(answer)].join(":");
}

/** The endpoint's answer about `text`. */
export async function signatureOn(enclave: TdxEnclave, text: string): Promise<SavedTdxAnswer["signature"]> {
  const signature = await enclave.sign(text);
  return { text, signature, signing_address: enclave.address, signing_algo: "ecdsa" };
}

/** A whole file about the enclave's answer, with some of it changed. */
export async function savedTdxAnswer(enclave: TdxEnclave, changes: object = {}): Promise<SavedTdxAnswer> {
  return SavedTdxAnswer.parse({
    format: "proofline-tdx-answer/v1",
    ...{ request: TDX_REQUEST, answer: TDX_ANSWER },
    signature: await signatureOn(enclave, signedText(TDX_REQUEST, TDX_ANSWER)),
    ...changes,
  });
}

/** Report data about an enclave's key, or about it together with a certificate. */
export function reportData(
  { address }: TdxEnclave,
  {
    nonce = NONCE,
    fingerprint = null,
  }: { readonly nonce?: Buffer; readonly fingerprint?: Buffer | null } = {},
): Buffer {
  const key = Buffer.from(hexToBytes(address));
  const bound =
    fingerprint === null
      ? Buffer.concat([key, Buffer.alloc(12)])
      : createHash("sha256").update(key).update(fingerprint).digest();
  return Buffer.concat([bound, nonce]);
}

type Report = NonNullable<SavedTdxAnswer["report"]>;

/** A report about the enclave on a platform of `intel`, with some of platform and file changed. */
export function reportOn(
  intel: StandInIntel,
  enclave: TdxEnclave,
  { report, ...others }: PlatformParameters = {},
  changes: Partial<Report> = {},
): Report {
  const { quote, collateral } = intel.platform({
    ...others,
    report: { reportData: reportData(enclave), ...report },
  });
  return {
    ...{ quote: quote.toString("base64"), collateral, at: HANDED_IN_AT, nonce: NONCE.toString("hex") },
    ...changes,
  };
}
