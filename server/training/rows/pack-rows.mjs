/** Put samples of different lengths together into rows of one length. */

/** Rows that are being filled at the same time. */
const OPEN_ROWS = 64;

/** A row this full is finished. */
const FULL_SHARE = 0.9;

/**
 * First fit into a small pool of open rows. Samples come in a random order, so rows leave in one too.
 * @param {Iterable<number[]>} samples
 * @param {number} length ids per row
 * @returns {Generator<number[]>} rows no longer than `length`
 */
export function* packRows(samples, length) {
  /** @type {number[][]} */
  const open = [];
  for (const sample of samples) {
    if (sample.length > length * FULL_SHARE) {
      yield sample;
      continue;
    }
    const fit = open.findIndex((row) => row.length + sample.length <= length);
    if (fit < 0) {
      open.push(sample);
      if (open.length > OPEN_ROWS) {
        yield/** @type {number[]} */ (open.shift());
      }
      continue;
    }
    open[fit] = open[fit].concat(sample);
    if (open[fit].length > length * FULL_SHARE) {
      yield open.splice(fit, 1)[0];
    }
  }
  yield* open;
}
