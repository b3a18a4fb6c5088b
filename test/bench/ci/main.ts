/**
 * What `proofline ci` takes for a repository with many real suggestions: once with nothing remembered of replays, as in a pipeline that
 * starts afresh, and again with what the first run remembered. `npm run measure:ci [SUGGESTIONS]`.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, cpSync, mkdtempSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generatePrivateKey } from "viem/accounts";
import { AnchorNow } from "../../../server/src/protocol/messages";
import { Client, ROOT, uriOf } from "../../support/languageClient";
import { removeFolder } from "../../support/removeFolder";

const SUGGESTIONS = Number(process.argv[2] ?? 1_000);
const CLI = join(ROOT, "dist", "cli.js");
const SAMPLE = join(ROOT, "build", "sample");
/** Where the sample's text asks for something to be suggested. */
const PLACE = { line: 18, character: 4 };

const scratch = realpathSync(mkdtempSync(join(tmpdir(), "proofline-measure-ci-")));
const project = join(scratch, "project");
const home = join(scratch, "home");

/** Runs the command; seconds of the clock. */
function ci(key: string): number {
  const begun = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, "ci", "--markdown", "summary.md"], {
    cwd: project,
    encoding: "utf8",
    maxBuffer: 1 << 28,
    env: { ...process.env, PROOFLINE_HOME: home, PROOFLINE_VERIFIER_KEY: key },
  });
  if (status !== 0) {
    throw new Error(`it ended with ${status}: ${stdout.slice(-2_000)}${stderr.slice(-2_000)}`);
  }
  return (performance.now() - begun) / 1000;
}

async function make(): Promise<void> {
  cpSync(SAMPLE, project, { recursive: true });
  execFileSync("git", ["init", "-q"], { cwd: project });
  const client = await Client.start({ home, folders: [project], settings: { sealAfterSeconds: 0 } });
  await client.ready();
  const original = readFileSync(join(SAMPLE, "src/inventory.ts"), "utf8");
  for (let count = 0; count < SUGGESTIONS; count += 1) {
    const file = join(project, "src", `inventory${count}.ts`);
    copyFileSync(join(SAMPLE, "src/inventory.ts"), file);
    // Each prompt is another one, so that none is replayed for another.
    writeFileSync(file, `// Part ${count} of the stock.\n${original}`);
    const uri = uriOf(file);
    client.open(uri, readFileSync(file, "utf8"));
    const shown = await client.suggestion(uri, { ...PLACE, line: PLACE.line + 1 });
    client.insert(uri, shown);
    writeFileSync(file, client.text(uri));
    await client.accept(uri, shown.id);
    client.saved(uri);
    client.close(uri);
  }
  await client.connection.sendRequest(AnchorNow.type);
  await client.stop();
}

try {
  await make();
  const key = generatePrivateKey();
  const cold: number[] = [];
  const warm: number[] = [];
  for (let round = 0; round < 2; round += 1) {
    removeFolder(join(home, "replays"));
    removeFolder(join(project, ".proofline", "results"));
    cold.push(ci(key));
    warm.push(ci(key));
  }
  const best = (times: readonly number[]): string => `${Math.min(...times).toFixed(1)} s`;
  console.log(`${SUGGESTIONS} suggestions, nothing remembered: ${best(cold)}`);
  console.log(`${SUGGESTIONS} suggestions, replays remembered: ${best(warm)}`);
  console.log(`ratio ${(Math.min(...cold) / Math.min(...warm)).toFixed(1)}`);
} finally {
  spawnSync(process.execPath, [CLI, "chain", "stop"], { env: { ...process.env, PROOFLINE_HOME: home } });
  removeFolder(scratch);
}
