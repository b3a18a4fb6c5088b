import { expect, test } from "vitest";
import { DiagnosticSeverity } from "vscode-languageserver-protocol/node";
import { AnchorNow, DidChangeSettings, GetVerdict } from "../../../server/src/protocol/messages";
import { DEFAULT_SETTINGS } from "../../../server/src/protocol/settings";
import type { Client } from "../../support/languageClient";
import { offered, Workspace } from "../../support/workspace";

async function anchored(client: Client, workspace: Workspace) {
  const place = await offered(client, workspace);
  client.insert(place.uri, place.shown);
  await client.accept(place.uri, place.shown.id);
  workspace.save(client, place.name);
  await client.connection.sendRequest(AnchorNow.type);
  await client.untilShown(place.uri, "verified");
  return place;
}

test("block: pending lines are information, verified ones nothing, edited ones errors; warn: warnings", async () => {
  const workspace = Workspace.create();
  const client = await workspace.startReady({ settings: { verifiedOnly: "block" } });
  const { uri, name, shown } = await offered(client, workspace);
  client.insert(uri, shown);
  await client.accept(uri, shown.id);
  const severities = () => (client.diagnostics.get(uri) ?? []).map(({ severity }) => severity).join();
  await client.until("information", () => severities() === `${DiagnosticSeverity.Information}`);
  workspace.save(client, name);
  await client.connection.sendRequest(AnchorNow.type);
  await client.untilShown(uri, "verified");
  await client.until("no problems", () => severities() === "");
  client.type(uri, { line: shown.range.start.line, character: shown.range.start.character + 1 }, "Q");
  await client.until("an error", () => severities() === "" || severities() === `${DiagnosticSeverity.Error}`);
  await client.until(
    "errors wherever text is left",
    () => severities() === (client.shown(uri).length ? "1" : ""),
  );
  const warn = { ...DEFAULT_SETTINGS, verifiedOnly: "warn" as const };
  await client.connection.sendNotification(DidChangeSettings.type, { settings: warn });
  await client.until("warnings", () => severities() === (client.shown(uri).length ? "2" : ""));
});

test("block offers nothing while nothing can be recorded", async () => {
  const workspace = Workspace.create();
  // A file where the journal's folder should be.
  workspace.write("home/journal", "");
  const options = { home: workspace.path("home"), settings: { verifiedOnly: "block" as const } };
  const client = await workspace.startReady(options);
  const uri = workspace.write("a.ts", "const a = 1;\n");
  client.open(uri, "const a = 1;\n");
  expect(await client.complete(uri, { line: 1, character: 0 })).toBeNull();
});

test("a changed byte of an evidence file is failed, and the file itself is reported", async () => {
  const workspace = Workspace.create();
  const client = await workspace.startReady();
  const { uri, shown } = await anchored(client, workspace);
  const evidence = `.proofline/evidence/${workspace.files(".proofline/evidence")[0]}`;
  const text = workspace.read(evidence);
  const at = text.indexOf('"signatures"') - 40;
  workspace.write(evidence, `${text.slice(0, at)}${text[at] === "A" ? "B" : "A"}${text.slice(at + 1)}`);
  client.watched(workspace.path(evidence));
  await client.untilShown(uri, "failed");
  await client.until(
    "the file's problem",
    () => client.diagnostics.get(workspace.uri(evidence))?.length === 1,
  );
  const verdict = await client.connection.sendRequest(GetVerdict.type, { uri, position: shown.range.start });
  expect(verdict?.markdown).toContain("**failed**");
  workspace.write(evidence, text);
  client.watched(workspace.path(evidence));
  await client.untilShown(uri, "verified");
  await client.until("no problem", () => client.diagnostics.get(workspace.uri(evidence))?.length === 0);
});

test("evidence and anchor files that vanish or come back are followed", async () => {
  const workspace = Workspace.create();
  const client = await workspace.startReady();
  const { uri } = await anchored(client, workspace);
  const anchor = `.proofline/anchors/${workspace.files(".proofline/anchors")[0]}`;
  const text = workspace.read(anchor);
  workspace.write(anchor, "{}");
  client.watched(workspace.path(anchor));
  await client.until("the file's problem", () => client.diagnostics.get(workspace.uri(anchor))?.length === 1);
  expect(client.shown(uri)[0]?.summary).not.toBe("failed");
  workspace.write(anchor, text);
  client.watched(workspace.path(anchor));
  await client.untilShown(uri, "verified");
});
