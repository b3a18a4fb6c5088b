import type { RemedyKey } from "./remedy";

/**
 * An error that a person can act on: what went wrong, and what to do next.
 *
 * `reason` is a full sentence for everybody, with all the particulars and without a stack or a code. `remedy` only
 * names the next step: the editor and the command line each word it, for what people do in one they cannot do in the
 * other. `code` is stable and meant for programs. Whatever else is thrown across a module's boundary is a defect.
 */
export class ProoflineError extends Error {
  override readonly name = "ProoflineError";

  constructor(
    readonly code: ErrorCode,
    readonly reason: string,
    readonly remedy: RemedyKey,
    options?: { cause?: unknown },
  ) {
    super(reason, options);
  }
}

/** What an error is about; the part before the dot is its family. */
export const ERROR_CODES = [
  "usage",
  "home",
  "model.pin",
  "model.file",
  "model.load",
  "model.busy",
  "model.hub",
  "model.access",
  "model.missing",
  "model.differs",
  "model.replace",
  "model.disk",
  "model.signature",
  "model.workspace",
  "model.cancelled",
  "inference.cancelled",
  "journal",
  "evidence",
  "repository",
  "policy",
  "document",
  "device",
  "chain.configuration",
  "chain.unreachable",
  "chain.wrong",
  "chain.disputed",
  "chain.rejected",
  "chain.payment",
  "chain.host",
  "enclave.unreachable",
  "enclave.differs",
  "enclave.answer",
  "enclave.payment",
  "interop.program",
  "interop.input",
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

/** The message of anything that was thrown, for logs and for the cause within a sentence. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * The same within a sentence that names the file itself: of what the system refused only what it means, `no such file or
 * directory`, without code, call and path.
 */
export function meaningOf(error: unknown): string {
  const message = messageOf(error);
  const isRefusal = error instanceof Error && "syscall" in error && "code" in error;
  return isRefusal ? message.replace(/^[A-Z0-9_]+: ([^,]+), .*$/s, "$1") : message;
}

/** Marks a branch that the type system has ruled out. */
export function unreachable(value: never): never {
  throw new Error(`unexpected value ${JSON.stringify(value)}`);
}
