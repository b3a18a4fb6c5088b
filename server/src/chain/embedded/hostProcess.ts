/**
 * The chain host: one detached process for each home, which runs the embedded chain while clients are connected or
 * `proofline chain start` holds it. Started only by `host.ts`; announces itself with one line on standard output.
 *
 * Arguments: the home, then `create` or `existing`, then the milliseconds to stay without clients.
 */
import { createServer, type Socket } from "node:net";
import { meaningOf, messageOf, ProoflineError, unreachable } from "../../platform/errors";
import { type SentError, sentError } from "../../platform/sentError";
import { EmbeddedNode } from "./embeddedNode";
import { chainFolder, claimHost } from "./hostAddress";
import { HostHandshake } from "./hostHandshake";
import {
  type HostAnnouncement,
  HostRequest,
  type HostStatus,
  MAX_LINE,
  MAX_STRANGERS_LINE,
  readLines,
  writeLine,
} from "./hostMessages";
import { hostSecret } from "./hostSecret";
import { recoverySentence } from "./recovery";
import { RequestError } from "./requestError";

/** How long somebody who connected may take to prove who it is. */
const HANDSHAKE_TIMEOUT_MILLISECONDS = 10_000;

async function main(home: string, create: boolean, idleMilliseconds: number): Promise<void> {
  const folder = chainFolder(home);
  const clients = new Set<Socket>();
  let node: EmbeddedNode | undefined;
  let held = false;
  let stopping = false;
  let idle: NodeJS.Timeout | undefined;

  let started: (node: EmbeddedNode) => void = () => {};
  const ready = new Promise<EmbeddedNode>((resolve) => {
    started = resolve;
  });

  const secret = await hostSecret(home);
  const server = createServer((socket) => {
    const handshake = new HostHandshake(secret);
    let admitted = false;
    const refuse = (): void => void socket.destroy();
    const deadline = setTimeout(refuse, HANDSHAKE_TIMEOUT_MILLISECONDS);
    socket.on("error", () => {});
    socket.on("close", () => {
      clearTimeout(deadline);
      clients.delete(socket);
      watch();
    });
    readLines(
      socket,
      (message) => {
        if (admitted) {
          const request = HostRequest.safeParse(message);
          return request.success ? void serve(socket, request.data) : refuse();
        }
        const step = handshake.receive(message);
        if (step === "refused") {
          refuse();
        } else if (step === "admitted") {
          admitted = true;
          clearTimeout(deadline);
          clearTimeout(idle);
          clients.add(socket);
        } else {
          writeLine(socket, step.answer);
        }
      },
      () => (admitted ? MAX_LINE : MAX_STRANGERS_LINE),
    );
  });

  const claim = await claimHost(home, server);
  if (claim === null) {
    announce({ state: "busy" });
    server.close();
    return;
  }
  process.on("exit", () => claim.release());
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => void stop());
  }
  try {
    node = await EmbeddedNode.start(folder, create, {
      // The folder is gone, or another host's: nothing more may be written, and clients go there by themselves.
      beforeWrite: async () => {
        if (!(await claim.holds())) {
          process.exit(1);
        }
      },
    });
  } catch (error) {
    announce({ state: "failed", error: describe(error) });
    process.exit(1);
  }
  // Nobody knows any more what is on disk; the next client starts a new host from there.
  void node.broken.then((reason) => {
    process.stderr.write(`The local chain's file cannot be trusted: ${reason}\n`);
    setImmediate(() => process.exit(1));
  });
  if (node.recovery !== null) {
    process.stderr.write(`${recoverySentence(node.recovery)}\n`);
  }
  started(node);
  announce({ state: "ready" });
  watch();

  async function serve(socket: Socket, request: HostRequest): Promise<void> {
    if (request.method === "stop") {
      return stop();
    }
    const running = await ready;
    // The connection closes with the process, and the client starts the next one.
    if (stopping) {
      return;
    }
    try {
      writeLine(socket, { id: request.id, result: await answer(running, request) });
    } catch (error) {
      if (error instanceof RequestError) {
        const { code, message, data } = error;
        writeLine(socket, { id: request.id, refused: { code, message, data } });
        return;
      }
      writeLine(socket, { id: request.id, error: describe(error) });
    }
  }

  async function answer(
    running: EmbeddedNode,
    request: Exclude<HostRequest, { method: "stop" }>,
  ): Promise<unknown> {
    switch (request.method) {
      case "status":
        return status(running);
      case "anchor":
        return running.anchor(request.batchRoot);
      case "request":
        return running.request(request.request.method, request.request.params);
      case "ping":
        return null;
      case "recoveryTold":
        await running.recoveryTold();
        return null;
      case "hold":
        held = true;
        return null;
      default:
        return unreachable(request);
    }
  }

  function status(running: EmbeddedNode): HostStatus {
    const { chainId, genesisHash, contract } = running.identity;
    return {
      chainId,
      genesisHash,
      contract,
      pid: process.pid,
      clients: clients.size,
      held,
      block: running.block,
      recovery: running.recovery,
    };
  }

  /** Begins to wait for the end when nobody is left. */
  function watch(): void {
    clearTimeout(idle);
    if (clients.size === 0 && !held && node !== undefined) {
      idle = setTimeout(() => void stop(), idleMilliseconds);
    }
  }

  /** The socket accepts until the very end, so that no other host starts while this one still writes. */
  async function stop(): Promise<void> {
    if (stopping) {
      return;
    }
    stopping = true;
    const running = node ?? (await ready);
    try {
      await running.stop();
      process.exit(0);
    } catch (error) {
      process.stderr.write(`${messageOf(error)}\n`);
      process.exit(1);
    }
  }
}

function announce(announcement: HostAnnouncement): void {
  process.stdout.write(`${JSON.stringify(announcement)}\n`);
}

/** To those who use the chain even what nobody foresaw is a failure of the host, which another start may cure. */
function describe(error: unknown): SentError {
  if (error instanceof ProoflineError) {
    return sentError(error);
  }
  // What the system refuses is about the files in the home, and passes; another start alone does not help.
  const remedy = error instanceof Error && "syscall" in error ? "makeHomeWritable" : "restartChain";
  return sentError(
    new ProoflineError("chain.host", `The local chain's host failed (${meaningOf(error)}).`, remedy),
  );
}

// Whoever started this process may be gone before the announcement.
process.stdout.on("error", () => {});
const [home, mode, idleMilliseconds] = process.argv.slice(2);
if (home === undefined || (mode !== "create" && mode !== "existing")) {
  process.stderr.write("Only Proofline starts the chain host; run `proofline chain start`.\n");
  process.exitCode = 2;
} else {
  main(home, mode === "create", Number(idleMilliseconds)).catch((error: unknown) => {
    announce({ state: "failed", error: describe(error) });
    process.exit(1);
  });
}
