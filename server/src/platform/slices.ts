/** How long work may keep its thread from everything else, in milliseconds. Goes no further than when to pause. */
const SLICE_MILLISECONDS = 4;

/** Does work that comes in small steps without pausing, for whoever has nothing else to do. */
export function atOnce<Result>(steps: Generator<unknown, Result, void>): Result {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) {
      return value;
    }
  }
}

/** Does work that comes in small steps, and lets the thread do something else now and then. */
export async function inSlices<Result>(steps: Generator<unknown, Result, void>): Promise<Result> {
  for (let began = performance.now(); ; ) {
    const { done, value } = steps.next();
    if (done === true) {
      return value;
    }
    if (performance.now() - began >= SLICE_MILLISECONDS) {
      await new Promise(setImmediate);
      began = performance.now();
    }
  }
}

/**
 * Begins work on many items without waiting for any, lets the thread do something else now and then meanwhile, and resolves
 * to what all of it came to, in their order.
 */
export async function allBegunInSlices<Item, Result>(
  items: Iterable<Item>,
  begin: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const begun: Promise<Result>[] = [];
  let began = performance.now();
  for (const item of items) {
    const result = begin(item);
    // It may fail before anybody waits for it.
    result.catch(() => {});
    begun.push(result);
    // What follows its first steps is to be done in this slice, too.
    await null;
    if (performance.now() - began >= SLICE_MILLISECONDS) {
      await new Promise(setImmediate);
      began = performance.now();
    }
  }
  return Promise.all(begun);
}
