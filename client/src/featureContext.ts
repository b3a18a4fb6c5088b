/** What the features share: the server, what it last said of model, chain and documents, and the editor's extension. */
import { type Disposable, EventEmitter, type ExtensionContext, window, workspace } from "vscode";
import type { Middleware } from "vscode-languageclient/node";
import type { DidChangeStatus, ModelState } from "../../server/src/protocol/messages";
import { readSettings } from "./config";
import { DocumentOffers } from "./documentOffers";
import type { AddedPart } from "./editor/acceptedParts";
import { ShownSuggestions } from "./editor/shownSuggestions";
import { VerdictStore } from "./editor/verdictStore";
import { EDITOR_CONFIGURATION, onDidChangeSettings } from "./editorConfiguration";
import { connectLanguageClient } from "./languageClientConnection";
import { Server } from "./server";
import { VisibleLog } from "./visibleLog";

type RelayedModel = Extract<ModelState, { kind: "relayed" }>;

export class FeatureContext {
  readonly configuration = EDITOR_CONFIGURATION;
  readonly verdicts = new VerdictStore();
  readonly suggestions = new ShownSuggestions();
  readonly offers = new DocumentOffers(this.configuration);
  /** Filled by the features before the first start. */
  readonly middleware: Middleware = {};
  readonly log = new VisibleLog(window.createOutputChannel("Proofline", { log: true }));
  readonly server: Server;

  private lastStatus: DidChangeStatus.Parameters | undefined;
  private relayed: RelayedModel | null = null;

  private readonly stateChanged = new EventEmitter<void>();
  private readonly verdictsChanged = new EventEmitter<string>();
  private readonly suggestionsChanged = new EventEmitter<string>();
  private readonly partAccepted = new EventEmitter<AddedPart>();
  /** The server's state or its last status changed. */
  readonly onDidChangeState = this.stateChanged.event;
  /** The verdicts of a document changed, by its URI. */
  readonly onDidChangeVerdicts = this.verdictsChanged.event;
  /** The suggestions shown in a document changed, by its URI. */
  readonly onDidChangeSuggestions = this.suggestionsChanged.event;
  /** A word or a line of a shown suggestion was accepted. */
  readonly onDidAcceptPart = this.partAccepted.event;

  constructor(readonly extension: ExtensionContext) {
    const { log, middleware } = this;
    const module = extension.asAbsolutePath("dist/server.js");
    this.server = new Server({
      connect: (settings) => connectLanguageClient({ module, log, middleware }, settings),
      isTrusted: () => this.configuration.trusted,
      readSettings: () => readSettings(this.configuration),
      log,
      after(milliseconds, run) {
        const timer = setTimeout(run, milliseconds);
        return () => clearTimeout(timer);
      },
      nowMilliseconds: () => Date.now(),
    });
    this.server.onDidChangeState(() => this.stateChanged.fire());
    this.server.onGone(() => this.forget());
    this.subscribe(
      log,
      this.stateChanged,
      this.verdictsChanged,
      this.suggestionsChanged,
      this.partAccepted,
      this.offers,
      this.offers.onDidChange(() => this.stateChanged.fire()),
      workspace.onDidGrantWorkspaceTrust(() => void this.server.restart()),
      onDidChangeSettings(() => void this.server.settingsChanged()),
    );
  }

  /** The server's last status, while it runs; its model is the one that suggests in the active document. */
  get status(): DidChangeStatus.Parameters | undefined {
    if (this.server.state.kind !== "running" || this.lastStatus === undefined) {
      return undefined;
    }
    return { ...this.lastStatus, model: this.relayed ?? this.lastStatus.model };
  }

  subscribe(...disposables: readonly Disposable[]): void {
    this.extension.subscriptions.push(...disposables);
  }

  setStatus(status: DidChangeStatus.Parameters): void {
    this.lastStatus = status;
    this.modelChanged();
    this.stateChanged.fire();
  }

  /** The model behind an enclave that suggests in the active document; `null` where none does. */
  setRelayed(model: RelayedModel | null): void {
    this.relayed = model;
    this.modelChanged();
  }

  private modelChanged(): void {
    const model = this.status?.model;
    this.offers.modelLanguages = model?.kind === "ready" ? model.languages : null;
  }

  /** What the server says of a document may be another now. */
  fireStateChanged(): void {
    this.stateChanged.fire();
  }

  fireVerdictsChanged(uri: string): void {
    this.verdictsChanged.fire(uri);
  }

  fireSuggestionsChanged(uri: string): void {
    this.suggestionsChanged.fire(uri);
  }

  firePartAccepted(part: AddedPart): void {
    this.partAccepted.fire(part);
  }

  /** What a server knew may be wrong by the time the next one runs. */
  private forget(): void {
    this.lastStatus = undefined;
    this.relayed = null;
    this.suggestions.clear();
    this.verdicts.clear();
    for (const document of workspace.textDocuments) {
      this.verdictsChanged.fire(document.uri.toString());
    }
  }
}
