import type { Position, Range } from "vscode-languageserver/node";
import type { OpenDocument, OpenDocuments } from "./openDocument";
import { type Span, shiftAll, type TextEdit } from "./textEdits";

/** How long after the last edit of a document its suggestions are looked for by content. */
const RELOCATE_MILLISECONDS = 250;

/**
 * Follows suggestions through the edits of open documents, from one search by content to the next. What is followed
 * is a hint for the next search, never a verdict.
 */
export class Tracking {
  private readonly spans = new Map<string, Map<string, Span>>();
  private readonly timers = new Map<string, NodeJS.Timeout>();

  private relocate: (document: OpenDocument) => void = () => {};

  constructor(
    /** Those that a person works on. */
    private readonly documents: OpenDocuments,
  ) {}

  /** Names who searches a document again once nobody edits it any more. */
  onQuiet(relocate: (document: OpenDocument) => void): void {
    this.relocate = relocate;
  }

  /** Takes over where a search by content found each suggestion. */
  found(document: OpenDocument, ranges: ReadonlyMap<string, Range>): void {
    const spans = new Map<string, Span>();
    for (const [id, { start, end }] of ranges) {
      spans.set(id, { start: document.offsetAt(start), end: document.offsetAt(end) });
    }
    this.spans.set(document.uri, spans);
  }

  /** Follows an edit, and has the document searched again once nobody edits it any more. */
  follow(document: OpenDocument, edits: readonly TextEdit[]): void {
    const spans = this.spans.get(document.uri);
    for (const [id, span] of spans ?? []) {
      spans?.set(id, shiftAll(span, edits));
    }
    clearTimeout(this.timers.get(document.uri));
    this.timers.set(
      document.uri,
      setTimeout(() => this.relocate(document), RELOCATE_MILLISECONDS),
    );
  }

  /** Where a followed suggestion is now; `null` for one that was not found yet. */
  rangeOf(document: OpenDocument, id: string): Range | null {
    const span = this.spans.get(document.uri)?.get(id);
    return span === undefined ? null : document.rangeOf(span.start, span.end);
  }

  /** Where each followed suggestion begins now. */
  hints(document: OpenDocument): ReadonlyMap<string, Position> {
    const spans = this.spans.get(document.uri) ?? new Map<string, Span>();
    return new Map([...spans].map(([id, { start }]) => [id, document.positionAt(start)]));
  }

  /** Where each followed suggestion in a document that a person works on begins now, by its id. */
  positions(): ReadonlyMap<string, Position> {
    return new Map(this.documents.all().flatMap((document) => [...this.hints(document)]));
  }

  forget(uri: string): void {
    this.spans.delete(uri);
    clearTimeout(this.timers.get(uri));
    this.timers.delete(uri);
  }
}
