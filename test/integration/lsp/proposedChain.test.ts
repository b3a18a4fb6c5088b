/** The chain that a repository proposes: looked at in quiet, counted once it was accepted, and no longer than it is the same. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { DEVELOPMENT_KEY } from "../../../server/src/chain/embedded/developmentAccount";
import { Digest } from "../../../server/src/platform/primitives";
import { AnchorNow, AnswerChain, ForgetChain, ReviewChain } from "../../../server/src/protocol/messages";
import type { Client } from "../../support/languageClient";
import { uriOf } from "../../support/languageClient";
import { rpcChain } from "../../support/rpcChain";
import { startProxy } from "../../support/rpcProxy";
import { offered, Workspace } from "../../support/workspace";

const SETTINGS = ".vscode/settings.json";

async function proposedChain() {
  const { configuration } = await rpcChain(10741);
  let posts = 0;
  const [url = ""] = configuration.rpcUrls;
  const proxy = await startProxy(url, (_, result) => result, {
    onPost: () => {
      posts += 1;
    },
  });
  const settings = {
    "proofline.chain.kind": "rpc",
    "proofline.chain.id": configuration.id,
    "proofline.chain.rpcUrls": [proxy],
    "proofline.chain.contract": configuration.contract,
  };
  return { settings, posts: () => posts };
}

/** What names the proposal of a workspace now. */
async function digestOf(client: Client, folder: string): Promise<Digest> {
  const { proposal } = await client.connection.sendRequest(ReviewChain.type, { folder });
  return Digest.parse(proposal?.digest);
}

function propose(workspace: Workspace, settings: object, client?: Client): void {
  workspace.write(SETTINGS, `// What this team works with.\n${JSON.stringify(settings)}\n`);
  client?.watched(workspace.path(SETTINGS));
}

test("a proposed chain counts once it is accepted, until it changes, and until it is taken back", async () => {
  const { settings, posts } = await proposedChain();
  const workspace = Workspace.create();
  propose(workspace, settings);
  const folder = uriOf(workspace.folder);
  const client = await workspace.startReady({ transactionKey: DEVELOPMENT_KEY, pays: () => true });
  const review = () => client.connection.sendRequest(ReviewChain.type, { folder });

  await client.until("the proposal", () => client.status?.proposedChain === "chain 10741");
  const { proposal } = await review();
  if (proposal === null) {
    throw new Error("nothing is proposed");
  }
  expect(proposal.answer).toBeNull();
  expect(proposal.lines.join("\n")).toContain("operated by this computer");
  expect(posts()).toBe(0);

  const { digest } = proposal;
  await client.connection.sendRequest(AnswerChain.type, { folder, digest, answer: "accepted" });
  await client.until("no proposal", () => client.status?.proposedChain === null);
  expect((await review()).proposal?.answer).toBe("accepted");

  const { uri, name, shown } = await offered(client, workspace);
  client.insert(uri, shown);
  await client.accept(uri, shown.id);
  workspace.save(client, name);
  expect(await client.connection.sendRequest(AnchorNow.type)).toMatchObject({ anchored: 1, problems: [] });
  expect(posts()).toBeGreaterThan(0);
  const [anchor = ""] = workspace.files(".proofline/anchors");
  expect(JSON.parse(workspace.read(join(".proofline/anchors", anchor)))).toMatchObject({ chainId: 10741 });
  expect(readdirSync(workspace.home)).not.toContain("chain");
  await client.untilShown(uri, "verified");

  propose(workspace, { ...settings, "proofline.chain.contract": `0x${"1".repeat(40)}` }, client);
  await client.until("another proposal", () => client.status?.proposedChain === "chain 10741");
  await client.untilShown(uri, "unknown");
  propose(workspace, settings, client);
  await client.untilShown(uri, "verified");

  await client.connection.sendRequest(ForgetChain.type, { folder });
  await client.untilShown(uri, "unknown");
  expect((await review()).proposal).toMatchObject({ digest, answer: null });
  await client.connection.sendRequest(AnswerChain.type, { folder, digest, answer: "declined" });
  await client.until("no proposal", () => client.status?.proposedChain === null);
  await client.untilShown(uri, "unknown");
});

test("what was shown before it changed accepts nothing, and the repository itself holds no consent", async () => {
  const { settings, posts } = await proposedChain();
  const workspace = Workspace.create();
  propose(workspace, settings);
  const folder = uriOf(workspace.folder);
  const client = await workspace.start();
  const digest = await digestOf(client, folder);
  propose(workspace, { ...settings, "proofline.chain.id": 1 });
  await expect(
    client.connection.sendRequest(AnswerChain.type, { folder, digest, answer: "accepted" }),
  ).rejects.toThrow("not what this repository proposes now");
  propose(workspace, settings);
  await client.connection.sendRequest(AnswerChain.type, { folder, digest, answer: "accepted" });
  expect(readdirSync(workspace.path(".proofline"))).toEqual([".gitattributes", "repository"]);
  expect(readFileSync(workspace.path(SETTINGS), "utf8")).toContain("10741");
  expect(posts()).toBe(0);
});

test("in an untrusted workspace nothing is proposed, looked at, accepted or asked", async () => {
  const { settings, posts } = await proposedChain();
  const workspace = Workspace.create();
  propose(workspace, settings);
  const folder = uriOf(workspace.folder);
  const trusting = await workspace.start();
  const digest = await digestOf(trusting, folder);
  await trusting.connection.sendRequest(AnswerChain.type, { folder, digest, answer: "accepted" });
  await trusting.stop();

  const client = await workspace.start({ settings: { trusted: false } });
  await client.until("the state", () => client.status?.model.kind === "off");
  expect(client.status?.proposedChain).toBeNull();
  await expect(client.connection.sendRequest(ReviewChain.type, { folder })).rejects.toThrow("not trusted");
  const again = { folder, digest, answer: "accepted" } as const;
  await expect(client.connection.sendRequest(AnswerChain.type, again)).rejects.toThrow("not trusted");
  await expect(client.connection.sendRequest(ForgetChain.type, { folder })).rejects.toThrow("not trusted");
  expect(posts()).toBe(0);
});
