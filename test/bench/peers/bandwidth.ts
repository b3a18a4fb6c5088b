/** How fast the processors can read memory together: what bounds the speed of writing one token after another. */
import { Worker } from "node:worker_threads";

/** Larger than any cache. */
const BYTES = 256e6;
const ROUNDS = 6;

/** Compares two equal blocks (the C library's `memcmp`, which reads both in full) and says how long that took. */
const READER = `
const { parentPort, workerData } = require("node:worker_threads");
const [left, right] = [Buffer.alloc(workerData.bytes / 2, 1), Buffer.alloc(workerData.bytes / 2, 1)];
const { gate, threads } = workerData;
for (let round = 1; round <= workerData.rounds; round++) {
  // All readers begin together.
  if (Atomics.add(gate, 0, 1) + 1 === threads * round) Atomics.notify(gate, 0);
  for (let seen; (seen = Atomics.load(gate, 0)) < threads * round; ) Atomics.wait(gate, 0, seen, 5);
  const started = performance.now();
  if (!left.equals(right)) throw new Error("memory changed");
  parentPort.postMessage(performance.now() - started);
}
`;

/** Bytes a second that `threads` threads read from memory together, at best. */
export async function measureBandwidth(threads: number): Promise<number> {
  const gate = new Int32Array(new SharedArrayBuffer(4));
  const workerData = { bytes: BYTES, rounds: ROUNDS, gate, threads };
  const readers = await Promise.all(
    Array.from({ length: threads }, async () => {
      const times: number[] = [];
      const worker = new Worker(READER, { eval: true, workerData });
      worker.on("message", (time: number) => times.push(time));
      await new Promise<void>((resolve, reject) => {
        worker.on("error", reject);
        worker.on("exit", () => resolve());
      });
      return times;
    }),
  );
  const rounds = Array.from({ length: ROUNDS }, (_, round) =>
    Math.max(...readers.map((times) => times[round] ?? Number.POSITIVE_INFINITY)),
  );
  return (BYTES * threads * 1000) / Math.min(...rounds);
}
