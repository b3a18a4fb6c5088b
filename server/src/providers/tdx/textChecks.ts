import { recoverSigner } from "../../platform/ecdsa";
import type { Address } from "../../platform/primitives";
import { visibleName } from "../../protocol/visibleText";
import { type AnswerCheck, failed, flawed, notChecked, passed } from "../attestation/answerReport";
import { spellSignedText } from "./signedText";
import type { TdxAnswerParts } from "./tdxAnswerParts";

const NO_TEXT = "The text that was signed could not be read.";

/** Whether the text that was signed holds the hashes of these bodies. */
export function signedBytesChecks({ text, requestHash, answerHash }: TdxAnswerParts): readonly AnswerCheck[] {
  return [
    passed(
      "answer",
      "Enclaves of this kind sign every byte of an answer, so that what it says was not looked at.",
    ),
    "flaw" in text
      ? flawed("requestHash", "The text that was signed cannot be used", text.flaw)
      : text.value.requestHash === requestHash
        ? passed(
            "requestHash",
            "The text that was signed holds the hash of this request, of every byte of it.",
          )
        : failed("requestHash", "The text that was signed holds the hash of another request."),
    "flaw" in text
      ? notChecked("outputHash", NO_TEXT)
      : text.value.answerHash === answerHash
        ? passed("outputHash", "The text that was signed holds the hash of this answer, of every byte of it.")
        : failed("outputHash", "The text that was signed holds the hash of another answer."),
  ];
}

/** Whether the signature on the text, which gives its key away, is by the key of the address that is named. */
export function signingKeyCheck({ saved: { signature } }: TdxAnswerParts): AnswerCheck {
  return signerOf(signature.text, signature.signature) === signature.signing_address
    ? passed("signingKey", "The text that is kept was signed with the key of the address that is named.")
    : failed("signingKey", "The text that is kept was not signed with the key of the address that is named.");
}

/** Whether that key signed these very bodies: the text is spelled anew, so that what the kept one says decides nothing. */
export function signatureCheck({
  saved: { signature },
  text,
  requestHash,
  answerHash,
}: TdxAnswerParts): AnswerCheck {
  if ("flaw" in text) {
    return notChecked("signature", NO_TEXT);
  }
  const { model } = text.value;
  const signed = spellSignedText({ model, requestHash, answerHash });
  if (signerOf(signed, signature.signature) !== signature.signing_address) {
    return failed("signature", "The key did not sign this request and this answer together.");
  }
  const called = model === null ? "" : `, and calls the model ${visibleName(model)}`;
  return passed("signature", `The key signed this request and this answer together${called}.`);
}

/** The address of the key that signed a text by EIP-191; `null` where none did. */
function signerOf(text: string, signature: string): Address | null {
  return recoverSigner(Buffer.from(text, "utf8"), Buffer.from(signature.slice(2), "hex"));
}
