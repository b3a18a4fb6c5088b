import { rmSync } from "node:fs";
import { expect, test } from "vitest";
import { DiagnosticSeverity } from "vscode-languageserver-protocol/node";
import {
  AnchorNow,
  DidChangeFileVerdicts,
  DidChangeSettings,
  ListSuggestions,
} from "../../../server/src/protocol/messages";
import { DEFAULT_SETTINGS, type Settings } from "../../../server/src/protocol/settings";
import type { Client } from "../../support/languageClient";
import { offered, Workspace } from "../../support/workspace";

/** A saved file with one suggestion, accepted and anchored, closed again. */
async function closedFile(client: Client, workspace: Workspace) {
  const place = await offered(client, workspace);
  client.insert(place.uri, place.shown);
  await client.accept(place.uri, place.shown.id);
  workspace.save(client, place.name);
  await client.connection.sendRequest(AnchorNow.type);
  await client.untilShown(place.uri, "verified");
  const saved = client.text(place.uri);
  client.close(place.uri);
  return { ...place, saved };
}

function tell(client: Client, settings: Partial<Settings>): Promise<void> {
  return client.connection.sendNotification(DidChangeSettings.type, {
    settings: { ...DEFAULT_SETTINGS, ...settings },
  });
}

test("a closed file that falls short is told of while the level asks for it, and once when it is open", async () => {
  const workspace = Workspace.create();
  const client = await workspace.startReady({ settings: { verifiedOnly: "block" } });
  const { uri, name, saved, shown } = await closedFile(client, workspace);
  const said = () => (client.diagnostics.get(uri) ?? []).map(({ severity }) => severity);

  workspace.write(name, saved.replace(shown.text.trim().slice(0, 5), "QQQQQ"));
  client.watched(workspace.path(name));
  await client.until("an error", () => said().join() === `${DiagnosticSeverity.Error}`);
  expect(client.diagnostics.get(uri)?.[0]).toMatchObject({
    source: "Proofline",
    range: { start: { line: shown.range.start.line } },
  });

  client.open(uri, workspace.read(name));
  await client.until("the open document's verdict", () => client.shown(uri).length === 1);
  const others = [...client.diagnostics].filter(([other, list]) => other !== uri && list.length > 0);
  expect(others).toEqual([]);
  await client.until("the same error, once", () => said().length === 1);
  client.close(uri);
  await client.until("the closed file's error", () => said().length === 1);

  await tell(client, { verifiedOnly: "warn" });
  await client.until("a warning", () => said().join() === `${DiagnosticSeverity.Warning}`);
  await tell(client, { verifiedOnly: "off" });
  await client.until("nothing", () => said().length === 0);
  await tell(client, { verifiedOnly: "block" });
  await client.until("an error again", () => said().join() === `${DiagnosticSeverity.Error}`);
  workspace.write(name, saved);
  client.watched(workspace.path(name));
  await client.until("nothing, as it stands again", () => said().length === 0);
});

test("a window that opens no file tells of lines whose evidence is broken, and no more once that is gone", async () => {
  const workspace = Workspace.create();
  const first = await workspace.startReady();
  const { uri } = await closedFile(first, workspace);
  await first.stop();
  const client = await workspace.start({ settings: { verifiedOnly: "block" } });
  expect(client.diagnostics.get(uri) ?? []).toEqual([]);
  const evidence = `.proofline/evidence/${workspace.files(".proofline/evidence")[0]}`;
  const text = workspace.read(evidence);
  const at = text.indexOf('"signatures"') - 40;
  workspace.write(evidence, `${text.slice(0, at)}${text[at] === "A" ? "B" : "A"}${text.slice(at + 1)}`);
  client.watched(workspace.path(evidence));
  await client.until("an error", () => client.diagnostics.get(uri)?.[0]?.code === "failed");
  await client.until("the file's own", () => client.diagnostics.get(workspace.uri(evidence))?.length === 1);
  rmSync(workspace.path(evidence));
  client.watched(workspace.path(evidence));
  await client.until("nothing", () => client.diagnostics.get(uri)?.length === 0);
});

test("what each file holds is told while somebody draws it, and nothing of it otherwise", async () => {
  const workspace = Workspace.create();
  const client = await workspace.startReady();
  const told: string[] = [];
  client.connection.onNotification(DidChangeFileVerdicts.type, ({ folder, files }) => {
    const said = files.map(({ uri, counts }) => `${uri} ${counts.map((one) => one.summary).join("+")}`);
    told.push(`${folder}: ${said.join()}`);
  });
  const { uri, name, saved, shown } = await closedFile(client, workspace);
  expect(told).toEqual([]);
  await tell(client, { fileDecorations: true });
  await client.until("verified", () => told.at(-1) === `${workspace.folder}: ${uri} verified`);
  workspace.write(name, saved.replace(shown.text.trim().slice(0, 5), "QQQQQ"));
  client.watched(workspace.path(name));
  await client.until("another word", () => told.at(-1) === `${workspace.folder}: ${uri} edited`);
  expect([...client.diagnostics.values()].flat()).toEqual([]);
  await tell(client, { fileDecorations: false });
  await client.until("nothing", () => told.at(-1) === `${workspace.folder}: `);
});

test("what another window's server holds is listed for whoever asks as soon as a server starts", async () => {
  const workspace = Workspace.create();
  const first = await workspace.startReady();
  const { uri, name, shown } = await offered(first, workspace);
  first.insert(uri, shown);
  await first.accept(uri, shown.id);
  workspace.save(first, name);
  for (let count = 0; count < 3; count += 1) {
    const second = await workspace.start();
    const [listed] = await second.connection.sendRequest(ListSuggestions.type);
    expect(listed?.suggestions).toMatchObject([{ path: name, summary: "pending" }]);
    await second.stop();
  }
});
