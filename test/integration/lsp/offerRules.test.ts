/** What is not offered where what falls short is an error: whatever would be one from the beginning. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { InlineCompletionTriggerKind } from "vscode-languageserver-protocol/node";
import { AuthorityWriter } from "../../../server/src/chain/authority/authorityWriter";
import { denialDigest } from "../../../server/src/chain/authority/subjects";
import { DEVELOPMENT_ACCOUNT, deployEas } from "../../../server/src/chain/eas/deploy";
import { DEVELOPMENT_KEY } from "../../../server/src/chain/embedded/developmentAccount";
import { Rpc } from "../../../server/src/chain/rpc/rpc";
import { deviceAddress } from "../../../server/src/evidence/device";
import type { Digest } from "../../../server/src/platform/primitives";
import { DidChangeOffers, DidChangeSettings, GetDocumentState } from "../../../server/src/protocol/messages";
import { type ChainSettings, DEFAULT_SETTINGS } from "../../../server/src/protocol/settings";
import { anvilPath, startAnvil } from "../../support/anvil";
import { digestOf } from "../../support/digests";
import { type Client, ROOT } from "../../support/languageClient";
import { otherModel } from "../../support/otherModel";
import { acceptPolicy, bringPolicy, waitingPolicy } from "../../support/policies";
import { anchoredPlace, offered, openSurePlace, Workspace } from "../../support/workspace";

const ANOTHER_MODEL = { name: "another", digest: digestOf("ab") };
const ANOTHER_DEVICE = { name: "another", address: `0x${"1".repeat(40)}` };

const reasonOf = async (client: Client, uri: string): Promise<string | null> =>
  (await client.connection.sendRequest(GetDocumentState.type, { uri })).offReason;

/** Resolves once nothing is offered in a document for such a reason; `null`: once something is. */
async function untilReason(client: Client, uri: string, reason: RegExp | null): Promise<void> {
  await vi.waitFor(
    async () => {
      const now = await reasonOf(client, uri);
      expect(now).toEqual(reason === null ? null : expect.stringMatching(reason));
    },
    { timeout: 90_000, interval: 100 },
  );
}

/** Brings a policy for which what falls short is an error, and accepts it. */
const accept = (workspace: Workspace, client: Client, rules: object): Promise<void> =>
  acceptPolicy(workspace, client, { enforcement: "block", ...rules });

/** Accepts and anchors a suggestion, so that this computer has a key. */
async function firstBatch(workspace: Workspace, client: Client): Promise<string> {
  const { uri } = await anchoredPlace(client, workspace);
  await client.untilShown(uri, "verified");
  return uri;
}

const modelOf = (client: Client): Digest | null =>
  client.status?.model.kind === "ready" ? client.status.model.manifestDigest : null;

test("what a model, an environment or a computer makes that the lists do not have", async () => {
  const workspace = Workspace.create();
  const client = await workspace.startReady();
  const uri = await firstBatch(workspace, client);
  const device = (await deviceAddress(workspace.home)) ?? "";
  await accept(workspace, client, { models: [ANOTHER_MODEL] });
  expect(await reasonOf(client, uri)).toMatch(
    /model \S+ writes does not count under the policy team: its pin, [0-9a-f]{64}, is neither listed/,
  );
  await accept(workspace, client, { environments: [ANOTHER_MODEL] });
  expect(await reasonOf(client, uri)).toMatch(
    /environment does not count .* environment [0-9a-f]{64} is neither listed/,
  );
  await accept(workspace, client, { devices: [ANOTHER_DEVICE] });
  expect(await reasonOf(client, uri)).toContain(`its device, ${device}, is neither listed nor enrolled`);
  await accept(workspace, client, { devices: [ANOTHER_DEVICE, { name: "mine", address: device }] });
  expect(await reasonOf(client, uri)).toBeNull();
});

test("what would be anchored where no anchor counts", async () => {
  const workspace = Workspace.create();
  const client = await workspace.startReady();
  const uri = workspace.write("a.ts", "const a = 1;\n");
  client.open(uri, "const a = 1;\n");
  await accept(workspace, client, { anchors: { witnesses: "several" } });
  expect(await reasonOf(client, uri)).toMatch(/anchors take witnesses, and here .* chain of this computer/);
  await accept(workspace, client, { chain: { id: 8453, contract: `0x${"42".repeat(20)}` } });
  expect(await reasonOf(client, uri)).toMatch(/only anchors of contract 0x4242\S+ on chain 8453 count/);
});

test("what a model writes that was still being loaded when somebody asked", async () => {
  const workspace = Workspace.create();
  const first = await workspace.startReady();
  await accept(workspace, first, { models: [ANOTHER_MODEL] });
  await first.stop();
  const client = await workspace.start();
  const { uri, cursor } = openSurePlace(client, workspace);
  const answer = client.complete(uri, cursor, { triggerKind: InlineCompletionTriggerKind.Invoked });
  expect(modelOf(client)).toBeNull();
  expect(await answer).toBeNull();
  await untilReason(client, uri, /is neither listed nor approved/);
});

