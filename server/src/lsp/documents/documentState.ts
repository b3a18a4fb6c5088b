import { GetDocumentState } from "../../protocol/messages";
import { onRequest } from "../requests";
import type { ServerContext } from "../serverContext";
import { OpenDocument } from "./openDocument";

/** `proofline/getDocumentState`: why a document gets no suggestions and who makes them, also for one that the editor never opened here. */
export function provideDocumentState(context: ServerContext): void {
  onRequest(context.connection, GetDocumentState, async ({ uri }) => {
    const document = context.documents.get(uri) ?? new OpenDocument(uri, "", 0, "");
    const { state: model } = await context.providers.of(document);
    return { offReason: await context.gate.offReason(document), model };
  });
}
