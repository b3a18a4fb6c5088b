import type { Span, TextEdit } from "../documents/textEdits";

/** What one edit of a change put into a document, and where that stands after the whole change. */
export interface Added {
  readonly edit: TextEdit;
  readonly span: Span;
}

/** What one change put into a document of a suggestion: the same at its own place and at each other cursor. */
export interface Insertion {
  /** How much of the suggestion stood there before the change. */
  readonly from: number;
  /** How much of it stands there after the change. */
  readonly to: number;
  /** Where that stands, from the suggestion's start on: at its own place first. */
  readonly places: readonly Span[];
}

/**
 * What a change put there of a suggestion, or `null` where that is nothing.
 *
 * @param displayed the whole suggestion
 * @param begins where it began before the change, and where it begins now
 * @param added what each edit of the change put there
 * @param text the document after the change
 */
export function insertionOf(
  displayed: string,
  begins: { readonly before: number; readonly now: number },
  added: readonly Added[],
  text: string,
): Insertion | null {
  for (const { edit, span } of added) {
    const from = Math.max(0, edit.end - begins.before);
    const to = span.end - begins.now;
    if (to <= from || to > displayed.length) {
      continue;
    }
    const beginning = displayed.slice(0, to);
    const placeOf = (one: Span): Span | null => {
      const start = one.end - to;
      return start >= 0 && one.start <= start + from && text.startsWith(beginning, start)
        ? { start, end: one.end }
        : null;
    };
    const own = placeOf(span);
    if (own !== null) {
      const others = added.flatMap((other) => (other.span === span ? [] : (placeOf(other.span) ?? [])));
      return { from, to, places: [own, ...others] };
    }
  }
  return null;
}

/**
 * Whether the editor's commands can have accepted `added` in one step where `left` is left: a word with the blanks after
 * it at most, or a line with its end. Where exactly a word ends depends on the language, and the editor tells nobody;
 * between two Latin letters it does in none.
 */
export function isOneStep(added: string, left: string): boolean {
  return /^(?:\S*\s*|[^\n]*\n)$/.test(added) && !(/[A-Za-z]$/.test(added) && /^[A-Za-z]/.test(left));
}

/**
 * What each edit of a change put there. The edits come as an editor sends them, the last place first; of others nothing
 * is an acceptance.
 */
export function addedBy(edits: readonly TextEdit[]): readonly Added[] {
  const added: Added[] = [];
  let grown = 0;
  let reached = 0;
  for (const edit of [...edits].reverse()) {
    if (edit.start < reached) {
      return [];
    }
    const start = edit.start + grown;
    added.push({ edit, span: { start, end: start + edit.text.length } });
    grown += edit.text.length - (edit.end - edit.start);
    reached = edit.end;
  }
  return added;
}
