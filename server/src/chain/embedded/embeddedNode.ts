import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { removeIfThere } from "../../platform/durable";
import { messageOf, ProoflineError } from "../../platform/errors";
import { OVERWRITE } from "../../platform/home";
import type { Digest } from "../../platform/primitives";
import { SerialQueue } from "../../platform/serialQueue";
import type { Anchor, ChainIdentity } from "../chain";
import { deployEas, EMBEDDED_EAS, sendTransaction } from "../eas/deploy";
import { timestampCall } from "../eas/eas";
import { lookUpAnchor } from "../eas/lookUpAnchor";
import { anchorAmong, readTimestamp } from "../eas/timestamped";
import { Block, Bytes } from "../rpc/blocks";
import { identify } from "../rpc/chainIdentity";
import { Rpc } from "../rpc/rpc";
import { type Anvil, startAnvil } from "./anvil";
import { EMBEDDED_CHAIN_ID, randomGenesis, withoutForeignGenesis } from "./genesis";
import { isCurrent, keepDamaged, stateExists, wholeStates, writeState } from "./stateFile";

/** With one node nothing competes with a block, so each is final at once: epochs of no slots say so. */
const CHAIN_OPTIONS = ["--chain-id", String(EMBEDDED_CHAIN_ID), "--slots-in-an-epoch", "0"];

/** A dump of the state grows with the chain; 1,000 anchors take about half a megabyte. */
const MAX_DUMP = 256 * 1024 * 1024;

/**
 * The embedded chain: anvil with EAS, whose whole state is durable after each anchor. One process may run it for one
 * folder at a time; `beforeWrite` does not
 * return where it is another one by now.
 */
export class EmbeddedNode {
  /** All that changes or writes the chain runs one after the other. */
  private readonly queue = new SerialQueue();
  private lastDurable = -1;

  private constructor(
    private readonly folder: string,
    private readonly anvil: Anvil,
    private readonly rpc: Rpc,
    readonly identity: ChainIdentity,
    readonly recovered: boolean,
    private readonly beforeWrite: () => Promise<void>,
  ) {}

  get url(): string {
    return this.anvil.url;
  }

  /** The last block that is on disk. */
  get durableBlock(): number {
    return this.lastDurable;
  }

  /** Resolves with a reason when anvil has ended. */
  get ended(): Promise<string> {
    return this.anvil.ended;
  }

  /**
   * Starts the chain of a folder, or a new one where there is none and `create` allows it.
   *
   * @throws ProoflineError `chain.host` where there is no chain, none of its copies loads, or anvil does not start.
   */
  static async start(
    folder: string,
    binary: string,
    create: boolean,
    beforeWrite: () => Promise<void>,
  ): Promise<EmbeddedNode> {
    if (!(await stateExists(folder))) {
      if (create) {
        return EmbeddedNode.create(folder, binary, beforeWrite);
      }
      throw new ProoflineError("chain.host", "There is no local chain yet.", "anchorFirst");
    }
    let reason = "the files are damaged";
    for await (const state of wholeStates(folder)) {
      const path = join(folder, "loading.json");
      let anvil: Anvil | undefined;
      try {
        await writeFile(path, withoutForeignGenesis(state.json), { mode: 0o600, flag: OVERWRITE });
        anvil = await startAnvil(binary, [...CHAIN_OPTIONS, "--load-state", path]);
        const rpc = new Rpc(anvil.url, { maxBytes: MAX_DUMP, timeoutMilliseconds: 60_000 });
        const identity = await identify(rpc, { id: EMBEDDED_CHAIN_ID, contract: EMBEDDED_EAS });
        await assertLinked(rpc, identity);
        const recovered = !isCurrent(state);
        if (recovered) {
          await keepDamaged(folder);
        }
        const node = new EmbeddedNode(folder, anvil, rpc, identity, recovered, beforeWrite);
        if (!recovered) {
          node.lastDurable = await node.blockNumber();
        }
        return node;
      } catch (error) {
        await anvil?.kill();
        reason = messageOf(error);
      } finally {
        await removeIfThere(path);
      }
    }
    throw new ProoflineError(
      "chain.host",
      `The local chain's state in ${folder} cannot be loaded, and neither can the copy before it: ${reason}.`,
      "restoreChain",
    );
  }

  private static async create(
    folder: string,
    binary: string,
    beforeWrite: () => Promise<void>,
  ): Promise<EmbeddedNode> {
    const path = join(folder, "genesis.json");
    await writeFile(path, JSON.stringify(randomGenesis()), { mode: 0o600, flag: OVERWRITE });
    let anvil: Anvil | undefined;
    try {
      anvil = await startAnvil(binary, [...CHAIN_OPTIONS, "--init", path]);
      const rpc = new Rpc(anvil.url, { maxBytes: MAX_DUMP, timeoutMilliseconds: 60_000 });
      const contract = await deployEas(rpc);
      const identity = await identify(rpc, { id: EMBEDDED_CHAIN_ID, contract });
      const node = new EmbeddedNode(folder, anvil, rpc, identity, false, beforeWrite);
      await node.settle();
      return node;
    } catch (error) {
      await anvil?.kill();
      throw error;
    } finally {
      await removeIfThere(path);
    }
  }

  /** Timestamps the root and resolves once the state is durable. */
  anchor(batchRoot: Digest): Promise<{ readonly anchor: Anchor; readonly gasUsed: number }> {
    return this.queue.run(async () => {
      const { rpc, identity } = this;
      const already = await readTimestamp(rpc, identity, batchRoot);
      if (already !== 0) {
        const anchor = await lookUpAnchor(rpc, identity, batchRoot, already, await this.blockNumber());
        await this.write();
        return { anchor, gasUsed: 0 };
      }
      const receipt = await sendTransaction(rpc, { to: identity.contract, data: timestampCall([batchRoot]) });
      const anchor = anchorAmong(
        receipt.logs,
        identity,
        batchRoot,
        await readTimestamp(rpc, identity, batchRoot),
      );
      if (anchor === null) {
        throw new ProoflineError(
          "chain.rejected",
          "The local chain did not timestamp the batch.",
          "restartChain",
        );
      }
      await this.write();
      return { anchor, gasUsed: Number(receipt.gasUsed) };
    });
  }

  /** Resolves once all that the chain holds now is durable. */
  settle(): Promise<void> {
    return this.queue.run(() => this.write());
  }

  /** Makes the state durable and ends anvil, also where the former fails. */
  async stop(): Promise<void> {
    try {
      await this.settle();
    } finally {
      await this.anvil.kill();
    }
  }

  private async write(): Promise<void> {
    const number = await this.blockNumber();
    if (number === this.lastDurable) {
      return;
    }
    const dump = await this.rpc.call("anvil_dumpState", [], Bytes);
    await this.beforeWrite();
    await writeState(this.folder, Buffer.from(dump.slice(2), "hex"));
    this.lastDurable = number;
  }

  private async blockNumber(): Promise<number> {
    return (await this.rpc.call("eth_getBlockByNumber", ["latest", false], Block)).number;
  }
}

/** Anchors name the chain by its genesis, so a chain that lost it must not go on under another. */
async function assertLinked(rpc: Rpc, identity: ChainIdentity): Promise<void> {
  const first = await rpc.call("eth_getBlockByNumber", ["0x1", false], Block);
  if (first.parentHash !== identity.genesisHash) {
    throw new Error("the chain does not begin with its genesis");
  }
}
