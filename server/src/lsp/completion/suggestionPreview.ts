import type { Connection, Position } from "vscode-languageserver/node";
import { DidAdvanceSuggestion } from "../../protocol/messages";
import type { OpenDocument } from "../documents/openDocument";

/** Nobody reads faster. */
const LEAST_MILLISECONDS = 100;

/** Shows what a model writes at a place while it still does. */
export class SuggestionPreview {
  private readonly place: { readonly uri: string; readonly version: number; readonly position: Position };
  private isShown = false;
  /** By `performance.now()`. */
  private last = Number.NEGATIVE_INFINITY;
  private isOver = false;

  constructor(
    private readonly connection: Pick<Connection, "sendNotification">,
    document: OpenDocument,
    offset: number,
  ) {
    const { uri, version } = document;
    this.place = { uri, version, position: document.rangeOf(offset, offset).start };
  }

  show(text: string): void {
    const now = performance.now();
    if (this.isOver || text === "" || now - this.last < LEAST_MILLISECONDS) {
      return;
    }
    this.last = now;
    this.isShown = true;
    this.send(text);
  }

  /** There is an answer, or there will be none. */
  end(): void {
    this.isOver = true;
    if (this.isShown) {
      this.send("");
    }
  }

  private send(text: string): void {
    void this.connection.sendNotification(DidAdvanceSuggestion.type, { ...this.place, text });
  }
}
