import { canonicalJson } from "../../platform/canonicalJson";
import { sha256Digest } from "../../platform/digests";
import type { Digest } from "../../platform/primitives";
import { lastAtOrBefore } from "./lineIndex";

/**
 * A run of a text's characters that a compiler reads as part of a comment, a string or the text between JSX elements, with offsets in
 * UTF-16 code units, and what that begins with: `/*`, `//`, `#`, quotes with the letters before them in lower case, `<>` for JSX.
 */
export interface TextPart {
  readonly start: number;
  readonly end: number;
  readonly opener: string;
}

/** What is said of whole lines: `[from, to, opener]` in characters that are no blank, tab or line end, counted over all of them. */
type SaidOfLines = readonly (readonly [from: number, to: number, opener: string])[];

/** The digest of lines that are nothing but code. */
export const ALL_CODE = digestOf([]);

function digestOf(said: SaidOfLines): Digest {
  return sha256Digest(canonicalJson(said));
}

/** The most parts that are looked at for the lines of one file; beyond them nobody can tell. */
const MAX_PARTS = 200_000;

/** The parts of one text, ready to be asked about many of its lines in little more than the time that one takes. */
export class TextParts {
  /** How many characters before each offset are no white space. */
  private readonly visible: Uint32Array;
  private readonly parts: readonly TextPart[];
  private readonly known = new Map<string, Digest>();
  private left = MAX_PARTS;

  /** @param parts in any order, none overlapping another */
  constructor(text: string, parts: readonly TextPart[]) {
    this.parts = [...parts].sort((one, other) => one.start - other.start);
    this.visible = new Uint32Array(text.length + 1);
    for (let at = 0; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      const isVisible = code !== 0x20 && code !== 0x09 && code !== 0x0a;
      this.visible[at + 1] = (this.visible[at] ?? 0) + (isVisible ? 1 : 0);
    }
  }

  /** The digest of what is said of the text from `start` to `end`; `null` where that is too much. */
  digestOf(start: number, end: number): Digest | null {
    const key = `${start} ${end}`;
    const known = this.known.get(key);
    if (known !== undefined) {
      return known;
    }
    const said: [number, number, string][] = [];
    for (let index = lastAtOrBefore(this.parts, start, (part) => part.start); ; index += 1) {
      const part = this.parts[index];
      if (part === undefined || part.start >= end) {
        break;
      }
      this.left -= 1;
      if (this.left < 0) {
        return null;
      }
      const from = this.count(start, Math.max(part.start, start));
      const to = this.count(start, Math.min(part.end, end));
      if (from < to) {
        said.push([from, to, part.opener]);
      }
    }
    const digest = digestOf(said);
    this.known.set(key, digest);
    return digest;
  }

  private count(start: number, end: number): number {
    return (this.visible[end] ?? 0) - (this.visible[start] ?? 0);
  }
}
