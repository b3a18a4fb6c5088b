/** A program on this computer that sends requests on to a gateway, as OpenGradient's own does. */
import { createServer, type IncomingHttpHeaders } from "node:http";
import { request } from "node:https";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterwards } from "../cleanups";
import type { OpenGradient } from "./startOpenGradient";

export interface Relay {
  /** Without a slash at the end. */
  readonly url: string;
  /** The headers of all that it was sent, in order. */
  readonly received: readonly IncomingHttpHeaders[];
}

/** @param change what it makes of an answer */
export async function startRelay(
  { gateway }: Pick<OpenGradient, "gateway">,
  change: (body: string) => string,
): Promise<Relay> {
  const received: IncomingHttpHeaders[] = [];
  const server = createServer(async (asked, response) => {
    received.push(asked.headers);
    const { host: _, connection: __, ...headers } = asked.headers;
    const sent = request(
      new URL(asked.url ?? "", gateway.url),
      { method: asked.method, headers, agent: false, rejectUnauthorized: false },
      async (answer) => {
        const body = change(await text(answer));
        const { "content-type": type = "" } = answer.headers;
        response.writeHead(answer.statusCode ?? 0, { "content-type": type }).end(body);
      },
    );
    sent.end(await text(asked));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  afterwards(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received };
}
