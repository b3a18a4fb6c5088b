import { once } from "node:events";
import {
  type InlineCompletionItem,
  type InlineCompletionParams,
  InlineCompletionTriggerKind,
} from "vscode-languageserver/node";
import * as z from "zod";
import { type CompletionRequest, describeNothing } from "../../inference/engine/engine";
import { messageOf } from "../../platform/errors";
import { ACCEPTED_COMMAND, DidSuggestNothing } from "../../protocol/messages";
import { DocumentUri, TextPosition, TextRange } from "../../protocol/messages/documentPlaces";
import type { OfferOutcome, Provider } from "../../providers/provider";
import { newSuggestionId } from "../../workflows/accept";
import type { DocumentListener } from "../documents/documentEvents";
import type { OpenDocument } from "../documents/openDocument";
import { abortedBy, parse } from "../requests";
import type { ServerContext } from "../serverContext";
import type { ActiveSuggestion } from "../suggestions/activeSuggestions";
import { Debounce, pause } from "./debounce";
import { LookupTexts } from "./lookupTexts";
import type { Offer } from "./offer";
import { type Around, Prefetch } from "./prefetch";

const Parameters = z.object({
  textDocument: z.object({ uri: DocumentUri }),
  position: TextPosition,
  context: z.object({
    triggerKind: z.union([z.literal(1), z.literal(2)]),
    selectedCompletionInfo: z.object({ range: TextRange, text: z.string() }).nullish(),
  }),
});
type Parameters = z.infer<typeof Parameters>;

/** Where a suggestion would go: the text before and after it, and what an item that shows it has to replace. */
interface Place extends Around {
  /** The offset that the item's range ends at: the cursor's. */
  readonly cursor: number;
  /** What the suggestion widget has selected, which the item repeats before its own text. */
  readonly selected: { readonly start: number; readonly text: string } | null;
}

/** `textDocument/inlineCompletion`: at most one item, from what was suggested and still fits, or from the model. */
export function provideInlineCompletion(context: ServerContext): DocumentListener {
  let superseded = new AbortController();
  const debounce = new Debounce();
  const lookUps = new LookupTexts(context);
  const prefetch = new Prefetch((document, around, signal) => ask(context, document, around, false, signal));

  context.connection.languages.inlineCompletion.on(async (raw: InlineCompletionParams, token) => {
    const parameters = parse("textDocument/inlineCompletion", Parameters, raw);
    const document = context.documents.get(parameters.textDocument.uri);
    if (document === undefined) {
      return null;
    }
    const place = placeOf(document, parameters);
    const show = (suggestion: ActiveSuggestion, typed: number): InlineCompletionItem[] => {
      prefetch.shown(document, suggestion);
      return [itemFor(context, document, suggestion, typed, place)];
    };
    const explicit = parameters.context.triggerKind === InlineCompletionTriggerKind.Invoked;
    const matching = context.active.match(document.uri, place.before, place.after);
    const held = explicit && !isWhole(matching?.suggestion ?? null) ? null : matching;
    const mine = new AbortController();
    if (held === null) {
      superseded.abort();
      superseded = mine;
    }
    const sayNothing = (reason: string | null): null => {
      if (reason !== null && !token.isCancellationRequested) {
        const { uri } = document;
        void context.connection.sendNotification(DidSuggestNothing.type, { uri, reason, asked: explicit });
      }
      return null;
    };
    const offReason = await context.gate.offReason(document);
    if (offReason !== null || token.isCancellationRequested) {
      return sayNothing(offReason);
    }
    if (held !== null) {
      return show(held.suggestion, held.typed);
    }

    const ready = await prefetch.take(document.uri, place);
    let offer = ready ?? NOTHING;
    if (ready === null || (explicit && !isWhole(suggestionOf(offer)))) {
      if (mine.signal.aborted) {
        return null;
      }
      prefetch.cancel();
      const signal = abortedBy(token, mine);
      if (!explicit) {
        await pause(debounce.delay(performance.now()), signal);
      }
      const started = performance.now();
      const isLoaded = context.source.provider !== null;
      offer = await ask(context, document, place, explicit, signal);
      if (!signal.aborted && isLoaded) {
        debounce.answered(performance.now() - started);
      }
      lookUps.follow(document, place.before.length);
    }
    if (offer.kind === "nothing") {
      return sayNothing(offer.reason);
    }
    context.active.add(offer.suggestion);
    return token.isCancellationRequested ? null : show(offer.suggestion, 0);
  });
  // What is encoded before somebody types need not be encoded at the first key.
  const lookAhead = async (document: OpenDocument): Promise<void> => {
    if ((await context.gate.offReason(document)) === null) {
      lookUps.follow(document, 0);
    }
  };
  context.source.onChange(({ kind }) => {
    if (kind === "ready") {
      for (const document of context.documents.all()) {
        void lookAhead(document);
      }
    }
  });
  return {
    opened: (document) => void lookAhead(document),
    edited: (document) => {
      debounce.typed(performance.now());
      prefetch.changed(document);
    },
    closed: () => prefetch.cancel(),
  };
}

