import * as z from "zod";
import { Count } from "../platform/primitives";
import { SUMMARIES, type Summary } from "../protocol/verdictWords";
import { Verdict } from "./verdict";

const list = <Item extends z.ZodType>(item: Item) => z.array(item).readonly();

/** An evidence or anchor file that could not be believed as it lies there. */
export const FileProblem = z
  .strictObject({
    path: z.string().describe("Below the repository's top."),
    problem: z.string(),
    line: z.number().int().min(1).exactOptional().describe("Where in the file, if that is known."),
  })
  .readonly();
export type FileProblem = z.infer<typeof FileProblem>;

const ofClaim = { claim: z.string(), id: z.string(), path: z.string() };

/** A piece that is told of beside the others: a better claim stands in its place, or it says too little. */
export const BesideVerdict = z
  .strictObject({
    ...ofClaim,
    line: z.number().int().min(1),
    summary: z.enum(SUMMARIES),
    why: z.enum(["contested", "fragment"]),
  })
  .readonly();
export type BesideVerdict = z.infer<typeof BesideVerdict>;

/** A piece whose evidence a base holds and today's folder does not, while its text still stands. */
export const VanishedEvidence = z
  .strictObject({
    ...ofClaim,
    line: z.nullable(z.number().int().min(1)),
    evidenceFile: z.string().describe("As revision:path."),
    today: z
      .enum(["gone", "broken", "other"])
      .describe("What lies at its path now: nothing, what cannot be believed, or other evidence."),
  })
  .readonly();
export type VanishedEvidence = z.infer<typeof VanishedEvidence>;

/** Changed lines of which no evidence says anything, one after the other. Nobody knows who wrote them. */
export const UnattributedLines = z
  .strictObject({
    path: z.string(),
    startLine: z.number().int().min(1),
    endLine: z.number().int().min(1),
  })
  .readonly();
export type UnattributedLines = z.infer<typeof UnattributedLines>;

/** What `proofline verify --json` prints, and what the language server holds for a repository. */
export const Report = z
  .strictObject({
    summary: z.record(z.enum(SUMMARIES), Count).readonly(),
    suggestions: list(Verdict).describe("Pieces that have a place in today's text."),
    beside: list(BesideVerdict),
    gone: list(z.strictObject(ofClaim).readonly()).describe(
      "Pieces of which nothing is left; they count in no total.",
    ),
    vanished: list(VanishedEvidence).describe("Found against a base; empty without one."),
    unattributed: list(UnattributedLines).describe(
      "Found against a base where a policy asks for it; empty otherwise.",
    ),
    files: list(FileProblem),
  })
  .readonly();
export type Report = z.infer<typeof Report>;

/** How many of some verdicts have each word. */
export function countSummaries(verdicts: readonly Pick<Verdict, "summary">[]): Record<Summary, number> {
  const counts = Object.fromEntries(SUMMARIES.map((summary) => [summary, 0])) as Record<Summary, number>;
  for (const { summary } of verdicts) {
    counts[summary] += 1;
  }
  return counts;
}
