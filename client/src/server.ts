/** The life cycle of the language server: start, stop, restart, crash. Features reach the server only through here. */
import type { CancellationToken } from "vscode";
import { messageOf, unreachable } from "../../server/src/protocol/caught";
import type { Problem } from "../../server/src/protocol/chainSettings";
import { DidChangeSettings } from "../../server/src/protocol/messages";
import type {
  NotificationMessage,
  Question,
  RequestMessage,
  Signal,
} from "../../server/src/protocol/messages/message";
import type { Settings } from "../../server/src/protocol/settings";
import { type Restart, RestartPolicy } from "./restartPolicy";

/** What the server process is doing, with a sentence for people where it does nothing. */
export type ServerState =
  | { readonly kind: "starting" }
  | { readonly kind: "running" }
  | { readonly kind: "crashed"; readonly reason: string; readonly restart: Restart }
  | { readonly kind: "off"; readonly reason: string; readonly remedy: string };

/** One server process and the connection to it, as far as the life cycle needs them. */
export interface ServerConnection {
  /** Resolves once the server answers; rejects where it cannot be started. */
  start(): Promise<void>;
  /** Ends the server, in bounded time. */
  dispose(): Promise<void>;
  onEnded(listener: () => void): void;
  onNotification(method: string, handler: (raw: unknown) => void): void;
  onRequest(method: string, handler: (raw: unknown) => Promise<unknown>): void;
  /** `parameters`: `undefined` for a request without any. */
  sendRequest(method: string, parameters: unknown, token: CancellationToken | undefined): Promise<unknown>;
  sendNotification(method: string, parameters: unknown): Promise<void>;
}

/** What the life cycle needs of the editor. */
export interface ServerSurroundings {
  /** A connection that nothing has been sent over yet. */
  connect(settings: Settings): ServerConnection;
  isTrusted(): boolean;
  /** The settings as they are now, or the first one that cannot be used. */
  readSettings(): Settings | Problem;
  readonly log: { warn(line: string): void; error(line: string): void };
  /** Runs something later; returns how to call it off. */
  after(milliseconds: number, run: () => void): () => void;
  nowMilliseconds(): number;
}

export class Server {
  private current: ServerState = { kind: "starting" };
  private connection: ServerConnection | undefined;
  /** The settings that the server, or the person, was last told of. */
  private toldSettings = "";
  private readonly restartPolicy = new RestartPolicy();
  private callOffRestart: () => void = () => {};
  /** Starts, stops and settings one at a time, in the order they were asked for. */
  private queue: Promise<void> = Promise.resolve();
  private readonly handlers: ((connection: ServerConnection) => void)[] = [];
  private readonly stateListeners: (() => void)[] = [];
  private readonly goneListeners: (() => void)[] = [];

  constructor(private readonly surroundings: ServerSurroundings) {}

  get state(): ServerState {
    return this.current;
  }

  onDidChangeState(listener: () => void): void {
    this.stateListeners.push(listener);
  }

  /** A server ended or is about to: nothing that it said outlives it. */
  onGone(listener: () => void): void {
    this.goneListeners.push(listener);
  }

  /** Handles a notification of this server and of every later one. One that makes no sense is logged. */
  onNotification<P>({ method, parameters }: NotificationMessage<P>, handler: (parameters: P) => void): void {
    this.handlers.push((connection) =>
      connection.onNotification(method, (raw) => {
        const parsed = parameters.safeParse(raw);
        if (parsed.success) {
          handler(parsed.data);
        } else {
          this.surroundings.log.error(`${method}: ${parsed.error.message}`);
        }
      }),
    );
  }

  onSignal({ method }: Signal, handler: () => void): void {
    this.handlers.push((connection) => connection.onNotification(method, () => handler()));
  }

  /** Answers a request of this server and of every later one. */
  onRequest<P, R>(
    { method, parameters }: RequestMessage<P, R>,
    handler: (parameters: P) => Promise<R>,
  ): void {
    this.handlers.push((connection) =>
      connection.onRequest(method, async (raw) => handler(parameters.parse(raw))),
    );
  }

