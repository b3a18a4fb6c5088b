import { visibleName } from "../../protocol/visibleText";
import type { Attempt } from "../attestation/answerFlaw";
import { type AnswerCheck, failed, flawed, notChecked, passed } from "../attestation/answerReport";
import { enclaveName, messageHash, textHash } from "./answerHashes";
import { type AnswerParts, NO_ANSWER } from "./answerParts";
import { isSignedBy } from "./answerSignature";
import type { SignedAnswer } from "./signedAnswer";

/** Whether the answer is whole, and whether the enclave states the hashes of this request and of it. */
export function signedBytesChecks(parts: AnswerParts): readonly AnswerCheck[] {
  return [answerCheck(parts.answer), requestHashCheck(parts), outputHashCheck(parts.answer)];
}

function answerCheck(answer: Attempt<SignedAnswer>): AnswerCheck {
  if ("flaw" in answer) {
    return flawed("answer", "The answer counts for nothing", answer.flaw);
  }
  const { kind, hasUnsignedText } = answer.value.output;
  if (kind === "text") {
    return passed("answer", "It is whole, and what an enclave signs of it is its text.");
  }
  return passed(
    "answer",
    `It is whole, and what an enclave signs of it are its tool calls.${hasUnsignedText ? " The text beside them is not signed." : ""}`,
  );
}

function requestHashCheck({ request, answer }: AnswerParts): AnswerCheck {
  if ("flaw" in request) {
    return flawed("requestHash", "The request cannot be hashed", request.flaw);
  }
  if ("flaw" in answer) {
    return notChecked("requestHash", NO_ANSWER);
  }
  return textHash(request.value.json) === answer.value.requestHash
    ? passed(
        "requestHash",
        `The enclave states the hash of this request.${notHashed(request.value.unsigned)}`,
      )
    : failed("requestHash", "The enclave states the hash of another request.");
}

/** As many names as a reader takes in. */
const MOST_NAMES = 8;

function notHashed(unsigned: readonly string[]): string {
  if (unsigned.length === 0) {
    return "";
  }
  const more = unsigned.length > MOST_NAMES ? ` and ${unsigned.length - MOST_NAMES} more` : "";
  const names = unsigned.slice(0, MOST_NAMES).map((name) => visibleName(name));
  return ` Not hashed: ${names.join(", ")}${more}.`;
}

function outputHashCheck(answer: Attempt<SignedAnswer>): AnswerCheck {
  if ("flaw" in answer) {
    return notChecked("outputHash", NO_ANSWER);
  }
  const { output, outputHash } = answer.value;
  return textHash(output.signed) === outputHash
    ? passed("outputHash", "The enclave states the hash of this answer.")
    : failed("outputHash", "The enclave states the hash of another answer.");
}

/** Whether the key is that of the enclave which the answer names. */
export function signingKeyCheck({ answer, key, keyBytes }: AnswerParts): AnswerCheck {
  if ("flaw" in key) {
    return flawed("signingKey", "The signing key cannot be used", key.flaw);
  }
  if ("flaw" in answer) {
    return notChecked("signingKey", NO_ANSWER);
  }
  return enclaveName(keyBytes) === answer.value.enclave
    ? passed("signingKey", "It is the key of the enclave that the answer names.")
    : failed("signingKey", "It is the key of another enclave than the answer names.");
}

/** Whether that key signed request, answer and time together. */
export function signatureCheck({ request, answer, key }: AnswerParts): AnswerCheck {
  if ("flaw" in answer || "flaw" in key) {
    return notChecked("signature", "flaw" in answer ? NO_ANSWER : "The signing key cannot be used.");
  }
  const { output, timestamp, signature } = answer.value;
  // What was signed is this request and this answer, or something else: what the answer states in between decides nothing.
  const requestHash = "value" in request ? textHash(request.value.json) : answer.value.requestHash;
  const message = messageHash(requestHash, textHash(output.signed), timestamp);
  if (!isSignedBy(key.value, message, signature)) {
    return failed("signature", "The key did not sign this request, this answer and this time together.");
  }
  return "value" in request
    ? passed("signature", "The key signed this request, this answer and this time together.")
    : passed("signature", "The key signed this answer and this time with a request of the stated hash.");
}
