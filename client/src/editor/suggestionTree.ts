import type { ListedRepository, ListedSuggestion } from "../../../server/src/protocol/messages";
import { SUMMARIES, type Summary } from "../../../server/src/protocol/verdictWords";

/** What the list of suggestions is grouped by. */
export const GROUPINGS = ["verdict", "file", "model", "device"] as const;
export type Grouping = (typeof GROUPINGS)[number];

/** Suggestions that have one thing in common. */
export interface SuggestionGroup {
  readonly label: string;
  /** The worst word among them. */
  readonly summary: Summary;
  readonly suggestions: readonly ListedSuggestion[];
}

/**
 * The groups of a list: by verdict the worst first, else by name. Within a group from file to file, and from top to
 * bottom.
 *
 * @param shown the words that are wanted
 */
export function groupsOf(
  repositories: readonly ListedRepository[],
  grouping: Grouping,
  shown: ReadonlySet<Summary>,
): readonly SuggestionGroup[] {
  const groups = new Map<string, ListedSuggestion[]>();
  for (const suggestion of repositories.flatMap(({ suggestions }) => suggestions)) {
    if (shown.has(suggestion.summary)) {
      const label = labelOf(suggestion, grouping);
      const group = groups.get(label);
      if (group === undefined) {
        groups.set(label, [suggestion]);
      } else {
        group.push(suggestion);
      }
    }
  }
  const made = [...groups].map(([label, suggestions]): SuggestionGroup => {
    const ordered = suggestions.sort(inOrder);
    return { label, suggestions: ordered, summary: worstOf(ordered) };
  });
  return made.sort((one, other) =>
    grouping === "verdict"
      ? rank(one.summary) - rank(other.summary)
      : one.label < other.label
        ? -1
        : one.label > other.label
          ? 1
          : 0,
  );
}

/** How many suggestions came to each word, the worst first. */
export function countsOf(repositories: readonly ListedRepository[]): readonly (readonly [Summary, number])[] {
  const counts = new Map<Summary, number>();
  for (const { summary } of repositories.flatMap(({ suggestions }) => suggestions)) {
    counts.set(summary, (counts.get(summary) ?? 0) + 1);
  }
  return [...counts].sort(([one], [other]) => rank(one) - rank(other));
}

function labelOf(
  { summary, path, model, device, isOwnDevice }: ListedSuggestion,
  grouping: Grouping,
): string {
  switch (grouping) {
    case "verdict":
      return summary;
    case "file":
      return path;
    case "model":
      return model;
    case "device":
      return isOwnDevice ? "this computer" : device;
  }
}

function inOrder(one: ListedSuggestion, other: ListedSuggestion): number {
  return one.path === other.path
    ? one.range.start.line - other.range.start.line
    : one.path < other.path
      ? -1
      : 1;
}

function worstOf(suggestions: readonly ListedSuggestion[]): Summary {
  return suggestions.reduce<Summary>(
    (worst, { summary }) => (rank(summary) < rank(worst) ? summary : worst),
    "verified",
  );
}

function rank(summary: Summary): number {
  return SUMMARIES.indexOf(summary);
}
