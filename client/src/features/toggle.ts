/** Turns suggestions on or off; badges and verification stay. The status bar says which. */
import { registerCommand } from "../commandRunner";
import { toggleEnabled } from "../config";
import type { FeatureContext } from "../featureContext";

export function activate(context: FeatureContext): void {
  registerCommand(context, "proofline.toggle", () => toggleEnabled(context.configuration));
}
