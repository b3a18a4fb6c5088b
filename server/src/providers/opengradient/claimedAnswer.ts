import type { Digest } from "../../platform/primitives";
import type { SettlementKind } from "../../protocol/settlementKinds";
import { attempt } from "../attestation/answerFlaw";
import { type AnswerCheck, type AnswerReport, failed, notChecked, passed } from "../attestation/answerReport";
import { type AnswerParts, NO_ANSWER } from "./answerParts";
import { displayedOf } from "./answerText";
import { isCut } from "./chatPrompt";
import { type CheckAnswerOptions, checkAnswer } from "./checkAnswer";
import { askedBy } from "./completionRequest";
import { decodeRegistryEntry } from "./registryEntry";
import type { RegistryTestimony } from "./registryTestimony";
import type { AnswerToCheck } from "./savedAnswer";
import { signatureCheck, signedBytesChecks, signingKeyCheck } from "./signatureChecks";

/** What evidence of the scheme says of one answer. All of it is the device's word until it is checked. */
export interface ClaimedAnswer {
  /** The enclave's name, without `0x`. */
  readonly enclave: Digest;
  readonly model: string;
  /** The exact bodies of request and answer. */
  readonly request: string;
  readonly answer: string;
  readonly signature: Uint8Array;
  /** Seconds since 1970. */
  readonly timestamp: number;
  readonly settlement: SettlementKind;
  readonly displayed: string;
  /** Whether this build has the trim chain that the evidence names. */
  readonly isTrimKnown: boolean;
}

/** UTF-16 code units. Longer answers are offered by no editor, and cutting them costs more than they are worth. */
export const MOST_ANSWERED = 16_384;

/**
 * Checks an answer that evidence holds. The enclave's key comes from the registry and from nowhere else, so that without the
 * registry nothing says who signed.
 */
export function checkClaimedAnswer(
  claimed: ClaimedAnswer,
  options: Omit<CheckAnswerOptions, "further"> = {},
): Promise<AnswerReport> {
  return checkAnswer(answerIn(claimed, options.registry ?? null), {
    ...options,
    further: (parts) => [statementCheck(claimed, parts), displayedCheck(claimed, parts)],
  });
}

function answerIn(
  { request, answer, settlement }: ClaimedAnswer,
  registry: RegistryTestimony | null,
): AnswerToCheck {
  const bytes = registry?.whenSigned.entry ?? null;
  const entry = bytes === null ? null : attempt(() => decodeRegistryEntry(bytes));
  return {
    request,
    ...keptAnswer({ answer, settlement }),
    signingKey:
      entry !== null && "value" in entry ? Buffer.from(entry.value.signingKey).toString("base64") : null,
  };
}

/** An answer and how it was settled, as checks look at them. */
export function keptAnswer({
  answer,
  settlement,
}: Pick<ClaimedAnswer, "answer" | "settlement">): Pick<AnswerToCheck, "answer" | "settlement"> {
  return {
    // A whole answer is one JSON object, and events are none.
    answer: { kind: /^\s*\{/.test(answer) ? "body" : "stream", text: answer },
    settlement: { kind: settlement },
  };
}

/** Whether the evidence names the enclave, the signature, the time and the model that request and answer name. */
function statementCheck(claimed: ClaimedAnswer, { request, answer }: AnswerParts): AnswerCheck {
  if ("flaw" in answer || "flaw" in request) {
    return notChecked("statement", "flaw" in answer ? NO_ANSWER : "The request could not be read.");
  }
  const { enclave, signature, timestamp } = answer.value;
  const wrong = [
    ...(enclave === `0x${claimed.enclave}` ? [] : ["enclave"]),
    ...(signature.equals(claimed.signature) ? [] : ["signature"]),
    ...(timestamp === claimed.timestamp ? [] : ["time"]),
    ...(request.value.model === claimed.model ? [] : ["model"]),
  ];
  return wrong.length === 0
    ? passed("statement", "The evidence names the enclave, signature, time and model of request and answer.")
    : failed("statement", `The evidence names another ${wrong.join(", ")} than request and answer.`);
}

/** Whether what was displayed follows from what the enclave signed. */
function displayedCheck({ request, displayed, isTrimKnown }: ClaimedAnswer, parts: AnswerParts): AnswerCheck {
  const { answer } = parts;
  if ("flaw" in answer) {
    return notChecked("displayedText", NO_ANSWER);
  }
  const { kind, signed } = answer.value.output;
  if (kind !== "text") {
    return failed("displayedText", "The answer is a call of tools, and no text to display.");
  }
  const asked = askedBy(request);
  if (asked === null || !isCut(asked.prompt)) {
    return failed("displayedText", "The request is not one by which Proofline asks for code.");
  }
  if (!isTrimKnown || signed.length > MOST_ANSWERED) {
    return notChecked(
      "displayedText",
      isTrimKnown
        ? `The answer is longer than any that Proofline offers: ${signed.length} characters, of at most ${MOST_ANSWERED}.`
        : "This version of Proofline does not know the rules by which the text was cut.",
    );
  }
  // To cut it may take long, which whoever wrote the evidence could make use of.
  const isSigned = [...signedBytesChecks(parts), signingKeyCheck(parts), signatureCheck(parts)].every(
    ({ value }) => value === "passed",
  );
  if (!isSigned) {
    return notChecked("displayedText", "It is not known that an enclave signed the answer.");
  }
  return displayedOf(signed, asked.prompt) === displayed
    ? passed("displayedText", "What was displayed is this answer, as Proofline cuts it at the cursor.")
    : failed("displayedText", "What was displayed is not this answer as Proofline cuts it at the cursor.");
}
