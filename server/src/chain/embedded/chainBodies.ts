import { RLP } from "@ethereumjs/rlp";
import { bytesToHex, createContractAddress } from "@ethereumjs/util";
import { quantity } from "../rpc/blocks";
import type { LocalChain } from "./localChain";
import { decodeReceipt, type StoredBlock, type StoredLog } from "./storedBlock";

/** Blocks, transactions, receipts and logs as the JSON of Ethereum's execution API. */

export function blockBody(chain: LocalChain, block: StoredBlock, full: boolean): object {
  const header = chain.headerOf(block);
  const { uncleHash, coinbase, transactionsTrie, receiptTrie, ...rest } = header.toJSON();
  return {
    ...rest,
    hash: block.hash,
    sha3Uncles: uncleHash,
    miner: coinbase,
    transactionsRoot: transactionsTrie,
    receiptsRoot: receiptTrie,
    totalDifficulty: "0x0",
    size: quantity(sizeOf(block)),
    uncles: [],
    withdrawals: [],
    transactions: full
      ? block.transactions.map((_, index) => transactionBody(chain, block, index))
      : block.transactionHashes,
  };
}

export function transactionBody(chain: LocalChain, block: StoredBlock, index: number): object {
  const transaction = chain.transactionAt(block, index);
  const { data, gasLimit, v, r, s, ...rest } = transaction.toJSON();
  const typed = transaction.type !== 0;
  return {
    ...rest,
    type: quantity(transaction.type),
    to: transaction.to?.toString() ?? null,
    gas: gasLimit,
    input: data,
    ...(v === undefined ? {} : { v, r, s }),
    ...(typed && v !== undefined ? { yParity: v } : {}),
    gasPrice: quantity(priceOf(chain, block, index)),
    from: transaction.getSenderAddress().toString(),
    hash: block.transactionHashes[index],
    ...placeOf(block, index),
    blockTimestamp: quantity(block.timestamp),
  };
}

export function receiptBody(chain: LocalChain, block: StoredBlock, index: number): object {
  const transaction = chain.transactionAt(block, index);
  const sender = transaction.getSenderAddress();
  const receipts = block.receipts.slice(0, index + 1).map(decodeReceipt);
  const receipt = receipts[index];
  if (receipt === undefined) {
    throw new Error(`block ${block.number} has no receipt ${index}`);
  }
  const before = receipts[index - 1]?.cumulativeGasUsed ?? 0n;
  const firstLog = receipts.slice(0, index).reduce((sum, { logs }) => sum + logs.length, 0);
  return {
    type: quantity(transaction.type),
    status: quantity(receipt.status),
    cumulativeGasUsed: quantity(receipt.cumulativeGasUsed),
    logs: receipt.logs.map((log, position) => logBody(block, index, firstLog + position, log)),
    logsBloom: bytesToHex(receipt.logsBloom),
    transactionHash: block.transactionHashes[index],
    ...placeOf(block, index),
    gasUsed: quantity(receipt.cumulativeGasUsed - before),
    effectiveGasPrice: quantity(priceOf(chain, block, index)),
    from: sender.toString(),
    to: transaction.to?.toString() ?? null,
    contractAddress:
      transaction.to === undefined ? createContractAddress(sender, transaction.nonce).toString() : null,
  };
}

/** @param logIndex among all logs of the block */
export function logBody(block: StoredBlock, index: number, logIndex: number, log: StoredLog): object {
  return {
    address: bytesToHex(log.address),
    topics: log.topics.map((topic) => bytesToHex(topic)),
    data: bytesToHex(log.data),
    transactionHash: block.transactionHashes[index],
    ...placeOf(block, index),
    blockTimestamp: quantity(block.timestamp),
    logIndex: quantity(logIndex),
    removed: false,
  };
}

function placeOf(block: StoredBlock, index: number): object {
  return {
    blockHash: block.hash,
    blockNumber: quantity(block.number),
    transactionIndex: quantity(index),
  };
}

/** What a transaction paid for a unit of gas, in wei. */
function priceOf(chain: LocalChain, block: StoredBlock, index: number): bigint {
  const baseFee = chain.headerOf(block).baseFeePerGas ?? 0n;
  return baseFee + chain.transactionAt(block, index).getEffectivePriorityFee(baseFee);
}

/** Bytes of the whole block in RLP: header, transactions, no uncles and no withdrawals. */
function sizeOf(block: StoredBlock): number {
  const transactions = block.transactions.map((bytes) =>
    // Legacy transactions are lists, typed ones bytes (EIP-2718).
    (bytes[0] ?? 0) >= 0xc0 ? RLP.decode(bytes) : bytes,
  );
  return RLP.encode([RLP.decode(block.header), transactions, [], []]).length;
}
