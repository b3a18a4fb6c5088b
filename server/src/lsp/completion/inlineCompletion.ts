import { once } from "node:events";
import {
  type InlineCompletionItem,
  type InlineCompletionParams,
  InlineCompletionTriggerKind,
} from "vscode-languageserver/node";
import * as z from "zod";
import { describeNothing } from "../../inference/engine/engine";
import { messageOf } from "../../platform/errors";
import { ACCEPTED_COMMAND, DidSuggestNothing } from "../../protocol/messages";
import { DocumentUri, TextPosition, TextRange } from "../../protocol/messages/documentPlaces";
import type { OfferOutcome, Provider } from "../../providers/provider";
import { newSuggestionId } from "../../workflows/accept";
import type { DocumentListener } from "../documents/documentEvents";
import type { OpenDocument } from "../documents/openDocument";
import { editorRemedy, editorText } from "../editorRemedies";
import { abortedBy, parse } from "../requests";
import type { ServerContext } from "../serverContext";
import type { ActiveSuggestion } from "../suggestions/activeSuggestions";
import { Debounce, pause } from "./debounce";
import { LookupTexts } from "./lookupTexts";
import type { Offer } from "./offer";
import { Prefetch } from "./prefetch";
import type { ProviderSource } from "./providerSource";
import { type Around, requestAt } from "./requestAt";
import { SuggestionPreview } from "./suggestionPreview";
import { WorkAhead } from "./workAhead";

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
  const workAhead = new WorkAhead(context);
  const prefetch = new Prefetch(async (document, around, signal) => {
    const source = await context.providers.of(document);
    return source.unasked.ahead ? ask(context, source, document, around, false, signal) : NOTHING;
  });

  context.connection.languages.inlineCompletion.on(async (raw: InlineCompletionParams, token) => {
    const parameters = parse("textDocument/inlineCompletion", Parameters, raw);
    const document = context.documents.get(parameters.textDocument.uri);
    if (document === undefined) {
      return null;
    }
    const place = placeOf(document, parameters);
    const { version } = document;
    const show = (
      { unasked }: ProviderSource,
      suggestion: ActiveSuggestion,
      typed: number,
    ): InlineCompletionItem[] => {
      if (unasked.ahead && workAhead.isAllowed) {
        prefetch.shown(document, suggestion);
      }
      return [itemFor(context, document, suggestion, typed, place)];
    };
    const explicit = parameters.context.triggerKind === InlineCompletionTriggerKind.Invoked;
    const matching = context.active.match(document.uri, place.before, place.after);
    let held = explicit && !isWhole(matching?.suggestion ?? null) ? null : matching;
    const mine = new AbortController();
    const supersede = (): void => {
      superseded.abort();
      superseded = mine;
    };
    if (held === null) {
      supersede();
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
    const source = await context.providers.of(document);
    const { offered } = held?.suggestion ?? {};
    if (
      offered !== undefined &&
      (offered.kind !== source.offers || (await context.gate.offeredReason(document, offered)) !== null)
    ) {
      held = null;
      supersede();
    }
    if (held !== null) {
      return show(source, held.suggestion, held.typed);
    }
    const refusal = explicit ? null : source.unasked.refusal();
    if (refusal !== null) {
      return sayNothing(refusal);
    }

    const ready = source.unasked.ahead ? await prefetch.take(document.uri, place) : null;
    let offer = ready ?? NOTHING;
    if (ready === null || (explicit && !isWhole(suggestionOf(offer)))) {
      if (mine.signal.aborted) {
        return null;
      }
      prefetch.cancel();
      const signal = abortedBy(token, mine);
      if (!explicit) {
        const delay = Math.max(debounce.delay(performance.now()), source.unasked.leastPauseMilliseconds);
        await pause(delay, signal);
      }
      const started = performance.now();
      const isLoaded = source.provider !== null;
      offer = await ask(context, source, document, place, explicit, signal);
      if (!signal.aborted && isLoaded && source === context.providers.local) {
        debounce.answered(performance.now() - started);
      }
      lookUps.follow(source.provider, document, place.before.length);
      if (place.selected === null && !signal.aborted) {
        // What this answer had no time to read is read for the next one.
        void workAhead.rests(document, place.cursor, version);
      }
    }
    if (offer.kind === "nothing") {
      return sayNothing(offer.reason);
    }
    // What was asked before there was a model, or ahead, was asked before anybody knew what would write it.
    const refused = await context.gate.offeredReason(document, offer.suggestion.offered);
    if (refused !== null) {
      return sayNothing(refused);
    }
    context.active.add(offer.suggestion);
    return token.isCancellationRequested ? null : show(source, offer.suggestion, 0);
  });
  // What is encoded before somebody types need not be encoded at the first key.
  const lookAhead = async (document: OpenDocument): Promise<void> => {
    if ((await context.gate.offReason(document)) === null) {
      lookUps.follow((await context.providers.of(document)).provider, document, 0);
    }
  };
  context.providers.local.onChange(({ kind }) => {
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
    closed: (document) => {
      prefetch.cancel();
      workAhead.closed(document);
    },
  };
}

/** Asked by a person, the model goes on where it says nothing, or stops in doubt, when nobody asked. */
function isWhole(suggestion: ActiveSuggestion | null): boolean {
  const offered = suggestion?.offered;
  return offered !== undefined && (offered.kind !== "replayable" || offered.output.stop !== "doubt");
}

/** The provider, once a start that is under way is done: whoever asks meanwhile need not ask again. */
async function readyProvider(source: ProviderSource, signal: AbortSignal): Promise<Provider | null> {
  if (signal.aborted || source.provider !== null) {
    return source.provider;
  }
  const aborted = once(signal, "abort").then(() => null);
  return Promise.race([source.ready(), aborted]);
}

/** What the model offers at a place; nobody was shown it yet. */
async function ask(
  context: ServerContext,
  source: ProviderSource,
  document: OpenDocument,
  { before, after }: Around,
  explicit: boolean,
  signal: AbortSignal,
): Promise<Offer> {
  const provider = await readyProvider(source, signal);
  if (provider === null || signal.aborted) {
    return NOTHING;
  }
  const request = await requestAt(context, document, { before, after }, explicit ? "explicit" : "automatic");
  let outcome: OfferOutcome;
  const preview = new SuggestionPreview(context.connection, document, before.length);
  try {
    outcome = await provider.suggest(request, signal, (text) => preview.show(text));
  } catch (error) {
    if (!signal.aborted) {
      source.failed(provider, error);
    }
    context.log(`No suggestion: ${messageOf(error)}`);
    const reason = editorRemedy(error) === null ? `The model failed: ${messageOf(error)}` : editorText(error);
    return { kind: "nothing", reason };
  } finally {
    preview.end();
  }
  source.succeeded();
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
