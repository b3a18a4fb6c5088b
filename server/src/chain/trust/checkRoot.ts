import * as z from "zod";
import type { Digest } from "../../platform/primitives";
import type { Anchor, AnchorCheck, AnchorStatus, ChainIdentity } from "../chain";
import { lookUpAnchor } from "../eas/lookUpAnchor";
import { isTimestamped, readTimestamp } from "../eas/timestamped";
import { chainName, isLocalChain } from "../knownChains";
import { Block, quantity, Receipt } from "../rpc/blocks";
import type { Connection, Head } from "../rpc/connection";

/** Where an anchor file names a developer's chain that is not the one at hand. */
export const ANOTHER_COMPUTER = "The batch is anchored on a chain on another computer.";

/**
 * Checks one root against a chain: the contract's timestamp, and every field of an anchor that claims this chain.
 * With several anchors, one that holds is enough. Network failures pass through as rejections.
 */
export async function checkRoot(
  connection: Connection,
  batchRoot: Digest,
  anchors: readonly Anchor[],
): Promise<AnchorCheck> {
  const { rpc, identity } = connection;
  const head = await connection.head();
  const timestamp = await readTimestamp(rpc, identity, batchRoot);
  const about = anchors.filter((anchor) => anchor.batchRoot === batchRoot);
  const here = about.filter((anchor) => misplaced(anchor, identity) === null);
  if (here.length > 0) {
    const checks = await Promise.all(
      here.map((anchor) => checkAnchor(connection, head, batchRoot, anchor, timestamp)),
    );
    return checks.sort(
      (a, b) => PREFERENCE.indexOf(a.status) - PREFERENCE.indexOf(b.status),
    )[0] as AnchorCheck;
  }
  if (timestamp !== 0) {
    const upTo = await connection.freshHead();
    const found = await lookUpAnchor(rpc, identity, batchRoot, timestamp, upTo.number);
    return checkAnchor(connection, upTo, batchRoot, found, timestamp);
  }
  const [claim] = about;
  return claim === undefined
    ? verdict(identity, "pending", "The batch is not on the chain yet.")
    : verdict(identity, "wrongChain", misplaced(claim, identity) ?? ANOTHER_COMPUTER);
}

/** Which of several anchors' results to report: a good one, else one that leaves doubt, else the contradiction. */
const PREFERENCE: readonly AnchorStatus[] = [
  "finalized",
  "included",
  "unreachable",
  "reorged",
  "absent",
  "wrongChain",
  "pending",
];

async function checkAnchor(
  connection: Connection,
  known: Head,
  batchRoot: Digest,
  anchor: Anchor,
  timestamp: number,
): Promise<AnchorCheck> {
  const { rpc, identity } = connection;
  const { number } = anchor.block;
  const head = number > known.number ? await connection.freshHead() : known;
  if (number > head.number && !identity.local) {
    return verdict(
      identity,
      "unreachable",
      `${rpc.host} has only reached block ${head.number}; the anchor is in block ${number}.`,
    );
  }
  if (timestamp === 0) {
    return verdict(
      identity,
      "absent",
      `An anchor file claims block ${number}, but ${identity.name} holds no timestamp for this batch.`,
    );
  }
  if (timestamp !== anchor.timestamp) {
    return verdict(
      identity,
      "reorged",
      `The anchor file says time ${anchor.timestamp}, but ${identity.name} stored ${timestamp}.`,
    );
  }
  const [block, receipt] = await Promise.all([
    rpc.call("eth_getBlockByNumber", [quantity(number), false], z.nullable(Block)),
    rpc.call("eth_getTransactionReceipt", [anchor.transaction], z.nullable(Receipt)),
  ]);
  if (
    block === null ||
    block.number !== number ||
    block.hash !== anchor.block.hash ||
    block.timestamp !== timestamp
  ) {
    return verdict(
      identity,
      "reorged",
      `The anchor file names block ${number} (${anchor.block.hash}), but ${identity.name} has a different block there.`,
    );
  }
  if (receipt === null) {
    return verdict(
      identity,
      "unreachable",
      `${rpc.host} does not show the anchor's transaction, so it could not be checked.`,
    );
  }
  if (
    receipt.status !== 1 ||
    receipt.transactionHash !== anchor.transaction ||
    receipt.blockHash !== anchor.block.hash ||
    receipt.blockNumber !== number ||
    !receipt.logs.some(
      (log) => log.blockHash === anchor.block.hash && isTimestamped(log, identity, batchRoot, timestamp),
    )
  ) {
    return verdict(
      identity,
      "reorged",
      `The transaction that the anchor file names did not timestamp this batch in block ${number}.`,
    );
  }
  const finalized = head.finalized !== null && number <= head.finalized;
  return {
    status: finalized ? "finalized" : "included",
    trust: trustIn(identity),
    identity,
    anchor,
  };
}

/** Why an anchor is not one on this chain; `null` where it claims to be. */
function misplaced(anchor: Anchor, identity: ChainIdentity): string | null {
  if (anchor.chainId !== identity.chainId) {
    return `The batch is anchored on ${otherChain(anchor.chainId)}, not on ${identity.name}.`;
  }
  if (anchor.genesisHash !== identity.genesisHash) {
    if (identity.local) {
      return ANOTHER_COMPUTER;
    }
    return `The batch is anchored on a chain with the id ${anchor.chainId} but another genesis block (${anchor.genesisHash}) than ${identity.name} (${identity.genesisHash}).`;
  }
  if (anchor.contract !== identity.contract) {
    return `The batch is anchored with the contract ${anchor.contract}, but ${identity.contract} is configured.`;
  }
  return null;
}

/** A chain that is not at hand, in a sentence. */
export function otherChain(chainId: number): string {
  return isLocalChain(chainId, null) ? "a local chain" : chainName(chainId, false);
}

function verdict(identity: ChainIdentity, status: AnchorStatus, reason: string): AnchorCheck {
  return { status, trust: trustIn(identity), identity, anchor: null, reason };
}

function trustIn(identity: ChainIdentity): AnchorCheck["trust"] {
  return identity.local ? "local" : "singleRpc";
}
