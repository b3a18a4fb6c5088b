/** *Verify This File*: everything afresh, nothing cached, and the counts. */
import { ProgressLocation, window } from "vscode";
import { VerifyFile } from "../../../server/src/protocol/messages";
import { registerCommand, tell } from "../commandRunner";
import type { FeatureContext } from "../featureContext";
import { tally } from "../format";

export function activate(context: FeatureContext): void {
  registerCommand(context, "proofline.verifyFile", async () => {
    const uri = window.activeTextEditor?.document.uri.toString();
    if (uri === undefined) {
      return;
    }
    const options = {
      location: ProgressLocation.Notification,
      title: "Proofline: verifying",
      cancellable: true,
    };
    const { counts, problems } = await window.withProgress(options, (_, token) =>
      context.server.request(VerifyFile, { uri }, token),
    );
    const found = tally(counts);
    const message = found === "" ? "No accepted suggestion is known in this file." : `This file: ${found}.`;
    const severity = counts.failed > 0 || problems.length > 0 ? "warning" : "information";
    await tell(context, severity, [message, ...problems].join(" "));
  });
}
