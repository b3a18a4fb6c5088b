import { spawn } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CancellationTokenSource } from "vscode-languageserver-protocol/node";
import {
  AcceptSuggestion,
  AnchorNow,
  DidChangeSettings,
  DidUndoOrRedo,
  GetDocumentState,
  GetVerdict,
  LocateEvidence,
  ReplayNow,
  RestartEngine,
  VerifyFile,
} from "../../../server/src/protocol/messages";
import { DEFAULT_SETTINGS } from "../../../server/src/protocol/settings";
import { Client, ROOT } from "../../support/languageClient";
import { offered, openSurePlace, Workspace } from "../../support/workspace";

test("messages with nonsense parameters get an error, and the server goes on", async () => {
  const workspace = Workspace.create();
  const client = await workspace.startReady();
  const nonsense: readonly unknown[] = [
    null,
    42,
    "x",
    [],
    {},
    { uri: 5 },
    { uri: "", position: { line: -1, character: 0.5 } },
    { textDocument: { uri: "file:///a" }, position: "here" },
  ];
  const methods = [GetDocumentState, AcceptSuggestion, ReplayNow, VerifyFile, GetVerdict, LocateEvidence].map(
    ({ type }) => type.method,
  );
  for (const method of [...methods, "textDocument/inlineCompletion", "textDocument/hover"]) {
    for (const parameters of nonsense) {
      await expect(
        client.connection.sendRequest(method, parameters),
        `${method} ${JSON.stringify(parameters)}`,
      ).rejects.toThrow();
    }
  }
  const half = { id: "x", uri: "file:///a", kind: "half" };
  await expect(client.connection.sendRequest(AcceptSuggestion.type.method, half)).rejects.toThrow("kind");
  const undo = { uri: "file:///nowhere.ts", version: "new", kind: "undo" };
  for (const parameters of [...nonsense, undo]) {
    for (const method of ["textDocument/didChange", "textDocument/didOpen", "proofline/didChangeSettings"]) {
      await client.connection.sendNotification(method, parameters);
    }
    await client.connection.sendNotification(DidUndoOrRedo.type.method, parameters);
    await client.connection.sendNotification("workspace/didChangeWatchedFiles", parameters);
  }
  await client.connection.sendRequest("proofline/unknown", {}).catch(() => {});
  await offered(client, workspace);
});

test("positions beyond the document do no harm", async () => {
  const workspace = Workspace.create();
  const client = await workspace.startReady();
  const uri = workspace.write("a.ts", "const a = 1;\n");
  client.open(uri, "const a = 1;\n");
  const far = { line: 4_000_000, character: 4_000_000 };
  await client.complete(uri, far);
  expect(await client.hover(uri, far)).toBeNull();
  expect(await client.connection.sendRequest(GetVerdict.type, { uri, position: far })).toBeNull();
});

test("a request that typing supersedes ends, and never delays the next one", async () => {
  const workspace = Workspace.create();
  const client = await workspace.startReady();
  const { uri, cursor } = openSurePlace(client, workspace);
  const [invoked, automatic] = [{ triggerKind: 1 }, { triggerKind: 2 }] as const;
  const comment = { line: 0, character: 3 };
  let typed = 0;
  const type = (): void =>
    void client.edit(uri, { range: { start: comment, end: comment }, text: `${typed++} ` });
  const source = new CancellationTokenSource();
  const first = client.complete(uri, cursor, automatic, source.token);
  source.cancel();
  type();
  const second = client.suggestion(uri, cursor, invoked);
  expect(await first.catch(() => null)).toBeNull();
  await second;
  // A burst, as of fast typing: each is answered, the last one last and alone with a suggestion.
  const order: number[] = [];
  const burst = Array.from({ length: 20 }, async (_, index) => {
    type();
    const shown = await client.complete(uri, cursor, index === 19 ? invoked : automatic);
    order.push(index);
    return shown !== null;
  });
  expect(await Promise.all(burst)).toEqual([...new Array(19).fill(false), true]);
  expect(order.at(-1)).toBe(19);
  // It was typing that silenced the others, not the model.
  type();
  await client.suggestion(uri, cursor, automatic);
});

