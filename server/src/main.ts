#!/usr/bin/env node
import { createConnection, ProposedFeatures } from "vscode-languageserver/node";
import { startServer } from "./lsp/languageServer";
import { installationOf } from "./workflows/installation";

/** The ways to talk to whoever starts it, as the protocol's library reads them. */
const TRANSPORT = /^--(?:stdio|node-ipc|pipe|socket)(?:=|$)/;

if (process.argv.some((parameter) => TRANSPORT.test(parameter))) {
  startServer(createConnection(ProposedFeatures.all), installationOf(__dirname));
} else {
  console.error("The language server is for editors, which start it as `proofline-server --stdio`.");
  process.exitCode = 2;
}
