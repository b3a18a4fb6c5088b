import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { AuditReport } from "../../../server/src/policy/audit/auditReport";
import {
  AnchorNow,
  ExportReport,
  GetVerdict,
  GetVerdictDocument,
  ListSuggestions,
  LocateEvidence,
  ReplayAll,
  ReplayNow,
  VerifyFile,
} from "../../../server/src/protocol/messages";
import { visibleCode } from "../../../server/src/protocol/visibleMarkdown";
import { offered, Workspace } from "../../support/workspace";

test("a suggestion goes from the keystroke to verified, and says so in every way", async () => {
  const workspace = Workspace.create();
  const client = await workspace.startReady();
  const { uri, name, shown } = await offered(client, workspace);
  client.insert(uri, shown);

  expect(await client.accept(uri, shown.id)).toEqual({ recorded: true });
  const [pending] = await client.untilShown(uri, "pending");
  expect(pending?.range.start).toEqual(shown.range.start);
  await client.until("one pending", () => client.status?.pending === 1);
  expect(await client.connection.sendRequest(LocateEvidence.type, { id: shown.id })).toMatchObject({
    kind: "none",
  });

  workspace.save(client, name);
  expect(await client.connection.sendRequest(AnchorNow.type)).toEqual({ anchored: 1, problems: [] });
  const [verified] = await client.untilShown(uri, "verified");
  expect(verified).toMatchObject({ range: pending?.range, keptLines: null, note: null });
  // The label decides nothing: a sealed claim is named by its leaf hash.
  expect(verified?.id).toMatch(/^[0-9a-f]{64}$/);
  // Nothing else on the way: no flicker, no state that was not true.
  const summaries = client.history.filter((one) => one.uri === uri).map((one) => one.summaries);
  expect(summaries.join(" ")).toMatch(/^ ?(pending )+(anchored )*verified$/);
  await client.until("nothing pending", () => client.status?.pending === 0);
  expect(client.status?.chain).toEqual({ kind: "ready", name: "local chain", local: true });
  expect(workspace.files(".proofline/evidence")).toHaveLength(1);
  expect(workspace.files(".proofline/anchors")).toHaveLength(1);

  const evidence = await client.connection.sendRequest(LocateEvidence.type, { id: verified?.id ?? "" });
  expect(evidence).toEqual({
    kind: "file",
    uri: workspace.uri(`.proofline/evidence/${workspace.files(".proofline/evidence")[0]}`),
  });
  const replayed = await client.connection.sendRequest(ReplayNow.type, { uri });
  expect(replayed).toMatchObject({ exact: 1, mismatch: 0, impossible: 0 });
  const [listed, ...others] = await client.connection.sendRequest(ListSuggestions.type);
  expect(others).toEqual([]);
  expect(listed).toMatchObject({
    folder: workspace.folder,
    suggestions: [{ id: verified?.id, uri, path: name, summary: "verified", isOwnDevice: true }],
    more: 0,
    problems: [],
  });
  expect(listed?.suggestions[0]?.range.start).toEqual(verified?.range.start);
  expect(await client.connection.sendRequest(ReplayAll.type)).toMatchObject({ exact: 1, mismatch: 0 });
  const file = join(workspace.folder, "report.json");
  const wanted = { format: "json", file } as const;
  const written = { repositories: 1, suggestions: 1 };
  for (const folder of [null, pathToFileURL(workspace.folder).href]) {
    expect(await client.connection.sendRequest(ExportReport.type, { ...wanted, folder })).toEqual(written);
    const [audited] = AuditReport.parse(JSON.parse(readFileSync(file, "utf8"))).repositories;
    expect(audited).toMatchObject({
      lines: { withEvidence: 1 },
      suggestions: [{ path: name, summary: "verified", decision: "good" }],
    });
    rmSync(file);
  }
  await expect(
    client.connection.sendRequest(ExportReport.type, { ...wanted, file: workspace.folder, folder: null }),
  ).rejects.toThrow("is a folder");
  const verifiedAgain = await client.connection.sendRequest(VerifyFile.type, { uri });
  expect(verifiedAgain).toMatchObject({ counts: { verified: 1, failed: 0, unknown: 0 }, problems: [] });
  expect(await client.connection.sendRequest(AnchorNow.type)).toEqual({ anchored: 0, problems: [] });

  const { start } = shown.range;
  const whole = await client.connection.sendRequest(GetVerdict.type, { uri, position: start });
  const order = ["**verified**", "**Model**", "**Environment**", "**Output**", "**Onchain**", "Not checked:"];
  const places = order.map((word) => whole?.markdown.indexOf(word) ?? -1);
  expect(places).toEqual([...places].sort((a, b) => a - b));
  expect(places[0]).toBeGreaterThan(-1);
  const line = client.text(uri).split("\n")[start.line] ?? "";
  const overCode = JSON.stringify(await client.hover(uri, start));
  expect(overCode).toContain("command:proofline.showVerdict");
  expect(overCode).not.toContain("**Model**");
  const atEnd = JSON.stringify(await client.hover(uri, { line: start.line, character: line.length }));
  expect(atEnd).toContain("**Model**");
  expect(await client.hover(uri, { line: 0, character: 0 })).toBeNull();
  const document = await client.connection.sendRequest(GetVerdictDocument.type, { id: verified?.id ?? "" });
  expect(document).toContain("# verified");
  expect(document).toContain(visibleCode(verified?.id ?? ""));
  expect(document?.split("\n")).toContainEqual(
    expect.stringContaining(`\`${name}\`, line ${start.line + 1}: `),
  );
  expect(await client.connection.sendRequest(GetVerdictDocument.type, { id: "nobody's" })).toBeNull();
});

