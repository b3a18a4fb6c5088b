/** Tells the server where the cursor rests, so that what a suggestion there will need is read before it is asked for. */
import { type TextEditor, window } from "vscode";
import { DidRestCursor } from "../../../server/src/protocol/messages";
import type { FeatureContext } from "../featureContext";

/** Who moves through a file or types rests nowhere. */
const RESTING_MILLISECONDS = 150;

export function activate(context: FeatureContext): void {
  let timer: NodeJS.Timeout | undefined;
  const moved = (editor: TextEditor | undefined): void => {
    clearTimeout(timer);
    if (editor !== undefined) {
      timer = setTimeout(() => tell(editor), RESTING_MILLISECONDS);
    }
  };
  const tell = ({ document, selection }: TextEditor): void => {
    // Where nothing comes by itself, nobody is likely to ask.
    if (!document.isClosed && context.offers.whyNot(document, false) === null) {
      const { line, character } = selection.active;
      const { version } = document;
      context.server.notify(DidRestCursor, {
        uri: document.uri.toString(),
        version,
        position: { line, character },
      });
    }
  };
  moved(window.activeTextEditor);
  let isReady = false;
  context.subscribe(
    window.onDidChangeActiveTextEditor(moved),
    window.onDidChangeTextEditorSelection(({ textEditor }) => {
      if (textEditor === window.activeTextEditor) {
        moved(textEditor);
      }
    }),
    // What was told before the server ran was told to nobody.
    context.onDidChangeState(() => {
      const wasReady = isReady;
      isReady = context.status?.model.kind === "ready";
      if (isReady && !wasReady) {
        moved(window.activeTextEditor);
      }
    }),
    { dispose: () => clearTimeout(timer) },
  );
}
