/**
 * *Review the Repository's Chain…*: what a repository proposes about the chain of its anchors is shown whole, and counts once
 * the person has accepted it. The status bar's tooltip says that there is something to look at, and nothing else does.
 */
import { AnswerChain, ForgetChain, ReviewChain } from "../../../server/src/protocol/messages";
import { registerCommand, tell } from "../commandRunner";
import { decide } from "../dialogs";
import type { FeatureContext } from "../featureContext";
import { askForFolder } from "../pinning/modelQuestions";
import { visibleNameInEditor } from "../visibleInEditor";

const ACCEPT = "Accept";
const DECLINE = "Decline";
const WITHDRAW = "Accept It No Longer";

export function activate(context: FeatureContext): void {
  registerCommand(context, "proofline.reviewChain", () => review(context));
}

async function review(context: FeatureContext): Promise<void> {
  const folder = await askForFolder("Whose chain do you want to look at?");
  if (folder === null) {
    throw new Error("Open a folder first. A chain is proposed by the folder's repository.");
  }
  if (folder === undefined) {
    return;
  }
  const { proposal, problem } = await context.server.request(ReviewChain, { folder });
  if (proposal === null) {
    await tell(
      context,
      "information",
      problem ?? "This repository proposes no chain but the one of your own settings, which counts.",
    );
    return;
  }
  const { name, digest, answer, lines } = proposal;
  const isAccepted = answer === "accepted";
  const question = isAccepted
    ? `The chain that counts in this repository is ${visibleNameInEditor(name)}, which it proposed and you accepted.`
    : `This repository proposes a chain, ${visibleNameInEditor(name)}. Let it count here, on this machine?`;
  const chosen = await decide(
    isAccepted ? "information" : "warning",
    question,
    [...lines, ...(problem === null ? [] : [problem])],
    isAccepted ? [WITHDRAW] : [ACCEPT, DECLINE],
  );
  switch (chosen) {
    case ACCEPT:
      await context.server.request(AnswerChain, { folder, digest, answer: "accepted" });
      break;
    case DECLINE:
      await context.server.request(AnswerChain, { folder, digest, answer: "declined" });
      break;
    case WITHDRAW:
      await context.server.request(ForgetChain, { folder });
      break;
    case undefined:
      break;
  }
}
