/** The verdict document: all that is known of the suggestion at the cursor, as a page to read. */
import { commands, EventEmitter, Uri, window, workspace } from "vscode";
import { messageOf } from "../../../server/src/protocol/caught";
import { GetVerdictDocument } from "../../../server/src/protocol/messages";
import { registerCommand } from "../commandRunner";
import type { FeatureContext } from "../featureContext";
import { noteDeed } from "../firstDeeds";
import { meantSuggestion } from "../meantSuggestion";

const SCHEME = "proofline-verdict";

/** The editor's own Markdown preview, which a person may have turned off; its extension starts with its first command. */
const PREVIEW = "markdown.showPreview";

export function activate(context: FeatureContext): void {
  const changed = new EventEmitter<Uri>();
  const opened = new Map<string, Uri>();

  context.subscribe(
    changed,
    workspace.registerTextDocumentContentProvider(SCHEME, {
      onDidChange: changed.event,
      async provideTextDocumentContent({ query }) {
        const markdown =
          context.server.state.kind === "running"
            ? await context.server.request(GetVerdictDocument, { id: query })
            : null;
        return (
          markdown ?? "Nothing is known of this suggestion any more: its file is closed, or its text is gone."
        );
      },
    }),
    context.onDidChangeVerdicts(() => {
      for (const uri of opened.values()) {
        changed.fire(uri);
      }
    }),
    workspace.onDidCloseTextDocument(({ uri }) => opened.delete(uri.toString())),
  );

  registerCommand(context, "proofline.openVerdict", async (linked) => {
    const id = await meantSuggestion(context, linked);
    if (id === undefined) {
      return;
    }
    const uri = Uri.from({ scheme: SCHEME, path: "/Verdict.md", query: id });
    opened.set(uri.toString(), uri);
    changed.fire(uri);
    try {
      await commands.executeCommand(PREVIEW, uri);
    } catch (error) {
      context.log.warn(`The verdict is shown as text: ${messageOf(error)}`);
      await window.showTextDocument(uri, { preview: true });
    }
    noteDeed("proofline.hasReadVerdict");
  });
}
