/**
 * The suggestions shown in a document: the items of the provider's last answer, followed through the edits since. VS
 * Code tells an extension about whole acceptances only; from a suggestion and the edit that a word or a line made, the
 * rest can be told without guessing.
 */

/** One change of a document, in UTF-16 offsets of the text before it. */
export interface OffsetChange {
  readonly rangeOffset: number;
  readonly rangeLength: number;
  readonly text: string;
}

export interface ShownSuggestion {
  /** The suggestion's id. */
  readonly id: string;
  /** UTF-16 offset in the document where the suggestion's text begins or will begin. */
  readonly start: number;
  /** How much of the document from there on stands for the beginning of the text already. */
  readonly extent: number;
  /** The whole text of the suggestion. */
  readonly text: string;
  /** How much of that text's beginning the editor's own completions name, which the suggestion continues. */
  readonly named: number;
}

/** An edit that made the document hold more, or less, of a suggestion's beginning. */
export interface HeldPart {
  /** The suggestion's id. */
  readonly id: string;
  /** UTF-16 length, with LF line ends, of the suggestion's beginning that the document now holds. */
  readonly length: number;
  /** The edit added to what the model wrote of it, and left some of that to be added. */
  readonly isAddedPart: boolean;
}

export type Following =
  | { readonly kind: "none" }
  | { readonly kind: "held"; readonly part: HeldPart }
  | { readonly kind: "ended" };

export class ShownSuggestions {
  private readonly documents = new Map<string, readonly ShownSuggestion[]>();

  /**
   * The provider answered with these items. An id that is shown already keeps its beginning: the rest of a suggestion
   * that was accepted in part is still that suggestion.
   */
  answer(uri: string, items: readonly ShownSuggestion[]): void {
    const known = this.documents.get(uri) ?? [];
    this.documents.set(
      uri,
      items.map((item) => known.find(({ id }) => id === item.id) ?? item),
    );
  }

  of(uri: string): readonly ShownSuggestion[] {
    return this.documents.get(uri) ?? [];
  }

  end(uri: string): void {
    this.documents.delete(uri);
  }

  clear(): void {
    this.documents.clear();
  }

  /**
   * Follows one edit. `textBetween` reads the document after it, by offsets.
   *
   * With several cursors one edit has several changes; only the one at the suggestion is its own.
   */
  edit(
    uri: string,
    changes: readonly OffsetChange[],
    textBetween: (from: number, to: number) => string,
  ): Following {
    const before = this.of(uri);
    if (before.length === 0) {
      return { kind: "none" };
    }
    const after: ShownSuggestion[] = [];
    let part: HeldPart | undefined;
    for (const suggestion of before) {
      const followed = follow(suggestion, changes, textBetween);
      if (followed !== null) {
        after.push(followed.suggestion);
        part ??= followed.part;
      }
    }
    if (after.length === 0) {
      this.documents.delete(uri);
      return { kind: "ended" };
    }
    this.documents.set(uri, after);
    return part === undefined ? { kind: "none" } : { kind: "held", part };
  }
}

function follow(
  suggestion: ShownSuggestion,
  changes: readonly OffsetChange[],
  textBetween: (from: number, to: number) => string,
): { suggestion: ShownSuggestion; part?: HeldPart } | null {
  let start = suggestion.start;
  let extent: number | undefined;
  for (const { rangeOffset, rangeLength, text } of changes) {
    const end = rangeOffset + rangeLength;
    if (end <= suggestion.start && rangeOffset < suggestion.start) {
      start += text.length - rangeLength;
    } else if (rangeOffset < suggestion.start) {
      return null;
    } else if (rangeOffset <= suggestion.start + suggestion.extent) {
      extent = rangeOffset + text.length - suggestion.start;
    }
  }
  if (extent === undefined) {
    return { suggestion: { ...suggestion, start } };
  }
  const held = lineFeeds(textBetween(start, start + extent));
  const whole = lineFeeds(suggestion.text);
  if (!whole.startsWith(held)) {
    return null;
  }
  const { length } = held;
  const isAddedPart = extent > suggestion.extent && length > suggestion.named && length < whole.length;
  return {
    suggestion: { ...suggestion, start, extent },
    part: { id: suggestion.id, length, isAddedPart },
  };
}

function lineFeeds(text: string): string {
  return text.replaceAll("\r\n", "\n");
}
