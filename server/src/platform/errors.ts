/**
 * An error that a person can act on: what went wrong, and what to do next.
 *
 * `reason` is a full sentence without a stack or a code; `remedy` is one, too, and always says a next step.
 * `code` is stable and meant for programs. Everything that crosses a module's boundary on purpose is one of
 * these; anything else that is thrown is a defect.
 */
export class ProoflineError extends Error {
  override readonly name = "ProoflineError";

  constructor(
    readonly code: ErrorCode,
    readonly reason: string,
    readonly remedy: string,
    options?: { cause?: unknown },
  ) {
    super(`${reason} ${remedy}`, options);
  }
}

export type ErrorCode =
  | "usage"
  | "model.pin"
  | "model.file"
  | "model.load"
  | "model.busy"
  | "model.hub"
  | "model.access"
  | "model.missing"
  | "model.differs"
  | "model.replace"
  | "model.disk"
  | "model.signature"
  | "model.workspace"
  | "model.cancelled"
  | "inference.cancelled"
  | "journal"
  | "evidence"
  | "repository"
  | "document"
  | "device"
  | "chain.configuration"
  | "chain.unreachable"
  | "chain.wrong"
  | "chain.rejected"
  | "chain.host"
  | "policy";

/** The message of anything that was thrown, for logs and for the `cause` part of a sentence. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Marks a branch that the type system has ruled out. */
export function unreachable(value: never): never {
  throw new Error(`unexpected value ${JSON.stringify(value)}`);
}
