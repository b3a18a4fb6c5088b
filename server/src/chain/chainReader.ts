import { BoundedMap } from "../platform/boundedMap";
import { sha256Digest } from "../platform/digests";
import { ProoflineError, unreachable } from "../platform/errors";
import type { Digest } from "../platform/primitives";
import { Turns } from "../platform/turns";
import { anchorDigest } from "./anchorDigest";
import type { Anchor, AnchorCheck, ChainConfiguration, ChainIdentity, ChainReader } from "./chain";
import { IS_LOCAL } from "./chainKinds";
import { connectEmbedded, type EmbeddedOptions, NoLocalChainError } from "./embedded/embeddedChain";
import { chainName, factsAbout, isLocalChain, KNOWN_CHAINS, type KnownChain } from "./knownChains";
import { chainError } from "./rpc/chainError";
import { type Connection, connectRpc } from "./rpc/connection";
import { operatedServers } from "./rpc/operators";
import { RpcFailure } from "./rpc/rpc";
import { ANOTHER_COMPUTER, checkRoot, otherChain } from "./trust/checkRoot";
import { ConfirmedBlocks } from "./trust/confirmedBlocks";
import { CHECKED_HERE, type ProofChecker } from "./trust/proofChecker";
import { type StoredWords, storedWords, type WordQuestion } from "./trust/storedWords";
import type { WordReader } from "./wordReader";

export interface OpenChainOptions extends EmbeddedOptions {
  /** Whether the embedded chain may be created where there is none; an existing one is started in any case. */
  readonly start: boolean;
  /** What is known of chains beforehand, where it is not the built-in list. */
  readonly knownChains?: readonly KnownChain[];
  /** Called when a server is heard later than others: what was said before may be said otherwise now. */
  readonly onHeard?: () => void;
  /** What checks proofs; this thread unless said. */
  readonly proofs?: ProofChecker;
}

/** Checks in finalized blocks that are remembered; those before are asked for again. */
const MAX_REMEMBERED = 4096;

/** How long a failed connection answers all checks, so that many roots do not each wait for a dead server. */
const FAILURE_AGE_MILLISECONDS = 1_000;

/** Roots that are asked about at one time: enough to fill the lists in which questions travel. */
const MAX_AT_ONCE = 256;

/** How long one root is asked about once it is its turn, whatever its files and the servers make of it. */
const CHECK_SECONDS = 120;

/** Opens a chain for reading. Nothing is contacted before the first question, and `check` never rejects. */
export function openChain(
  configuration: ChainConfiguration,
  options: OpenChainOptions,
): ChainReader & WordReader {
  const open = (): Promise<Connection> => {
    switch (configuration.kind) {
      case "embedded":
        return connectEmbedded(configuration, { ...options, create: options.start });
      case "rpc":
        return connectRpc(configuration, options.knownChains, options.onHeard);
      default:
        return unreachable(configuration);
    }
  };
  return new ConnectedReader(configuration, open, options.knownChains, options.proofs);
}

/** A reader over a connection that is opened on demand and reopened after it was lost. */
export class ConnectedReader implements ChainReader, WordReader {
  private opening: Promise<Connection> | undefined;
  private closed = false;
  /** Results that hold for one head, and those in finalized blocks of public chains, which stay valid. */
  private cache = { head: "", results: new BoundedMap<string, AnchorCheck>(MAX_REMEMBERED) };
  /** What this person's programs have confirmed before. */
  private readonly confirmed: ConfirmedBlocks;
  private readonly finalized = new BoundedMap<string, AnchorCheck>(MAX_REMEMBERED);
  private readonly turns = new Turns(MAX_AT_ONCE);

  constructor(
    private readonly configuration: ChainConfiguration,
    private readonly open: (create: boolean) => Promise<Connection>,
    private readonly knownChains: readonly KnownChain[] = KNOWN_CHAINS,
    private readonly proofs: ProofChecker = CHECKED_HERE,
  ) {
    this.confirmed = new ConfirmedBlocks(configuration.home);
  }

  async identity(): Promise<ChainIdentity> {
    return (await this.connection()).identity;
  }

  async check(batchRoot: Digest, anchors: readonly Anchor[]): Promise<AnchorCheck> {
    // A chain host that ended meanwhile is started again, once.
    for (let attempt = 1; ; attempt++) {
      let connection: Connection | undefined;
      try {
        const current = await this.connection();
        connection = current;
        return await this.turns.run(() => inTime(this.cachedCheck(current, batchRoot, anchors)));
      } catch (error) {
        if (attempt === 1 && (await connection?.isLost())) {
          continue;
        }
        const failure = chainError(error);
        // Servers that contradict each other would do so again.
        if (connection !== undefined && failure.code !== "chain.disputed") {
          await this.drop(connection);
        }
        const offline = failure.code === "chain.unreachable" ? await this.offline(batchRoot, anchors) : null;
        return offline ?? this.failed(failure, connection?.identity ?? null, anchors);
      }
    }
  }

