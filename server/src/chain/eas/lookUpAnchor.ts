import * as z from "zod";
import type { Digest } from "../../platform/primitives";
import type { Anchor, ChainIdentity } from "../chain";
import { Block, Log, quantity } from "../rpc/blocks";
import type { ChainServer } from "../rpc/chainServer";
import { RpcFailure } from "../rpc/rpc";
import { TIMESTAMPED_TOPIC, word } from "./eas";
import { anchorAmong } from "./timestamped";

/** Public servers limit the span of a log query; this one passes nearly everywhere. */
const MAX_LOG_SPAN = 500;

/** The most blocks with one timestamp that are searched, on chains with several blocks in a second. */
const MAX_SAME_TIME = 5_000;

/**
 * Finds the anchor of a root of which only EAS's timestamp is known. The timestamp is the time of the block, and
 * times never decrease, so the block is found by bisection and only its logs are asked for, whatever the chain's age.
 *
 * @throws RpcFailure where the server does not show the event.
 */
export async function lookUpAnchor(
  rpc: ChainServer,
  identity: ChainIdentity,
  batchRoot: Digest,
  timestamp: number,
  latest: number,
): Promise<Anchor> {
  const time = async (number: number): Promise<number> =>
    (await rpc.call("eth_getBlockByNumber", [quantity(number), false], Block)).timestamp;
  const first = await firstBlock(async (number) => (await time(number)) >= timestamp, latest);
  const last = Math.min(
    (await firstBlock(async (number) => (await time(number)) > timestamp, latest, first)) - 1,
    first + MAX_SAME_TIME,
  );
  for (let from = first; from <= last; from += MAX_LOG_SPAN) {
    const logs = await rpc.call(
      "eth_getLogs",
      [
        {
          address: identity.contract,
          topics: [TIMESTAMPED_TOPIC, word(batchRoot)],
          fromBlock: quantity(from),
          toBlock: quantity(Math.min(from + MAX_LOG_SPAN - 1, last)),
        },
      ],
      z.array(Log).max(MAX_LOG_SPAN),
    );
    const anchor = anchorAmong(logs, identity, batchRoot, timestamp);
    if (anchor !== null) {
      return anchor;
    }
  }
  throw new RpcFailure(`${rpc.host} knows the root's timestamp but does not show its block`);
}

/** The first block from `low` up to `latest` that fits, where all later ones fit, too; else `latest + 1`. */
async function firstBlock(
  fits: (number: number) => Promise<boolean>,
  latest: number,
  low = 0,
): Promise<number> {
  let high = latest + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (await fits(middle)) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}
