import { fileURLToPath } from "node:url";
import type {
  Connection,
  FileEvent,
  InitializeParams,
  TextDocuments,
  WorkspaceFolder,
} from "vscode-languageserver/node";
import { EDITOR_SETTINGS_FILE, POLICY_FILE } from "../evidence/repository/places";
import type { Repository } from "../evidence/repository/repository";
import {
  AnswerChain,
  AnswerPolicy,
  DidChangeOffers,
  DidChangeSettings,
  DidLoadModel,
  ForgetChain,
  ForgetPolicy,
  GetOpenGradientKey,
  ListEnclaves,
  RestartEngine,
  ReviewChain,
  ReviewEnclave,
  ReviewPolicy,
  UseEnclave,
  UseLocalModel,
} from "../protocol/messages";
import { EnclaveChoices } from "../workflows/enclaveChoices";
import { GrammarQuestions } from "../workflows/grammarQuestions";
import type { Installation } from "../workflows/installation";
import { RepositoryReader } from "../workflows/readRepository";
import { ReplayCache } from "../workflows/replay";
import { RepositoryChains } from "../workflows/repositoryChains";
import { RepositoryPolicies } from "../workflows/repositoryPolicies";
import { allCoresButOne, ReadingThreads } from "../workflows/thread/readingThreads";
import { VerificationThread } from "../workflows/thread/verificationThread";
import { versionIn } from "../workflows/version";
import { ChainAccess } from "./chains/chainAccess";
import { WorkspaceChains } from "./chains/workspaceChains";
import { Coalescer } from "./coalescer";
import { ContextSources } from "./completion/contextSources";
import { DocumentProviders } from "./completion/documentProviders";
import { Gate } from "./completion/gate";
import { provideInlineCompletion } from "./completion/inlineCompletion";
import { type DocumentListener, dispatchDocumentEvents } from "./documents/documentEvents";
import { DocumentLocations } from "./documents/documentLocations";
import { provideDocumentState } from "./documents/documentState";
import { type OpenDocument, someOf } from "./documents/openDocument";
import { Tracking } from "./documents/tracking";
import { EnclaveHost } from "./enclaves/enclaveHost";
import { EnclaveSpending } from "./enclaves/enclaveSpending";
import { WorkspaceEnclaves } from "./enclaves/workspaceEnclaves";
import { LookedUp } from "./lookedUp";
import { EngineHost } from "./models/engineHost";
import { provideModels } from "./models/modelRequests";
import { WorkspaceModels } from "./models/workspaceModels";
import { knownRules } from "./policies/knownRules";
import { OfferRules } from "./policies/offerRules";
import { WorkspacePolicies } from "./policies/workspacePolicies";
import { ask, onNotification, onQuestion, onRequest } from "./requests";
import { startSealing } from "./sealing/sealing";
import type { ServerContext } from "./serverContext";
import { SettingsStore } from "./settingsStore";
import { Status } from "./status";
import { Acceptances } from "./suggestions/acceptances";
import { ActiveSuggestions } from "./suggestions/activeSuggestions";
import { rebindPending } from "./suggestions/rebindPending";
import { SuggestionStore } from "./suggestions/suggestionStore";
import { Authorities } from "./verdicts/authorities";
import { Diagnostics } from "./verdicts/diagnostics";
import { EnclaveQueue } from "./verdicts/enclaveQueue";
import { EvidenceFolders } from "./verdicts/evidenceFolders";
import { provideHover } from "./verdicts/hover";
import { Identity } from "./verdicts/identity";
import { ReplayEngines } from "./verdicts/replayEngines";
import { ReplayQueue } from "./verdicts/replayQueue";
import { provideReportExport } from "./verdicts/reportExport";
import { provideRepositoryVerdicts } from "./verdicts/repositoryVerdicts";
import { RepositoryWatch } from "./verdicts/repositoryWatch";
import { provideActions } from "./verdicts/verdictRequests";
import { Verdicts } from "./verdicts/verdicts";

