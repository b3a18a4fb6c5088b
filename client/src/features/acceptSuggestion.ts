/** Tells the server what a person accepted: all of a suggestion, a word, a line; and what they took back. */
import { commands, TextDocumentChangeReason, window, workspace } from "vscode";
import { messageOf } from "../../../server/src/protocol/caught";
import { ACCEPTED_COMMAND, AcceptSuggestion, DidUndoOrRedo } from "../../../server/src/protocol/messages";
import type { HeldPart } from "../editor/shownSuggestions";
import type { FeatureContext } from "../featureContext";

export function activate(context: FeatureContext): void {
  let wholes = 0;

  context.subscribe(
    commands.registerCommand(ACCEPTED_COMMAND, async (id: unknown) => {
      const uri = window.activeTextEditor?.document.uri.toString();
      if (typeof id === "string" && uri !== undefined) {
        wholes += 1;
        context.suggestions.end(uri);
        context.fireSuggestionsChanged(uri);
        await report(context, { id, uri, kind: "whole" });
      }
    }),
    commands.registerCommand("proofline.acceptNextWord", () =>
      acceptPart("editor.action.inlineSuggest.acceptNextWord"),
    ),
    commands.registerCommand("proofline.acceptNextLine", () =>
      acceptPart("editor.action.inlineSuggest.acceptNextLine"),
    ),
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

  /**
   * Runs the built-in command and reports what it added to the suggestion's beginning. The built-in runs in any case:
   * the ghost text may be another extension's, and then nothing of ours grows.
   */
  async function acceptPart(builtIn: string): Promise<void> {
    const uri = window.activeTextEditor?.document.uri.toString();
    const wholesBefore = wholes;
    let held: HeldPart | undefined;
    const listening = context.onDidChangeHeldPart((part) => {
      held = part.uri === uri ? part : held;
    });
    try {
      await commands.executeCommand(builtIn);
    } finally {
      listening.dispose();
    }
    // With the last word VS Code has accepted, and reported, the whole.
    if (held !== undefined && wholes === wholesBefore) {
      const { id, length } = held;
      await report(context, { id, uri: held.uri, kind: "partial", acceptedLength: length });
    }
  }
}

/** A failure to record is no reason to interrupt: the missing badge and the log say it. */
async function report(context: FeatureContext, parameters: AcceptSuggestion.Parameters): Promise<void> {
  try {
    const { recorded, reason } = await context.server.request(AcceptSuggestion, parameters);
    if (!recorded) {
      context.log.warn(`Accepted, but not recorded: ${reason ?? "no reason given"}`);
    }
  } catch (error) {
    context.log.error(`Accepted, but not recorded: ${messageOf(error)}`);
  }
}
