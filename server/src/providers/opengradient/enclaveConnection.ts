import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { isIP } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import { messageOf, ProoflineError } from "../../platform/errors";

/** Where an enclave listens, and what it must show there. */
export interface EnclaveEndpoint {
  /** Begins with `https://`. */
  readonly url: string;
  /** The certificate that the registry holds, in DER. */
  readonly certificate: Uint8Array;
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
}

/** Far more than the longest answer that is offered, in events of a token each. */
const MOST_REPLY_BYTES = 8 * 1024 * 1024;
const CONNECT_MILLISECONDS = 15_000;
/** A model may think for long before its first word; between words it does not. */
const SILENCE_MILLISECONDS = 120_000;

/**
 * Sends one request to an enclave over a connection of its own, and reads the whole reply. Nothing leaves before the other side has shown
 * exactly the certificate of the registry, and no redirect is followed.
 *
 * @throws ProoflineError `enclave.differs` where another certificate is shown; `enclave.unreachable` where nothing comes back, or too much;
 *   `inference.cancelled` where the signal ends it
 */
export async function postToEnclave(
  { url, certificate }: EnclaveEndpoint,
  { path, body, headers, signal }: PostParameters,
): Promise<EnclaveReply> {
  const { protocol, hostname, port, host } = new URL(url);
  if (protocol !== "https:") {
    throw new ProoflineError("enclave.unreachable", `${url} is not an https address.`, "chooseEnclave");
  }
  const socket = await connectTo(hostname.replace(/^\[|\]$/g, ""), Number(port || 443), host, signal);
  try {
    const shown = socket.getPeerX509Certificate()?.raw ?? Buffer.of();
    if (!shown.equals(certificate)) {
      throw new ProoflineError(
        "enclave.differs",
        `${host} shows another TLS certificate than the one that the registry holds of its enclave, so nothing was sent.`,
        "chooseEnclave",
      );
    }
    return await exchange(socket, host, { path, body, headers, signal });
  } finally {
    socket.destroy();
  }
}

function connectTo(
  hostname: string,
  port: number,
  host: string,
  signal: AbortSignal | undefined,
): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(cancelled());
      return;
    }
    const socket = connect({
      host: hostname,
      port,
      ...(isIP(hostname) === 0 && { servername: hostname }),
      // Whoever signed the certificate does not matter: the registry names it, byte for byte.
      rejectUnauthorized: false,
    });
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
        reject(cancelled());
      });
    signal?.addEventListener("abort", abort, { once: true });
    socket.setTimeout(CONNECT_MILLISECONDS, () => fail(new Error("no connection came about")));
    socket.once("error", fail);
    socket.once("secureConnect", () => give(() => resolve(socket)));
  });
}

function exchange(
  socket: TLSSocket,
  host: string,
  { path, body, headers, signal }: PostParameters,
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
    const abort = (): void => fail(cancelled());
    signal?.addEventListener("abort", abort, { once: true });
    socket.setTimeout(SILENCE_MILLISECONDS, () => fail(new Error("nothing came for too long")));
    request.once("error", fail);
    request.once("response", (response) => {
      const parts: Buffer[] = [];
      let length = 0;
      response.on("data", (part: Buffer) => {
        length += part.length;
        if (length > MOST_REPLY_BYTES) {
          fail(new Error(`the answer is longer than ${MOST_REPLY_BYTES} bytes`));
          return;
        }
        parts.push(part);
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

function cancelled(): ProoflineError {
  return new ProoflineError("inference.cancelled", "The request was cancelled.", "tryAgain");
}
