import type { ErrorCode } from "../platform/errors";

/** An error that can only happen on the command line, so that its remedy is worded where it is thrown. */
export class CommandError extends Error {
  override readonly name = "CommandError";

  constructor(
    readonly code: ErrorCode,
    readonly reason: string,
    readonly remedy: string,
    options?: { cause?: unknown },
  ) {
    super(reason, options);
  }
}
