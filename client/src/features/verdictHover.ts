/**
 * Hovers. The server answers with one line over code and with everything at a line's end; *Show Verdict at Cursor*,
 * also the target of the link in the one-line hover, asks for everything wherever the cursor is, through the same one
 * hover.
 */
import {
  type CancellationToken,
  commands,
  Hover,
  MarkdownString,
  type Position,
  Range,
  Selection,
  type TextDocument,
  window,
} from "vscode";
import { LINKED_COMMANDS } from "../../../server/src/protocol/linkedCommands";
import { GetVerdict } from "../../../server/src/protocol/messages";
import { NO_FILE, registerCommand, tell } from "../commandRunner";
import type { FeatureContext } from "../featureContext";
import { noteDeed } from "../firstDeeds";

export function activate(context: FeatureContext): void {
  /** The place whose next hover shows everything. */
  let wanted: { readonly uri: string; readonly position: Position } | undefined;

  context.middleware.provideHover = async (document, position, token, next) => {
    const uri = document.uri.toString();
    const isWanted = wanted?.uri === uri && wanted.position.isEqual(position);
    const shown =
      (isWanted ? await everything(document, position, token) : null) ??
      (await next(document, position, token));
    if (shown) {
      noteDeed("proofline.hasReadVerdict");
    }
    return shown;
  };

  async function everything(
    { uri }: TextDocument,
    position: Position,
    token: CancellationToken,
  ): Promise<Hover | null> {
    wanted = undefined;
    const parameters = { uri: uri.toString(), position: protocolPosition(position) };
    const verdict = await context.server.request(GetVerdict, parameters, token);
    return verdict === null ? null : hover(verdict);
  }

  registerCommand(context, "proofline.showVerdict", async (id) => {
    const editor = window.activeTextEditor;
    if (editor === undefined) {
      await tell(context, "information", NO_FILE);
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
    const parameters = { uri, position: protocolPosition(position) };
    if ((await context.server.request(GetVerdict, parameters)) === null) {
      await tell(context, "information", "No accepted suggestion is known at the cursor.");
      return;
    }
    wanted = { uri, position };
    await commands.executeCommand("editor.action.showHover", { focus: "autoFocusImmediately" });
  });
}

function hover({ markdown, range }: GetVerdict.Result): Hover {
  const text = new MarkdownString(markdown);
  text.isTrusted = { enabledCommands: LINKED_COMMANDS };
  return new Hover(
    text,
    new Range(range.start.line, range.start.character, range.end.line, range.end.character),
  );
}

function protocolPosition({ line, character }: Position): { line: number; character: number } {
  return { line, character };
}
