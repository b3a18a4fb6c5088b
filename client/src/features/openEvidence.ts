/** Opens the evidence file that holds the suggestion at the cursor. */
import { Uri, window } from "vscode";
import { LocateEvidence } from "../../../server/src/protocol/messages";
import { registerCommand, tell } from "../commandRunner";
import type { FeatureContext } from "../featureContext";
import { idAtCursor } from "./openVerdict";

export function activate(context: FeatureContext): void {
  registerCommand(context, "proofline.openEvidence", async (linked) => {
    const id = typeof linked === "string" ? linked : await idAtCursor(context);
    if (id === undefined) {
      await tell(context, "information", "No accepted suggestion is known at the cursor.");
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
