import type * as z from "zod";
import type { ChainServer } from "./chainServer";
import { oneLine, secretsIn, withoutSecrets } from "./foreignText";
import { Pace } from "./pace";
import { answersIn, isBusy, isPassing, type RpcAnswer } from "./rpcAnswers";
import { type Exchange, exchange } from "./rpcExchange";

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
  /** @param answered whether the server can be reached, and only answered something else */
  constructor(
    message: string,
    readonly answered = false,
  ) {
    super(message);
  }
}

export interface RpcOptions {
  /** Milliseconds until one request counts as failed; it may be sent again. */
  readonly timeoutMilliseconds?: number;
  /** Milliseconds until a call is given up, whatever was tried; each request that waits before it adds a second. */
  readonly deadlineMilliseconds?: number;
  /** The largest answer that is read, in bytes. */
  readonly maxBytes?: number;
}

interface PendingCall {
  readonly id: number;
  readonly method: string;
  readonly params: readonly unknown[];
  /** When it is given up, by `performance.now()`. */
  readonly deadline: number;
  resolve(result: unknown): void;
  reject(reason: RpcError | RpcFailure): void;
  /** What failed tries have cost so far; see `MAX_COST`. */
  cost: number;
  /** It travels in no batch: there was no answer to it in one. */
  alone: boolean;
  /** How many answers had come from the server when it was first sent; `null` while it was not. */
  heard: number | null;
  /** Why the last try failed. */
  failure: string | null;
}

/** Public servers refuse batches above some size; this one passes nearly everywhere. */
const MAX_BATCH = 40;

/** Requests that are under way at one time. */
const MAX_IN_FLIGHT = 6;

/** A call is given up once its failed tries cost this much: a passing error costs one, a timeout three. */
const MAX_COST = 6;
const TIMEOUT_COST = 3;
const BROKEN_BATCH_COST = 2;

/** What changes something each time it is done: whether it was is not known where there was no answer. */
const ONCE = /^(?:anvil|evm|hardhat)_|^eth_sendTransaction$/;

/** The pause before the second try; each further one is twice as long. Half of it is left to chance. */
const FIRST_PAUSE_MILLISECONDS = 100;

/**
 * A JSON-RPC 2.0 client over HTTP that trusts nothing: answers are limited in size and time, parsed with the caller's
 * schema, and never followed elsewhere. Calls made in one turn of the event loop travel together; whoever refuses batches
 * gets single requests. What fails in passing is asked again, later and later; a server that has enough is asked more
 * slowly. All of it ends at the call's deadline.
 */
export class Rpc implements ChainServer {
  private readonly url: URL;
  private readonly headers: Readonly<Record<string, string>>;
  /** What no message may repeat, whoever says it. */
  private readonly secrets: readonly string[];
  private readonly timeoutMilliseconds: number;
  private readonly deadlineMilliseconds: number;
  private readonly maxBytes: number;
  private readonly pace = new Pace();
  private readonly closing = new AbortController();
  private queue: PendingCall[] = [];
  /** Calls that are not settled, wherever they are. */
  private unsettled = 0;
  /** Answers that have come, of whatever kind. */
  private answers = 0;
  private inFlight = 0;
  private nextId = 1;
  /** Some servers take no batches; after one such answer each call travels alone. */
  private batches = true;
  private woken = false;
  /** A call was given up and nothing has been heard since: whatever fails now is given up at once. */
  private isGone = false;

  constructor(
    url: string,
    {
      timeoutMilliseconds = 5_000,
      deadlineMilliseconds = Math.max(30_000, 2 * timeoutMilliseconds),
      maxBytes = 4 * 1024 * 1024,
    }: RpcOptions = {},
  ) {
    this.url = new URL(url);
    this.secrets = secretsIn(this.url);
    const headers: Record<string, string> = { "content-type": "application/json" };
    if (this.url.username !== "" || this.url.password !== "") {
      const credentials = decodeURIComponent(`${this.url.username}:${this.url.password}`);
      headers.authorization = `Basic ${Buffer.from(credentials).toString("base64")}`;
      this.url.username = "";
      this.url.password = "";
    }
    this.headers = headers;
    this.timeoutMilliseconds = timeoutMilliseconds;
    this.deadlineMilliseconds = deadlineMilliseconds;
    this.maxBytes = maxBytes;
  }

