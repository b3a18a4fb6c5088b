import { RepositoryPath } from "../../platform/primitives";
import { findSecret } from "../../platform/secrets";
import type { Prompt } from "../suggestion";

/** A text that chunks may be taken from: a file that git tracks, as it is open or, when it is closed, as saved. */
export interface ContextSource {
  readonly id: string;
  /** Absolute path of its repository's top. */
  readonly repository: string;
  /** Path below the top. */
  readonly path: string;
  /** Today's text with LF. */
  readonly text: string;
}

/** For which document chunks are wanted. */
export interface ContextQuestion {
  /** The id of the document itself, of which no chunk is taken. */
  readonly id: string;
  readonly repository: string;
  /** Its text around the cursor; chunks that share more of its names are preferred. */
  readonly around: string;
  /** At most so many chunks. */
  readonly count: number;
}

/** Places that are remembered, in all and of one file; the one that was left alone longest gives way. */
const MAX_PLACES = 16;
const MAX_PLACES_OF_ONE = 4;

/** A chunk is so long at most: the embedded model was trained on chunks of 200 to 900 UTF-16 code units. */
const MAX_CHARACTERS = 900;
const MAX_LINES = 48;

/** Two chunks of which more than this share of lines is common tell the same. */
const SIMILAR = 0.8;

interface Place {
  readonly id: string;
  offset: number;
}

/**
 * Where somebody edited or looked at last, in a ring of bounded size, and the chunks around those places. It holds no
 * text: a chunk is cut when it is asked for, so that it always stands in its file.
 */
export class ContextRing {
  /** The place that was touched last is the last one. */
  private places: Place[] = [];

  /** Remembers that somebody was at an offset of a source. A place nearby is moved there. */
  touch(id: string, offset: number): void {
    const near = this.places.find(
      (place) => place.id === id && Math.abs(place.offset - offset) < MAX_CHARACTERS / 2,
    );
    this.places = this.places.filter((place) => place !== near);
    this.places.push({ id, offset });
    const own = this.places.filter((place) => place.id === id);
    const excess = own.length > MAX_PLACES_OF_ONE ? own[0] : this.places[0];
    if (own.length > MAX_PLACES_OF_ONE || this.places.length > MAX_PLACES) {
      this.places = this.places.filter((place) => place !== excess);
    }
  }

  /** Follows an edit of a source. */
  move(id: string, moved: (offset: number) => number): void {
    for (const place of this.places) {
      if (place.id === id) {
        place.offset = moved(place.offset);
      }
    }
  }

  /** Whether any place of a source is remembered. */
  has(id: string): boolean {
    return this.places.some((place) => place.id === id);
  }

  /**
   * The chunks for a document, the one that was touched last at the end. The same places, texts and question give the
   * same chunks.
   *
   * @param sourceOf the source with an id, or `null` where nothing of it may be shown to a model
   */
  choose(question: ContextQuestion, sourceOf: (id: string) => ContextSource | null): Prompt["context"] {
    if (question.count === 0) {
      return [];
    }
    const wanted = namesIn(question.around);
    const candidates: { readonly chunk: Prompt["context"][number]; readonly age: number }[] = [];
    for (const [age, { id, offset }] of [...this.places].reverse().entries()) {
      const source = id === question.id ? null : sourceOf(id);
      if (source === null || source.repository !== question.repository) {
        continue;
      }
      const text = chunkAt(source.text, offset);
      if (text === null || !isFit(source.path, text)) {
        continue;
      }
      if (candidates.some(({ chunk }) => isSimilar(chunk.text, text))) {
        continue;
      }
      candidates.push({ chunk: { path: source.path, text }, age });
    }
    return candidates
      .map((candidate) => ({ ...candidate, score: overlap(wanted, namesIn(candidate.chunk.text)) }))
      .sort((a, b) => b.score - a.score || a.age - b.age)
      .slice(0, question.count)
      .sort((a, b) => b.age - a.age)
      .map(({ chunk }) => chunk);
  }
}

/** Whole lines around an offset, as many as a chunk may hold; `null` where none fits or none holds anything. */
function chunkAt(text: string, offset: number): string | null {
  const at = Math.min(offset, text.length);
  let start = text.lastIndexOf("\n", at - 1) + 1;
  let end = lineEnd(text, at);
  if (end - start > MAX_CHARACTERS) {
    return null;
  }
  for (let lines = 1; lines < MAX_LINES; lines += 1) {
    const above = start === 0 ? null : text.lastIndexOf("\n", start - 2) + 1;
    const below = end === text.length ? null : lineEnd(text, end);
    // Two lines above for each below: what was written there just now is more telling than what it ran into.
    const first = lines % 3 === 0 ? below : above;
    const fits = (place: number | null): place is number =>
      place !== null && Math.max(end, place) - Math.min(start, place) <= MAX_CHARACTERS;
    const next = fits(first) ? first : first === above ? below : above;
    if (!fits(next)) {
      break;
    }
    start = Math.min(start, next);
    end = Math.max(end, next);
  }
  const chunk = text.slice(start, end);
  return chunk.trim() === "" ? null : chunk;
}

/** Behind the line break that ends the line of an offset, or the text's end. */
function lineEnd(text: string, at: number): number {
  const newline = text.indexOf("\n", at);
  return newline === -1 ? text.length : newline + 1;
}

/** A prompt that held a secret, or text that no UTF-8 file can hold, could not be shown to anybody. */
function isFit(path: string, text: string): boolean {
  return RepositoryPath.safeParse(path).success && text.isWellFormed() && findSecret(text) === null;
}

function isSimilar(left: string, right: string): boolean {
  const [a, b] = [new Set(left.split("\n")), new Set(right.split("\n"))];
  const common = [...a].filter((line) => b.has(line)).length;
  return common > SIMILAR * Math.min(a.size, b.size);
}

function namesIn(text: string): ReadonlySet<string> {
  return new Set(text.match(/[\p{L}_$][\p{L}\p{N}_$]{2,}/gu) ?? []);
}

/** Common names, weighed against how many there are, so that long chunks are not preferred for their length. */
function overlap(wanted: ReadonlySet<string>, names: ReadonlySet<string>): number {
  let common = 0;
  for (const name of names) {
    if (wanted.has(name)) {
      common += 1;
    }
  }
  return common / Math.sqrt(1 + names.size);
}
