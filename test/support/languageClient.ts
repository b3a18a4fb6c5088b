/** A language client over a real pipe: starts the bundled server in a process of its own and speaks to it as an editor would. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import {
  type CancellationToken,
  createProtocolConnection,
  type Diagnostic,
  DidChangeTextDocumentNotification,
  DidChangeWatchedFilesNotification,
  DidCloseTextDocumentNotification,
  DidOpenTextDocumentNotification,
  DidSaveTextDocumentNotification,
  ExitNotification,
  FileChangeType,
  type FileEvent,
  type Hover,
  HoverRequest,
  InitializedNotification,
  InitializeRequest,
  type InitializeResult,
  type InlineCompletionContext,
  type InlineCompletionItem,
  InlineCompletionRequest,
  LogMessageNotification,
  type Position,
  type ProtocolConnection,
  PublishDiagnosticsNotification,
  type Range,
  RegistrationRequest,
  ShutdownRequest,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-languageserver-protocol/node";
import { TextDocument } from "vscode-languageserver-textdocument";
import {
  AcceptSuggestion,
  ConfirmPayment,
  DidChangeStatus,
  DidChangeVerdicts,
  DidUndoOrRedo,
  GetOpenGradientKey,
  GetTransactionKey,
  type ShownVerdict,
} from "../../server/src/protocol/messages";
import { DEFAULT_SETTINGS, type Settings } from "../../server/src/protocol/settings";
import { eventually, type Nothing } from "./eventually";

/** The clone: npm starts every script there. */
export const ROOT = process.cwd();
const SERVER = join(ROOT, "dist", "server.js");
/** What only a defect takes: loading a model alone takes half a minute on a machine with much else to do. */
const DEADLINE_MILLISECONDS = 90_000;

export interface StartOptions {
  readonly home: string;
  readonly folders: readonly string[];
  readonly settings?: Partial<Settings>;
  readonly transactionKey?: string;
  readonly openGradientKey?: string;
  /** Answers whether a person agrees to a first payment; nobody does unless said. */
  readonly pays?: (bill: ConfirmPayment.Parameters) => boolean;
  readonly env?: Record<string, string>;
}

/** An accepted item, and how it got into the text. */
export interface Shown {
  readonly id: string;
  readonly item: InlineCompletionItem;
  readonly text: string;
  readonly range: Range;
}

export class Client {
  readonly log: string[] = [];
  status: DidChangeStatus.Parameters | undefined;
  readonly verdicts = new Map<string, readonly ShownVerdict[]>();
  /** The summaries of every verdict message, by document, in order. */
  readonly history: { readonly uri: string; readonly summaries: string }[] = [];
  readonly diagnostics = new Map<string, readonly Diagnostic[]>();
  private readonly documents = new Map<string, TextDocument>();
  private readonly waiting = new Set<() => void>();
  private exited = false;

  private constructor(
    readonly process: ChildProcess,
    readonly connection: ProtocolConnection,
  ) {}