  get host(): string {
    return this.url.host;
  }

  async call<T>(method: string, params: readonly unknown[], schema: z.ZodType<T>): Promise<T> {
    const ahead = Math.ceil(this.unsettled / (this.batches ? MAX_BATCH : 1));
    const deadline = performance.now() + this.deadlineMilliseconds + 1_000 * ahead;
    this.unsettled += 1;
    try {
      const result = await new Promise<unknown>((resolve, reject) => {
        const id = this.nextId++;
        this.queue.push({
          id,
          method,
          params,
          deadline,
          resolve,
          reject,
          cost: 0,
          alone: false,
          heard: null,
          failure: null,
        });
        this.wake();
      });
      const parsed = schema.safeParse(result);
      if (!parsed.success) {
        throw new RpcFailure(`${this.host} answered ${method} with something else`, true);
      }
      return parsed.data;
    } finally {
      this.unsettled -= 1;
    }
  }

  /** Gives up all that is under way, and whatever is asked later. */
  close(): void {
    this.closing.abort();
    this.wake();
  }

  private wake(): void {
    if (!this.woken) {
      this.woken = true;
      setImmediate(() => {
        this.woken = false;
        this.sendNext();
      });
    }
  }

  /** Sends what may be sent now, and gives up what has waited for too long. */
  private sendNext(): void {
    const now = performance.now();
    const wait = this.pace.waitMilliseconds(now);
    this.queue = this.queue.filter((call) => {
      const hasTime = now + wait < call.deadline && !this.closing.signal.aborted;
      if (!hasTime) {
        call.reject(new RpcFailure(call.failure ?? this.silence()));
      }
      return hasTime;
    });
    if (this.queue.length === 0 || this.inFlight >= MAX_IN_FLIGHT) {
      return;
    }
    if (wait > 0) {
      setTimeout(() => this.wake(), wait);
      return;
    }
    this.pace.sent(now);
    void this.send(this.takeNext());
    if (this.queue.length > 0) {
      this.sendNext();
    }
  }

  private takeNext(): readonly PendingCall[] {
    const [first] = this.queue;
    if (!this.batches || first?.alone) {
      return this.queue.splice(0, 1);
    }
    const together = this.queue.filter(({ alone }) => !alone).slice(0, MAX_BATCH);
    const taken = new Set(together);
    this.queue = this.queue.filter((call) => !taken.has(call));
    return together;
  }

  private async send(calls: readonly PendingCall[]): Promise<void> {
    this.inFlight += 1;
    const sentAt = performance.now();
    const longest = Math.max(...calls.map(({ deadline }) => deadline)) - sentAt;
    for (const call of calls) {
      call.heard ??= this.answers;
    }
    const requests = calls.map(({ id, method, params }) => ({ jsonrpc: "2.0", id, method, params }));
    const outcome = await exchange(this.url, {
      headers: this.headers,
      body: JSON.stringify(requests.length === 1 ? requests[0] : requests),
      timeoutMilliseconds: Math.max(1, Math.ceil(Math.min(this.timeoutMilliseconds, longest))),
      maxBytes: this.maxBytes,
      signal: this.closing.signal,
    });
    this.inFlight -= 1;
    if (outcome.kind !== "silent" && outcome.kind !== "unreachable") {
      this.answers += 1;
      this.isGone = false;
    }
    this.settle(calls, outcome, sentAt);
    this.wake();
  }

