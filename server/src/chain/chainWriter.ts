import { type PrivateKeyAccount, privateKeyToAccount } from "viem/accounts";
import { ProoflineError } from "../platform/errors";
import type { Digest } from "../platform/primitives";
import type { Anchor, ChainConfiguration, ChainWriter } from "./chain";
import { ConnectedReader } from "./chainReader";
import { timestampCall } from "./eas/eas";
import { lookUpAnchor } from "./eas/lookUpAnchor";
import { anchorAmong, readTimestamp } from "./eas/timestamped";
import { connectEmbedded, type EmbeddedConnection, type EmbeddedOptions } from "./embedded/embeddedChain";
import { type Connection, chainError, connectRpc } from "./rpc/connection";
import { CallReverted, sendCall } from "./rpc/transaction";

export interface OpenWriterOptions extends EmbeddedOptions {
  /** The private key that pays, `0x` and 64 hex digits; the embedded chain needs none. */
  readonly key?: string | null;
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
      return new RpcWriter(configuration, accountOf(options.key ?? null));
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
}

/** On any other chain an account of the user's pays. */
class RpcWriter extends ConnectedReader implements ChainWriter {
  lastGasUsed = 0n;

  constructor(
    configuration: Extract<ChainConfiguration, { kind: "rpc" }>,
    private readonly account: PrivateKeyAccount,
  ) {
    super(configuration, () => connectRpc(configuration));
  }

  async anchor(batchRoot: Digest, signal?: AbortSignal): Promise<Anchor> {
    this.lastGasUsed = 0n;
    try {
      const connection = await this.connection();
      return (await lookUp(connection, batchRoot)) ?? (await this.timestamp(connection, batchRoot, signal));
    } catch (error) {
      signal?.throwIfAborted();
      throw chainError(error);
    }
  }

  private async timestamp(connection: Connection, batchRoot: Digest, signal?: AbortSignal): Promise<Anchor> {
    const { rpc, identity } = connection;
    try {
      const call = { to: identity.contract, data: timestampCall(batchRoot) };
      const receipt = await sendCall(rpc, identity, this.account, call, signal);
      this.lastGasUsed = receipt.gasUsed;
      const timestamp = await readTimestamp(rpc, identity, batchRoot);
      const anchor = anchorAmong(receipt.logs, identity, batchRoot, timestamp);
      if (anchor !== null) {
        return anchor;
      }
    } catch (error) {
      if (!(error instanceof CallReverted)) {
        throw error;
      }
    }
    // Somebody else was faster, which serves as well.
    const anchor = await lookUp(connection, batchRoot);
    if (anchor !== null) {
      return anchor;
    }
    throw new ProoflineError(
      "chain.rejected",
      `The EAS contract on ${identity.name} refused to timestamp the batch.`,
      "correctChain",
    );
  }
}

/** The anchor of a root that is on the chain already. */
async function lookUp(connection: Connection, batchRoot: Digest): Promise<Anchor | null> {
  const { rpc, identity } = connection;
  const timestamp = await readTimestamp(rpc, identity, batchRoot);
  if (timestamp === 0) {
    return null;
  }
  const { number } = await connection.freshHead();
  return lookUpAnchor(rpc, identity, batchRoot, timestamp, number);
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
  const digits = key.trim().toLowerCase();
  const prefixed = digits.startsWith("0x") ? digits : `0x${digits}`;
  try {
    if (/^0x[0-9a-f]{64}$/.test(prefixed)) {
      return privateKeyToAccount(prefixed as `0x${string}`);
    }
  } catch {
    // Zero, or not below the curve's order: the message must not show the key.
  }
  throw new ProoflineError(
    "chain.configuration",
    "The transaction key is not a private key.",
    "setTransactionKey",
  );
}
