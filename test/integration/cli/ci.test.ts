/** What a pipeline does in one call, and what a reader without the model makes of what it signed. */
import { execFileSync, spawnSync } from "node:child_process";
import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ANSWERS } from "../../../server/src/cli/answers";
import { ROOT } from "../../support/languageClient";
import { removeFolder } from "../../support/removeFolder";

const CLI = join(ROOT, "dist", "cli.js");
const FILE = "src/inventory.ts";
const KEY = generatePrivateKey();
const VERIFIER = privateKeyToAccount(KEY).address.toLowerCase();

let scratch: string;
let home: string;
let origin: string;
let project: string;

beforeAll(() => {
  scratch = realpathSync(mkdtempSync(join(tmpdir(), "proofline-ci-")));
  home = join(scratch, "home");
  origin = join(scratch, "origin");
  project = origin;
  cpSync(join(ROOT, "build", "sample"), project, { recursive: true });
  git("init", "--quiet", "--initial-branch=main");
  const lines = readFileSync(join(project, FILE), "utf8").split("\n");
  const line = lines.findIndex((text) => text.includes("has(id")) + 2;
  const place = ["--line", `${line}`, "--column", `${(lines[line - 1] ?? "").length + 1}`];
  expect(proofline(["complete", "--file", FILE, ...place, "--accept"]).status).toBe(0);
  expect(proofline(["anchor"]).status).toBe(0);
  writeFileSync(
    join(project, ".proofline", "policy.json"),
    JSON.stringify({
      format: "proofline/policy/v1",
      name: "team",
      verifiers: [{ name: "CI of the team", address: VERIFIER }],
    }),
  );
  expect(proofline(["policy", "accept", proposed()]).status).toBe(0);
  git("add", "-A");
  git("commit", "--quiet", "--message", "One suggestion");
});
afterAll(() => {
  project = origin;
  proofline(["chain", "stop"]);
  removeFolder(scratch);
});
beforeEach(() => {
  project = mkdtempSync(join(scratch, "work-"));
  cpSync(origin, project, { recursive: true });
  // What was accepted of a policy counts for one place.
  proofline(["policy", "accept", proposed()]);
});

function git(...parameters: readonly string[]): void {
  const identity = ["-c", "user.name=sample", "-c", "user.email=sample@example.com"];
  execFileSync("git", [...identity, ...parameters], { cwd: project });
}

function proofline(parameters: readonly string[], key: string | null = null) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...parameters], {
    cwd: project,
    encoding: "utf8",
    env: { ...process.env, PROOFLINE_HOME: home, ...(key !== null && { PROOFLINE_VERIFIER_KEY: key }) },
  });
  return { status, stdout, stderr };
}

function proposed(): string {
  const { stdout } = proofline(["policy", "explain", "--json"]);
  return ANSWERS["policy explain"].parse(JSON.parse(stdout)).proposed?.digest ?? "";
}

function ci(parameters: readonly string[] = [], key: string | null = KEY) {
  const { status, stdout, stderr } = proofline(["ci", "--json", ...parameters], key);
  return { status, stderr, answer: ANSWERS.ci.parse(JSON.parse(stdout)) };
}

/** The only verdict of a reader here who has never replayed anything, and does not now. */
function read() {
  removeFolder(join(home, "replays"));
  const { stdout } = proofline(["verify", "--json", "--no-replay"]);
  const { suggestions, files } = ANSWERS.verify.parse(JSON.parse(stdout));
  const [verdict] = suggestions;
  return {
    summary: verdict?.summary,
    execution: verdict?.checks.execution,
    reasons: verdict?.reasons,
    files,
  };
}

const results = (): string => join(project, ".proofline", "results");
const onlyResult = (): string => join(results(), readdirSync(results())[0] ?? "");

describe("what a verifier signed", () => {
  test("makes a reader's word verified, where the rules name the verifier", () => {
    expect(read()).toMatchObject({ summary: "anchored", execution: "notRun" });
    const { status, answer } = ci();
    expect([status, answer.signed?.claims]).toEqual([0, 1]);
    expect(read()).toMatchObject({ summary: "verified", execution: "verifierReplayed" });
    const { stdout } = proofline(["verify", "--no-replay"]);
    expect(stdout).toContain(`Replayed by the verifier “CI of the team” (${VERIFIER})`);
  });

  test("is signed once, however often it is run", () => {
    ci();
    const before = readFileSync(onlyResult());
    expect(ci().answer.signed).toEqual({ claims: 0, files: [] });
    expect(readdirSync(results())).toHaveLength(1);
    expect(readFileSync(onlyResult())).toEqual(before);
  });

  test("by somebody whom nobody named counts for nothing", () => {
    expect(ci([], generatePrivateKey()).answer.signed?.claims).toBe(1);
    expect(read()).toMatchObject({ summary: "anchored", execution: "notRun", files: [] });
  });

  test("counts for nothing where it was changed, or bears another's name", () => {
    ci([], generatePrivateKey());
    const file = onlyResult();
    const text = readFileSync(file, "utf8");
    writeFileSync(file, text.replace(/"keyid": "0x[0-9a-f]{40}"/, `"keyid": "${VERIFIER}"`));
    expect(read()).toMatchObject({
      summary: "anchored",
      files: [{ problem: expect.stringMatching(/did not sign it/) }],
    });
    rmSync(file);
    ci();
    const payload = JSON.parse(readFileSync(file.replace(/[^/]*$/, readdirSync(results())[0] ?? ""), "utf8"));
    const said = Buffer.from(payload.payload, "base64").toString("utf8");
    payload.payload = Buffer.from(said.replace("PROOFLINE_REPLAYED_V1", "PROOFLINE_REPLAYED_V2")).toString(
      "base64",
    );
    writeFileSync(onlyResult(), `${JSON.stringify(payload, null, 2)}\n`);
    expect(read()).toMatchObject({ summary: "anchored" });
  });

  test("that is no result is told, and costs nothing else", () => {
    ci();
    writeFileSync(join(results(), "zz.json"), "{}");
    expect(read()).toMatchObject({ summary: "verified", files: [{ path: ".proofline/results/zz.json" }] });
  });

  test("does not stand against a replay here, nor for lines that were edited since", () => {
    ci();
    const text = readFileSync(join(project, FILE), "utf8");
    const lines = text.split("\n");
    const at = lines.findIndex((line) => line.includes("has(id")) + 1;
    lines[at] += " // mine";
    writeFileSync(join(project, FILE), lines.join("\n"));
    expect(read().summary).toBe("edited");
  });
});

