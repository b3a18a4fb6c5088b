/** *Blame File On or Off*: in front of each line of a file what is known of it, in columns; until the file is edited. */
import { Range, type TextEditor, ThemeColor, window, workspace } from "vscode";
import { messageOf } from "../../../server/src/protocol/caught";
import { GetBlame } from "../../../server/src/protocol/messages";
import { NO_FILE, registerCommand, tell } from "../commandRunner";
import type { FeatureContext } from "../featureContext";

const NO_BREAK_SPACE = "\u00a0";

export function activate(context: FeatureContext): void {
  /** Documents that are blamed, by their URIs. */
  const blamed = new Map<string, GetBlame.Result["rows"]>();
  const margin = window.createTextEditorDecorationType({
    before: { margin: "0 2ch 0 0", color: new ThemeColor("descriptionForeground"), fontStyle: "normal" },
  });

  function draw(editor: TextEditor): void {
    const rows = blamed.get(editor.document.uri.toString()) ?? [];
    editor.setDecorations(
      margin,
      rows.slice(0, editor.document.lineCount).map(({ head, summary }, line) => ({
        range: new Range(line, 0, line, 0),
        renderOptions: {
          before: {
            contentText: head.replaceAll(" ", NO_BREAK_SPACE),
            ...(summary === null ? {} : { color: new ThemeColor(`proofline.${summary}Foreground`) }),
          },
        },
      })),
    );
  }

  function drawAll(uri: string): void {
    window.visibleTextEditors.filter(({ document }) => document.uri.toString() === uri).forEach(draw);
  }

  function end(uri: string): void {
    if (blamed.delete(uri)) {
      drawAll(uri);
    }
  }

  /** Asks what is known now. What was edited meanwhile is blamed no more: its lines are other ones. */
  async function look(uri: string): Promise<void> {
    const { version, rows } = await context.server.request(GetBlame, { uri });
    const document = workspace.textDocuments.find((one) => one.uri.toString() === uri);
    if (document?.version === version && blamed.has(uri)) {
      blamed.set(uri, rows);
      drawAll(uri);
    }
  }

  context.subscribe(
    margin,
    context.onDidChangeVerdicts((uri) => {
      if (!blamed.has(uri)) {
        return;
      }
      if (context.server.state.kind === "running") {
        look(uri).catch((error: unknown) => context.log.error(`Blame: ${messageOf(error)}`));
      } else {
        end(uri);
      }
    }),
    workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
      if (contentChanges.length > 0) {
        end(document.uri.toString());
      }
    }),
    workspace.onDidCloseTextDocument(({ uri }) => blamed.delete(uri.toString())),
    window.onDidChangeVisibleTextEditors((editors) => editors.forEach(draw)),
  );

  registerCommand(context, "proofline.blameFile", async () => {
    const uri = window.activeTextEditor?.document.uri.toString();
    if (uri === undefined) {
      await tell(context, "information", NO_FILE);
    } else if (blamed.has(uri)) {
      end(uri);
    } else if (context.verdicts.of(uri).length === 0) {
      await tell(context, "information", "No accepted suggestion is known in this file.");
    } else {
      blamed.set(uri, []);
      await look(uri);
    }
  });
}
