/** *Blame File*: a page beside the file, with what is known of each of its lines in columns. */
import { posix } from "node:path";
import { EventEmitter, Range, Selection, type TextEditor, ThemeColor, Uri, window, workspace } from "vscode";
import { GetBlame } from "../../../server/src/protocol/messages";
import { SUMMARIES } from "../../../server/src/protocol/verdictWords";
import { NO_FILE, registerCommand, tell } from "../commandRunner";
import type { FeatureContext } from "../featureContext";

const SCHEME = "proofline-blame";

const NOT_OPEN =
  "Nothing can be said of this file any more: it is closed, or the language server does not run.";

export function activate(context: FeatureContext): void {
  const changed = new EventEmitter<Uri>();
  /** What each page shows, by its URI. */
  const pages = new Map<string, GetBlame.Result["rows"]>();
  const words = SUMMARIES.map((summary) => ({
    summary,
    decoration: window.createTextEditorDecorationType({
      color: new ThemeColor(`proofline.${summary}Foreground`),
    }),
  }));
  const facts = window.createTextEditorDecorationType({
    color: new ThemeColor("descriptionForeground"),
  });

  function color(editor: TextEditor): void {
    const { uri } = editor.document;
    const rows = uri.scheme === SCHEME ? pages.get(uri.toString()) : undefined;
    if (rows === undefined) {
      return;
    }
    const heads = rows.map(({ head, summary }, line) => {
      const wordEnd = summary === null ? 0 : (/^.*?(?= {2}|$)/.exec(head)?.[0].length ?? 0);
      return { line, summary, wordEnd, end: head.length };
    });
    for (const { summary, decoration } of words) {
      const own = heads.filter((one) => one.summary === summary);
      editor.setDecorations(
        decoration,
        own.map(({ line, wordEnd }) => new Range(line, 0, line, wordEnd)),
      );
    }
    editor.setDecorations(
      facts,
      heads.map(({ line, wordEnd, end }) => new Range(line, wordEnd, line, end)),
    );
  }

  context.subscribe(
    changed,
    facts,
    ...words.map(({ decoration }) => decoration),
    workspace.registerTextDocumentContentProvider(SCHEME, {
      onDidChange: changed.event,
      async provideTextDocumentContent(uri) {
        const source = workspace.textDocuments.find((one) => one.uri.toString() === uri.query);
        if (source === undefined || context.server.state.kind !== "running") {
          pages.delete(uri.toString());
          return NOT_OPEN;
        }
        const { rows } = await context.server.request(GetBlame, { uri: uri.query });
        pages.set(uri.toString(), rows);
        return rows.map(({ head, text }) => `${head}  ${text}`.trimEnd()).join("\n");
      },
    }),
    context.onDidChangeVerdicts((source) => {
      for (const { uri } of workspace.textDocuments) {
        if (uri.scheme === SCHEME && uri.query === source) {
          changed.fire(uri);
        }
      }
    }),
    workspace.onDidChangeTextDocument(({ document }) => {
      window.visibleTextEditors.filter((editor) => editor.document === document).forEach(color);
    }),
    window.onDidChangeVisibleTextEditors((editors) => editors.forEach(color)),
    workspace.onDidCloseTextDocument(({ uri }) => pages.delete(uri.toString())),
  );

  registerCommand(context, "proofline.blameFile", async () => {
    const editor = window.activeTextEditor;
    if (editor === undefined) {
      await tell(context, "information", NO_FILE);
      return;
    }
    const { uri } = editor.document;
    if (context.verdicts.of(uri.toString()).length === 0) {
      await tell(context, "information", "No accepted suggestion is known in this file.");
      return;
    }
    // No language's extension, or its words would be drawn as code.
    const page = Uri.from({
      scheme: SCHEME,
      path: `/${posix.basename(uri.path)} (blame)`,
      query: uri.toString(),
    });
    changed.fire(page);
    const shown = await window.showTextDocument(page, { preview: true });
    const { line } = editor.selection.active;
    shown.selection = new Selection(line, 0, line, 0);
    shown.revealRange(shown.selection);
    color(shown);
  });
}
