import type { Cursor } from "./cursors";
import type { Judge, Reading } from "./tokens";

/**
 * What a suggestion does to what stands around it, where all was balanced. `unbalanced`: it no longer is. `commentedOut`: what follows
 * was code, and is part of a comment or string. `doubled`: what follows comes a second time. `errors`: something is against the
 * grammar that was not, as an unfinished statement is.
 */
export const HARMS = ["unbalanced", "commentedOut", "doubled", "errors"] as const;
export type Harm = (typeof HARMS)[number];

/** Judges a suggestion at a cursor by a grammar of its language. */
export function harmOf(judge: Judge, { before, after }: Cursor, suggestion: string): readonly Harm[] {
  const was = judge.read(before + after);
  const is = judge.read(before + suggestion + after);
  const done: Record<Harm, boolean> = {
    unbalanced:
      isUnbalanced(is, suggestion) &&
      isUnbalanced(judge.read(before + withDoubleQuotes(suggestion) + after), suggestion),
    commentedOut: becomesText(was, is, before, suggestion, after),
    doubled: doublesLine(judge, before, suggestion, after) || doublesNextLine(before, suggestion, after),
    errors: was.errors === 0 && is.errors > 0,
  };
  return HARMS.filter((harm) => done[harm]);
}

/** The two next things that can be seen behind the cursor, which are on other lines as often as not. */
function becomesText(was: Reading, is: Reading, before: string, suggestion: string, after: string): boolean {
  const next = [/\S/, /\n\s*\S/].flatMap((pattern) => {
    const match = pattern.exec(after);
    return match === null ? [] : [before.length + match.index + match[0].length - 1];
  });
  return next.some((at) => !was.isText(at) && is.isText(at + suggestion.length));
}

/** An even number of quotes can be no string to the grammar, and are pairs all the same, as in Go's 'abc'. */
function isUnbalanced({ balanced, strayQuotes }: Reading, suggestion: string): boolean {
  return !balanced || (strayQuotes && hasOddQuotes(suggestion));
}

/** Where a language has characters in single quotes, the grammar loses the brackets around a longer text in them. */
function withDoubleQuotes(text: string): string {
  return text.replaceAll(/'([^'"\n]{2,})'/g, '"$1"');
}

function hasOddQuotes(text: string): boolean {
  return ['"', "'", "`"].some((quote) => text.split(quote).length % 2 === 0);
}

const SIGNS = /^[)\]};,"'`:]+/;

/** Ends with what follows on the line, or the signs it begins with, and would be as balanced without. */
function doublesLine(judge: Judge, before: string, suggestion: string, after: string): boolean {
  const rest = (after.split("\n", 1)[0] ?? "").trim();
  const signs = SIGNS.exec(rest)?.[0] ?? "";
  const copies = new Set([
    rest,
    ...Array.from({ length: signs.length }, (_, index) => signs.slice(0, index + 1)),
  ]);
  const kept = suggestion.trimEnd();
  return [...copies].some((copy) => {
    if (
      copy === "" ||
      !kept.endsWith(copy) ||
      (/^\w/.test(copy) && /\w$/.test(kept.slice(0, -copy.length)))
    ) {
      return false;
    }
    return judge.read(before + kept.slice(0, -copy.length) + after).balanced;
  });
}

/** Its last line, if it is a whole one, stands below already. */
function doublesNextLine(before: string, suggestion: string, after: string): boolean {
  const lines = suggestion.trimEnd().split("\n");
  const line = before.slice(before.lastIndexOf("\n") + 1);
  const [rest = "", ...below] = after.split("\n");
  if (rest.trim() !== "" || (lines.length === 1 && line.trim() !== "")) {
    return false;
  }
  const last = lines.at(-1)?.trim() ?? "";
  return /\w/.test(last) && below.find((one) => one.trim() !== "")?.trim() === last;
}
