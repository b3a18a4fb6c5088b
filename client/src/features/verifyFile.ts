/** *Verify This File*: everything afresh, nothing cached, and the counts. */
import { window } from "vscode";
import { VerifyFile } from "../../../server/src/protocol/messages";
import { NO_FILE, registerCommand, tell } from "../commandRunner";
import { withProgress } from "../dialogs";
import type { FeatureContext } from "../featureContext";
import { noteDeed } from "../firstDeeds";
import { tally } from "../format";

export function activate(context: FeatureContext): void {
  registerCommand(context, "proofline.verifyFile", async () => {
    const uri = window.activeTextEditor?.document.uri.toString();
    if (uri === undefined) {
      await tell(context, "information", NO_FILE);
      return;
    }
    const { counts, problems } = await withProgress("Proofline: verifying", (token) =>
      context.server.request(VerifyFile, { uri }, token),
    );
    noteDeed("proofline.hasVerifiedFile");
    const found = tally(counts);
    const message = found === "" ? "No accepted suggestion is known in this file." : `This file: ${found}.`;
    const severity = counts.failed > 0 || problems.length > 0 ? "warning" : "information";
    await tell(context, severity, [message, ...problems].join(" "));
  });
}