  async words(questions: readonly WordQuestion[]): Promise<StoredWords> {
    for (let attempt = 1; ; attempt++) {
      let connection: Connection | undefined;
      try {
        const current = await this.connection();
        connection = current;
        current.meet();
        return await inTime(storedWords(current, questions));
      } catch (error) {
        if (attempt === 1 && (await connection?.isLost())) {
          continue;
        }
        throw connection === undefined ? chainError(error) : wordError(error);
      }
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    const opening = this.opening;
    this.opening = undefined;
    // A connection that never came about has nothing to close.
    const connection = await opening?.catch(() => undefined);
    connection?.close();
  }

  /** The connection, opened if there is none; with `create`, the chain itself is made if there is none. */
  protected async connection(create = false): Promise<Connection> {
    if (this.closed) {
      throw new ProoflineError("chain.unreachable", "The chain was closed.", "tryAgain");
    }
    const opening = this.opening ?? this.reopen(create);
    try {
      const connection = await opening;
      if (!connection.closed) {
        return connection;
      }
    } catch (error) {
      if (!create || !(error instanceof NoLocalChainError)) {
        throw error;
      }
    }
    if (this.opening === opening) {
      this.opening = undefined;
    }
    return this.connection(create);
  }

  private reopen(create: boolean): Promise<Connection> {
    const opening = this.open(create);
    this.opening = opening;
    opening.catch((error: unknown) => {
      const forget = (): void => {
        if (this.opening === opening) {
          this.opening = undefined;
        }
      };
      // To look whether there is a local chain costs nothing, and one that has just been made must not count as missing.
      if (error instanceof NoLocalChainError) {
        forget();
      } else {
        setTimeout(forget, FAILURE_AGE_MILLISECONDS).unref();
      }
    });
    return opening;
  }

  private async drop(connection: Connection): Promise<void> {
    const current = await this.opening?.catch(() => undefined);
    if (current !== connection) {
      return;
    }
    this.opening = undefined;
    connection.close();
  }

  private async cachedCheck(
    connection: Connection,
    batchRoot: Digest,
    anchors: readonly Anchor[],
  ): Promise<AnchorCheck> {
    connection.meet();
    const { identity, witnesses } = connection;
    // A server that was heard since may know otherwise.
    const voices = String(witnesses.witnesses.length);
    const key = sha256Digest(batchRoot, identity.genesisHash, voices, ...anchors.map(anchorDigest));
    const settled = this.finalized.get(key);
    if (settled !== undefined) {
      return settled;
    }
    const { hash } = await connection.head();
    if (this.cache.head !== hash) {
      this.cache = { head: hash, results: new BoundedMap(MAX_REMEMBERED) };
    }
    const { results } = this.cache;
    const cached = results.get(key);
    if (cached !== undefined) {
      return cached;
    }
    const check = await checkRoot(connection, batchRoot, anchors, this.proofs);
    // Only what is there stays there while the head does; what is missing may come with the next block.
    if (check.anchor !== null) {
      results.set(key, check);
    }
    if (check.status === "finalized" && !connection.identity.local) {
      this.finalized.set(key, check);
      await this.rememberBlock(check);
    }
    return check;
  }

  /** Remembers a final block that two operators report, for times without a network. */
  private async rememberBlock({ trust, anchor, operators = [] }: AnchorCheck): Promise<void> {
    if (anchor !== null && (trust === "quorum" || trust === "stateProof")) {
      const { chainId, genesisHash, block } = anchor;
      await this.confirmed.add({ chainId, genesisHash, ...block }, operators);
    }
  }

  /** What an anchor's own proof shows while no server can be asked, in a block that was confirmed before; else `null`. */
  private async offline(batchRoot: Digest, anchors: readonly Anchor[]): Promise<AnchorCheck | null> {
    const { configuration, confirmed, proofs } = this;
    if (configuration.kind !== "rpc") {
      return null;
    }
    const operators = new Set(operatedServers(configuration.rpcUrls).map(({ operator }) => operator));
    for (const anchor of anchors) {
      const { chainId, genesisHash, contract, block, proof } = anchor;
      const isHere =
        anchor.batchRoot === batchRoot && chainId === configuration.id && contract === configuration.contract;
      const facts = isHere ? factsAbout(anchor, this.knownChains) : null;
      if (
        proof !== undefined &&
        facts !== null &&
        (await confirmed.has({ chainId, genesisHash, ...block }, operators)) &&
        (await proofs.flawOf(anchor, facts)) === null
      ) {
        const identity = { chainId, genesisHash, contract, local: false, name: chainName(chainId, false) };
        return { status: "finalized", trust: "offlineProof", identity, anchor };
      }
    }
    return null;
  }

  /** The result of a check when the chain could not be asked. */
  private failed(
    error: ProoflineError,
    identity: ChainIdentity | null,
    anchors: readonly Anchor[],
  ): AnchorCheck {
    const trust = IS_LOCAL[this.configuration.kind] || identity?.local ? "local" : "singleRpc";
    const result = (status: AnchorCheck["status"], reason: string): AnchorCheck => ({
      status,
      trust,
      identity,
      anchor: null,
      reason,
    });
    if (error.code === "chain.disputed") {
      return result("disputed", error.reason);
    }
    if (error.code === "chain.wrong") {
      return result("wrongChain", error.reason);
    }
    const [claim] = anchors;
    if (error instanceof NoLocalChainError && claim !== undefined) {
      if (isLocalChain(claim.chainId, null)) {
        return result("unreachable", ANOTHER_COMPUTER);
      }
      return result(
        "wrongChain",
        `The batch is anchored on ${otherChain(claim.chainId)}, but the local chain is configured.`,
      );
    }
    return result("unreachable", error.reason);
  }
}

/** What kept words from being read. Only where no server answers at all is the chain out of reach: who could say something did not. */
function wordError(error: unknown): ProoflineError {
  const isAnswered = !(error instanceof RpcFailure) || error.answered;
  const failure = chainError(error);
  return isAnswered && failure.code === "chain.unreachable"
    ? new ProoflineError("chain.disputed", failure.reason, "compareServers", { cause: error })
    : failure;
}

/** @throws RpcFailure where it takes too long; what was started goes on to its own end. */
async function inTime<T>(check: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const seconds = CHECK_SECONDS;
      reject(new RpcFailure(`not all that was asked was answered within ${seconds} seconds`, true));
    }, CHECK_SECONDS * 1000);
  });
  try {
    return await Promise.race([check, late]);
  } finally {
    clearTimeout(timer);
  }
}
