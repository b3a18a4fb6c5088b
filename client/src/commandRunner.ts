/** Runs what the command table lists, and answers the person who asked for it. */
import { commands, window } from "vscode";
import { messageOf } from "../../server/src/protocol/caught";
import { COMMANDS, type CommandId } from "./commands";
import type { FeatureContext } from "./featureContext";

/**
 * Registers a command that a person runs. Because they asked, a failure is told to them; nothing else in this
 * extension may show a message by itself.
 */
export function registerCommand(
  context: FeatureContext,
  id: CommandId,
  run: (...args: readonly unknown[]) => unknown,
): void {
  context.subscribe(
    commands.registerCommand(id, async (...args: readonly unknown[]) => {
      try {
        if (COMMANDS[id].whileStopped === "saysWhy") {
          context.server.requireRunning();
        }
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
  context: FeatureContext,
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

async function offerLog(context: FeatureContext, choice: Thenable<string | undefined>): Promise<void> {
  if ((await choice) === SHOW_LOG) {
    context.log.show();
  }
}
