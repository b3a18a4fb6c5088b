import { createMerkleProof, createMPT, type MerklePatriciaTrie } from "@ethereumjs/mpt";
import { RLP } from "@ethereumjs/rlp";
import { concat, keccak256, pad, toBytes, toHex } from "viem";
import type { Anchor } from "../../server/src/chain/chain";
import { getTimestampCall, TIMESTAMPED_TOPIC, versionCall, word } from "../../server/src/chain/eas/eas";
import type { KnownChain } from "../../server/src/chain/knownChains";
import { Address, ChainHash, Digest } from "../../server/src/platform/primitives";
import { digestNamed } from "./evidenceMaker";

/** A chain made of headers, states and receipts that fit each other, which answers as a node would and lies as it is told. */

export const CHAIN_ID = 130;
export const EAS = Address.parse(`0x${"ea".repeat(20)}`);
export const HEAD = 100;
export const FINALIZED = 90;
const SLOT = 2;
const CODE = "0x600160005260206000f3";
const GENESIS_TIME = 1_700_000_000;

type Json = Record<string, unknown>;
/** Answers one call; whatever is thrown is a JSON-RPC error. */
export type Answerer = (method: string, params: readonly unknown[]) => unknown;

const hexOf = (value: number) => `0x${value.toString(16)}` as const;
const hash = (name: string) => `0x${digestNamed(name)}` as const;
const slotOf = (root: string) => keccak256(concat([`0x${root}`, pad(hexOf(SLOT))]));

export const timeOf = (block: number) => GENESIS_TIME + 12 * block;
export const transactionOf = (root: string) => ChainHash.parse(hash(`transaction ${root}`));

async function state(roots: ReadonlyMap<string, number>, number: number) {
  const storage = await createMPT({ useKeyHashing: true });
  await storage.put(toBytes(hash("something else")), RLP.encode(7));
  for (const [root, block] of roots) {
    if (block <= number) {
      await storage.put(toBytes(slotOf(root)), RLP.encode(timeOf(block)));
    }
  }
  const accounts = await createMPT({ useKeyHashing: true });
  const account = (root: Uint8Array) => RLP.encode([1, 0, root, toBytes(keccak256(CODE))]);
  await accounts.put(toBytes(EAS), account(storage.root()));
  for (let index = 0; index < 40; index++) {
    await accounts.put(
      toBytes(`0x${digestNamed(`account ${index}`).slice(0, 40)}`),
      account(toBytes(hash("none"))),
    );
  }
  return { storage, accounts };
}

interface MadeBlock {
  readonly json: Json;
  readonly storage: MerklePatriciaTrie;
  readonly accounts: MerklePatriciaTrie;
}

/** Makes a chain on which batch roots were timestamped in the given blocks; all chains have one block 0. */
export async function makeChain(roots: Readonly<Record<string, number>>): Promise<Answerer> {
  const timestamped = new Map(Object.entries(roots));
  const blocks: MadeBlock[] = [];
  let parentHash: string = `0x${"0".repeat(64)}`;
  let last: Awaited<ReturnType<typeof state>> | undefined;
  for (let number = 0; number <= HEAD; number++) {
    if (last === undefined || [...timestamped.values()].includes(number)) {
      last = await state(timestamped, number);
    }
    const json: Json = {
      parentHash,
      sha3Uncles: hash("uncles"),
      miner: EAS,
      stateRoot: toHex(last.accounts.root()),
      transactionsRoot: hash("transactions"),
      receiptsRoot: hash("receipts"),
      logsBloom: `0x${"0".repeat(512)}`,
      difficulty: "0x0",
      number: hexOf(number),
      gasLimit: "0x1c9c380",
      gasUsed: "0x0",
      timestamp: hexOf(timeOf(number)),
      extraData: "0x",
      mixHash: hash("mix"),
      nonce: "0x0000000000000000",
      baseFeePerGas: "0x7",
    };
    const quantities = ["difficulty", "number", "gasLimit", "gasUsed", "timestamp", "baseFeePerGas"];
    const fields = Object.entries(json).map(([name, value]) =>
      quantities.includes(name) ? BigInt(String(value)) : toBytes(String(value)),
    );
    parentHash = keccak256(RLP.encode(fields));
    blocks.push({ json: { ...json, hash: parentHash }, ...last });
  }
  return answererOf(blocks, timestamped);
}