  /** Asks the server; rejects with a reason for people while it is not running. */
  async request<P, R>(
    { method, result }: RequestMessage<P, R>,
    parameters: P,
    token?: CancellationToken,
  ): Promise<R> {
    return result.parse(await this.requireRunning().sendRequest(method, parameters, token));
  }

  /** Asks what needs no parameters; otherwise as `request`. */
  async ask<R>({ method, result }: Question<R>, token?: CancellationToken): Promise<R> {
    return result.parse(await this.requireRunning().sendRequest(method, undefined, token));
  }

  /** Tells the server; a server that is not running has nothing to be told. */
  notify<P>({ method }: NotificationMessage<P>, parameters: P): void {
    if (this.current.kind === "running" && this.connection !== undefined) {
      this.connection
        .sendNotification(method, parameters)
        .catch((error: unknown) => this.surroundings.log.warn(`${method}: ${messageOf(error)}`));
    }
  }

  /** @throws Error with a reason for people, and what to do, while the server is not running */
  requireRunning(): ServerConnection {
    if (this.current.kind === "running" && this.connection !== undefined) {
      return this.connection;
    }
    throw new Error(stoppedBecause(this.current));
  }

  /** Starts the server where none runs. */
  start(): Promise<void> {
    return this.enqueue(async () => {
      if (this.connection === undefined) {
        await this.startNow();
      }
    });
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

  /** Queued, so that a change during a start is told to the server that is starting. */
  settingsChanged(): Promise<void> {
    return this.enqueue(async () => {
      const settings = this.surroundings.readSettings();
      const key = JSON.stringify(settings);
      if (key === this.toldSettings) {
        return;
      }
      if (this.connection !== undefined && !("problem" in settings)) {
        this.toldSettings = key;
        this.notify(DidChangeSettings, { settings });
      } else {
        await this.stopNow();
        await this.startNow();
      }
    });
  }

  private enqueue(step: () => Promise<void>): Promise<void> {
    this.queue = this.queue
      .then(step)
      .catch((error: unknown) => this.surroundings.log.error(messageOf(error)));
    return this.queue;
  }

  private async startNow(): Promise<void> {
    if (!this.surroundings.isTrusted()) {
      this.setState({
        kind: "off",
        reason: "This workspace is not trusted, so nothing is loaded, sent or written.",
        remedy: "Trust it with the command Workspaces: Manage Workspace Trust.",
      });
      return;
    }
    const settings = this.surroundings.readSettings();
    this.toldSettings = JSON.stringify(settings);
    if ("problem" in settings) {
      this.setState({ kind: "off", reason: settings.problem, remedy: settings.remedy });
      return;
    }
    this.setState({ kind: "starting" });
    const connection = this.surroundings.connect(settings);
    for (const handle of this.handlers) {
      handle(connection);
    }
    connection.onEnded(() => this.crashed(connection, "The language server ended unexpectedly."));
    this.connection = connection;
    try {
      await connection.start();
    } catch (error) {
      this.crashed(connection, `The language server did not start: ${messageOf(error).replace(/\.$/, "")}.`);
    }
    if (this.connection === connection) {
      this.setState({ kind: "running" });
    }
  }

  private async stopNow(): Promise<void> {
    this.callOffRestart();
    const { connection } = this;
    this.connection = undefined;
    this.gone();
    await this.end(connection);
  }

  /** Only the connection in use can crash; one that was stopped on purpose ends without a word. */
  private crashed(connection: ServerConnection, reason: string): void {
    if (this.connection !== connection) {
      return;
    }
    this.connection = undefined;
    this.gone();
    const restart = this.restartPolicy.crashed(this.surroundings.nowMilliseconds());
    this.surroundings.log.error(reason);
    this.setState({ kind: "crashed", reason, restart });
    void this.end(connection);
    if (restart.kind === "after") {
      this.callOffRestart = this.surroundings.after(restart.milliseconds, () => void this.start());
    }
  }

  private async end(connection: ServerConnection | undefined): Promise<void> {
    await connection?.dispose().catch((error: unknown) => this.surroundings.log.warn(messageOf(error)));
  }

  private gone(): void {
    for (const listener of this.goneListeners) {
      listener();
    }
  }

  private setState(state: ServerState): void {
    this.current = state;
    for (const listener of this.stateListeners) {
      listener();
    }
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
    default:
      return unreachable(state);
  }
}
