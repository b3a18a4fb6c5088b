import type { Digest } from "../../platform/primitives";
import type { Anchor, AnchorCheck, AnchorStatus, ChainIdentity } from "../chain";
import { lookUpAnchor } from "../eas/lookUpAnchor";
import { isTimestamped } from "../eas/timestamped";
import { chainName, isLocalChain } from "../knownChains";
import type { Block, Receipt } from "../rpc/blocks";
import type { Connection, Head } from "../rpc/connection";
import { RpcError, RpcFailure } from "../rpc/rpc";
import type { ProofChecker } from "./proofChecker";
import { blockAt, receiptOf, timestampAt } from "./questions";
import { proveTime } from "./takeProof";
import { common, DisputedError } from "./witnesses";

/** Where an anchor file names a developer's chain that is not the one at hand. */
export const ANOTHER_COMPUTER = "The batch is anchored on a chain on another computer.";

/** What is asked about: one batch root on one chain. */
interface Question {
  readonly connection: Connection;
  readonly batchRoot: Digest;
}

/** What all servers say that EAS stores for the root, at a head that they agree on. */
interface Stored {
  readonly head: Head;
  readonly timestamp: number;
  readonly operators: ReadonlySet<string>;
}

/**
 * Checks one root against a chain: the contract's timestamp, and every field of an anchor that claims this chain, by the
 * word of all its servers. With several anchors, one that holds is enough; what the others say otherwise is told beside it.
 *
 * @throws DisputedError where the servers contradict each other or themselves. Network failures pass through.
 */
export async function checkRoot(
  connection: Connection,
  batchRoot: Digest,
  anchors: readonly Anchor[],
  proofs: ProofChecker,
): Promise<AnchorCheck> {
  const { identity } = connection;
  const question = { connection, batchRoot };
  const about = anchors.filter((anchor) => anchor.batchRoot === batchRoot);
  const remarks = about.flatMap((anchor) => misplaced(anchor, identity) ?? []);
  const elsewhere = remarks[0];
  const here = about.filter((anchor) => misplaced(anchor, identity) === null);
  const rest: Anchor[] = [];
  for (const anchor of here) {
    const proved = await checkProved(question, anchor, proofs);
    if (proved === null || typeof proved === "string") {
      rest.push(anchor);
      remarks.push(...(proved === null ? [] : [proved]));
    } else if (proved.anchor !== null) {
      return withRemarks(proved, remarks);
    } else {
      // The block that is proved is not the chain's: what else is known of the batch decides.
      rest.push(anchor);
    }
  }
  const stored = await storedAt(question, await connection.head());
  if (rest.length > 0) {
    const checks = await Promise.all(rest.map((anchor) => checkAnchor(question, stored, anchor)));
    checks.sort((a, b) => PREFERENCE.indexOf(a.status) - PREFERENCE.indexOf(b.status));
    const [best, ...others] = checks;
    if (best !== undefined) {
      return withRemarks(best, [...others.flatMap(({ reason }) => reason ?? []), ...remarks]);
    }
  }
  if (stored.timestamp !== 0) {
    return withRemarks(await found(question), remarks);
  }
  return elsewhere === undefined
    ? verdict(stored, identity, "pending", "The batch is not on the chain yet.")
    : verdict(stored, identity, "wrongChain", elsewhere);
}

/**
 * An anchor that brings a proof, of whose block only the word of the servers is needed. `null` where it has none that can be read
 * here, a sentence where the proof does not hold.
 */
