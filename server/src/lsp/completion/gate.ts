import type { DocumentLocations } from "../documents/documentLocations";
import type { OpenDocument } from "../documents/openDocument";
import type { SettingsStore } from "../settingsStore";
import type { SuggestionStore } from "../suggestions/suggestionStore";
import type { ProviderSource } from "./providerSource";

const MAX_BYTES = 1_000_000;
const MAX_LINE = 10_000;

/**
 * Says why a document gets no suggestions, as a sentence, or `null` when it does. Everything slow behind an answer is
 * cached: nothing here reads a disk between a keystroke and ghost text, but for a document's first one.
 */
export class Gate {
  private readonly sizes = new WeakMap<OpenDocument, { version: number; reason: string | null }>();

  constructor(
    private readonly settings: SettingsStore,
    private readonly source: ProviderSource,
    private readonly locations: DocumentLocations,
    private readonly store: SuggestionStore,
  ) {}

  async offReason(document: OpenDocument): Promise<string | null> {
    return (
      this.generalReason() ?? this.documentReason(document) ?? (await this.locations.of(document)).refusal
    );
  }

  /** Why nothing that was accepted in a document may be recorded, as a sentence, or `null`. */
  async recordReason(document: OpenDocument): Promise<string | null> {
    if (!this.settings.current.trusted) {
      return "The workspace is not trusted, so nothing is written.";
    }
    return (await this.locations.of(document)).refusal;
  }

  /** What holds for every document. */
  private generalReason(): string | null {
    const { trusted, enabled, verifiedOnly } = this.settings.current;
    if (!trusted) {
      return "The workspace is not trusted, so no model is loaded.";
    }
    if (!enabled) {
      return "Suggestions are turned off in the settings.";
    }
    const { state } = this.source;
    if (state.kind === "failed") {
      return `${state.reason} ${state.remedy}`;
    }
    if (state.kind === "off") {
      return state.reason;
    }
    if (verifiedOnly === "block" && this.store.problem !== null) {
      return `Only verified suggestions are wanted, and nothing can be recorded: ${this.store.problem}`;
    }
    return null;
  }

  private documentReason(document: OpenDocument): string | null {
    switch (document.scheme) {
      case "file":
      case "untitled":
        return this.sizeReason(document);
      case "vscode-notebook-cell":
        return "Notebooks get no suggestions yet.";
      default:
        return `Suggestions are for files, and this document is not one (${document.scheme}).`;
    }
  }

  private sizeReason(document: OpenDocument): string | null {
    const known = this.sizes.get(document);
    if (known?.version === document.version) {
      return known.reason;
    }
    const reason = tooLarge(document.text);
    this.sizes.set(document, { version: document.version, reason });
    return reason;
  }
}

/** Why a text is too large for suggestions, or `null`. */
export function tooLarge(text: string): string | null {
  if (text.length > MAX_BYTES || (text.length > MAX_BYTES / 3 && Buffer.byteLength(text) > MAX_BYTES)) {
    return "The file is larger than 1 MB.";
  }
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf("\n", start);
    const end = newline === -1 ? text.length : newline;
    if (end - start > MAX_LINE) {
      return "A line of the file is longer than 10,000 characters.";
    }
    start = end + 1;
  }
  return null;
}
