import { createConnection, ProposedFeatures } from "vscode-languageserver/node";
import { startServer } from "./lsp/languageServer";
import { installationOf } from "./workflows/installation";

// The transport is named on the command line: --node-ipc or --stdio.
startServer(createConnection(ProposedFeatures.all), installationOf(__dirname));
