/** Shows the log, and restarts the language server: what a person reaches for when something is wrong. */
import { registerCommand } from "../commands";
import type { Context } from "../server";

export function activate(context: Context): void {
  registerCommand(context, "proofline.showLog", () => context.log.show());
  registerCommand(context, "proofline.restart", () => context.restart());
}
