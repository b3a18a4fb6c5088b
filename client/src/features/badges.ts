/** A badge at the end of a line for each group of suggestions, and a mark in the overview ruler. */
import { readFileSync } from "node:fs";
import {
  ColorThemeKind,
  type DecorationOptions,
  DecorationRangeBehavior,
  Disposable,
  OverviewRulerLane,
  Range,
  type TextEditor,
  type TextEditorDecorationType,
  ThemeColor,
  window,
  workspace,
} from "vscode";
import { DidChangeVerdicts } from "../../../server/src/protocol/messages";
import { SUMMARIES, type Summary } from "../../../server/src/protocol/verdictWords";
import { readBadges } from "../config";
import { type BadgeGroup, badgeGroupsOf, lineLengths } from "../editor/badgeGroups";
import { badgeText } from "../editor/badgeText";
import { onDidChangeSettings } from "../editorConfiguration";
import type { FeatureContext } from "../featureContext";

/** A line counts as being typed on until this long after the last keystroke. */
const TYPING_MILLISECONDS = 700;

/** One badge's look: its icon and word at a line's end, and its mark beside the scroll bar. */
interface Look {
  readonly badge: TextEditorDecorationType;
  readonly mark: TextEditorDecorationType;
}

export function activate(context: FeatureContext): void {
  let looks = createLooks(context);
  const typing = new TypedLine(() => refreshAll());

  const refreshAll = () => window.visibleTextEditors.forEach(refresh);
  const refreshDocument = (uri: string) =>
    window.visibleTextEditors.filter(({ document }) => document.uri.toString() === uri).forEach(refresh);

  function refresh(editor: TextEditor): void {
    const uri = editor.document.uri.toString();
    const badges = readBadges(context.configuration);
    const groups = badgeGroupsOf(context.verdicts.of(uri), lineLengths(editor.document)).filter(
      ({ summary }) => badges === "all" || (badges === "attention" && summary !== "verified"),
    );
    const busy = new Set([...typing.lines(uri), ...linesWithGhostText(context, editor)]);
    for (const [summary, { badge, mark }] of looks) {
      const own = groups.filter((group) => group.summary === summary);
      editor.setDecorations(
        badge,
        own.filter(({ startLine }) => !busy.has(startLine)).map((group) => drawn(editor, group)),
      );
      editor.setDecorations(
        mark,
        own.map(({ startLine, endLine }) => new Range(startLine, 0, endLine, 0)),
      );
    }
  }

  context.server.onNotification(DidChangeVerdicts, (parameters) => {
    context.verdicts.replace(parameters);
    // An accepted suggestion's badge does not wait for the typing to be over: Tab is not typing.
    typing.stop();
    context.fireVerdictsChanged(parameters.uri);
  });
  context.subscribe(
    context.onDidChangeVerdicts(refreshDocument),
    context.onDidChangeSuggestions(refreshDocument),
    // Registered before anything else that looks at ranges, so that all of them see shifted ones.
    workspace.onDidChangeTextDocument(({ document, contentChanges, reason }) => {
      const uri = document.uri.toString();
      context.verdicts.edit(uri, document.version, contentChanges);
      const [change] = contentChanges;
      if (change !== undefined && reason === undefined) {
        typing.on(uri, change.range.start.line);
      }
      refreshDocument(uri);
    }),
    workspace.onDidCloseTextDocument(({ uri }) => context.verdicts.forget(uri.toString())),
    window.onDidChangeVisibleTextEditors((editors) => editors.forEach(refresh)),
    window.onDidChangeTextEditorSelection(({ textEditor }) => refresh(textEditor)),
    onDidChangeSettings(refreshAll),
    window.onDidChangeActiveColorTheme(() => {
      disposeLooks(looks);
      looks = createLooks(context);
      refreshAll();
    }),
    new Disposable(() => {
      typing.stop();
      disposeLooks(looks);
    }),
  );
}

function drawn(editor: TextEditor, group: BadgeGroup): DecorationOptions {
  const end = editor.document.lineAt(Math.min(group.startLine, editor.document.lineCount - 1)).range.end;
  return { range: new Range(end, end), renderOptions: { after: { contentText: badgeText(group) } } };
}

/** The line where ghost text of ours may be shown. */
function linesWithGhostText(context: FeatureContext, { document }: TextEditor): readonly number[] {
  const [shown] = context.suggestions.of(document.uri.toString());
  return shown === undefined ? [] : [document.positionAt(shown.start + shown.extent).line];
}

/** The line that a person is typing on right now. */
class TypedLine {
  private current: { readonly uri: string; readonly line: number } | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly over: () => void) {}

  on(uri: string, line: number): void {
    this.current = { uri, line };
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.current = undefined;
      this.over();
    }, TYPING_MILLISECONDS);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.current = undefined;
  }

  lines(uri: string): readonly number[] {
    return this.current?.uri === uri ? [this.current.line] : [];
  }
}

function createLooks(context: FeatureContext): ReadonlyMap<Summary, Look> {
  return new Map(
    SUMMARIES.map((summary) => {
      const color = new ThemeColor(`proofline.${summary}Foreground`);
      const badge = window.createTextEditorDecorationType({
        rangeBehavior: DecorationRangeBehavior.ClosedOpen,
        after: { color, margin: "0 0 0 3em", textDecoration: iconStyle(context, summary) },
      });
      const mark = window.createTextEditorDecorationType({
        rangeBehavior: DecorationRangeBehavior.ClosedClosed,
        overviewRulerColor: color,
        overviewRulerLane: OverviewRulerLane.Right,
      });
      return [summary, { badge, mark }];
    }),
  );
}

/**
 * Puts the icon before the word, in the word's size. Decorations have no property for that: an attachment is either
 * an icon or a text, and an icon in a `before` attachment would push the cursor away from the line's end. Style that
 * follows a declaration is passed on, though; a VS Code that stopped doing so would show the word alone.
 */
function iconStyle({ extension }: FeatureContext, summary: Summary): string {
  const svg = readFileSync(extension.asAbsolutePath(`media/icons/${iconFolder()}/${summary}.svg`));
  const image = `url("data:image/svg+xml;base64,${svg.toString("base64")}")`;
  return `none; padding-left: 1.35em; background: ${image} 0 50% / 1em 1em no-repeat;`;
}

function disposeLooks(looks: ReadonlyMap<Summary, Look>): void {
  for (const { badge, mark } of looks.values()) {
    badge.dispose();
    mark.dispose();
  }
}

function iconFolder(): string {
  switch (window.activeColorTheme.kind) {
    case ColorThemeKind.Light:
      return "light";
    case ColorThemeKind.Dark:
      return "dark";
    case ColorThemeKind.HighContrast:
      return "highContrast";
    case ColorThemeKind.HighContrastLight:
      return "highContrastLight";
  }
}
