import type { Offered } from "../../providers/provider";
import type { DocumentListener } from "../documents/documentEvents";
import type { OpenDocument } from "../documents/openDocument";
import { type Span, shiftAll, type TextEdit } from "../documents/textEdits";
import { type Added, addedBy, type Insertion, insertionOf } from "./insertion";

/** One thing the model offered, at one place in one text. */
export interface ActiveSuggestion {
  readonly id: string;
  readonly uri: string;
  /** The text around the place, with LF, as the model was asked. */
  readonly before: string;
  readonly after: string;
  /** What is offered, with LF; never empty. */
  readonly text: string;
  readonly offered: Offered;
}

/** A suggestion that an edit put some of into its document. */
export interface Inserted extends Insertion {
  readonly suggestion: ActiveSuggestion;
  /** The document's version after the edit. */
  readonly version: number;
  /** How much of it the person had before the edit: typed, or chosen from the editor's own completions. */
  readonly typed: number;
}

interface Held {
  readonly suggestion: ActiveSuggestion;
  /** Where the suggestion begins in today's text. */
  place: Span;
  /** The text around it as the model was asked; once an edit at several cursors put some of it there, as that left it. */
  around: { readonly before: string; readonly after: string };
  /** UTF-16 units of the suggestion that stood in the text when it was last shown: what the person typed of it. */
  typed: number;
  /** What the last edits put there of it, by the document's version after them. */
  readonly insertions: Map<number, Inserted>;
  /** The person turned it down: it is not shown again, but an acceptance on its way still counts. */
  dismissed: boolean;
}

const MAX_ACTIVE = 64;

/** Edits whose insertions are remembered, for acceptances that arrive after the next edit. */
const REMEMBERED_EDITS = 8;

/**
 * The suggestions that can still be shown or accepted, newest last. While the text between a suggestion's start and the
 * cursor is a beginning of it, and everything around is unchanged, the same suggestion under the same id is what there
 * is to show: so it survives word-wise acceptance, typing along and backspacing, without the model.
 */
export class ActiveSuggestions implements DocumentListener {
  private readonly held = new Map<string, Held>();

  add(suggestion: ActiveSuggestion): void {
    const start = suggestion.before.length;
    this.held.set(suggestion.id, {
      suggestion,
      place: { start, end: start },
      around: suggestion,
      typed: 0,
      insertions: new Map(),
      dismissed: false,
    });
    for (const id of this.held.keys()) {
      if (this.held.size <= MAX_ACTIVE) {
        break;
      }
      this.held.delete(id);
    }
  }

  /**
   * The newest suggestion that continues `before` in a document whose text goes on with `after`, and how much of it
   * `before` ends with.
   */
  match(
    uri: string,
    before: string,
    after: string,
  ): { readonly suggestion: ActiveSuggestion; readonly typed: number } | null {
    for (const { suggestion, around, dismissed } of [...this.held.values()].reverse()) {
      if (
        dismissed ||
        suggestion.uri !== uri ||
        before.length < around.before.length ||
        around.after !== after
      ) {
        continue;
      }
      const typed = before.length - around.before.length;
      if (typed >= suggestion.text.length || !before.startsWith(around.before)) {
        continue;
      }
      if (before.endsWith(suggestion.text.slice(0, typed))) {
        return { suggestion: this.touch(suggestion), typed };
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

  has(uri: string, id: string): boolean {
    return this.held.get(id)?.suggestion.uri === uri;
  }

  /** What the edit that led to this version of the document put there of a suggestion. */
  insertedBy(id: string, version: number): Inserted | null {
    return this.held.get(id)?.insertions.get(version) ?? null;
  }

  /** What the last edit that completed a suggestion put there. */
  insertedWhole(id: string): Inserted | null {
    const insertions = [...(this.held.get(id)?.insertions.values() ?? [])];
    return insertions.findLast(({ suggestion, to }) => to === suggestion.text.length) ?? null;
  }

  /** Follows an edit, so that an acceptance that arrives after it still finds its place. */
  edited(document: OpenDocument, edits: readonly TextEdit[]): void {
    const added = addedBy(edits);
    for (const held of this.held.values()) {
      if (held.suggestion.uri === document.uri) {
        follow(held, document, edits, added);
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

function follow(
  held: Held,
  document: OpenDocument,
  edits: readonly TextEdit[],
  added: readonly Added[],
): void {
  const { suggestion, around, typed } = held;
  const { text, version } = document;
  const before = held.place.start;
  // Where the editor's own completions had put something before it, the suggestion begins where that ends by now.
  held.place = isAround(held, text)
    ? { start: around.before.length, end: around.before.length }
    : shiftAll(held.place, edits);
  for (const [past, one] of held.insertions) {
    if (past <= version - REMEMBERED_EDITS) {
      held.insertions.delete(past);
    } else {
      held.insertions.set(past, { ...one, places: one.places.map((place) => shiftAll(place, edits)) });
    }
  }
  const insertion = insertionOf(suggestion.text, { before, now: held.place.start }, added, text);
  if (insertion === null) {
    return;
  }
  held.insertions.set(version, { ...insertion, suggestion, version, typed: Math.max(typed, insertion.from) });
  const [own] = insertion.places;
  if (own !== undefined && insertion.places.length > 1) {
    held.around = { before: text.slice(0, own.start), after: text.slice(own.end) };
  }
}

/** Whether a text is what a suggestion was offered in, with any part of it. */
function isAround({ suggestion, around }: Held, text: string): boolean {
  const part = text.length - around.before.length - around.after.length;
  return (
    part >= 0 &&
    part <= suggestion.text.length &&
    text.startsWith(around.before) &&
    text.endsWith(around.after)
  );
}
