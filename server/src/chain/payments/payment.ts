import { formatEther } from "viem";
import * as z from "zod";
import { Count, Digest } from "../../platform/primitives";

/** The most that one anchor may cost, in wei, over all transactions that are signed for it. */
export const MAX_PER_ANCHOR = 50_000_000_000_000_000n;

/** The most that one account may pay on one chain within a day, in wei. */
export const MAX_PER_DAY = 200_000_000_000_000_000n;

export const DAY_SECONDS = 86_400;

/** The most batch roots that one transaction timestamps; it stays far below any block's gas. */
export const MAX_ROOTS = 100;

/** Replacements of one transaction by price. */
export const MAX_VERSIONS = 10;

/** An amount of wei in decimal digits. */
const Wei = z.codec(z.string().regex(/^(?:0|[1-9]\d{0,30})$/), z.bigint(), {
  decode: (text) => BigInt(text),
  encode: (wei) => wei.toString(),
});

/** One signed transaction; all versions of a payment have one nonce, so that no two can be included. */
export const Version = z.strictObject({
  hash: z.string().regex(/^0x[0-9a-f]{64}$/),
  /** What it may cost at most: its gas limit times its highest fee. What a rollup adds for the data is not in it. */
  most: Wei,
  maxFeePerGas: Wei,
  /** `null` where the chain has no base fee. */
  tip: z.nullable(Wei),
});
export type Version = z.infer<typeof Version>;

/** What was signed to bring some batch roots onto one chain. It is noted before it is sent. */
export const Payment = z.strictObject({
  nonce: Count,
  roots: z.array(Digest).min(1).max(MAX_ROOTS),
  versions: z.array(Version).min(1).max(MAX_VERSIONS),
  /** When the first version was signed: seconds since 1970 by this computer's clock. */
  time: Count,
  /**
   * `open` until a block took it (`included`) or something else with its nonce (`replaced`). `abandoned`: transactions before it are
   * missing, and no pool knows it; it can still be included one day.
   */
  state: z.enum(["open", "included", "replaced", "abandoned"]),
});
export type Payment = z.infer<typeof Payment>;

/** The higher of two amounts. */
export function higher(one: bigint, other: bigint): bigint {
  return one < other ? other : one;
}

/** What a payment may have cost: only one of its versions can be on the chain. */
export function mostOf({ versions }: Pick<Payment, "versions">): bigint {
  return versions.map(({ most }) => most).reduce(higher, 0n);
}

/**
 * What payments signed within a day before `now` may have cost together. Nothing is deducted for what a server says of them: whoever
 * hides a receipt, or tells of a lower fee, gets no further signature for it. A time after `now` counts: clocks are set back.
 */
export function spentWithinDay(payments: readonly Payment[], now: number): bigint {
  return payments
    .filter(({ time }) => time > now - DAY_SECONDS)
    .reduce((sum, payment) => sum + mostOf(payment), 0n);
}

/** What a person is shown before an account pays on a chain for the first time. Amounts are in wei. */
export interface Bill {
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
