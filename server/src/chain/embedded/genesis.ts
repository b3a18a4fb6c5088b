import { randomBytes } from "node:crypto";
import * as z from "zod";

/** The id by which every tool knows a developer's own chain. */
export const EMBEDDED_CHAIN_ID = 31337;

const NOBODY = `0x${"0".repeat(40)}`;

/**
 * A genesis that no other chain has. anvil ignores most of what a genesis file says; the hash depends on coinbase,
 * time and base fee only (anvil 1.7.1, measured), so the coinbase carries 160 random bits.
 */
export function randomGenesis(): object {
  return {
    config: { chainId: EMBEDDED_CHAIN_ID },
    nonce: "0x0",
    timestamp: `0x${Math.floor(Date.now() / 1000).toString(16)}`,
    extraData: "0x",
    gasLimit: "0x1c9c380",
    difficulty: "0x0",
    mixHash: `0x${"0".repeat(64)}`,
    coinbase: `0x${randomBytes(20).toString("hex")}`,
    alloc: {},
  };
}

const Dump = z.object({
  blocks: z.array(z.object({ header: z.object({ number: z.string(), miner: z.string() }) })),
});

/**
 * Takes foreign genesis blocks out of a dump: anvil makes one of its own whenever it starts, keeps it beside the one
 * that it loads, and dumps both in any order, so that the next start might take the wrong one (anvil 1.7.1). Its own
 * has the zero address as coinbase.
 *
 * @throws Error where the dump has another shape.
 */
export function withoutForeignGenesis(json: string): string {
  const dump: { blocks: unknown[] } = JSON.parse(json);
  // Numbers beyond what JavaScript holds would change unnoticed.
  if (JSON.stringify(dump) !== json) {
    throw new Error("the dump has another shape than expected");
  }
  const geneses = Dump.parse(dump).blocks.map(({ header }) =>
    Number(header.number) === 0 ? (header.miner === NOBODY ? "foreign" : "own") : "none",
  );
  if (geneses.filter((genesis) => genesis === "own").length !== 1) {
    throw new Error("the dump has no genesis of its own");
  }
  return JSON.stringify({ ...dump, blocks: dump.blocks.filter((_, index) => geneses[index] !== "foreign") });
}