test("anchoring can be cancelled before it begins, and is then simply not done", async () => {
  const workspace = Workspace.create();
  const client = await workspace.startReady();
  const { uri, name, shown } = await offered(client, workspace);
  client.insert(uri, shown);
  await client.accept(uri, shown.id);
  workspace.save(client, name);
  const source = new CancellationTokenSource();
  const asked = client.connection.sendRequest(AnchorNow.type, source.token);
  source.cancel();
  await asked.catch(() => {});
  // Whether or not it was in time: nothing is lost, and asking again does it.
  await client.connection.sendRequest(AnchorNow.type);
  await client.untilShown(uri, "verified");
  expect(workspace.files(".proofline/anchors")).toHaveLength(1);
});

test("after a restart everything is as it was: pending, verified, and what was sealed but not anchored", async () => {
  const workspace = Workspace.create();
  const before = await workspace.startReady();
  const { uri, name, shown } = await offered(before, workspace);
  before.insert(uri, shown);
  await before.accept(uri, shown.id);
  await before.untilShown(uri, "pending");
  workspace.save(before, name);
  const text = before.text(uri);
  await before.stop();
  expect(workspace.files(".proofline/evidence")).toEqual([]);

  const between = await workspace.start();
  between.open(uri, text);
  const [pending] = await between.untilShown(uri, "pending");
  expect(pending).toMatchObject({ id: shown.id, range: { start: shown.range.start } });
  await between.connection.sendRequest(AnchorNow.type);
  const [verified] = await between.untilShown(uri, "verified");
  await between.stop();

  const after = await workspace.start();
  after.open(uri, text);
  expect(await after.untilShown(uri, "verified")).toEqual([verified]);
});

test("two servers and two commands at once on one folder double nothing, and each sees what the others did", async () => {
  const workspace = Workspace.create();
  const [one, two] = [await workspace.startReady(), await workspace.startReady()];
  const { uri, name, shown } = await offered(one, workspace);
  two.open(uri, one.text(uri));
  one.insert(uri, shown);
  two.insert(uri, shown);
  await one.accept(uri, shown.id);
  workspace.save(one, name);
  two.saved(uri);
  const commands = [1, 2].map(() => {
    const child = spawn(process.execPath, [join(ROOT, "dist/cli.js"), "anchor"], {
      cwd: workspace.folder,
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, PROOFLINE_HOME: workspace.home },
    });
    return new Promise((resolve) => child.once("close", resolve));
  });
  await Promise.all([
    ...[one, two].map((client) => client.connection.sendRequest(AnchorNow.type)),
    ...commands.map(async (ended) => expect(await ended).toBe(0)),
  ]);
  await one.untilShown(uri, "verified");
  const files = workspace
    .files(".proofline/evidence")
    .map((file) => workspace.path(`.proofline/evidence/${file}`));
  expect(files).toHaveLength(1);
  two.watched(...files);
  await two.untilShown(uri, "verified");
  await two.connection.sendRequest(AnchorNow.type);
  expect(workspace.files(".proofline/anchors")).toHaveLength(1);
});

