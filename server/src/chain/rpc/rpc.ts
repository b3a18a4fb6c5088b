import * as z from "zod";
import { messageOf } from "../../platform/errors";

/** The server answered with a JSON-RPC error: it was reached, and refused. */
export class RpcError extends Error {
  override readonly name = "RpcError";
  constructor(
    readonly code: number,
    message: string,
    readonly data: unknown,
  ) {
    super(message);
  }
}

/** Nothing that can be used came back: no connection, a timeout, or an answer that is not what was asked for. */
export class RpcFailure extends Error {
  override readonly name = "RpcFailure";
}

export interface RpcOptions {
  /** Milliseconds until a request counts as failed. */
  readonly timeoutMilliseconds?: number;
  /** The largest answer that is read, in bytes. */
  readonly maxBytes?: number;
}

const Answer = z.object({
  id: z.number(),
  result: z.unknown().optional(),
  error: z
    .object({ code: z.number(), message: z.string(), data: z.unknown().optional() })
    .nullish()
    .catch({ code: 0, message: "malformed error", data: undefined }),
});
type Answer = z.infer<typeof Answer>;

interface PendingCall {
  readonly id: number;
  readonly method: string;
  readonly params: readonly unknown[];
  resolve(result: unknown): void;
  reject(reason: RpcError | RpcFailure): void;
}

/** Public servers refuse batches above some size; this one passes nearly everywhere. */
const MAX_BATCH = 40;

/**
 * A JSON-RPC 2.0 client over HTTP that trusts nothing: answers are limited in size and time, parsed with the caller's
 * schema, and never followed elsewhere. Calls made in one turn of the event loop travel together.
 */
export class Rpc {
  private readonly url: URL;
  private readonly headers: Readonly<Record<string, string>>;
  private readonly timeoutMilliseconds: number;
  private readonly maxBytes: number;
  private queue: PendingCall[] = [];
  private nextId = 1;
  /** Some servers take no batches; after one such answer each call travels alone. */
  private batches = true;

  constructor(url: string, { timeoutMilliseconds = 5_000, maxBytes = 4 * 1024 * 1024 }: RpcOptions = {}) {
    this.url = new URL(url);
    const headers: Record<string, string> = { "content-type": "application/json" };
    if (this.url.username !== "" || this.url.password !== "") {
      const credentials = decodeURIComponent(`${this.url.username}:${this.url.password}`);
      headers.authorization = `Basic ${Buffer.from(credentials).toString("base64")}`;
      this.url.username = "";
      this.url.password = "";
    }
    this.headers = headers;
    this.timeoutMilliseconds = timeoutMilliseconds;
    this.maxBytes = maxBytes;
  }

  /** The server's name for messages: host and port only, because paths and queries carry tokens. */
  get host(): string {
    return this.url.host;
  }

  /**
   * Calls one method. Rejects with `RpcError` where the server refuses, and with `RpcFailure` where nothing usable
   * came back, which includes a result that does not fit `schema`.
   */
  async call<T>(method: string, params: readonly unknown[], schema: z.ZodType<T>): Promise<T> {
    const result = await new Promise<unknown>((resolve, reject) => {
      if (this.queue.length === 0) {
        setImmediate(() => this.flush());
      }
      this.queue.push({ id: this.nextId++, method, params, resolve, reject });
    });
    const parsed = schema.safeParse(result);
    if (!parsed.success) {
      throw new RpcFailure(`${this.host} answered ${method} with something else`);
    }
    return parsed.data;
  }

  private flush(): void {
    const calls = this.queue;
    this.queue = [];
    const size = this.batches ? MAX_BATCH : 1;
    for (let start = 0; start < calls.length; start += size) {
      void this.send(calls.slice(start, start + size));
    }
  }

  private async send(calls: readonly PendingCall[]): Promise<void> {
    try {
      const requests = calls.map(({ id, method, params }) => ({ jsonrpc: "2.0", id, method, params }));
      const body = await this.post(JSON.stringify(requests.length === 1 ? requests[0] : requests));
      if (calls.length > 1 && !Array.isArray(body)) {
        this.batches = false;
        await Promise.all(calls.map((call) => this.send([call])));
        return;
      }
      const answers = new Map<number, Answer>();
      for (const part of Array.isArray(body) ? body.slice(0, calls.length) : [body]) {
        const answer = Answer.safeParse(part);
        if (answer.success) {
          answers.set(answer.data.id, answer.data);
        }
      }
      for (const call of calls) {
        settle(call, answers.get(call.id), this.host);
      }
    } catch (error) {
      const failure = new RpcFailure(this.explain(error), { cause: error });
      for (const call of calls) {
        call.reject(failure);
      }
    }
  }

  private async post(body: string): Promise<unknown> {
    const response = await fetch(this.url, {
      method: "POST",
      headers: this.headers,
      body,
      redirect: "error",
      signal: AbortSignal.timeout(this.timeoutMilliseconds),
    });
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of response.body ?? []) {
      size += chunk.byteLength;
      if (size > this.maxBytes) {
        throw new RpcFailure("the answer is too large");
      }
      chunks.push(chunk);
    }
    const text = Buffer.concat(chunks).toString("utf8");
    try {
      return JSON.parse(text);
    } catch {
      throw new RpcFailure(response.ok ? "the answer is not JSON" : `HTTP status ${response.status}`);
    }
  }

  private explain(error: unknown): string {
    if (error instanceof Error && error.name === "TimeoutError") {
      return `${this.host} did not answer within ${this.timeoutMilliseconds / 1000} seconds`;
    }
    if (error instanceof RpcFailure) {
      return `${this.host}: ${error.message}`;
    }
    // fetch says only "fetch failed"; the reason is its cause.
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    return `${this.host} cannot be reached: ${oneLine(messageOf(cause))}`;
  }
}

function settle(call: PendingCall, answer: Answer | undefined, host: string): void {
  if (answer === undefined) {
    call.reject(new RpcFailure(`${host} did not answer ${call.method}`));
  } else if (answer.error != null) {
    call.reject(new RpcError(answer.error.code, oneLine(answer.error.message), answer.error.data));
  } else {
    call.resolve(answer.result);
  }
}

/** A foreign message as part of a sentence of ours: one short line without control characters. */
export function oneLine(message: string): string {
  return message
    .slice(0, 400)
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, " ")
    .trim()
    .slice(0, 200);
}
