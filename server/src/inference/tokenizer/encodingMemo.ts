/** Parts that are remembered; beyond that, all are forgotten and learned again. */
const MAX_PARTS = 16_384;
/** A longer part is unlikely to come again as it is. */
const MAX_PART_LENGTH = 400;

/**
 * Remembers the token ids of parts of texts. A prompt is encoded anew at every key, but for a word or two it is the
 * text of the key before.
 */
export class EncodingMemo {
  private readonly known = new Map<string, readonly number[]>();

  /**
   * @param encode the ids of a text; the same for the same text
   * @param parts cuts a text where its tokens end in any case, so that they are those of its parts
   */
  constructor(
    private readonly encodePart: (text: string) => readonly number[],
    private readonly parts: (text: string) => readonly string[],
  ) {}

  encode(text: string): number[] {
    const ids: number[] = [];
    for (const part of this.parts(text)) {
      for (const id of this.idsOf(part)) {
        ids.push(id);
      }
    }
    return ids;
  }

  private idsOf(part: string): readonly number[] {
    const known = this.known.get(part);
    if (known !== undefined) {
      return known;
    }
    const ids = this.encodePart(part);
    if (part.length > MAX_PART_LENGTH) {
      return ids;
    }
    if (this.known.size >= MAX_PARTS) {
      this.known.clear();
    }
    // A part of a string holds on to all of it; a copy does not.
    this.known.set(Buffer.from(part, "utf16le").toString("utf16le"), ids);
    return ids;
  }
}