async function checkProved(
  { connection }: Question,
  anchor: Anchor,
  proofs: ProofChecker,
): Promise<AnchorCheck | string | null> {
  const { identity, witnesses, facts } = connection;
  const { number } = anchor.block;
  if (anchor.proof === undefined || facts === null) {
    return null;
  }
  const flaw = await proofs.flawOf(anchor, facts);
  if (flaw !== null) {
    return `The proof in the anchor file counts for nothing: ${flaw}.`;
  }
  const before = await connection.head();
  const head = number > before.number ? await connection.freshHead() : before;
  if (number > head.number) {
    return null;
  }
  const block = await witnesses.ask(blockAt(number));
  if (block.value === null) {
    return null;
  }
  const operators = common([head.operators, block.operators]);
  const otherBlock = blockContradiction(block.value, anchor, identity);
  if (otherBlock !== null) {
    return verdict({ operators }, identity, "reorged", otherBlock);
  }
  const finalized = head.finalized !== null && number <= head.finalized;
  const trust = trustIn({ operators }, identity);
  return {
    status: finalized ? "finalized" : "included",
    ...trust,
    // Under a block that one operator alone reports a proof shows what that operator says.
    ...(trust.trust === "quorum" && { trust: "stateProof" }),
    identity,
    anchor,
  };
}

/** Which of several anchors' results to report: a good one, else one that leaves doubt, else the contradiction. */
const PREFERENCE: readonly AnchorStatus[] = [
  "finalized",
  "included",
  "disputed",
  "unreachable",
  "reorged",
  "absent",
  "wrongChain",
  "pending",
];

/** What anchor files say that is not so, beside an anchor that holds; otherwise the reason has said enough. */
function withRemarks(check: AnchorCheck, remarks: readonly string[]): AnchorCheck {
  return check.anchor === null || remarks.length === 0 ? check : { ...check, remarks: [...new Set(remarks)] };
}

async function storedAt({ connection, batchRoot }: Question, head: Head): Promise<Stored> {
  const { identity, witnesses } = connection;
  // A local chain forgets the states of old blocks, and there is only one server.
  const block = identity.local ? "latest" : head.number;
  const { value, operators } = await witnesses.ask(timestampAt(identity, batchRoot, block));
  return { head, timestamp: value, operators: common([head.operators, operators]) };
}

/**
 * The anchor of a root of which only its timestamp is known. Any server may show it, and what it shows is checked as an
 * anchor file's word is.
 */
async function found(question: Question): Promise<AnchorCheck> {
  const { connection, batchRoot } = question;
  const stored = await storedAt(question, await connection.freshHead());
  let failure: unknown;
  for (const { server } of connection.witnesses.witnesses) {
    try {
      const anchor = await lookUpAnchor(
        server,
        connection.identity,
        batchRoot,
        stored.timestamp,
        stored.head.number,
      );
      const check = await checkAnchor(question, stored, anchor);
      if (check.anchor !== null) {
        return check;
      }
      failure ??= new RpcFailure(`${server.host} shows an anchor that does not hold: ${check.reason}`);
    } catch (error) {
      if (!(error instanceof RpcFailure) && !(error instanceof RpcError)) {
        throw error;
      }
      failure ??= error;
    }
  }
  throw failure;
}

async function checkAnchor(question: Question, before: Stored, anchor: Anchor): Promise<AnchorCheck> {
  const { connection, batchRoot } = question;
  const { identity, witnesses } = connection;
  const { number } = anchor.block;
  const stored =
    number > before.head.number ? await storedAt(question, await connection.freshHead()) : before;
  const { head, timestamp } = stored;
  if (number > head.number && !identity.local) {
    return verdict(
      stored,
      identity,
      "unreachable",
      `${hostsOf(connection)} only reached block ${head.number}; the anchor is in block ${number}.`,
    );
  }
  if (timestamp === 0) {
    const proved = await isProvedAbsent(question, stored);
    return {
      ...verdict(
        stored,
        identity,
        "absent",
        `An anchor file claims block ${number}, but ${identity.name} holds no timestamp for this batch.`,
      ),
      ...(proved && { trust: "stateProof" }),
    };
  }
  if (timestamp !== anchor.timestamp) {
    return verdict(
      stored,
      identity,
      "reorged",
      `The anchor file says time ${anchor.timestamp}, but ${identity.name} stored ${timestamp}.`,
    );
  }
  const [block, receipt] = await Promise.all([
    witnesses.ask(blockAt(number)),
    witnesses.ask(receiptOf(anchor.transaction, identity, batchRoot, timestamp)),
  ]);
  const said: Stored = {
    ...stored,
    operators: common([stored.operators, block.operators, receipt.operators]),
  };
  // Many servers no longer hold what is old (EIP-4444), and that contradicts nothing.
  if (block.value === null && number <= head.number) {
    return verdict(
      said,
      identity,
      "unreachable",
      `${hostsOf(connection)} not shown block ${number}, so the anchor could not be checked.`,
    );
  }
  const otherBlock = blockContradiction(block.value, anchor, identity);
  if (otherBlock !== null) {
    return verdict(said, identity, "reorged", otherBlock);
  }
  if (timestamp > head.timestamp || timestamp < connection.genesisTime) {
    throw new DisputedError(
      `${hostsOf(connection)} contradicted themselves: block ${number} cannot be of time ${timestamp} on a chain that lasts from ${connection.genesisTime} to ${head.timestamp}.`,
    );
  }
  if (receipt.value === null) {
    return verdict(
      said,
      identity,
      "unreachable",
      `${hostsOf(connection)} not shown the anchor's transaction, so it could not be checked.`,
    );
  }
  if (!isReceiptOf(receipt.value, anchor, identity, timestamp)) {
    return verdict(
      said,
      identity,
      "reorged",
      `The transaction that the anchor file names did not timestamp this batch in block ${number}.`,
    );
  }
  const finalized = head.finalized !== null && number <= head.finalized;
  return { status: finalized ? "finalized" : "included", ...trustIn(said, identity), identity, anchor };
}

