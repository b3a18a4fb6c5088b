/**
 * What is on offer in a document: the items of the provider's last answer, followed through the edits since. VS Code
 * tells an extension about whole acceptances only; from an offer and the edit that a word or a line made, the rest
 * can be told without guessing.
 */

/** One change of a document, in UTF-16 offsets of the text before it. */
export interface OffsetChange {
  readonly rangeOffset: number;
  readonly rangeLength: number;
  readonly text: string;
}

export interface OfferedItem {
  /** The suggestion's id. */
  readonly id: string;
  /** UTF-16 offset in the document where the suggestion's text begins or will begin. */
  readonly start: number;
  /** How much of the document from there on stands for the beginning of the text already. */
  readonly extent: number;
  /** The whole text of the suggestion. */
  readonly text: string;
}

/** An edit that made the document hold more, or less, of a suggestion's beginning. */
export interface Extension {
  readonly uri: string;
  readonly id: string;
  /** UTF-16 length, with LF line ends, of the suggestion's beginning that the document now holds. */
  readonly length: number;
}

export type Following =
  | { readonly kind: "none" }
  | { readonly kind: "extended"; readonly extension: Extension }
  | { readonly kind: "ended" };

export class ShownSuggestions {
  private readonly documents = new Map<string, readonly OfferedItem[]>();

  /**
   * The provider answered with these items. An id that is on offer already keeps its beginning: the rest of a
   * suggestion that was accepted in part is still that suggestion.
   */
  answer(uri: string, items: readonly OfferedItem[]): void {
    const known = this.documents.get(uri) ?? [];
    this.documents.set(
      uri,
      items.map((item) => known.find((offer) => offer.id === item.id) ?? item),
    );
  }

  of(uri: string): readonly OfferedItem[] {
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
   * With several cursors one edit has several changes; only the one at the offer is the suggestion's.
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
    const after: OfferedItem[] = [];
    let extension: Extension | undefined;
    for (const offer of before) {
      const followed = follow(offer, changes, textBetween);
      if (followed !== null) {
        after.push(followed.offer);
        if (followed.length !== undefined) {
          extension ??= { uri, id: offer.id, length: followed.length };
        }
      }
    }
    if (after.length === 0) {
      this.documents.delete(uri);
      return { kind: "ended" };
    }
    this.documents.set(uri, after);
    return extension === undefined ? { kind: "none" } : { kind: "extended", extension };
  }
}

function follow(
  offer: OfferedItem,
  changes: readonly OffsetChange[],
  textBetween: (from: number, to: number) => string,
): { offer: OfferedItem; length?: number } | null {
  let start = offer.start;
  let extent: number | undefined;
  for (const { rangeOffset, rangeLength, text } of changes) {
    const end = rangeOffset + rangeLength;
    if (end <= offer.start && rangeOffset < offer.start) {
      start += text.length - rangeLength;
    } else if (rangeOffset < offer.start) {
      return null;
    } else if (rangeOffset <= offer.start + offer.extent) {
      extent = rangeOffset + text.length - offer.start;
    }
  }
  if (extent === undefined) {
    return { offer: { ...offer, start } };
  }
  const held = lineFeeds(textBetween(start, start + extent));
  return lineFeeds(offer.text).startsWith(held)
    ? { offer: { ...offer, start, extent }, length: held.length }
    : null;
}

function lineFeeds(text: string): string {
  return text.replaceAll("\r\n", "\n");
}
