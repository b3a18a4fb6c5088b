/** A quiet line under the characters that a model wrote, so that nobody takes a part of a line for the whole. */
import { DecorationRangeBehavior, Disposable, Range, type TextEditor, ThemeColor, window } from "vscode";
import { readMarkModelText } from "../config";
import { onDidChangeSettings } from "../editorConfiguration";
import type { FeatureContext } from "../featureContext";

export function activate(context: FeatureContext): void {
  const mark = window.createTextEditorDecorationType({
    rangeBehavior: DecorationRangeBehavior.ClosedClosed,
    borderColor: new ThemeColor("proofline.modelTextBorder"),
    borderStyle: "dotted",
    borderWidth: "0 0 1px 0",
  });

  function refresh(editor: TextEditor): void {
    const shown = readMarkModelText(context.configuration)
      ? context.verdicts.of(editor.document.uri.toString())
      : [];
    editor.setDecorations(
      mark,
      shown
        // What is left of an edited suggestion is a place, not the model's text.
        .filter(({ summary }) => summary !== "edited" && summary !== "failed")
        .map(({ range: { start, end } }) => new Range(start.line, start.character, end.line, end.character)),
    );
  }

  const refreshDocument = (uri: string) =>
    window.visibleTextEditors.filter(({ document }) => document.uri.toString() === uri).forEach(refresh);

  context.subscribe(
    context.onDidChangeVerdicts(refreshDocument),
    window.onDidChangeVisibleTextEditors((editors) => editors.forEach(refresh)),
    onDidChangeSettings(() => window.visibleTextEditors.forEach(refresh)),
    new Disposable(() => mark.dispose()),
  );
}
