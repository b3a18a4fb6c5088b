import * as z from "zod";
import { messageOf, ProoflineError } from "../../platform/errors";
import type { ChainConfiguration, ChainIdentity } from "../chain";
import { Block } from "./blocks";
import { identify } from "./chainIdentity";
import { oneLine, Rpc, RpcError, RpcFailure } from "./rpc";

/** How far a chain has got. */
export interface Head {
  readonly number: number;
  readonly hash: string;
  /** The last finalized block's number; `null` where the server does not say. */
  readonly finalized: number | null;
}

/** A chain that was reached and is the configured one. */
export interface Connection {
  readonly rpc: Rpc;
  readonly identity: ChainIdentity;
  /** The head, at most `HEAD_AGE_MILLISECONDS` old. All up to it is durable. */
  head(): Promise<Head>;
  /** The head as it is now. */
  freshHead(): Promise<Head>;
  /** Whether it can no longer be used and a new one must be opened. */
  readonly closed: boolean;
  /** Finds out whether that is so now, after a question failed. */
  isLost(): Promise<boolean>;
  close(): void;
}

/** What stands behind a connection and may end before it is closed. */
export interface ConnectionLife {
  readonly closed: boolean;
  /** Resolves once all that the chain holds at that moment is durable. */
  settle(): Promise<void>;
  close(): void;
}

/** A public chain does not end, and what it shows lasts without our help. */
const ENDLESS: ConnectionLife = { closed: false, settle: async () => {}, close: () => {} };

/** Long enough that a file's many roots share one head, short enough that nobody waits for a new block. */
const HEAD_AGE_MILLISECONDS = 250;

/**
 * Connects to the first of the configured servers that answers as the configured chain.
 *
 * @throws ProoflineError `chain.wrong` or `chain.unreachable`, naming what the first server did.
 */
export async function connectRpc(
  configuration: Extract<ChainConfiguration, { kind: "rpc" }>,
): Promise<Connection> {
  let first: ProoflineError | undefined;
  for (const url of configuration.rpcUrls) {
    try {
      const rpc = new Rpc(url);
      return connected(rpc, await identify(rpc, configuration));
    } catch (error) {
      first ??= chainError(error);
    }
  }
  throw first ?? new ProoflineError("chain.configuration", "No RPC server is configured.", "correctChain");
}

/** Wraps a server whose identity is known. */
export function connected(rpc: Rpc, identity: ChainIdentity, life: ConnectionLife = ENDLESS): Connection {
  let latest: { readonly head: Promise<Head>; readonly at: number } | undefined;
  const freshHead = (): Promise<Head> => {
    const head = readHead(rpc, life);
    latest = { head, at: performance.now() };
    return head;
  };
  return {
    rpc,
    identity,
    freshHead,
    head: () =>
      latest !== undefined && performance.now() - latest.at < HEAD_AGE_MILLISECONDS
        ? latest.head
        : freshHead(),
    get closed() {
      return life.closed;
    },
    isLost: async () => {
      await life.settle().catch(() => {});
      return life.closed;
    },
    close: () => life.close(),
  };
}

async function readHead(rpc: Rpc, life: ConnectionLife): Promise<Head> {
  const [latest, finalized] = await Promise.all([
    rpc.call("eth_getBlockByNumber", ["latest", false], Block),
    rpc.call("eth_getBlockByNumber", ["finalized", false], z.nullable(Block)).catch((error: unknown) => {
      // Not every chain knows the tag.
      if (error instanceof RpcError) {
        return null;
      }
      throw error;
    }),
  ]);
  await life.settle();
  return { number: latest.number, hash: latest.hash, finalized: finalized?.number ?? null };
}

/** Anything that went wrong on the way to a chain, as an error that a person can act on. */
export function chainError(error: unknown): ProoflineError {
  if (error instanceof ProoflineError) {
    return error;
  }
  if (error instanceof RpcFailure) {
    return new ProoflineError(
      "chain.unreachable",
      `The chain cannot be reached: ${error.message}.`,
      "changeServer",
      { cause: error },
    );
  }
  if (error instanceof RpcError) {
    return new ProoflineError(
      "chain.rejected",
      `The chain's server refused: ${error.message}.`,
      "changeServer",
      { cause: error },
    );
  }
  return new ProoflineError(
    "chain.unreachable",
    `The chain could not be read: ${oneLine(messageOf(error))}.`,
    "changeServer",
    { cause: error },
  );
}
