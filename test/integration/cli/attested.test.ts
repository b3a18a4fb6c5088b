/** Lines that an enclave's answer wrote, as a reader verifies them: real git folders, the real chain of anchors, a registry's servers. */
import { execFile, execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ANSWERS } from "../../../server/src/cli/answers";
import { formatId } from "../../../server/src/evidence/repository/repositoryIds";
import { type Answered, answered, MODEL, sealAttested } from "../../support/attestedBatch";
import { repository } from "../../support/chainTest";
import { removeFolder } from "../../support/removeFolder";
import { facts } from "../../support/sampleBatch";
import {
  REGISTRY_HEAD,
  type RegistryScript,
  SIGNED_BLOCK,
  scriptedRegistry,
} from "../../support/scriptedRegistry";
import { serveChain } from "../../support/scriptedServer";
import { newEnclave, registryEntry, type StandInEnclave } from "../../support/standInEnclave";

const CLI = join(repository, "dist", "cli.js");
const PATH = "src/stack.ts";
const BEFORE = "export function total(prices: number[]): number {\n  return ";
const TEXT = "prices.reduce((sum, price) => sum + price, 0);";
const AFTER = "\n}\n";
const SAVED = BEFORE + TEXT + AFTER;
const PROMPT = { path: PATH, prefix: BEFORE, suffix: AFTER, context: [] };
const POSITION = { line: 1, character: "  return ".length };

let enclave: StandInEnclave;
let scratch: string;
let folder: string;
beforeAll(() => {
  enclave = newEnclave();
});
beforeEach(() => {
  scratch = realpathSync(mkdtempSync(join(tmpdir(), "proofline-attested-")));
  folder = join(scratch, "work");
  write(".proofline/repository/one.json", formatId(facts.repositoryId));
  execFileSync("git", ["init", "--quiet", folder]);
});
afterEach(async () => {
  await proofline("chain", "stop");
  removeFolder(scratch);
});

