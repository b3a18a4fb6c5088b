import { setTimeout as delay } from "node:timers/promises";
import type { Digest } from "../../platform/primitives";
import type { Anchor, AnchorCheck, AnchorStatus, AnchorTrust, ChainIdentity } from "../chain";
import { lookUpAnchor } from "../eas/lookUpAnchor";
import { chainName, isLocalChain } from "../knownChains";
import type { Block, Receipt } from "../rpc/blocks";
import type { Connection, Head } from "../rpc/connection";
import { RpcError, RpcFailure } from "../rpc/rpc";
import type { ProofChecker } from "./proofChecker";
import { blockAt, receiptOf, showsTimestamp } from "./questions";
import { storedTime } from "./storedTime";
import { proveTime } from "./takeProof";
import { common, DisputedError, type Witness } from "./witnesses";

/** Where an anchor file names a developer's chain that is not the one at hand. */
export const ANOTHER_COMPUTER =
  "The batch is anchored on a chain on another computer, which cannot be asked from here. Its author can anchor it on a public chain as well.";

/**
 * How many anchor files about one root are asked about, and how many sentences about them are told: a few are honest, and whoever
 * writes to a repository could add any number.
 */
const MAX_FILES = 16;

/** Computers behind one address and servers of one chain differ by so many blocks for a moment. */
const USUAL_LAG = 64;

/** How long to wait, time and again, for servers that lag so little. */
export const CATCH_UP_MILLISECONDS = [250, 500, 1_000];

/** What is asked about: one batch root on one chain. */
interface Question {
  readonly connection: Connection;
  readonly batchRoot: Digest;
  readonly proofs: ProofChecker;
}

/** What all servers say that EAS stores for the root. */
interface Stored {
  readonly head: Head;
  readonly timestamp: number;
  readonly operators: ReadonlySet<string>;
  /** Who can be reached and does not say it. */
  readonly silent: readonly Witness[];
}

/**
 * Checks one root against a chain: the contract's timestamp, and every field of an anchor that claims this chain, by the
 * word of all its servers. With several anchors, one that holds is enough; what the others say otherwise is told beside it.
 * Where a server has not got so far by a few blocks it is waited for, a second or two.
 *
 * @throws DisputedError where the servers contradict each other or themselves. Network failures pass through.
 */
export async function checkRoot(
  connection: Connection,
  batchRoot: Digest,
  anchors: readonly Anchor[],
  proofs: ProofChecker,
): Promise<AnchorCheck> {
  const question = { connection, batchRoot, proofs };
  const about = anchors.filter((anchor) => anchor.batchRoot === batchRoot);
  let head = await connection.head();
  if (claimsAbove(head, connection, about).length > 0) {
    head = await connection.freshHead();
  }
  for (const milliseconds of CATCH_UP_MILLISECONDS) {
    const check = await checkAt(question, head, about);
    if (check.status !== "unreachable" || !isSoonReached(head, claimsAbove(head, connection, about))) {
      return check;
    }
    await delay(milliseconds);
    head = await connection.head();
  }
  return checkAt(question, head, about);
}

/** The heights above the head at which files place the root on this chain. */
function claimsAbove(head: Head, { identity }: Connection, about: readonly Anchor[]): readonly number[] {
  return about
    .filter((anchor) => anchor.block.number > head.number && misplaced(anchor, identity) === null)
    .map(({ block }) => block.number);
}

/** Whether a few more blocks may answer what could not be said. */
function isSoonReached(head: Head, claims: readonly number[]): boolean {
  const heights = [...claims, ...[...head.reached.values()].map(({ number }) => number)];
  return heights.some((height) => height > head.number && height <= head.number + USUAL_LAG);
}

