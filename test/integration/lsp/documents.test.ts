import { spawnSync } from "node:child_process";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { AnchorNow, DidChangeSettings, GetDocumentState } from "../../../server/src/protocol/messages";
import { DEFAULT_SETTINGS } from "../../../server/src/protocol/settings";
import { type Client, ROOT } from "../../support/languageClient";
import { offered, temporaryFolder, Workspace } from "../../support/workspace";

async function offReason(client: Client, uri: string): Promise<string | null> {
  return (await client.connection.sendRequest(GetDocumentState.type, { uri })).offReason;
}

/** Opens a document where the model would have something to say, and asks for it. */
async function refuses(client: Client, uri: string, text = "const a = 1;\n"): Promise<string> {
  client.open(uri, text);
  expect(await client.complete(uri, client.document(uri).positionAt(text.length))).toBeNull();
  const reason = await offReason(client, uri);
  expect(reason).not.toBeNull();
  return reason ?? "";
}

test("ignored, secret-like, huge and foreign documents get nothing, each with its reason", async () => {
  const workspace = Workspace.create();
  workspace.write(".gitignore", "generated/\n");
  const client = await workspace.startReady();
  expect(await refuses(client, workspace.write("generated/a.ts", ""))).toContain("ignored");
  expect(await refuses(client, workspace.write(".env", ""))).toContain("secret");
  expect(await refuses(client, workspace.write(".proofline/x.ts", ""))).toContain("Proofline");
  expect(await refuses(client, workspace.uri("line.ts"), `// ${"x".repeat(10_001)}\n`)).toContain("10,000");
  expect(await refuses(client, workspace.uri("small.js"), `${"a(b,[c]);".repeat(200)}\n`)).toContain(
    "minified",
  );
  expect(await refuses(client, workspace.uri("huge.ts"), "let a = 1;\n".repeat(100_000))).toContain("1 MB");
  for (const scheme of ["git", "output", "vscode-scm", "vscode-notebook-cell"]) {
    expect(await refuses(client, `${scheme}:/a.ts`)).toMatch(/files|Notebooks/);
  }
  // Also for what was never opened here.
  expect(await offReason(client, "vscode-notebook-cell:/b.ipynb#X")).toContain("Notebooks");
  expect(await offReason(client, workspace.uri("fine.ts"))).toBeNull();
});

test("a file that is no longer ignored gets suggestions again", async () => {
  const workspace = Workspace.create();
  workspace.write(".gitignore", "src/\n");
  const client = await workspace.startReady();
  expect(await refuses(client, workspace.write("src/a.ts", ""))).toContain("ignored");
  workspace.write(".gitignore", "");
  client.watched(workspace.path(".gitignore"));
  await offered(client, workspace);
});

test("an untrusted workspace loads no model and writes nothing; trust brings all of it", async () => {
  const workspace = Workspace.create();
  const client = await workspace.start({ settings: { trusted: false } });
  await client.until("the state", () => client.status?.model.kind === "off");
  expect(await refuses(client, workspace.write("a.ts", "const a = 1;\n"))).toContain("not trusted");
  const anchored = await client.connection.sendRequest(AnchorNow.type);
  expect(anchored).toMatchObject({ anchored: 0, problems: [expect.stringContaining("not trusted")] });
  expect(readdirSync(workspace.home)).toEqual([]);
  await client.connection.sendNotification(DidChangeSettings.type, { settings: DEFAULT_SETTINGS });
  await client.ready();
  const { uri, shown } = await offered(client, workspace);
  client.insert(uri, shown);
  expect(await client.accept(uri, shown.id)).toEqual({ recorded: true });
});

test("switched off means no model and no suggestions, until it is switched on", async () => {
  const workspace = Workspace.create();
  const client = await workspace.startReady();
  const off = { ...DEFAULT_SETTINGS, enabled: false };
  await client.connection.sendNotification(DidChangeSettings.type, { settings: off });
  await client.until("off", () => client.status?.model.kind === "off");
  expect(await refuses(client, workspace.write("a.ts", "const a = 1;\n"))).toContain("turned off");
  await client.connection.sendNotification(DidChangeSettings.type, { settings: DEFAULT_SETTINGS });
  await client.ready();
  await offered(client, workspace);
});

test("a model folder whose bytes differ from its pin offers nothing and names the file", async () => {
  const workspace = Workspace.create();
  const model = temporaryFolder("model");
  writeFileSync(`${model}/pin.json`, "{}\n");
  const client = await workspace.start({ settings: { modelPath: model } });
  await client.until("the failure", () => client.status?.model.kind === "failed");
  expect(client.status?.model).toMatchObject({ reason: expect.stringContaining("pin.json") });
  expect(await refuses(client, workspace.write("a.ts", "const a = 1;\n"))).toContain("pin.json");
  // Another model path takes effect without a restart.
  await client.connection.sendNotification(DidChangeSettings.type, { settings: DEFAULT_SETTINGS });
  await client.ready();
  await offered(client, workspace);
});

