import type { PrivateKeyAccount } from "viem/accounts";
import { ProoflineError } from "../platform/errors";
import type { Digest } from "../platform/primitives";
import { accountOfKey } from "../platform/walletKey";
import type { Anchor, ChainConfiguration, ChainWriter } from "./chain";
import { ConnectedReader } from "./chainReader";
import { lookUpAnchor } from "./eas/lookUpAnchor";
import { anchorAmong, readTimestamp } from "./eas/timestamped";
import { connectEmbedded, type EmbeddedConnection, type EmbeddedOptions } from "./embedded/embeddedChain";
import type { KnownChain } from "./knownChains";
import { timestamping } from "./payments/paidWork";
import { payFor } from "./payments/pay";
import type { Bill } from "./payments/payment";
import type { Receipt } from "./rpc/blocks";
import { chainError } from "./rpc/chainError";
import { type Connection, connectRpc } from "./rpc/connection";
import { confirmAnchor } from "./trust/confirmAnchor";
import { withProof } from "./trust/takeProof";

export interface OpenWriterOptions extends EmbeddedOptions {
  /** The private key that pays, `0x` and 64 hex digits; the embedded chain needs none. */
  readonly key?: string | null;
  /** Shows a person what is to be paid, once for an account and a chain. Nobody agrees unless said. */
  readonly confirm?: (bill: Bill) => Promise<boolean>;
  /** What is known of chains beforehand, where it is not the built-in list. */
  readonly knownChains?: readonly KnownChain[];
}

/**
 * Opens a chain for writing as well. Until it is used, nothing is contacted and no embedded chain is made.
 *
 * @throws ProoflineError `chain.configuration` where the chain needs a key and there is none, or it is none.
 */
export function openWriter(configuration: ChainConfiguration, options: OpenWriterOptions = {}): ChainWriter {
  switch (configuration.kind) {
    case "embedded":
      return new EmbeddedWriter(configuration, options);
    case "rpc":
      return new RpcWriter(
        configuration,
        accountOf(options.key ?? null),
        options.confirm ?? (() => Promise.resolve(false)),
        options.knownChains,
      );
  }
}

/** On the embedded chain the host anchors, one root after the other, for all its clients. */
class EmbeddedWriter extends ConnectedReader implements ChainWriter {
  lastGasUsed = 0n;

  constructor(configuration: Extract<ChainConfiguration, { kind: "embedded" }>, options: EmbeddedOptions) {
    super(configuration, (create) => connectEmbedded(configuration, { ...options, create }));
  }

  async anchor(batchRoot: Digest, signal?: AbortSignal): Promise<Anchor> {
    // A chain host that ended meanwhile is started again, once: what it had not written was not anchored.
    for (let attempt = 1; ; attempt++) {
      signal?.throwIfAborted();
      const connection = (await this.connection(true)) as EmbeddedConnection;
      try {
        const { anchor, gasUsed } = await orAborted(connection.host.anchor(batchRoot), signal);
        this.lastGasUsed = BigInt(gasUsed);
        return anchor;
      } catch (error) {
        if (!connection.closed || attempt === 2) {
          throw error;
        }
      }
    }
  }

  async anchorAll(
    batchRoots: readonly Digest[],
    signal?: AbortSignal,
  ): Promise<readonly (Anchor | ProoflineError)[]> {
    const results: (Anchor | ProoflineError)[] = [];
    for (const batchRoot of batchRoots) {
      const before = results.at(-1);
      // A host that failed once fails for all that follow.
      results.push(
        before instanceof ProoflineError
          ? before
          : await this.anchor(batchRoot, signal).catch((error: unknown) => {
              if (error instanceof ProoflineError) {
                return error;
              }
              throw error;
            }),
      );
    }
    return results;
  }
}

/** On any other chain an account of the user's pays. */
class RpcWriter extends ConnectedReader implements ChainWriter {
  lastGasUsed = 0n;

