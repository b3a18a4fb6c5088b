/**
 * One badge at the end of a line, for it and the lines below it of which the same is said; a mark in the overview ruler;
 * and at the cursor a line along all that its badge is about.
 */
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
  Uri,
  window,
  workspace,
} from "vscode";
import { DidChangeVerdicts } from "../../../server/src/protocol/messages";
import { SUMMARIES, type Summary } from "../../../server/src/protocol/verdictWords";
import { readBadges } from "../config";
import { badgeText, covers, isShown, lacksOnlyItsChain, showsWords } from "../editor/badgeText";
import { type LineBadge, lineBadgesOf, lineLengths } from "../editor/lineBadges";
import { onDidChangeSettings } from "../editorConfiguration";
import type { FeatureContext } from "../featureContext";

/** A line counts as being typed on until this long after the last keystroke. */
const TYPING_MILLISECONDS = 700;

/** The end of a longer line is often out of sight, so its badge's icon stands in front of it, too. */
const LONG_LINE = 120;

const NO_BREAK_SPACE = "\u00a0";

/** What a badge may look like: one for each word, and one for a line that the model did not write whole. */
const ICONS = [...SUMMARIES, "verifiedPart"] as const;
type Icon = (typeof ICONS)[number];

interface Look {
  /** Its icon, and its words if it shows any, at the end of the line. */
  readonly badge: TextEditorDecorationType;
  /** Its icon in front of the line, where the end of the line is not to be seen or holds other text that comes and goes. */
  readonly front: TextEditorDecorationType;
  /** Beside the scroll bar. */
  readonly mark: TextEditorDecorationType;
  /** Along the lines that it is about. */
  readonly extent: TextEditorDecorationType;
}

export function activate(context: FeatureContext): void {
  let looks = createLooks(context);
  const typing = new TypedLine(() => refreshAll());

  const refreshAll = () => window.visibleTextEditors.forEach(refresh);
  const refreshDocument = (uri: string) =>
    window.visibleTextEditors.filter(({ document }) => document.uri.toString() === uri).forEach(refresh);

  function refresh(editor: TextEditor): void {
    const { document } = editor;
    const uri = document.uri.toString();
    const setting = readBadges(context.configuration);
    const lengthOf = lineLengths(document);
    const badges = lineBadgesOf(context.verdicts.of(uri), lengthOf).filter((one) => isShown(one, setting));
    const cursorLine = editor === window.activeTextEditor ? editor.selection.active.line : null;
    const typed = new Set(typing.lines(uri));
    const ghostly = new Set(linesWithGhostText(context, editor));
    const firstWithoutChain = badges.find(lacksOnlyItsChain);
    const withWords = new Set(
      badges.filter((one) =>
        showsWords(one, setting, cursorLine, firstWithoutChain !== undefined && one !== firstWithoutChain),
      ),
    );
    for (const [icon, { badge, front, mark, extent }] of looks) {
      const own = badges.filter((one) => iconOf(one) === icon);
      editor.setDecorations(
        badge,
        own
          .filter(({ startLine }) => !typed.has(startLine) && !ghostly.has(startLine))
          .map((one) => drawn(editor, one, withWords.has(one))),
      );
      editor.setDecorations(
        front,
        own
          .filter(({ startLine }) => ghostly.has(startLine) || lengthOf(startLine) > LONG_LINE)
          .map(({ startLine }) => new Range(startLine, 0, startLine, 0)),
      );
      editor.setDecorations(
        mark,
        own.map(({ startLine, endLine }) => new Range(startLine, 0, endLine, 0)),
      );
      editor.setDecorations(
        extent,
        own
          .filter((one) => one.endLine > one.startLine && cursorLine !== null && covers(one, cursorLine))
          .map(({ startLine, endLine }) => new Range(startLine, 0, endLine, 0)),
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
    window.onDidChangeActiveTextEditor(refreshAll),
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

function iconOf({ summary, remarks }: LineBadge): Icon {
  return summary === "verified" && remarks.includes("part") ? "verifiedPart" : summary;
}

function drawn(editor: TextEditor, badge: LineBadge, withWords: boolean): DecorationOptions {
  const { end } = editor.document.lineAt(Math.min(badge.startLine, editor.document.lineCount - 1)).range;
  const contentText = withWords ? badgeText(badge) : NO_BREAK_SPACE;
  return { range: new Range(end, end), renderOptions: { after: { contentText } } };
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

function createLooks(context: FeatureContext): ReadonlyMap<Icon, Look> {
  return new Map(
    ICONS.map((icon) => {
      const color = new ThemeColor(`proofline.${summaryOf(icon)}Foreground`);
      const file = context.extension.asAbsolutePath(`media/icons/${iconFolder()}/${icon}.svg`);
      const badge = window.createTextEditorDecorationType({
        rangeBehavior: DecorationRangeBehavior.ClosedOpen,
        after: { color, margin: "0 0 0 3em", textDecoration: iconStyle(file) },
      });
      const front = window.createTextEditorDecorationType({
        rangeBehavior: DecorationRangeBehavior.ClosedClosed,
        gutterIconPath: Uri.file(file),
        gutterIconSize: "75%",
      });
      const mark = window.createTextEditorDecorationType({
        rangeBehavior: DecorationRangeBehavior.ClosedClosed,
        overviewRulerColor: color,
        overviewRulerLane: OverviewRulerLane.Right,
      });
      const extent = window.createTextEditorDecorationType({
        rangeBehavior: DecorationRangeBehavior.ClosedClosed,
        isWholeLine: true,
        borderColor: color,
        borderStyle: "solid",
        borderWidth: "0 0 0 2px",
      });
      return [icon, { badge, front, mark, extent }];
    }),
  );
}

function summaryOf(icon: Icon): Summary {
  return icon === "verifiedPart" ? "verified" : icon;
}

/**
 * Puts the icon before the word, in the word's size. Decorations have no property for that: an attachment is either
 * an icon or a text, and an icon in a `before` attachment would push the cursor away from the line's end. Style that
 * follows a declaration is passed on, though; a VS Code that stopped doing so would show the word alone.
 */
function iconStyle(file: string): string {
  const image = `url("data:image/svg+xml;base64,${readFileSync(file).toString("base64")}")`;
  return `none; padding-left: 1.35em; background: ${image} 0 50% / 1em 1em no-repeat;`;
}

function disposeLooks(looks: ReadonlyMap<Icon, Look>): void {
  for (const look of looks.values()) {
    for (const decoration of Object.values(look)) {
      decoration.dispose();
    }
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
