import { messageOf, ProoflineError } from "../platform/errors";
import { CommandError } from "./commandError";
import { COMMAND_REMEDIES } from "./commandRemedies";

/** 0: good. 1: not verified, or nothing to offer. 2: wrong usage or environment. */
export type ExitCode = 0 | 1 | 2;

/** What a command returns: the same facts for programs and for people. */
export interface CommandResult {
  readonly exitCode: ExitCode;
  /** Printed by `--json`. */
  readonly json: unknown;
  /** Printed otherwise, line by line. */
  readonly text: readonly string[];
}

/** Prints a result to standard output and sets the exit code. */
export function print(result: CommandResult, json: boolean): void {
  process.exitCode = result.exitCode;
  const lines = json ? [JSON.stringify(result.json, null, 2)] : result.text;
  if (lines.length > 0) {
    process.stdout.write(`${lines.join("\n")}\n`);
  }
}

/** Prints what went wrong and what to do next; anything unexpected keeps its stack for a bug report. */
export function printError(error: unknown, json: boolean): void {
  process.exitCode = 2;
  if (error instanceof ProoflineError || error instanceof CommandError) {
    const { code, reason } = error;
    const remedy = error instanceof CommandError ? error.remedy : COMMAND_REMEDIES[error.remedy];
    if (json) {
      process.stdout.write(`${JSON.stringify({ error: { code, reason, remedy } }, null, 2)}\n`);
    } else {
      process.stderr.write(`${reason}\n${remedy}\n`);
    }
    return;
  }
  const stack = error instanceof Error ? error.stack : messageOf(error);
  process.stderr.write(`This is a defect in Proofline; please report it.\n${stack}\n`);
}
