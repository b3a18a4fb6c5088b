import { cpSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openHost } from "../../../server/src/chain/embedded/host";
import { AnchorNow, GetVerdict } from "../../../server/src/protocol/messages";
import type { ChainSettings } from "../../../server/src/protocol/settings";
import { bridgeTo } from "../../support/chainBridge";
import { ROOT } from "../../support/languageClient";
import { anchoredPlace, offered, Workspace } from "../../support/workspace";

test("a clone under another home: verified on the same chain, unknown and why without it", async () => {
  const author = Workspace.create();
  const client = await author.startReady();
  const { uri, name, shown } = await anchoredPlace(client, author);
  await client.untilShown(uri, "verified");
  const text = client.text(uri);

  const clone = Workspace.create();
  cpSync(author.folder, clone.folder, { recursive: true });
  const alone = await clone.startReady();
  alone.open(clone.uri(name), text);
  await alone.untilShown(clone.uri(name), "unknown");
  const why = await alone.connection.sendRequest(GetVerdict.type, {
    uri: clone.uri(name),
    position: shown.range.start,
  });
  expect(why?.markdown).toContain("another computer");
  await alone.stop();

  const host = await openHost(
    { kind: "embedded", home: author.home, hostPath: join(ROOT, "dist", "chainHost.js") },
    "existing",
    {},
  );
  if (host === null) {
    throw new Error("the author's chain is gone");
  }
  const { chainId, contract } = host.status;
  const bridge = await bridgeTo(author.home, join(ROOT, "dist", "chainHost.js"));
  onTestFinished(bridge.close);
  const chain: ChainSettings = { kind: "rpc", id: chainId, rpcUrls: [bridge.url], contract };
  const reviewer = await clone.startReady({ settings: { chain } });
  reviewer.open(clone.uri(name), text);
  await reviewer.untilShown(clone.uri(name), "verified");
  const verdict = await reviewer.connection.sendRequest(GetVerdict.type, {
    uri: clone.uri(name),
    position: shown.range.start,
  });
  expect(verdict?.markdown).toContain("whose device signed");
  expect(clone.files(".proofline/anchors")).toEqual(author.files(".proofline/anchors"));
  host.close();
});

test("a chain that needs a key and has none keeps it pending, says what to do, and goes on with a key", async () => {
  const workspace = Workspace.create();
  const chain: ChainSettings = {
    kind: "rpc",
    id: 10_740,
    rpcUrls: ["http://127.0.0.1:9/"],
    contract: `0x${"1".repeat(40)}`,
  };
  const client = await workspace.startReady({ settings: { chain } });
  const { uri, name, shown } = await offered(client, workspace);
  client.insert(uri, shown);
  await client.accept(uri, shown.id);
  workspace.save(client, name);
  const keyless = await client.connection.sendRequest(AnchorNow.type);
  expect(keyless).toMatchObject({ anchored: 0, problems: [expect.stringContaining("Set Transaction Key")] });
  expect(client.status?.chain).toMatchObject({ kind: "waiting", suggestions: 1 });
  expect(client.status?.pending).toBe(1);
  await client.untilShown(uri, "pending");
  await client.stop();

  const key = `0x${"1".repeat(64)}`;
  const keyed = await workspace.startReady({ settings: { chain }, transactionKey: key });
  keyed.open(uri, client.text(uri));
  const unreachable = await keyed.connection.sendRequest(AnchorNow.type);
  expect(unreachable.problems.join()).toContain("cannot be reached");
  expect(keyed.log.join()).not.toContain(key);
  await keyed.untilShown(uri, "pending");
});
