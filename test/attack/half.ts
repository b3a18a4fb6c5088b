import { expect } from "vitest";
import { attack, tableOf } from "./attack";

/** Half of the 20,000 mutations that every run of the tests makes; each half has a process of its own. */
const HALF = 10_000;

/** Far more than half a run takes on a busy machine: only a defect takes longer. */
export const HALF_TIMEOUT_MILLISECONDS = 1_800_000;

export async function attackByHalf(seed: number): Promise<void> {
  const result = await attack(HALF, seed);
  console.log(
    `${tableOf(result)}\n${result.reformatted} verified as reformatted, ${result.undecided} undecided`,
  );
  expect(result.examples).toEqual([]);
  // A run in which nothing is verified any more would find nothing.
  for (const [kind, { mutations, verified }] of result.kinds) {
    expect(mutations, kind).toBeGreaterThan(100);
    expect(verified > 0 || kind.includes("repository id"), kind).toBe(true);
  }
  expect(result.reformatted).toBeGreaterThan(100);
}
