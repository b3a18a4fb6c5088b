/**
 * Shared flags by which a process knows when it may end: onnxruntime's binding aborts the whole process when its thread
 * is torn down in the middle of a run.
 */
export type BusyFlags = Int32Array;

/** 1 while the worker does what it was asked. Set by whoever hands it work, cleared by the worker. */
const ASKED = 0;
/** 1 while the worker does what nobody asked for. */
const UNASKED = 1;
/** 1 once the process is about to end, after which nothing more is begun that nobody asked for. */
const ENDING = 2;

export function newBusyFlags(): BusyFlags {
  return new Int32Array(new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT));
}

/** The worker is handed work. */
export function handOver(flags: BusyFlags): void {
  Atomics.store(flags, ASKED, 1);
}

/** The worker has done what it was asked; called before the answer goes, since the next work may come at once. */
export function done(flags: BusyFlags): void {
  clear(flags, ASKED);
}

/** Does what nobody asked for, unless the process is about to end. */
export async function unlessEnding<Value>(
  flags: BusyFlags,
  work: () => Promise<Value>,
): Promise<Value | null> {
  Atomics.store(flags, UNASKED, 1);
  try {
    return Atomics.load(flags, ENDING) === 1 ? null : await work();
  } finally {
    clear(flags, UNASKED);
  }
}

/** Lets nothing more begin, and waits until the worker does nothing, so many milliseconds for each of both at most. */
export function end(flags: BusyFlags, milliseconds: number): void {
  Atomics.store(flags, ENDING, 1);
  Atomics.wait(flags, ASKED, 1, milliseconds);
  Atomics.wait(flags, UNASKED, 1, milliseconds);
}

function clear(flags: BusyFlags, flag: number): void {
  Atomics.store(flags, flag, 0);
  Atomics.notify(flags, flag);
}
