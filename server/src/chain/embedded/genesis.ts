import { randomBytes } from "node:crypto";
import { type BlockHeader, createBlockHeader } from "@ethereumjs/block";
import type { Common } from "@ethereumjs/common";

/** What the development account holds at the beginning: 10,000 of the currency, in wei, as on anvil. */
export const GENESIS_BALANCE = 10_000n * 10n ** 18n;

const GAS_LIMIT = 30_000_000n;
const BASE_FEE = 1_000_000_000n;

/** The header of a genesis block that no other chain has: its extra data are 32 random bytes. */
export function randomGenesis(common: Common, stateRoot: Uint8Array, timestamp: number): BlockHeader {
  return createBlockHeader(
    {
      number: 0,
      timestamp,
      stateRoot,
      gasLimit: GAS_LIMIT,
      baseFeePerGas: BASE_FEE,
      extraData: randomBytes(32),
    },
    { common },
  );
}
