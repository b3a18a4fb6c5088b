import { type Cursor, continuationAt } from "./cursors";
import type { Suggester, Suggestion } from "./suggester";

/** Characters of agreement that count as full confidence. */
const FULL_CONFIDENCE = 32;

/**
 * Baseline: finds the earlier place in the file whose text before it agrees longest with the text before the
 * cursor, and suggests what follows there.
 */
export class CopySuggester implements Suggester {
  readonly name = "copy of the best-matching earlier line";

  async suggest(cursor: Cursor, gate: number): Promise<Suggestion> {
    const { prefix, kind } = cursor;
    const ending = prefix.slice(-2);
    let best = { agreement: 0, offset: -1 };
    for (
      let at = prefix.lastIndexOf(ending, prefix.length - 3);
      at >= 0;
      at = prefix.lastIndexOf(ending, at - 1)
    ) {
      const offset = at + ending.length;
      const agreement = agreementBefore(prefix, offset);
      if (agreement > best.agreement) {
        best = { agreement, offset };
      }
      if (at === 0) {
        break;
      }
    }
    if (best.offset < 0) {
      return { text: "", shown: "" };
    }
    const text = continuationAt(prefix, best.offset, kind);
    return { text, shown: best.agreement / FULL_CONFIDENCE >= gate ? text : "" };
  }

  async bits(): Promise<null> {
    return null;
  }
}

/** How many characters before `offset` equal those at the end of the text. */
function agreementBefore(text: string, offset: number): number {
  let length = 0;
  while (
    length < offset &&
    text.charCodeAt(offset - 1 - length) === text.charCodeAt(text.length - 1 - length)
  ) {
    length += 1;
  }
  return length;
}
