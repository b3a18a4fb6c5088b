/** While RPC servers are silent, slow or talk without end, the language server answers whatever else it is asked. */
import { cpSync, readdirSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { GetDocumentState, GetVerdict, ReviewChain } from "../../../server/src/protocol/messages";
import type { ChainSettings } from "../../../server/src/protocol/settings";
import { type Client, ROOT, uriOf } from "../../support/languageClient";
import { Workspace } from "../../support/workspace";

/** A repository whose evidence claims an anchor on Base. */
const VECTOR = join(ROOT, "test/conformance/vectors/good/verbatim/repository");
const CHUNK = Buffer.alloc(64 * 1024, "[");

/** One server, and how often it was asked. */
interface Fault {
  readonly url: string;
  readonly asked: () => number;
}

/** @param bytes of an answer that begins well, and then does not go on */
function megabytesAndNothing(response: ServerResponse, bytes: number): void {
  response.writeHead(200, { "content-type": "application/json" });
  for (let sent = 0; sent < bytes; sent += CHUNK.length) {
    response.write(CHUNK);
  }
}

/** Each keeps whoever asks waiting until its time limit. */
const HOLDING: Readonly<Record<string, (response: ServerResponse) => void>> = {
  "is silent": () => {},
  "sends headers, and then nothing": (response) => response.writeHead(200).flushHeaders(),
  "sends its body byte by byte": (response) => {
    response.writeHead(200, { "content-type": "application/json" });
    const timer = setInterval(() => response.write(" "), 20);
    onTestFinished(() => clearInterval(timer));
    response.on("close", () => clearInterval(timer));
  },
  "sends three megabytes, and then nothing": (response) => megabytesAndNothing(response, 3 << 20),
};

/** Each answers, and nothing that can be used. */
const ENDING: Readonly<Record<string, (response: ServerResponse) => void>> = {
  "answers without end": (response) => {
    response.writeHead(200, { "content-type": "application/json" });
    const more = (): void => {
      if (!response.destroyed) {
        response.write(CHUNK, more);
      }
    };
    more();
  },
  "answers with lists a million deep": (response) => response.end("[".repeat(1 << 20)),
  "answers with a hundred thousand answers": (response) =>
    response.end(`[${Array.from({ length: 100_000 }, (_, id) => `{"jsonrpc":"2.0","id":${id}}`).join()}]`),
  "refuses for an hour": (response) => response.writeHead(429, { "retry-after": "3600" }).end(),
};

const TLS: Readonly<Record<string, (socket: Socket) => void>> = {
  "begins TLS, and then says nothing": (socket) =>
    void socket.once("data", () => socket.write(Uint8Array.from([0x16, 0x03, 0x03, 0x00, 0x40, 0x02]))),
};

async function httpFault(answer: (response: ServerResponse) => void): Promise<Fault> {
  let asked = 0;
  const server = createServer((request, response) => {
    asked += 1;
    request.resume();
    response.on("error", () => {});
    answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, asked: () => asked };
}

async function tlsFault(onConnect: (socket: Socket) => void): Promise<Fault> {
  let asked = 0;
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    asked += 1;
    sockets.add(socket);
    socket.on("error", () => {});
    onConnect(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    for (const socket of sockets) {
      socket.destroy();
    }
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/`, asked: () => asked };
}

/** A language server that asks this server about an anchor, and the document that waits for it. */
async function asking({ url, asked }: Fault): Promise<{ client: Client; workspace: Workspace; uri: string }> {
  const workspace = Workspace.create();
  cpSync(VECTOR, workspace.folder, { recursive: true });
  const chain: ChainSettings = {
    kind: "rpc",
    id: 8453,
    rpcUrls: [url],
    contract: "0x4200000000000000000000000000000000000021",
  };
  const client = await workspace.start({ settings: { chain, enabled: false } });
  const [name = ""] = readdirSync(workspace.path("src"));
  const uri = workspace.uri(`src/${name}`);
  client.open(uri, workspace.read(`src/${name}`));
  await client.until("the chain to be asked", () => asked() > 0);
  return { client, workspace, uri };
}

/** What an editor asks all the time, and a command of the person's. */
async function answersAll(client: Client, workspace: Workspace, uri: string): Promise<void> {
  const position = { line: 0, character: 0 };
  const answers = await Promise.all([
    client.hover(uri, position),
    client.complete(uri, position),
    client.connection.sendRequest(GetVerdict.type, { uri, position }),
    client.connection.sendRequest(GetDocumentState.type, { uri }),
    client.connection.sendRequest(ReviewChain.type, { folder: uriOf(workspace.folder) }),
  ]);
  expect(answers[4]).toEqual({ proposal: null, problem: null });
}

test.each([...Object.keys(HOLDING), ...Object.keys(TLS)])(
  "while a server %s, everything else is answered before it is given up",
  async (name) => {
    const [holding, tls] = [HOLDING[name], TLS[name]];
    const fault = tls === undefined ? await httpFault(holding ?? (() => {})) : await tlsFault(tls);
    const { client, workspace, uri } = await asking(fault);
    await answersAll(client, workspace, uri);
    // The server is still being asked, for there is no verdict yet.
    expect(client.shown(uri)).toEqual([]);
    await client.untilShown(uri, "unknown");
  },
);

test.each(Object.keys(ENDING))("while a server %s, everything else is answered", async (name) => {
  const { client, workspace, uri } = await asking(await httpFault(ENDING[name] ?? (() => {})));
  await answersAll(client, workspace, uri);
  await client.untilShown(uri, "unknown");
  await answersAll(client, workspace, uri);
});
