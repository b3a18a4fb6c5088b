import { spawn } from "node:child_process";
import { type FileHandle, open } from "node:fs/promises";
import type { Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import * as z from "zod";
import { meaningOf, ProoflineError, unreachable } from "../../platform/errors";
import { APPEND, makeOwnFolder } from "../../platform/home";
import type { Digest } from "../../platform/primitives";
import { receivedError } from "../../platform/sentError";
import type { ChainConfiguration } from "../chain";
import { oneLine } from "../rpc/foreignText";
import { RpcError } from "../rpc/rpc";
import { chainExists } from "./blockLog";
import type { ChainRequest } from "./chainRequests";
import { chainFolder, connectToHost } from "./hostAddress";
import { ClientHandshake } from "./hostHandshake";
import {
  HostAnchor,
  HostAnnouncement,
  HostAnswer,
  type HostRequest,
  HostStatus,
  parse,
  readLines,
  writeLine,
} from "./hostMessages";
import { hostSecret } from "./hostSecret";
import { type Recovery, untoldRecovery } from "./recovery";

export type EmbeddedConfiguration = Extract<ChainConfiguration, { kind: "embedded" }>;

/** `running`: only a host that runs; `existing`: also start an existing chain; `create`: also make a new one. */
export type HostMode = "running" | "existing" | "create";

export interface HostOptions {
  /** Gets a sentence for a person where the chain's file had to be cut; it is then told to nobody else. */
  readonly onRecovery?: (sentence: string) => void;
  /** How long the host stays without clients, where this call starts it. */
  readonly idleMilliseconds?: number;
}

const IDLE_MILLISECONDS = 10_000;

/** Several hosts may have to stop and start before one serves, which takes seconds each on a busy machine. */
const OPEN_TIMEOUT_MILLISECONDS = 30_000;

/** How long whoever listens may take to prove that it is the host. */
const HANDSHAKE_TIMEOUT_MILLISECONDS = 10_000;

type DistributiveOmit<T, Key extends PropertyKey> = T extends unknown ? Omit<T, Key> : never;

/** An open connection to the chain host, which stays while one is open. */
export interface HostSession {
  readonly status: HostStatus;
  readonly closed: boolean;
  /** Timestamps a root; resolves once that is durable. */
  anchor(batchRoot: Digest): Promise<HostAnchor>;
  /** Asks the chain itself. Rejects with `RpcError` where it refuses. */
  readonly request: ChainRequest;
  /** Resolves while the host is there. */
  ping(): Promise<void>;
  /** Notes that a person was told of the recovery. */
  recoveryTold(): Promise<void>;
  /** Keeps the host running after the last connection closes. */
  hold(): Promise<void>;
  /** Ends the host; resolves once it is gone. */
  stop(): Promise<void>;
  close(): void;
}

/**
 * Connects to the chain host of a home, which is started where `mode` says so. Resolves to `null` where there is
 * nothing to connect to.
 *
 * @throws ProoflineError `chain.host`.
 */
export async function openHost(
  { home, hostPath }: EmbeddedConfiguration,
  mode: HostMode,
  { idleMilliseconds = IDLE_MILLISECONDS }: HostOptions = {},
): Promise<HostSession | null> {
  const deadline = performance.now() + OPEN_TIMEOUT_MILLISECONDS;
  while (performance.now() < deadline) {
    const socket = await connectToHost(home);
    if (socket !== null) {
      const session = await greet(socket, home);
      if (session !== null) {
        return session;
      }
      // The host is on its way out.
      await delay(20);
      continue;
    }
    if (mode === "running") {
      return null;
    }
    if (mode === "existing" && !(await chainExists(chainFolder(home)))) {
      return null;
    }
    await startHost(home, hostPath, mode, idleMilliseconds);
  }
  throw new ProoflineError(
    "chain.host",
    `The local chain's host did not answer within ${OPEN_TIMEOUT_MILLISECONDS / 1000} seconds.`,
    "restartChain",
  );
}

/** Resolves once a host has announced itself, this one or a rival that was faster. */
async function startHost(
  home: string,
  hostPath: string,
  mode: Exclude<HostMode, "running">,
  idleMilliseconds: number,
): Promise<void> {
  const folder = chainFolder(home);
  const log = await openLog(folder);
  try {
    const child = spawn(process.execPath, [hostPath, home, mode, String(idleMilliseconds)], {
      cwd: folder,
      detached: true,
      windowsHide: true,
      stdio: ["ignore", "pipe", log.fd],
      // The editor's own executable runs scripts only with this.
      env: { ...process.env, ELECTRON_RUN_AS_NODE: "1", NODE_OPTIONS: "" },
    });
    child.unref();
    const announcement = await firstLine(child);
    if (announcement?.state === "failed") {
      throw receivedError(announcement.error);
    }
    if (announcement === null) {
      throw new ProoflineError(
        "chain.host",
        `The local chain's host ended before it was ready; its log is ${join(folder, "host.log")}.`,
        "readChainLog",
      );
    }
  } finally {
    await log.close();
  }
}

/** Where the host says what goes wrong in it. */
async function openLog(folder: string): Promise<FileHandle> {
  try {
    makeOwnFolder(folder);
    return await open(join(folder, "host.log"), APPEND, 0o600);
  } catch (error) {
    throw error instanceof ProoflineError
      ? error
      : new ProoflineError(
          "chain.host",
          `The local chain cannot be started in ${folder} (${meaningOf(error)}). Nothing is lost.`,
          "makeHomeWritable",
          { cause: error },
        );
  }
}

/** What the host announces; `null` where it ends without. */
function firstLine(child: ReturnType<typeof spawn>): Promise<HostAnnouncement | null> {
  return new Promise((resolve, reject) => {
    const { stdout } = child;
    if (stdout === null) {
      return resolve(null);
    }
    child.once("error", reject);
    const lines = createInterface({ input: stdout });
    lines.once("line", (line) => {
      const announcement = HostAnnouncement.safeParse(parse(line));
      resolve(announcement.success ? announcement.data : null);
      lines.close();
      stdout.destroy();
    });
    lines.once("close", () => resolve(null));
  });
}

/** The secret of a home; the socket is closed where it cannot be read. */
async function secretFor(socket: Socket, home: string): Promise<Buffer> {
  try {
    return await hostSecret(home);
  } catch (error) {
    socket.destroy();
    throw error instanceof ProoflineError
      ? error
      : new ProoflineError(
          "chain.host",
          `The local chain's secret cannot be read (${meaningOf(error)}).`,
          "makeHomeWritable",
          { cause: error },
        );
  }
}

/**
 * Proves to whoever listens that this is a client, has it prove that it is the host, and asks for the status; `null`
 * where the host ends before it answers.
 */
async function greet(socket: Socket, home: string): Promise<HostSession | null> {
  let admitted: (outcome: "yes" | "otherVersion" | "stranger" | "gone") => void = () => {};
  const admission = new Promise<"yes" | "otherVersion" | "stranger" | "gone">((resolve) => {
    admitted = resolve;
  });
  let trusted = false;
  const pending = new Map<number, { resolve(value: unknown): void; reject(reason: Error): void }>();
  let nextId = 1;
  let closed = false;
  const gone = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  void gone.then(() => {
    closed = true;
    admitted("gone");
    for (const { reject } of pending.values()) {
      reject(new HostGone());
    }
    pending.clear();
  });
  socket.on("error", () => {});
  const handshake = new ClientHandshake(await secretFor(socket, home));
  if (socket.destroyed) {
    return null;
  }
  readLines(socket, (message) => {
    if (!trusted) {
      const step = handshake.receive(message);
      if (typeof step === "string") {
        admitted(step);
        return void socket.destroy();
      }
      writeLine(socket, step.answer);
      trusted = true;
      return admitted("yes");
    }
    const answer = HostAnswer.safeParse(message);
    if (!answer.success) {
      return void socket.destroy();
    }
    const request = pending.get(answer.data.id);
    pending.delete(answer.data.id);
    if ("error" in answer.data) {
      request?.reject(receivedError(answer.data.error));
    } else if ("refused" in answer.data) {
      const { code, message, data } = answer.data.refused;
      request?.reject(new RpcError(code, oneLine(message), data));
    } else {
      request?.resolve(answer.data.result);
    }
    if (pending.size === 0) {
      socket.unref();
    }
  });

  async function ask<T>(request: DistributiveOmit<HostRequest, "id">, schema: z.ZodType<T>): Promise<T> {
    if (closed) {
      throw new HostGone();
    }
    const id = nextId++;
    // An open connection alone keeps nobody alive; an open question does.
    socket.ref();
    const result = await new Promise<unknown>((resolve, reject) => {
      pending.set(id, { resolve, reject });
      writeLine(socket, { id, ...request });
    });
    return schema.parse(result);
  }

  writeLine(socket, handshake.hello());
  const deadline = setTimeout(() => socket.destroy(), HANDSHAKE_TIMEOUT_MILLISECONDS);
  const outcome = await admission;
  clearTimeout(deadline);
  switch (outcome) {
    case "gone":
      return null;
    case "otherVersion":
      throw new ProoflineError(
        "chain.host",
        "Another version of Proofline runs the local chain.",
        "restartChain",
      );
    case "stranger":
      throw new ProoflineError(
        "chain.host",
        "What answers in the local chain's place does not know its secret.",
        "restartChain",
      );
    case "yes":
      break;
    default:
      return unreachable(outcome);
  }
  let status: HostStatus;
  try {
    status = await ask({ method: "status" }, HostStatus);
  } catch (error) {
    socket.destroy();
    if (error instanceof HostGone) {
      return null;
    }
    throw error;
  }
  return {
    status,
    get closed() {
      return closed;
    },
    anchor: (batchRoot) => ask({ method: "anchor", batchRoot }, HostAnchor),
    request: (method, params) =>
      ask({ method: "request", request: { method, params: [...params] } }, z.unknown()),
    ping: async () => void (await ask({ method: "ping" }, z.null())),
    recoveryTold: async () => void (await ask({ method: "recoveryTold" }, z.null())),
    hold: async () => void (await ask({ method: "hold" }, z.null())),
    stop: async () => {
      socket.ref();
      writeLine(socket, { id: nextId++, method: "stop" });
      await gone;
    },
    close: () => void socket.destroy(),
  };
}

/** The host ended while it was asked. */
class HostGone extends ProoflineError {
  constructor() {
    super("chain.unreachable", "The local chain was stopped in the meantime.", "tryAgain");
  }
}

/** What `proofline chain status` tells. */
export type EmbeddedChainState =
  | { readonly kind: "running"; readonly status: HostStatus }
  | { readonly kind: "stopped"; readonly exists: boolean; readonly recovery: Recovery | null };

/** Starts the embedded chain, made new where there is none, and keeps it until `stopChain`. */
export async function startChain(
  configuration: EmbeddedConfiguration,
  options: HostOptions = {},
): Promise<HostStatus> {
  const session = await openHost(configuration, "create", options);
  if (session === null) {
    throw new Error("a host that may be created is not null");
  }
  try {
    await session.hold();
    return { ...session.status, held: true };
  } finally {
    session.close();
  }
}

/** Stops the embedded chain even if others use it; its state is kept. Resolves to whether it was running. */
export async function stopChain(configuration: EmbeddedConfiguration): Promise<boolean> {
  const session = await openHost(configuration, "running");
  if (session === null) {
    return false;
  }
  await session.stop();
  return true;
}

/** Whether the embedded chain runs; asking does not start it. */
export async function chainState(configuration: EmbeddedConfiguration): Promise<EmbeddedChainState> {
  const session = await openHost(configuration, "running");
  if (session === null) {
    const folder = chainFolder(configuration.home);
    return { kind: "stopped", exists: await chainExists(folder), recovery: await untoldRecovery(folder) };
  }
  session.close();
  return { kind: "running", status: session.status };
}
