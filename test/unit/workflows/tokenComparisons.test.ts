import { describe, expect, it } from "vitest";
import { MAX_ROUNDS, TokenComparisons } from "../../../server/src/workflows/tokenComparisons";

describe("comparisons of tokens", () => {
  it("forget nothing that a verification asked, however much it asks", async () => {
    const comparisons = new TokenComparisons({ sameTokens: async () => true });
    const ask = (): number =>
      Array.from({ length: 10_000 }, (_, index) =>
        comparisons.sameTokens("a.js", `f( ${index})`, `f(${index})`),
      ).filter((same) => same).length;
    const known: number[] = [ask()];
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      expect(await comparisons.answer()).toBe(true);
      known.push(ask());
    }
    expect(known).toEqual([0, 2048, 4096]);
  });
});
