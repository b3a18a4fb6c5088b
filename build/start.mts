/**
 * `npm start`: the main job from end to end, in a copy of the sample project, through the real language server:
 * suggest, accept, seal, anchor, replay, verify. Then the same folder in VS Code, where it is installed.
 */
import { type SpawnSyncReturns, spawn, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import {
  createProtocolConnection,
  DidChangeTextDocumentNotification,
  DidOpenTextDocumentNotification,
  DidSaveTextDocumentNotification,
  ExitNotification,
  InitializedNotification,
  InitializeRequest,
  InlineCompletionRequest,
  InlineCompletionTriggerKind,
  type Position,
  type ProtocolConnection,
  ShutdownRequest,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-languageserver-protocol/node";
import { prooflineHome } from "../server/src/platform/home";
import type { Report } from "../server/src/policy/report";
// From the files that declare them: Node cannot see through `export *` of a module that is no ES module.
import { DidChangeStatus, type ModelState } from "../server/src/protocol/messages/serverMessages";
import { AcceptSuggestion } from "../server/src/protocol/messages/suggestionMessages";
import { AnchorNow, DidChangeVerdicts, GetVerdict } from "../server/src/protocol/messages/verdictMessages";
import { DEFAULT_SETTINGS } from "../server/src/protocol/settings";
import { bundle, root } from "./bundle.mjs";
import { prepareSample, sampleFolder } from "./sampleProject.mjs";

const DEADLINE_MILLISECONDS = 60_000;
const headless = process.argv.includes("--headless") || !process.stdout.isTTY;

const bold = (text: string): string => (process.stdout.isTTY ? `\u001b[1m${text}\u001b[22m` : text);
const dim = (text: string): string => (process.stdout.isTTY ? `\u001b[2m${text}\u001b[22m` : text);
let steps = 0;
function step(title: string, ...details: readonly string[]): void {
  steps += 1;
  console.log(`\n${bold(`${steps}. ${title}`)}`);
  for (const detail of details) {
    console.log(`   ${detail}`);
  }
}

await bundle();
prepareSample();
const home = prooflineHome();
const server = spawn(process.execPath, [join(root, "dist", "server.js"), "--stdio"], {
  stdio: ["pipe", "pipe", "inherit"],
  env: { ...process.env, PROOFLINE_HOME: home },
});
process.on("exit", () => server.kill());
const connection = createProtocolConnection(
  new StreamMessageReader(server.stdout),
  new StreamMessageWriter(server.stdin),
);
try {
  await demonstrate(connection);
} finally {
  connection.dispose();
}
const good = report();
openInEditor();
process.exit(good ? 0 : 1);

async function demonstrate(client: ProtocolConnection): Promise<void> {
  const file = join(sampleFolder, "src", "inventory.ts");
  const uri = pathToFileURL(file).href;
  let text = readFileSync(file, "utf8");

  const model = statusOf(client);
  const verified = summaryOf(client, uri, "verified");
  client.listen();
  await client.sendRequest(InitializeRequest.type, {
    processId: process.pid,
    rootUri: pathToFileURL(sampleFolder).href,
    capabilities: { textDocument: { inlineCompletion: {} } },
    workspaceFolders: [{ uri: pathToFileURL(sampleFolder).href, name: "sample" }],
    initializationOptions: { settings: DEFAULT_SETTINGS, home },
  });
  await client.sendNotification(InitializedNotification.type, {});
  const state = await model;
  if (state.kind !== "ready") {
    throw new Error(`The model is not ready: ${JSON.stringify(state)}`);
  }
  step(
    "The language server loaded the pinned model.",
    `${state.name}, pin ${state.manifestDigest}`,
    dim(
      "Each file was read once, hashed and compared with the pin; the runtime got those bytes, or the open file that they came from.",
    ),
  );

  await client.sendNotification(DidOpenTextDocumentNotification.type, {
    textDocument: { uri, languageId: "typescript", version: 1, text },
  });
  const marker = "  has(id: string): boolean {\n    ";
  const cursor = positionAt(text, text.indexOf(marker) + marker.length);
  const answer = await client.sendRequest(InlineCompletionRequest.type, {
    textDocument: { uri },
    position: cursor,
    context: { triggerKind: InlineCompletionTriggerKind.Invoked },
  });
  const item = (Array.isArray(answer) ? answer : answer?.items)?.[0];
  const id: unknown = item?.command?.arguments?.[0];
  if (item === undefined || typeof id !== "string") {
    throw new Error("The model offered nothing.");
  }
  const insert = typeof item.insertText === "string" ? item.insertText : item.insertText.value;
  step(
    `It suggested, at src/inventory.ts line ${cursor.line + 1}:`,
    ...insert.split("\n").map((line) => bold(line)),
    dim("The prompt, the tokens, the raw and the displayed text are kept with fresh salts."),
  );

  const range = item.range ?? { start: cursor, end: cursor };
  const start = offsetAt(text, range.start);
  text = text.slice(0, start) + insert + text.slice(offsetAt(text, range.end));
  await client.sendNotification(DidChangeTextDocumentNotification.type, {
    textDocument: { uri, version: 2 },
    contentChanges: [{ range, text: insert }],
  });
  const accepted = await client.sendRequest(AcceptSuggestion.type, { id, uri, kind: "whole" });
  if (!accepted.recorded) {
    throw new Error(`The acceptance was not recorded: ${accepted.reason}`);
  }
  writeFileSync(file, text);
  await client.sendNotification(DidSaveTextDocumentNotification.type, { textDocument: { uri } });
  step("You accepted it and saved.", dim("The journal held it durably before its badge said pending."));

  const { anchored, problems } = await client.sendRequest(AnchorNow.type);
  if (problems.length > 0) {
    throw new Error(problems.join(" "));
  }
  step(
    `Its batch was sealed, signed with this machine's device key and anchored (${anchored} suggestion).`,
    dim("One root for the whole batch went to the Ethereum Attestation Service on a chain on this computer."),
    dim("Nothing but that root left the repository; the evidence file lies in .proofline/evidence/."),
  );

  await verified;
  const verdict = await client.sendRequest(GetVerdict.type, { uri, position: range.start });
  step(
    "It was replayed and verified. This is what its hover says:",
    ...(verdict?.markdown ?? "").split("\n").map(plain),
  );
  await client.sendRequest(ShutdownRequest.type);
  await client.sendNotification(ExitNotification.type);
}

/** The same folder through the command line, as a reviewer or CI would. */
function report(): boolean {
  const verify = (...flags: readonly string[]): SpawnSyncReturns<string> => {
    const result = spawnSync(process.execPath, [join(root, "dist", "cli.js"), "verify", ...flags], {
      cwd: sampleFolder,
      encoding: "utf8",
      env: { ...process.env, PROOFLINE_HOME: home },
    });
    if (result.status === 2) {
      throw new Error(result.stderr);
    }
    return result;
  };
  const { status, stdout } = verify("--json");
  const { summary } = JSON.parse(stdout) as Report;
  step(
    "`proofline verify` reads the files afresh and says:",
    ...verify().stdout.trimEnd().split("\n"),
    dim(
      "Why believe it: the signature is over the exact statement, the leaf recomputes from the text in the file,",
    ),
    dim(
      "the root is what the chain stores, and the pinned model, given the prompt, yields these tokens again.",
    ),
    dim(
      "What it does not say: that the code is good, or that a chain on your own computer is more than a rehearsal.",
    ),
  );
  return status === 0 && summary.verified > 0;
}

function openInEditor(): void {
  const hint = `code --extensionDevelopmentPath="${root}" "${sampleFolder}"`;
  if (headless) {
    console.log(`\nTo see it in VS Code: ${hint}`);
    return;
  }
  const opened = spawnSync("code", [`--extensionDevelopmentPath=${root}`, sampleFolder], {
    stdio: "ignore",
    shell: process.platform === "win32",
  });
  console.log(
    opened.status === 0
      ? "\nThe sample is open in VS Code."
      : `\nVS Code's \`code\` command is not installed. Once it is: ${hint}`,
  );
}

function statusOf(client: ProtocolConnection): Promise<ModelState> {
  return withDeadline("the model", (resolve) =>
    client.onNotification(DidChangeStatus.type, ({ model }) => {
      if (model.kind !== "loading") {
        resolve(model);
      }
    }),
  );
}

function summaryOf(client: ProtocolConnection, uri: string, summary: string): Promise<void> {
  return withDeadline(`a suggestion that is ${summary}`, (resolve) =>
    client.onNotification(DidChangeVerdicts.type, (shown) => {
      if (shown.uri === uri && shown.verdicts.some((verdict) => verdict.summary === summary)) {
        resolve();
      }
    }),
  );
}

function withDeadline<Value>(what: string, start: (resolve: (value: Value) => void) => void): Promise<Value> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`waited a minute for ${what}`)), DEADLINE_MILLISECONDS);
    start((value) => {
      clearTimeout(timer);
      resolve(value);
    });
  });
}

function positionAt(text: string, offset: number): Position {
  const before = text.slice(0, offset).split("\n");
  return { line: before.length - 1, character: before.at(-1)?.length ?? 0 };
}

function offsetAt(text: string, { line, character }: Position): number {
  return (
    text
      .split("\n")
      .slice(0, line)
      .reduce((sum, one) => sum + one.length + 1, 0) + character
  );
}

/** Markdown as a terminal shows it. */
function plain(markdown: string): string {
  return markdown
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/\$\([^)]*\)/g, "")
    .replace(/[*`]/g, "")
    .replace(/\\([!-/:-@[-`{-~])/g, "$1");
}
