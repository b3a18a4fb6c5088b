import { expect, test } from "vitest";
import { withoutForeignGenesis } from "../../../server/src/chain/embedded/genesis";

const block = (number: number, miner: string) => ({
  header: { parentHash: "0x", number: `0x${number.toString(16)}`, miner },
  transactions: [],
});
const own = block(0, `0x${"ab".repeat(20)}`);
const foreign = block(0, `0x${"00".repeat(20)}`);
const dump = (...blocks: object[]) => JSON.stringify({ block: { number: "0x2" }, accounts: {}, blocks });

test("only the chain's own genesis stays, wherever the foreign ones lie", () => {
  const rest = [block(1, foreign.header.miner), block(2, own.header.miner)];
  const expected = dump(own, ...rest);
  expect(withoutForeignGenesis(dump(own, ...rest))).toBe(expected);
  expect(withoutForeignGenesis(dump(own, foreign, ...rest))).toBe(expected);
  expect(withoutForeignGenesis(dump(foreign, own, foreign, ...rest))).toBe(expected);
});

test("a dump without a genesis of its own, or of another shape, is refused", () => {
  expect(() => withoutForeignGenesis(dump(foreign))).toThrow("no genesis");
  expect(() => withoutForeignGenesis(dump(own, own))).toThrow("no genesis");
  expect(() => withoutForeignGenesis(dump(own).replace('"0x2"', "12345678901234567890"))).toThrow("shape");
  for (const json of ["", "{}", "[]", '{"blocks":[{}]}']) {
    expect(() => withoutForeignGenesis(json)).toThrow();
  }
});
