import { createAddressFromString } from "@ethereumjs/util";
import { meaningOf, messageOf, ProoflineError } from "../../platform/errors";
import type { Digest } from "../../platform/primitives";
import { SerialQueue } from "../../platform/serialQueue";
import type { Anchor, ChainIdentity } from "../chain";
import { DEVELOPMENT_ACCOUNT, deployEas, EMBEDDED_EAS, sendTransaction } from "../eas/deploy";
import { timestampCall } from "../eas/eas";
import { lookUpAnchor } from "../eas/lookUpAnchor";
import { anchorAmong, readTimestamp } from "../eas/timestamped";
import { chainName } from "../knownChains";
import { quantity } from "../rpc/blocks";
import type { ChainServer } from "../rpc/chainServer";
import {
  BlockLog,
  BrokenLog,
  chainExists,
  createLog,
  DamagedLog,
  type LogStorage,
  logPath,
} from "./blockLog";
import { type BlockRecord, encodeBlocks } from "./blockRecord";
import { type ChainRequest, chainRequests } from "./chainRequests";
import { DirectRpc } from "./directRpc";
import { GENESIS_BALANCE, randomGenesis } from "./genesis";
import { BrokenChain, LocalChain, type Persist } from "./localChain";
import { forgetRecovery, noteRecovery, type Recovery, untoldRecovery } from "./recovery";
import { toRpcError } from "./requestError";
import { EmbeddedRules } from "./rules";

/** More than EAS's `timestamp` ever takes; what is left over is not paid. */
const TIMESTAMP_GAS = quantity(200_000);

export interface NodeOptions {
  /** Runs before each write, and does not return where another host has the folder by now. */
  readonly beforeWrite?: () => Promise<void>;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Puts something between the chain and its file; for tests. */
  readonly wrap?: (storage: LogStorage) => LogStorage;
}

/**
 * The embedded chain of one folder: an EVM with EAS whose blocks are durable before anybody learns of them. One process
 * may run it for one folder at a time.
 */
export class EmbeddedNode {
  /** Looking whether a root is there and anchoring it is one step. */
  private readonly queue = new SerialQueue();
  private readonly rpc: ChainServer;
  readonly request: ChainRequest;

  private constructor(
    private readonly folder: string,
    private readonly chain: LocalChain,
    private readonly closeLog: () => Promise<void>,
    /** Resolves with a reason once the file can no longer be trusted: only another start can. */
    readonly broken: Promise<string>,
    private untold: Recovery | null,
  ) {
    this.request = chainRequests(chain, "Proofline local chain");
    this.rpc = new DirectRpc(async (method, params) => {
      try {
        return await this.request(method, params);
      } catch (error) {
        throw toRpcError(error);
      }
    });
  }

  get identity(): ChainIdentity {
    const chainId = Number(this.chain.common.chainId());
    const { genesisHash } = this.chain;
    return { chainId, genesisHash, contract: EMBEDDED_EAS, local: true, name: chainName(chainId, true) };
  }

  /** The last block, which is on disk as all are. */
  get block(): number {
    return this.chain.head.number;
  }

  /** What has to be told to a person. */
  get recovery(): Recovery | null {
    return this.untold;
  }

  /**
   * Starts the chain of a folder, or a new one where there is none and `create` allows it. Nothing that goes wrong
   * changes, moves or replaces the chain's file.
   *
   * @throws ProoflineError `chain.host` where there is none, it is damaged, or it cannot be opened now.
   */
  static async start(folder: string, create: boolean, options: NodeOptions = {}): Promise<EmbeddedNode> {
    const path = logPath(folder);
    const exists = await chainExists(folder);
    if (!exists && !create) {
      throw new ProoflineError("chain.host", "There is no local chain yet.", "anchorFirst");
    }
    try {
      if (!exists) {
        const first = encodeBlocks(await newChain(options));
        await options.beforeWrite?.();
        await createLog(path, first);
      }
      return await EmbeddedNode.load(folder, path, options);
    } catch (error) {
      throw startFailure(path, error);
    }
  }

