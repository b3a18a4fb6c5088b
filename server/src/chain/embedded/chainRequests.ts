import { getMerkleStateProof } from "@ethereumjs/statemanager";
import { createTxFromRLP, TransactionType, type TypedTransaction } from "@ethereumjs/tx";
import { bytesToHex, createAddressFromString, hexToBytes } from "@ethereumjs/util";
import * as z from "zod";
import type { Address, ChainHash } from "../../platform/primitives";
import { DEVELOPMENT_ACCOUNT } from "../eas/deploy";
import { Bytes, Hash, Quantity, quantity } from "../rpc/blocks";
import { blockBody, logBody, receiptBody, transactionBody } from "./chainBodies";
import { signedByDevelopmentAccount } from "./developmentAccount";
import { type Call, estimateGas, runCall } from "./localCalls";
import type { LocalChain } from "./localChain";
import { RequestError } from "./requestError";
import { decodeReceipt, type StoredBlock } from "./storedBlock";

/** EIP-1193: a request without a server in between. Rejects with `RequestError`. */
export type ChainRequest = (method: string, params: readonly unknown[]) => Promise<unknown>;

const Account = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/, "expected an address")
  .transform((value) => value.toLowerCase() as Address);
const Amount = z
  .string()
  .regex(/^0x[0-9a-fA-F]{1,64}$/, "expected an amount in hexadecimal")
  .transform((value) => BigInt(value));
const Word = z
  .string()
  .regex(/^0x[0-9a-fA-F]{1,64}$/, "expected up to 32 bytes")
  .transform((value) => hexToBytes(`0x${value.slice(2).padStart(64, "0")}`));

const Tag = z.enum(["latest", "safe", "finalized", "pending", "earliest"]);
/** A block by number, tag or hash (EIP-1898). */
const BlockName = z
  .union([Tag, Quantity, z.object({ blockHash: Hash }), z.object({ blockNumber: Quantity })])
  .default("latest");
type BlockName = z.output<typeof BlockName>;

const Calling = z
  .object({
    from: Account.nullish(),
    to: Account.nullish(),
    gas: Amount.nullish(),
    value: Amount.nullish(),
    data: Bytes.nullish(),
    input: Bytes.nullish(),
    nonce: Quantity.nullish(),
  })
  .transform(
    (call): Call => ({
      from: call.from ?? null,
      to: call.to ?? null,
      gas: call.gas ?? null,
      value: call.value ?? 0n,
      data: hexToBytes(call.input ?? call.data ?? "0x"),
    }),
  );

const oneOrMany = <Item extends z.ZodType>(item: Item) => z.union([item, z.array(item)]).nullish();
const Filter = z.object({
  address: oneOrMany(Account),
  topics: z.array(oneOrMany(Hash)).max(4).nullish(),
  fromBlock: BlockName.nullish(),
  toBlock: BlockName.nullish(),
  blockHash: Hash.nullish(),
});

/** What a wallet offers a block's producer without being asked for more, in wei for each unit of gas; as anvil's. */
const SUGGESTED_TIP = 1_000_000_000n;

/** No answer holds more logs: a filter that matches more is refused. */
const MAX_LOGS = 10_000;
const MAX_FEE_BLOCKS = 1_024;

/**
 * Answers requests to the embedded chain as an Ethereum node does, to the extent that Proofline and its tests ask. There
 * is no pool: what is sent is in a block when it is answered. One host makes all blocks, so that each is final at once.
 */
