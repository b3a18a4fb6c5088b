import * as z from "zod";
import { ProoflineError } from "../../platform/errors";
import { RepositoryPath, Text } from "../../platform/primitives";
import { visibleText } from "../../protocol/visibleText";

/** Lines of one file of which another tool says that it wrote them. */
export interface StatedRange {
  /** Below the repository's top. */
  readonly path: string;
  /** From one, both included. */
  readonly startLine: number;
  readonly endLine: number;
  readonly tool: string;
  /** What the tool calls the conversation; empty where it names none. */
  readonly session: string;
  /** Empty where it names none. */
  readonly model: string;
}

/** What a record of another tool says. */
export interface StatedRanges {
  readonly ranges: readonly StatedRange[];
  /** Ranges that it gives to a person, to several, or to nobody. */
  readonly passedOver: number;
}

/** What may be told of who wrote something. It travels with the evidence, which has bounds of its own. */
export const ToldName = z.string().max(250).pipe(Text);
export const ToldSession = z.string().max(1_000).pipe(Text);

/** The most ranges that one record may name. */
export const MOST_STATED_RANGES = 50_000;

/** Refuses a record of another tool, as a whole. */
export function refusedRecord(reason: string, cause?: unknown): ProoflineError {
  return new ProoflineError(
    "interop.input",
    reason,
    "exportAgain",
    cause === undefined ? undefined : { cause },
  );
}

/** @throws ProoflineError `interop.input` for a path that leads out of the repository, or into Proofline's own folder */
export function statedPath(path: string): string {
  const parsed = RepositoryPath.safeParse(path);
  if (!parsed.success || parsed.data.split("/").some((part) => /^\.(?:git|proofline)$/i.test(part))) {
    throw refusedRecord(`The record names “${visibleText(path)}”, which is no file inside the repository.`);
  }
  return parsed.data;
}

/** @throws ProoflineError `interop.input` for lines in no order */
export function statedLines(path: string, start: number, end: number): readonly [number, number] {
  if (start < 1 || end < start || !Number.isSafeInteger(end)) {
    throw refusedRecord(`The record names lines ${start} to ${end} of ${visibleText(path)}, which are none.`);
  }
  return [start, end];
}
