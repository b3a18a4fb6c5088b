import type { Connection, TextDocuments } from "vscode-languageserver/node";
import type { NothingReason } from "../inference/engine/engine";
import type { ActiveSuggestions } from "./completion/activeSuggestions";
import type { ContextSources } from "./completion/contextSources";
import type { Gate } from "./completion/gate";
import type { DocumentLocations } from "./documents/documentLocations";
import type { OpenDocument } from "./documents/openDocument";
import type { EngineHost } from "./models/engineHost";
import type { JournalHost } from "./sealing/journalHost";
import type { SettingsStore } from "./settingsStore";
import type { Status } from "./status";

/** What the capabilities of one running server share. */
export interface ServerContext {
  readonly connection: Connection;
  readonly documents: TextDocuments<OpenDocument>;
  readonly settings: SettingsStore;
  readonly engine: EngineHost;
  readonly gate: Gate;
  readonly locations: DocumentLocations;
  readonly journal: JournalHost;
  readonly suggestions: ActiveSuggestions;
  readonly sources: ContextSources;
  readonly status: Status;
  log(line: string): void;
  /** Somebody asked for a suggestion, and there is none to show. */
  explainNothing(uri: string, reason: NothingReason): void;
  /** What is accepted in a document is not what it was. */
  acceptancesChanged(document: OpenDocument): void;
}
