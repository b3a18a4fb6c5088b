import type { DidChangeFileVerdicts } from "../../../server/src/protocol/messages";
import { SUMMARIES, type Summary } from "../../../server/src/protocol/verdictWords";

type Counts = DidChangeFileVerdicts.Parameters["files"][number]["counts"];

/** What stands beside a file's name in the Explorer, at most two signs. Whatever is not good, or not known, has two. */
export const FILE_LETTERS: Readonly<Record<Summary, string>> = {
  failed: "F!",
  unknown: "U?",
  pending: "P\u2026",
  unverified: "N!",
  edited: "E",
  stated: "S",
  anchored: "O",
  attested: "T",
  verified: "V",
};

/** A file's mark in the Explorer. */
export interface FileVerdict {
  /** The worst word of its suggestions. */
  readonly summary: Summary;
  readonly letter: string;
  readonly tooltip: string;
}

/** @param counts by word, the worst first */
export function fileVerdict(counts: Counts): FileVerdict | null {
  const [worst, ...others] = counts;
  if (worst === undefined) {
    return null;
  }
  const { summary } = worst;
  const told = counts.map((one) => `${one.count} ${one.summary}`).join(", ");
  const what = others.length === 0 && worst.count === 1 ? `1 suggestion, ${summary}` : told;
  return { summary, letter: FILE_LETTERS[summary], tooltip: `Proofline: ${what}` };
}

/** How many of a document's suggestions came to each word, the worst first. */
export function countsAmong(verdicts: readonly { readonly summary: Summary }[]): Counts {
  return SUMMARIES.flatMap((summary) => {
    const count = verdicts.filter((one) => one.summary === summary).length;
    return count === 0 ? [] : [{ summary, count }];
  });
}
