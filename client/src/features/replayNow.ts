/** Runs the pinned model again on the suggestions of this file and says what came of it. */
import { window } from "vscode";
import { ReplayNow } from "../../../server/src/protocol/messages";
import { NO_FILE, registerCommand, tell } from "../commandRunner";
import { withProgress } from "../dialogs";
import type { FeatureContext } from "../featureContext";
import { tally } from "../format";

export function activate(context: FeatureContext): void {
  registerCommand(context, "proofline.replay", async (id) => {
    const uri = window.activeTextEditor?.document.uri.toString();
    if (uri === undefined) {
      await tell(context, "information", NO_FILE);
      return;
    }
    const { exact, withinTolerance, mismatch, impossible, reasons } = await withProgress(
      "Proofline: replaying",
      (token) => context.server.request(ReplayNow, typeof id === "string" ? { uri, id } : { uri }, token),
    );
    const counts = tally({ exact, "within tolerance": withinTolerance, mismatched: mismatch, impossible });
    const message = counts === "" ? "There is no suggestion to replay in this file." : `Replayed: ${counts}.`;
    await tell(context, mismatch > 0 ? "warning" : "information", [message, ...new Set(reasons)].join(" "));
  });
}
