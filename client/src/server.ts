/** The life cycle of the language server: start, stop, restart, crash. Features reach the server only through here. */
import {
  type Disposable,
  EventEmitter,
  type ExtensionContext,
  type LogOutputChannel,
  window,
  workspace,
} from "vscode";
import {
  CancellationToken,
  CloseAction,
  ErrorAction,
  LanguageClient,
  type LanguageClientOptions,
  type Middleware,
  RevealOutputChannelOn,
  type ServerOptions,
  State,
  TransportKind,
} from "vscode-languageclient/node";
import { messageOf } from "../../server/src/protocol/caught";
import { LINKED_COMMANDS } from "../../server/src/protocol/linkedCommands";
import {
  DidChangeSettings,
  type DidChangeStatus,
  type InitializationOptions,
} from "../../server/src/protocol/messages";
import type {
  NotificationMessage,
  Question,
  RequestMessage,
  Signal,
} from "../../server/src/protocol/messages/message";
import type { Settings } from "../../server/src/protocol/settings";
import { onDidChangeSettings, readSettings } from "./config";
import { type Extension, ShownSuggestions } from "./editor/shownSuggestions";
import { VerdictStore } from "./editor/verdictStore";
import { type Restart, RestartPolicy } from "./restartPolicy";

/** What the server process is doing, with a sentence for people where it does nothing. */
export type ServerState =
  | { readonly kind: "starting" }
  | { readonly kind: "running" }
  | { readonly kind: "crashed"; readonly reason: string; readonly restart: Restart }
  | { readonly kind: "off"; readonly reason: string; readonly remedy: string };

const STOP_MILLISECONDS = 2_000;

export class Context {
  readonly verdicts = new VerdictStore();
  readonly offers = new ShownSuggestions();
  /** Filled by the features before the first start. */
  readonly middleware: Middleware = {};
  readonly log: LogOutputChannel;

  private client: LanguageClient | undefined;
  private state: ServerState = { kind: "starting" };
  /** The settings that the server, or the person, was last told of. */
  private toldSettings = "";
  private lastStatus: DidChangeStatus.Parameters | undefined;
  private readonly restartPolicy = new RestartPolicy();
  private pendingRestart: NodeJS.Timeout | undefined;
  /** Starts and stops one at a time, in the order they were asked for. */
  private queue: Promise<void> = Promise.resolve();
  private readonly connect: ((client: LanguageClient) => void)[] = [];

  private readonly stateChanged = new EventEmitter<void>();
  private readonly verdictsChanged = new EventEmitter<string>();
  private readonly offersChanged = new EventEmitter<string>();
  private readonly offerExtended = new EventEmitter<Extension>();
  /** The server's state or its last status changed. */
  readonly onDidChangeState = this.stateChanged.event;
  /** The verdicts of a document changed, by its URI. */
  readonly onDidChangeVerdicts = this.verdictsChanged.event;
  /** What is on offer in a document changed, by its URI. */
  readonly onDidChangeOffers = this.offersChanged.event;
  /** An edit made a document hold more, or less, of an offered suggestion's beginning. */
  readonly onDidExtendOffer = this.offerExtended.event;

  constructor(readonly extension: ExtensionContext) {
    this.log = window.createOutputChannel("Proofline", { log: true });
    this.subscribe(
      this.log,
      this.stateChanged,
      this.verdictsChanged,
      this.offersChanged,
      this.offerExtended,
      workspace.onDidGrantWorkspaceTrust(() => void this.restart()),
      onDidChangeSettings(() => void this.settingsChanged()),
    );
  }

  get server(): ServerState {
    return this.state;
  }

  /** The server's last status, while it runs. */
  get status(): DidChangeStatus.Parameters | undefined {
    return this.state.kind === "running" ? this.lastStatus : undefined;
  }

  subscribe(...disposables: readonly Disposable[]): void {
    this.extension.subscriptions.push(...disposables);
  }

  setStatus(status: DidChangeStatus.Parameters): void {
    this.lastStatus = status;
    this.stateChanged.fire();
  }

  fireVerdictsChanged(uri: string): void {
    this.verdictsChanged.fire(uri);
  }

  fireOffersChanged(uri: string): void {
    this.offersChanged.fire(uri);
  }

  fireOfferExtended(extension: Extension): void {
    this.offerExtended.fire(extension);
  }

  /** Handles a notification of this server and of every later one. One that makes no sense is logged. */
  onNotification<P>({ method, parameters }: NotificationMessage<P>, handler: (parameters: P) => void): void {
    this.connect.push((client) => {
      client.onNotification(method, (raw: unknown) => {
        const parsed = parameters.safeParse(raw);
        if (parsed.success) {
          handler(parsed.data);
        } else {
          this.log.error(`${method}: ${parsed.error.message}`);
        }
      });
    });
  }

  onSignal({ method }: Signal, handler: () => void): void {
    this.connect.push((client) => void client.onNotification(method, handler));
  }

  /** Answers a request of this server and of every later one. */
  onRequest<P, R>(
    { method, parameters }: RequestMessage<P, R>,
    handler: (parameters: P) => Promise<R>,
  ): void {
    const handle = (raw: unknown): Promise<unknown> => handler(parameters.parse(raw));
    this.connect.push((client) => void client.onRequest(method, handle));
  }

  /** Asks the server; rejects with a reason for people while it is not running. */
  async request<P, R>(
    { method, result }: RequestMessage<P, R>,
    parameters: P,
    token: CancellationToken = CancellationToken.None,
  ): Promise<R> {
    const answer: unknown = await this.running().sendRequest(method, parameters, token);
    return result.parse(answer);
  }

