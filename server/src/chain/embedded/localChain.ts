import { type Block, type BlockHeader, createBlock, createBlockHeaderFromRLP } from "@ethereumjs/block";
import type { Common } from "@ethereumjs/common";
import { createMPT } from "@ethereumjs/mpt";
import { RLP } from "@ethereumjs/rlp";
import { Caches, MerkleStateManager } from "@ethereumjs/statemanager";
import { createTxFromRLP, type TypedTransaction } from "@ethereumjs/tx";
import { type Address, bytesToHex, createAccount, ValueEncoding } from "@ethereumjs/util";
import { createVM, encodeReceipt, runTx, type VM } from "@ethereumjs/vm";
import { BoundedMap } from "../../platform/boundedMap";
import type { ChainHash } from "../../platform/primitives";
import { SerialQueue } from "../../platform/serialQueue";
import { assertAdmissible } from "./admission";
import { type BlockRecord, decodeBlocks } from "./blockRecord";
import { analyseCodeOnce } from "./codeAnalysis";
import type { EmbeddedRules } from "./rules";
import { type NodeDraft, StateNodes } from "./stateNodes";
import { type StoredBlock, storedBlock } from "./storedBlock";

/** Whatever makes a block durable before anybody learns of it. */
export type Persist = (block: BlockRecord) => Promise<void>;

/** What the header of a new block does not get from its transaction; for tests, which compare with another node. */
export interface BlockCircumstances {
  readonly timestamp?: number;
  readonly prevRandao?: Uint8Array;
  readonly baseFeePerGas?: bigint;
}

export interface LocalChainOptions {
  readonly common: EmbeddedRules;
  readonly persist: Persist;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** The records say something that no chain says. */
export class BrokenChain extends Error {
  override readonly name = "BrokenChain";
}

/**
 * The embedded chain proper: an Ethereum chain with one transaction to a block, each mined as soon as it is sent. Blocks
 * and every block's state are kept in memory; a block is part of the chain once its record is durable.
 */
export class LocalChain {
  readonly common: EmbeddedRules;
  private readonly persist: Persist;
  private readonly now: () => number;
  private readonly queue = new SerialQueue();
  private readonly blocks: StoredBlock[] = [];
  private readonly byHash = new Map<ChainHash, StoredBlock>();
  private readonly byTransaction = new Map<
    ChainHash,
    { readonly block: StoredBlock; readonly index: number }
  >();

  private readonly nodes = new StateNodes();

  private readonly decoded = new BoundedMap<ChainHash, TypedTransaction>(MAX_DECODED);

  private constructor({ common, persist, now = Date.now }: LocalChainOptions) {
    this.common = common;
    this.persist = persist;
    this.now = now;
  }

  /**
   * A chain that begins with accounts that hold something. `persist` gets block 0 first.
   *
   * @param genesis makes the first header for the state's root
   */
  static async begin(
    options: LocalChainOptions,
    balances: readonly (readonly [Address, bigint])[],
    genesis: (stateRoot: Uint8Array) => BlockHeader,
  ): Promise<LocalChain> {
    const chain = new LocalChain(options);
    const draft = chain.nodes.draft();
    const state = await chain.stateOf(null, draft);
    for (const [address, balance] of balances) {
      await state.putAccount(address, createAccount({ balance }));
    }
    await state.flush();
    const stateRoot = await state.getStateRoot();
    const header = genesis(stateRoot).serialize();
    const block = { header, transactions: [], receipts: [], nodes: draft.written() };
    // Some nodes' first header does not tell the state's root; this chain's does.
    await chain.add(block, stateRoot);
    return chain;
  }

  /**
   * The chain that these records hold.
   *
   * @throws BrokenChain where they hold none.
   */
  static async load(options: LocalChainOptions, records: readonly Uint8Array[]): Promise<LocalChain> {
    const chain = new LocalChain(options);
    for (const [index, bytes] of records.entries()) {
      try {
        for (const block of decodeBlocks(bytes)) {
          chain.link(block);
        }
      } catch (error) {
        throw new BrokenChain(`record ${index} holds no block that follows`, { cause: error });
      }
    }
    if (chain.blocks.length === 0) {
      throw new BrokenChain("there is no genesis block");
    }
    const { head } = chain;
    const trie = await chain.trieOf(null, chain.nodes.draft());
    if (head.number > 0 && !(await trie.checkRoot(head.stateRoot))) {
      throw new BrokenChain(`the state of block ${head.number} is missing`);
    }
    return chain;
  }

  get head(): StoredBlock {
    const head = this.blocks.at(-1);
    if (head === undefined) {
      throw new BrokenChain("there is no genesis block");
    }
    return head;
  }

  get genesisHash(): ChainHash {
    return this.blocks[0]?.hash ?? this.head.hash;
  }

  blockAt(number: number): StoredBlock | null {
    return this.blocks[number] ?? null;
  }

  blockWith(hash: ChainHash): StoredBlock | null {
    return this.byHash.get(hash) ?? null;
  }

  transaction(hash: ChainHash): { readonly block: StoredBlock; readonly index: number } | null {
    return this.byTransaction.get(hash) ?? null;
  }

  /** A block's transaction; that of a new block knows its sender, which is slow to find out. */
  transactionAt(block: StoredBlock, index: number): TypedTransaction {
    const [bytes, hash] = [block.transactions[index], block.transactionHashes[index]];
    if (bytes === undefined || hash === undefined) {
      throw new Error(`block ${block.number} has no transaction ${index}`);
    }
    const decoded = this.decoded.get(hash) ?? createTxFromRLP(bytes, { common: this.common });
    this.decoded.set(hash, decoded);
    return decoded;
  }