async function checkAt(question: Question, head: Head, about: readonly Anchor[]): Promise<AnchorCheck> {
  const { identity } = question.connection;
  const remarks = about.flatMap((anchor) => misplaced(anchor, identity) ?? []);
  const elsewhere = remarks[0];
  const here = about.filter((anchor) => misplaced(anchor, identity) === null);
  // What lies above the head is in doubt without a question, and one such file says as much as many.
  const isAbove = ({ block }: Anchor): boolean => !identity.local && block.number > head.number;
  const above = here.filter(isAbove);
  const reached = here.filter((anchor) => !isAbove(anchor));
  const asked = [...reached.slice(0, MAX_FILES), ...above.slice(0, 1)];
  const left = [...reached.slice(MAX_FILES), ...above.slice(1)];
  const proved = await provedAmong(question, head, asked, remarks);
  if (proved !== null) {
    return withRemarks(proved, remarks, left.length);
  }
  const stored = await storedAt(question, head);
  if (asked.length === 0) {
    return withRemarks(await checkUnclaimed(question, stored, elsewhere), remarks, left.length);
  }
  const tried = await tryAll(asked.map((anchor) => () => checkAnchor(question, stored, anchor)));
  const [claimed] = tried.checks;
  // What files leave in doubt, or what hides behind too many of them, the servers may show of themselves.
  const isWanting = claimed?.anchor == null ? left.length > 0 : !isSaidByAll(claimed, stored);
  const shown =
    isWanting && stored.timestamp !== 0 && stored.silent.length === 0
      ? await tryAll([() => found(question, stored, left, remarks)])
      : { checks: [], failures: [] };
  const [best, ...others] = [...tried.checks, ...shown.checks].sort(compareChecks);
  const [failure] = [...tried.failures, ...shown.failures];
  if (best === undefined || (best.anchor === null && failure !== undefined)) {
    throw failure;
  }
  return withRemarks(best, [...others.flatMap(({ reason }) => reason ?? []), ...remarks], left.length);
}

/** A root that no file places on this chain. */
async function checkUnclaimed(
  question: Question,
  stored: Stored,
  elsewhere: string | undefined,
): Promise<AnchorCheck> {
  const { identity } = question.connection;
  if (stored.silent.length > 0) {
    return verdict(stored, identity, "unreachable", timeUnsaid(stored));
  }
  if (stored.timestamp !== 0) {
    return found(question, stored, [], []);
  }
  return elsewhere === undefined
    ? verdict(stored, identity, "pending", "The batch is not on the chain yet.")
    : verdict(stored, identity, "wrongChain", elsewhere);
}

interface Tried {
  /** The best first. */
  readonly checks: readonly AnchorCheck[];
  readonly failures: readonly unknown[];
}

/** What several ways of looking come to, of which one may fail and leave the others as they are. */
async function tryAll(ways: readonly (() => Promise<AnchorCheck>)[]): Promise<Tried> {
  const checks: AnchorCheck[] = [];
  const failures: unknown[] = [];
  await Promise.all(
    ways.map(async (way) => {
      try {
        checks.push(await way());
      } catch (error) {
        failures.push(expected(error));
      }
    }),
  );
  return { checks: checks.sort(compareChecks), failures };
}

/** What servers do to us, as opposed to what is our own mistake. */
function expected(error: unknown): DisputedError | RpcFailure | RpcError {
  if (error instanceof DisputedError || error instanceof RpcFailure || error instanceof RpcError) {
    return error;
  }
  throw error;
}

/** Which of several results to report: a good one, else one that leaves doubt, else the contradiction. */
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

/** Of several good ones, whose word is better. */
const TRUST_PREFERENCE: readonly AnchorTrust[] = [
  "stateProof",
  "quorum",
  "offlineProof",
  "singleRpc",
  "local",
];

function compareChecks(one: AnchorCheck, other: AnchorCheck): number {
  return (
    PREFERENCE.indexOf(one.status) - PREFERENCE.indexOf(other.status) ||
    TRUST_PREFERENCE.indexOf(one.trust) - TRUST_PREFERENCE.indexOf(other.trust) ||
    (other.operators?.length ?? 0) - (one.operators?.length ?? 0)
  );
}

/** Whether everybody who says the root's time says the rest, too. */
function isSaidByAll({ operators }: AnchorCheck, stored: Stored): boolean {
  return operators === undefined || operators.length >= stored.operators.size;
}

/** The best of the anchors that bring a proof which holds; `null` where none does. What does not hold is told of. */
async function provedAmong(
  question: Question,
  head: Head,
  anchors: readonly Anchor[],
  remarks: string[],
): Promise<AnchorCheck | null> {
  const proved = await Promise.all(anchors.map((anchor) => checkProved(question, head, anchor)));
  remarks.push(...proved.filter((one) => typeof one === "string"));
  const [best = null] = proved.filter((one) => one !== null && typeof one !== "string").sort(compareChecks);
  return best;
}

/**
 * An anchor that brings a proof, of whose block only the word of the servers is needed. `null` where it has none that can be read
 * here, or its block is not the chain's by the word of all; a sentence where the proof does not hold.
 */
