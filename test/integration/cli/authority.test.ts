/** A team's address decides on a real chain: what it approves counts for everybody, and what it revokes for nobody. */
import { execFile, execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { privateKeyToAccount } from "viem/accounts";
import { afterAll, beforeAll, expect, test } from "vitest";
import type * as z from "zod";
import { deployEas } from "../../../server/src/chain/eas/deploy";
import { DEVELOPMENT_KEY } from "../../../server/src/chain/embedded/developmentAccount";
import { Rpc } from "../../../server/src/chain/rpc/rpc";
import { ANSWERS } from "../../../server/src/cli/answers";
import { type Anvil, anvilPath, startAnvil } from "../../support/anvil";
import { ROOT } from "../../support/languageClient";
import { removeFolder } from "../../support/removeFolder";

const CLI = join(ROOT, "dist", "cli.js");
const FILE = "src/inventory.ts";
const TEAM = privateKeyToAccount(DEVELOPMENT_KEY).address.toLowerCase();

let scratch: string;
let project: string;
let anvil: Anvil;
let variables: Record<string, string>;

beforeAll(async () => {
  scratch = realpathSync(mkdtempSync(join(tmpdir(), "proofline-authority-")));
  project = join(scratch, "project");
  cpSync(join(ROOT, "build", "sample"), project, { recursive: true });
  execFileSync("git", ["init", "--quiet"], { cwd: project });
  anvil = await startAnvil(anvilPath(), ["--chain-id", "31337", "--slots-in-an-epoch", "1"]);
  const contract = await deployEas(new Rpc(anvil.url));
  variables = {
    PROOFLINE_CHAIN_ID: "31337",
    PROOFLINE_RPC_URLS: anvil.url,
    PROOFLINE_CONTRACT: contract,
    PROOFLINE_KEY: DEVELOPMENT_KEY,
    PROOFLINE_AUTHORITY_KEY: DEVELOPMENT_KEY,
  };
  writeFileSync(join(project, "README.md"), "# Project\n");
});
afterAll(async () => {
  await anvil.kill();
  removeFolder(scratch);
});

/** Never in this thread: the node's output must go on being read. */
function proofline(
  parameters: readonly string[],
  as = "author",
  more: Record<string, string> = {},
): Promise<{ readonly status: number | null; readonly stdout: string; readonly stderr: string }> {
  const env = { ...process.env, ...variables, ...more, PROOFLINE_HOME: join(scratch, as) };
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [CLI, ...parameters],
      { cwd: project, env },
      (_, stdout, stderr) => resolve({ status: child.exitCode, stdout, stderr }),
    );
  });
}

async function answer<Name extends keyof typeof ANSWERS>(
  name: Name,
  parameters: readonly string[] = [],
  as = "author",
): Promise<z.output<(typeof ANSWERS)[Name]>> {
  const { stdout, stderr } = await proofline([...name.split(" "), ...parameters, "--json"], as);
  const schema: z.ZodType<z.output<(typeof ANSWERS)[Name]>> = ANSWERS[name] as never;
  const parsed = schema.safeParse(JSON.parse(stdout === "" ? "null" : stdout));
  if (!parsed.success) {
    throw new Error(`${stdout}${stderr}`);
  }
  return parsed.data;
}

/** What each suggestion came to, in the order of its line. */
const summaries = async (as = "author"): Promise<string[]> =>
  (await answer("verify", [], as)).suggestions.map(({ summary }) => summary);
const reasons = async (as = "author"): Promise<string> =>
  (await answer("verify", [], as)).suggestions.flatMap((one) => one.reasons).join("\n");

/** Accepts what is suggested below a line, and anchors it. */
async function accept(below: string): Promise<void> {
  const lines = readFileSync(join(project, FILE), "utf8").split("\n");
  const line = lines.findIndex((text) => text.includes(below)) + 2;
  const place = ["--line", `${line}`, "--column", `${(lines[line - 1] ?? "").length + 1}`];
  expect(await proofline(["complete", "--file", FILE, ...place, "--accept"])).toMatchObject({ status: 0 });
  expect(await proofline(["anchor", "--pay"])).toMatchObject({ status: 0 });
}

async function acceptPolicy(as: string): Promise<void> {
  const { proposed } = await answer("policy explain", [], as);
  expect((await proofline(["policy", "accept", proposed?.digest ?? ""], as)).status).toBe(0);
}

