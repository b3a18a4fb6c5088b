import { describe, expect, it } from "vitest";
import { Moves } from "../../../server/src/policy/moves";
import type { Report } from "../../../server/src/policy/report";
import { portionsOf } from "../../../server/src/workflows/verify";
import { aManifest } from "../../attack/attack";
import { MUTATIONS } from "../../attack/mutations";
import { Random } from "../../attack/random";
import { honestState } from "../../attack/state";
import { Verifier } from "../../attack/verifyState";
import { makeWorld } from "../../attack/world";

/** A report without the order in which it tells of pieces that have no place of their own. */
function unordered({ beside, gone, ...rest }: Report): unknown {
  const sorted = (items: readonly unknown[]): string[] => items.map((item) => JSON.stringify(item)).sort();
  return { ...rest, beside: sorted(beside), gone: sorted(gone) };
}

describe("verification in portions", () => {
  it("says what it says at once, whatever was done to the repository", async () => {
    const world = makeWorld(aManifest());
    const verifier = new Verifier();
    for (const [index, mutation] of [...MUTATIONS, ...MUTATIONS, ...MUTATIONS].entries()) {
      const state = honestState(world);
      mutation.apply(state, new Random(index), world);
      const whole = await verifier.verify(state);
      const portions = await verifier.verify(state, 1);
      expect(unordered(portions.report), mutation.kind).toEqual(unordered(whole.report));
    }
  });

  it("takes each file once, in the order of their paths", () => {
    const none = { evidence: [], moves: Moves.NONE };
    expect(portionsOf(none, new Set(["b", "a"]))).toEqual([new Set(["a", "b"])]);
    expect(portionsOf(none, new Set())).toEqual([]);
  });
});