/**
 * Whether a proof at the head shows, too, that EAS stores nothing for the root, under a block that two operators report.
 *
 * @throws DisputedError where a proof shows that it does
 */
async function isProvedAbsent({ connection, batchRoot }: Question, { head }: Stored): Promise<boolean> {
  const { facts, witnesses } = connection;
  const time = facts === null ? null : await proveTime(batchRoot, head, facts, witnesses.witnesses);
  if (time !== null && time !== 0) {
    throw new DisputedError(
      `${hostsOf(connection)} contradicted themselves: they say that the batch has no time, and prove that it is ${time}.`,
    );
  }
  return time === 0 && head.operators.size > 1;
}

/** How the block at the anchor's height differs from what the anchor says of it; `null` where it does not. */
function blockContradiction(block: Block | null, anchor: Anchor, identity: ChainIdentity): string | null {
  const { number, hash } = anchor.block;
  if (block === null || block.number !== number || block.hash !== hash) {
    return `The anchor file names block ${number} (${hash}), but ${identity.name} has a different block there.`;
  }
  return block.timestamp === anchor.timestamp
    ? null
    : `The anchor file names block ${number}, which is of time ${block.timestamp}, but the batch was timestamped at ${anchor.timestamp}.`;
}

function isReceiptOf(
  receipt: Receipt,
  { batchRoot, block, transaction }: Anchor,
  identity: ChainIdentity,
  timestamp: number,
): boolean {
  return (
    receipt.status === 1 &&
    receipt.transactionHash === transaction &&
    receipt.blockHash === block.hash &&
    receipt.blockNumber === block.number &&
    receipt.logs.some(
      (log) => log.blockHash === block.hash && isTimestamped(log, identity, batchRoot, timestamp),
    )
  );
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

/** Who was asked, as the beginning of a sentence in the perfect tense. */
function hostsOf({ witnesses: { witnesses } }: Connection): string {
  const hosts = witnesses.map(({ server }) => server.host);
  return `${hosts.join(", ")} ${hosts.length === 1 ? "has" : "have"}`;
}

function verdict(
  stored: Pick<Stored, "operators">,
  identity: ChainIdentity,
  status: AnchorStatus,
  reason: string,
): AnchorCheck {
  return { status, ...trustIn(stored, identity), identity, anchor: null, reason };
}

/** Two operators who say all of it are a quorum. */
function trustIn(
  { operators }: Pick<Stored, "operators">,
  identity: ChainIdentity,
): Pick<AnchorCheck, "trust" | "operators"> {
  if (identity.local) {
    return { trust: "local" };
  }
  return { trust: operators.size > 1 ? "quorum" : "singleRpc", operators: [...operators].sort() };
}
