/** Places in the middle of a line of a real file, where somebody could be typing. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../support/languageClient";

export interface MidLinePlace {
  readonly before: string;
  /** The key that is typed there. */
  readonly typed: string;
  readonly after: string;
}

/** @param from the share of the file, from 0 to 1, before which none lies */
export function midLinePlaces(count: number, from = 0): MidLinePlace[] {
  const text = readFileSync(join(ROOT, "server", "src", "evidence", "repository.ts"), "utf8");
  const candidates = [...text.matchAll(/^ {2,}\w[^\n]{16,}$/gm)]
    .filter(({ index }) => index >= text.length * from)
    .map(({ index, 0: line }) => index + Math.floor(line.length / 2));
  const step = Math.max(1, Math.floor(candidates.length / count));
  return candidates
    .filter((_, index) => index % step === 0)
    .slice(0, count)
    .map((at) => ({ before: text.slice(0, at - 1), typed: text.slice(at - 1, at), after: text.slice(at) }));
}