  static async start(options: StartOptions): Promise<Client> {
    if (!existsSync(SERVER)) {
      throw new Error("dist/server.js is missing: run npm run build first.");
    }
    const child = spawn(process.execPath, [SERVER, "--stdio"], {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, ...options.env, PROOFLINE_HOME: options.home },
    });
    const connection = createProtocolConnection(
      new StreamMessageReader(child.stdout),
      new StreamMessageWriter(child.stdin),
    );
    const client = new Client(child, connection);
    client.listen(options);
    await client.initialize(options);
    return client;
  }

  private listen({ transactionKey, openGradientKey, pays = () => false }: StartOptions): void {
    const { connection } = this;
    this.process.stderr?.on("data", (chunk: Buffer) => this.log.push(chunk.toString()));
    this.process.on("exit", () => {
      this.exited = true;
      this.changed();
    });
    connection.onError(() => {});
    connection.onNotification(DidChangeStatus.type, (status) => {
      this.status = status;
      this.changed();
    });
    connection.onNotification(DidChangeVerdicts.type, ({ uri, verdicts }) => {
      this.verdicts.set(uri, verdicts);
      this.history.push({ uri, summaries: verdicts.map(({ summary }) => summary).join() });
      this.changed();
    });
    connection.onNotification(PublishDiagnosticsNotification.type, ({ uri, diagnostics }) => {
      this.diagnostics.set(uri, diagnostics);
      this.changed();
    });
    connection.onNotification(LogMessageNotification.type, ({ message }) => {
      this.log.push(message);
      this.changed();
    });
    connection.onRequest(RegistrationRequest.type, () => {});
    connection.onRequest(GetTransactionKey.type, () => transactionKey ?? null);
    connection.onRequest(GetOpenGradientKey.type, () => openGradientKey ?? null);
    connection.onRequest(ConfirmPayment.type, pays);
    connection.listen();
  }

  private async initialize({ home, folders, settings }: StartOptions): Promise<InitializeResult> {
    const [first] = folders;
    const result = await this.connection.sendRequest(InitializeRequest.type, {
      processId: process.pid,
      rootUri: first === undefined ? null : uriOf(first),
      capabilities: {
        textDocument: { inlineCompletion: {} },
        workspace: { workspaceFolders: true, didChangeWatchedFiles: { dynamicRegistration: true } },
      },
      workspaceFolders: folders.map((folder) => ({ uri: uriOf(folder), name: folder })),
      // How fast the machine is must decide no answer.
      initializationOptions: { settings: { ...DEFAULT_SETTINGS, latencyMilliseconds: 0, ...settings }, home },
    });
    await this.connection.sendNotification(InitializedNotification.type, {});
    return result;
  }

  private changed(): void {
    for (const tell of this.waiting) {
      tell();
    }
    this.waiting.clear();
  }

  /** Resolves once `holds` says something; it is asked after everything the server sends, and now and then. */
  until<Value>(
    what: string,
    holds: () => Value | Nothing,
    milliseconds = DEADLINE_MILLISECONDS,
  ): Promise<Value> {
    const read = (): Value | Nothing => {
      const value = holds();
      if (this.exited && (value === undefined || value === false || value === null)) {
        throw new Error(`the server ended while waiting for ${what}\n${this.log.join("\n")}`);
      }
      return value;
    };
    return eventually(what, read, {
      milliseconds,
      soFar: () => this.describe(),
      change: () => new Promise((resolve) => this.waiting.add(resolve)),
    });
  }

  private describe(): string {
    return JSON.stringify(
      { status: this.status, verdicts: [...this.verdicts], log: this.log.slice(-20) },
      null,
      1,
    );
  }

  /** Waits until the model is loaded. */
  async ready(): Promise<void> {
    await this.until("the model", () => this.status?.model.kind === "ready");
  }

  open(uri: string, text: string, languageId = "typescript"): void {
    this.documents.set(uri, TextDocument.create(uri, languageId, 1, text));
    void this.connection.sendNotification(DidOpenTextDocumentNotification.type, {
      textDocument: { uri, languageId, version: 1, text },
    });
  }

  close(uri: string): void {
    this.documents.delete(uri);
    void this.connection.sendNotification(DidCloseTextDocumentNotification.type, { textDocument: { uri } });
  }

  saved(uri: string): void {
    void this.connection.sendNotification(DidSaveTextDocumentNotification.type, { textDocument: { uri } });
  }

  document(uri: string): TextDocument {
    const document = this.documents.get(uri);
    if (document === undefined) {
      throw new Error(`${uri} is not open`);
    }
    return document;
  }

  text(uri: string): string {
    return this.document(uri).getText();
  }

  /** Replaces ranges, which are sent in the order given, each in the coordinates after the one before. */
  edit(uri: string, ...changes: readonly { readonly range: Range; readonly text: string }[]): number {
    const document = this.document(uri);
    const version = document.version + 1;
    TextDocument.update(document, [...changes], version);
    void this.connection.sendNotification(DidChangeTextDocumentNotification.type, {
      textDocument: { uri, version },
      contentChanges: [...changes],
    });
    return version;
  }

  /** Types text at a place and returns the place after it. */
  type(uri: string, at: Position, text: string): Position {
    this.edit(uri, { range: { start: at, end: at }, text });
    const document = this.document(uri);
    return document.positionAt(document.offsetAt(at) + text.length);
  }

  /** The position right after the first occurrence of `marker`. */
  after(uri: string, marker: string): Position {
    const document = this.document(uri);
    const index = document.getText().indexOf(marker);
    if (index === -1) {
      throw new Error(`no ${JSON.stringify(marker)} in ${uri}`);
    }
    return document.positionAt(index + marker.length);
  }

  async complete(
    uri: string,
    position: Position,
    context: InlineCompletionContext = { triggerKind: 1 },
    token?: CancellationToken,
  ): Promise<Shown | null> {
    const answer = await this.connection.sendRequest(
      InlineCompletionRequest.type,
      { textDocument: { uri }, position, context },
      token,
    );
    const item = (Array.isArray(answer) ? answer : answer?.items)?.[0];
    if (item === undefined) {
      return null;
    }
    const id: unknown = item.command?.arguments?.[0];
    if (typeof id !== "string" || typeof item.insertText !== "string") {
      throw new Error("an item without an id");
    }
    return { id, item, text: item.insertText, range: item.range ?? { start: position, end: position } };
  }

  /** The same where the model is known to answer; nothing is an error. */
  async suggestion(...parameters: Parameters<Client["complete"]>): Promise<Shown> {
    const shown = await this.complete(...parameters);
    if (shown === null) {
      const [uri, { line, character }] = parameters;
      throw new Error(`no suggestion at ${line}:${character} in ${uri}; ${this.describe()}`);
    }
    return shown;
  }

  /** Applies a shown suggestion as the editor does, and returns the document's version after it. */
  insert(uri: string, shown: Shown, text = shown.text): number {
    return this.edit(uri, { range: shown.range, text });
  }

  /** Says that all of a suggestion was accepted, or a part of it, by the edit that led to `version`. */
  accept(uri: string, id: string, version?: number): Promise<AcceptSuggestion.Result> {
    const parameters: AcceptSuggestion.Parameters =
      version === undefined ? { kind: "whole", id, uri } : { kind: "partial", id, uri, version };
    return this.connection.sendRequest(AcceptSuggestion.type, parameters);
  }

  undoOrRedo(uri: string, version: number, kind: "undo" | "redo"): void {
    void this.connection.sendNotification(DidUndoOrRedo.type, { uri, version, kind });
  }

  watched(...files: readonly string[]): void {
    void this.connection.sendNotification(DidChangeWatchedFilesNotification.type, {
      changes: files.map((file): FileEvent => ({ uri: uriOf(file), type: FileChangeType.Changed })),
    });
  }

  hover(uri: string, position: Position): Promise<Hover | null> {
    return this.connection.sendRequest(HoverRequest.type, { textDocument: { uri }, position });
  }

  shown(uri: string): readonly ShownVerdict[] {
    return this.verdicts.get(uri) ?? [];
  }

  /** Waits until the document shows exactly these summaries, top to bottom. */
  untilShown(
    uri: string,
    ...summaries: readonly ShownVerdict["summary"][]
  ): Promise<readonly ShownVerdict[]> {
    return this.until(`${summaries.join(", ") || "nothing"} in ${uri}`, () => {
      const shown = this.shown(uri);
      const words = [...shown]
        .sort((a, b) => a.range.start.line - b.range.start.line)
        .map(({ summary }) => summary);
      return words.join() === summaries.join() ? shown : null;
    });
  }

  /** Ends the server as an editor does. */
  async stop(): Promise<void> {
    if (!this.exited) {
      await this.connection.sendRequest(ShutdownRequest.type);
      await this.connection.sendNotification(ExitNotification.type);
      await this.ended();
    }
    this.connection.dispose();
  }

  /** Ends the server as a crash does. */
  async kill(): Promise<void> {
    this.process.kill("SIGKILL");
    await this.ended();
    this.connection.dispose();
  }

  private async ended(): Promise<void> {
    if (this.exited) {
      return;
    }
    await new Promise((resolve) => this.process.once("exit", resolve));
  }
}

export function uriOf(file: string): string {
  return pathToFileURL(file).href;
}
