import { messageOf } from "../../platform/errors";
import { oneLine } from "./foreignText";

/** What came of one HTTP request. */
export type Exchange =
  /** JSON, of whatever shape. */
  | { readonly kind: "body"; readonly body: unknown }
  /** The server is asked too often; for how long it wants peace, where it says so. */
  | { readonly kind: "busy"; readonly retryAfterMilliseconds: number | null }
  /** It will not answer this, now or later; whether it may answer the parts of a batch each alone. */
  | { readonly kind: "refused"; readonly reason: string; readonly asBatch: boolean }
  /** It was reached, and something went wrong there that may pass. */
  | { readonly kind: "broken"; readonly reason: string }
  | { readonly kind: "silent" }
  | { readonly kind: "unreachable"; readonly reason: string };

export interface ExchangeOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly timeoutMilliseconds: number;
  /** The largest answer that is read, in bytes, unpacked. */
  readonly maxBytes: number;
  /** Ends the request before its time. */
  readonly signal: AbortSignal;
}

/** How servers refuse a list of questions: by its form or its size. */
const REFUSED_BATCH: ReadonlySet<number> = new Set([400, 405, 413, 415, 422]);

/** Posts JSON once and reads what comes back. Never follows elsewhere, never rejects. */
export async function exchange(
  url: URL,
  { headers, body, timeoutMilliseconds, maxBytes, signal }: ExchangeOptions,
): Promise<Exchange> {
  const limit = new TimeLimit(timeoutMilliseconds, signal);
  try {
    const response = await fetch(url, {
      method: "POST",
      headers,
      body,
      redirect: "manual",
      signal: limit.signal,
    });
    const { status } = response;
    const retryAfter = response.headers.get("retry-after");
    if (status === 429 || (status === 503 && retryAfter !== null)) {
      await response.body?.cancel();
      return { kind: "busy", retryAfterMilliseconds: millisecondsOf(retryAfter) };
    }
    if (status >= 300 && status < 400) {
      await response.body?.cancel();
      return { kind: "refused", reason: `HTTP status ${status}`, asBatch: false };
    }
    const text = await textOf(response, maxBytes);
    if (text === null) {
      return { kind: "refused", reason: "the answer is too large", asBatch: true };
    }
    const json = jsonOf(text);
    // Many servers send a JSON-RPC error with an HTTP status of its own.
    if (json !== undefined && (response.ok || isJsonRpc(json))) {
      return { kind: "body", body: json };
    }
    const reason = response.ok ? "the answer is not JSON" : `HTTP status ${status}`;
    return response.ok || status >= 500 || status === 408
      ? { kind: "broken", reason }
      : { kind: "refused", reason, asBatch: REFUSED_BATCH.has(status) };
  } catch (error) {
    if (limit.isOver) {
      return { kind: "silent" };
    }
    // fetch says only "fetch failed"; the reason is its cause.
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    return { kind: "unreachable", reason: oneLine(messageOf(cause)) };
  } finally {
    limit.end();
  }
}

/**
 * Aborts when its time is over, or with another signal. Not `AbortSignal.any` of that and of `AbortSignal.timeout`: Node collects
 * a signal that nothing but another signal holds, and then the time is never over (nodejs/node#57736).
 */
class TimeLimit {
  isOver = false;
  private readonly controller = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private readonly abort = (): void => this.controller.abort();

  constructor(
    milliseconds: number,
    private readonly other: AbortSignal,
  ) {
    this.timer = setTimeout(() => {
      this.isOver = true;
      this.abort();
    }, milliseconds);
    other.addEventListener("abort", this.abort);
    if (other.aborted) {
      this.abort();
    }
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  end(): void {
    clearTimeout(this.timer);
    this.other.removeEventListener("abort", this.abort);
  }
}

/** The body as text; `null` where it is too large. */
async function textOf(response: Response, maxBytes: number): Promise<string | null> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > maxBytes) {
      return null;
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isJsonRpc(json: unknown): boolean {
  return typeof json === "object" && json !== null && ("jsonrpc" in json || Array.isArray(json));
}

/** `Retry-After` in seconds, the only form in use for limits; `null` for none. */
function millisecondsOf(retryAfter: string | null): number | null {
  return retryAfter !== null && /^\d{1,6}$/.test(retryAfter) ? Number(retryAfter) * 1000 : null;
}
