/** *Anchor Now*: seals and anchors all that is pending, with progress, and can be cancelled. */
import { AnchorNow } from "../../../server/src/protocol/messages";
import { registerCommand, tell } from "../commandRunner";
import { withProgress } from "../dialogs";
import type { FeatureContext } from "../featureContext";
import { counted } from "../format";

export function activate(context: FeatureContext): void {
  registerCommand(context, "proofline.anchorNow", async () => {
    const { anchored, problems } = await withProgress("Proofline: anchoring", (token) =>
      context.server.ask(AnchorNow, token),
    );
    const done = anchored === 0 ? "Nothing was anchored." : `Anchored ${counted(anchored, "suggestion")}.`;
    if (problems.length > 0) {
      await tell(context, "warning", [done, ...problems].join(" "));
    } else {
      await tell(context, "information", anchored === 0 ? "There was nothing to anchor." : done);
    }
  });
}
