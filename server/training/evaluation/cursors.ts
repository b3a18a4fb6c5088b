import { seededRandom } from "../random.mjs";
import { blockEnd, lineEnd } from "../rows/cursors.mjs";

/** A held-out file. */
export interface Document {
  readonly package: string;
  readonly path: string;
  readonly language: string;
  readonly text: string;
}

/**
 * `line`: nothing stands between the cursor and the end of its line. `midLine`: the rest of the line stands there
 * already. `block`: the cursor opens several lines.
 */
export const KINDS = ["line", "midLine", "block"] as const;
export type Kind = (typeof KINDS)[number];

/** `middle`: the text below the cursor is known. `end`: the cursor is the end of the file. */
export const FORMS = ["middle", "end"] as const;
export type Form = (typeof FORMS)[number];

/** A place in a file, and what its author wrote there. */
export interface Cursor {
  readonly document: Document;
  readonly kind: Kind;
  readonly form: Form;
  readonly prefix: string;
  readonly suffix: string;
  readonly expected: string;
  /** Another answer that is as good: the block with the line that closes it. */
  readonly alternative: string | null;
}

const MIN_EXPECTED = 2;
const MAX_LINE = 160;
const MAX_BLOCK_LINES = 8;
/** Cursors per file and kind, so that no single file decides the result. */
const PER_FILE = 2;

/**
 * Draws cursors from held-out TypeScript and JavaScript, every place in both forms.
 *
 * @param places number of places for each kind
 */
export function drawCursors(documents: readonly Document[], places: number, seed: number): Cursor[] {
  const code = documents.filter(({ language }) => language === "typescript" || language === "javascript");
  const random = seededRandom(seed);
  const cursors: Cursor[] = [];
  for (const kind of KINDS) {
    const used = new Map<Document, number>();
    let found = 0;
    for (let attempt = 0; found < places && attempt < places * 100; attempt++) {
      const document = code[Math.floor(random() * code.length)];
      if (document === undefined || (used.get(document) ?? 0) >= PER_FILE) {
        continue;
      }
      const pair = cursorsAt(document, kind, Math.floor(random() * document.text.length), random);
      if (pair === null) {
        continue;
      }
      used.set(document, (used.get(document) ?? 0) + 1);
      cursors.push(...pair);
      found += 1;
    }
  }
  return cursors;
}

/** The two cursors of a place near an offset, or null where the kind does not fit. */
function cursorsAt(document: Document, kind: Kind, offset: number, random: () => number): Cursor[] | null {
  const { text } = document;
  const start = text.lastIndexOf("\n", offset) + 1;
  const end = lineEnd(text, start);
  const line = text.slice(start, end);
  if (line.trim().length < 6 || line.length > MAX_LINE || /^\s*(\/\/|\*|\/\*)/.test(line)) {
    return null;
  }
  switch (kind) {
    case "line": {
      const cursor = random() < 0.4 ? start + line.search(/\S/) : pauseIn(line, start, random);
      return pairOf(document, kind, cursor, end, end);
    }
    case "midLine": {
      const cursor = pauseIn(line, start, random);
      const closers = [...text.slice(cursor, end).matchAll(/[)\]},;:]/g)].map(({ index }) => cursor + index);
      const close = closers.filter((at) => at - cursor >= MIN_EXPECTED && at < end)[0];
      return close === undefined ? null : pairOf(document, kind, cursor, close, end);
    }
    case "block": {
      if (!/[{([]\s*$|=>\s*$/.test(line)) {
        return null;
      }
      const body = text.slice(end + 1).search(/\S/);
      if (body < 0) {
        return null;
      }
      const cursor = end + 1 + body;
      const own = cursor - (text.lastIndexOf("\n", cursor) + 1);
      if (own <= line.search(/\S/)) {
        return null;
      }
      const bodyEnd = endOfBody(text, cursor, own);
      const lines = text.slice(cursor, bodyEnd).split("\n").length;
      return lines < 2 || lines > MAX_BLOCK_LINES ? null : pairOf(document, kind, cursor, bodyEnd, bodyEnd);
    }
  }
}

/** The end of the last line that is indented by at least `own` characters. */
function endOfBody(text: string, cursor: number, own: number): number {
  let end = lineEnd(text, cursor);
  for (let next = end + 1; next < text.length; ) {
    const nextEnd = lineEnd(text, next);
    const line = text.slice(next, nextEnd);
    if (line.trim() !== "" && line.search(/\S/) < own) {
      break;
    }
    if (line.trim() !== "") {
      end = nextEnd;
    }
    next = nextEnd + 1;
  }
  return end;
}

function pauseIn(line: string, start: number, random: () => number): number {
  const pauses = [...line.matchAll(/[\s.([{=,:]/g)]
    .map(({ index }) => index + 1)
    .filter((at) => line.slice(0, at).trim() !== "");
  return start + (pauses[Math.floor(random() * pauses.length)] ?? line.search(/\S/));
}

function pairOf(
  document: Document,
  kind: Kind,
  cursor: number,
  end: number,
  lineEnds: number,
): Cursor[] | null {
  const { text } = document;
  const middle = text.slice(cursor, end);
  const rest = text.slice(cursor, lineEnds);
  if (middle.trim().length < MIN_EXPECTED) {
    return null;
  }
  const prefix = text.slice(0, cursor);
  const closer = kind === "block" ? text.slice(end + 1, lineEnd(text, end + 1)) : "";
  const closed = /^\s*[)\]}]/.test(closer) ? `${middle}\n${closer}` : null;
  return [
    { document, kind, form: "middle", prefix, suffix: text.slice(end), expected: middle, alternative: null },
    {
      document,
      kind,
      form: "end",
      prefix,
      suffix: "",
      expected: kind === "midLine" ? rest : middle,
      alternative: closed,
    },
  ];
}

/** What a copy of the text at `offset` would suggest: the rest of its line, or its block. */
export function continuationAt(text: string, offset: number, kind: Kind): string {
  return text.slice(offset, kind === "block" ? blockEnd(text, offset) : lineEnd(text, offset));
}
