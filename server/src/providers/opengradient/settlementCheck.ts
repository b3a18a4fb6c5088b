import { type AnswerCheck, check, failed, notChecked, passed } from "../attestation/answerReport";
import { type AnswerParts, NO_ANSWER } from "./answerParts";
import { batchRootOf } from "./batchInclusion";
import type { SettlementTestimony } from "./settlementTestimony";

/** Whether the answer stands where it is said to be settled. */
export function settlementCheck(
  { saved: { settlement }, answer }: AnswerParts,
  testimony: SettlementTestimony | null,
): AnswerCheck {
  switch (settlement.kind) {
    case "private":
      return notChecked("settlement", "It was settled privately, which leaves no trace onchain.");
    case "individual":
      return testimony === null
        ? notChecked("settlement", "It was settled by itself, and OpenGradient's chain was not asked for it.")
        : toldBy(testimony, "a settlement of this answer");
    case "batch": {
      const { inclusion } = settlement;
      if (inclusion === undefined) {
        return notChecked("settlement", "It is not known in which batch it was settled.");
      }
      if ("flaw" in answer) {
        return notChecked("settlement", NO_ANSWER);
      }
      if (batchRootOf(answer.value, inclusion.proof) !== inclusion.merkleRoot) {
        return failed("settlement", "It does not stand in a batch of the named root.");
      }
      return testimony === null
        ? notChecked(
            "settlement",
            "It stands in a batch of the named root, and OpenGradient's chain was not asked for that root.",
          )
        : toldBy(testimony, "the batch of the named root, in which this answer stands");
    }
  }
}

function toldBy(testimony: SettlementTestimony, what: string): AnswerCheck {
  switch (testimony.kind) {
    case "found":
      return passed(
        "settlement",
        `According to ${testimony.witnesses}, block ${testimony.block} has ${what}.`,
      );
    case "pending":
      return check(
        "settlement",
        "pending",
        `According to ${testimony.witnesses}, the chain does not have ${what} yet; that may take half an hour.`,
      );
    case "disputed":
      return notChecked("settlement", `The servers do not tell alike of ${what}.`);
    case "notFound":
      return check(
        "settlement",
        "warning",
        `According to ${testimony.witnesses}, the chain does not have ${what}, though half an hour is over.`,
      );
  }
}