test("an untitled document is journal only, and bound once it is saved in a folder", async () => {
  const workspace = Workspace.create();
  const client = await workspace.startReady();
  const { uri: template, shown: there, name } = await offered(client, workspace);
  const uri = "untitled:Untitled-1";
  const text = client.text(template);
  client.close(template);
  client.open(uri, text);
  const shown = await client.suggestion(uri, there.range.start);
  expect(shown.text).toBe(there.text);
  client.insert(uri, shown);
  expect(await client.accept(uri, shown.id)).toEqual({ recorded: true });
  const [pending] = await client.untilShown(uri, "pending");
  expect(pending?.note).toBe("journal only: not in a folder");
  const left = await client.connection.sendRequest(AnchorNow.type);
  expect(left).toMatchObject({ anchored: 0, problems: [expect.stringContaining("in no folder")] });

  const saved = client.text(uri);
  client.close(uri);
  workspace.write(name, saved);
  client.open(workspace.uri(name), saved);
  const [bound] = await client.untilShown(workspace.uri(name), "pending");
  expect(bound).toMatchObject({ id: shown.id, note: null });
  expect(await client.connection.sendRequest(AnchorNow.type)).toEqual({ anchored: 1, problems: [] });
  await client.untilShown(workspace.uri(name), "verified");
});

test("a file in no folder is journal only", async () => {
  const workspace = Workspace.create({ git: false });
  const client = await workspace.startReady({ folders: [] });
  const { uri, shown } = await offered(client, workspace);
  client.insert(uri, shown);
  expect(await client.accept(uri, shown.id)).toEqual({ recorded: true });
  const [pending] = await client.untilShown(uri, "pending");
  expect(pending?.note).toBe("journal only: not in a folder");
});

test("a folder that cannot be written to keeps it pending, with the reason, until it can", async () => {
  const workspace = Workspace.create();
  // A file where the folder should be: even a superuser cannot write into it.
  workspace.write(".proofline", "");
  const client = await workspace.startReady();
  const { uri, name, shown } = await offered(client, workspace);
  client.insert(uri, shown);
  await client.accept(uri, shown.id);
  workspace.save(client, name);
  const failed = await client.connection.sendRequest(AnchorNow.type);
  expect(failed).toMatchObject({ anchored: 0, problems: [expect.stringContaining("cannot be written")] });
  await client.until("the reason", () => client.shown(uri)[0]?.note?.includes("cannot be written") === true);
  expect(client.shown(uri)[0]?.summary).toBe("pending");
});

test("what is sealed but cannot be written is pending in editor and command line, with the reason, until it can", async () => {
  const workspace = Workspace.create();
  // A file where the folder should be: the batch is sealed in the journal, and its evidence file has no place.
  workspace.write(".proofline/evidence", "");
  const client = await workspace.startReady();
  const { uri, name, shown } = await offered(client, workspace);
  client.insert(uri, shown);
  await client.accept(uri, shown.id);
  workspace.save(client, name);
  const failed = await client.connection.sendRequest(AnchorNow.type);
  expect(failed).toMatchObject({ anchored: 0, problems: [expect.stringContaining("cannot be written")] });
  await client.until("the reason", () => client.shown(uri)[0]?.note?.includes("cannot be written") === true);
  expect(client.shown(uri)).toMatchObject([{ summary: "pending" }]);
  expect(client.status?.pending).toBe(1);
  const command = spawnSync(
    process.execPath,
    [join(ROOT, "dist/cli.js"), "verify", "--no-replay", "--json"],
    {
      cwd: workspace.folder,
      encoding: "utf8",
      env: { ...process.env, PROOFLINE_HOME: workspace.home },
    },
  );
  expect(command.status).toBe(1);
  expect(JSON.parse(command.stdout)).toMatchObject({
    suggestions: [
      {
        id: shown.id,
        summary: "pending",
        // Whether it was replayed by now is not asked here, so a reason more may stand beside it.
        reasons: expect.arrayContaining([
          expect.stringContaining("its evidence file is not in the repository yet"),
        ]),
      },
    ],
  });

  rmSync(workspace.path(".proofline/evidence"));
  expect(await client.connection.sendRequest(AnchorNow.type)).toEqual({ anchored: 1, problems: [] });
  await client.untilShown(uri, "verified");
  expect(workspace.files(".proofline/evidence")).toHaveLength(1);
  expect(client.status?.pending).toBe(0);
});

test("several folders: each file's evidence lies in its own", async () => {
  const one = Workspace.create();
  const two = Workspace.create({ home: one.home, git: false });
  const client = await one.startReady({ folders: [one.folder, two.folder] });
  for (const workspace of [one, two]) {
    const { uri, name, shown } = await offered(client, workspace);
    client.insert(uri, shown);
    expect(await client.accept(uri, shown.id)).toEqual({ recorded: true });
    workspace.save(client, name);
  }
  expect(await client.connection.sendRequest(AnchorNow.type)).toEqual({ anchored: 2, problems: [] });
  expect(one.files(".proofline/evidence")).toHaveLength(1);
  expect(two.files(".proofline/evidence")).toHaveLength(1);
});

test("what is not saved is not sealed, and says so", async () => {
  const workspace = Workspace.create();
  const client = await workspace.startReady();
  const { uri, shown } = await offered(client, workspace);
  client.insert(uri, shown);
  await client.accept(uri, shown.id);
  const result = await client.connection.sendRequest(AnchorNow.type);
  expect(result).toMatchObject({ anchored: 0, problems: [expect.stringContaining("not saved")] });
  await client.untilShown(uri, "pending");
});

test("a file that was closed without saving drops what was accepted in it", async () => {
  const workspace = Workspace.create();
  const client = await workspace.startReady();
  const { uri, shown } = await offered(client, workspace);
  client.insert(uri, shown);
  await client.accept(uri, shown.id);
  await client.until("one pending", () => client.status?.pending === 1);
  client.close(uri);
  expect(await client.connection.sendRequest(AnchorNow.type)).toEqual({ anchored: 0, problems: [] });
  await client.until("nothing pending", () => client.status?.pending === 0);
});
