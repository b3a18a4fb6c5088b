/**
 * The chain host: one detached process for each home, which runs the embedded chain while clients are connected or
 * `proofline chain start` holds it. Started only by `host.ts`; announces itself with one line on standard output.
 *
 * Arguments: the home, then `create` or `existing`, then the milliseconds to stay without clients.
 */
import { createServer, type Socket } from "node:net";
import { dirname } from "node:path";
import { meaningOf, messageOf, ProoflineError, unreachable } from "../../platform/errors";
import { type SentError, sentError } from "../../platform/sentError";
import { anvilPath } from "./anvil";
import { EmbeddedNode } from "./embeddedNode";
import { chainFolder, claimHost } from "./hostAddress";
import {
  HOST_PROTOCOL,
  type HostAnnouncement,
  HostRequest,
  type HostStatus,
  readLines,
  writeLine,
} from "./hostMessages";

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

  const server = createServer((socket) => {
    clients.add(socket);
    clearTimeout(idle);
    socket.on("error", () => {});
    socket.on("close", () => {
      clients.delete(socket);
      watch();
    });
    readLines(socket, (message) => {
      const request = HostRequest.safeParse(message);
      if (request.success) {
        void serve(socket, request.data);
      } else {
        socket.destroy();
      }
    });
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
    const binary = anvilPath(dirname(process.argv[1] ?? ""));
    node = await EmbeddedNode.start(folder, binary, create, async () => {
      // The folder is gone, or another host's: nothing more may be written, and clients go there by themselves.
      if (!(await claim.holds())) {
        process.exit(1);
      }
    });
  } catch (error) {
    announce({ state: "failed", error: describe(error) });
    process.exit(1);
  }
  // A dead node cannot be trusted to hold what is on disk; the next client starts a new host from there.
  void node.ended.then((reason) => {
    if (stopping) {
      return;
    }
    process.stderr.write(`The local chain's node ended: ${reason}\n`);
    process.exit(1);
  });
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
      case "settle":
        await running.settle();
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
      protocol: HOST_PROTOCOL,
      rpcUrl: running.url,
      chainId,
      genesisHash,
      contract,
      pid: process.pid,
      clients: clients.size,
      held,
      block: Math.max(0, running.durableBlock),
      recovered: running.recovered,
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
  return sentError(
    error instanceof ProoflineError
      ? error
      : new ProoflineError(
          "chain.host",
          `The local chain's host failed (${meaningOf(error)}).`,
          "restartChain",
        ),
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
