import { fileURLToPath } from "node:url";
import {
  type Connection,
  DidChangeWatchedFilesNotification,
  type InitializeParams,
  type InitializeResult,
  TextDocumentSyncKind,
  TextDocuments,
  type WorkspaceFolder,
} from "vscode-languageserver/node";
import { describeNothing } from "../inference/engine/engine";
import { messageOf } from "../platform/errors";
import { DidChangeSettings, DidLoadModel, DidSuggestNothing, RestartEngine } from "../protocol/messages";
import type { Installation } from "../workflows/installation";
import { RepositoryReader } from "../workflows/readRepository";
import { ReplayCache } from "../workflows/replay";
import { VerificationThread } from "../workflows/thread/verificationThread";
import { Coalescer } from "./coalescer";
import { Acceptances } from "./completion/acceptances";
import { ActiveSuggestions } from "./completion/activeSuggestions";
import { ContextSources } from "./completion/contextSources";
import { Gate } from "./completion/gate";
import { provideInlineCompletion } from "./completion/inlineCompletion";
import { DocumentLocations } from "./documents/documentLocations";
import { provideDocumentState } from "./documents/documentState";
import { type OpenDocument, openDocuments } from "./documents/openDocument";
import { EngineHost } from "./models/engineHost";
import { provideModels } from "./models/modelRequests";
import { WorkspaceModels } from "./models/workspaceModels";
import { onNotification, onQuestion } from "./requests";
import { ChainAccess } from "./sealing/chainAccess";
import { JournalHost } from "./sealing/journalHost";
import { rebindPending } from "./sealing/rebindPending";
import { Sealing } from "./sealing/sealing";
import type { ServerContext } from "./serverContext";
import { SettingsStore } from "./settingsStore";
import { Status } from "./status";
import { EvidenceFolders } from "./verdicts/evidenceFolders";
import { provideHover } from "./verdicts/hover";
import { Identity } from "./verdicts/identity";
import { ReplayEngines } from "./verdicts/replayEngines";
import { ReplayQueue } from "./verdicts/replayQueue";
import { provideActions } from "./verdicts/verdictRequests";
import { Verdicts } from "./verdicts/verdicts";

/** Longer than this nobody waits for threads that should have ended. */
const SHUTDOWN_MILLISECONDS = 2_000;

/** One editor's server, once it knows its settings. */
interface Running {
  start(): Promise<void>;
  stop(): Promise<void>;
  folders(folders: readonly WorkspaceFolder[]): void;
}

/** Serves one editor over one connection until it ends. */
export function startServer(connection: Connection, installation: Installation): void {
  const documents = new TextDocuments<OpenDocument>(openDocuments);
  let running: Running | null = null;
  // A defect in one background step must not take the editor's server down with it.
  process.on("unhandledRejection", (reason) => {
    connection.console.error(reason instanceof Error ? (reason.stack ?? reason.message) : String(reason));
  });
  let watches = false;
  let followsFolders = false;

  connection.onInitialize((parameters: InitializeParams): InitializeResult => {
    running = assemble(connection, documents, installation, parameters);
    const { workspace } = parameters.capabilities;
    watches = workspace?.didChangeWatchedFiles?.dynamicRegistration === true;
    followsFolders = workspace?.workspaceFolders === true;
    return {
      serverInfo: { name: "proofline" },
      capabilities: {
        textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental, save: true },
        inlineCompletionProvider: true,
        hoverProvider: true,
        workspace: { workspaceFolders: { supported: true, changeNotifications: true } },
      },
    };
  });
  connection.onInitialized(() => {
    if (watches) {
      void connection.client.register(DidChangeWatchedFilesNotification.type, {
        watchers: [{ globPattern: "**/.proofline/**" }, { globPattern: "**/.gitignore" }],
      });
    }
    if (followsFolders) {
      connection.workspace.onDidChangeWorkspaceFolders(async () => {
        running?.folders((await connection.workspace.getWorkspaceFolders()) ?? []);
      });
    }
    void running?.start();
  });
  connection.onShutdown(async () => {
    await Promise.race([
      running?.stop(),
      new Promise((resolve) => setTimeout(resolve, SHUTDOWN_MILLISECONDS).unref()),
    ]);
  });
  documents.listen(connection);
  connection.listen();
}

