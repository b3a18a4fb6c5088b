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
  readonly suggestion: ActiveSuggestion;
  /** Where the suggestion begins in today's text. */
  place: Span;
  /** UTF-16 units of the suggestion that stood in the text when it was last shown: what the person typed of it. */
  typed: number;
  /** The person turned it down: it is not shown again, but an acceptance on its way still counts. */
  dismissed: boolean;
}

const MAX_ACTIVE = 64;

/**
 * The suggestions that can still be shown or accepted, newest last. While the text between a suggestion's start and the
 * cursor is a beginning of it, and everything around is unchanged, the same suggestion under the same id is what there
 * is to show: so it survives word-wise acceptance, typing along and backspacing, without the model.
 */
export class ActiveSuggestions implements DocumentListener {
  private readonly held = new Map<string, Held>();

  add(suggestion: ActiveSuggestion): void {
    const start = suggestion.before.length;
    this.held.set(suggestion.id, { suggestion, place: { start, end: start }, typed: 0, dismissed: false });
    for (const id of this.held.keys()) {
      if (this.held.size <= MAX_ACTIVE) {
        break;
      }
      this.held.delete(id);
    }
  }

  /** The newest suggestion that continues `before` in a document whose text goes on with `after`. */
  match(uri: string, before: string, after: string): ActiveSuggestion | null {
    for (const { suggestion, dismissed } of [...this.held.values()].reverse()) {
      if (
        dismissed ||
        suggestion.uri !== uri ||
        before.length < suggestion.before.length ||
        suggestion.after !== after
      ) {
        continue;
      }
      const typed = before.length - suggestion.before.length;
      if (typed >= suggestion.text.length || !before.startsWith(suggestion.before)) {
        continue;
      }
      if (before.endsWith(suggestion.text.slice(0, typed))) {
        return this.touch(suggestion);
      }
    }
    return null;
  }

  /** Notes that a suggestion is on show with its first `typed` units already in the text. */
  shown(id: string, typed: number): void {
    const held = this.held.get(id);
    if (held !== undefined) {
      held.typed = typed;
    }
  }

  /** A suggestion by its id, with where it begins in today's text and how much of it the person typed. */
  find(
    id: string,
  ): { readonly suggestion: ActiveSuggestion; readonly start: number; readonly typed: number } | null {
    const held = this.held.get(id);
    return held === undefined
      ? null
      : { suggestion: held.suggestion, start: held.place.start, typed: held.typed };
  }

  /** Follows an edit, so that an acceptance that arrives after it still finds its place. */
  edited(document: OpenDocument, edits: readonly TextEdit[]): void {
    for (const held of this.held.values()) {
      if (held.suggestion.uri === document.uri) {
        held.place = shiftAll(held.place, edits);
      }
    }
  }

  /** Ends every suggestion of a document. */
  dismiss(uri: string): void {
    for (const held of this.held.values()) {
      if (held.suggestion.uri === uri) {
        held.dismissed = true;
      }
    }
  }

  closed({ uri }: OpenDocument): void {
    for (const [id, { suggestion }] of this.held) {
      if (suggestion.uri === uri) {
        this.held.delete(id);
      }
    }
  }

  private touch(suggestion: ActiveSuggestion): ActiveSuggestion {
    const held = this.held.get(suggestion.id);
    if (held !== undefined) {
      this.held.delete(suggestion.id);
      this.held.set(suggestion.id, held);
    }
    return suggestion;
  }
}
