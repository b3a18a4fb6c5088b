import { firstLineOf, lastLineOf } from "../../../server/src/protocol/coveredLines";
import type { ShownVerdict } from "../../../server/src/protocol/messages";
import { countsAmong } from "./fileVerdict";

/** What stands above a run of lines that hold accepted suggestions. */
export interface ReviewLine {
  /** The run's first line, zero-based. */
  readonly line: number;
  /** Verdict, whose, and since when. */
  readonly title: string;
  /** The suggestion whose word is the worst. */
  readonly id: string;
}

/**
 * One line above each run of adjacent lines that hold something of accepted suggestions, from top to bottom.
 *
 * @param lengthOf a line's length in the document
 */
export function reviewLinesOf(
  verdicts: readonly ShownVerdict[],
  lengthOf: (line: number) => number,
): readonly ReviewLine[] {
  const runs: { first: number; last: number; here: ShownVerdict[] }[] = [];
  const covering = verdicts
    .map((verdict) => ({
      verdict,
      first: firstLineOf(verdict.range, lengthOf),
      last: lastLineOf(verdict.range),
    }))
    .sort((one, other) => one.first - other.first);
  for (const { verdict, first, last } of covering) {
    const run = runs.at(-1);
    if (run !== undefined && first <= run.last + 1) {
      run.last = Math.max(run.last, last);
      run.here.push(verdict);
    } else {
      runs.push({ first, last, here: [verdict] });
    }
  }
  return runs.flatMap(({ first, here }) => reviewLine(first, here));
}

function reviewLine(line: number, here: readonly ShownVerdict[]): readonly ReviewLine[] {
  const counts = countsAmong(here);
  const worst = here.find(({ summary }) => summary === counts[0]?.summary);
  if (worst === undefined) {
    return [];
  }
  const said = [
    here.length === 1
      ? [worst.summary, ...worst.remarks].join(" · ")
      : counts.map(({ summary, count }) => `${count} ${summary}`).join(", "),
    whose(here),
    since(here),
  ];
  return [{ line, title: said.filter((one) => one !== "").join(" · "), id: worst.id }];
}

function whose(here: readonly ShownVerdict[]): string {
  const devices = new Set(here.flatMap(({ device }) => device ?? []));
  const [device] = devices;
  return device === undefined
    ? ""
    : devices.size === 1
      ? `accepted on ${device}`
      : `accepted on ${devices.size} devices`;
}

/** Since when all of it is onchain. */
function since(here: readonly ShownVerdict[]): string {
  const times = here.map((one) => one.since ?? "").sort();
  const [first = ""] = times;
  return first === "" ? "" : `onchain since ${times.at(-1)}`;
}
