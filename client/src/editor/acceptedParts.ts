/**
 * Tells the acceptance of a word or a line from typing. VS Code tells an extension of neither (microsoft/vscode#172384).
 * But after each edit it says what moved the cursor, and for typing, composing and pasting that is the keyboard, always;
 * the mouse and an extension's own moves have names as well. A part of ghost text is inserted by the editor itself, which
 * has none, and leaves the cursor behind it. Nor has a command that moves lines, which leaves the cursor elsewhere, or an
 * edit by another extension: one that inserts what ghost text offers next, where it is shown, as one word or line, and puts
 * the cursor behind it, cannot be told from its acceptance.
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
  private selected: string | undefined;

  /** The editor asked for suggestions, with this text selected among its own completions. */
  asked(selected: string | undefined): void {
    this.selected = selected;
  }

  /**
   * A document was edited: these texts were put there, and `part` is what that added of a shown suggestion. Where one is
   * what was selected among the editor's own completions, that was chosen, and nothing of the suggestion.
   */
  edited(uri: string, texts: readonly string[], part: AddedPart | null): void {
    const isChoice = texts.some((text) => text === this.selected);
    if (part !== null || this.undecided?.uri === uri) {
      this.undecided = isChoice ? null : part;
    }
  }

  /**
   * The cursor in a document moved, `byEditor` itself, and stands behind what the document holds of a suggestion or does
   * not; returns what is accepted with that.
   */
  cursorMoved(uri: string, byEditor: boolean, isBehindPart: boolean): AddedPart | null {
    const part = this.undecided;
    if (part?.uri !== uri) {
      return null;
    }
    this.undecided = null;
    return byEditor && isBehindPart ? part : null;
  }
}
