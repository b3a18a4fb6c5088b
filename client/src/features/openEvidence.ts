/** Opens the evidence file that holds the suggestion at the cursor. */
import { Uri, window } from "vscode";
import { LocateEvidence } from "../../../server/src/protocol/messages";
import { registerCommand, tell } from "../commandRunner";
import type { FeatureContext } from "../featureContext";
import { meantSuggestion } from "../meantSuggestion";

export function activate(context: FeatureContext): void {
  registerCommand(context, "proofline.openEvidence", async (linked) => {
    const id = await meantSuggestion(context, linked);
    if (id === undefined) {
      return;
    }
    const place = await context.server.request(LocateEvidence, { id });
    switch (place.kind) {
      case "file":
        await window.showTextDocument(Uri.parse(place.uri, true), { preview: true });
        return;
      case "none":
        await tell(context, "information", place.reason);
    }
  });
}
