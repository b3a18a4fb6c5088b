/** *Show Verdict at Cursor*, also the target of the link in the one-line hover. */
import { type Position, Selection, window } from "vscode";
import { GetVerdict } from "../../../server/src/protocol/messages";
import { registerCommand, tell } from "../commands";
import type { Context } from "../server";
import { showEverything } from "./verdictHover";

export function activate(context: Context): void {
  registerCommand(context, "proofline.showVerdict", async (id) => {
    const editor = window.activeTextEditor;
    if (editor === undefined) {
      return;
    }
    const uri = editor.document.uri.toString();
    const linked = context.verdicts.of(uri).find((verdict) => verdict.id === id);
    if (linked !== undefined) {
      // The link was followed with the mouse, so the cursor may be anywhere.
      const { line, character } = linked.range.start;
      editor.selection = new Selection(line, character, line, character);
    }
    const position = editor.selection.active;
    const verdict = await context.request(GetVerdict, { uri, position: protocolPosition(position) });
    if (verdict === null) {
      await tell(context, "information", "No accepted suggestion is known at the cursor.");
      return;
    }
    await showEverything(editor.document, position);
  });
}

function protocolPosition({ line, character }: Position): { line: number; character: number } {
  return { line, character };
}
