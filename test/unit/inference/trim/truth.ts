import { Decoding } from "../../../../server/src/inference/decode/decoding";
import { cursorContextOf } from "../../../../server/src/inference/prompt/cursorContext";
import { healPrompt } from "../../../../server/src/inference/prompt/heal";
import type { StopReason } from "../../../../server/src/inference/suggestion";
import type { Tokenizer } from "../../../../server/src/inference/tokenizer/tokenizer";
import { trim } from "../../../../server/src/inference/trim";

/**
 * `line`: the rest of the line is missing. `blank`: a line, or the rest of its block, is missing from the first sign
 * on. `opener`: the block below an opening line is missing. `midLine`: a piece inside a line is missing.
 * `autoClosed`: what stands between brackets is missing, and what follows the closing one on the line as well.
 * `declaration`: a whole top-level declaration is missing.
 */
export const KINDS = ["line", "blank", "opener", "midLine", "autoClosed", "declaration"] as const;
export type Kind = (typeof KINDS)[number];

/** A hole in a file, and what its author wrote there. */
export interface Hole {
  readonly kind: Kind;
  /** The file's name. */
  readonly path: string;
  readonly prefix: string;
  readonly suffix: string;
  readonly truth: string;
  /** The author's text from the hole on, as a model writes on that never ends by itself. */
  readonly onwards: string;
}

export function holesOf(path: string, text: string, random: () => number): Hole[] {
  const holes: Hole[] = [];
  let start = 0;
  for (const line of text.split("\n")) {
    const end = start + line.length;
    if (line.trim().length >= 4 && line.length < 160) {
      for (const kind of KINDS) {
        const hole = holeAt(path, text, start, end, kind, random);
        if (hole !== null) {
          holes.push(hole);
        }
      }
    }
    start = end + 1;
  }
  return holes;
}

function holeAt(
  path: string,
  text: string,
  start: number,
  end: number,
  kind: Kind,
  random: () => number,
): Hole | null {
  const line = text.slice(start, end);
  const first = start + line.search(/\S/);
  const hole = (from: number, to: number, suffix = text.slice(to)): Hole => ({
    kind,
    path,
    prefix: text.slice(0, from),
    suffix,
    truth: text.slice(from, to),
    onwards: text.slice(from),
  });
  switch (kind) {
    case "line": {
      const cursor = pause(line, start, random);
      return cursor === null || text.slice(cursor, end).trim() === "" ? null : hole(cursor, end);
    }
    case "blank": {
      const to = statementsEnd(text, first);
      return to - first > 300 ? null : hole(first, to);
    }
    case "opener": {
      if (!/[{]\s*$/.test(line)) {
        return null;
      }
      const to = blockEnd(text, end);
      return to === end || to - end > 300 ? null : hole(end, to);
    }
    case "midLine": {
      const cursor = pause(line, start, random);
      if (cursor === null) {
        return null;
      }
      const stops = [...text.slice(cursor + 1, end).matchAll(/[)\]},;:]/g)].map(
        ({ index }) => cursor + 1 + index,
      );
      const to = stops[Math.floor(random() * stops.length)];
      return to === undefined || text.slice(cursor, to).trim() === "" ? null : hole(cursor, to);
    }
    case "autoClosed": {
      const opens = [...line.matchAll(/\w\(/g)].map(({ index }) => index + 2);
      const from = opens[Math.floor(random() * opens.length)];
      if (from === undefined) {
        return null;
      }
      const to = closing(text, start + from, end);
      return to === null ||
        to === start + from ||
        /[([{]\s*$/.test(line.slice(0, from - 1)) ||
        line.slice(0, from - 1).includes("(")
        ? null
        : hole(start + from, to, `)${text.slice(end)}`);
    }
    case "declaration": {
      if (first !== start || !/^(?:export|function|const|class|interface|type|async|import)\b/.test(line)) {
        return null;
      }
      let to = end;
      if (!/;$/.test(line)) {
        const close = /\n[)\]}](?:.*[^{(\n])?$/m.exec(text.slice(end));
        if (close === null) {
          return null;
        }
        to = end + close.index + close[0].length;
      }
      return to - start > 300 ? null : hole(start, to);
    }
  }
}

function pause(line: string, start: number, random: () => number): number | null {
  const pauses = [...line.matchAll(/[\s.([{=,:]/g)]
    .map(({ index }) => index + 1)
    .filter((at) => line.slice(0, at).trim() !== "" && at < line.length);
  const at = pauses[Math.floor(random() * pauses.length)];
  return at === undefined ? null : start + at;
}

function indentation(line: string): number {
  return line.search(/\S|$/);
}

/** The end of the last line, from the one after `end` on, that is indented deeper than the line that ends there. */
function blockEnd(text: string, end: number): number {
  const own = indentation(text.slice(text.lastIndexOf("\n", end - 1) + 1, end));
  return linesWhile(text, end, (line) => indentation(line) > own);
}

function statementsEnd(text: string, first: number): number {
  const start = text.lastIndexOf("\n", first - 1) + 1;
  const end = text.indexOf("\n", first);
  if (first === start) {
    return end;
  }
  return linesWhile(text, end, (line) => indentation(line) >= first - start);
}

function linesWhile(text: string, end: number, inside: (line: string) => boolean): number {
  let last = end;
  for (let at = end; at >= 0 && at < text.length; ) {
    const next = text.indexOf("\n", at + 1);
    if (next < 0) {
      break;
    }
    const line = text.slice(at + 1, next);
    if (line.trim() !== "") {
      if (!inside(line)) {
        break;
      }
      last = next;
    }
    at = next;
  }
  return last;
}

function closing(text: string, from: number, end: number): number | null {
  let depth = 0;
  for (let at = from; at < end; at++) {
    if (/["'`/]/.test(text.charAt(at))) {
      return null;
    }
    if (text[at] === "(") {
      depth += 1;
    }
    if (text[at] === ")" && depth-- === 0) {
      return at;
    }
  }
  return null;
}

export interface Outcome {
  readonly stop: StopReason;
  readonly raw: string;
  readonly displayed: string;
}

/** What an automatic suggestion displays where the model writes `text`: until the decoder stops, or to its end. */
export function display(
  tokenizer: Tokenizer,
  { path, prefix, suffix }: Pick<Hole, "path" | "prefix" | "suffix">,
  text: string,
): Outcome {
  const prompt = { path, prefix: prefix.slice(-3000), suffix: suffix.slice(0, 1500), context: [] };
  const healed = healPrompt(tokenizer, prompt);
  const cursor = cursorContextOf(prompt);
  const decoding = new Decoding(tokenizer, healed, cursor, cursor.block === null ? "line" : "block", 200, 0);
  let stop: StopReason | null = null;
  for (const id of tokenizer.encode((healed.healed + text).slice(0, 2000))) {
    stop = decoding.push(id, 1);
    if (stop !== null) {
      break;
    }
  }
  const { tokens } = decoding;
  const raw = tokenizer.decode(tokens);
  const lastLength = raw.length - tokenizer.decode(tokens.slice(0, -1)).length;
  const range = trim(raw, { cursor, healed: healed.healed, stop: stop ?? "endOfText", lastLength });
  return { stop: stop ?? "endOfText", raw, displayed: raw.slice(range.start, range.end) };
}
