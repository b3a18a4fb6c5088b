import type { Socket } from "node:net";
import * as z from "zod";
import { Address, ChainHash, Count, Digest } from "../../platform/primitives";
import { SentError } from "../../platform/sentError";
import { Anchor } from "../chain";
import { Recovery } from "./recovery";

/**
 * What clients and the chain host say to each other once `hostHandshake.ts` has let them: one JSON object a line, over a
 * Unix socket (a named pipe on Windows). A client asks, the host answers with the same id. The host counts open connections.
 */

export const HostRequest = z.discriminatedUnion("method", [
  /** Answered when the chain is up. */
  z.object({ id: Count, method: z.literal("status") }),
  /** Timestamps a root; answered once the block that holds it is durable. */
  z.object({ id: Count, method: z.literal("anchor"), batchRoot: Digest }),
  /** A request to the chain itself, as EIP-1193 has it. */
  z.object({
    id: Count,
    method: z.literal("request"),
    request: z.object({ method: z.string(), params: z.array(z.unknown()) }),
  }),
  /** Answered at once: that the host is still there. */
  z.object({ id: Count, method: z.literal("ping") }),
  /** A person was told of the recovery. */
  z.object({ id: Count, method: z.literal("recoveryTold") }),
  /** Keeps the host running without clients. */
  z.object({ id: Count, method: z.literal("hold") }),
  /** Finishes what is being written and exits, whoever is connected. Not answered; the connection closes with the process. */
  z.object({ id: Count, method: z.literal("stop") }),
]);
export type HostRequest = z.infer<typeof HostRequest>;

export const HostStatus = z.object({
  chainId: Count,
  genesisHash: ChainHash,
  contract: Address,
  /** The host's process. */
  pid: Count,
  /** Open connections, the one that asks among them. */
  clients: Count,
  held: z.boolean(),
  /** The last block; all are durable. */
  block: Count,
  /** What nobody was told of yet. */
  recovery: z.nullable(Recovery),
});
export type HostStatus = z.infer<typeof HostStatus>;

export const HostAnchor = z.object({ anchor: Anchor, gasUsed: Count });
export type HostAnchor = z.infer<typeof HostAnchor>;

export const HostAnswer = z.union([
  z.object({ id: Count, error: SentError }),
  /** The chain refused a request, as JSON-RPC says it. */
  z.object({
    id: Count,
    refused: z.object({ code: z.number(), message: z.string(), data: z.string().optional() }),
  }),
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

/** No message is longer, logs and code of contracts included; whoever sends more is cut off. */
export const MAX_LINE = 16 * 1024 * 1024;
/** Nor is one of somebody who has not proved who it is. */
export const MAX_STRANGERS_LINE = 1024;

/** Calls `receive` with each line's JSON value, `undefined` where it is none. */
export function readLines(
  socket: Socket,
  receive: (message: unknown) => void,
  maxLine: () => number = () => MAX_LINE,
): void {
  let rest = "";
  socket.setEncoding("utf8");
  socket.on("data", (data: string) => {
    const lines = (rest + data).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (socket.destroyed) {
        return;
      }
      receive(parse(line));
    }
    if (rest.length > maxLine()) {
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