function write(path: string, text: string): void {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** Seals and anchors an answer whose text stands in a file. */
async function accepted(of: Answered, { saved = SAVED, open = true } = {}): Promise<void> {
  const { evidence, batchRoot } = sealAttested({
    answered: of,
    path: PATH,
    saved: SAVED,
    position: POSITION,
    open,
  });
  write(PATH, saved);
  write(`.proofline/evidence/${batchRoot}.json`, evidence);
  const { status, stderr } = await proofline("anchor");
  expect([status, stderr]).toEqual([0, expect.any(String)]);
}

interface Result {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

function proofline(...parameters: readonly string[]): Promise<Result> {
  const env = { ...process.env, PROOFLINE_HOME: join(scratch, "home") };
  return new Promise((resolve) => {
    execFile(process.execPath, [CLI, ...parameters], { cwd: folder, env }, (error, stdout, stderr) =>
      resolve({ status: typeof error?.code === "number" ? error.code : 0, stdout, stderr }),
    );
  });
}

/** The one verdict, after the registry's servers were asked. */
async function verdict(...scripts: readonly Partial<RegistryScript>[]) {
  const entries = new Map([[enclave.name, registryEntry(enclave)]]);
  const urls = await Promise.all(
    scripts.map((script) => serveChain(scriptedRegistry({ entries, ...script }))),
  );
  const servers = urls.map((url, index) => `Operator ${index}=${url}`);
  const asked = servers.length === 0 ? [] : ["--enclave-rpc-url", ...servers, "--"];
  const { stdout } = await proofline("verify", "--no-replay", "--json", ...asked);
  const { suggestions } = ANSWERS.verify.parse(JSON.parse(stdout));
  const [only] = suggestions;
  if (only === undefined) {
    throw new Error("there is no verdict");
  }
  return only;
}

const good = () => answered(enclave, PROMPT, TEXT);

describe("proofline verify, of an enclave's answer", () => {
  it("calls it attested where the registry's servers agree on the enclave and its code, and never verified", async () => {
    await accepted(good());
    const found = await verdict({}, {});
    expect(found).toMatchObject({
      summary: "attested",
      checks: {
        content: "verbatim",
        execution: "enclaveSigned",
        model: "unproved",
        environment: "attested",
        prompt: "bound",
        copied: "no",
      },
    });
    expect(found.findings.execution.reason).toBe(
      `An approved enclave relayed this answer from ${MODEL}; nobody can check which weights wrote it.`,
    );
    expect(found.findings.execution.checks?.find(({ name }) => name === "codeApproved")).toMatchObject({
      value: "passed",
      reason: `According to operator 0 and operator 1, the registry approved its code at block ${SIGNED_BLOCK}.`,
    });
    const { status } = await proofline("verify", "--no-replay");
    expect(status).toBe(1);
  });

  it("asks nobody unless servers are named, and says so", async () => {
    await accepted(good());
    const found = await verdict();
    expect(found).toMatchObject({ summary: "unverified", checks: { execution: "enclaveUnchecked" } });
    expect(found.reasons.join(" ")).toContain("nobody has named RPC servers of its chain here");
  });

  it("fails what contradicts the answer that the enclave signed", async () => {
    const of = good();
    await accepted({ ...of, answer: of.answer.replace("prices.re", "prizes.re") });
    const found = await verdict({});
    expect(found).toMatchObject({ summary: "failed", checks: { execution: "enclaveContradicted" } });
    expect(found.reasons.join(" ")).toContain("The enclave states the hash of another answer.");
  });

  it("fails an enclave that the registry does not know, has disabled, or whose code it never approved", async () => {
    await accepted(good());
    for (const script of [
      { entries: new Map() },
      { entries: new Map([[enclave.name, registryEntry(enclave, { enabled: false })]]) },
      { isCodeApproved: () => false },
    ]) {
      expect(await verdict(script)).toMatchObject({ summary: "failed" });
    }
  });

  it("keeps its word where the code's approval was taken back since, and says that", async () => {
    await accepted(good());
    const found = await verdict({ isCodeApproved: (block) => block < REGISTRY_HEAD });
    expect(found).toMatchObject({ summary: "attested", checks: { environment: "attestedRevoked" } });
    expect(found.findings.execution.reason).toContain("the registry does not approve its code");
  });

  it("decides nothing where the servers contradict each other, or cannot be reached", async () => {
    await accepted(good());
    const found = await verdict({}, { isCodeApproved: () => false });
    expect(found).toMatchObject({ summary: "unverified", checks: { execution: "enclaveUnchecked" } });
    expect(found.reasons.join(" ")).toContain("The servers contradict each other");
    const { stdout } = await proofline(
      ...["verify", "--no-replay", "--json", "--enclave-rpc-url", "http://127.0.0.1:9", "--"],
    );
    expect(ANSWERS.verify.parse(JSON.parse(stdout)).suggestions).toMatchObject([{ summary: "unverified" }]);
  });

  it("cannot look at what stays sealed, and knows no other scheme", async () => {
    await accepted(good(), { open: false });
    expect((await verdict({})).reasons.join(" ")).toContain("Request and answer are sealed");
  });

  it("knows no other scheme", async () => {
    await accepted({ ...good(), scheme: "somebody-else/v3" });
    expect((await verdict({})).reasons.join(" ")).toContain("by the rules of somebody-else/v3");
  });

  it("is edited like any other line", async () => {
    await accepted(good(), { saved: SAVED.replace("sum + price", "sum - price") });
    expect(await verdict({})).toMatchObject({ summary: "edited" });
  });

  it("says where an answer was copied from", async () => {
    const prefix = `// ${TEXT}\n${BEFORE}`;
    const saved = prefix + TEXT + AFTER;
    const of = answered(enclave, { ...PROMPT, prefix: `${TEXT}\n${BEFORE}` }, TEXT);
    const { evidence, batchRoot } = sealAttested({
      answered: of,
      path: PATH,
      saved,
      position: { line: 2, character: POSITION.character },
    });
    write(PATH, saved);
    write(`.proofline/evidence/${batchRoot}.json`, evidence);
    expect((await proofline("anchor")).status).toBe(0);
    expect(await verdict({})).toMatchObject({ summary: "anchored", checks: { copied: "fromPrompt" } });
  });
});
