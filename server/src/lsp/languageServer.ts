import {
  type Connection,
  DidChangeWatchedFilesNotification,
  ErrorCodes,
  type InitializeParams,
  type InitializeResult,
  ResponseError,
  TextDocumentSyncKind,
  TextDocuments,
} from "vscode-languageserver/node";
import { EDITOR_SETTINGS_FILE } from "../evidence/repository/places";
import type { Installation } from "../workflows/installation";
import { type OpenDocument, openDocuments } from "./documents/openDocument";
import { editorText } from "./editorRemedies";
import { assembleServer, type RunningServer } from "./runningServer";

/** Longer than this nobody waits for threads that should have ended. */
const SHUTDOWN_MILLISECONDS = 2_000;

/** Serves one editor over one connection until it ends. */
export function startServer(connection: Connection, installation: Installation): void {
  const documents = new TextDocuments<OpenDocument>(openDocuments);
  let running: RunningServer | null = null;
  // A defect in one background step must not take the editor's server down with it.
  process.on("unhandledRejection", (reason) => {
    connection.console.error(reason instanceof Error ? (reason.stack ?? reason.message) : String(reason));
  });
  let watches = false;
  let followsFolders = false;

  connection.onInitialize((parameters: InitializeParams): InitializeResult => {
    try {
      running = assembleServer(connection, documents, installation, parameters);
    } catch (error) {
      throw new ResponseError(ErrorCodes.InternalError, editorText(error));
    }
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
        watchers: [
          { globPattern: "**/.proofline/**" },
          { globPattern: "**/.gitignore" },
          { globPattern: `**/${EDITOR_SETTINGS_FILE}` },
        ],
      });
    }
    if (followsFolders) {
      connection.workspace.onDidChangeWorkspaceFolders(async () => {
        running?.foldersChanged((await connection.workspace.getWorkspaceFolders()) ?? []);
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
  connection.onDidChangeWatchedFiles(({ changes }) => running?.filesChanged(changes));
  documents.listen(connection);
  connection.listen();
}