async function checkProved(
  { connection, proofs }: Question,
  head: Head,
  anchor: Anchor,
): Promise<AnchorCheck | string | null> {
  const { identity, witnesses, facts } = connection;
  const { number } = anchor.block;
  if (anchor.proof === undefined || facts === null || number > head.number) {
    return null;
  }
  const block = await witnesses.ask(blockAt(number, head.reached)).catch((error: unknown) => {
    // Whatever else is known of the batch decides, and may meet the same.
    expected(error);
    return null;
  });
  if (
    block === null ||
    block.silent.length > 0 ||
    blockContradiction(block.value, anchor, identity) !== null
  ) {
    return null;
  }
  const flaw = await proofs.flawOf(anchor, facts);
  if (flaw !== null) {
    return `The proof in the anchor file counts for nothing: ${flaw}.`;
  }
  const finalized = head.finalized !== null && number <= head.finalized;
  const trust = trustIn({ operators: common([head.operators, block.operators]) }, identity);
  return {
    status: finalized ? "finalized" : "included",
    ...trust,
    // Under a block that one operator alone reports a proof shows what that operator says.
    ...(trust.trust === "quorum" && { trust: "stateProof" }),
    identity,
    anchor,
  };
}

/** What anchor files say that is not so beside an anchor that holds, and how many were left out. */
function withRemarks(check: AnchorCheck, remarks: readonly string[], left: number): AnchorCheck {
  const different = [...new Set(remarks)];
  const told = check.anchor === null ? [] : different.slice(0, MAX_FILES);
  const untold = left + (check.anchor === null ? 0 : different.length - told.length);
  const more =
    untold === 0
      ? []
      : [
          `${untold} more anchor ${untold === 1 ? "file" : "files"} about this batch ${untold === 1 ? "was" : "were"} left out.`,
        ];
  if (check.anchor === null) {
    return more.length === 0 ? check : { ...check, reason: [check.reason ?? "", ...more].join(" ").trim() };
  }
  const all = [...(check.remarks ?? []), ...told, ...more];
  return all.length === 0 ? check : { ...check, remarks: all };
}

async function storedAt({ connection, batchRoot }: Question, head: Head): Promise<Stored> {
  const { value, operators, silent } = await storedTime(connection, batchRoot, head);
  return { head, timestamp: value, operators: common([head.operators, operators]), silent };
}

/**
 * The anchor of a root of which only its timestamp is known. Any server may show it, and what it shows is checked as an
 * anchor file's word is: that of which most operators say all is taken, so that none can put an invented transaction in the place
 * of the true one. A file among those given that proves the same is better still.
 *
 * @throws the first failure where none shows an anchor that holds, a dispute before all others.
 */
async function found(
  question: Question,
  before: Stored,
  files: readonly Anchor[],
  remarks: string[],
): Promise<AnchorCheck> {
  const { connection, batchRoot } = question;
  const { identity, witnesses } = connection;
  const stored = identity.local ? await storedAt(question, await connection.freshHead()) : before;
  const { head, timestamp } = stored;
  let best: AnchorCheck | undefined;
  let failure: unknown;
  for (const { server } of witnesses.witnesses) {
    try {
      const anchor = await lookUpAnchor(server, identity, batchRoot, timestamp, head.number);
      const check = await checkAnchor(question, stored, anchor);
      if (check.anchor === null) {
        failure ??= new RpcFailure(
          `${server.host} shows an anchor that does not hold: ${check.reason}`,
          true,
        );
      } else if (best === undefined || compareChecks(check, best) < 0) {
        best = check;
      }
    } catch (error) {
      // What another one shows may hold all the same.
      const isDispute = expected(error) instanceof DisputedError && !(failure instanceof DisputedError);
      failure = isDispute ? error : (failure ?? error);
    }
    if (best !== undefined && isSaidByAll(best, stored)) {
      break;
    }
  }
  if (best === undefined) {
    throw failure;
  }
  const { hash } = best.anchor?.block ?? {};
  const same = files.filter(({ proof, block }) => proof !== undefined && block.hash === hash);
  return (await provedAmong(question, head, same.slice(0, MAX_FILES), remarks)) ?? best;
}

