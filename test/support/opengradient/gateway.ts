import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import type { Hypervisor } from "./attestationDocument";
import type { Clock } from "./clock";
import { newTlsIdentity, type StandInEnclave } from "./enclave";
import type { Fault } from "./faults";
import { type LoopbackServer, listen } from "./loopbackServer";
import { sentAnswer } from "./sentAnswer";
import type { Sessions } from "./sessions";
import { type Settlements, settlementKind } from "./settlements";
import { ChatRequest, type Reply, type SignedReply, signReply } from "./signedReply";

/** What may be asked for. */
export const MODELS: readonly string[] = [
  ...["gpt-5", "gpt-5-mini", "claude-opus-4-8", "claude-sonnet-4-6", "gemini-3-pro"],
  ...["grok-4", "grok-code-fast-1", "deepseek-v4", "hermes-4", "glm-5.2"],
];

/** What the gateway cuts an answer to where the request does not say. */
const DEFAULT_MAX_TOKENS = 100;

export interface GatewayOptions {
  readonly enclave: StandInEnclave;
  readonly measurements: readonly Buffer[];
  readonly hypervisor: Hypervisor;
  readonly clock: Clock;
  readonly sessions: Sessions;
  readonly settlements: Settlements;
  /** What the model answers. */
  readonly answer: (request: ChatRequest) => string | Reply;
}

/** A request as it came, whatever became of it. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** OpenGradient's gateway in an enclave, on loopback. */
export class Gateway {
  /** Everything that it was sent, in order. */
  readonly received: Received[] = [];
  /** What came to the host that it redirects to. */
  readonly redirected: Received[] = [];
  /** What went wrong in it that nobody asked for; `close` throws it. */
  private readonly defects: unknown[] = [];
  private current: Fault | null = null;
  private readonly held = new Set<() => void>();

  private constructor(
    private readonly options: GatewayOptions,
    private readonly server: LoopbackServer,
    private readonly elsewhere: LoopbackServer,
  ) {}

  static async start(options: GatewayOptions): Promise<Gateway> {
    const elsewhere = await listen(newTlsIdentity(), async (request, response) => {
      gateway.redirected.push(await receive(request));
      response.end("{}");
    });
    const server = await listen(options.enclave, (request, response) => gateway.handle(request, response));
    const gateway = new Gateway(options, server, elsewhere);
    return gateway;
  }

  /** Where it listens, without a slash at the end. */
  get url(): string {
    return `https://127.0.0.1:${this.server.port}`;
  }

  get fault(): Fault | null {
    return this.current;
  }

  /** What it does wrong from now on. */
  set fault(fault: Fault | null) {
    if ((fault === "otherTlsKey") !== (this.current === "otherTlsKey")) {
      this.server.show(fault === "otherTlsKey" ? newTlsIdentity() : this.options.enclave);
    }
    this.current = fault;
  }

  /** How many answers wait in their middle for `release`. */
  get waiting(): number {
    return this.held.size;
  }

  /** Lets slow answers go on. */
  release(): void {
    for (const goOn of this.held) {
      goOn();
    }
  }

