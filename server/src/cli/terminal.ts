import { once } from "node:events";
import { createInterface } from "node:readline/promises";
import type { Progress } from "../models/hub/progress";
import { megabytes } from "../protocol/byteCount";
import { CommandError } from "./commandError";

/** Where a person is asked and answers. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

/**
 * Asks before something that takes time and room. Where nobody can answer, that is a refusal.
 *
 * @throws CommandError `usage` without a terminal, `model.cancelled` for any answer but yes, Ctrl+C and Ctrl+D included
 */
export async function confirm(
  question: string,
  { input, output }: Terminal = { input: process.stdin, output: process.stderr },
): Promise<void> {
  if (!input.isTTY || !output.isTTY) {
    throw new CommandError(
      "usage",
      "There is no terminal to ask in, so nothing was downloaded.",
      "Look at what would be downloaded, and give --yes.",
    );
  }
  const reader = createInterface({ input, output });
  const closed = once(reader, "close").then((): string => "");
  try {
    // Whether Ctrl+C and Ctrl+D reject the answer or only close the reader depends on the version of Node.
    const answer = await Promise.race([reader.question(`${question} [y/N] `), closed]).catch(
      (error: unknown) => {
        if (!(error instanceof Error && error.name === "AbortError")) {
          throw error;
        }
        return "";
      },
    );
    if (/^y(?:es)?$/i.test(answer.trim())) {
      return;
    }
    if (answer === "") {
      output.write("\n");
    }
  } finally {
    reader.close();
  }
  throw new CommandError("model.cancelled", "Nothing was downloaded.", "Start it again and answer y.");
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
    if (!process.stderr.isTTY) {
      return;
    }
    process.stderr.write(`\r\x1b[K${done} of ${total} ${verb}${done === total ? "\n" : ""}`);
  };
}

/**
 * Says on standard error how far a download is: one line that changes in a terminal, one line a file elsewhere. The line
 * is ended when the work ends, however that is.
 */
export async function showingProgress<Value>(
  work: (tell: (progress: Progress) => void) => Promise<Value>,
): Promise<Value> {
  const live = process.stderr.isTTY;
  let told: string | null = null;
  try {
    return await work(({ path, done, total }) => {
      if (live) {
        process.stderr.write(`\r\x1b[K${megabytes(done)} of ${megabytes(total)}  ${path}`);
      } else if (path !== told) {
        process.stderr.write(`${path}\n`);
      }
      told = path;
    });
  } finally {
    if (live && told !== null) {
      process.stderr.write("\n");
    }
  }
}