/** Asked by a person, the model goes on where it says nothing, or stops in doubt, when nobody asked. */
function isWhole(suggestion: ActiveSuggestion | null): boolean {
  const offered = suggestion?.offered;
  return offered !== undefined && (offered.kind !== "replayable" || offered.output.stop !== "doubt");
}

/** The provider, once a start that is under way is done: whoever asks meanwhile need not ask again. */
async function readyProvider({ source }: ServerContext, signal: AbortSignal): Promise<Provider | null> {
  if (signal.aborted || source.provider !== null) {
    return source.provider;
  }
  const aborted = once(signal, "abort").then(() => null);
  return Promise.race([source.ready(), aborted]);
}

/** What the model offers at a place; nobody was shown it yet. */
async function ask(
  context: ServerContext,
  document: OpenDocument,
  { before, after }: Around,
  explicit: boolean,
  signal: AbortSignal,
): Promise<Offer> {
  const provider = await readyProvider(context, signal);
  if (provider === null || signal.aborted) {
    return NOTHING;
  }
  const { repositoryPath, path } = await context.locations.of(document);
  const request: CompletionRequest = {
    path: repositoryPath === null ? null : path,
    prefix: before,
    suffix: after,
    context:
      repositoryPath === null ? [] : context.sources.chunksFor(document, repositoryPath, before.length),
    trigger: explicit ? "explicit" : "automatic",
    extent: "auto",
    maxTokens: context.settings.current.maxTokens,
  };
  let outcome: OfferOutcome;
  try {
    outcome = await provider.suggest(request, signal);
  } catch (error) {
    if (!signal.aborted) {
      context.source.failed(provider, error);
    }
    context.log(`No suggestion: ${messageOf(error)}`);
    return { kind: "nothing", reason: `The model failed: ${messageOf(error)}` };
  }
  context.source.succeeded();
  if (outcome.kind === "nothing") {
    return {
      kind: "nothing",
      reason: outcome.reason === "cancelled" ? null : describeNothing(outcome.reason),
    };
  }
  const suggestion = {
    id: newSuggestionId(),
    uri: document.uri,
    before,
    after,
    text: outcome.offered.output.displayed,
    offered: outcome.offered,
  };
  return { kind: "suggestion", suggestion };
}

const NOTHING: Offer = { kind: "nothing", reason: null };

function suggestionOf(offer: Offer): ActiveSuggestion | null {
  return offer.kind === "suggestion" ? offer.suggestion : null;
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
 * The item that shows what is left of a suggestion whose first `typed` units stand before the cursor. Its range must lie
 * on one line, so it begins where the suggestion does or where the cursor's line does, whichever comes later.
 */
function itemFor(
  context: ServerContext,
  document: OpenDocument,
  suggestion: ActiveSuggestion,
  typed: number,
  place: Place,
): InlineCompletionItem {
  context.active.shown(suggestion.id, typed);
  const command = { title: "Accepted", command: ACCEPTED_COMMAND, arguments: [suggestion.id] };
  if (place.selected !== null) {
    return {
      insertText: document.spell(place.selected.text + suggestion.text.slice(typed)),
      range: document.rangeOf(place.selected.start, place.cursor),
      command,
    };
  }
  const kept = typed === 0 ? 0 : suggestion.text.lastIndexOf("\n", typed - 1) + 1;
  return {
    insertText: document.spell(suggestion.text.slice(kept)),
    range: document.rangeOf(place.cursor - (typed - kept), place.cursor),
    command,
  };
}
