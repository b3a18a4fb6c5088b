import * as z from "zod";
import type { Digest } from "../../platform/primitives";
import type { ChainIdentity } from "../chain";
import { isTimestamped } from "../eas/timestamped";
import { Block, quantity, Receipt } from "../rpc/blocks";
import type { ChainQuestion, Witness } from "./witnesses";

/** What a verdict on an anchor rests on, each as a question to all servers. */

/** The block at a height; `null` where the server has not reached it, by the blocks that each says that it has. */
export function blockAt(number: number, reached: ReadonlyMap<Witness, Block>): ChainQuestion<Block | null> {
  return {
    method: "eth_getBlockByNumber",
    params: [quantity(number), false],
    schema: z.nullable(Block),
    about: `block ${number}`,
    says: (block) => block && `that it is ${block.hash}, number ${block.number}, of time ${block.timestamp}`,
    isKnownTo: (witness) => (reached.get(witness)?.number ?? -1) >= number,
  };
}

/** The receipt of an anchor's transaction; `null` where the server does not show it. */
export function receiptOf(
  transaction: string,
  identity: ChainIdentity,
  batchRoot: Digest,
  timestamp: number,
): ChainQuestion<Receipt | null> {
  return {
    method: "eth_getTransactionReceipt",
    params: [transaction],
    schema: z.nullable(Receipt),
    about: "the anchor's transaction",
    says: (receipt) =>
      receipt &&
      `that ${receipt.transactionHash} ${receipt.status === 1 ? "succeeded" : "failed"} in block ${receipt.blockNumber} (${receipt.blockHash}) and ${
        showsTimestamp(receipt, identity, batchRoot, timestamp) ? "timestamped" : "did not timestamp"
      } the batch`,
  };
}

/** Whether a receipt shows that its transaction timestamped a root, by an event that fits the receipt in each field. */
export function showsTimestamp(
  { status, transactionHash, blockNumber, blockHash, logs }: Receipt,
  identity: ChainIdentity,
  batchRoot: Digest,
  timestamp: number,
): boolean {
  return (
    status === 1 &&
    logs.some(
      (log) =>
        log.transactionHash === transactionHash &&
        log.blockNumber === blockNumber &&
        log.blockHash === blockHash &&
        isTimestamped(log, identity, batchRoot, timestamp),
    )
  );
}
