import {
  type CancellationToken,
  type InlineCompletionItem,
  type InlineCompletionParams,
  InlineCompletionTriggerKind,
} from "vscode-languageserver/node";
import * as z from "zod";
import { newSuggestionId } from "../actions/accept";
import { messageOf } from "../errors";
import type { CompletionOutcome, CompletionRequest } from "../inference/engine";
import type { ServerContext } from "./context";
import type { OpenDocument } from "./documents";
import type { Offer } from "./offers";
import { LspPosition, parse, Uri } from "./requests";

/** The client's command that an item carries, to be run after it was accepted whole; its argument is the id. */
const ACCEPTED_COMMAND = "proofline.didAcceptSuggestion";

const Parameters = z.object({
  textDocument: z.object({ uri: Uri }),
  position: LspPosition,
  context: z.object({
    triggerKind: z.union([z.literal(1), z.literal(2)]),
    selectedCompletionInfo: z
      .object({ range: z.object({ start: LspPosition, end: LspPosition }), text: z.string() })
      .nullish(),
  }),
});
type Parameters = z.infer<typeof Parameters>;

/** Where a suggestion would go: the text before and after it, and what an item that shows it has to replace. */
interface Place {
  readonly before: string;
  readonly after: string;
  /** The offset that the item's range ends at: the cursor's. */
  readonly cursor: number;
  /** What the suggestion widget has selected, which the item repeats before its own text. */
  readonly selected: { readonly start: number; readonly text: string } | null;
}

/** `textDocument/inlineCompletion`: at most one item, from an offer that still fits or from the model. */
export function provideInlineCompletion(context: ServerContext): void {
  let superseded = new AbortController();

  context.connection.languages.inlineCompletion.on(async (raw: InlineCompletionParams, token) => {
    const parameters = parse("textDocument/inlineCompletion", Parameters, raw);
    const document = context.documents.get(parameters.textDocument.uri);
    if (document === undefined) return null;
    const place = placeOf(document, parameters);
    const held = context.offers.match(document.uri, place.before, place.after);
    const mine = new AbortController();
    if (held === null) {
      superseded.abort();
      superseded = mine;
    }
    if ((await context.gate.offReason(document)) !== null || token.isCancellationRequested) return null;
    if (held !== null) return [itemFor(context, document, held, place)];

    const offer = await ask(context, document, parameters, place, abortedBy(token, mine));
    return offer === null || token.isCancellationRequested
      ? null
      : [itemFor(context, document, offer, place)];
  });
}

async function ask(
  context: ServerContext,
  document: OpenDocument,
  parameters: Parameters,
  { before, after }: Place,
  signal: AbortSignal,
): Promise<Offer | null> {
  const { engine } = context.engine;
  if (engine === null || signal.aborted) return null;
  const explicit = parameters.context.triggerKind === InlineCompletionTriggerKind.Invoked;
  const { root, path } = await context.placements.of(document);
  const request: CompletionRequest = {
    path: root === null ? null : path,
    prefix: before,
    suffix: after,
    context: root === null ? [] : context.sources.chunksFor(document, root, before.length),
    trigger: explicit ? "explicit" : "automatic",
    extent: "auto",
    maxTokens: context.settings.current.maxTokens,
  };
  let outcome: CompletionOutcome;
  try {
    outcome = await engine.complete(request, signal);
  } catch (error) {
    if (!signal.aborted) context.engine.failed(engine, error);
    context.log(`No suggestion: ${messageOf(error)}`);
    return null;
  }
  context.engine.succeeded();
  if (outcome.kind === "nothing") {
    if (explicit) context.explainNothing(document.uri, outcome.reason);
    return null;
  }
  const offer: Offer = {
    id: newSuggestionId(),
    uri: document.uri,
    before,
    after,
    text: outcome.completion.displayed,
    completion: outcome.completion,
    facts: engine.facts,
  };
  context.offers.add(offer);
  return offer;
}

function placeOf(document: OpenDocument, { position, context }: Parameters): Place {
  const { text } = document;
  const cursor = document.offsetAt(position);
  const selection = context.selectedCompletionInfo;
  if (selection === undefined || selection === null) {
    return { before: text.slice(0, cursor), after: text.slice(cursor), cursor, selected: null };
  }
  const start = document.offsetAt(selection.range.start);
  const end = Math.max(cursor, document.offsetAt(selection.range.end));
  return {
    before: text.slice(0, start) + selection.text,
    after: text.slice(end),
    cursor: end,
    selected: { start, text: selection.text },
  };
}

/**
 * The item that shows what is left of an offer. Its range must lie on one line, so it begins where the offer does or
 * where the cursor's line does, whichever comes later.
 */
function itemFor(
  context: ServerContext,
  document: OpenDocument,
  offer: Offer,
  place: Place,
): InlineCompletionItem {
  const typed = place.before.length - offer.before.length;
  context.offers.shown(offer.id, typed);
  const command = { title: "Accepted", command: ACCEPTED_COMMAND, arguments: [offer.id] };
  if (place.selected !== null) {
    return {
      insertText: document.spell(place.selected.text + offer.text.slice(typed)),
      range: document.rangeOf(place.selected.start, place.cursor),
      command,
    };
  }
  const kept = typed === 0 ? 0 : offer.text.lastIndexOf("\n", typed - 1) + 1;
  return {
    insertText: document.spell(offer.text.slice(kept)),
    range: document.rangeOf(place.cursor - (typed - kept), place.cursor),
    command,
  };
}

function abortedBy(token: CancellationToken, controller: AbortController): AbortSignal {
  if (token.isCancellationRequested) controller.abort();
  token.onCancellationRequested(() => controller.abort());
  return controller.signal;
}
