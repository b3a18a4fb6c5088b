import { type AnswerParts, NO_ANSWER } from "./answerParts";
import { type AnswerCheck, failed, notChecked } from "./answerReport";
import { batchRootOf } from "./batchInclusion";

/** Whether the answer stands where the file says that it was settled. */
export function settlementCheck({ saved: { settlement }, answer }: AnswerParts): AnswerCheck {
  switch (settlement.kind) {
    case "private":
      return notChecked("settlement", "It was settled privately, which leaves no trace onchain.");
    case "individual":
      return notChecked(
        "settlement",
        "It was settled by itself, and OpenGradient's chain was not asked for it.",
      );
    case "batch": {
      const { inclusion } = settlement;
      if (inclusion === undefined) {
        return notChecked("settlement", "It is not known in which batch it was settled.");
      }
      if ("flaw" in answer) {
        return notChecked("settlement", NO_ANSWER);
      }
      return batchRootOf(answer.value, inclusion.proof) === inclusion.merkleRoot
        ? notChecked(
            "settlement",
            "It stands in a batch of the named root, and OpenGradient's chain was not asked for that root.",
          )
        : failed("settlement", "It does not stand in a batch of the named root.");
    }
  }
}
