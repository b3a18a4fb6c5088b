/** ln 2 in two parts: the first has 21 trailing zero bits, so that its product with a small integer is exact. */
const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;

/** 1/0!, 1/1!, … 1/13!: beyond that a term is smaller than half a unit in the last place. */
const COEFFICIENTS: readonly number[] = (() => {
  const list = [1];
  for (let n = 1; n <= 13; n++) {
    list.push((list[n - 1] ?? 0) / n);
  }
  return list;
})();

/** 2^-1, 2^-2, … as far as numbers go. */
const NEGATIVE_POWERS: readonly number[] = (() => {
  const list = [1];
  for (let power = 0.5; power > 0; power /= 2) {
    list.push(power);
  }
  return list;
})();

/**
 * e to the power of `x`, for `x` at most 0; within two units in the last place above the subnormal numbers.
 *
 * ECMAScript leaves the last bits of `Math.exp` to the platform. This uses sums, products and `Math.round` only,
 * which IEEE 754 and ECMAScript define to the last bit, so what a sampler decides with it is the same everywhere.
 * Method: x = k·ln 2 + r with |r| ≤ ln 2 / 2, a Taylor polynomial of e^r, and an exact power of two.
 */
export function exponential(x: number): number {
  if (!(x <= 0)) {
    throw new RangeError(`the exponent ${x} is above 0`);
  }
  const k = Math.round(x * Math.LOG2E);
  const scale = NEGATIVE_POWERS[-k];
  if (scale === undefined) {
    return 0;
  }
  const r = x - k * LN2_HIGH - k * LN2_LOW;
  let sum = 0;
  for (let n = COEFFICIENTS.length - 1; n >= 0; n--) {
    sum = sum * r + (COEFFICIENTS[n] ?? 0);
  }
  return sum * scale;
}