test("what is saved and left alone is sealed, anchored and verified by itself", async () => {
  const workspace = Workspace.create();
  const client = await workspace.startReady({ settings: { sealAfterSeconds: 1 } });
  const { uri, name, shown } = await offered(client, workspace);
  client.insert(uri, shown);
  await client.accept(uri, shown.id);
  await client.untilShown(uri, "pending");
  // Not saved, so its time passes without a seal.
  await expect(
    client.until("a seal", () => workspace.files(".proofline/evidence").length > 0, 2_500),
  ).rejects.toThrow("in vain");
  workspace.save(client, name);
  await client.untilShown(uri, "verified");
});

test("a line that is changed or commented out is edited, and an import above it costs nothing", async () => {
  const workspace = Workspace.create();
  const client = await workspace.startReady();
  const { uri, name, shown } = await offered(client, workspace);
  client.insert(uri, shown);
  await client.accept(uri, shown.id);
  workspace.save(client, name);
  await client.connection.sendRequest(AnchorNow.type);
  await client.untilShown(uri, "verified");
  const top = { line: 0, character: 0 };
  client.type(uri, top, 'import { x } from "x";\n');
  const { start } = shown.range;
  const line = start.line + 1;
  const at = await client.connection.sendRequest(GetVerdict.type, { uri, position: { line, character: 99 } });
  expect(at).toMatchObject({ range: { start: { line, character: start.character } } });
  await client.untilShown(uri, "verified");
  client.type(uri, { line: client.text(uri).split("\n").length, character: 0 }, "\n*/\n");
  client.type(uri, { line: 1, character: 0 }, "/*\n");
  await client.until("the comment", () => client.shown(uri).every(({ summary }) => summary === "edited"));
  client.type(uri, { line: 1, character: 2 }, "*/");
  await client.untilShown(uri, "verified");
  client.type(uri, { line: line + 1, character: start.character + 1 }, "Q");
  await client.until("the change", () => client.shown(uri).every(({ summary }) => summary === "edited"));
});

test("the same text accepted twice keeps its two places, also after a restart", async () => {
  const workspace = Workspace.create();
  const client = await workspace.startReady();
  const place = await offered(client, workspace);
  const uri = workspace.uri("twice.ts");
  const once = client.text(place.uri);
  const height = once.split("\n").length - 1;
  client.open(uri, once + once);
  const { line, character } = place.shown.range.start;
  // The lower one first, so that the upper one shifts it.
  for (const at of [line + height, line]) {
    const shown = await client.suggestion(uri, { line: at, character });
    client.insert(uri, shown);
    expect(await client.accept(uri, shown.id)).toEqual({ recorded: true });
  }
  client.type(uri, { line: 0, character: 0 }, "\n\n");
  workspace.save(client, "twice.ts");
  await client.connection.sendRequest(AnchorNow.type);
  const both = await client.untilShown(uri, "verified", "verified");
  await client.stop();
  const again = await workspace.start();
  again.open(uri, client.text(uri));
  expect(await again.untilShown(uri, "verified", "verified")).toEqual(both);
});

test("a file that was moved after sealing keeps its badge", async () => {
  const workspace = Workspace.create();
  const client = await workspace.startReady();
  const { uri, name, shown } = await offered(
    client,
    workspace,
    (text) => text.replace(/\s/g, "").length > 15,
  );
  client.insert(uri, shown);
  await client.accept(uri, shown.id);
  workspace.save(client, name);
  await client.connection.sendRequest(AnchorNow.type);
  await client.untilShown(uri, "verified");

  const text = client.text(uri);
  client.close(uri);
  rmSync(workspace.path(name));
  const moved = workspace.write("lib/elsewhere.ts", text);
  client.open(moved, text);
  expect(await client.untilShown(moved, "verified")).toHaveLength(1);
});
