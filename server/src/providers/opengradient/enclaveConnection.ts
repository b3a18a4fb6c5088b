import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { connect as connectPlain, isIP, type Socket } from "node:net";
import { StringDecoder } from "node:string_decoder";
import { connect, type TLSSocket } from "node:tls";
import { messageOf, ProoflineError } from "../../platform/errors";
import { LoopbackAddress } from "../../protocol/openGradientSettings";

/** Where an enclave listens, and what it must show there. */
export interface EnclaveEndpoint {
  /** Begins with `https://`; without a certificate, a loopback address that begins with `http://`. */
  readonly url: string;
  /** The certificate that the registry holds, in DER; `null` where a program on this computer is asked in the enclave's place. */
  readonly certificate: Uint8Array | null;
}

export interface EnclaveReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface PostParameters {
  readonly path: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** Is told the headers of the reply as soon as they are there. */
  readonly heard?: (reply: Pick<EnclaveReply, "status" | "headers">) => void;
  /** Is told each part of the body of a good reply as it comes, as text. */
  readonly onPart?: ((text: string) => void) | undefined;
}

/** Far more than the longest answer that is offered, in events of a token each. */
const MOST_REPLY_BYTES = 8 * 1024 * 1024;
const CONNECT_MILLISECONDS = 15_000;
/** A model may think for long before its first word; between words it does not. */
const SILENCE_MILLISECONDS = 120_000;
/** A few bytes now and then are no silence. */
const LONGEST_MILLISECONDS = 600_000;

/**
 * Sends one request to an enclave over a connection of its own, and reads the whole reply. Nothing leaves before the other side has shown
 * exactly the certificate of the registry, or else is a program on this computer that was named in the enclave's place. No redirect is
 * followed.
 *
 * @throws ProoflineError `enclave.differs` where another certificate is shown; `enclave.unreachable` where nothing comes back, or too much;
 *   or for too long; `inference.cancelled` where the signal ends it
 */
export async function postToEnclave(
  { url, certificate }: EnclaveEndpoint,
  parameters: PostParameters,
): Promise<EnclaveReply> {
  const { host } = new URL(url);
  const ending = new AbortController();
  const end = (): void => ending.abort();
  let isOver = false;
  const timer = setTimeout(() => {
    isOver = true;
    end();
  }, LONGEST_MILLISECONDS);
  parameters.signal?.addEventListener("abort", end, { once: true });
  if (parameters.signal?.aborted === true) {
    end();
  }
  const { signal } = ending;
  try {
    const socket = await (certificate === null
      ? connectToRelay(url, signal)
      : connectToEnclave(url, certificate, signal));
    try {
      return await exchange(socket, host, { ...parameters, signal });
    } finally {
      socket.destroy();
    }
  } catch (error) {
    throw isOver ? unreachableAt(host, "the answer did not end") : error;
  } finally {
    clearTimeout(timer);
    parameters.signal?.removeEventListener("abort", end);
  }
}

/** Where a URL leads, and by which port where it names none. */
function placeOf(url: string, usual: number): { readonly host: string; readonly port: number } {
  const { hostname, port } = new URL(url);
  return { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port || usual) };
}

async function connectToRelay(url: string, signal: AbortSignal | undefined): Promise<Socket> {
  if (!LoopbackAddress.safeParse(url).success) {
    throw new ProoflineError(
      "enclave.unreachable",
      `${url} is not an address of this computer.`,
      "changeRelay",
    );
  }
  return connected(() => connectPlain(placeOf(url, 80)), "connect", new URL(url).host, signal);
}

async function connectToEnclave(
  url: string,
  certificate: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<Socket> {
  if (!url.startsWith("https://")) {
    throw new ProoflineError("enclave.unreachable", `${url} is not an https address.`, "chooseEnclave");
  }
  const place = placeOf(url, 443);
  const { host } = new URL(url);
  const open = (): TLSSocket =>
    connect({
      ...place,
      ...(isIP(place.host) === 0 && { servername: place.host }),
      // Whoever signed the certificate does not matter: the registry names it, byte for byte.
      rejectUnauthorized: false,
    });
  const socket = await connected(open, "secureConnect", host, signal);
  const shown = socket.getPeerX509Certificate()?.raw ?? Buffer.of();
  if (!shown.equals(certificate)) {
    socket.destroy();
    throw new ProoflineError(
      "enclave.differs",
      `${host} shows another TLS certificate than the one that the registry holds of its enclave, so nothing was sent.`,
      "chooseEnclave",
    );
  }
  return socket;
}

function connected<Opened extends Socket>(
  open: () => Opened,
  event: "connect" | "secureConnect",
  host: string,
  signal: AbortSignal | undefined,
): Promise<Opened> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(requestCancelled());
      return;
    }
    const socket = open();
    const give = (settle: () => void): void => {
      signal?.removeEventListener("abort", abort);
      socket.removeListener("error", fail);
      socket.setTimeout(0);
      settle();
    };
    const fail = (error: unknown): void =>
      give(() => {
        socket.destroy();
        reject(unreachableAt(host, messageOf(error)));
      });
    const abort = (): void =>
      give(() => {
        socket.destroy();
        reject(requestCancelled());
      });
    signal?.addEventListener("abort", abort, { once: true });
    socket.setTimeout(CONNECT_MILLISECONDS, () => fail(new Error("no connection came about")));
    socket.once("error", fail);
    socket.once(event, () => give(() => resolve(socket)));
  });
}

function exchange(
  socket: Socket,
  host: string,
  { path, body, headers, signal, heard, onPart }: PostParameters,
): Promise<EnclaveReply> {
  return new Promise((resolve, reject) => {
    const bytes = Buffer.from(body, "utf8");
    const request = httpRequest({
      createConnection: () => socket,
      method: "POST",
      path,
      headers: { ...headers, host, connection: "close", "content-length": bytes.length },
    });
    const settle = (finish: () => void): void => {
      signal?.removeEventListener("abort", abort);
      socket.setTimeout(0);
      finish();
    };
    const fail = (error: unknown): void =>
      settle(() => {
        request.destroy();
        reject(error instanceof ProoflineError ? error : unreachableAt(host, messageOf(error)));
      });
    const abort = (): void => fail(requestCancelled());
    signal?.addEventListener("abort", abort, { once: true });
    socket.setTimeout(SILENCE_MILLISECONDS, () => fail(new Error("nothing came for too long")));
    request.once("error", fail);
    // Otherwise nothing would be heard of it any more.
    request.once("upgrade", () => fail(new Error("it speaks another protocol than HTTP")));
    request.once("response", (response) => {
      heard?.({ status: response.statusCode ?? 0, headers: response.headers });
      const parts: Buffer[] = [];
      let length = 0;
      const decoder = new StringDecoder("utf8");
      response.on("data", (part: Buffer) => {
        length += part.length;
        if (length > MOST_REPLY_BYTES) {
          fail(new Error(`the answer is longer than ${MOST_REPLY_BYTES} bytes`));
          return;
        }
        parts.push(part);
        if (response.statusCode === 200) {
          onPart?.(decoder.write(part));
        }
      });
      response.once("error", fail);
      response.once("end", () =>
        settle(() =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(parts).toString("utf8"),
          }),
        ),
      );
    });
    request.end(bytes);
  });
}

function unreachableAt(host: string, why: string): ProoflineError {
  return new ProoflineError(
    "enclave.unreachable",
    `${host} gave no answer that can be used (${why}).`,
    "tryAgain",
  );
}

export function requestCancelled(): ProoflineError {
  return new ProoflineError("inference.cancelled", "The request was cancelled.", "tryAgain");
}
