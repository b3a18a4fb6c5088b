import { AnswerFlaw } from "../attestation/answerFlaw";

/** What an enclave signs of a request and its answer. */
export interface SignedText {
  /** The model as the enclave calls it; `null` where it does not. */
  readonly model: string | null;
  /** SHA-256 of the exact bodies, in lower-case hex. */
  readonly requestHash: string;
  readonly answerHash: string;
}

/**
 * Reads `request:answer` or `model:request:answer`. A model's name may hold colons itself, hashes hold none.
 *
 * @throws AnswerFlaw `unknown` where it is of another form
 */
export function readSignedText(text: string): SignedText {
  const [, model, requestHash, answerHash] = /^(?:(.+):)?([0-9a-f]{64}):([0-9a-f]{64})$/su.exec(text) ?? [];
  if (requestHash === undefined || answerHash === undefined) {
    throw new AnswerFlaw("unknown", "it does not end in the SHA-256 of a request and of an answer");
  }
  return { model: model ?? null, requestHash, answerHash };
}

/** Spells it as it is signed. */
export function spellSignedText({ model, requestHash, answerHash }: SignedText): string {
  return [...(model === null ? [] : [model]), requestHash, answerHash].join(":");
}
