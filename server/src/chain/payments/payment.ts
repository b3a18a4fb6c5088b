import { formatEther, type Hex, keccak256, parseTransaction, toBytes } from "viem";
import { sha256Digest } from "../../platform/digests";
import type { Digest } from "../../platform/primitives";
import { timestampedBy } from "../eas/eas";

/** The most that one subject may cost, an anchor say, in wei, over all transactions that are signed for it within 30 days. */
export const MAX_PER_SUBJECT = 50_000_000_000_000_000n;

/** The most that one account may pay on one chain within a day, in wei. */
export const MAX_PER_DAY = 200_000_000_000_000_000n;

/** Nonces that one subject may take within 30 days, where other clients with the same key are faster each time. */
export const MAX_NONCES = 5;

/** The most batch roots that one transaction timestamps; it stays far below any block's gas. */
export const MAX_ROOTS = 100;

/** One signed transaction. Of several with one nonce, no two can be included. */
export interface Signed {
  /** Its bytes, which can be sent again as often as need be: it is included once at most. */
  readonly transaction: Hex;
  readonly hash: Hex;
  readonly nonce: number;
  /** What it does: the batch roots that it timestamps, or its call. */
  readonly subjects: readonly Digest[];
  /** What it may cost at most: its gas limit times its highest fee. What a rollup adds for the data is not in it. */
  readonly most: bigint;
  readonly maxFeePerGas: bigint;
  /** `null` where the chain has no base fee. */
  readonly tip: bigint | null;
}

/**
 * Reads what was signed from the signed bytes themselves, so that no note can say anything else of it.
 *
 * @throws where it is no call
 */
export function readSigned(transaction: Hex): Signed {
  const parsed = parseTransaction(transaction);
  const { nonce = 0, gas, data, type } = parsed;
  if (gas === undefined || data === undefined || (type !== "eip1559" && type !== "legacy")) {
    throw new Error("expected a call with its limit of gas");
  }
  // What is nothing is left out by the parser.
  const price = (type === "eip1559" ? parsed.maxFeePerGas : parsed.gasPrice) ?? 0n;
  return {
    transaction,
    hash: keccak256(transaction),
    nonce,
    subjects: subjectsOf(data),
    most: gas * price,
    maxFeePerGas: price,
    tip: type === "eip1559" ? (parsed.maxPriorityFeePerGas ?? 0n) : null,
  };
}

/** What counts of a signed transaction, or of one that is yet to be signed. */
export type Cost = Pick<Signed, "nonce" | "subjects" | "most">;

/** What a call is about: the batch roots that it timestamps; any other call, itself, by the SHA-256 of its data. */
export function subjectsOf(data: Hex): readonly Digest[] {
  return timestampedBy(data) ?? [sha256Digest(toBytes(data))];
}

/**
 * What transactions can cost together: of each nonce the dearest. Nothing is deducted for what a server says of them; whoever hides
 * a receipt, or tells of a lower fee, gets no further signature for it.
 */
export function mostOf(costs: readonly Cost[]): bigint {
  const byNonce = new Map<number, bigint>();
  for (const { nonce, most } of costs) {
    byNonce.set(nonce, higher(byNonce.get(nonce) ?? 0n, most));
  }
  return [...byNonce.values()].reduce((sum, most) => sum + most, 0n);
}

/** Those of the transactions that are about a subject. */
export function about<One extends Cost>(costs: readonly One[], subject: Digest): readonly One[] {
  return costs.filter(({ subjects }) => subjects.includes(subject));
}

/** The higher of two amounts. */
export function higher(one: bigint, other: bigint): bigint {
  return one < other ? other : one;
}

/** What a person is shown before an account pays on a chain for the first time. Amounts are in wei. */
export interface Bill {
  /** The chain on which the signature is good, whatever its server says of itself. */
  readonly chain: string;
  readonly account: string;
  readonly batches: number;
  /** With the fees of the moment. */
  readonly expected: bigint;
  readonly most: bigint;
}

/** An amount for people, in the chain's own currency. */
export function currency(wei: bigint): string {
  return formatEther(wei);
}
