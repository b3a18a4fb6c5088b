import {
  type CancellationToken,
  type Connection,
  ErrorCodes,
  type NotificationType,
  type RequestType,
  type RequestType0,
  ResponseError,
} from "vscode-languageserver/node";
import * as z from "zod";
import { messageOf, ProoflineError } from "../platform/errors";

/** Everything that crosses the pipe is checked here; whoever sends nonsense gets an error that says what is wrong. */
export const Uri = z.string().min(1).max(8192);
export const LspPosition = z.object({
  line: z.number().int().nonnegative(),
  character: z.number().int().nonnegative(),
});

/** Handles one custom request: parses its parameters, and turns what is thrown into an answer for people. */
export function onRequest<Parameters, Result>(
  connection: Connection,
  type: RequestType<Parameters, Result, void>,
  schema: z.ZodType<Parameters>,
  handle: (parameters: Parameters, token: CancellationToken) => Promise<Result>,
): void {
  connection.onRequest(
    type.method,
    (raw: unknown, token: CancellationToken): Promise<unknown> =>
      answer(connection, () => handle(parse(type.method, schema, raw), token)),
  );
}

/** Handles a custom request without parameters. */
export function onRequest0<Result>(
  connection: Connection,
  type: RequestType0<Result, void>,
  handle: (token: CancellationToken) => Promise<Result>,
): void {
  connection.onRequest(
    type.method,
    (...received: unknown[]): Promise<unknown> =>
      answer(connection, () => handle(received.at(-1) as CancellationToken)),
  );
}

/** Handles one custom notification. A malformed one is logged; it has nobody to answer to. */
export function onNotification<Parameters>(
  connection: Connection,
  type: NotificationType<Parameters>,
  schema: z.ZodType<Parameters>,
  handle: (parameters: Parameters) => void | Promise<void>,
): void {
  connection.onNotification(type.method, async (raw: unknown) => {
    try {
      await handle(parse(type.method, schema, raw));
    } catch (error) {
      connection.console.error(`${type.method}: ${messageOf(error)}`);
    }
  });
}

/** The signal of a controller that is aborted when a request is cancelled, also before it began. */
export function abortedBy(token: CancellationToken, controller = new AbortController()): AbortSignal {
  if (token.isCancellationRequested) {
    controller.abort();
  }
  token.onCancellationRequested(() => controller.abort());
  return controller.signal;
}

/** Parses what came over the pipe, or throws the answer that says what is wrong with it. */
export function parse<Value>(what: string, schema: z.ZodType<Value>, raw: unknown): Value {
  const parsed = schema.safeParse(raw);
  if (parsed.success) {
    return parsed.data;
  }
  const issues = parsed.error.issues.map(
    ({ path, message }) => `${path.join(".") || "parameters"}: ${message}`,
  );
  throw new ResponseError(ErrorCodes.InvalidParams, `${what}: ${issues.join("; ")}`);
}

/** Runs a handler; what a person can act on becomes the answer, anything else is also logged as a defect. */
export async function answer<Result>(connection: Connection, handle: () => Promise<Result>): Promise<Result> {
  try {
    return await handle();
  } catch (error) {
    if (error instanceof ResponseError) {
      throw error;
    }
    if (error instanceof ProoflineError) {
      const { message, code, reason } = error;
      throw new ResponseError(ErrorCodes.InternalError, message, { code, reason });
    }
    connection.console.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
    throw new ResponseError(ErrorCodes.InternalError, messageOf(error));
  }
}
