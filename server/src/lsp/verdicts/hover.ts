import * as z from "zod";
import { Digest } from "../../platform/primitives";
import { GetVerdict, GetVerdictDocument } from "../../protocol/messages";
import { DocumentUri, TextPosition } from "../../protocol/messages/documentPlaces";
import { visibleMarkdown } from "../../protocol/visibleMarkdown";
import type { OpenDocument } from "../documents/openDocument";
import type { WorkspaceModels } from "../models/workspaceModels";
import { answer, onRequest, parse } from "../requests";
import type { ServerContext } from "../serverContext";
import type { EvidenceFolders } from "./evidenceFolders";
import type { PlacedVerdict } from "./placedVerdict";
import { verdictDocument } from "./verdictDocument";
import { aboutRevision, type Reader, verdictLine, verdictMarkdown } from "./verdictMarkdown";
import type { Verdicts } from "./verdicts";

const HoverParameters = z.object({ textDocument: z.object({ uri: DocumentUri }), position: TextPosition });

interface HoverParts {
  readonly verdicts: Verdicts;
  readonly folders: EvidenceFolders;
  readonly models: WorkspaceModels;
}

/**
 * `textDocument/hover`, `proofline/getVerdict` and `proofline/getVerdictDocument`. Over code the hover is one line, so
 * that it never buries what other hovers say there; at the line's end, where the badge stands, it tells of every
 * suggestion on the line. The document has all that is known.
 */
export function provideHover(context: ServerContext, { verdicts, folders, models }: HoverParts): void {
  const { connection, shown, store } = context;

  async function readerOf(document: OpenDocument): Promise<Reader> {
    const { policy, device } = await verdicts.knownFor(document);
    return { policy, device };
  }

  async function whole(
    document: OpenDocument,
    { verdict, note }: PlacedVerdict,
    others: readonly PlacedVerdict[],
  ): Promise<string> {
    const lines = others.map((other) => verdictLine(other.verdict, other.note));
    const markdown = verdictMarkdown(verdict, await readerOf(document), note, lines);
    return document.revision === null ? markdown : `${aboutRevision(document.revision)}  \n${markdown}`;
  }

  connection.onHover((raw) =>
    answer(connection, async () => {
      const { textDocument, position } = parse("textDocument/hover", HoverParameters, raw);
      const document = shown.get(textDocument.uri);
      if (document === undefined) {
        return null;
      }
      const isAtEnd = position.character >= document.lineLength(position.line);
      const [first, ...others] = isAtEnd
        ? verdicts.onLine(document, position.line)
        : verdicts.at(document, position);
      if (first === undefined) {
        return null;
      }
      const { verdict, range, note } = first;
      const value = isAtEnd
        ? await whole(document, first, others)
        : `${verdictLine(verdict, note)}${document.revision === null ? "" : ` · ${visibleMarkdown(document.revision.which)}`}`;
      return { contents: { kind: "markdown" as const, value }, range };
    }),
  );
  onRequest(connection, GetVerdict, async ({ uri, position }) => {
    const document = shown.get(uri);
    const [first, ...others] = document === undefined ? [] : verdicts.at(document, position);
    if (document === undefined || first === undefined) {
      return null;
    }
    return {
      id: first.verdict.key,
      markdown: await whole(document, first, others),
      range: first.range,
    };
  });
  onRequest(connection, GetVerdictDocument, async ({ id }) => {
    const found = verdicts.find(id);
    if (found === null) {
      return null;
    }
    const { document, verdict } = found;
    const { findings, id: label } = verdict;
    const { manifestDigest } = findings.model;
    const root = Digest.safeParse(findings.anchor.batchRoot);
    return verdictDocument(verdict, await readerOf(document), {
      revision: document.revision,
      sealed: folders.claimOf(id),
      note: verdicts.noteFor(document, verdict),
      signature: manifestDigest === null ? null : await models.signatureOf(manifestDigest),
      whySealed: root.success ? await store.whySealed(root.data, label) : null,
    });
  });
}
