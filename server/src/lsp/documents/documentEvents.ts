import type { TextDocuments } from "vscode-languageserver/node";
import { messageOf } from "../../platform/errors";
import { Listeners } from "../listeners";
import type { OpenDocument } from "./openDocument";
import type { TextEdit } from "./textEdits";

/** What a feature does when something happens to an open document. */
export interface DocumentListener {
  opened?(document: OpenDocument): void | Promise<void>;
  /** Called before any other message is looked at, so that what follows edits misses none. */
  edited?(document: OpenDocument, edits: readonly TextEdit[]): void;
  saved?(document: OpenDocument): void | Promise<void>;
  /** The document may be opened again at any time: what is kept under its URI has to be forgotten without waiting. */
  closed?(document: OpenDocument): void | Promise<void>;
}

/**
 * Hands everything that happens to open documents, of those that are meant, to the features, in the order given. This is the one place that
 * listens to documents. Of an opened, saved or closed document each feature hears once those before it are done.
 */
export function dispatchDocumentEvents(
  documents: TextDocuments<OpenDocument>,
  listeners: readonly DocumentListener[],
  log: (line: string) => void,
  isMeant: (document: OpenDocument) => boolean = () => true,
): void {
  const opened = new Listeners<OpenDocument>(log);
  const saved = new Listeners<OpenDocument>(log);
  const closed = new Listeners<OpenDocument>(log);
  for (const listener of listeners) {
    opened.add((document) => listener.opened?.(document));
    saved.add((document) => listener.saved?.(document));
    closed.add((document) => listener.closed?.(document));
  }
  const tell =
    (who: Listeners<OpenDocument>) =>
    ({ document }: { readonly document: OpenDocument }): void => {
      if (isMeant(document)) {
        void who.tell(document);
      }
    };
  documents.onDidOpen(tell(opened));
  documents.onDidSave(tell(saved));
  documents.onDidClose(tell(closed));
  documents.onDidChangeContent(({ document }) => {
    if (document.lastEdits.length === 0 || !isMeant(document)) {
      return;
    }
    for (const listener of listeners) {
      try {
        listener.edited?.(document, document.lastEdits);
      } catch (error) {
        log(`An edit was not followed: ${messageOf(error)}`);
      }
    }
  });
}