/** One editor's server, once it knows its settings. */
export interface RunningServer {
  /** Loads the model and opens the journal; the client can be told things from now on. */
  start(): Promise<void>;
  /** Ends everything. What is pending stays in the journal. */
  stop(): Promise<void>;
  foldersChanged(folders: readonly WorkspaceFolder[]): void;
  filesChanged(changes: readonly FileEvent[]): Promise<void>;
}

/**
 * Puts a server together. Each part is made of parts that were made before it; what flows the other way are events,
 * and who listens to the same ones hears of them in the order in which the parts are made here.
 */
export function assembleServer(
  connection: Connection,
  open: TextDocuments<OpenDocument>,
  installation: Installation,
  { initializationOptions, workspaceFolders, capabilities }: InitializeParams,
): RunningServer {
  const log = (line: string): void => connection.console.info(line);
  const documents = someOf(open, ({ isWorkedOn }) => isWorkedOn);
  const shown = someOf(open, ({ isWorkedOn, revision }) => isWorkedOn || revision !== null);
  const settings = SettingsStore.from(initializationOptions);
  const status = new Status(connection);
  const embedded = installation.modelDirectory;
  const models = new WorkspaceModels(settings.home, embedded, pathsOf(workspaceFolders ?? []), log);
  const engine = new EngineHost(settings, installation, log, () => models.chosenDirectory());
  const enclaveChoices = new EnclaveChoices(settings.home);
  const enclaveSpending = new EnclaveSpending(settings.home, log);
  const workspaceEnclaves = new WorkspaceEnclaves(settings, enclaveChoices, enclaveSpending);
  const locations = new DocumentLocations(pathsOf(workspaceFolders ?? []));
  const tracking = new Tracking(documents);

  const store = new SuggestionStore(settings, log);
  const tellPending = (): void =>
    status.setPending(store.unanchoredCount((repository) => locations.isHere(repository)) ?? 0);
  store.onEvent(tellPending);
  const enclaveHost = new EnclaveHost(
    settings,
    enclaveChoices,
    enclaveSpending,
    // An editor that keeps no keys does not know the request.
    () => ask(connection, GetOpenGradientKey, {}).catch(() => null),
    log,
  );
  const providers = new DocumentProviders(engine, enclaveHost, locations, settings);
  const repositoryPolicies = new RepositoryPolicies(settings.home);
  const rules = knownRules(repositoryPolicies, log);
  const readers = new ReadingThreads(installation.verificationWorker, settings.home, allCoresButOne());
  const repositoryChains = new RepositoryChains(settings.home);
  const chain = new ChainAccess(settings, repositoryChains, installation, readers, (line) =>
    connection.console.warn(line),
  );
  const identity = new Identity(settings, { store: models.store, embedded }, rules, log);
  const authorities = new Authorities(settings, chain, log);
  const countingChains = new LookedUp(
    ({ folder }: Repository) => folder,
    (repository) => chain.of(repository),
    log,
  );
  const offerRules = new OfferRules({
    settings,
    store,
    rules,
    identity,
    authorities,
    chains: countingChains,
  });
  const gate = new Gate(settings, providers, locations, offerRules);
  const sources = new ContextSources(locations, settings);
  const active = new ActiveSuggestions();
  const context: ServerContext = {
    connection,
    documents,
    shown,
    settings,
    providers,
    gate,
    locations,
    active,
    store,
    sources,
    log,
  };
  const acceptances = new Acceptances(context);

  const thread = new VerificationThread(installation.verificationWorker);
  const grammarThread = new VerificationThread(installation.verificationWorker);
  // A text that breaks the one while something is verified must not change what is sealed.
  const sealingGrammarThread = new VerificationThread(installation.verificationWorker);
  const reader = new RepositoryReader(readers);
  const chains = new WorkspaceChains(settings, repositoryChains, pathsOf(workspaceFolders ?? []), log);
  const sealing = startSealing(context, {
    thread,
    grammarThread: sealingGrammarThread,
    reader,
    chain,
    tracking,
    status,
  });

  identity.follow(store);
  const policies = new WorkspacePolicies(settings, repositoryPolicies, pathsOf(workspaceFolders ?? []), log);
  const folders = new EvidenceFolders(reader, chain, store, log);
  folders.onChange((repository) => authorities.changed(repository));
  chain.onHeard(() => {
    authorities.askAgain();
    void folders.recheck();
  });
  const replayEngines = new ReplayEngines(settings, engine, (pin) => identity.modelOf(pin));
  const replays = new ReplayQueue(engine, replayEngines, new ReplayCache(settings.home));
  const enclaves = new EnclaveQueue(settings, thread);
  const grammars = new GrammarQuestions(grammarThread);
  const diagnostics = new Diagnostics(connection);
  const verdictSources = { folders, replays, enclaves, identity, authorities, grammars };
  const verdicts = new Verdicts(context, { ...verdictSources, tracking, diagnostics });
  const repositoryWatch = new RepositoryWatch(context, {
    ...verdictSources,
    diagnostics,
    canWatchFiles: capabilities.workspace?.didChangeWatchedFiles?.dynamicRegistration === true,
  });
  const refreshed = new Coalescer(() => void verdicts.updateAll());
  replays.onResult(() => refreshed.soon());
  enclaves.onResult(() => refreshed.soon());

  async function proposeModel(): Promise<void> {
    status.setProposedModel(await models.proposal(engine.engine?.facts.model.manifestDigest ?? null));
  }

  async function proposeChain(): Promise<void> {
    status.setProposedChain(await chains.proposal());
  }

  async function proposePolicy(): Promise<void> {
    status.setProposedPolicy(await policies.proposal());
  }

  function offersChanged(): void {
    void connection.sendNotification(DidChangeOffers.type);
  }

  /** Other rules may count somewhere. */
  async function policiesChanged(): Promise<void> {
    await identity.refresh();
    await proposePolicy();
    repositoryWatch.lookAgain();
    offersChanged();
    await verdicts.updateAll();
  }

  /** Another chain may count somewhere. */
  async function chainsChanged(): Promise<void> {
    countingChains.refresh();
    offersChanged();
    await proposeChain();
    // Nobody waits for servers here: the verdicts follow.
    void folders.recheck();
  }

  async function modelsChanged(): Promise<void> {
    await identity.refresh();
    await proposeModel();
    repositoryWatch.lookAgain();
    await verdicts.updateAll();
  }

  rules.onChange(() => policiesChanged());
  countingChains.onChange(() => chainsChanged());
  authorities.onMakerChange(() => offersChanged());
  settings.onChange((now, before) => {
    if (now.trusted !== before.trusted) {
      void store.begin();
    }
    void chainsChanged();
    void verdicts.updateAll();
  });
  engine.onChange((state) => {
    status.setModel(state);
    if (state.kind === "ready") {
      void connection.sendNotification(DidLoadModel.type);
    }
    if (state.kind !== "loading") {
      void modelsChanged();
    }
  });

  const bind = (document: OpenDocument): Promise<void> => rebindPending(context, document);
  const binder: DocumentListener = {
    opened: bind,
    saved: bind,
  };
  // What was accepted in a document that is gone may stand in another. The gone one is forgotten first, for it may be
  // opened again at any time.
  const heirs: DocumentListener = {
    closed: async () => {
      await Promise.all(documents.all().map(bind));
    },
  };
  const moves: DocumentListener = {
    opened: async (document) => {
      const { repositoryPath } = await locations.of(document);
      if (repositoryPath !== null) {
        await folders.findMoves(repositoryPath);
      }
    },
  };
  dispatchDocumentEvents(
    open,
    [
      enclaveHost,
      provideInlineCompletion(context),
      replays,
      active,
      sources,
      acceptances,
      sealing.heldBack,
      binder,
      verdicts,
      repositoryWatch,
      heirs,
      moves,
      sealing.scheduler,
    ],
    log,
    ({ isWorkedOn }) => isWorkedOn,
  );
  dispatchDocumentEvents(open, [verdicts], log, ({ revision }) => revision !== null);

  provideDocumentState(context);
  provideHover(context, { verdicts, folders, models });
  provideRepositoryVerdicts(context, { ...verdictSources, diagnostics });
  provideReportExport(context, verdictSources, versionIn(installation.root));
  provideActions(context, { ...verdictSources, verdicts, sealing, chain, tracking });
  provideModels({ connection, settings, engine, models, onChange: modelsChanged });
  onRequest(connection, ReviewChain, ({ folder }) => chains.review(folder));
  onRequest(connection, AnswerChain, async ({ folder, digest, answer }) => {
    await chains.answer(folder, digest, answer);
    await chainsChanged();
  });
  onRequest(connection, ForgetChain, async ({ folder }) => {
    await chains.forget(folder);
    await chainsChanged();
  });
  onRequest(connection, ReviewPolicy, ({ folder }) => policies.review(folder));
  onRequest(connection, AnswerPolicy, async ({ folder, digest, answer }) => {
    await policies.answer(folder, digest, answer);
    await policiesChanged();
  });
  onRequest(connection, ForgetPolicy, async ({ folder }) => {
    await policies.forget(folder);
    await policiesChanged();
  });
  onQuestion(connection, ListEnclaves, () => workspaceEnclaves.list());
  onRequest(connection, ReviewEnclave, async (wanted) => {
    const { digest, lines } = await workspaceEnclaves.review(wanted);
    return { digest, lines: [...lines] };
  });
  onRequest(connection, UseEnclave, async ({ folder, digest, ...wanted }) => {
    await workspaceEnclaves.use(folder, wanted, digest);
    enclaveHost.lookAgain();
  });
  onRequest(connection, UseLocalModel, async ({ folder }) => {
    await workspaceEnclaves.useLocalModel(folder);
    enclaveHost.lookAgain();
  });
  onNotification(connection, DidChangeSettings, ({ settings: now }) => settings.replace(now));
  onQuestion(connection, RestartEngine, () => engine.restart());

  return {
    async start() {
      status.open();
      const loading = engine.restart();
      await identity.refresh();
      void proposeChain();
      void proposePolicy();
      folders.watchChain();
      authorities.watch();
      repositoryWatch.lookAgain();
      await Promise.all([loading, store.begin()]);
    },
    async stop() {
      const replaysClosed = replays.close();
      enclaves.close();
      refreshed.close();
      await repositoryWatch.close();
      folders.close();
      authorities.close();
      chain.reset();
      await acceptances.settled();
      await sealing.close();
      await store.close();
      await Promise.all([
        replaysClosed,
        engine.dispose(),
        thread.close(),
        readers.close(),
        grammarThread.close(),
        sealingGrammarThread.close(),
      ]);
    },
    foldersChanged(now) {
      locations.refresh(pathsOf(now));
      tellPending();
      models.follow(pathsOf(now));
      chains.follow(pathsOf(now));
      policies.follow(pathsOf(now));
      void proposeChain();
      void proposePolicy();
      void engine.reconsider().then(proposeModel);
      void sources.refresh();
      void verdicts.updateAll();
      repositoryWatch.lookAgain();
    },
    async filesChanged(changes) {
      if (changes.some(({ uri }) => uri.endsWith(".gitignore"))) {
        locations.refresh();
        void sources.refresh();
      }
      if (changes.some(({ uri }) => uri.endsWith(`/${EDITOR_SETTINGS_FILE}`))) {
        void chainsChanged();
      }
      void repositoryWatch.filesChanged(changes);
      if (!changes.some(({ uri }) => uri.includes("/.proofline/"))) {
        return;
      }
      await store.refreshOthers();
      if (changes.some(({ uri }) => uri.endsWith("/.proofline/models.json"))) {
        await proposeModel();
      }
      if (changes.some(({ uri }) => uri.endsWith(`/${POLICY_FILE}`))) {
        await policiesChanged();
      }
      await folders.reloadAll();
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
