import { unreachable } from "../../platform/errors";
import { firstLineOf, lastLineOf } from "../../protocol/coveredLines";
import { remarksOn } from "../remarks";
import { placeOf, type Verdict } from "../verdict";

/** A suggestion where it stands today, and what other tools may be told of who wrote its lines. */
export interface StandingSuggestion {
  readonly verdict: Verdict;
  /** Below the repository's top. */
  readonly path: string;
  /** Whole lines, from one, both included. */
  readonly startLine: number;
  readonly endLine: number;
  readonly authorship: Authorship;
  /** Whether its evidence is whole and nothing contradicts it, so that what it says may be told on. */
  readonly isBelieved: boolean;
}

/**
 * `ai`: evidence that nothing contradicts says that a model wrote these lines, and they stand as it wrote them; how far that was checked is
 * the verdict's to say. `mixed`: other text stands among them, whoever wrote it. `unknown`: nobody can tell.
 */
export type Authorship = "ai" | "mixed" | "unknown";

/**
 * The suggestions that have a place in today's texts.
 *
 * @param texts with LF, by path
 */
export function standingSuggestions(
  verdicts: readonly Verdict[],
  texts: ReadonlyMap<string, string>,
): readonly StandingSuggestion[] {
  const lines = new Map([...texts].map(([path, text]) => [path, text.split("\n")]));
  return verdicts.flatMap((verdict) => {
    const place = placeOf(verdict);
    const here = lines.get(verdict.path);
    if (place === null || here === undefined) {
      return [];
    }
    const first = firstLineOf(place, (line) => here[line]?.length ?? 0);
    return [
      {
        verdict,
        path: verdict.path,
        startLine: first + 1,
        endLine: Math.max(first, lastLineOf(place)) + 1,
        authorship: authorshipOf(verdict),
        isBelieved: isBelieved(verdict),
      },
    ];
  });
}

/** Whether what evidence says of who wrote something may be told on. */
export function isBelieved({ checks, summary }: Verdict): boolean {
  return checks.evidence === "intact" && summary !== "failed" && summary !== "unknown";
}

function authorshipOf(verdict: Verdict): Authorship {
  const { summary } = verdict;
  switch (summary) {
    case "verified":
    case "attested":
    case "anchored":
    case "stated":
    case "pending":
      return remarksOn(verdict).includes("part") ? "mixed" : "ai";
    case "edited":
      return "mixed";
    case "unverified":
    case "unknown":
    case "failed":
      return "unknown";
    default:
      return unreachable(summary);
  }
}
