/**
 * The shape of a message that the Language Server Protocol does not define: its method, which side sends it, and the
 * schemas of what it carries. The types follow from the schemas; whoever receives something parses it with them.
 */
import {
  NotificationType,
  NotificationType0,
  RequestType,
  RequestType0,
} from "vscode-languageserver-protocol";
import * as z from "zod";

/** Who sends a message to whom. The answer to a request goes the other way. */
export type Direction = "clientToServer" | "serverToClient";

export interface NotificationMessage<Parameters> {
  readonly method: string;
  readonly direction: Direction;
  readonly parameters: z.ZodType<Parameters>;
  readonly type: NotificationType<Parameters>;
}

/** A notification that says all it has to say by its name. */
export interface Signal {
  readonly method: string;
  readonly direction: Direction;
  readonly type: NotificationType0;
}

export interface RequestMessage<Parameters, Result> {
  readonly method: string;
  readonly direction: Direction;
  readonly parameters: z.ZodType<Parameters>;
  readonly result: z.ZodType<Result>;
  readonly type: RequestType<Parameters, Result, void>;
}

/** A request that asks all it has to ask by its name. */
export interface Question<Result> {
  readonly method: string;
  readonly direction: Direction;
  readonly result: z.ZodType<Result>;
  readonly type: RequestType0<Result, void>;
}

/** The result of a request that is only about being done: nothing, which JSON spells `null`. */
export const Nothing = z.nullish(z.null()).transform((): void => undefined);

export function notification<Parameters>(
  method: string,
  direction: Direction,
  parameters: z.ZodType<Parameters>,
): NotificationMessage<Parameters> {
  return { method, direction, parameters, type: new NotificationType<Parameters>(method) };
}

export function signal(method: string, direction: Direction): Signal {
  return { method, direction, type: new NotificationType0(method) };
}

export function request<Parameters, Result>(
  method: string,
  direction: Direction,
  parameters: z.ZodType<Parameters>,
  result: z.ZodType<Result>,
): RequestMessage<Parameters, Result> {
  return { method, direction, parameters, result, type: new RequestType<Parameters, Result, void>(method) };
}

export function question<Result>(
  method: string,
  direction: Direction,
  result: z.ZodType<Result>,
): Question<Result> {
  return { method, direction, result, type: new RequestType0<Result, void>(method) };
}