  headerOf(block: StoredBlock): BlockHeader {
    return createBlockHeaderFromRLP(block.header, { common: this.common });
  }

  /** The state after a block; `null` for the empty one. What is changed in it is seen by nobody else. */
  async stateOf(block: StoredBlock | null, draft = this.nodes.draft()): Promise<MerkleStateManager> {
    const { common } = this;
    return new MerkleStateManager({
      common,
      trie: await this.trieOf(block, draft),
      caches: new Caches({ account: SMALL, code: SMALL, storage: SMALL }),
    });
  }

  /** Something that runs code on top of a block's state. What it changes is seen by nobody else. */
  async machineOn(block: StoredBlock, draft = this.nodes.draft()): Promise<VM> {
    await analyseCodeOnce(this.common);
    return createVM({
      // A machine listens to its rules for ever; those of its own go with it.
      common: this.common.copy(),
      stateManager: await this.stateOf(block, draft),
      blockchain: {
        getBlock: async (number) => ({ hash: () => this.hashOf(number) }),
        putBlock: async () => {},
        shallowCopy() {
          return this;
        },
      },
    });
  }

  /** The block that a transaction would come into now. */
  async nextBlock({ timestamp, prevRandao, baseFeePerGas }: BlockCircumstances = {}): Promise<Block> {
    const parent = this.headerOf(this.head);
    return createBlock(
      {
        header: {
          parentHash: parent.hash(),
          number: parent.number + 1n,
          // Times rise with every block, also where the clock was set back: a block is found by its time.
          timestamp: timestamp ?? Math.max(this.head.timestamp + 1, Math.floor(this.now() / 1000)),
          coinbase: parent.coinbase,
          gasLimit: parent.gasLimit,
          baseFeePerGas: baseFeePerGas ?? parent.calcNextBaseFee(),
          mixHash: prevRandao ?? new Uint8Array(32),
        },
      },
      { common: this.common },
    );
  }

  /**
   * Puts a signed transaction into the next block and resolves once that is durable. Where the transaction is refused
   * or the block cannot be written, the chain is as it was before.
   */
  mine(transaction: TypedTransaction, circumstances: BlockCircumstances = {}): Promise<StoredBlock> {
    return this.queue.run(async () => {
      const block = await this.add(await this.execute(transaction, circumstances));
      this.decoded.set(bytesToHex(transaction.hash()), transaction);
      return block;
    });
  }

  /** Resolves once nothing is being mined. */
  idle(): Promise<void> {
    return this.queue.idle();
  }

  private async execute(
    transaction: TypedTransaction,
    circumstances: BlockCircumstances,
  ): Promise<BlockRecord> {
    const pending = await this.nextBlock(circumstances);
    const draft = this.nodes.draft();
    const vm = await this.machineOn(this.head, draft);
    assertAdmissible(transaction, await vm.stateManager.getAccount(transaction.getSenderAddress()), {
      baseFee: pending.header.baseFeePerGas ?? 0n,
      gasLimit: pending.header.gasLimit,
    });
    const result = await runTx(vm, { tx: transaction, block: pending });
    const stateRoot = await vm.stateManager.getStateRoot();
    const receipt = encodeReceipt(result.receipt, transaction.type);
    const header = createBlock(
      {
        header: {
          ...pending.header,
          stateRoot,
          transactionsTrie: await rootOf(transaction.serialize(), this.common),
          receiptTrie: await rootOf(receipt, this.common),
          logsBloom: result.bloom.bitvector,
          gasUsed: result.totalGasSpent,
        },
      },
      { common: this.common },
    ).header.serialize();
    return {
      header,
      transactions: [transaction.serialize()],
      receipts: [receipt],
      nodes: draft.written(),
    };
  }

  private async add(record: BlockRecord, stateRoot?: Uint8Array): Promise<StoredBlock> {
    await this.persist(record);
    return this.link(record, stateRoot);
  }

  private link(record: BlockRecord, stateRoot?: Uint8Array): StoredBlock {
    const read = storedBlock(record);
    const block = stateRoot === undefined ? read : { ...read, stateRoot };
    const parent = this.blocks.at(-1);
    if (block.number !== this.blocks.length || (parent !== undefined && block.parentHash !== parent.hash)) {
      throw new BrokenChain(`block ${block.number} does not follow the one before it`);
    }
    this.nodes.add(record.nodes);
    this.blocks.push(block);
    this.byHash.set(block.hash, block);
    for (const [index, hash] of block.transactionHashes.entries()) {
      this.byTransaction.set(hash, { block, index });
    }
    return block;
  }

  private trieOf(block: StoredBlock | null, draft: NodeDraft) {
    return createMPT({
      common: this.common,
      useKeyHashing: true,
      db: draft,
      valueEncoding: ValueEncoding.Bytes,
      ...(block === null ? {} : { root: block.stateRoot }),
    });
  }

  private hashOf(number: number): Uint8Array {
    const block = this.blocks[number];
    return block === undefined ? new Uint8Array(32) : Buffer.from(block.hash.slice(2), "hex");
  }
}

/** Decoded transactions that are kept; what is asked for is mostly new. */
const MAX_DECODED = 256;

/** A transaction touches few accounts and slots; larger caches take longer to make than to use. */
const SMALL = { type: "ordered_map", size: 0 } as const;

/** The root of the trie that holds one transaction or receipt, at its index 0. */
async function rootOf(value: Uint8Array, common: Common): Promise<Uint8Array> {
  const trie = await createMPT({ common });
  await trie.put(RLP.encode(0), value);
  return trie.root();
}
