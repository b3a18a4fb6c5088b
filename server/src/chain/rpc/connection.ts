import * as z from "zod";
import type { ChainConfiguration, ChainIdentity } from "../chain";
import { type ContractFacts, factsAbout, KNOWN_CHAINS, type KnownChain } from "../knownChains";
import { blockAt } from "../trust/questions";
import { agreedByAll, DisputedError, reachedByAll, type Witness, Witnesses } from "../trust/witnesses";
import { Block } from "./blocks";
import type { ChainServer } from "./chainServer";
import { FallbackServer } from "./fallback";
import { introduce } from "./introductions";
import { RpcError, RpcFailure } from "./rpc";

/** How far a chain has got: a block that every operator who says anything of it has reached. */
export interface Head {
  readonly number: number;
  readonly hash: string;
  /** Seconds since 1970. */
  readonly timestamp: number;
  /** The last finalized block's number; `null` where the servers do not say. */
  readonly finalized: number | null;
  /** The operators who report this block. */
  readonly operators: ReadonlySet<string>;
  /** The last block that each server says that it has reached itself. */
  readonly reached: ReadonlyMap<Witness, Block>;
}

/** A chain that was reached and is the configured one. */
export interface Connection {
  /** Whichever of the servers can be reached: for questions on whose answer no verdict rests. */
  readonly rpc: ChainServer;
  /** All of the servers: for what a verdict rests on. */
  readonly witnesses: Witnesses;
  readonly identity: ChainIdentity;
  /** The time of block 0, in seconds since 1970. */
  readonly genesisTime: number;
  /** What is known of the contract beforehand; `null` where nothing is, so that nothing can be proved of it. */
  readonly facts: ContractFacts | null;
  /**
   * Hears servers that have answered since, and asks those who have not again, now and then, without waiting.
   *
   * @throws DisputedError where one of them speaks for another chain.
   */
  readonly meet: () => void;
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
 * Connects to all of the configured servers that can be reached.
 *
 * @param onHeard called when one that could not be reached is heard later, and confirms or contradicts
 * @throws ProoflineError `chain.wrong` where they speak for another chain, `chain.disputed` where only some do or they
 * contradict each other, `chain.unreachable`, naming what the first server did.
 */
export async function connectRpc(
  configuration: Extract<ChainConfiguration, { kind: "rpc" }>,
  chains: readonly KnownChain[] = KNOWN_CHAINS,
  onHeard: () => void = () => {},
): Promise<Connection> {
  const { witnesses, identity, genesisTime, meet, close } = await introduce(configuration, chains, onHeard);
  // What a developer's node shows is a rehearsal, proved or not.
  const facts = identity.local ? null : factsAbout(identity, chains);
  const rpc = new FallbackServer(() => witnesses.witnesses.map(({ server }) => server));
  return connectionTo({ rpc, witnesses, identity, genesisTime, facts, life: { ...ENDLESS, close }, meet });
}

/** Wraps a server whose identity is known. */
export function connected(
  rpc: ChainServer,
  identity: ChainIdentity,
  life: ConnectionLife = ENDLESS,
): Connection {
  const witnesses = new Witnesses([{ operator: rpc.host, server: rpc }]);
  return connectionTo({
    rpc,
    witnesses,
    identity,
    genesisTime: 0,
    facts: null,
    life,
    meet: () => {},
  });
}

function connectionTo({
  rpc,
  witnesses,
  identity,
  genesisTime,
  facts,
  life,
  meet,
}: Pick<Connection, "rpc" | "witnesses" | "identity" | "genesisTime" | "facts"> & {
  readonly life: ConnectionLife;
  /** Asks servers that could not be reached before who they speak for. */
  readonly meet: () => void;
}): Connection {
  let latest: { readonly head: Promise<Head>; readonly at: number; readonly voices: number } | undefined;
  const voices = (): number => witnesses.witnesses.length;
  const freshHead = (): Promise<Head> => {
    const head = (async () => {
      meet();
      const found = await readHead(witnesses);
      await life.settle();
      return found;
    })();
    latest = { head, at: performance.now(), voices: voices() };
    return head;
  };
  return {
    rpc,
    witnesses,
    identity,
    genesisTime,
    facts,
    meet,
    freshHead,
    head: () =>
      latest?.voices === voices() && performance.now() - latest.at < HEAD_AGE_MILLISECONDS
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

/** How far below the highest block that all know servers may still differ for a moment. */
const STEPS_BACK = [0, 1, 8, 64];

async function readHead(witnesses: Witnesses): Promise<Head> {
  const ends = await witnesses.each(async ({ server }) => {
    // In this order: of a chain that grows meanwhile, what is final must not be later than its head.
    const [finalized, latest] = await Promise.all([
      finalizedBlock(server),
      server.call("eth_getBlockByNumber", ["latest", false], Block),
    ]);
    return { latest, finalized };
  });
  const heights = (of: (end: (typeof ends)[number]["answer"]) => number | null) =>
    ends.map(({ witness, answer }) => ({ operator: witness.operator, height: of(answer) }));
  const lowest = reachedByAll(heights(({ latest }) => latest.number));
  const reached = new Map(ends.map(({ witness, answer }) => [witness, answer.latest]));
  const finalized = agreedByAll(heights(({ finalized: block }) => block?.number ?? null));
  const [only, second] = ends;
  if (only === undefined || lowest === null) {
    throw new RpcFailure("no server says how far the chain has got");
  }
  const head =
    second === undefined
      ? { block: only.answer.latest, operators: new Set([only.witness.operator]) }
      : await agreedBlock(witnesses, lowest, reached);
  const { number, hash, timestamp } = head.block;
  // What lies above the head cannot be final.
  const isPossible = finalized !== null && finalized <= number;
  return {
    number,
    hash,
    timestamp,
    finalized: isPossible ? finalized : null,
    operators: head.operators,
    reached,
  };
}

async function finalizedBlock(server: ChainServer): Promise<Block | null> {
  try {
    return await server.call("eth_getBlockByNumber", ["finalized", false], z.nullable(Block));
  } catch (error) {
    // Not every chain knows the tag.
    if (error instanceof RpcError) {
      return null;
    }
    throw error;
  }
}

/** The block at a height, or a little below it, where several servers have not yet heard of the same one. */
async function agreedBlock(
  witnesses: Witnesses,
  height: number,
  reached: Head["reached"],
): Promise<{ readonly block: Block; readonly operators: ReadonlySet<string> }> {
  let dispute: DisputedError | undefined;
  let quiet = "no server";
  for (const number of STEPS_BACK.map((steps) => height - steps).filter((number) => number >= 0)) {
    try {
      const { value, operators, silent } = await witnesses.ask(blockAt(number, reached));
      const [first] = silent;
      if (value !== null && first === undefined) {
        return { block: value, operators };
      }
      quiet = value === null || first === undefined ? quiet : first.server.host;
    } catch (error) {
      if (!(error instanceof DisputedError)) {
        throw error;
      }
      dispute ??= error;
    }
  }
  throw dispute ?? new RpcFailure(`${quiet} does not show the block that it has reached`, true);
}
