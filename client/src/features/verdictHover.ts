/**
 * Hovers. The server answers with one line over code and with everything at a line's end; *Show Verdict at Cursor*
 * asks for everything wherever the cursor is, through the same one hover.
 */
import { commands, Hover, MarkdownString, type Position, Range, type TextDocument } from "vscode";
import { LINKED_COMMANDS } from "../../../server/src/protocol/linkedCommands";
import { GetVerdict } from "../../../server/src/protocol/messages";
import type { Context } from "../server";

/** The place whose next hover shows everything. */
let wanted: { readonly uri: string; readonly position: Position } | undefined;

export function activate(context: Context): void {
  context.middleware.provideHover = async (document, position, token, next) => {
    const everything = wanted?.uri === document.uri.toString() && wanted.position.isEqual(position);
    if (!everything) {
      return next(document, position, token);
    }
    wanted = undefined;
    const verdict = await context.request(GetVerdict, { uri: document.uri.toString(), position }, token);
    return verdict === null ? next(document, position, token) : hover(verdict);
  };
}

/** Opens the hover with everything at a place where a suggestion lies. */
export async function showEverything(document: TextDocument, position: Position): Promise<void> {
  wanted = { uri: document.uri.toString(), position };
  await commands.executeCommand("editor.action.showHover", { focus: "autoFocusImmediately" });
}

function hover({ markdown, range }: GetVerdict.Result): Hover {
  const text = new MarkdownString(markdown);
  text.isTrusted = { enabledCommands: LINKED_COMMANDS };
  return new Hover(
    text,
    new Range(range.start.line, range.start.character, range.end.line, range.end.character),
  );
}
