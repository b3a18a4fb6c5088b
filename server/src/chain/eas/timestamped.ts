import type { Digest } from "../../platform/primitives";
import type { Anchor, ChainIdentity } from "../chain";
import type { Log } from "../rpc/blocks";
import type { ChainServer } from "../rpc/chainServer";
import { getTimestampCall, TIMESTAMPED_TOPIC, TimestampResult, word } from "./eas";

/** What EAS stores for a root now: seconds since 1970, 0 where it was never timestamped. */
export function readTimestamp(rpc: ChainServer, identity: ChainIdentity, batchRoot: Digest): Promise<number> {
  const call = { to: identity.contract, data: getTimestampCall(batchRoot) };
  return rpc.call("eth_call", [call, "latest"], TimestampResult);
}

/** Whether a log is EAS's `Timestamped` event for this root and time. */
export function isTimestamped(
  log: Log,
  identity: ChainIdentity,
  batchRoot: Digest,
  timestamp: number,
): boolean {
  return (
    log.removed !== true &&
    log.address === identity.contract &&
    log.topics[0] === TIMESTAMPED_TOPIC &&
    log.topics[1] === word(batchRoot) &&
    log.topics[2] === `0x${timestamp.toString(16).padStart(64, "0")}`
  );
}

/** The anchor that one of these logs is, if any. */
export function anchorAmong(
  logs: readonly Log[],
  identity: ChainIdentity,
  batchRoot: Digest,
  timestamp: number,
): Anchor | null {
  const log = logs.find((candidate) => isTimestamped(candidate, identity, batchRoot, timestamp));
  if (log === undefined) {
    return null;
  }
  return {
    batchRoot,
    chainId: identity.chainId,
    genesisHash: identity.genesisHash,
    contract: identity.contract,
    block: { number: log.blockNumber, hash: log.blockHash },
    transaction: log.transactionHash,
    timestamp,
  };
}
