/** A list of every accepted suggestion in this window's repositories, worked out when a person looks at it. */
import { basename } from "node:path";
import {
  type CancellationToken,
  EventEmitter,
  Range,
  ThemeColor,
  ThemeIcon,
  type TreeDataProvider,
  TreeItem,
  TreeItemCollapsibleState,
  Uri,
  window,
} from "vscode";
import {
  DidAdvanceReplays,
  type ListedRepository,
  type ListedSuggestion,
  ListSuggestions,
  ReplayAll,
  type ShownVerdict,
} from "../../../server/src/protocol/messages";
import { PacedRun } from "../../../server/src/protocol/pacedRun";
import type { Summary } from "../../../server/src/protocol/verdictWords";
import { registerCommand, tell } from "../commandRunner";
import { type Advance, pick, pickMany, withProgress } from "../dialogs";
import {
  countsOf,
  type Facet,
  facetKey,
  facetsOf,
  GROUPINGS,
  type Grouping,
  groupsOf,
  iconFor,
  type SuggestionGroup,
} from "../editor/suggestionTree";
import type { FeatureContext } from "../featureContext";
import { counted, tally } from "../format";
import { visibleInEditor } from "../visibleInEditor";

const VIEW = "proofline.suggestions";

/** A list that took longer is said to be older until it is made anew; of others nobody would have the time to read that. */
const QUICK_MILLISECONDS = 1_000;

type Node = SuggestionGroup | ListedSuggestion;

export function activate(context: FeatureContext): void {
  const list = new SuggestionList();
  const view = window.createTreeView(VIEW, { treeDataProvider: list, showCollapseAll: true });
  let onAdvance: (progress: { readonly done: number; readonly total: number }) => void = () => {};

  /** Whether more is known than the list says. */
  let isOlder = false;
  let tookMilliseconds = 0;
  const renewal = new PacedRun(renew, (line) => context.log.error(line));

  async function refresh(): Promise<void> {
    await withProgress("Proofline: verifying all", make);
  }

  /** Nothing is worked out for a list that nobody looks at. */
  async function renew(): Promise<void> {
    if (isOlder && view.visible && context.server.state.kind === "running") {
      await make();
    }
  }

  async function make(token?: CancellationToken): Promise<void> {
    const began = performance.now();
    // What comes to be known meanwhile may not be in it.
    isOlder = false;
    show(await context.server.ask(ListSuggestions, token));
    tookMilliseconds = performance.now() - began;
  }

  function show(repositories: readonly ListedRepository[]): void {
    list.show(repositories);
    view.message = messageAbout(repositories) ?? "";
    describeList();
  }

  function describeList(): void {
    const { listed, all } = list.totals();
    const counts = list.counts().map(([summary, count]) => `${count} ${summary}`);
    view.description = [...(listed < all ? [`${listed} of ${all} listed`] : []), ...counts].join(", ");
  }

  /** The list is made anew soon, at a rate that leaves the machine alone. */
  function noteChange(uri: string): void {
    if (list.contradicts(uri, context.verdicts.of(uri))) {
      isOlder = true;
      if (tookMilliseconds > QUICK_MILLISECONDS) {
        view.message =
          "Verdicts have changed since this list was made. It is made anew in a while; Verify All Suggestions does it now.";
      }
      renewal.soon();
    }
  }

  let wasRunning = false;
  let isAsking = false;
  let isWanted = false;

  async function showFirst(): Promise<void> {
    isWanted = true;
    if (isAsking) {
      return;
    }
    isAsking = true;
    try {
      // What was known when it was asked may be less than what has been told of meanwhile.
      while (isWanted && view.visible && list.isEmpty && context.server.state.kind === "running") {
        isWanted = false;
        await make();
      }
    } finally {
      isAsking = false;
    }
  }

  context.server.onNotification(DidAdvanceReplays, (progress) => onAdvance(progress));
  context.subscribe(
    view,
    list,
    { dispose: () => renewal.close() },
    view.onDidChangeVisibility(() => {
      void quietly(context, showFirst);
      renewal.soon();
    }),
    context.onDidChangeVerdicts((uri) => {
      noteChange(uri);
      // An empty list is wrong as soon as something is known of one document.
      if (context.verdicts.of(uri).length > 0) {
        void quietly(context, showFirst);
      }
    }),
    context.onDidChangeState(() => {
      const isRunning = context.server.state.kind === "running";
      if (!isRunning) {
        list.show([]);
        view.description = "";
        view.message = "";
      } else if (!wasRunning) {
        void quietly(context, showFirst);
      }
      wasRunning = isRunning;
    }),
  );
  registerCommand(context, "proofline.verifyAll", refresh);
  registerCommand(context, "proofline.replayAll", async () => {
    const { exact, withinTolerance, mismatch, impossible } = await withProgress(
      "Proofline: replaying all",
      (token, advance) => {
        onAdvance = replayProgress(advance);
        return context.server.ask(ReplayAll, token);
      },
    );
    const counts = tally({ exact, "within tolerance": withinTolerance, mismatched: mismatch, impossible });
    await refresh();
    await tell(
      context,
      mismatch > 0 ? "warning" : "information",
      counts === "" ? "There is nothing to replay." : `Replayed: ${counts}.`,
    );
  });
  registerCommand(context, "proofline.groupSuggestions", async () => {
    const chosen = await pick(
      GROUPINGS.map((grouping) => ({ label: grouping, value: grouping })),
      { title: "Suggestions", placeHolder: "Group by" },
    );
    if (chosen !== undefined) {
      list.group(chosen.value);
    }
  });
  registerCommand(context, "proofline.filterSuggestions", async () => {
    const facets = list.facets();
    if (facets.length === 0) {
      await tell(
        context,
        "information",
        "There is nothing to choose among: what is listed differs in nothing.",
      );
      return;
    }
    const chosen = await pickMany(
      facets.map(({ grouping, label, count, isShown }) => ({
        group: grouping,
        label,
        description: String(count),
        value: facetKey({ grouping, label }),
        picked: isShown,
      })),
      { title: "Suggestions", placeHolder: "What to list" },
    );
    if (chosen !== undefined) {
      list.filter(chosen);
      describeList();
    }
  });
}

