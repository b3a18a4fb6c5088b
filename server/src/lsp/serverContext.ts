import type { Connection } from "vscode-languageserver/node";
import type { ContextSources } from "./completion/contextSources";
import type { DocumentProviders } from "./completion/documentProviders";
import type { Gate } from "./completion/gate";
import type { DocumentLocations } from "./documents/documentLocations";
import type { OpenDocuments } from "./documents/openDocument";
import type { SettingsStore } from "./settingsStore";
import type { ActiveSuggestions } from "./suggestions/activeSuggestions";
import type { SuggestionStore } from "./suggestions/suggestionStore";

/** What the capabilities of one running server share. */
export interface ServerContext {
  readonly connection: Connection;
  /** Those that a person works on. */
  readonly documents: OpenDocuments;
  /** Those, and read-only versions of files: all of which verdicts are shown. */
  readonly shown: OpenDocuments;
  readonly settings: SettingsStore;
  /** Where suggestions come from. */
  readonly providers: DocumentProviders;
  readonly gate: Gate;
  readonly locations: DocumentLocations;
  /** Suggestions that can still be shown or accepted. */
  readonly active: ActiveSuggestions;
  /** Suggestions that were accepted. */
  readonly store: SuggestionStore;
  readonly sources: ContextSources;
  log(line: string): void;
}
