/** What probe.ts is asked and tells, and how logits are compared. */
import { largestIndex } from "../peers/logits";

export interface ProbeRequest {
  /** A folder with `config.json` and `onnx/model.onnx`. */
  readonly folder: string;
  /** `wasm`: the kernels of WebAssembly, which `portable/v1` uses, with tokens in any number. */
  readonly kernels: "native" | "wasm";
  /** Tokens of real text; of each window what is lost and chosen is told. */
  readonly windows: readonly (readonly number[])[];
  /** Tokens that are run in several shapes; empty for no such comparison. */
  readonly shapes: readonly number[];
  /** Where the logits of the first window's first tokens are left, as float32; `null` for nowhere. */
  readonly logits: { readonly path: string; readonly tokens: number } | null;
  /** First choices that others made in the same windows, by name. */
  readonly others: Readonly<Record<string, readonly (readonly number[])[]>>;
}

export interface ProbeResult {
  /** Mean bits per token of each window. */
  readonly bits: readonly number[];
  /** The first choice after each token of each window. */
  readonly choices: readonly (readonly number[])[];
  readonly standsAlone: boolean;
  readonly shapes: readonly ShapeResult[];
  readonly others: Readonly<Record<string, OtherChoices>>;
}

/** One way to run tokens, compared with one pass over all. */
export interface ShapeResult {
  /** Tokens of a run. */
  readonly rows: number;
  /** Share of logits with the same bits. */
  readonly same: number;
  readonly largestDifference: number;
  /** Share of positions with another first choice. */
  readonly otherChoices: number;
}

/** What others chose, by this one's logits. */
export interface OtherChoices {
  readonly positions: number;
  readonly different: number;
  /** The largest logit by which one of theirs stands behind the first choice. */
  readonly furthestBehind: number;
}

export function rowsOf(logits: Float32Array, size: number): Float32Array[] {
  return Array.from({ length: logits.length / size }, (_, row) =>
    logits.subarray(row * size, (row + 1) * size),
  );
}

/** How far logits stray from others of the same tokens. */
export function differenceOf(
  expected: Float32Array,
  found: Float32Array,
  size: number,
): Omit<ShapeResult, "rows"> {
  let [same, largestDifference] = [0, 0];
  for (const [at, value] of expected.entries()) {
    const other = found[at] ?? Number.NaN;
    same += Object.is(value, other) ? 1 : 0;
    largestDifference = Math.max(largestDifference, Math.abs(value - other));
  }
  const theirs = rowsOf(found, size);
  const rows = rowsOf(expected, size);
  const others = rows.filter((row, at) => largestIndex(row) !== largestIndex(theirs[at] ?? row)).length;
  return { same: same / expected.length, largestDifference, otherChoices: others / rows.length };
}
