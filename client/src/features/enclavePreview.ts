/**
 * What a model behind an enclave writes, while it still does. No ghost text, for nobody has signed it yet and nobody can accept it: it is
 * gone with the next change of text or cursor, and with the answer, be that good or not.
 */
import { DecorationRangeBehavior, Range, type TextEditor, ThemeColor, window, workspace } from "vscode";
import { DidAdvanceSuggestion } from "../../../server/src/protocol/messages";
import type { FeatureContext } from "../featureContext";
import { visibleInEditor } from "../visibleInEditor";

/** UTF-16 code units on the line. */
const MOST_SHOWN = 120;

export function activate(context: FeatureContext): void {
  const look = window.createTextEditorDecorationType({
    rangeBehavior: DecorationRangeBehavior.ClosedClosed,
    after: { color: new ThemeColor("editorGhostText.foreground"), fontStyle: "italic", margin: "0 0 0 1ch" },
  });
  let shownIn: TextEditor | null = null;
  const clear = (): void => {
    shownIn?.setDecorations(look, []);
    shownIn = null;
  };

  context.server.onNotification(
    DidAdvanceSuggestion,
    ({ uri, version, position: { line, character }, text }) => {
      clear();
      const editor = window.activeTextEditor;
      if (text === "" || editor?.document.uri.toString() !== uri || editor.document.version !== version) {
        return;
      }
      const contentText = `${oneLine(text)} … not signed yet`;
      const range = new Range(line, character, line, character);
      editor.setDecorations(look, [{ range, renderOptions: { after: { contentText } } }]);
      shownIn = editor;
    },
  );
  context.subscribe(
    look,
    workspace.onDidChangeTextDocument(({ document }) => {
      if (document === shownIn?.document) {
        clear();
      }
    }),
    window.onDidChangeTextEditorSelection(({ textEditor }) => {
      if (textEditor === shownIn) {
        clear();
      }
    }),
    window.onDidChangeActiveTextEditor(clear),
  );
}

function oneLine(text: string): string {
  const joined = text.trim().replace(/\s*\n\s*/g, " ⏎ ");
  return visibleInEditor(joined.slice(-MOST_SHOWN));
}
