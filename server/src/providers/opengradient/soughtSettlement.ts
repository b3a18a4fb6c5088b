import type { ChainHash } from "../../platform/primitives";
import { attempt } from "../attestation/answerFlaw";
import type { SettledAnswer } from "./batchInclusion";
import type { AnswerToCheck } from "./savedAnswer";
import { readAnswer } from "./signedAnswer";

/** Which settlement is looked for: of one answer, or of the batch with a root. */
export type SoughtSettlement =
  | { readonly kind: "individual"; readonly answer: SettledAnswer }
  | { readonly kind: "batch"; readonly merkleRoot: ChainHash };

/** What to look for where an answer says how it was settled; `null` where nothing is to be found. */
export function soughtSettlement({
  settlement,
  answer,
}: Pick<AnswerToCheck, "settlement" | "answer">): SoughtSettlement | null {
  switch (settlement.kind) {
    case "private":
      return null;
    case "batch": {
      const root = settlement.inclusion?.merkleRoot;
      return root === undefined ? null : { kind: "batch", merkleRoot: root };
    }
    case "individual": {
      const read = attempt(() => readAnswer(answer.kind, answer.text));
      return "flaw" in read ? null : { kind: "individual", answer: read.value };
    }
  }
}
