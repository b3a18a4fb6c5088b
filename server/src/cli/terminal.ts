import { createInterface } from "node:readline/promises";
import { ProoflineError } from "../errors";
import { megabytes } from "../models/byteCount";
import type { Progress } from "../models/progress";

/**
 * Asks before something that takes time and room. Where nobody can answer, that is a refusal.
 *
 * @throws ProoflineError `usage` without a terminal, `model.cancelled` for any answer but yes
 */
export async function confirm(question: string): Promise<void> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new ProoflineError(
      "usage",
      "There is no terminal to ask in, so nothing was downloaded.",
      "Look at what would be downloaded, and give --yes.",
    );
  }
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await reader.question(`${question} [y/N] `);
    if (/^y(?:es)?$/i.test(answer.trim())) return;
  } finally {
    reader.close();
  }
  throw new ProoflineError("model.cancelled", "Nothing was downloaded.", "Start it again and answer y.");
}

/** Runs what Ctrl+C ends in order: a second one ends the process at once. */
export async function interruptible<Value>(work: (signal: AbortSignal) => Promise<Value>): Promise<Value> {
  const controller = new AbortController();
  const interrupt = (): void => controller.abort();
  process.once("SIGINT", interrupt);
  try {
    return await work(controller.signal);
  } finally {
    process.off("SIGINT", interrupt);
  }
}

/** Says on standard error, in a terminal only, how many of some things are done. */
export function showCount(verb: string, total: number): (done: number) => void {
  return (done) => {
    if (!process.stderr.isTTY) return;
    process.stderr.write(`\r\x1b[K${done} of ${total} ${verb}${done === total ? "\n" : ""}`);
  };
}

/** Says on standard error how far a download is: one line that changes in a terminal, one line a file elsewhere. */
export function showProgress(): (progress: Progress) => void {
  const live = process.stderr.isTTY;
  let path = "";
  return (progress) => {
    const { done, total } = progress;
    if (live) {
      const end = done === total ? "\n" : "";
      process.stderr.write(`\r\x1b[K${megabytes(done)} of ${megabytes(total)}  ${progress.path}${end}`);
    } else if (progress.path !== path) {
      path = progress.path;
      process.stderr.write(`${path}\n`);
    }
  };
}
