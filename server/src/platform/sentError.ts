import * as z from "zod";
import { ERROR_CODES, messageOf, ProoflineError } from "./errors";
import { REMEDY_KEYS } from "./remedy";

/** An error on its way between threads or processes; `defect` is the message of one that nobody foresaw. */
export const SentError = z.union([
  z.strictObject({ code: z.enum(ERROR_CODES), reason: z.string(), remedy: z.enum(REMEDY_KEYS) }),
  z.strictObject({ defect: z.string() }),
]);
export type SentError = z.infer<typeof SentError>;

export function sentError(error: unknown): SentError {
  if (error instanceof ProoflineError) {
    const { code, reason, remedy } = error;
    return { code, reason, remedy };
  }
  return { defect: messageOf(error) };
}

/** The error that was sent. Whatever has another shape arrives as a defect, for nobody vouches for the other side. */
export function receivedError(raw: unknown): Error {
  const { success, data } = SentError.safeParse(raw);
  if (!success) {
    return new Error("an error arrived in a shape that is not known here");
  }
  return "defect" in data ? new Error(data.defect) : new ProoflineError(data.code, data.reason, data.remedy);
}
