/** What was measured, as a Markdown table and as JSON. */
import type { Samples } from "../samples";
import { type Comparison, PROMPT_LENGTHS, type SideResult } from "./comparison";
import type { EndToEnd } from "./endToEnd";
import type { ComparedModel } from "./models";

export interface Report {
  readonly model: ComparedModel;
  readonly comparison: Comparison;
  readonly endToEnd: EndToEnd | null;
  readonly threads: number;
  /** Bytes a second. */
  readonly bandwidth: number;
}

interface Row {
  readonly name: string;
  /** Whether a larger number is the better one. */
  readonly better: "more" | "less";
  readonly digits: number;
  readonly of: (result: SideResult) => Samples | number;
}

const generatedShare = (bandwidth: number) => (result: SideResult) =>
  (result.generated.percentile(0.5) * result.side.weightBytes * 100) / bandwidth;

function rows({ bandwidth, comparison }: Report): Row[] {
  const [ours] = comparison.results;
  const places: Row[] = [
    { name: "real places: cold, ms", better: "less", digits: 0, of: ({ placeCold }) => placeCold },
    {
      name: "real places: one more keystroke, ms",
      better: "less",
      digits: 0,
      of: ({ placeWarm }) => placeWarm,
    },
  ];
  return [
    ...PROMPT_LENGTHS.map(
      (length): Row => ({
        name: `prompt of ${length}, tokens/s`,
        better: "more",
        digits: 0,
        of: ({ prompt }) => prompt.get(length) ?? Number.NaN,
      }),
    ),
    { name: "generated, tokens/s", better: "more", digits: 1, of: ({ generated }) => generated },
    { name: "16 tokens after 900, cold, ms", better: "less", digits: 0, of: ({ cold }) => cold },
    { name: "16 tokens after one more, ms", better: "less", digits: 0, of: ({ warm }) => warm },
    {
      name: "one more, as a share of cold",
      better: "less",
      digits: 2,
      of: ({ cold, warm }) => warm.percentile(0.5) / cold.percentile(0.5),
    },
    ...(ours?.placeCold.count ? places : []),
    { name: "process start to model loaded, ms", better: "less", digits: 0, of: ({ startMs }) => startMs },
    { name: "peak memory, MB", better: "less", digits: 0, of: ({ peakMegabytes }) => peakMegabytes },
    { name: "share of memory bandwidth, %", better: "more", digits: 0, of: generatedShare(bandwidth) },
  ];
}

export function markdownTable(report: Report): string {
  const { results } = report.comparison;
  const [ours, ...others] = results;
  if (ours === undefined) {
    return "";
  }
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [
    line(["", ...results.map(({ side }) => side.name), ...others.map(({ side }) => `ahead of ${side.name}`)]),
    line(["---", ...[...results, ...others].map(() => "--:")]),
    ...rows(report).map(({ name, better, digits, of }) =>
      line([
        name,
        ...results.map((result) => cell(of(result), digits)),
        ...others.map((other) => ahead(of(ours), of(other), better)),
      ]),
    ),
  ].join("\n");
}

/** Median, and the smallest and largest value. */
function cell(value: Samples | number, digits: number): string {
  if (typeof value === "number") {
    return value.toFixed(digits);
  }
  const [least, most] = [value.percentile(0), value.percentile(1)];
  return `${value.percentile(0.5).toFixed(digits)} (${least.toFixed(digits)}–${most.toFixed(digits)})`;
}

/** How far ahead by the medians, and in brackets by the best values, which other work on the machine disturbs least. */
function ahead(ours: Samples | number, theirs: Samples | number, better: Row["better"]): string {
  const factor = (at: number): string => {
    const ratio = valueAt(ours, at) / valueAt(theirs, at);
    return `${(better === "more" ? ratio : 1 / ratio).toFixed(2)}×`;
  };
  return typeof ours === "number" ? factor(0.5) : `${factor(0.5)} (${factor(better === "more" ? 1 : 0)})`;
}

function valueAt(value: Samples | number, share: number): number {
  return typeof value === "number" ? value : value.percentile(share);
}

export function jsonReport(report: Report, machine: Readonly<Record<string, unknown>>): string {
  const { comparison, endToEnd } = report;
  const numbers = (value: Samples | number): unknown =>
    typeof value === "number"
      ? value
      : {
          median: value.percentile(0.5),
          least: value.percentile(0),
          most: value.percentile(1),
          count: value.count,
        };
  const json = {
    machine,
    model: report.model.title,
    threads: report.threads,
    bandwidth: report.bandwidth,
    agreements: comparison.agreements,
    sides: comparison.results.map((result) => ({
      ...result.side,
      path: undefined,
      version: result.version,
      measured: Object.fromEntries(rows(report).map(({ name, of }) => [name, numbers(of(result))])),
    })),
    replay: Object.fromEntries(
      [...(comparison.results[0]?.checked ?? [])].map(([length, share]) => [length, numbers(share)]),
    ),
    endToEnd:
      endToEnd === null
        ? null
        : {
            cold: numbers(endToEnd.cold),
            warm: numbers(endToEnd.warm),
            promptTokens: numbers(endToEnd.promptTokens),
            tokens: numbers(endToEnd.tokens),
          },
  };
  return `${JSON.stringify(json, null, 1)}\n`;
}
