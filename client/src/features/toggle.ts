/** Turns suggestions on or off; badges and verification stay. The status bar says which. */
import { registerCommand } from "../commands";
import { toggleEnabled } from "../config";
import type { Context } from "../server";

export function activate(context: Context): void {
  registerCommand(context, "proofline.toggle", () => toggleEnabled());
}
