import { setTimeout as pause } from "node:timers/promises";
import { messageOf, ProoflineError } from "../../platform/errors";
import { isLoopback, mayBeAsked } from "./hubAddress";

/** How long to wait for a hub, and how often to ask it again. */
export interface Patience {
  /** From a request until its answer begins, in milliseconds. */
  readonly answerMilliseconds: number;
  /** Without a single byte of a body, in milliseconds. */
  readonly silenceMilliseconds: number;
  /** Attempts in a row that bring nothing. */
  readonly attempts: number;
  /** Before the second attempt, in milliseconds; doubled before each later one, up to `longestPauseMilliseconds`. */
  readonly pauseMilliseconds: number;
  readonly longestPauseMilliseconds: number;
}

export const DEFAULT_PATIENCE: Patience = {
  answerMilliseconds: 30_000,
  silenceMilliseconds: 30_000,
  attempts: 6,
  pauseMilliseconds: 500,
  longestPauseMilliseconds: 30_000,
};

/** Which hub is asked, with which token, and how patiently. No message and no log contains the token. */
export interface HubAccess {
  readonly hub: URL;
  readonly token: string | null;
  readonly patience: Patience;
}

/** An answer worth asking again for, e.g. a broken connection or a 503. */
export class Transient extends Error {
  constructor(
    message: string,
    /** What the server asked to wait, in milliseconds; 0 where it did not. */
    readonly waitMilliseconds = 0,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

const MAX_REDIRECTS = 5;

/**
 * Sends one GET and follows redirects itself: the token goes to the hub's own origin and to no other, an encrypted
 * connection never becomes a plain one, and another machine can never point at this one.
 *
 * @param sameOrigin for what only the hub itself may answer: its API
 * @throws Transient for what may pass
 * @throws ProoflineError `model.access`, `model.missing` or `model.hub` for what will not
 */
export async function get(
  access: HubAccess,
  address: URL,
  { headers = {}, sameOrigin, signal }: GetOptions,
): Promise<Response> {
  let url = address;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    refuseForeign(access, url, sameOrigin);
    const own = url.origin === access.hub.origin;
    const authorization = own && access.token !== null ? { authorization: `Bearer ${access.token}` } : {};
    const response = await send(
      url,
      { ...headers, ...authorization, "accept-encoding": "identity" },
      access,
      signal,
    );
    const location = response.headers.get("location");
    if (![301, 302, 303, 307, 308].includes(response.status) || location === null) {
      if (response.ok) {
        return response;
      }
      await response.body?.cancel().catch(() => {});
      throw refusal(access, address, response);
    }
    await response.body?.cancel().catch(() => {});
    url = new URL(location, url);
  }
  throw hubError(`${shown(address)} redirects in circles.`);
}

export interface GetOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly sameOrigin: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Tries until it succeeds, with growing pauses. An attempt that `progressed` starts the count afresh.
 *
 * @throws ProoflineError whatever is not `Transient`, `model.cancelled`, or `model.hub` once patience is over
 */
export async function patiently<Value>(
  { patience, hub }: HubAccess,
  signal: AbortSignal | undefined,
  attempt: () => Promise<Value>,
  progressed: () => boolean = () => false,
): Promise<Value> {
  for (let failures = 1; ; failures++) {
    refuseCancelled(signal);
    try {
      return await attempt();
    } catch (error) {
      refuseCancelled(signal);
      if (!(error instanceof Transient)) {
        throw error;
      }
      if (progressed()) {
        failures = 1;
      }
      if (failures >= patience.attempts) {
        throw hubError(`The hub ${hub.origin} does not answer properly: ${error.message}.`, error);
      }
      const pauseFor = Math.min(
        patience.longestPauseMilliseconds,
        Math.max(error.waitMilliseconds, patience.pauseMilliseconds * 2 ** (failures - 1)),
      );
      await pause(pauseFor, undefined, signal === undefined ? {} : { signal }).catch(() => {});
    }
  }
}

/** @throws ProoflineError `model.cancelled` */
export function refuseCancelled(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) {
    return;
  }
  throw new ProoflineError("model.cancelled", "The download was cancelled.", "continueDownload");
}

