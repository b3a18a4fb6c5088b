/** Tells the server what a person accepted: all of a suggestion, a word, a line; and what they took back. */
import { commands, TextDocumentChangeReason, window, workspace } from "vscode";
import { messageOf } from "../../../server/src/protocol/caught";
import { ACCEPTED_COMMAND, AcceptSuggestion, DidUndoOrRedo } from "../../../server/src/protocol/messages";
import type { Extension } from "../editor/shownSuggestions";
import type { Context } from "../server";

export function activate(context: Context): void {
  let wholes = 0;

  context.subscribe(
    commands.registerCommand(ACCEPTED_COMMAND, async (id: unknown) => {
      const uri = window.activeTextEditor?.document.uri.toString();
      if (typeof id === "string" && uri !== undefined) {
        wholes += 1;
        context.offers.end(uri);
        context.fireOffersChanged(uri);
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
        context.notify(DidUndoOrRedo, { uri: document.uri.toString(), version: document.version, kind });
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
    let grown: Extension | undefined;
    const listening = context.onDidExtendOffer((extension) => {
      grown = extension.uri === uri ? extension : grown;
    });
    try {
      await commands.executeCommand(builtIn);
    } finally {
      listening.dispose();
    }
    // With the last word VS Code has accepted, and reported, the whole.
    if (grown !== undefined && wholes === wholesBefore) {
      const { id, length } = grown;
      await report(context, { id, uri: grown.uri, kind: "partial", acceptedLength: length });
    }
  }
}

/** A failure to record is no reason to interrupt: the missing badge and the log say it. */
async function report(context: Context, parameters: AcceptSuggestion.Parameters): Promise<void> {
  try {
    const { recorded, reason } = await context.request(AcceptSuggestion, parameters);
    if (!recorded) {
      context.log.warn(`Accepted, but not recorded: ${reason ?? "no reason given"}`);
    }
  } catch (error) {
    context.log.error(`Accepted, but not recorded: ${messageOf(error)}`);
  }
}
