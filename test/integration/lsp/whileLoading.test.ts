/** Whoever asks before the model is loaded need not ask again. */
import { expect, test } from "vitest";
import { InlineCompletionTriggerKind } from "vscode-languageserver-protocol/node";
import { DidChangeSettings } from "../../../server/src/protocol/messages";
import { DEFAULT_SETTINGS } from "../../../server/src/protocol/settings";
import { offered, openSurePlace, Workspace } from "../../support/workspace";

test("a suggestion asked for while the model is loaded comes when it is", async () => {
  const workspace = Workspace.create();
  const client = await workspace.start();
  expect(client.status?.model.kind).not.toBe("ready");
  const { shown } = await offered(client, workspace);
  expect(shown.text).not.toBe("");
});

test("of two requests while the model is loaded only the newer is answered", async () => {
  const workspace = Workspace.create();
  const client = await workspace.start();
  const { uri, cursor } = openSurePlace(client, workspace);
  const automatic = { triggerKind: InlineCompletionTriggerKind.Automatic };
  const answers: string[] = [];
  const older = client.complete(uri, cursor, automatic).then((shown) => {
    answers.push("older");
    return shown;
  });
  const newer = client.suggestion(uri, cursor, automatic).then(() => answers.push("newer"));
  expect(await older).toBeNull();
  expect(client.status?.model.kind).not.toBe("ready");
  await newer;
  expect(answers).toEqual(["older", "newer"]);
  expect(client.status?.model.kind).toBe("ready");
});

test("nobody waits for a model that is turned off meanwhile", async () => {
  const workspace = Workspace.create();
  const client = await workspace.start();
  const uri = workspace.write("a.ts", "const a = ");
  client.open(uri, "const a = ");
  const answer = client.complete(uri, { line: 0, character: 10 });
  await client.connection.sendNotification(DidChangeSettings.type, {
    settings: { ...DEFAULT_SETTINGS, enabled: false },
  });
  expect(await answer).toBeNull();
  await client.until("the model to be off", () => client.status?.model.kind === "off");
});