export function chainRequests(chain: LocalChain, clientVersion: string): ChainRequest {
  const handlers: Readonly<Record<string, (params: readonly unknown[]) => unknown>> = {
    web3_clientVersion: () => clientVersion,
    eth_chainId: () => quantity(chain.common.chainId()),
    net_version: () => chain.common.chainId().toString(),
    eth_accounts: () => [DEVELOPMENT_ACCOUNT],
    eth_syncing: () => false,
    eth_blockNumber: () => quantity(chain.head.number),
    eth_getBlockByNumber: (params) => {
      const [name, full] = parse(z.tuple([BlockName, z.boolean()]), [params[0], params[1] ?? false]);
      const block = find(name);
      return block === null ? null : blockBody(chain, block, full);
    },
    eth_getBlockByHash: (params) => {
      const [hash, full] = parse(z.tuple([Hash, z.boolean()]), [params[0], params[1] ?? false]);
      const block = chain.blockWith(hash);
      return block === null ? null : blockBody(chain, block, full);
    },
    eth_getTransactionByHash: (params) => {
      const found = chain.transaction(parse(Hash, params[0]));
      return found === null ? null : transactionBody(chain, found.block, found.index);
    },
    eth_getTransactionReceipt: (params) => {
      const found = chain.transaction(parse(Hash, params[0]));
      return found === null ? null : receiptBody(chain, found.block, found.index);
    },
    eth_getLogs: (params) => logs(parse(Filter, params[0])),
    eth_getCode: async (params) => bytesToHex(await (await stateAt(params[1])).getCode(address(params[0]))),
    eth_getBalance: async (params) =>
      quantity((await (await stateAt(params[1])).getAccount(address(params[0])))?.balance ?? 0n),
    eth_getTransactionCount: async (params) =>
      quantity((await (await stateAt(params[1])).getAccount(address(params[0])))?.nonce ?? 0n),
    eth_getStorageAt: async (params) => {
      const state = await stateAt(params[2]);
      const value = await state.getStorage(address(params[0]), parse(Word, params[1]));
      return `0x${Buffer.from(value).toString("hex").padStart(64, "0")}`;
    },
    eth_getProof: (params) => proof(params),
    eth_call: async (params) => bytesToHex(await runCall(chain, known(params[1]), parse(Calling, params[0]))),
    eth_estimateGas: async (params) =>
      quantity(await estimateGas(chain, known(params[1]), parse(Calling, params[0]))),
    eth_gasPrice: async () => quantity((await nextBaseFee()) + SUGGESTED_TIP),
    eth_maxPriorityFeePerGas: () => quantity(SUGGESTED_TIP),
    eth_feeHistory: (params) => feeHistory(params),
    eth_sendRawTransaction: (params) => send(decode(parse(Bytes, params[0]))),
    eth_sendTransaction: async (params) => {
      const call = parse(Calling, params[0]);
      if (call.from !== DEVELOPMENT_ACCOUNT) {
        throw new RequestError("invalidParams", "the chain signs for its development account alone");
      }
      return send(await signedByDevelopmentAccount(chain, call));
    },
  };

  return async (method, params) => {
    const handler = Object.hasOwn(handlers, method) ? handlers[method] : undefined;
    if (handler === undefined) {
      throw new RequestError("methodNotFound", `the local chain has no method ${method.slice(0, 60)}`);
    }
    return handler(params);
  };

  function find(name: BlockName): StoredBlock | null {
    if (typeof name === "number") {
      return chain.blockAt(name);
    }
    if (typeof name === "object") {
      return "blockHash" in name ? chain.blockWith(name.blockHash) : chain.blockAt(name.blockNumber);
    }
    return name === "earliest" ? chain.blockAt(0) : chain.head;
  }

  function known(raw: unknown): StoredBlock {
    return existing(parse(BlockName, raw ?? undefined));
  }

  function existing(name: BlockName): StoredBlock {
    const block = find(name);
    if (block === null) {
      throw new RequestError("invalidParams", "the local chain has no such block");
    }
    return block;
  }

  async function stateAt(name: unknown) {
    return chain.stateOf(known(name));
  }

  async function proof(params: readonly unknown[]): Promise<unknown> {
    const block = known(params[2]);
    if (block.number === 0) {
      throw new RequestError("invalidParams", "nothing is proved at the genesis block");
    }
    const slots = parse(z.array(Word).max(1_024), params[1] ?? []);
    const state = await chain.stateOf(block);
    const proved = await getMerkleStateProof(state, address(params[0]), slots);
    return {
      ...proved,
      // As a node spells it: the number, not its bytes.
      storageProof: await Promise.all(
        slots.map(async (slot, index) => {
          const entry = proved.storageProof[index];
          return {
            key: bytesToHex(slot),
            value: entry === undefined ? "0x0" : quantity(BigInt(entry.value)),
            proof: entry?.proof ?? [],
          };
        }),
      ),
    };
  }

  function logs(filter: z.output<typeof Filter>): unknown[] {
    const one = filter.blockHash == null ? null : chain.blockWith(filter.blockHash);
    if (filter.blockHash != null && one === null) {
      throw new RequestError("invalidParams", "the local chain has no such block");
    }
    const from =
      one?.number ?? (filter.fromBlock == null ? chain.head.number : existing(filter.fromBlock).number);
    const to = one?.number ?? find(filter.toBlock ?? "latest")?.number ?? chain.head.number;
    const addresses = listed(filter.address);
    const topics = (filter.topics ?? []).map(listed);
    const found: unknown[] = [];
    for (let number = from; number <= to; number++) {
      const block = chain.blockAt(number);
      let logIndex = 0;
      for (const [index, receipt] of (block?.receipts ?? []).entries()) {
        for (const log of decodeReceipt(receipt).logs) {
          const matches =
            (addresses === null || addresses.includes(bytesToHex(log.address))) &&
            topics.length <= log.topics.length &&
            topics.every((wanted, place) => {
              const topic = log.topics[place];
              return wanted === null || (topic !== undefined && wanted.includes(bytesToHex(topic)));
            });
          if (matches && block !== null) {
            found.push(logBody(block, index, logIndex, log));
          }
          logIndex += 1;
        }
      }
      if (found.length > MAX_LOGS) {
        throw new RequestError("limit", `more than ${MAX_LOGS} logs match`);
      }
    }
    return found;
  }

  async function feeHistory(params: readonly unknown[]): Promise<unknown> {
    const count = Math.min(
      parse(z.union([Quantity, z.number().int().positive()]), params[0]),
      MAX_FEE_BLOCKS,
    );
    const newest = known(params[1]).number;
    const percentiles = parse(z.array(z.number().min(0).max(100)).max(100), params[2] ?? []);
    const oldest = Math.max(0, newest - count + 1);
    const blocks = Array.from({ length: newest - oldest + 1 }, (_, index) => known(quantity(oldest + index)));
    const headers = blocks.map((block) => chain.headerOf(block));
    const last = headers.at(-1);
    return {
      oldestBlock: quantity(oldest),
      baseFeePerGas: [
        ...headers.map((header) => quantity(header.baseFeePerGas ?? 0n)),
        quantity(last?.calcNextBaseFee() ?? 0n),
      ],
      // There are no blobs, and so they cost the least that there is.
      baseFeePerBlobGas: [...headers, last].map(() => quantity(1)),
      blobGasUsedRatio: headers.map(() => 0),
      gasUsedRatio: headers.map((header) => Number(header.gasUsed) / Number(header.gasLimit)),
      ...(percentiles.length === 0
        ? {}
        : {
            reward: blocks.map((block, index) => {
              const [transaction] = block.transactions;
              const baseFee = headers[index]?.baseFeePerGas ?? 0n;
              // One transaction to a block: it is every percentile of them.
              const tip =
                transaction === undefined
                  ? 0n
                  : decode(bytesToHex(transaction)).getEffectivePriorityFee(baseFee);
              return percentiles.map(() => quantity(tip));
            }),
          }),
    };
  }

  async function nextBaseFee(): Promise<bigint> {
    return chain.headerOf(chain.head).calcNextBaseFee();
  }

  function decode(raw: `0x${string}`): TypedTransaction {
    try {
      return createTxFromRLP(hexToBytes(raw), { common: chain.common });
    } catch (error) {
      throw new RequestError("invalidParams", "failed to decode the transaction", undefined, {
        cause: error,
      });
    }
  }

  async function send(transaction: TypedTransaction): Promise<ChainHash> {
    if (transaction.type === TransactionType.BlobEIP4844) {
      throw new RequestError("invalidParams", "the local chain takes no blobs");
    }
    const hash = bytesToHex(transaction.hash());
    if (chain.transaction(hash) !== null) {
      throw new RequestError("rejected", "transaction already imported");
    }
    await chain.mine(transaction);
    return hash;
  }
}

function address(value: unknown) {
  return createAddressFromString(parse(Account, value));
}

/** What a filter lets through; `null` for everything. */
function listed(value: string | readonly string[] | null | undefined): readonly string[] | null {
  return value == null ? null : typeof value === "string" ? [value] : value;
}

function parse<Value>(schema: z.ZodType<Value>, value: unknown): Value {
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    throw new RequestError(
      "invalidParams",
      parsed.error.issues[0]?.message ?? "the parameters are not valid",
    );
  }
  return parsed.data;
}
