/** Which suggestion a command is about. */
import { window } from "vscode";
import { GetVerdict } from "../../server/src/protocol/messages";
import { tell } from "./commandRunner";
import type { FeatureContext } from "./featureContext";

/**
 * The key of the one that a link names, else of the one at the cursor; `undefined`, once the person was told so, where
 * there is none.
 */
export async function meantSuggestion(context: FeatureContext, linked: unknown): Promise<string | undefined> {
  const id = typeof linked === "string" ? linked : await atCursor(context);
  if (id === undefined) {
    await tell(context, "information", "No accepted suggestion is known at the cursor.");
  }
  return id;
}

async function atCursor(context: FeatureContext): Promise<string | undefined> {
  const editor = window.activeTextEditor;
  if (editor === undefined) {
    return undefined;
  }
  const { line, character } = editor.selection.active;
  const uri = editor.document.uri.toString();
  return (await context.server.request(GetVerdict, { uri, position: { line, character } }))?.id;
}
