import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { Judge, Pair, Reading } from "./tokens";

/** Sources of one language on this machine. */
export interface Language {
  readonly name: string;
  /** The command's option that names another folder. */
  readonly option: "typescript" | "javascript" | "go" | "python" | "cpp";
  readonly grammar: string;
  readonly folder: string;
  readonly isSource: (path: string) => boolean;
  /** Lines that the grammar does not read, as those of a preprocessor. */
  readonly opaque?: RegExp;
}

/** A cursor between what a person opened and what an editor closed at once, in a text that is balanced. */
export interface Cursor {
  readonly language: string;
  readonly kind: Kind;
  readonly path: string;
  readonly before: string;
  readonly after: string;
}

/**
 * `empty`: nothing stands between the pair. `begun`: something does, before the cursor. `last`: nothing follows the closing sign on its
 * line. `block`: the pair has a line of its own between opening and closing sign, as after Enter. `quote`: the pair are quotes.
 */
export const KINDS = ["empty", "begun", "last", "block", "quote"] as const;
export type Kind = (typeof KINDS)[number];

const BYTES = { least: 400, most: 40_000 } as const;
/** What stood between a pair and is taken out. */
const MOST_CONTENT = 1_000;
const TRIES = 30;

/** Files of a language, in an order that only the numbers decide. */
export function sourcesOf({ folder, isSource }: Language, random: () => number): string[] {
  const found = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter(isSource)
    .sort();
  for (let last = found.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [found[last], found[other]] = [found[other] ?? "", found[last] ?? ""];
  }
  return found;
}

/** One cursor of a kind in a file; `null` where none is found. */
export function cursorIn(
  judge: Judge,
  language: Language,
  file: string,
  kind: Kind,
  random: () => number,
): Cursor | null {
  const text = readFileSync(file, "utf8").replaceAll("\r\n", "\n");
  if (text.length < BYTES.least || text.length > BYTES.most || !text.isWellFormed() || isMinified(text)) {
    return null;
  }
  const reading = judge.read(text);
  if (!isBalanced(reading) || reading.errors > 0) {
    return null;
  }
  const pairs = reading.pairs.filter(
    ({ opener, open, close }) =>
      close - open <= MOST_CONTENT &&
      language.opaque?.test(lineAt(text, open)) !== true &&
      (kind === "quote") === /["'`]/.test(opener) &&
      (kind !== "block" || opener === "{"),
  );
  for (let attempt = 0; attempt < TRIES && pairs.length > 0; attempt += 1) {
    const pair = pairs[Math.floor(random() * pairs.length)];
    const cut = pair === undefined ? null : cutAt(text, pair, kind, reading, random);
    if (cut !== null && isBalanced(judge.read(cut.before + cut.after))) {
      return { language: language.name, kind, path: relative(language.folder, file), ...cut };
    }
  }
  return null;
}

function cutAt(
  text: string,
  { opener, open, close }: Pair,
  kind: Kind,
  reading: Reading,
  random: () => number,
): Pick<Cursor, "before" | "after"> | null {
  const inside = open + Math.max(opener.length, /^\w*["'`]+/.exec(text.slice(open, close))?.[0].length ?? 0);
  const content = text.slice(inside, close);
  if (content.trim() === "") {
    return null;
  }
  switch (kind) {
    case "empty":
    case "quote":
      return { before: text.slice(0, inside), after: text.slice(close) };
    case "begun": {
      const [line = ""] = content.split("\n", 1);
      const stops = [...line.matchAll(/[\s,.(]+(?=\S)/g)].map(
        ({ index, 0: { length } }) => inside + index + length,
      );
      const at = stops[Math.floor(random() * stops.length)];
      return at === undefined || reading.isText(at)
        ? null
        : { before: text.slice(0, at), after: text.slice(close) };
    }
    case "last": {
      const end = text.indexOf("\n", close);
      const rest = text.slice(close + 1, end < 0 ? text.length : end);
      // In a string's own code the line holds the string's end.
      return rest.trim() === "" || end < 0 || reading.isText(close + 1)
        ? null
        : { before: text.slice(0, inside), after: text.slice(close, close + 1) + text.slice(end) };
    }
    case "block": {
      const indentation = /^[^\S\n]*/.exec(text.slice(text.lastIndexOf("\n", open) + 1))?.[0] ?? "";
      const inner = /^[^\S\n]*\n([^\S\n]*)\S/.exec(content)?.[1];
      return inner === undefined || inner.length <= indentation.length
        ? null
        : { before: `${text.slice(0, inside)}\n${inner}`, after: `\n${indentation}${text.slice(close)}` };
    }
  }
}

function isBalanced({ balanced, strayQuotes }: Reading): boolean {
  return balanced && !strayQuotes;
}

function lineAt(text: string, at: number): string {
  return text.slice(text.lastIndexOf("\n", at - 1) + 1, at);
}

function isMinified(text: string): boolean {
  return text.split("\n").some((line) => line.length > 400);
}
