/** Runs what the command table lists, and answers the person who asked for it. */
import { commands } from "vscode";
import { messageOf } from "../../server/src/protocol/caught";
import { COMMANDS, type CommandId } from "./commands";
import { showMessage } from "./dialogs";
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
  const buttons = severity === "information" ? [] : [SHOW_LOG];
  if ((await showMessage(severity, message, ...buttons)) === SHOW_LOG) {
    context.log.show();
  }
}

const SHOW_LOG = "Show Log";

/** What a command about the file in front of a person says where there is none. */
export const NO_FILE = "Open a file first: this is about the suggestions that were accepted in it.";
