/** Shows the log, and restarts the language server: what a person reaches for when something is wrong. */
import { registerCommand } from "../commandRunner";
import type { FeatureContext } from "../featureContext";

export function activate(context: FeatureContext): void {
  registerCommand(context, "proofline.showLog", () => context.log.show());
  registerCommand(context, "proofline.restart", () => context.server.restart());
}
