/** How slow this machine is now: what every deadline of the workbench tests is multiplied with. */
import { createHash } from "node:crypto";

const VARIABLE = "PROOFLINE_TEST_SLOWNESS";

/** What the two pieces of work below take on a machine of two ordinary cores with nothing else to do. */
const REFERENCE = { workMilliseconds: 150, windowMilliseconds: 6_000 };
const LARGEST = 20;

/**
 * The larger of two ratios, from 1 to 20: to compute something, which tells of the processor, and to open a window,
 * which tells of all the rest.
 *
 * @param openWindow opens a first window and closes it again
 */
export async function measureSlowness(openWindow: () => Promise<void>): Promise<number> {
  const work = await millisecondsOf(compute);
  const window = await millisecondsOf(openWindow);
  const ratio = Math.max(work / REFERENCE.workMilliseconds, window / REFERENCE.windowMilliseconds);
  return Math.min(LARGEST, Math.max(1, ratio));
}

/** Hands the factor on to this process and to those that it starts. */
export function rememberSlowness(slowness: number): void {
  process.env[VARIABLE] = `${slowness}`;
}

/** A duration as it is on this machine. */
export function scaled(milliseconds: number): number {
  return Math.ceil(milliseconds * Number(process.env.PROOFLINE_TEST_SLOWNESS ?? 1));
}

async function millisecondsOf(work: () => Promise<void> | void): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

function compute(): void {
  let digest = Buffer.alloc(32);
  for (let round = 0; round < 50_000; round += 1) {
    digest = createHash("sha256").update(digest).digest();
  }
}
