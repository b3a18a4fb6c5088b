/** Goes from badge to badge by keyboard. */
import { commands, Range, Selection, window } from "vscode";
import { registerCommand, tell } from "../commands";
import { blocksOf, lineLengths, neighbour } from "../editor/badgeGroups";
import type { Context } from "../server";

export function activate(context: Context): void {
  registerCommand(context, "proofline.nextBlock", () => go(context, "next"));
  registerCommand(context, "proofline.previousBlock", () => go(context, "previous"));

  const update = () => {
    const uri = window.activeTextEditor?.document.uri.toString() ?? "";
    const known = context.verdicts.of(uri).length > 0;
    void commands.executeCommand("setContext", "proofline.hasVerdicts", known);
  };
  context.subscribe(context.onDidChangeVerdicts(update), window.onDidChangeActiveTextEditor(update));
}

async function go(context: Context, direction: "next" | "previous"): Promise<void> {
  const editor = window.activeTextEditor;
  if (editor === undefined) {
    return;
  }
  const blocks = blocksOf(context.verdicts.of(editor.document.uri.toString()), lineLengths(editor.document));
  const block = neighbour(blocks, editor.selection.active.line, direction);
  if (block === undefined) {
    await tell(context, "information", "No accepted suggestion is known in this file.");
    return;
  }
  const end = editor.document.lineAt(block.startLine).range.end;
  editor.selection = new Selection(end, end);
  editor.revealRange(new Range(block.startLine, 0, block.endLine, 0));
}
