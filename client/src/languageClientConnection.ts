/** A language server in a process of its own, reached through VS Code's language client. */
import type { LogOutputChannel } from "vscode";
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
import { LINKED_COMMANDS } from "../../server/src/protocol/linkedCommands";
import type { InitializationOptions } from "../../server/src/protocol/messages";
import { REVISION_SCHEMES } from "../../server/src/protocol/revisionSchemes";
import type { Settings } from "../../server/src/protocol/settings";
import type { ServerConnection } from "./server";

/** Schemes of documents that a person works on. */
const WORKED_ON = ["file", "untitled"] as const;

const STOP_MILLISECONDS = 2_000;

export interface LanguageClientParts {
  /** The server's bundle. */
  readonly module: string;
  readonly log: LogOutputChannel;
  readonly middleware: Middleware;
}

export function connectLanguageClient(parts: LanguageClientParts, settings: Settings): ServerConnection {
  const client = new QuietClient(
    "proofline",
    "Proofline",
    serverOptions(parts),
    clientOptions(parts, settings),
  );
  return {
    start: () => client.start(),
    dispose: () => client.dispose(STOP_MILLISECONDS),
    onEnded: (listener) =>
      void client.onDidChangeState(({ newState }) => {
        if (newState === State.Stopped) {
          listener();
        }
      }),
    onNotification: (method, handler) => void client.onNotification(method, handler),
    onRequest: (method, handler) => void client.onRequest(method, handler),
    sendRequest: (method, parameters, token = CancellationToken.None) =>
      client.sendRequest<unknown>(method, parameters, token),
    sendNotification: (method, parameters) => client.sendNotification(method, parameters),
  };
}

function serverOptions({ module }: LanguageClientParts): ServerOptions {
  const run = { module, transport: TransportKind.ipc } as const;
  return { run, debug: { ...run, options: { execArgv: ["--nolazy", "--inspect=6009"] } } };
}

function clientOptions({ log, middleware }: LanguageClientParts, settings: Settings): LanguageClientOptions {
  return {
    documentSelector: [...WORKED_ON, ...REVISION_SCHEMES].map((scheme) => ({ scheme })),
    initializationOptions: { settings } satisfies InitializationOptions,
    outputChannel: log,
    revealOutputChannelOn: RevealOutputChannelOn.Never,
    middleware,
    // Hovers hold strings from files and from the chain: only these commands run, nothing else is trusted.
    markdown: { isTrusted: { enabledCommands: LINKED_COMMANDS }, supportHtml: false },
    initializationFailedHandler: () => false,
    errorHandler: {
      error: () => ({ action: ErrorAction.Continue, handled: true }),
      closed: () => ({ action: CloseAction.DoNotRestart, handled: true }),
    },
  };
}

/** The status bar says what went wrong, and the log says more; the library's own toasts would interrupt besides. */
class QuietClient extends LanguageClient {
  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }
}
