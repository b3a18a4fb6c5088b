import type { Socket } from "node:net";
import * as z from "zod";
import { Address, ChainHash, Count, Digest } from "../../platform/primitives";
import { SentError } from "../../platform/sentError";
import { Anchor } from "../chain";

/**
 * What clients and the chain host say to each other: one JSON object a line, over a Unix socket (a named pipe on
 * Windows). A client asks, the host answers with the same id. The host counts open connections.
 */
export const HOST_PROTOCOL = 2;

export const HostRequest = z.discriminatedUnion("method", [
  /** Answered when the chain is up. */
  z.object({ id: Count, method: z.literal("status") }),
  /** Timestamps a root; answered once the state that holds it is durable. */
  z.object({ id: Count, method: z.literal("anchor"), batchRoot: Digest }),
  /** Answered once all that the chain held when this was asked is durable. */
  z.object({ id: Count, method: z.literal("settle") }),
  /** Keeps the host running without clients. */
  z.object({ id: Count, method: z.literal("hold") }),
  /** Writes the state and exits, whoever is connected. Not answered; the connection closes with the process. */
  z.object({ id: Count, method: z.literal("stop") }),
]);
export type HostRequest = z.infer<typeof HostRequest>;

export const HostStatus = z.object({
  protocol: Count,
  rpcUrl: z.url({ protocol: /^http$/ }),
  chainId: Count,
  genesisHash: ChainHash,
  contract: Address,
  /** The host's process. */
  pid: Count,
  /** Open connections, the one that asks among them. */
  clients: Count,
  held: z.boolean(),
  /** The last durable block. */
  block: Count,
  /** The state file was damaged and the one before it was loaded: the last anchor may be missing. */
  recovered: z.boolean(),
});
export type HostStatus = z.infer<typeof HostStatus>;

export const HostAnchor = z.object({ anchor: Anchor, gasUsed: Count });
export type HostAnchor = z.infer<typeof HostAnchor>;

export const HostAnswer = z.union([
  z.object({ id: Count, error: SentError }),
  z.object({ id: Count, result: z.unknown() }),
]);

/** The first line of the host's standard output, for whoever started it. */
export const HostAnnouncement = z.discriminatedUnion("state", [
  z.object({ state: z.literal("ready") }),
  /** Another host has this home already. */
  z.object({ state: z.literal("busy") }),
  z.object({ state: z.literal("failed"), error: SentError }),
]);
export type HostAnnouncement = z.infer<typeof HostAnnouncement>;

/** No message is longer; whoever sends more is cut off. */
const MAX_LINE = 64 * 1024;

/** Calls `receive` with each line's JSON value, `undefined` where it is none. */
export function readLines(socket: Socket, receive: (message: unknown) => void): void {
  let rest = "";
  socket.setEncoding("utf8");
  socket.on("data", (data: string) => {
    const lines = (rest + data).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      receive(parse(line));
    }
    if (rest.length > MAX_LINE) {
      socket.destroy();
    }
  });
}

export function writeLine(socket: Socket, message: unknown): void {
  if (!socket.destroyed) {
    socket.write(`${JSON.stringify(message)}\n`);
  }
}

/** A line's JSON value, `undefined` where it is none. */
export function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
