/** Goes from badge to badge by keyboard. */
import { Range, Selection, window } from "vscode";
import { NO_FILE, registerCommand, tell } from "../commandRunner";
import { lineBadgesOf, lineLengths, neighbour } from "../editor/lineBadges";
import type { FeatureContext } from "../featureContext";

export function activate(context: FeatureContext): void {
  registerCommand(context, "proofline.nextBlock", () => go(context, "next"));
  registerCommand(context, "proofline.previousBlock", () => go(context, "previous"));
}

async function go(context: FeatureContext, direction: "next" | "previous"): Promise<void> {
  const editor = window.activeTextEditor;
  if (editor === undefined) {
    await tell(context, "information", NO_FILE);
    return;
  }
  const badges = lineBadgesOf(
    context.verdicts.of(editor.document.uri.toString()),
    lineLengths(editor.document),
  );
  const badge = neighbour(badges, editor.selection.active.line, direction);
  if (badge === undefined) {
    await tell(context, "information", "No accepted suggestion is known in this file.");
    return;
  }
  const end = editor.document.lineAt(badge.startLine).range.end;
  editor.selection = new Selection(end, end);
  editor.revealRange(new Range(badge.startLine, 0, badge.endLine, 0));
}
