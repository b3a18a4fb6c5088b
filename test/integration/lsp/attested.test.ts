/** Lines of an enclave's answer in the editor: checked in the background, once a person has named whom to ask. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { formatId } from "../../../server/src/evidence/repository/repositoryIds";
import { DidChangeSettings, GetVerdictDocument } from "../../../server/src/protocol/messages";
import { DEFAULT_SETTINGS, type Settings } from "../../../server/src/protocol/settings";
import { answered, MODEL, sealAttested } from "../../support/attestedBatch";
import { ROOT } from "../../support/languageClient";
import { facts } from "../../support/sampleBatch";
import { scriptedRegistry } from "../../support/scriptedRegistry";
import { serveChain } from "../../support/scriptedServer";
import { newEnclave, registryEntry } from "../../support/standInEnclave";
import { Workspace } from "../../support/workspace";

const PATH = "src/total.ts";
const BEFORE = "export function total(prices: number[]): number {\n  return ";
const TEXT = "prices.reduce((sum, price) => sum + price, 0);";
const AFTER = "\n}\n";
const SAVED = BEFORE + TEXT + AFTER;

/** A repository in which an enclave's answer was accepted, sealed and anchored. */
function accepted(enclave: ReturnType<typeof newEnclave>): Workspace {
  const workspace = Workspace.create();
  workspace.write(".proofline/repository/one.json", formatId(facts.repositoryId));
  const prompt = { path: PATH, prefix: BEFORE, suffix: AFTER, context: [] };
  const { evidence, batchRoot } = sealAttested({
    answered: answered(enclave, prompt, TEXT),
    path: PATH,
    saved: SAVED,
    position: { line: 1, character: "  return ".length },
  });
  workspace.write(PATH, SAVED);
  workspace.write(`.proofline/evidence/${batchRoot}.json`, evidence);
  execFileSync(process.execPath, [join(ROOT, "dist/cli.js"), "anchor"], {
    cwd: workspace.folder,
    env: { ...process.env, PROOFLINE_HOME: workspace.home },
  });
  return workspace;
}

const asking = (rpcUrls: readonly string[]): Settings => ({
  ...DEFAULT_SETTINGS,
  openGradient: { ...DEFAULT_SETTINGS.openGradient, rpcUrls: [...rpcUrls] },
});

test("is unverified until whom to ask is named, then attested, with each check in the verdict document", async () => {
  const enclave = newEnclave();
  let asked = 0;
  const chain = scriptedRegistry({ entries: new Map([[enclave.name, registryEntry(enclave)]]) });
  const server = await serveChain((method, params) => {
    asked += 1;
    return chain(method, params);
  });
  const workspace = accepted(enclave);
  const client = await workspace.start();
  const uri = workspace.uri(PATH);
  client.open(uri, SAVED);
  await client.until("an outcome", () => client.shown(uri).some(({ summary }) => summary === "unverified"));
  expect(asked).toBe(0);

  await client.connection.sendNotification(DidChangeSettings.type, { settings: asking([server]) });
  const [attested] = await client.untilShown(uri, "attested");
  expect(asked).toBeGreaterThan(0);
  const hover = JSON.stringify(await client.hover(uri, { line: 1, character: `  return ${TEXT}`.length }));
  expect(hover.replaceAll("\\", "")).toContain(`an approved enclave relayed this answer from “${MODEL}”`);
  expect(hover).not.toContain("**verified");
  expect(attested?.remarks).not.toContain("copied");
  const page = await client.connection.sendRequest(GetVerdictDocument.type, { id: attested?.id ?? "" });
  expect(page).toContain("## What was checked of the enclave");
  expect(page).toMatch(/\| code approved \| passed \| .*, the registry approved its code/);
  expect(page).toMatch(/\| model \| unproved \|/);

  await client.connection.sendNotification(DidChangeSettings.type, { settings: asking([]) });
  await client.untilShown(uri, "unverified");
});

test("asks nobody in an untrusted workspace", async () => {
  const enclave = newEnclave();
  let asked = 0;
  const server = await serveChain(() => {
    asked += 1;
    throw new Error("nobody is to be asked");
  });
  const workspace = accepted(enclave);
  const client = await workspace.start({ settings: { ...asking([server]), trusted: false } });
  const uri = workspace.uri(PATH);
  client.open(uri, SAVED);
  await client.until("an outcome", () => client.shown(uri).length > 0);
  expect(asked).toBe(0);
});
