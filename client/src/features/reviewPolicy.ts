/**
 * *Review the Repository's Policy…*: a team's rules are shown whole, and count once the person has accepted them. The status bar's
 * tooltip says that there is something to look at, and nothing else does.
 */
import { AnswerPolicy, ForgetPolicy, ReviewPolicy } from "../../../server/src/protocol/messages";
import { registerCommand, tell } from "../commandRunner";
import { decide } from "../dialogs";
import type { FeatureContext } from "../featureContext";
import { askForFolder } from "../pinning/modelQuestions";

const ACCEPT = "Accept";
const DECLINE = "Decline";
const WITHDRAW = "Accept It No Longer";

export function activate(context: FeatureContext): void {
  registerCommand(context, "proofline.reviewPolicy", () => review(context));
}

async function review(context: FeatureContext): Promise<void> {
  const folder = await askForFolder("Whose policy do you want to look at?");
  if (folder === null) {
    throw new Error("Open a folder first. A policy belongs to a folder's repository.");
  }
  if (folder === undefined) {
    return;
  }
  const { counts, proposal, problem } = await context.server.request(ReviewPolicy, { folder });
  if (proposal === null && counts === null) {
    await tell(
      context,
      "information",
      problem ??
        "This repository has no policy, so that the built-in rules count: verified, and nothing else.",
    );
    return;
  }
  const more = problem === null ? [] : [problem];
  if (proposal === null) {
    const chosen = await decide(
      "information",
      "This policy counts in this repository, on this machine.",
      [...(counts ?? []), ...more],
      [WITHDRAW],
    );
    if (chosen === WITHDRAW) {
      await context.server.request(ForgetPolicy, { folder });
    }
    return;
  }
  const { digest, lines, isLooser } = proposal;
  const question = isLooser
    ? "This repository's policy asks for less than the one that you accepted. Let it count here, on this machine?"
    : "This repository has a policy. Let it count here, on this machine?";
  const chosen = await decide("warning", question, [...lines, ...more], [ACCEPT, DECLINE]);
  if (chosen !== undefined) {
    const answer = chosen === ACCEPT ? "accepted" : "declined";
    await context.server.request(AnswerPolicy, { folder, digest, answer });
  }
}
