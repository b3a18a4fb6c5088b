import type { ErrorCode } from "../platform/errors";

/** An error that can only happen in the editor, so that its remedy is worded where it is thrown. */
export class EditorError extends Error {
  override readonly name = "EditorError";

  constructor(
    readonly code: ErrorCode,
    readonly reason: string,
    readonly remedy: string,
  ) {
    super(reason);
  }
}
