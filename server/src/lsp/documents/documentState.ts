import * as z from "zod";
import { DocumentState } from "../../protocol/messages";
import { onRequest, Uri } from "../requests";
import type { ServerContext } from "../serverContext";
import { OpenDocument } from "./openDocument";

/** `proofline/documentState`: why a document gets no suggestions, also for one that the editor never opened here. */
export function provideDocumentState(context: ServerContext): void {
  onRequest(context.connection, DocumentState.type, z.object({ uri: Uri }), async ({ uri }) => {
    const document = context.documents.get(uri) ?? new OpenDocument(uri, "", 0, "");
    return { offReason: await context.gate.offReason(document) };
  });
}
