import * as z from "zod";
import { Digest } from "../platform/primitives";
import { utc } from "../platform/utc";
import { firstLineOf, lastLineOf, type PlaceInText } from "../protocol/coveredLines";
import { REMARKS, SUMMARIES, type Summary } from "../protocol/verdictWords";
import { visibleLines, visibleText } from "../protocol/visibleText";
import { worstFirst } from "../protocol/worstFirst";
import { deviceName } from "./deviceName";
import { nameOf } from "./reasons";
import { remarksOn } from "./remarks";
import type { Verdict } from "./verdict";

const list = <Item extends z.ZodType>(item: Item) => z.array(item).readonly();
const OneBased = z.number().int().min(1);

/** What is known of one suggestion on one line. */
const BlamedSuggestion = z
  .strictObject({
    id: z.string().describe("A label. Two claims may bear the same one."),
    claim: z.string().describe("The leaf hash; while it stands in the journal only, the suggestion's id."),
    startColumn: OneBased.describe("Of this line, in UTF-16 code units: of its first unit."),
    endColumn: OneBased.describe("After its last unit."),
    summary: z.enum(SUMMARIES),
    remarks: list(z.enum(REMARKS)),
    model: z
      .nullable(z.string())
      .describe("What the pin that counts here calls it; null where its evidence cannot be believed."),
    manifestDigest: z
      .nullable(Digest)
      .describe(
        "What the model is known by: its name could be another's, too. Null also where no pin is claimed.",
      ),
    device: z.nullable(z.string()).describe("Null where its evidence cannot be believed."),
    isOwnDevice: z.boolean().describe("It was accepted on this computer."),
    time: z.nullable(z.number()).describe("Since when it is onchain, in seconds since 1970."),
  })
  .readonly();
type BlamedSuggestion = z.infer<typeof BlamedSuggestion>;

/** A file line by line: what `proofline blame --json` prints. */
export const Blame = z
  .strictObject({
    path: z.string().describe("Below the repository's top."),
    lines: list(
      z
        .strictObject({
          line: OneBased,
          text: z.string(),
          suggestions: list(BlamedSuggestion).describe(
            "What of accepted suggestions stands on it, the word of its badge first.",
          ),
        })
        .readonly(),
    ),
  })
  .readonly();
export type Blame = z.infer<typeof Blame>;

/** A verdict where it stands today. */
export interface StandingVerdict {
  readonly verdict: Verdict;
  readonly range: PlaceInText;
}

/**
 * What each line of a file is by its verdicts.
 *
 * @param text with LF between lines
 * @param device the address of this computer's own device; `WITHOUT_KEY` before it has one
 */
export function blame(
  path: string,
  text: string,
  verdicts: readonly StandingVerdict[],
  device: string,
): Blame {
  const lines = text.split("\n");
  if (lines.at(-1) === "") {
    lines.pop();
  }
  const onLines = new Map<number, StandingVerdict[]>();
  for (const standing of verdicts) {
    const { range } = standing;
    const last = Math.min(lastLineOf(range), lines.length - 1);
    for (let line = firstLineOf(range, (at) => lines[at]?.length ?? 0); line <= last; line += 1) {
      const here = onLines.get(line);
      if (here === undefined) {
        onLines.set(line, [standing]);
      } else {
        here.push(standing);
      }
    }
  }
  return {
    path,
    lines: lines.map((text, line) => ({
      line: line + 1,
      text,
      suggestions: worstFirst(onLines.get(line) ?? [], ({ verdict }) => ({
        summary: verdict.summary,
        isPart: remarksOn(verdict).includes("part"),
      })).map((standing) => blamed(standing, line, text.length, device)),
    })),
  };
}

function blamed(
  { verdict, range: { start, end } }: StandingVerdict,
  line: number,
  length: number,
  own: string,
): BlamedSuggestion {
  const { id, claim, summary, checks, findings } = verdict;
  const isBelieved = checks.evidence === "intact";
  return {
    id,
    claim,
    startColumn: (line === start.line ? start.character : 0) + 1,
    endColumn: (line === end.line ? end.character : length) + 1,
    summary,
    remarks: remarksOn(verdict),
    model: isBelieved ? nameOf(findings.model) : null,
    manifestDigest: isBelieved ? findings.model.manifestDigest : null,
    device: isBelieved ? findings.device : null,
    isOwnDevice: isBelieved && findings.device === own,
    time: isBelieved ? (findings.anchor.time ?? null) : null,
  };
}

/** One line of a blame as a person reads it. */
export interface BlameRow {
  /** Verdict, model, device and time in columns, letter by letter; blank where nothing is known of the line. */
  readonly head: string;
  /** The word with which the head begins; `null` where nothing is known of the line. */
  readonly summary: Summary | null;
  readonly line: number;
  /** The line itself, letter by letter but for its tabs. */
  readonly text: string;
}

/**
 * A blame in columns, a row for each line, all heads equally wide.
 *
 * @param detail `short`: for the margin of an editor, which marks by itself how much of a line is the model's
 */
export function blameRows({ lines }: Blame, detail: "whole" | "short"): readonly BlameRow[] {
  const cells = lines.map(({ suggestions }) => cellsOf(suggestions, detail));
  const widths = [0, 1, 2, 3].map((column) => Math.max(0, ...lengthsIn(cells, column)));
  return lines.map(({ line, text, suggestions: [first] }, index) => ({
    head: (cells[index] ?? []).map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  "),
    summary: first?.summary ?? null,
    line,
    text: visibleLines(text),
  }));
}

function lengthsIn(cells: readonly (readonly string[])[], column: number): number[] {
  return cells.map((row) => row[column]?.length ?? 0);
}

/** The widest name of a model, in UTF-16 code units. */
const WIDEST_MODEL = { whole: 32, short: 20 } as const;

function cellsOf(
  [first, ...others]: readonly BlamedSuggestion[],
  detail: "whole" | "short",
): readonly string[] {
  if (first === undefined) {
    return ["", "", "", ""];
  }
  const { summary, remarks, model, device, isOwnDevice, time, startColumn, endColumn } = first;
  const part = detail === "whole" ? `columns ${startColumn} to ${endColumn - 1}` : "part";
  const said = [
    summary,
    ...remarks.map((remark) => (remark === "part" ? part : remark)),
    ...(others.length === 0 ? [] : [`and ${others.length} more`]),
  ];
  const moment = time === null ? "" : utc(time);
  return [
    said.join(" · "),
    visibleText(model ?? "", WIDEST_MODEL[detail]),
    device === null ? "" : deviceName(device, isOwnDevice),
    detail === "whole" ? moment : moment.slice(0, "2026-03-01".length),
  ];
}