  /** Asks what needs no parameters; otherwise as `request`. */
  async ask<R>(
    { method, result }: Question<R>,
    token: CancellationToken = CancellationToken.None,
  ): Promise<R> {
    const answer: unknown = await this.running().sendRequest(method, token);
    return result.parse(answer);
  }

  /** Tells the server; a server that is not running has nothing to be told. */
  notify<P>({ method }: NotificationMessage<P>, parameters: P): void {
    if (this.client?.state === State.Running) {
      this.client
        .sendNotification(method, parameters)
        .catch((error: unknown) => this.log.warn(`${method}: ${messageOf(error)}`));
    }
  }

  start(): Promise<void> {
    return this.enqueue(() => this.startNow());
  }

  stop(): Promise<void> {
    return this.enqueue(() => this.stopNow());
  }

  /** A person's restart, or a change that needs one: earlier crashes are forgiven. */
  restart(): Promise<void> {
    return this.enqueue(async () => {
      this.restartPolicy.forgive();
      await this.stopNow();
      await this.startNow();
    });
  }

  private enqueue(step: () => Promise<void>): Promise<void> {
    this.queue = this.queue.then(step).catch((error: unknown) => this.log.error(messageOf(error)));
    return this.queue;
  }

  private async startNow(): Promise<void> {
    if (!workspace.isTrusted) {
      this.setState({
        kind: "off",
        reason: "This workspace is not trusted, so nothing is loaded, sent or written.",
        remedy: "Trust it with the command Workspaces: Manage Workspace Trust.",
      });
      return;
    }
    const settings = readSettings();
    this.toldSettings = JSON.stringify(settings);
    if ("problem" in settings) {
      this.setState({ kind: "off", reason: settings.problem, remedy: settings.remedy });
      return;
    }
    this.setState({ kind: "starting" });
    const client = new QuietClient(
      "proofline",
      "Proofline",
      this.serverOptions(),
      this.clientOptions(settings),
    );
    for (const connect of this.connect) {
      connect(client);
    }
    client.onDidChangeState(({ newState }) => {
      if (newState === State.Stopped && this.client === client) {
        this.crashed("The language server ended unexpectedly.");
      }
    });
    this.client = client;
    try {
      await client.start();
      if (this.client === client) {
        this.setState({ kind: "running" });
      }
    } catch (error) {
      this.crashed(`The language server did not start: ${messageOf(error)}.`);
    }
  }

  private async stopNow(): Promise<void> {
    clearTimeout(this.pendingRestart);
    const client = this.client;
    this.client = undefined;
    this.forget();
    await client?.dispose(STOP_MILLISECONDS).catch((error: unknown) => this.log.warn(messageOf(error)));
  }

  private crashed(reason: string): void {
    const client = this.client;
    if (client === undefined) {
      return;
    }
    this.client = undefined;
    this.forget();
    const restart = this.restartPolicy.crashed(Date.now());
    this.log.error(reason);
    this.setState({ kind: "crashed", reason, restart });
    void client.dispose(STOP_MILLISECONDS).catch(() => {});
    if (restart.kind === "after") {
      this.pendingRestart = setTimeout(() => void this.start(), restart.milliseconds);
    }
  }

  /** Nothing that a server said outlives it: what it knew may be wrong by the time the next one runs. */
  private forget(): void {
    this.lastStatus = undefined;
    this.offers.clear();
    this.verdicts.clear();
    for (const document of workspace.textDocuments) {
      this.verdictsChanged.fire(document.uri.toString());
    }
  }

  /** Queued, so that a change during a start is told to the server that is starting. */
  private settingsChanged(): Promise<void> {
    return this.enqueue(async () => {
      const settings = readSettings();
      const key = JSON.stringify(settings);
      if (key === this.toldSettings) {
        return;
      }
      if (this.client !== undefined && !("problem" in settings)) {
        this.toldSettings = key;
        this.notify(DidChangeSettings, { settings });
      } else {
        await this.stopNow();
        await this.startNow();
      }
    });
  }

  private running(): LanguageClient {
    if (this.client?.state === State.Running) {
      return this.client;
    }
    throw new Error(stoppedBecause(this.state));
  }

  private setState(state: ServerState): void {
    this.state = state;
    this.stateChanged.fire();
  }

  private serverOptions(): ServerOptions {
    const run = {
      module: this.extension.asAbsolutePath("dist/server.js"),
      transport: TransportKind.ipc,
    } as const;
    return { run, debug: { ...run, options: { execArgv: ["--nolazy", "--inspect=6009"] } } };
  }

  private clientOptions(settings: Settings): LanguageClientOptions {
    return {
      documentSelector: [{ scheme: "file" }, { scheme: "untitled" }],
      initializationOptions: { settings } satisfies InitializationOptions,
      outputChannel: this.log,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      middleware: this.middleware,
      // Hovers hold strings from files and from the chain: only these commands run, nothing else is trusted.
      markdown: { isTrusted: { enabledCommands: LINKED_COMMANDS }, supportHtml: false },
      initializationFailedHandler: () => false,
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        closed: () => ({ action: CloseAction.DoNotRestart, handled: true }),
      },
    };
  }
}

/** The status bar says what went wrong, and the log says more; the library's own toasts would interrupt besides. */
class QuietClient extends LanguageClient {
  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }
}

function stoppedBecause(state: ServerState): string {
  switch (state.kind) {
    case "starting":
    case "running":
      return "Proofline is still starting. Try again in a moment.";
    case "crashed":
      return `${state.reason} Run Proofline: Restart.`;
    case "off":
      return `${state.reason} ${state.remedy}`;
  }
}