test("from a policy that nobody has approved anything under, to what was revoked", async () => {
  await accept("has(id");
  const policy = {
    format: "proofline/policy/v1",
    name: "team",
    enforcement: "block",
    chain: { id: 31337, contract: variables.PROOFLINE_CONTRACT },
    authority: { addresses: [{ name: "leads", address: TEAM }] },
  };
  writeFileSync(join(project, ".proofline", "policy.json"), JSON.stringify(policy, null, 2));
  for (const who of ["author", "reviewer"]) {
    await acceptPolicy(who);
    expect(await summaries(who)).toEqual(["unverified"]);
  }

  const { path } = approvalIn(await answer("authority approve-model"));
  expect(path).toMatch(/^\.proofline\/authority\/[0-9a-f]{64}\.json$/);
  expect(await reasons()).toMatch(/device 0x[0-9a-f]{40}, which is not known here/);
  await answer("authority enroll-device", ["--name", "A laptop"]);
  expect(await summaries()).toEqual(["verified"]);
  expect(await summaries("reviewer")).toEqual(["verified"]);
  // What was said is not said, nor paid for, again.
  expect(approvalIn(await answer("authority approve-model")).path).toBe(path);
  expect((await answer("authority list", [], "reviewer")).subjects).toMatchObject([
    { kind: "device", name: "A laptop", approved: true, until: null },
    { kind: "model", approved: true },
  ]);

  // A file that is left out takes an approval away, and a damaged one is told.
  const file = join(project, path);
  const kept = readFileSync(file, "utf8");
  rmSync(file);
  expect(await summaries()).toEqual(["unverified"]);
  writeFileSync(file, kept.replace(/"time": \d+/, '"time": 1'));
  expect(await summaries()).toEqual(["unverified"]);
  writeFileSync(file, "{}");
  expect((await answer("verify")).files.map((one) => one.path)).toEqual([path]);
  writeFileSync(file, kept);

  // What was lost counts no more for what is anchored from then on.
  const device = (await answer("authority list")).subjects.find(({ kind }) => kind === "device")?.id ?? "";
  expect(await answer("authority revoke", ["device", device])).toMatchObject({ denial: "lost", path: null });
  expect(await summaries()).toEqual(["verified"]);
  await accept("total(");
  expect((await summaries()).sort()).toEqual(["failed", "verified"]);
  expect(await reasons()).toMatch(/revoked it on .*, and what is anchored since then does not count/);

  // What was compromised never counted, unless since when is said.
  await answer("authority revoke", ["device", device, "--compromised"]);
  expect(await summaries("reviewer")).toEqual(["failed", "failed"]);
  expect(await reasons("reviewer")).toMatch(/was compromised, so that nothing of it counts/);
  const since = ["--compromised", "--since", "2099-01-01"];
  expect(await answer("authority revoke", ["device", device, ...since])).toMatchObject({
    since: 4_070_908_800,
  });
  expect((await summaries()).sort()).toEqual(["failed", "verified"]);
  // To say it otherwise takes the first back, so that leaving out the second gives nothing.
  const corrected = await answer("authority revoke", [
    "device",
    device,
    "--compromised",
    "--since",
    "2020-01-01",
  ]);
  expect(await summaries()).toEqual(["failed", "failed"]);
  rmSync(join(project, "path" in corrected ? (corrected.path ?? "") : ""));
  expect(await summaries()).toEqual(["failed", "failed"]);
  expect(readdirSync(join(project, ".proofline", "authority"))).toHaveLength(3);
}, 240_000);

function approvalIn<Printed extends object>(printed: Printed): Extract<Printed, { readonly path: string }> {
  if (!("path" in printed)) {
    throw new Error("expected an approval");
  }
  return printed as Extract<Printed, { readonly path: string }>;
}

test("what cannot be asked leaves everything unknown, and says why", async () => {
  const away = { PROOFLINE_RPC_URLS: "http://127.0.0.1:9/" };
  const { stdout } = await proofline(["verify", "--json"], "author", away);
  const { suggestions } = ANSWERS.verify.parse(JSON.parse(stdout));
  expect(new Set(suggestions.map(({ summary }) => summary))).toEqual(new Set(["unknown"]));
  expect(suggestions[0]?.reasons[0]).toMatch(/^What the authority says could not be read: /);
});

test.each([
  [["approve-model", "--name", " "], /has no name/],
  [["approve-environment", "abc", "--name", "x"], /names no environment/],
  [["enroll-device", "0x12", "--name", "x"], /names no device/],
  [["revoke", "person", "x"], /nothing that an authority revokes/],
  [["revoke", "device", `0x${"1".repeat(40)}`, "--since", "2026-01-01"], /Give --compromised with it/],
  [["approve-model", "--expires", "tomorrow"], /no time that --expires can mean/],
  [["add", "0x12"], /no UID/],
  [["add", `0x${"1".repeat(64)}`], /holds no attestation/],
])("%j is refused with a reason and a remedy", async (parameters, reason) => {
  const { status, stderr } = await proofline(["authority", ...parameters]);
  expect([status, stderr]).toEqual([2, expect.stringMatching(reason)]);
});

test("without its key an authority says nothing, and a wallet is told what to send", async () => {
  const { status, stderr } = await proofline(["authority", "approve-model"], "author", {
    PROOFLINE_AUTHORITY_KEY: "",
  });
  expect([status, stderr]).toEqual([2, expect.stringMatching(/speaks with its own key/)]);
  const printed = await proofline([
    "authority",
    "appoint-verifier",
    `0x${"2".repeat(40)}`,
    "--name",
    "CI",
    "--print",
  ]);
  expect(printed.stdout).toMatch(/^to {4}0x[0-9a-f]{40}\nvalue 0\ndata {2}0x[0-9a-f]+$/m);
});
