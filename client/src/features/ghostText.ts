/** Ghost text: passes the server's suggestions on and remembers which are shown, so that acceptance can be told. */
import {
  commands,
  type InlineCompletionItem,
  InlineCompletionTriggerKind,
  type Position,
  type TextDocument,
  window,
  workspace,
} from "vscode";
import { messageOf } from "../../../server/src/protocol/caught";
import {
  ACCEPTED_COMMAND,
  DidDismissSuggestions,
  DidLoadModel,
  DidSuggestNothing,
  GetDocumentState,
} from "../../../server/src/protocol/messages";
import { sayInStatusBar } from "../dialogs";
import { AcceptedParts } from "../editor/acceptedParts";
import type { ShownSuggestion } from "../editor/shownSuggestions";
import type { FeatureContext } from "../featureContext";

/** How long after a keystroke a person may still be waiting for a suggestion. */
const WAITING_MILLISECONDS = 3_000;

/** How long the status bar says why a suggestion that was asked for did not come. */
const REASON_MILLISECONDS = 6_000;

export function activate(context: FeatureContext): void {
  let lastTyped = { uri: "", time: 0 };
  const parts = new AcceptedParts();

  context.middleware.provideInlineCompletionItems = async (
    document,
    position,
    inlineContext,
    token,
    next,
  ) => {
    const selected = inlineContext.selectedCompletionInfo?.text;
    parts.asked(selected);
    const uri = document.uri.toString();
    const asked = inlineContext.triggerKind === InlineCompletionTriggerKind.Invoke;
    const why = context.offers.whyNot(document, asked);
    if (why !== null) {
      saySilence(uri, why, asked);
    }
    const result = why === null ? await next(document, position, inlineContext, token) : null;
    if (token.isCancellationRequested) {
      return null;
    }
    const items =
      result === null || result === undefined ? [] : Array.isArray(result) ? result : result.items;
    if (items.length > 0) {
      context.offers.hasOffered(uri);
    }
    context.suggestions.answer(
      uri,
      items.flatMap((item) => shownAt(document, position, item, selected?.length ?? 0)),
    );
    setShowing(context.suggestions.of(uri).length > 0);
    context.fireSuggestionsChanged(uri);
    return result;
  };

  context.subscribe(
    workspace.onDidChangeTextDocument(({ document, contentChanges, reason }) => {
      if (contentChanges.length === 0) {
        return;
      }
      const uri = document.uri.toString();
      lastTyped = { uri, time: Date.now() };
      const following = context.suggestions.edit(uri, contentChanges, (from, to) =>
        document.getText().slice(from, to),
      );
      if (following.kind === "ended") {
        setShowing(false);
        context.server.notify(DidDismissSuggestions, { uri });
      }
      const isAdded = following.kind === "held" && following.part.isAddedPart && reason === undefined;
      parts.edited(
        uri,
        contentChanges.map(({ text }) => text),
        isAdded ? { uri, id: following.part.id, version: document.version } : null,
      );
      if (following.kind !== "none") {
        context.fireSuggestionsChanged(uri);
      }
    }),
    window.onDidChangeTextEditorSelection(({ textEditor, kind }) => {
      if (textEditor !== window.activeTextEditor) {
        return;
      }
      const { document, selection } = textEditor;
      const uri = document.uri.toString();
      const [shown] = context.suggestions.of(uri);
      const isBehindPart =
        shown !== undefined && document.offsetAt(selection.active) === shown.start + shown.extent;
      const part = parts.cursorMoved(uri, kind === undefined, isBehindPart);
      if (part !== null) {
        context.firePartAccepted(part);
      }
      // VS Code hides ghost text when the cursor leaves it.
      if (shown !== undefined && !isBehindPart) {
        endShown(uri);
      }
    }),
    workspace.onDidCloseTextDocument(({ uri }) => context.suggestions.end(uri.toString())),
    // Escape runs the built-in command first, then this one, because VS Code tells nobody that ghost text was hidden.
    commands.registerCommand("proofline.didDismiss", () => {
      const uri = window.activeTextEditor?.document.uri.toString();
      if (uri !== undefined && context.suggestions.of(uri).length > 0) {
        endShown(uri);
        context.server.notify(DidDismissSuggestions, { uri });
      }
    }),
  );

  function endShown(uri: string): void {
    context.suggestions.end(uri);
    setShowing(false);
    context.fireSuggestionsChanged(uri);
  }

  /** The menu tells why nothing came; somebody who asked is told at once. */
  function saySilence(uri: string, reason: string, asked: boolean): void {
    context.offers.wasSilent(uri, reason);
    if (asked && uri === window.activeTextEditor?.document.uri.toString()) {
      sayInStatusBar(reason, REASON_MILLISECONDS);
    }
  }

  /** Whether the model on this computer suggests in a document. */
  async function suggestsHere(uri: string): Promise<boolean> {
    try {
      return (await context.server.request(GetDocumentState, { uri })).model.kind === "ready";
    } catch (error) {
      context.log.debug(`${uri}: ${messageOf(error)}`);
      return false;
    }
  }

  context.server.onNotification(DidSuggestNothing, ({ uri, reason, asked }) =>
    saySilence(uri, reason, asked),
  );
  context.server.onSignal(DidLoadModel, async () => {
    const uri = window.activeTextEditor?.document.uri.toString();
    // Only for somebody who typed a moment ago and got nothing, because the model was not there yet. An enclave counts what is triggered
    // as asked for by a person, which this is not.
    const isWaiting = uri === lastTyped.uri && Date.now() - lastTyped.time < WAITING_MILLISECONDS;
    if (isWaiting && (await suggestsHere(uri))) {
      void commands.executeCommand("editor.action.inlineSuggest.trigger");
    }
  });
}

/** The context key that lets our command run with Escape. */
function setShowing(showing: boolean): void {
  void commands.executeCommand("setContext", "proofline.showsGhostText", showing);
}

function shownAt(
  document: TextDocument,
  position: Position,
  item: InlineCompletionItem,
  named: number,
): ShownSuggestion[] {
  const id: unknown = item.command?.arguments?.[0];
  if (
    item.command?.command !== ACCEPTED_COMMAND ||
    typeof id !== "string" ||
    typeof item.insertText !== "string"
  ) {
    return [];
  }
  const cursor = document.offsetAt(position);
  const start = item.range === undefined ? cursor : document.offsetAt(item.range.start);
  return [{ id, start, extent: cursor - start, text: item.insertText, named }];
}
