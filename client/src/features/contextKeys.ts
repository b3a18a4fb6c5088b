/** The context keys by which the manifest's menus and keys know what the active editor shows. */
import { commands, window } from "vscode";
import { isOnSuggestion } from "../editor/onSuggestion";
import type { FeatureContext } from "../featureContext";
import { noteDeed } from "../firstDeeds";

export function activate(context: FeatureContext): void {
  const set = keySetter();
  const update = (): void => {
    const editor = window.activeTextEditor;
    const verdicts = context.verdicts.of(editor?.document.uri.toString() ?? "");
    set("proofline.running", context.server.state.kind === "running");
    set("proofline.hasVerdicts", verdicts.length > 0);
    // These tick the walkthrough's steps.
    set("proofline.modelReady", context.status?.model.kind === "ready");
    set("proofline.hasAnchored", context.status?.chain.kind === "ready");
    if (verdicts.some(({ summary }) => summary === "pending")) {
      noteDeed("proofline.hasAccepted");
    }
    set(
      "proofline.atSuggestion",
      editor !== undefined && isOnSuggestion(verdicts, editor.selection.active.line),
    );
  };
  context.subscribe(
    context.onDidChangeState(update),
    context.onDidChangeVerdicts(update),
    window.onDidChangeActiveTextEditor(update),
    window.onDidChangeTextEditorSelection(update),
  );
}

/** Tells the editor of a key only what it does not know yet: the cursor moves more often than the keys change. */
function keySetter(): (key: string, value: boolean) => void {
  const known = new Map<string, boolean>();
  return (key, value) => {
    if (known.get(key) !== value) {
      known.set(key, value);
      void commands.executeCommand("setContext", key, value);
    }
  };
}
