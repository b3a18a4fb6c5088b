/** `proofline.enabled: false` ends suggestions, and nothing else. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { DidChangeSettings, ReplayNow } from "../../../server/src/protocol/messages";
import { DEFAULT_SETTINGS } from "../../../server/src/protocol/settings";
import type { Client } from "../../support/languageClient";
import { removeFolder } from "../../support/removeFolder";
import { anchoredPlace, Workspace } from "../../support/workspace";

/** Accepts and anchors one suggestion, and forgets that it was ever replayed. */
async function anchored(workspace: Workspace): Promise<{ readonly name: string; readonly text: string }> {
  const author = await workspace.startReady();
  const { uri, name } = await anchoredPlace(author, workspace);
  await author.untilShown(uri, "verified");
  const text = author.text(uri);
  await author.stop();
  removeFolder(join(workspace.home, "replays"));
  return { name, text };
}

async function offersNothing(client: Client, uri: string): Promise<void> {
  expect(await client.complete(uri, { line: 0, character: 0 })).toBeNull();
}

test("what was accepted is replayed and verified while suggestions are turned off", async () => {
  const workspace = Workspace.create();
  const { name, text } = await anchored(workspace);
  const reader = await workspace.start({ settings: { enabled: false } });
  const uri = workspace.uri(name);
  reader.open(uri, text);
  await reader.untilShown(uri, "verified");
  expect(reader.status?.model).toMatchObject({ kind: "off" });
  await offersNothing(reader, uri);
  expect(await reader.connection.sendRequest(ReplayNow.type, { uri })).toMatchObject({
    exact: 1,
    impossible: 0,
  });

  await reader.connection.sendNotification(DidChangeSettings.type, { settings: DEFAULT_SETTINGS });
  await reader.ready();
  await reader.untilShown(uri, "verified");
});

test("an untrusted workspace loads no model for a replay either", async () => {
  const workspace = Workspace.create();
  const { name, text } = await anchored(workspace);
  const reader = await workspace.start({ settings: { enabled: false, trusted: false } });
  const uri = workspace.uri(name);
  reader.open(uri, text);
  await reader.until("a verdict", () => reader.shown(uri).length > 0);
  const { reasons, ...counts } = await reader.connection.sendRequest(ReplayNow.type, { uri });
  expect(counts).toEqual({ exact: 0, withinTolerance: 0, mismatch: 0, impossible: 1 });
  expect(reasons.join()).toContain("not trusted");
});
