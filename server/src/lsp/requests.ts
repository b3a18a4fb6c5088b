import { CancellationToken, type Connection, ErrorCodes, ResponseError } from "vscode-languageserver/node";
import type * as z from "zod";
import { messageOf, ProoflineError } from "../platform/errors";
import type { NotificationMessage, Question, RequestMessage } from "../protocol/messages/message";
import { EditorError } from "./editorError";
import { editorRemedy, editorText } from "./editorRemedies";

/**
 * Handles one request: parses its parameters, and turns what is thrown into an answer for people. Whoever sends
 * nonsense gets an error that says what is wrong with it.
 */
export function onRequest<Parameters, Result>(
  connection: Connection,
  { method, parameters }: RequestMessage<Parameters, Result>,
  handle: (parameters: Parameters, token: CancellationToken) => Promise<Result>,
): void {
  connection.onRequest(
    method,
    (raw: unknown, token: CancellationToken): Promise<unknown> =>
      answer(connection, () => handle(parse(method, parameters, raw), token)),
  );
}

/** Handles a request without parameters; those that somebody sends all the same are not looked at. */
export function onQuestion<Result>(
  connection: Connection,
  { method }: Question<Result>,
  handle: (token: CancellationToken) => Promise<Result>,
): void {
  connection.onRequest(
    method,
    (...received: unknown[]): Promise<unknown> =>
      answer(connection, () => handle(received.find(CancellationToken.is) ?? CancellationToken.None)),
  );
}

/** Handles one notification. A malformed one is logged; it has nobody to answer to. */
export function onNotification<Parameters>(
  connection: Connection,
  { method, parameters }: NotificationMessage<Parameters>,
  handle: (parameters: Parameters) => void | Promise<void>,
): void {
  connection.onNotification(method, async (raw: unknown) => {
    try {
      await handle(parse(method, parameters, raw));
    } catch (error) {
      connection.console.error(`${method}: ${messageOf(error)}`);
    }
  });
}

/** Asks the client, and checks what it answers. */
export async function ask<Parameters, Result>(
  connection: Connection,
  { method, result }: RequestMessage<Parameters, Result>,
  parameters: Parameters,
): Promise<Result> {
  const answered: unknown = await connection.sendRequest(method, parameters);
  return parse(method, result, answered);
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
export async function answer<Result>(
  connection: { readonly console: Pick<Connection["console"], "error"> },
  handle: () => Promise<Result>,
): Promise<Result> {
  try {
    return await handle();
  } catch (error) {
    if (error instanceof ResponseError) {
      throw error;
    }
    if (error instanceof ProoflineError || error instanceof EditorError) {
      const { code, reason } = error;
      const data = { code, reason, remedy: editorRemedy(error) };
      throw new ResponseError(ErrorCodes.InternalError, editorText(error), data);
    }
    connection.console.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
    throw new ResponseError(ErrorCodes.InternalError, messageOf(error));
  }
}
