import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { openRepository } from "../../../server/src/evidence/repository/openRepository";
import type { Repository } from "../../../server/src/evidence/repository/repository";
import type { ChainSettings } from "../../../server/src/protocol/settings";
import { type ChainProposal, RepositoryChains } from "../../../server/src/workflows/repositoryChains";
import { temporaryFolder } from "../../support/workspace";

const LOCAL: ChainSettings = { kind: "embedded" };
const OWN: ChainSettings = {
  kind: "rpc",
  id: 1,
  rpcUrls: ["https://mine.example/secret"],
  contract: `0x${"1".repeat(40)}`,
};
const theirs = (server: string): ChainSettings => ({
  kind: "rpc",
  id: 8453,
  rpcUrls: [server],
  contract: `0x${"2".repeat(40)}`,
});
const THEIRS = theirs("https://theirs.example/");

describe("the chain of a repository", () => {
  let home: string;
  let repository: Repository;
  let chains: RepositoryChains;

  beforeEach(async () => {
    home = temporaryFolder("home");
    repository = await repositoryIn(temporaryFolder("folder"));
    chains = new RepositoryChains(home);
    propose(THEIRS);
  });

  async function repositoryIn(folder: string): Promise<Repository> {
    execFileSync("git", ["init", "-q"], { cwd: folder });
    return openRepository(folder, [folder]);
  }

  function propose(chain: ChainSettings | string, { folder } = repository): void {
    const file = join(folder, ".vscode/settings.json");
    mkdirSync(dirname(file), { recursive: true });
    const settings =
      typeof chain === "string"
        ? chain
        : JSON.stringify(
            Object.fromEntries(
              Object.entries(chain).map(([key, value]) => [`proofline.chain.${key}`, value]),
            ),
          );
    writeFileSync(file, settings);
  }

  const counts = async (own: ChainSettings = LOCAL) => (await chains.of(repository, own)).counts;

  async function proposalOf(own: ChainSettings = LOCAL): Promise<ChainProposal> {
    const { proposal } = await chains.of(repository, own);
    if (proposal === null) {
      throw new Error("nothing is proposed");
    }
    return proposal;
  }

  async function say(answer: "accepted" | "declined", own: ChainSettings = LOCAL): Promise<void> {
    await chains.answer(repository, own, (await proposalOf(own)).digest, answer);
  }

  it("is the person's own whatever it proposes, until they accept exactly that", async () => {
    expect(await counts()).toEqual(LOCAL);
    expect(await proposalOf()).toMatchObject({ name: "Base", answer: null, chain: THEIRS });
    await say("accepted");
    expect(await counts()).toEqual(THEIRS);
    expect(await proposalOf()).toMatchObject({ answer: "accepted" });
  });

  it("is the person's own where they declined, and they are not asked again about the same", async () => {
    await say("declined");
    expect(await counts()).toEqual(LOCAL);
    expect((await proposalOf()).answer).toBe("declined");
    propose(theirs("https://others.example/"));
    expect((await proposalOf()).answer).toBeNull();
  });

  it("is the person's own again with any change of the proposal, and as accepted once it is as it was", async () => {
    await say("accepted");
    propose(theirs("https://others.example/"));
    expect(await counts()).toEqual(LOCAL);
    propose("{}");
    expect(await chains.of(repository, LOCAL)).toEqual({ counts: LOCAL, proposal: null, problem: null });
    propose(THEIRS);
    expect(await counts()).toEqual(THEIRS);
  });

  it("is the person's own where that is another than the one that was accepted away", async () => {
    await say("accepted");
    expect(await counts(OWN)).toEqual(OWN);
    expect((await proposalOf(OWN)).answer).toBeNull();
    await say("accepted", OWN);
    expect(await counts(OWN)).toEqual(THEIRS);
  });

  it("is nothing to ask about where the proposal is the person's own", async () => {
    expect(await chains.of(repository, THEIRS)).toEqual({ counts: THEIRS, proposal: null, problem: null });
  });

  it("counts again as before once the consent is taken back, in every window", async () => {
    await say("accepted");
    await say("accepted", OWN);
    const other = new RepositoryChains(home);
    await other.forget(repository);
    expect(await counts()).toEqual(LOCAL);
    expect(await counts(OWN)).toEqual(OWN);
    await chains.forget(repository);
  });

  it("is not accepted for another repository, be it a clone or one that takes its place", async () => {
    await say("accepted");
    const clone = await repositoryIn(temporaryFolder("clone"));
    propose(THEIRS, clone);
    const { ids } = await repository.identity();
    cpSync(join(repository.folder, ".proofline"), join(clone.folder, ".proofline"), { recursive: true });
    expect(await clone.identity()).toMatchObject({ ids });
    expect((await chains.of(clone, LOCAL)).counts).toEqual(LOCAL);
    rmSync(join(repository.folder, ".proofline"), { recursive: true });
    expect(await repository.ensureId()).not.toBe(ids[0]);
    expect(await counts()).toEqual(LOCAL);
  });

  it("is not accepted by what was shown before it changed", async () => {
    const { digest } = await proposalOf();
    propose(theirs("https://others.example/"));
    await expect(chains.answer(repository, LOCAL, digest, "accepted")).rejects.toMatchObject({
      code: "chain.configuration",
    });
    expect(await counts()).toEqual(LOCAL);
    propose("{}");
    await expect(chains.answer(repository, LOCAL, digest, "accepted")).rejects.toMatchObject({
      code: "chain.configuration",
    });
  });

  it("is accepted outside of the repository only, by a file that holds no token of the person's", async () => {
    await say("accepted", OWN);
    const folder = join(home, "chains", "accepted");
    const [record = ""] = readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".json"))
      .map((name) => readFileSync(join(folder, name), "utf8"));
    expect(record).toContain("https://theirs.example/");
    expect(record).not.toContain("secret");
    expect(readdirSync(repository.folder).sort()).toEqual([".git", ".proofline", ".vscode"]);
    expect(readdirSync(join(repository.folder, ".proofline"))).not.toContain("chains");
  });

  it("is the person's own where a record is damaged, which is told", async () => {
    await say("accepted");
    const folder = join(home, "chains", "accepted");
    const [name = ""] = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((one) =>
      one.endsWith(".json"),
    );
    const file = join(folder, name);
    writeFileSync(file, readFileSync(file, "utf8").replace("accepted-chain/v1", "accepted-chain/v2"));
    expect(await chains.of(repository, LOCAL)).toMatchObject({
      counts: LOCAL,
      problem: expect.stringContaining(file),
    });
  });

  it("is the person's own where the proposal cannot be used or read, which is told", async () => {
    propose('{ "proofline.chain.kind": "rpc" }');
    expect(await chains.of(repository, LOCAL)).toMatchObject({
      counts: LOCAL,
      proposal: null,
      problem: expect.stringContaining("proofline.chain.id"),
    });
    const elsewhere = join(temporaryFolder("elsewhere"), "settings.json");
    writeFileSync(elsewhere, "{}");
    const linked = await repositoryIn(temporaryFolder("linked"));
    mkdirSync(join(linked.folder, ".vscode"));
    symlinkSync(elsewhere, join(linked.folder, ".vscode/settings.json"));
    expect(await chains.of(linked, LOCAL)).toMatchObject({
      counts: LOCAL,
      problem: expect.stringContaining("link that leads out"),
    });
  });
});
