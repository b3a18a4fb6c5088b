/** What an enclave's operator may send back in the place of an answer: whatever it is, the request ends. */
import { createServer, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { postToEnclave } from "../../../server/src/providers/opengradient/enclaveConnection";

let sockets: Socket[] = [];
let close = (): void => {};
beforeEach(() => {
  sockets = [];
});
afterEach(() => {
  vi.useRealTimers();
  for (const socket of sockets) {
    socket.destroy();
  }
  close();
});

/** The address of a program that answers whoever asks with raw bytes. */
function answering(answer: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => {});
    socket.once("data", () => answer(socket));
  });
  close = () => server.close();
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(`http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`);
    });
  });
}

const post = (url: string) =>
  postToEnclave({ url, certificate: null }, { path: "/v1", body: "{}", headers: {} });

const OK = "HTTP/1.1 200 OK\r\n";
const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n\r\n`;

describe("a request", () => {
  it.each([
    [
      "switches to another protocol",
      "HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: more\r\n\r\n",
    ],
    ["is cut in its head", `${OK}Content-Le`],
    ["is cut in its body", `${OK}Content-Length: 10\r\n\r\nab`],
    ["is cut in a chunk", `${CHUNKED}5\r\nab`],
    ["has a chunk of no length", `${CHUNKED}2\r\nab\r\nzz\r\n`],
    ["has two lengths", `${OK}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`],
    ["has a head without end", `${OK}X: ${"a".repeat(100_000)}`],
    ["is always to continue", "HTTP/1.1 100 Continue\r\n\r\n".repeat(1_000)],
    ["is no HTTP", "garbage\r\n\r\n"],
    ["is nothing", ""],
  ])("ends where the reply %s", async (_, bytes) => {
    const url = await answering((socket) => socket.end(bytes));
    await expect(post(url)).rejects.toMatchObject({ code: "enclave.unreachable" });
  });

  it.each([
    ["head", "HTTP/1.1 200 OK\r\nX: a"],
    ["body", CHUNKED],
  ])("ends where a few bytes of the %s come now and then", async (_, bytes) => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    let isThere = false;
    const url = await answering((socket) =>
      socket.write(bytes, () => {
        isThere = true;
      }),
    );
    const outcome = expect(post(url)).rejects.toMatchObject({ code: "enclave.unreachable" });
    await vi.waitFor(() => expect(isThere).toBe(true));
    vi.advanceTimersByTime(600_000);
    await outcome;
  });
});
