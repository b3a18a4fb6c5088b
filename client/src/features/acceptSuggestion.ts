/** Tells the server what a person accepted: all of a suggestion, a word, a line; and what they took back. */
import { commands, TextDocumentChangeReason, window, workspace } from "vscode";
import { messageOf } from "../../../server/src/protocol/caught";
import { ACCEPTED_COMMAND, AcceptSuggestion, DidUndoOrRedo } from "../../../server/src/protocol/messages";
import type { FeatureContext } from "../featureContext";

export function activate(context: FeatureContext): void {
  context.subscribe(
    commands.registerCommand(ACCEPTED_COMMAND, async (id: unknown) => {
      const uri = window.activeTextEditor?.document.uri.toString();
      if (typeof id === "string" && uri !== undefined) {
        context.suggestions.end(uri);
        context.fireSuggestionsChanged(uri);
        await report(context, { id, uri, kind: "whole" });
      }
    }),
    context.onDidAcceptPart((part) => void report(context, { ...part, kind: "partial" })),
    workspace.onDidChangeTextDocument(({ document, reason }) => {
      if (reason !== undefined) {
        const kind = reason === TextDocumentChangeReason.Undo ? "undo" : "redo";
        context.server.notify(DidUndoOrRedo, {
          uri: document.uri.toString(),
          version: document.version,
          kind,
        });
      }
    }),
  );
}

/** A failure to record is no reason to interrupt: the missing badge and the log say it. */
async function report(context: FeatureContext, parameters: AcceptSuggestion.Parameters): Promise<void> {
  // Nobody tells of a part: an edit only looks like its acceptance.
  const what =
    parameters.kind === "whole" ? "Accepted, but not recorded" : "Not recorded as accepted in part";
  try {
    const { recorded, reason } = await context.server.request(AcceptSuggestion, parameters);
    if (!recorded) {
      context.log.warn(`${what}: ${reason ?? "no reason given"}`);
    }
  } catch (error) {
    context.log.error(`${what}: ${messageOf(error)}`);
  }
}
