import { createConnection, ProposedFeatures } from "vscode-languageserver/node";
import { installationOf } from "./installation";
import { startServer } from "./lsp/server";

// The transport is named on the command line: --node-ipc or --stdio.
startServer(createConnection(ProposedFeatures.all), installationOf(__dirname));
