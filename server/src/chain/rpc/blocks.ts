import * as z from "zod";
import { Address, ChainHash } from "../../platform/primitives";

/** What chains answer, as far as it is used. Unknown members are ignored; everything used is checked. */

/** A number in hexadecimal that JavaScript can hold exactly. */
export const Quantity = z
  .string()
  .regex(/^0x[0-9a-fA-F]{1,16}$/, "expected a number in hexadecimal")
  .transform(Number)
  .refine(Number.isSafeInteger, "expected a number that can be held exactly");

/** An amount of wei or gas. */
export const Amount = z
  .string()
  .regex(/^0x[0-9a-fA-F]{1,64}$/, "expected an amount in hexadecimal")
  .transform((value) => BigInt(value));

export const Bytes = z
  .string()
  // No group in the pattern: a dump of the chain has millions of digits.
  .regex(/^0x[0-9a-fA-F]*$/, "expected bytes in hexadecimal")
  .refine((value) => value.length % 2 === 0, "expected whole bytes")
  .transform((value) => value as `0x${string}`);

const lowerCase = z.string().transform((value) => value.toLowerCase());
export const Hash = lowerCase.pipe(ChainHash);
const Account = lowerCase.pipe(Address);

export const Block = z.object({
  number: Quantity,
  hash: Hash,
  parentHash: Hash,
  timestamp: Quantity,
  baseFeePerGas: Amount.nullish(),
});
export type Block = z.infer<typeof Block>;

export const Log = z.object({
  address: Account,
  topics: z.array(Hash).max(4),
  blockNumber: Quantity,
  blockHash: Hash,
  transactionHash: Hash,
  removed: z.boolean().nullish(),
});
export type Log = z.infer<typeof Log>;

export const Receipt = z.object({
  transactionHash: Hash,
  blockNumber: Quantity,
  blockHash: Hash,
  status: Quantity,
  gasUsed: Amount,
  contractAddress: Account.nullish(),
  logs: z.array(Log),
});
export type Receipt = z.infer<typeof Receipt>;

/** A transaction as a pool or a block holds it. */
export const Transaction = z.object({ hash: Hash, blockHash: Hash.nullish() });

/** A number as the parameter of a call. */
export function quantity(value: number | bigint): `0x${string}` {
  return `0x${value.toString(16)}`;
}
