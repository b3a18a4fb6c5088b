/** One replacement in a text with LF: from `start` to `end` (UTF-16 offsets before it) now stands `text`. */
export interface TextEdit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Offsets in a text with LF, from the first code unit to the one after the last. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Text as evidence spells it: LF between lines, and nothing else ends a line. */
export function withLf(text: string): string {
  return text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text;
}

/**
 * Where a span lies after an edit. What is typed directly before or after it stays outside. An empty span stays where
 * it is when something is inserted there, so that a redo finds its place again.
 */
export function shift(span: Span, { start, end, text }: TextEdit): Span {
  const grown = text.length - (end - start);
  if (start >= span.end) {
    return span;
  }
  if (end <= span.start) {
    return { start: span.start + grown, end: span.end + grown };
  }
  if (start <= span.start) {
    // The head is gone. An edit that replaces exactly the span takes its place; a wider one leaves nothing of it.
    if (end < span.end) {
      return { start: start + text.length, end: span.end + grown };
    }
    return start === span.start && end === span.end
      ? { start, end: start + text.length }
      : { start, end: start };
  }
  return { start: span.start, end: end < span.end ? span.end + grown : start };
}

/** Shifts a span over the edits of one change, in their order. */
export function shiftAll(span: Span, edits: readonly TextEdit[]): Span {
  return edits.reduce(shift, span);
}
