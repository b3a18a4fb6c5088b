/** Measured values of one kind, in the order they came. */
export class Samples {
  private readonly values: number[] = [];

  add(value: number): void {
    this.values.push(value);
  }

  get count(): number {
    return this.values.length;
  }

  get mean(): number {
    return this.values.reduce((sum, value) => sum + value, 0) / this.values.length;
  }

  /** Standard error of the mean. */
  get error(): number {
    const squares = this.values.reduce((sum, value) => sum + (value - this.mean) ** 2, 0);
    return Math.sqrt(squares / (this.count - 1) / this.count);
  }

  /** The smallest value that at least `share` (0 to 1) of all values do not exceed. */
  percentile(share: number): number {
    const sorted = [...this.values].sort((a, b) => a - b);
    return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
  }

  /** Median and 95th percentile with a unit, for people. */
  describe(unit: string, digits = 1): string {
    return `p50 ${this.percentile(0.5).toFixed(digits)} ${unit}, p95 ${this.percentile(0.95).toFixed(digits)} ${unit} (n=${this.count})`;
  }
}

export async function timed<Value>(samples: Samples, work: () => Promise<Value>): Promise<Value> {
  const started = performance.now();
  const value = await work();
  samples.add(performance.now() - started);
  return value;
}

export function row(name: string, value: string): void {
  console.log(`${name.padEnd(44)} ${value}`);
}
