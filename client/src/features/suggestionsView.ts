/** A list of every accepted suggestion in this window's repositories, worked out when a person looks at it. */
import { basename } from "node:path";
import {
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
} from "../../../server/src/protocol/messages";
import { SUMMARIES, type Summary } from "../../../server/src/protocol/verdictWords";
import { registerCommand, tell } from "../commandRunner";
import { type Advance, pick, pickMany, withProgress } from "../dialogs";
import { countsOf, GROUPINGS, type Grouping, groupsOf, type SuggestionGroup } from "../editor/suggestionTree";
import type { FeatureContext } from "../featureContext";
import { counted, tally } from "../format";
import { visibleInEditor } from "../visibleInEditor";

const VIEW = "proofline.suggestions";

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

type Node = SuggestionGroup | ListedSuggestion;

export function activate(context: FeatureContext): void {
  const list = new SuggestionList();
  const view = window.createTreeView(VIEW, { treeDataProvider: list, showCollapseAll: true });
  let onAdvance: (progress: { readonly done: number; readonly total: number }) => void = () => {};

  async function refresh(): Promise<void> {
    show(
      await withProgress("Proofline: verifying all", (token) => context.server.ask(ListSuggestions, token)),
    );
  }

  function show(repositories: readonly ListedRepository[]): void {
    list.show(repositories);
    view.description = countsOf(repositories)
      .map(([summary, count]) => `${count} ${summary}`)
      .join(", ");
    view.message = messageAbout(repositories) ?? "";
  }

  // Nothing is worked out for a list that nobody looks at.
  async function showOnce(): Promise<void> {
    if (view.visible && list.isEmpty && context.server.state.kind === "running") {
      show(await context.server.ask(ListSuggestions));
    }
  }

  context.server.onNotification(DidAdvanceReplays, (progress) => onAdvance(progress));
  context.subscribe(
    view,
    list,
    view.onDidChangeVisibility(() => void quietly(context, showOnce)),
    context.onDidChangeState(() => {
      if (context.server.state.kind !== "running") {
        list.show([]);
      }
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
    const chosen = await pickMany(
      SUMMARIES.map((summary) => ({ label: summary, value: summary, picked: list.shows(summary) })),
      { title: "Suggestions", placeHolder: "Which verdicts to list" },
    );
    if (chosen !== undefined) {
      list.filter(chosen);
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
  private shown: ReadonlySet<Summary> = new Set(SUMMARIES);
  private readonly changed = new EventEmitter<void>();
  readonly onDidChangeTreeData = this.changed.event;

  get isEmpty(): boolean {
    return this.repositories.length === 0;
  }

  show(repositories: readonly ListedRepository[]): void {
    this.repositories = repositories;
    this.changed.fire();
  }

  group(grouping: Grouping): void {
    this.grouping = grouping;
    this.changed.fire();
  }

  filter(shown: readonly Summary[]): void {
    this.shown = new Set(shown);
    this.changed.fire();
  }

  shows(summary: Summary): boolean {
    return this.shown.has(summary);
  }

  dispose(): void {
    this.changed.dispose();
  }

  getChildren(node?: Node): readonly Node[] & Node[] {
    if (node === undefined) {
      return [...groupsOf(this.repositories, this.grouping, this.shown)];
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
  item.iconPath = iconOf(summary);
  return item;
}

function suggestionItem({ uri, path, range, summary, remarks, text, id }: ListedSuggestion): TreeItem {
  const item = new TreeItem(visibleInEditor(text), TreeItemCollapsibleState.None);
  const said = [summary, ...remarks].join(" · ");
  item.id = id;
  item.description = visibleInEditor(`${basename(path)}:${range.start.line + 1}`);
  item.tooltip = visibleInEditor(`${said}\n${path}:${range.start.line + 1}`);
  item.iconPath = iconOf(summary);
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

function iconOf(summary: Summary): ThemeIcon {
  return new ThemeIcon(ICONS[summary], new ThemeColor(`proofline.${summary}Foreground`));
}
