import { once } from "node:events";
import { createInterface } from "node:readline/promises";
import type { Progress } from "../models/hub/progress";
import { megabytes } from "../protocol/byteCount";
import { visibleLine } from "../protocol/visibleText";
import { CommandError } from "./commandError";
import { endLine, note, redraw } from "./output";

/** The streams on which a person is asked and answers. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

/**
 * Asks for confirmation of what was shown. If nobody can answer, the answer is no.
 *
 * @param what what is done after a yes, as a participle
 * @throws CommandError `usage` without a terminal, `model.cancelled` for any answer but yes, Ctrl+C and Ctrl+D
 * included
 */
export async function confirm(
  question: string,
  what: "downloaded" | "pinned",
  terminal: Terminal = STANDARD,
): Promise<void> {
  const answer = await agrees(question, terminal);
  if (answer === null) {
    throw new CommandError(
      "usage",
      `There is no terminal to ask for confirmation, so nothing was ${what}.`,
      `Check what would be ${what}, then give --yes.`,
    );
  }
  if (!answer) {
    throw new CommandError("model.cancelled", `Nothing was ${what}.`, "Start it again and answer y.");
  }
}

/**
 * Asks whether what was shown may count from now on. If nobody can answer, the answer is no.
 *
 * @param instead what a person does where there is no terminal
 * @throws CommandError `usage` without a terminal, `refusal` for any answer but yes
 */
export async function confirmAcceptance(
  question: string,
  instead: string,
  refusal: "usage" | "model.cancelled",
): Promise<void> {
  const answer = await agrees(question);
  if (answer === null) {
    throw new CommandError("usage", "There is no terminal to ask in, so nothing was accepted.", instead);
  }
  if (!answer) {
    throw new CommandError(refusal, "Nothing was accepted.", "Start it again and answer y.");
  }
}

const STANDARD: Terminal = { input: process.stdin, output: process.stderr };

/** Asks a question whose answer is no unless somebody says yes; `null` where there is no terminal to ask it in. */
export async function agrees(
  question: string,
  { input, output }: Terminal = STANDARD,
): Promise<boolean | null> {
  if (!input.isTTY || !output.isTTY) {
    return null;
  }
  const reader = createInterface({ input, output });
  const closed = once(reader, "close").then((): string => "");
  try {
    // Whether Ctrl+C and Ctrl+D reject the answer or only close the reader depends on the version of Node.
    const answer = await Promise.race([reader.question(`${visibleLine(question)} [y/N] `), closed]).catch(
      (error: unknown) => {
        if (!(error instanceof Error && error.name === "AbortError")) {
          throw error;
        }
        return "";
      },
    );
    if (answer === "") {
      output.write("\n");
    }
    return /^y(?:es)?$/i.test(answer.trim());
  } finally {
    reader.close();
  }
}

/** Runs work that Ctrl+C stops in an orderly way; a second Ctrl+C ends the process at once. */
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

/** Shows on standard error how many steps are done, but only in a terminal. */
export function showCount(verb: string, total: number): (done: number) => void {
  return (done) => {
    if (!process.stderr.isTTY) {
      return;
    }
    redraw(`${done} of ${total} ${verb}`);
    if (done === total) {
      endLine();
    }
  };
}

/**
 * Shows on standard error how far a download is: in a terminal one line that changes, elsewhere one line per file. The
 * line is ended when the work ends, even if it fails.
 */
export async function showingProgress<Value>(
  work: (tell: (progress: Progress) => void) => Promise<Value>,
): Promise<Value> {
  const live = process.stderr.isTTY;
  let told: string | null = null;
  try {
    return await work(({ path, done, total }) => {
      if (live) {
        redraw(`${megabytes(done)} of ${megabytes(total)}  ${path}`);
      } else if (path !== told) {
        note(path);
      }
      told = path;
    });
  } finally {
    if (live && told !== null) {
      endLine();
    }
  }
}
