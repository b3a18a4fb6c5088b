/**
 * Tells the acceptance of a word or a line from typing. VS Code tells an extension of neither. But after each edit it
 * says what moved the cursor, and for typing, composing and pasting that is the keyboard, always; an extension's own
 * moves and the mouse have names as well. A part of ghost text is inserted by the editor itself, which has none.
 */

/** An edit that put more of a shown suggestion into its document, but not all that is left of it. */
export interface AddedPart {
  readonly uri: string;
  /** The suggestion's id. */
  readonly id: string;
  /** The document's version after the edit. */
  readonly version: number;
}

export class AcceptedParts {
  private undecided: AddedPart | null = null;

  /** A document was edited; `part` is what that added of a shown suggestion. */
  edited(uri: string, part: AddedPart | null): void {
    if (part !== null || this.undecided?.uri === uri) {
      this.undecided = part;
    }
  }

  /** The cursor in a document moved, `byEditor` itself; returns what is accepted with that. */
  cursorMoved(uri: string, byEditor: boolean): AddedPart | null {
    const part = this.undecided;
    if (part?.uri !== uri) {
      return null;
    }
    this.undecided = null;
    return byEditor ? part : null;
  }
}