  constructor(
    private readonly rpcConfiguration: Extract<ChainConfiguration, { kind: "rpc" }>,
    private readonly account: PrivateKeyAccount,
    private readonly confirm: (bill: Bill) => Promise<boolean>,
    knownChains?: readonly KnownChain[],
  ) {
    super(rpcConfiguration, () => connectRpc(rpcConfiguration, knownChains), knownChains);
  }

  async anchor(batchRoot: Digest, signal?: AbortSignal): Promise<Anchor> {
    const [result] = await this.anchorAll([batchRoot], signal);
    if (result === undefined || result instanceof ProoflineError) {
      throw result ?? new Error("one root has one result");
    }
    return result;
  }

  async anchorAll(
    batchRoots: readonly Digest[],
    signal?: AbortSignal,
  ): Promise<readonly (Anchor | ProoflineError)[]> {
    this.lastGasUsed = 0n;
    try {
      const connection = await this.connection();
      const { account, confirm } = this;
      const { receipts, problem } = await payFor({
        rpc: connection.rpc,
        identity: connection.identity,
        account,
        home: this.rpcConfiguration.home,
        work: timestamping(connection.rpc, connection.identity, batchRoots),
        confirm,
        ...(signal !== undefined && { signal }),
      });
      this.lastGasUsed = receipts.reduce((sum, { gasUsed }) => sum + gasUsed, 0n);
      const results: (Anchor | ProoflineError)[] = [];
      let silent: ProoflineError | null = null;
      for (const batchRoot of batchRoots) {
        signal?.throwIfAborted();
        try {
          results.push(silent ?? (await anchorIn(connection, batchRoot, receipts, problem, signal)));
        } catch (error) {
          silent = chainError(error);
          results.push(silent);
        }
      }
      return results;
    } catch (error) {
      signal?.throwIfAborted();
      throw chainError(error);
    }
  }
}

/**
 * The anchor of a root, by our own transactions or somebody else's, once all servers confirm it, with a proof where there is one. What a server does not show of
 * one root says nothing about the others.
 *
 * @param problem what kept roots from being timestamped
 * @throws RpcError, RpcFailure where the chain does not say whether it holds the root, so that it need not be asked about others
 */
async function anchorIn(
  connection: Connection,
  batchRoot: Digest,
  receipts: readonly Receipt[],
  problem: ProoflineError | null,
  signal?: AbortSignal,
): Promise<Anchor | ProoflineError> {
  const { rpc, identity, facts, witnesses } = connection;
  const timestamp = await readTimestamp(rpc, identity, batchRoot);
  if (timestamp === 0) {
    return problem ?? notThere(connection);
  }
  try {
    const logs = receipts.flatMap((receipt) => receipt.logs);
    const anchor =
      anchorAmong(logs, identity, batchRoot, timestamp) ??
      (await lookUpAnchor(rpc, identity, batchRoot, timestamp, (await connection.freshHead()).number));
    const confirmed = await confirmAnchor(connection, anchor, signal);
    return facts === null ? confirmed : await withProof(confirmed, facts, witnesses.witnesses);
  } catch (error) {
    signal?.throwIfAborted();
    return chainError(error);
  }
}

function notThere({ identity }: Connection): ProoflineError {
  return new ProoflineError(
    "chain.rejected",
    `${identity.name} no longer shows the batch that it has just timestamped.`,
    "anchorLater",
  );
}

/** Stops waiting when the signal aborts; what was started may still happen. */
async function orAborted<T>(promise: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (signal === undefined) {
    return promise;
  }
  let abort = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort);
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

function accountOf(key: string | null): PrivateKeyAccount {
  if (key === null || key === "") {
    throw new ProoflineError(
      "chain.configuration",
      "Anchoring on this chain takes a key that pays for the transaction, and none is set.",
      "setTransactionKey",
    );
  }
  const account = accountOfKey(key);
  if (account !== null) {
    return account;
  }
  throw new ProoflineError(
    "chain.configuration",
    "The transaction key is not a private key.",
    "setTransactionKey",
  );
}