/** A list that nobody asked for by a command fails into the log. */
async function quietly(context: FeatureContext, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    context.log.error(`The list of suggestions: ${String(error)}`);
  }
}

function replayProgress(advance: Advance): (progress: { done: number; total: number }) => void {
  let before = 0;
  return ({ done, total }) => {
    const percent = total === 0 ? 100 : (done / total) * 100;
    advance(`${done} of ${total}`, percent - before);
    before = percent;
  };
}

function messageAbout(repositories: readonly ListedRepository[]): string | undefined {
  const more = repositories.reduce((sum, repository) => sum + repository.more, 0);
  const problems = repositories.reduce((sum, repository) => sum + repository.problems.length, 0);
  const said = [
    ...(repositories.every(({ suggestions }) => suggestions.length === 0)
      ? ["No accepted suggestion is known here."]
      : []),
    ...(more > 0 ? [`${more} more are not listed.`] : []),
    ...(problems > 0
      ? [`${counted(problems, "file")} in .proofline cannot be believed: see the Problems panel.`]
      : []),
  ];
  return said.length === 0 ? undefined : said.join(" ");
}

class SuggestionList implements TreeDataProvider<Node> {
  private repositories: readonly ListedRepository[] = [];
  private grouping: Grouping = "verdict";
  /** By the URIs of files, as this editor spells them. */
  private readonly byUri = new Map<string, ListedSuggestion[]>();
  private hidden: ReadonlySet<string> = new Set();
  private readonly changed = new EventEmitter<void>();
  readonly onDidChangeTreeData = this.changed.event;

  get isEmpty(): boolean {
    return this.repositories.every(({ suggestions }) => suggestions.length === 0);
  }

  show(repositories: readonly ListedRepository[]): void {
    this.repositories = repositories;
    this.byUri.clear();
    for (const suggestion of repositories.flatMap(({ suggestions }) => suggestions)) {
      const uri = Uri.parse(suggestion.uri, true).toString();
      const others = this.byUri.get(uri);
      if (others === undefined) {
        this.byUri.set(uri, [suggestion]);
      } else {
        others.push(suggestion);
      }
    }
    this.changed.fire();
  }