test("SIGKILL at any instant between acceptance and anchor loses, doubles and invents nothing", {
  timeout: 240_000,
}, async () => {
  const workspace = Workspace.create();
  let client = await workspace.startReady();
  const { uri, name, shown } = await offered(client, workspace, (text) => !text.includes("\n"));
  const original = client.text(uri);
  const ids: string[] = [];
  let text = original;
  for (let round = 0; round < 20; round += 1) {
    // Each round accepts the same offer in a file of its own, so that every suggestion has its own text and place.
    const here = workspace.uri(`kill${round}.ts`);
    client.open(here, original);
    const item = await client.suggestion(here, shown.range.start);
    client.insert(here, item);
    expect(await client.accept(here, item.id)).toEqual({ recorded: true });
    ids.push(item.id);
    workspace.save(client, `kill${round}.ts`);
    text = client.text(here);
    const anchoring = client.connection.sendRequest(AnchorNow.type).catch(() => null);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 250));
    await client.kill();
    await anchoring;
    // Nobody may call verified what no anchor file and no chain holds.
    client = await workspace.startReady();
    client.open(here, text);
    const [verdict] = await client.until("its verdict", () => {
      const found = client.shown(here);
      return found.length === 1 ? found : null;
    });
    if (verdict?.summary === "verified") {
      expect(workspace.files(".proofline/anchors").length).toBeGreaterThan(0);
    }
  }
  await client.connection.sendRequest(AnchorNow.type);
  for (let round = 0; round < 20; round += 1) {
    const here = workspace.uri(`kill${round}.ts`);
    client.open(here, text);
    expect(await client.untilShown(here, "verified")).toHaveLength(1);
  }
  const sealed = workspace
    .files(".proofline/evidence")
    .flatMap((file) => JSON.parse(workspace.read(`.proofline/evidence/${file}`)).claims)
    .map(({ id }: { id: string }) => id);
  expect(sealed.toSorted()).toEqual(ids.toSorted());
  expect(workspace.files(".proofline/anchors")).toHaveLength(workspace.files(".proofline/evidence").length);
  const transactions = workspace
    .files(".proofline/anchors")
    .map((file) => JSON.parse(workspace.read(`.proofline/anchors/${file}`)).transaction);
  expect(new Set(transactions).size).toBe(transactions.length);
  expect(name).toMatch(/\.ts$/);
  await client.stop();
});

test("what a dead window left unsaved is adopted by another, and neither sealed nor dropped before it is saved", async () => {
  const workspace = Workspace.create();
  const elsewhere = Workspace.create({ home: workspace.home });
  const dying = await workspace.startReady();
  const { uri, name, shown } = await offered(dying, workspace);
  dying.insert(uri, shown);
  await dying.accept(uri, shown.id);
  const text = dying.text(uri);
  await dying.kill();

  const other = await elsewhere.startReady();
  // It adopted them, and counts its own window's alone.
  expect(other.status?.pending).toBe(0);
  // Whoever asks there means what they see.
  expect(await other.connection.sendRequest(AnchorNow.type)).toEqual({ anchored: 0, problems: [] });
  const byHand = { ...DEFAULT_SETTINGS, sealAfterSeconds: 0 };
  await other.connection.sendNotification(DidChangeSettings.type, { settings: byHand });
  const early = await other.connection.sendRequest(AnchorNow.type);
  expect(early).toMatchObject({
    anchored: 0,
    problems: [expect.stringContaining("unsaved in another window")],
  });

  const reborn = await workspace.startReady();
  reborn.open(uri, text);
  const [pending] = await reborn.untilShown(uri, "pending");
  expect(pending?.id).toBe(shown.id);
  workspace.save(reborn, name);
  expect(await other.connection.sendRequest(AnchorNow.type)).toEqual({ anchored: 1, problems: [] });
  const files = ["evidence", "anchors"].flatMap((folder) =>
    workspace.files(`.proofline/${folder}`).map((file) => workspace.path(`.proofline/${folder}/${file}`)),
  );
  reborn.watched(...files);
  await reborn.untilShown(uri, "verified");
});

test("the engine can be restarted, and offers again", async () => {
  const workspace = Workspace.create();
  const client = await workspace.startReady();
  await client.connection.sendRequest(RestartEngine.type);
  expect(client.status?.model.kind).toBe("ready");
  await offered(client, workspace);
});

test("a server that its editor left alone ends", async () => {
  const workspace = Workspace.create();
  const client = await Client.start({ home: workspace.home, folders: [workspace.folder] });
  client.process.stdin?.end();
  await new Promise((resolve) => client.process.once("exit", resolve));
});
