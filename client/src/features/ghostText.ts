/** Ghost text: passes the server's suggestions on and remembers what is on offer, so that acceptance can be told. */
import {
  commands,
  type InlineCompletionItem,
  type Position,
  type TextDocument,
  window,
  workspace,
} from "vscode";
import {
  ACCEPTED_COMMAND,
  DidDismissSuggestions,
  DidLoadModel,
  DidSuggestNothing,
} from "../../../server/src/protocol/messages";
import type { OfferedItem } from "../editor/shownSuggestions";
import type { Context } from "../server";

/** How long after a keystroke a person may still be waiting for a suggestion. */
const WAITING_MILLISECONDS = 3_000;

/** How long the status bar says why a suggestion that was asked for did not come. */
const REASON_MILLISECONDS = 6_000;

export function activate(context: Context): void {
  let lastTyped = { uri: "", time: 0 };

  context.middleware.provideInlineCompletionItems = async (
    document,
    position,
    inlineContext,
    token,
    next,
  ) => {
    const result = await next(document, position, inlineContext, token);
    if (token.isCancellationRequested) {
      return null;
    }
    const items =
      result === null || result === undefined ? [] : Array.isArray(result) ? result : result.items;
    const uri = document.uri.toString();
    context.offers.answer(
      uri,
      items.flatMap((item) => offered(document, position, item)),
    );
    setOffering(context.offers.of(uri).length > 0);
    context.fireOffersChanged(uri);
    return result;
  };

  context.subscribe(
    workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
      if (contentChanges.length === 0) {
        return;
      }
      const uri = document.uri.toString();
      lastTyped = { uri, time: Date.now() };
      const following = context.offers.edit(uri, contentChanges, (from, to) =>
        document.getText().slice(from, to),
      );
      if (following.kind === "ended") {
        setOffering(false);
        context.notify(DidDismissSuggestions, { uri });
      }
      if (following.kind === "extended") {
        context.fireOfferExtended(following.extension);
      }
      if (following.kind !== "none") {
        context.fireOffersChanged(uri);
      }
    }),
    window.onDidChangeTextEditorSelection(({ textEditor }) => {
      // VS Code hides ghost text when the cursor leaves it.
      const { document, selection } = textEditor;
      const uri = document.uri.toString();
      const [offer] = context.offers.of(uri);
      if (offer !== undefined && document.offsetAt(selection.active) !== offer.start + offer.extent) {
        endOffers(uri);
      }
    }),
    workspace.onDidCloseTextDocument(({ uri }) => context.offers.end(uri.toString())),
    // Escape runs the built-in command first, then this one, because VS Code tells nobody that ghost text was hidden.
    commands.registerCommand("proofline.didDismiss", () => {
      const uri = window.activeTextEditor?.document.uri.toString();
      if (uri !== undefined && context.offers.of(uri).length > 0) {
        endOffers(uri);
        context.notify(DidDismissSuggestions, { uri });
      }
    }),
  );

  function endOffers(uri: string): void {
    context.offers.end(uri);
    setOffering(false);
    context.fireOffersChanged(uri);
  }

  context.onNotification(DidSuggestNothing, ({ uri, reason }) => {
    if (uri === window.activeTextEditor?.document.uri.toString()) {
      window.setStatusBarMessage(`$(info) ${reason}`, REASON_MILLISECONDS);
    }
  });
  context.onSignal(DidLoadModel, () => {
    const uri = window.activeTextEditor?.document.uri.toString();
    // Only for somebody who typed a moment ago and got nothing, because the model was not there yet.
    if (uri === lastTyped.uri && Date.now() - lastTyped.time < WAITING_MILLISECONDS) {
      void commands.executeCommand("editor.action.inlineSuggest.trigger");
    }
  });
}

/** The context key that lets our wrappers take the keys of the built-in commands. */
function setOffering(offering: boolean): void {
  void commands.executeCommand("setContext", "proofline.offering", offering);
}

function offered(document: TextDocument, position: Position, item: InlineCompletionItem): OfferedItem[] {
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
  return [{ id, start, extent: cursor - start, text: item.insertText }];
}