  group(grouping: Grouping): void {
    this.grouping = grouping;
    this.changed.fire();
  }

  /** What can be left out, and whether it is. */
  facets(): readonly (Facet & { readonly isShown: boolean })[] {
    return facetsOf(this.repositories).map((facet) => ({
      ...facet,
      isShown: !this.hidden.has(facetKey(facet)),
    }));
  }

  /** @param shown keys of the facets that are wanted */
  filter(shown: readonly string[]): void {
    const wanted = new Set(shown);
    this.hidden = new Set(
      facetsOf(this.repositories)
        .map(facetKey)
        .filter((key) => !wanted.has(key)),
    );
    this.changed.fire();
  }

  counts(): ReturnType<typeof countsOf> {
    return countsOf(this.repositories);
  }

  totals(): { readonly listed: number; readonly all: number } {
    const sum = (sizes: readonly number[]): number => sizes.reduce((total, size) => total + size, 0);
    return {
      listed: sum(this.groups().map(({ suggestions }) => suggestions.length)),
      all: sum(this.repositories.map(({ suggestions }) => suggestions.length)),
    };
  }

  /** Whether the list says another thing of an open document than is known of it now. */
  contradicts(uri: string, verdicts: readonly ShownVerdict[]): boolean {
    // A document that has just been opened or closed has none that are known.
    if (verdicts.length === 0 || this.isEmpty) {
      return false;
    }
    const listed = this.byUri.get(uri) ?? [];
    const now = new Map(verdicts.map(({ id, summary }) => [id, summary]));
    const isWhole = this.repositories.every(({ more }) => more === 0);
    return listed.some(({ id, summary }) => now.get(id) !== summary) || (isWhole && listed.length < now.size);
  }

  private groups(): readonly SuggestionGroup[] {
    return groupsOf(this.repositories, this.grouping, this.hidden);
  }

  dispose(): void {
    this.changed.dispose();
  }

  getChildren(node?: Node): readonly Node[] & Node[] {
    if (node === undefined) {
      return [...this.groups()];
    }
    return "suggestions" in node ? [...node.suggestions] : [];
  }

  getTreeItem(node: Node): TreeItem {
    return "suggestions" in node ? groupItem(node, this.grouping) : suggestionItem(node);
  }
}

function groupItem({ label, summary, suggestions }: SuggestionGroup, grouping: Grouping): TreeItem {
  const isSmall = grouping !== "verdict" || summary !== "verified";
  const item = new TreeItem(
    visibleInEditor(label),
    isSmall ? TreeItemCollapsibleState.Expanded : TreeItemCollapsibleState.Collapsed,
  );
  item.description = String(suggestions.length);
  item.iconPath = iconOf(summary, suggestions);
  return item;
}

function suggestionItem(suggestion: ListedSuggestion): TreeItem {
  const { uri, path, range, summary, remarks, text, id } = suggestion;
  const item = new TreeItem(visibleInEditor(text), TreeItemCollapsibleState.None);
  const said = [summary, ...remarks].join(" · ");
  item.id = id;
  item.description = visibleInEditor([...remarks, `${basename(path)}:${range.start.line + 1}`].join(" · "));
  item.tooltip = [said, `${path}:${range.start.line + 1}`].map(visibleInEditor).join("\n");
  item.iconPath = iconOf(summary, [suggestion]);
  item.accessibilityInformation = { label: visibleInEditor(`${said}: ${text}, ${path}`) };
  const selection = new Range(
    range.start.line,
    range.start.character,
    range.start.line,
    range.start.character,
  );
  item.command = {
    title: "Open",
    command: "vscode.open",
    arguments: [Uri.parse(uri, true), { selection, preview: true }],
  };
  return item;
}

function iconOf(summary: Summary, suggestions: readonly ListedSuggestion[]): ThemeIcon {
  return new ThemeIcon(iconFor(summary, suggestions), new ThemeColor(`proofline.${summary}Foreground`));
}