  private settle(calls: readonly PendingCall[], outcome: Exchange, sentAt: number): void {
    switch (outcome.kind) {
      case "busy":
        this.slowDown(outcome.retryAfterMilliseconds, sentAt);
        this.again(calls, `${this.host} is asked too often`);
        return;
      case "refused":
        if (outcome.asBatch) {
          this.apart(calls, outcome.reason);
        } else {
          this.giveUp(calls, `${this.host}: ${outcome.reason}`);
        }
        return;
      case "silent":
        this.lost(calls, this.silence(), TIMEOUT_COST);
        return;
      case "unreachable":
        this.lost(
          calls,
          `${this.host} cannot be reached: ${withoutSecrets(outcome.reason, this.secrets)}`,
          1,
        );
        return;
      case "broken":
        for (const call of calls) {
          // Some servers break at what they cannot take as a batch.
          call.alone = call.cost >= BROKEN_BATCH_COST;
        }
        this.later(calls, `${this.host}: ${outcome.reason}`, 1);
        return;
      case "body":
        this.read(calls, outcome.body, sentAt);
        return;
    }
  }

  private read(calls: readonly PendingCall[], body: unknown, sentAt: number): void {
    const answers = answersIn(body, calls);
    if (answers === null) {
      this.apart(calls, "the answer is no answer to the question");
      return;
    }
    this.pace.answered();
    for (const call of calls) {
      const answer = answers.get(call.id);
      if (answer === undefined) {
        call.alone = true;
        this.later([call], `${this.host} did not answer ${call.method}`, 1);
      } else {
        this.take(call, answer, sentAt);
      }
    }
  }

  private take(call: PendingCall, answer: RpcAnswer, sentAt: number): void {
    if (answer.error == null) {
      call.resolve(answer.result);
      return;
    }
    const { code, data } = answer.error;
    const message = oneLine(withoutSecrets(answer.error.message, this.secrets));
    if (isBusy(answer.error)) {
      this.slowDown(null, sentAt);
      this.again([call], `${this.host} is asked too often`);
    } else if (isPassing(answer.error, call.method) && call.cost + 1 < MAX_COST) {
      this.later([call], `${this.host}: ${message}`, 1);
    } else {
      call.reject(new RpcError(code, message, data));
    }
  }

  /** A batch that was refused as a whole: each of its calls alone, and from now on all others, too. */
  private apart(calls: readonly PendingCall[], reason: string): void {
    if (calls.length === 1) {
      this.giveUp(calls, `${this.host}: ${reason}`);
      return;
    }
    this.batches = false;
    this.again(calls, `${this.host}: ${reason}`);
  }

  private slowDown(retryAfterMilliseconds: number | null, sentAt: number): void {
    this.pace.slowDown({ retryAfterMilliseconds, sentAt, now: performance.now() });
  }

  /** Asks again as soon as the server's pace allows. */
  private again(calls: readonly PendingCall[], reason: string): void {
    for (const call of calls) {
      call.failure = reason;
    }
    this.queue.unshift(...calls);
  }

  /** Asks again after a pause, or gives up what has failed often enough; whether anything was given up. */
  private later(calls: readonly PendingCall[], reason: string, cost: number): boolean {
    const left: PendingCall[] = [];
    for (const call of calls) {
      call.cost += ONCE.test(call.method) ? MAX_COST : cost;
      call.failure = reason;
      if (call.cost >= MAX_COST) {
        call.reject(new RpcFailure(reason));
      } else {
        left.push(call);
      }
    }
    const [first] = left;
    if (first !== undefined) {
      const pause = FIRST_PAUSE_MILLISECONDS * 2 ** (first.cost - 1) * (0.5 + Math.random() / 2);
      setTimeout(() => {
        this.queue.unshift(...left);
        this.wake();
      }, pause);
    }
    return left.length < calls.length;
  }

  private lost(calls: readonly PendingCall[], reason: string, cost: number): void {
    const isGivenUp = this.later(calls, reason, this.isGone ? MAX_COST : cost);
    // Where nothing was heard since the first try, whatever still waits would fare no better.
    if (isGivenUp && calls.every(({ heard }) => heard === this.answers)) {
      this.isGone = true;
      this.giveUp(this.queue.splice(0), reason);
    }
  }

  private giveUp(calls: readonly PendingCall[], reason: string): void {
    for (const call of calls) {
      call.reject(new RpcFailure(reason));
    }
  }

  private silence(): string {
    return `${this.host} did not answer within ${this.timeoutMilliseconds / 1000} seconds`;
  }
}
