import { CommanderError } from "commander";
import * as z from "zod";
import { ERROR_CODES, messageOf, ProoflineError } from "../platform/errors";
import { CommandError } from "./commandError";
import { COMMAND_REMEDIES } from "./commandRemedies";

/** `file`: the system refused to read or write something. `defect`: nobody's mistake but ours. */
const FAILURE_CODES = [...ERROR_CODES, "file", "defect"] as const;

/** What `--json` prints where a command could not do what it was asked for; the exit code is 2. */
export const Failure = z.strictObject({
  error: z.strictObject({
    /** Stable, for programs. */
    code: z.enum(FAILURE_CODES),
    /** What went wrong, as a sentence. */
    reason: z.string(),
    /** What to do next, as a sentence. */
    remedy: z.string(),
    /** Of a defect: where in the program it happened. */
    stack: z.string().optional(),
  }),
});

/** What went wrong, for people and programs; `stack` is `null` for everything but a defect. */
export interface FailureReport {
  readonly code: (typeof FAILURE_CODES)[number];
  readonly reason: string;
  readonly remedy: string;
  readonly stack: string | null;
}

export function failureOf(error: unknown): FailureReport {
  if (error instanceof ProoflineError) {
    const { code, reason, remedy } = error;
    return { code, reason, remedy: COMMAND_REMEDIES[remedy], stack: null };
  }
  if (error instanceof CommandError) {
    const { code, reason, remedy } = error;
    return { code, reason, remedy, stack: null };
  }
  if (error instanceof CommanderError) {
    return { code: "usage", ...usageMistake(error), stack: null };
  }
  const refusal = systemRefusal(error);
  return refusal === null
    ? {
        code: "defect",
        reason: `This is a defect in Proofline: ${messageOf(error)}`,
        remedy: "Please report it, with the lines below.",
        stack: error instanceof Error ? (error.stack ?? error.message) : String(error),
      }
    : { code: "file", ...refusal, stack: null };
}

/** A mistake in how the command was called, as commander words it: `error: unknown option '--x'\n(Did you mean --y?)`. */
function usageMistake({ code, message }: CommanderError): {
  readonly reason: string;
  readonly remedy: string;
} {
  const help = "See `proofline --help`, or add --help to the command.";
  if (code === "commander.help") {
    return { reason: "No command is named.", remedy: help };
  }
  const [first = "", ...suggestions] = message.replace(/^error: /, "").split("\n");
  const reason = `${first.charAt(0).toUpperCase()}${first.slice(1)}`;
  const suggested = suggestions.map((line) => `${line.replace(/^\(|\)$/g, "")} `).join("");
  return { reason: /[.!?]$/.test(reason) ? reason : `${reason}.`, remedy: `${suggested}${help}` };
}

/** What the system's refusals mean for the file or folder that they are about, and what a person can do. */
const REFUSALS: Readonly<Record<string, readonly [is: string, remedy: string]>> = {
  ENOENT: ["does not exist", "Check the path."],
  EISDIR: ["is a folder where a file is needed", "Name a file."],
  ENOTDIR: ["leads through a file as if that were a folder", "Check the path."],
  EEXIST: ["exists already", "Move it away, or name another place."],
  ENOTEMPTY: ["is a folder that is not empty", "Empty it, or name another place."],
  EACCES: ["may not be read or written by you", "Change its permissions, or name another place."],
  EPERM: ["may not be changed by you", "Change its permissions, or name another place."],
  EROFS: ["lies on a disk that cannot be written", "Name another place."],
  ENOSPC: ["does not fit: the disk is full", "Make room on the disk, then run the command again."],
  EDQUOT: ["does not fit: your share of the disk is full", "Make room, then run the command again."],
  ELOOP: ["leads through too many links, or through one where none may be", "Name the place itself."],
  ENAMETOOLONG: ["has too long a name", "Choose a shorter one."],
  EBUSY: ["is in use by another program", "Close that program, then run the command again."],
  EMFILE: ["cannot be opened: too many files are open", "Raise the limit (ulimit -n), then try again."],
  ENFILE: ["cannot be opened: too many files are open", "Close other programs, then try again."],
  EIO: ["cannot be read or written: the disk reports an error", "Check the disk."],
};

/** A refusal of the operating system is about somebody's files, and no defect; `null` for anything else. */
function systemRefusal(error: unknown): { readonly reason: string; readonly remedy: string } | null {
  if (!(error instanceof Error) || !("code" in error) || !("syscall" in error)) {
    return null;
  }
  const refusal = typeof error.code === "string" ? REFUSALS[error.code] : undefined;
  if (refusal === undefined) {
    return null;
  }
  const [is, remedy] = refusal;
  // Of two paths, the second is where something was to be.
  const path = "dest" in error ? error.dest : "path" in error ? error.path : undefined;
  return { reason: `${typeof path === "string" ? path : "What was named"} ${is}.`, remedy };
}