  async close(): Promise<void> {
    this.release();
    await Promise.all([this.server.close(), this.elsewhere.close()]);
    if (this.defects.length > 0) {
      throw new AggregateError(this.defects, "the stand-in gateway failed");
    }
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const received = await receive(request);
      this.received.push(received);
      const { pathname, searchParams } = new URL(received.path, this.url);
      switch (`${received.method} ${pathname}`) {
        case "POST /v1/chat/completions":
          return await this.complete(received, response);
        case "GET /v1/models":
          return sendJson(response, 200, { object: "list", data: MODELS.map((id) => ({ id })) });
        case "GET /enclave/attestation":
          return this.attest(searchParams.get("nonce") ?? "", response);
        default:
          return this.serveBlob(pathname, response);
      }
    } catch (error) {
      if (!isGone(error)) {
        this.defects.push(error);
      }
      response.destroy();
    }
  }

  /** Walrus' aggregator, on the same server. */
  private serveBlob(pathname: string, response: ServerResponse): void {
    const blob = this.options.settlements.blobs.get(pathname.replace(/^\/v1\/blobs\//, ""));
    if (blob === undefined) {
      sendJson(response, 404, { error: "Not found" });
      return;
    }
    response.end(blob);
  }

  private attest(nonce: string, response: ServerResponse): void {
    if (!/^[0-9a-f]{40}$/.test(nonce)) {
      sendJson(response, 400, { error: "A nonce is 40 hexadecimal digits" });
      return;
    }
    const { enclave, hypervisor, measurements, clock } = this.options;
    const parameters = { enclave, measurements, at: clock.now(), nonce: Buffer.from(nonce, "hex") };
    response.end(hypervisor.attest(parameters).toString("base64"));
  }

  private async complete(received: Received, response: ServerResponse): Promise<void> {
    const { sessions, settlements } = this.options;
    const { headers, body, path } = received;
    const fault = this.current;
    if (fault === "redirect") {
      response.writeHead(307, { location: `https://localhost:${this.elsewhere.port}${path}` }).end();
      return;
    }
    const session = await sessions.admit({
      url: `${this.url}${path}`,
      payment: one(headers["payment-signature"]),
      secret: one(headers["x-upto-session"]),
      fault,
    });
    if ("error" in session) {
      sendJson(response, 402, { error: session.error }, session.headers);
      return;
    }
    const request = readRequest(body);
    if (request === null) {
      sendJson(response, 400, { error: "Malformed request" });
      return;
    }
    const isStream = request.stream === true;
    const isOffered = MODELS.includes(request.model);
    if (!isOffered && !isStream) {
      sendJson(response, 500, { error: "Request processing failed" });
      return;
    }
    sessions.charge(session);
    if (fault === "droppedAfterPayment") {
      response.destroy();
      return;
    }
    const wrong = isOffered ? fault : "inBandError";
    const signed = this.sign(request, body, wrong);
    const isWhole = wrong !== "inBandError" && wrong !== "cutBeforeSignedFrame";
    const kind = isWhole ? settlementKind(one(headers["x-settlement-type"])) : "private";
    if (kind === "batch") {
      await settlements.add(signed.stated);
    }
    response.writeHead(200, {
      "content-type": isStream ? "text/event-stream" : "application/json",
      ...(kind === "individual"
        ? await settlements.settleAlone(signed.stated, body, wrong !== "neverMined")
        : { "X-Upto-Session": session.secret }),
    });
    const hold = () => this.hold(response);
    await pipeline(Readable.from(sentAnswer(signed, isStream, wrong, hold)), response);
  }

  private sign(request: ChatRequest, sent: string, fault: Fault | null): SignedReply {
    const { enclave, clock, answer } = this.options;
    const given = answer(request);
    const whole = typeof given === "string" ? { content: given } : given;
    const reply = { ...whole, content: cut(whole.content, request.max_tokens ?? DEFAULT_MAX_TOKENS) };
    return signReply({ enclave, request, sent, reply, at: clock.now(), fault });
  }

  /** Until `release`, or until nobody waits for the answer any more. */
  private hold(response: ServerResponse): Promise<void> {
    return new Promise((resolve) => {
      const goOn = (): void => {
        this.held.delete(goOn);
        resolve();
      };
      this.held.add(goOn);
      response.once("close", goOn);
    });
  }
}

/** The beginning of a text that a model of our own would count as so many tokens: words, and no word longer than eight letters. */
function cut(content: string, tokens: number): string {
  const words = content.match(/\s*\S{1,8}|\s+/gu) ?? [];
  return words.slice(0, tokens).join("");
}

async function receive(request: IncomingMessage): Promise<Received> {
  const { method = "", url = "", headers } = request;
  return { method, path: url, headers, body: await text(request) };
}

function readRequest(body: string): ChatRequest | null {
  try {
    return ChatRequest.parse(JSON.parse(body));
  } catch {
    return null;
  }
}

function sendJson(
  response: ServerResponse,
  status: number,
  value: object,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(value));
}

/** What stands in a header that may come once. */
function one(header: string | readonly string[] | undefined): string | undefined {
  return typeof header === "string" ? header : header?.[0];
}

/** Whether the other side left, or the gateway was closed. */
function isGone(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : null;
  return code === "ERR_STREAM_PREMATURE_CLOSE" || code === "ECONNRESET" || code === "EPIPE";
}