test("what another model wrote, before one was chosen that counts", async () => {
  const workspace = Workspace.create();
  const client = await workspace.startReady({ settings: { modelPath: otherModel() } });
  const { uri, shown } = await offered(client, workspace);
  const before = modelOf(client);
  await client.connection.sendNotification(DidChangeSettings.type, {
    settings: { ...DEFAULT_SETTINGS, latencyMilliseconds: 0 },
  });
  const digest = await client.until("the embedded model", () => {
    const now = modelOf(client);
    return now === before ? null : now;
  });
  await accept(workspace, client, { models: [{ name: "embedded", digest }] });
  expect(await reasonOf(client, uri)).toBeNull();
  const again = await client.complete(uri, shown.range.start, {
    triggerKind: InlineCompletionTriggerKind.Automatic,
  });
  expect(again?.id).not.toBe(shown.id);
});

test("what an authority has denied, though nothing in the repository names it yet", async () => {
  const anvil = await startAnvil(anvilPath(), ["--chain-id", "31337", "--slots-in-an-epoch", "1"]);
  onTestFinished(() => anvil.kill());
  const contract = await deployEas(new Rpc(anvil.url));
  const place = { id: 31_337, rpcUrls: [anvil.url], contract };
  const chain: ChainSettings = { kind: "rpc", ...place };
  const workspace = Workspace.create();
  const client = await workspace.startReady({ settings: { chain } });
  const uri = workspace.write("a.ts", "const a = 1;\n");
  client.open(uri, "const a = 1;\n");
  await accept(workspace, client, {
    chain: { id: 31_337, contract },
    authority: { addresses: [{ name: "leads", address: DEVELOPMENT_ACCOUNT }], decides: [] },
  });
  await untilReason(client, uri, null);

  const writer = await AuthorityWriter.open(
    { kind: "rpc", home: workspace.home, ...place },
    { key: DEVELOPMENT_KEY, confirm: () => Promise.resolve(true) },
  );
  onTestFinished(() => writer.close());
  const model = { kind: "model", id: modelOf(client) ?? ANOTHER_MODEL.digest } as const;
  await writer.deny(denialDigest(model, "compromised"));
  // What was read a moment ago counts for a while, and a server that starts asks.
  await client.stop();
  const again = await workspace.startReady({ settings: { chain } });
  again.open(uri, "const a = 1;\n");
  await untilReason(again, uri, /authority revoked the model \(pin [0-9a-f]{64}\)/);
});

test("what nobody here can sign, as the device key cannot be read", async () => {
  const workspace = Workspace.create();
  const settings = { verifiedOnly: "block" } as const;
  const client = await workspace.startReady({ settings });
  const uri = await firstBatch(workspace, client);
  await client.stop();
  writeFileSync(join(workspace.home, "device.key"), "garbage");
  const again = await workspace.startReady({ settings });
  again.open(uri, "const a = 1;\n");
  await untilReason(again, uri, /The device key cannot be read/);
});

test("nothing that may count: in a folder without git, in an untitled document, and outside of all", async () => {
  const settings = { verifiedOnly: "block" } as const;
  const workspace = Workspace.create({ git: false });
  const client = await workspace.startReady({ settings });
  const elsewhere = Workspace.create();
  const uris = [workspace.write("a.ts", ""), "untitled:Untitled-1", elsewhere.write("b.ts", "")];
  for (const uri of uris) {
    client.open(uri, "const a = 1;\n");
    expect([uri, await reasonOf(client, uri)]).toEqual([uri, null]);
  }
});

test("no longer what the command line has accepted meanwhile", async () => {
  const workspace = Workspace.create();
  const client = await workspace.startReady();
  const uri = workspace.write("a.ts", "const a = 1;\n");
  client.open(uri, "const a = 1;\n");
  await accept(workspace, client, {});
  expect(await reasonOf(client, uri)).toBeNull();
  bringPolicy(workspace, client, { enforcement: "block", edited: "report" });
  const digest = await waitingPolicy(workspace, client);
  expect(await reasonOf(client, uri)).toContain("asks for less");
  let told = 0;
  client.connection.onNotification(DidChangeOffers.type, () => {
    told += 1;
  });
  const { status } = spawnSync(process.execPath, [join(ROOT, "dist", "cli.js"), "policy", "accept", digest], {
    cwd: workspace.folder,
    env: { ...process.env, PROOFLINE_HOME: workspace.home },
  });
  expect(status).toBe(0);
  await untilReason(client, uri, null);
  await client.until("nothing that waits", () => client.status?.proposedPolicy === null);
  // So the status bar asks again, though nobody typed.
  expect(told).toBeGreaterThan(0);
});
