import * as z from "zod";
import type { Digest } from "../../platform/primitives";
import type { ChainIdentity } from "../chain";
import { getTimestampCall, TimestampResult } from "../eas/eas";
import { isTimestamped } from "../eas/timestamped";
import { Block, quantity, Receipt } from "../rpc/blocks";
import type { ChainQuestion } from "./witnesses";

/** What a verdict on an anchor rests on, each as a question to all servers. */

/** The block at a height; `null` where the server has not reached it. */
export function blockAt(number: number): ChainQuestion<Block | null> {
  return {
    method: "eth_getBlockByNumber",
    params: [quantity(number), false],
    schema: z.nullable(Block),
    about: `block ${number}`,
    says: (block) => block && `that it is ${block.hash}, number ${block.number}, of time ${block.timestamp}`,
  };
}

/** What EAS stores for a root at a block: seconds since 1970, 0 where it was never timestamped. */
export function timestampAt(
  identity: ChainIdentity,
  batchRoot: Digest,
  block: "latest" | number,
): ChainQuestion<number> {
  const call = { to: identity.contract, data: getTimestampCall(batchRoot) };
  return {
    method: "eth_call",
    params: [call, block === "latest" ? block : quantity(block)],
    schema: TimestampResult,
    about: "the time of the batch",
    says: (time) => (time === 0 ? "that there is none" : `${time}`),
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
        receipt.logs.some((log) => isTimestamped(log, identity, batchRoot, timestamp))
          ? "timestamped"
          : "did not timestamp"
      } the batch`,
  };
}
