import { CommanderError } from "commander";
import * as z from "zod";
import { ERROR_CODES, messageOf, ProoflineError } from "../platform/errors";
import { CommandError } from "./commandError";
import { COMMAND_REMEDIES } from "./commandRemedies";
import { systemRefusal } from "./systemRefusals";

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
  // Every command takes --json, so that only a call without one does not know it.
  if (code === "commander.help" || (code === "commander.unknownOption" && message.includes("'--json'"))) {
    return { reason: "No command is named.", remedy: help };
  }
  const [first = "", ...suggestions] = message.replace(/^error: /, "").split("\n");
  const reason = `${first.charAt(0).toUpperCase()}${first.slice(1)}`;
  const suggested = suggestions.map((line) => `${line.replace(/^\(|\)$/g, "")} `).join("");
  return { reason: /[.!?]$/.test(reason) ? reason : `${reason}.`, remedy: `${suggested}${help}` };
}