describe("a change against its base", () => {
  /** Has the results committed on the branch that others are compared with. */
  function signedOnMain(rules: string): void {
    const policy = join(project, ".proofline", "policy.json");
    writeFileSync(policy, readFileSync(policy, "utf8").replace('"verifiers"', `${rules} "verifiers"`));
    ci();
    git("add", "-A");
    git("commit", "--quiet", "--message", "Signed");
  }

  test("may not take away what a verifier signed, nor alter it", () => {
    signedOnMain("");
    git("checkout", "--quiet", "-b", "change");
    const kept = readFileSync(onlyResult(), "utf8");
    writeFileSync(onlyResult(), kept.replace("payload", "payloads"));
    expect(proofline(["ci", "--base", "main"]).stdout).toMatch(/this change alters it or takes it away/);
    rmSync(onlyResult());
    git("commit", "--quiet", "--all", "--message", "Away with it");
    const { status, stdout } = proofline(["ci", "--base", "main"]);
    expect([status, stdout]).toEqual([1, expect.stringMatching(/this change alters it or takes it away/)]);
  });

  test("may not name a verifier of its own", () => {
    git("checkout", "--quiet", "-b", "change");
    const own = generatePrivateKey();
    const address = privateKeyToAccount(own).address.toLowerCase();
    const policy = join(project, ".proofline", "policy.json");
    const rules = JSON.parse(readFileSync(policy, "utf8"));
    rules.verifiers.push({ name: "Also CI", address });
    writeFileSync(policy, JSON.stringify(rules));
    ci([], own);
    git("add", "-A");
    git("commit", "--quiet", "--message", "A verifier of my own");
    removeFolder(join(home, "replays"));
    const { status, stdout } = proofline(["verify", "--base", "main", "--no-replay"]);
    expect([status, stdout]).toEqual([1, expect.stringMatching(/^anchored .*asks for less.*: verifiers/s)]);
  });

  test("has every line judged again where it brings a result, and nobody asks who wrote that file", () => {
    signedOnMain('"unattributed": "refuse",');
    git("checkout", "--quiet", "-b", "change");
    expect(ci(["--base", "main"], generatePrivateKey()).answer.signed?.claims).toBe(1);
    git("add", "-A");
    git("commit", "--quiet", "--message", "Another verifier");
    const { status, stdout } = proofline(["verify", "--base", "main"]);
    expect([status, stdout]).toEqual([0, expect.not.stringMatching(/no evidence|Not judged/)]);
  });
});

test("one call writes every report, each as `verify` prints it", () => {
  const files = { markdown: "a.md", sarif: "b.sarif", junit: "c.xml", json: "d.json" };
  const flags = ["--markdown", "a.md", "--sarif", "b.sarif", "--junit", "c.xml", "--json-report", "d.json"];
  const { status, answer } = ci(flags, null);
  expect([status, answer.written, answer.signed]).toEqual([0, Object.values(files), null]);
  for (const [format, file] of Object.entries(files)) {
    const { stdout } = proofline(["verify", "--format", format]);
    expect(readFileSync(join(project, file), "utf8")).toBe(stdout);
  }
});

test("what falls short ends the call with 1, and its replays are signed all the same", () => {
  git("add", "-A");
  appendFileSync(join(project, FILE), "\n");
  const file = readFileSync(join(project, ".proofline", "policy.json"), "utf8");
  writeFileSync(
    join(project, ".proofline", "policy.json"),
    file.replace('"verifiers"', '"executions": {"replayable": ["docs/**"]}, "verifiers"'),
  );
  const { status, answer } = ci();
  expect([status, answer.good, answer.signed?.claims]).toEqual([1, false, 1]);
});

test.each([
  [["--base", " "], {}, /names no revision/],
  [["--fetch-model", "0".repeat(64)], {}, /A model could not be fetched/],
])("%j is told of", (parameters, _, said) => {
  expect(proofline(["ci", ...parameters]).stderr).toMatch(said);
});

test("a key that is none is told of before anything is replayed", () => {
  for (const key of ["0".repeat(64), "abc"]) {
    const { status, stderr } = proofline(["ci"], key);
    expect([status, stderr]).toEqual([2, expect.stringMatching(/private key/)]);
    expect(stderr).not.toContain(key === "abc" ? "abc" : key);
  }
});