  private static async load(folder: string, path: string, options: NodeOptions): Promise<EmbeddedNode> {
    const { log, contents } = await BlockLog.open(path, {
      ...(options.wrap === undefined ? {} : { wrap: options.wrap }),
      beforeCut: async ({ records, tornBytes }) => {
        await options.beforeWrite?.();
        const chain = await LocalChain.load(
          chainOptions(options, async () => {}),
          records,
        );
        await noteRecovery(folder, { block: chain.head.number, bytes: tornBytes, time: secondsOf(options) });
      },
    });
    try {
      let breaks: (reason: string) => void = () => {};
      const broken = new Promise<string>((resolve) => {
        breaks = resolve;
      });
      const persist: Persist = async (block) => {
        await options.beforeWrite?.();
        try {
          await log.append(encodeBlocks([block]));
        } catch (error) {
          if (error instanceof BrokenLog) {
            breaks(messageOf(error));
          }
          throw writeFailure(path, error);
        }
      };
      const chain = await LocalChain.load(chainOptions(options, persist), contents.records);
      return new EmbeddedNode(folder, chain, () => log.close(), broken, await untoldRecovery(folder));
    } catch (error) {
      await log.close();
      throw error;
    }
  }

  /** Timestamps the root and resolves once that is durable. */
  anchor(batchRoot: Digest): Promise<{ readonly anchor: Anchor; readonly gasUsed: number }> {
    return this.queue.run(async () => {
      const { rpc, identity } = this;
      const already = await readTimestamp(rpc, identity, batchRoot);
      if (already !== 0) {
        return { anchor: await lookUpAnchor(rpc, identity, batchRoot, already, this.block), gasUsed: 0 };
      }
      const call = { to: identity.contract, data: timestampCall([batchRoot]), gas: TIMESTAMP_GAS };
      const receipt = await sendTransaction(rpc, call);
      const { timestamp } = this.chain.blockAt(receipt.blockNumber) ?? this.chain.head;
      const anchor = anchorAmong(receipt.logs, identity, batchRoot, timestamp);
      if (anchor === null) {
        throw new ProoflineError(
          "chain.rejected",
          "The local chain did not timestamp the batch.",
          "restartChain",
        );
      }
      return { anchor, gasUsed: Number(receipt.gasUsed) };
    });
  }

  /** A person was told of the recovery. */
  async recoveryTold(): Promise<void> {
    this.untold = null;
    await forgetRecovery(this.folder);
  }

  /** Finishes what is being written and closes the file. */
  async stop(): Promise<void> {
    await this.queue.idle();
    await this.chain.idle();
    await this.closeLog();
  }
}

/** The blocks of a chain with EAS on it, which are written together. */
async function newChain(options: NodeOptions): Promise<readonly BlockRecord[]> {
  const blocks: BlockRecord[] = [];
  const settings = chainOptions(options, async (block) => void blocks.push(block));
  const time = secondsOf(options);
  const chain = await LocalChain.begin(
    settings,
    [[createAddressFromString(DEVELOPMENT_ACCOUNT), GENESIS_BALANCE]],
    (stateRoot) => randomGenesis(settings.common, stateRoot, time),
  );
  await deployEas(new DirectRpc(chainRequests(chain, "Proofline local chain")));
  return blocks;
}

/** The time of this computer's clock, in seconds since 1970; a clock before that counts as standing there. */
function secondsOf({ now = Date.now }: NodeOptions): number {
  return Math.max(0, Math.floor(now() / 1000));
}

function chainOptions({ now }: NodeOptions, persist: Persist) {
  return { common: new EmbeddedRules(), persist, ...(now === undefined ? {} : { now }) };
}

/** Why the chain does not start. What may pass is never called damage. */
function startFailure(path: string, error: unknown): ProoflineError {
  if (error instanceof ProoflineError) {
    return error;
  }
  if (error instanceof DamagedLog || error instanceof BrokenChain) {
    return new ProoflineError(
      "chain.host",
      `The local chain's file ${path} is damaged (${error.message}). It is kept as it is.`,
      "restoreChain",
      { cause: error },
    );
  }
  return new ProoflineError(
    "chain.host",
    `The local chain's file ${path} cannot be opened now (${meaningOf(error)}). Nothing is lost.`,
    "makeHomeWritable",
    { cause: error },
  );
}

function writeFailure(path: string, error: unknown): ProoflineError {
  return new ProoflineError(
    "chain.host",
    `The local chain's file ${path} cannot be written (${meaningOf(error)}), so nothing was anchored.`,
    "makeHomeWritable",
    { cause: error },
  );
}
