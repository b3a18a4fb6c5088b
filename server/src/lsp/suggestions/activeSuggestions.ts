import type { Completion } from "../../inference/engine/engine";
import type { ExecutionFacts } from "../../inference/suggestion";
import type { DocumentListener } from "../documents/documentEvents";
import type { OpenDocument } from "../documents/openDocument";
import { type Span, shiftAll, type TextEdit } from "../documents/textEdits";

/** One thing the model offered, at one place in one text. */
export interface ActiveSuggestion {
  readonly id: string;
  readonly uri: string;
  /** The text around the place, with LF, as the model was asked. */
  readonly before: string;
  readonly after: string;
  /** What is offered, with LF; never empty. */
  readonly text: string;
  readonly completion: Completion;
  readonly facts: ExecutionFacts;
}

interface Held {
  readonly offer: ActiveSuggestion;
  /** Where the offer begins in today's text. */
  place: Span;
  /** UTF-16 units of the offer that stood in the text when it was last shown: what the person typed of it. */
  typed: number;
  /** The person turned it down: it is not shown again, but an acceptance on its way still counts. */
  dismissed: boolean;
}

const MAX_OFFERS = 64;

/**
 * The offers that can still be shown or accepted, newest last. While the text between an offer's start and the cursor
 * is a beginning of it, and everything around is unchanged, the same offer under the same id is what there is to
 * show: so it survives word-wise acceptance, typing along and backspacing, without the model.
 */
export class ActiveSuggestions implements DocumentListener {
  private readonly held = new Map<string, Held>();

  add(offer: ActiveSuggestion): void {
    const start = offer.before.length;
    this.held.set(offer.id, { offer, place: { start, end: start }, typed: 0, dismissed: false });
    for (const id of this.held.keys()) {
      if (this.held.size <= MAX_OFFERS) {
        break;
      }
      this.held.delete(id);
    }
  }

  /** The newest offer that continues `before` in a document whose text goes on with `after`. */
  match(uri: string, before: string, after: string): ActiveSuggestion | null {
    for (const { offer, dismissed } of [...this.held.values()].reverse()) {
      if (dismissed || offer.uri !== uri || before.length < offer.before.length || offer.after !== after) {
        continue;
      }
      const typed = before.length - offer.before.length;
      if (typed >= offer.text.length || !before.startsWith(offer.before)) {
        continue;
      }
      if (before.endsWith(offer.text.slice(0, typed))) {
        return this.touch(offer);
      }
    }
    return null;
  }

  /** Notes that an offer is on show with its first `typed` units already in the text. */
  shown(id: string, typed: number): void {
    const held = this.held.get(id);
    if (held !== undefined) {
      held.typed = typed;
    }
  }

  /** An offer by its id, with where it begins in today's text and how much of it the person typed. */
  find(
    id: string,
  ): { readonly offer: ActiveSuggestion; readonly start: number; readonly typed: number } | null {
    const held = this.held.get(id);
    return held === undefined ? null : { offer: held.offer, start: held.place.start, typed: held.typed };
  }

  /** Follows an edit, so that an acceptance that arrives after it still finds its place. */
  edited(document: OpenDocument, edits: readonly TextEdit[]): void {
    for (const held of this.held.values()) {
      if (held.offer.uri === document.uri) {
        held.place = shiftAll(held.place, edits);
      }
    }
  }

  /** Ends every offer of a document. */
  dismiss(uri: string): void {
    for (const held of this.held.values()) {
      if (held.offer.uri === uri) {
        held.dismissed = true;
      }
    }
  }

  closed({ uri }: OpenDocument): void {
    for (const [id, { offer }] of this.held) {
      if (offer.uri === uri) {
        this.held.delete(id);
      }
    }
  }

  private touch(offer: ActiveSuggestion): ActiveSuggestion {
    const held = this.held.get(offer.id);
    if (held !== undefined) {
      this.held.delete(offer.id);
      this.held.set(offer.id, held);
    }
    return offer;
  }
}