/** The chunks of a body, each awaited for no longer than patience lasts. */
export async function* bodyOf(
  response: Response,
  { patience }: HubAccess,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  if (response.body === null) {
    return;
  }
  const reader = response.body.getReader();
  try {
    for (;;) {
      const { done, value } = await inTime(reader.read(), patience.silenceMilliseconds, signal);
      if (done) {
        return;
      }
      yield value;
    }
  } finally {
    // Not awaited: a peer that says nothing must not hold this side up.
    void reader.cancel().catch(() => {});
  }
}

async function send(
  url: URL,
  headers: Record<string, string>,
  { patience }: HubAccess,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  if (signal?.aborted) {
    abort();
  }
  signal?.addEventListener("abort", abort, { once: true });
  const timer = setTimeout(abort, patience.answerMilliseconds);
  try {
    return await fetch(url, { headers, redirect: "manual", signal: controller.signal });
  } catch (error) {
    const problem = controller.signal.aborted ? "no answer in time" : detailOf(error);
    throw new Transient(`${url.origin}: ${problem}`, 0, { cause: error });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}

async function inTime<Value>(
  promise: Promise<Value>,
  milliseconds: number,
  signal: AbortSignal | undefined,
): Promise<Value> {
  let end: () => void = () => {};
  const never = new Promise<never>((_, reject) => {
    const abort = (): void => reject(new Transient("it was cancelled"));
    const timer = setTimeout(
      () => reject(new Transient("the connection fell silent in the middle of a file")),
      milliseconds,
    );
    signal?.addEventListener("abort", abort, { once: true });
    if (signal?.aborted) {
      abort();
    }
    end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    };
  });
  try {
    return await Promise.race([promise, never]);
  } catch (error) {
    if (error instanceof Transient) {
      throw error;
    }
    throw new Transient(`the connection broke (${detailOf(error)})`, 0, { cause: error });
  } finally {
    end();
  }
}

function refuseForeign({ hub }: HubAccess, url: URL, sameOrigin: boolean): void {
  if (sameOrigin && url.origin !== hub.origin) {
    throw hubError(
      `The hub ${hub.origin} redirects the list of files to ${url.origin}, which Proofline does not follow.`,
    );
  }
  const here = isLoopback(url) && !isLoopback(hub);
  if (!mayBeAsked(url) || here) {
    throw hubError(`The hub ${hub.origin} redirects to ${url.origin}, which Proofline does not follow.`);
  }
}

function refusal({ hub, token }: HubAccess, url: URL, { status, headers }: Response): Error {
  const what = shown(url);
  if (status === 401 || status === 403) {
    return new ProoflineError(
      "model.access",
      token === null
        ? `The hub ${hub.origin} refuses ${what} without a token: it is private, gated or does not exist.`
        : `The hub ${hub.origin} refuses ${what} with this token (${status}).`,
      "setHubToken",
    );
  }
  if (status === 404) {
    return new ProoflineError("model.missing", `The hub ${hub.origin} has no ${what}.`, "checkModelName");
  }
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    return new Transient(`${url.origin} answered ${status}`, retryAfter(headers.get("retry-after")));
  }
  return hubError(`The hub ${hub.origin} answered ${status} for ${what}.`);
}

/** Seconds or a date (RFC 9110), as milliseconds from now. */
function retryAfter(value: string | null): number {
  if (value === null) {
    return 0;
  }
  const seconds = Number(value);
  const milliseconds = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(milliseconds) ? Math.max(0, milliseconds) : 0;
}

/** What an address of the hub stands for. Its query is left out: those of storage servers hold signatures. */
function shown({ pathname }: URL): string {
  const [, repository, revision = "", file] =
    /^\/(?:api\/models\/)?(.+?)\/(?:revision|tree|resolve)\/([^/]+)(?:\/(.+))?$/.exec(pathname) ?? [];
  if (repository === undefined) {
    return decodeURIComponent(pathname.slice(1));
  }
  const place = `${repository} at ${decodeURIComponent(revision)}`;
  return file === undefined ? place : `${decodeURIComponent(file)} of ${place}`;
}

/** `fetch` hides what happened in causes. */
function detailOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && cause.message !== "" ? cause.message : messageOf(error);
}

export function hubError(reason: string, cause?: unknown): ProoflineError {
  return new ProoflineError("model.hub", reason, "checkHub", { cause });
}
