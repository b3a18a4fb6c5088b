import { commands, window } from "vscode";
import { messageOf } from "../../server/src/protocol/caught";
import type { Context } from "./server";

/**
 * Registers a command that a person runs. Because they asked, a failure is told to them; nothing else in this
 * extension may show a message by itself.
 */
export function registerCommand(
  context: Context,
  id: string,
  run: (...args: readonly unknown[]) => unknown,
): void {
  context.subscribe(
    commands.registerCommand(id, async (...args: readonly unknown[]) => {
      try {
        await run(...args);
      } catch (error) {
        context.log.error(`${id}: ${messageOf(error)}`);
        await tell(context, "error", messageOf(error));
      }
    }),
  );
}

/** Answers a person's command; the log is one click away where something went wrong. */
export async function tell(
  context: Context,
  severity: "information" | "warning" | "error",
  message: string,
): Promise<void> {
  switch (severity) {
    case "information":
      await window.showInformationMessage(message);
      return;
    case "warning":
      await offerLog(context, window.showWarningMessage(message, SHOW_LOG));
      return;
    case "error":
      await offerLog(context, window.showErrorMessage(message, SHOW_LOG));
  }
}

const SHOW_LOG = "Show Log";

async function offerLog(context: Context, choice: Thenable<string | undefined>): Promise<void> {
  if ((await choice) === SHOW_LOG) {
    context.log.show();
  }
}