function answererOf(blocks: readonly MadeBlock[], timestamped: ReadonlyMap<string, number>): Answerer {
  const numberOf = (tag: unknown) =>
    tag === "latest" ? HEAD : tag === "finalized" ? FINALIZED : Number(tag);
  return async (method, params) => {
    const [first, second, third] = params;
    switch (method) {
      case "eth_chainId":
        return hexOf(CHAIN_ID);
      case "web3_clientVersion":
        return "Geth/v1.16";
      case "eth_getCode":
        return CODE;
      case "eth_getBlockByNumber":
        return blocks[numberOf(first)]?.json ?? null;
      case "eth_call": {
        const data = String((first as Json).data);
        if (data === versionCall("version")) {
          return `0x${"20".padStart(64, "0")}${"5".padStart(64, "0")}${Buffer.from("1.0.0").toString("hex").padEnd(64, "0")}`;
        }
        const [root, block] =
          [...timestamped].find(([digest]) => data === getTimestampCall(Digest.parse(digest))) ?? [];
        if (!data.startsWith(getTimestampCall(Digest.parse("0".repeat(64))).slice(0, 10))) {
          throw new Error("execution reverted");
        }
        const isThere = root !== undefined && block !== undefined && block <= numberOf(second);
        return pad(hexOf(isThere ? timeOf(block) : 0));
      }
      case "eth_getTransactionReceipt": {
        const [root, block] = [...timestamped].find(([digest]) => transactionOf(digest) === first) ?? [];
        return root === undefined || block === undefined ? null : receipt(blocks, root, block);
      }
      case "eth_getLogs": {
        const { topics } = first as { topics: string[] };
        return [...timestamped].flatMap(([root, block]) =>
          topics[1] === word(Digest.parse(root)) ? receipt(blocks, root, block).logs : [],
        );
      }
      case "eth_getProof": {
        const block = blocks[numberOf(third)];
        if (block === undefined) {
          throw new Error("header not found");
        }
        const nodes = async (trie: MerklePatriciaTrie, key: string) =>
          (await createMerkleProof(trie, toBytes(key))).map((node) => toHex(node));
        return {
          accountProof: await nodes(block.accounts, String(first)),
          storageProof: await Promise.all(
            (second as string[]).map(async (key) => ({ key, proof: await nodes(block.storage, key) })),
          ),
        };
      }
      default:
        throw new Error(`the method ${method} does not exist`);
    }
  };
}

function receipt(blocks: readonly MadeBlock[], root: string, block: number) {
  const common = {
    blockNumber: hexOf(block),
    blockHash: String(blocks[block]?.json.hash),
    transactionHash: transactionOf(root),
  };
  const topics = [TIMESTAMPED_TOPIC, word(Digest.parse(root)), pad(hexOf(timeOf(block)))];
  return {
    ...common,
    status: "0x1",
    gasUsed: "0x5208",
    logs: [{ ...common, address: EAS, topics, removed: false }],
  };
}

/** What an anchor file says truly of a root on a chain. */
export async function anchorOn(chain: Answerer, root: Digest, block: number): Promise<Anchor> {
  const [genesis, own] = (await Promise.all(
    [0, block].map((number) => chain("eth_getBlockByNumber", [hexOf(number), false])),
  )) as Json[];
  return {
    batchRoot: root,
    chainId: CHAIN_ID,
    genesisHash: ChainHash.parse(genesis?.hash),
    contract: EAS,
    block: { number: block, hash: ChainHash.parse(own?.hash) },
    transaction: transactionOf(root),
    timestamp: timeOf(block),
  };
}

/** What a reader knows beforehand of the chains that are made here. */
export async function knownChainOf(chain: Answerer): Promise<KnownChain> {
  const genesis = (await chain("eth_getBlockByNumber", ["0x0", false])) as Json;
  return {
    id: CHAIN_ID,
    genesisHash: ChainHash.parse(genesis.hash),
    contract: EAS,
    codeHash: null,
    timestampsSlot: SLOT,
    implementation: null,
  };
}

/** What a server of a chain answers that has only got to a height, of which so much is final. */
export function reachedBy(chain: Answerer, height: () => number, final: number): Answerer {
  return async (method, params) => {
    const named = params.map((one) =>
      one === "latest" ? hexOf(height()) : one === "finalized" ? hexOf(final) : one,
    );
    const isBeyond = (one: unknown): boolean =>
      typeof one === "string" && /^0x[0-9a-f]{1,8}$/.test(one) && Number(one) > height();
    if (method === "eth_getBlockByNumber" && isBeyond(named[0])) {
      return null;
    }
    if ((method === "eth_call" && isBeyond(named[1])) || (method === "eth_getProof" && isBeyond(named[2]))) {
      throw new Error("header not found");
    }
    if (method === "eth_getTransactionReceipt") {
      const receipt = (await chain(method, named)) as Json | null;
      return receipt !== null && isBeyond(receipt.blockNumber) ? null : receipt;
    }
    return chain(method, named);
  };
}