async function checkAnchor(question: Question, stored: Stored, anchor: Anchor): Promise<AnchorCheck> {
  const { connection, batchRoot } = question;
  const { identity, witnesses } = connection;
  const { number } = anchor.block;
  const { head, timestamp } = stored;
  if (number > head.number && !identity.local) {
    return verdict(
      stored,
      identity,
      "unreachable",
      `${reachedSentence(head)}; the anchor is in block ${number}.`,
    );
  }
  if (stored.silent.length > 0) {
    return verdict(stored, identity, "unreachable", timeUnsaid(stored));
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
    witnesses.ask(blockAt(number, head.reached)),
    witnesses.ask(receiptOf(anchor.transaction, identity, batchRoot, timestamp)),
  ]);
  const said: Stored = {
    ...stored,
    operators: common([stored.operators, block.operators, receipt.operators]),
  };
  // Many servers no longer hold what is old (EIP-4444). That contradicts nothing, and it confirms nothing either.
  if (number <= head.number && (block.value === null || block.silent.length > 0)) {
    return verdict(
      said,
      identity,
      "unreachable",
      `${haveHosts(block.silent)} not shown block ${number}, so the anchor could not be checked.`,
    );
  }
  const otherBlock = blockContradiction(block.value, anchor, identity);
  if (otherBlock !== null) {
    return verdict(said, identity, "reorged", otherBlock);
  }
  if (timestamp > head.timestamp || timestamp < connection.genesisTime) {
    throw new DisputedError(
      `${haveHosts(witnesses.witnesses)} contradicted themselves: block ${number} cannot be of time ${timestamp} on a chain that lasts from ${connection.genesisTime} to ${head.timestamp}.`,
    );
  }
  const unshown = `${haveHosts(receipt.silent)} not shown the anchor's transaction`;
  if (receipt.value === null) {
    return verdict(said, identity, "unreachable", `${unshown}, so it could not be checked.`);
  }
  if (!isReceiptOf(receipt.value, anchor, identity, timestamp)) {
    return receipt.silent.length > 0
      ? verdict(
          said,
          identity,
          "unreachable",
          `${unshown}, of which others say that it did not timestamp this batch.`,
        )
      : verdict(
          said,
          identity,
          "reorged",
          `The transaction that the anchor file names did not timestamp this batch in block ${number}.`,
        );
  }
  const finalized = head.finalized !== null && number <= head.finalized;
  return {
    status: finalized ? "finalized" : "included",
    ...trustIn(said, identity),
    identity,
    anchor,
    // Time and block are everybody's word; which transaction it was is not.
    ...(receipt.silent.length > 0 && { transactionUnsure: true, remarks: [`${unshown}.`] }),
  };
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
      `${haveHosts(witnesses.witnesses)} contradicted themselves: they say that the batch has no time, and prove that it is ${time}.`,
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
    receipt.transactionHash === transaction &&
    receipt.blockHash === block.hash &&
    receipt.blockNumber === block.number &&
    showsTimestamp(receipt, identity, batchRoot, timestamp)
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

/** Servers as the beginning of a sentence in the perfect tense. */
function haveHosts(witnesses: readonly Witness[]): string {
  const hosts = witnesses.map(({ server }) => server.host);
  return `${hosts.join(", ")} ${hosts.length === 1 ? "has" : "have"}`;
}

/** Who has got how far, as the beginning of a sentence: those who hold it back, and what others claim to have reached. */
function reachedSentence({ number, reached }: Head): string {
  const least = Math.min(...[...reached.values()].map((block) => block.number));
  const lowest = [...reached].filter(([, block]) => block.number === least).map(([witness]) => witness);
  const others = [...reached]
    .filter(([, block]) => block.number > least)
    .map(([{ server }, block]) => `${server.host} says ${block.number}`);
  const beside = others.length === 0 ? "" : ` (${others.join(", ")})`;
  return `${haveHosts(lowest)} only reached block ${number}${beside}`;
}

/** Who does not say when the batch was anchored, though others do. */
function timeUnsaid({ head, silent, timestamp }: Stored): string {
  const behind = silent.filter((witness) => (head.reached.get(witness) ?? head).timestamp < timestamp);
  return behind.length > 0
    ? `${reachedSentence(head)}; others say that the batch is anchored later.`
    : `${haveHosts(silent)} not said what is stored for the batch, so it could not be checked.`;
}

function verdict(
  stored: Pick<Stored, "operators">,
  identity: ChainIdentity,
  status: AnchorStatus,
  reason: string,
): AnchorCheck {
  // Where somebody does not say it, it is nobody's word.
  const trust = status === "unreachable" && !identity.local ? NOBODYS : trustIn(stored, identity);
  return { status, ...trust, identity, anchor: null, reason };
}

const NOBODYS: Pick<AnchorCheck, "trust"> = { trust: "singleRpc" };

/** Two operators who say all of it are a quorum. */
export function trustIn(
  { operators }: Pick<Stored, "operators">,
  identity: ChainIdentity,
): Pick<AnchorCheck, "trust" | "operators"> {
  if (identity.local) {
    return { trust: "local" };
  }
  return { trust: operators.size > 1 ? "quorum" : "singleRpc", operators: [...operators].sort() };
}
