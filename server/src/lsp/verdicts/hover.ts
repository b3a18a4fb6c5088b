import * as z from "zod";
import { GetVerdict } from "../../protocol/messages";
import { DocumentUri, TextPosition } from "../../protocol/messages/documentPlaces";
import type { OpenDocument } from "../documents/openDocument";
import type { WorkspaceModels } from "../models/workspaceModels";
import { answer, onRequest, parse } from "../requests";
import type { ServerContext } from "../serverContext";
import type { PlacedVerdict } from "./placedVerdict";
import { verdictLine, verdictMarkdown } from "./verdictMarkdown";
import type { Verdicts } from "./verdicts";

const HoverParameters = z.object({ textDocument: z.object({ uri: DocumentUri }), position: TextPosition });

/**
 * `textDocument/hover` and `proofline/getVerdict`. Over code the hover is one line, so that it never buries what other
 * hovers say there; at the line's end, where the badge stands, it is the whole.
 */
export function provideHover(context: ServerContext, verdicts: Verdicts, models: WorkspaceModels): void {
  const { connection, documents } = context;

  async function whole(document: OpenDocument, { verdict, note }: PlacedVerdict): Promise<string> {
    const { manifestDigest } = verdict.findings.model;
    const signature = manifestDigest === null ? null : await models.signatureOf(manifestDigest);
    const { policy } = await verdicts.knownFor(document);
    return verdictMarkdown(verdict, policy, note, signature);
  }

  connection.onHover((raw) =>
    answer(connection, async () => {
      const { textDocument, position } = parse("textDocument/hover", HoverParameters, raw);
      const document = documents.get(textDocument.uri);
      const shown = document === undefined ? null : verdicts.at(document, position);
      if (document === undefined || shown === null) {
        return null;
      }
      const { verdict, range, note, localChain } = shown;
      const atEnd = position.character >= document.lineLength(position.line);
      const value = atEnd ? await whole(document, shown) : verdictLine(verdict, localChain, note);
      return { contents: { kind: "markdown" as const, value }, range };
    }),
  );
  onRequest(connection, GetVerdict, async ({ uri, position }) => {
    const document = documents.get(uri);
    const shown = document === undefined ? null : verdicts.at(document, position);
    if (document === undefined || shown === null) {
      return null;
    }
    return { id: shown.verdict.key, markdown: await whole(document, shown), range: shown.range };
  });
}
