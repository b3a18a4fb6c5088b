import type { ListedRepository, ListedSuggestion } from "../../../server/src/protocol/messages";
import { SUMMARIES, type Summary } from "../../../server/src/protocol/verdictWords";

/** What the list of suggestions is grouped by. */
export const GROUPINGS = ["verdict", "file", "model", "device"] as const;
export type Grouping = (typeof GROUPINGS)[number];

/** One thing that suggestions have in common, by which a list can leave them out. */
export interface Facet {
  readonly grouping: Grouping;
  readonly label: string;
  readonly count: number;
}

/** By what a list is filtered. Files have names to look for; where all have the same model, say, there is nothing to choose. */
const FILTERS = ["verdict", "model", "device"] as const satisfies readonly Grouping[];

/** What can be left out of a list: verdicts, the worst first, then models and devices by name. */
export function facetsOf(repositories: readonly ListedRepository[]): readonly Facet[] {
  return FILTERS.flatMap((grouping) => {
    const facets = groupsOf(repositories, grouping, new Set()).map(
      ({ label, suggestions }): Facet => ({ grouping, label, count: suggestions.length }),
    );
    return facets.length < 2 ? [] : facets;
  });
}

/** Names a facet among all. */
export function facetKey({ grouping, label }: Pick<Facet, "grouping" | "label">): string {
  return `${grouping} ${label}`;
}

/** Codicons that look like the badges. */
const ICONS: Readonly<Record<Summary, string>> = {
  failed: "error",
  unknown: "question",
  pending: "watch",
  unverified: "warning",
  edited: "edit",
  stated: "comment",
  anchored: "link",
  attested: "law",
  verified: "verified-filled",
};

/** The name of the codicon for suggestions with this word; only whole lines have the full one, as among the badges. */
export function iconFor(summary: Summary, suggestions: readonly Pick<ListedSuggestion, "remarks">[]): string {
  const hasPart = suggestions.some(({ remarks }) => remarks.includes("part"));
  return summary === "verified" && hasPart ? "verified" : ICONS[summary];
}

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
 * @param hidden keys of the facets that are left out
 */
export function groupsOf(
  repositories: readonly ListedRepository[],
  grouping: Grouping,
  hidden: ReadonlySet<string>,
): readonly SuggestionGroup[] {
  const groups = new Map<string, ListedSuggestion[]>();
  for (const suggestion of repositories.flatMap(({ suggestions }) => suggestions)) {
    if (!isHidden(suggestion, hidden)) {
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

function isHidden(suggestion: ListedSuggestion, hidden: ReadonlySet<string>): boolean {
  return FILTERS.some((grouping) => hidden.has(facetKey({ grouping, label: labelOf(suggestion, grouping) })));
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