function assemble(
  connection: Connection,
  documents: TextDocuments<OpenDocument>,
  installation: Installation,
  { initializationOptions, workspaceFolders }: InitializeParams,
): Running {
  const log = (line: string): void => connection.console.info(line);
  const settings = SettingsStore.from(initializationOptions);
  const models = new WorkspaceModels(settings.home, pathsOf(workspaceFolders ?? []), log);
  const engine = new EngineHost(settings, installation, log, () => models.chosenDirectory());
  const journal = new JournalHost(settings, log);
  const placements = new DocumentLocations(pathsOf(workspaceFolders ?? []));
  const status = new Status(connection);
  const offers = new ActiveSuggestions();
  const sources = new ContextSources(placements, settings);
  const context: ServerContext = {
    connection,
    documents,
    settings,
    engine,
    locations: placements,
    journal,
    status,
    suggestions: offers,
    sources,
    gate: new Gate(settings, engine, placements, journal),
    log,
    explainNothing: (uri, reason) =>
      void connection.sendNotification(DidSuggestNothing.type, { uri, reason: describeNothing(reason) }),
    acceptancesChanged: (document) => {
      void verdicts.update(document);
      sealing.accepted(placements.rootOf(document));
    },
  };
  const thread = new VerificationThread(installation.verificationWorker);
  const reader = new RepositoryReader(thread);
  const identity = new Identity(settings, engine, installation.modelDirectory, models.store, log);
  const chain = new ChainAccess(settings, installation);
  const folders = new EvidenceFolders(reader, chain, (root) => void verdicts.updateAll(root), log);
  const replayEngines = new ReplayEngines(settings, engine, (pin) => identity.modelOf(pin));
  const replays = new ReplayQueue(engine, replayEngines, new ReplayCache(settings.home), () =>
    refreshed.soon(),
  );
  const refreshed = new Coalescer(() => void verdicts.updateAll());
  const sealing: Sealing = new Sealing(context, {
    thread,
    reader,
    folders,
    chain,
    hints: () => verdicts.positions(),
    onSealed: (ids) => acceptances.forget({ ids }),
    onChange: async () => {
      await identity.refresh();
      await verdicts.updateAll();
    },
  });
  const verdicts: Verdicts = new Verdicts(context, folders, replays, identity, {
    pending: () => journal.pending(),
    obstacle: (root) => sealing.obstacle(root),
  });
  const acceptances: Acceptances = new Acceptances(context);

  provideInlineCompletion(context);
  provideDocumentState(context);
  provideHover(context, verdicts, models);
  provideActions(context, { verdicts, replays, sealing, folders, chain });
  provideModels({ connection, settings, engine, models, onChange: modelsChanged });
  onNotification(connection, DidChangeSettings, ({ settings: now }) => settings.replace(now));
  onQuestion(connection, RestartEngine, () => engine.restart());

  async function openJournal(): Promise<void> {
    await journal.open();
    await journal.refreshOthers();
    sealing.accepted(null);
    sealing.resume();
    await verdicts.updateAll();
  }

  async function modelsChanged(): Promise<void> {
    await identity.refresh();
    await proposeModel();
    await verdicts.updateAll();
  }

  async function proposeModel(): Promise<void> {
    status.setProposedModel(await models.proposal(engine.engine?.facts.model.manifestDigest ?? null));
  }

  settings.onChange((now, before) => {
    if (now.trusted !== before.trusted) {
      void openJournal();
    }
    sealing.reconsider();
    if (JSON.stringify(now.chain) !== JSON.stringify(before.chain)) {
      sealing.resume();
    }
    void folders.recheck();
    void verdicts.updateAll();
  });
  engine.onChange((state) => {
    status.setModel(state);
    if (state.kind !== "ready") {
      return;
    }
    void connection.sendNotification(DidLoadModel.type);
    void modelsChanged();
  });

  documents.onDidOpen(({ document }) => {
    sources.opened(document);
    void opened(document);
  });
  documents.onDidChangeContent(({ document }) => {
    if (document.lastEdits.length === 0) {
      return;
    }
    replays.typing();
    offers.follow(document, document.lastEdits);
    sources.edited(document, document.lastEdits);
    verdicts.follow(document);
    acceptances.follow(document, document.lastEdits);
  });
  documents.onDidSave(({ document }) => void saved(document));
  documents.onDidClose(({ document }) => {
    offers.forget(document.uri);
    sources.closed(document);
    acceptances.forget({ uri: document.uri });
    verdicts.forget(document.uri);
    sealing.reconsider();
    for (const other of documents.all()) {
      void bind(other);
    }
    void verdicts.updateQuoting(document);
  });

  async function opened(document: OpenDocument): Promise<void> {
    const { root, path } = await placements.of(document);
    if (root !== null) {
      sealing.opened(root, path);
    }
    await bind(document);
    await verdicts.update(document);
    await verdicts.updateQuoting(document);
    if (root !== null) {
      await folders.findMoves(root);
    }
  }

  async function saved(document: OpenDocument): Promise<void> {
    void sources.refresh();
    await bind(document);
    sealing.reconsider();
  }

  async function bind(document: OpenDocument): Promise<void> {
    if (!(await rebindPending(context, document))) {
      return;
    }
    sealing.accepted(placements.rootOf(document));
    await verdicts.update(document);
  }

  connection.onDidChangeWatchedFiles(async ({ changes }) => {
    if (changes.some(({ uri }) => uri.endsWith(".gitignore"))) {
      placements.refresh();
      void sources.refresh();
    }
    if (!changes.some(({ uri }) => uri.includes("/.proofline/"))) {
      return;
    }
    await journal.refreshOthers();
    if (changes.some(({ uri }) => uri.endsWith("/.proofline/models.json"))) {
      await proposeModel();
    }
    await folders.reloadAll();
  });

  return {
    async start() {
      status.open();
      const loading = engine.restart();
      await identity.refresh().catch((error: unknown) => log(messageOf(error)));
      folders.watchChain();
      await Promise.all([loading, openJournal()]);
    },
    async stop() {
      const replaysClosed = replays.close();
      refreshed.close();
      folders.close();
      chain.reset();
      await acceptances.settled();
      await sealing.close();
      await journal.close();
      await Promise.all([replaysClosed, engine.dispose(), thread.close()]);
    },
    folders(now) {
      placements.refresh(pathsOf(now));
      models.follow(pathsOf(now));
      void engine.reconsider().then(() => proposeModel());
      void sources.refresh();
      void verdicts.updateAll();
    },
  };
}

function pathsOf(folders: readonly { readonly uri: string }[]): string[] {
  return folders.flatMap(({ uri }) => {
    try {
      return [fileURLToPath(uri)];
    } catch {
      return [];
    }
  });
}
