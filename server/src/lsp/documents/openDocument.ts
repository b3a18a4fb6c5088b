import { fileURLToPath } from "node:url";
import type {
  Position,
  Range,
  TextDocumentContentChangeEvent,
  TextDocumentsConfiguration,
} from "vscode-languageserver/node";
import { TextDocument } from "vscode-languageserver-textdocument";
import { isRevisionScheme, type Revision, revisionOf } from "./revision";
import { type TextEdit, withLf } from "./textEdits";

/** Versions whose edits a document remembers, for notifications that arrive after the next edit. */
const HISTORY = 32;

/**
 * A document as the editor holds it, in the text that the rest of the server works with: LF between lines. Lines and
 * columns are the same in both, since a line's end never counts as a column.
 */
export class OpenDocument {
  private document: TextDocument;
  private endOfLine: "\n" | "\r\n";
  /** The edits of the last change, in order, each in offsets of the text before it. */
  lastEdits: readonly TextEdit[] = [];
  private readonly history = new Map<number, readonly TextEdit[]>();
  /** The file that it is a version of; `null` for a document that a person works on, and where that cannot be told. */
  readonly revision: Revision | null;

  constructor(
    readonly uri: string,
    readonly languageId: string,
    version: number,
    text: string,
  ) {
    this.document = TextDocument.create(uri, languageId, version, withLf(text));
    this.endOfLine = text.includes("\r\n") ? "\r\n" : "\n";
    this.revision = revisionOf(uri);
  }

  /** It is one that a person works on, and no read-only version of a file. */
  get isWorkedOn(): boolean {
    return !isRevisionScheme(this.scheme);
  }

  get version(): number {
    return this.document.version;
  }

  /** The whole text with LF. */
  get text(): string {
    return this.document.getText();
  }

  get scheme(): string {
    return /^([a-z][a-z0-9+.-]*):/i.exec(this.uri)?.[1]?.toLowerCase() ?? "";
  }

  /** The file's absolute path, or `null` where the document is not a file. */
  get file(): string | null {
    if (this.scheme !== "file") {
      return null;
    }
    try {
      return fileURLToPath(this.uri);
    } catch {
      return null;
    }
  }

  offsetAt(position: Position): number {
    return this.document.offsetAt(position);
  }

  positionAt(offset: number): Position {
    return this.document.positionAt(offset);
  }

  /** The length of a line without its end. */
  lineLength(line: number): number {
    const start = this.offsetAt({ line, character: 0 });
    const newline = this.text.indexOf("\n", start);
    return (newline === -1 ? this.text.length : newline) - start;
  }

  rangeOf(start: number, end: number): Range {
    return { start: this.positionAt(start), end: this.positionAt(end) };
  }

  /** A text with LF as this document spells it. */
  spell(text: string): string {
    return this.endOfLine === "\n" ? text : text.replaceAll("\n", "\r\n");
  }

  /** The edits that led to a recent version. */
  editsOf(version: number): readonly TextEdit[] {
    return this.history.get(version) ?? [];
  }

  change(changes: readonly TextDocumentContentChangeEvent[], version: number): void {
    const edits: TextEdit[] = [];
    for (const change of changes) {
      const text = withLf(change.text);
      if ("range" in change) {
        const { start, end } = change.range;
        edits.push({ start: this.offsetAt(start), end: this.offsetAt(end), text });
        TextDocument.update(this.document, [{ range: change.range, text }], version);
        if (change.text.includes("\n") && !this.text.slice(0, edits.at(-1)?.start).includes("\n")) {
          this.endOfLine = change.text.includes("\r\n") ? "\r\n" : "\n";
        }
      } else {
        edits.push({ start: 0, end: this.text.length, text });
        TextDocument.update(this.document, [{ text }], version);
        this.endOfLine = change.text.includes("\r\n") ? "\r\n" : "\n";
      }
    }
    TextDocument.update(this.document, [], version);
    this.lastEdits = edits;
    this.history.set(version, edits);
    this.history.delete(version - HISTORY);
  }
}

/** Some of the documents that are open in the editor. */
export interface OpenDocuments {
  get(uri: string): OpenDocument | undefined;
  all(): readonly OpenDocument[];
}

/** Those of the open documents that are meant. */
export function someOf(
  documents: OpenDocuments,
  isMeant: (document: OpenDocument) => boolean,
): OpenDocuments {
  return {
    get(uri) {
      const document = documents.get(uri);
      return document !== undefined && isMeant(document) ? document : undefined;
    },
    all: () => documents.all().filter(isMeant),
  };
}

/** How `TextDocuments` makes and changes open documents. */
export const openDocuments: TextDocumentsConfiguration<OpenDocument> = {
  create: (uri, languageId, version, text) => new OpenDocument(uri, languageId, version, text),
  update: (document, changes, version) => {
    document.change(changes, version);
    return document;
  },
};
