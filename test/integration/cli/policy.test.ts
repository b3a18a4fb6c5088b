/** A team's rules on real repositories: whom they count for, what they refuse, and that no pull request bends them. */
import { execFileSync, spawnSync } from "node:child_process";
import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ANSWERS } from "../../../server/src/cli/answers";
import { Failure } from "../../../server/src/cli/failure";
import { ROOT } from "../../support/languageClient";
import { removeFolder } from "../../support/removeFolder";

const CLI = join(ROOT, "dist", "cli.js");
const FILE = "src/inventory.ts";

let scratch: string;
/** As it was when one suggestion had been accepted, anchored and committed. */
let origin: string;
let home: string;
let project: string;

function git(...parameters: readonly string[]): string {
  const identity = ["-c", "user.name=sample", "-c", "user.email=sample@example.com"];
  return execFileSync("git", [...identity, ...parameters], { cwd: project, encoding: "utf8" });
}

function proofline(parameters: readonly string[], as = home) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...parameters], {
    cwd: project,
    encoding: "utf8",
    env: { ...process.env, PROOFLINE_HOME: as },
  });
  return { status, stdout, stderr };
}

const verify = (...parameters: readonly string[]) => {
  const { status, stdout } = proofline(["verify", "--json", ...parameters]);
  return { status, report: ANSWERS.verify.parse(JSON.parse(stdout)) };
};
const explained = () =>
  ANSWERS["policy explain"].parse(JSON.parse(proofline(["policy", "explain", "--json"]).stdout));

function commit(message: string): void {
  git("add", "-A");
  git("commit", "--quiet", "--message", message);
}

function policy(rules: Readonly<Record<string, unknown>>): void {
  const file = { format: "proofline/policy/v1", name: "team", ...rules };
  writeFileSync(join(project, ".proofline", "policy.json"), JSON.stringify(file, null, 2));
}

const accept = (as = home): void => {
  const { proposed } = ANSWERS["policy explain"].parse(
    JSON.parse(proofline(["policy", "explain", "--json"], as).stdout),
  );
  expect(proofline(["policy", "accept", proposed?.digest ?? ""], as).status).toBe(0);
};

/** Changes the accepted line by a character at its end. */
function editLine(): void {
  const text = readFileSync(join(project, FILE), "utf8");
  const line = verify().report.suggestions[0]?.startLine ?? 0;
  const lines = text.split("\n");
  lines[line - 1] += " // mine";
  writeFileSync(join(project, FILE), lines.join("\n"));
}

beforeAll(() => {
  scratch = realpathSync(mkdtempSync(join(tmpdir(), "proofline-policy-")));
  origin = join(scratch, "origin");
  home = join(scratch, "home");
  project = origin;
  cpSync(join(ROOT, "build", "sample"), project, { recursive: true });
  git("init", "--quiet", "--initial-branch=main");
  const lines = readFileSync(join(project, FILE), "utf8").split("\n");
  const line = lines.findIndex((text) => text.includes("has(id")) + 2;
  const place = ["--line", `${line}`, "--column", `${(lines[line - 1] ?? "").length + 1}`];
  expect(proofline(["complete", "--file", FILE, ...place, "--accept"]).status).toBe(0);
  expect(proofline(["anchor"]).status).toBe(0);
  commit("One suggestion");
});
afterAll(() => {
  project = origin;
  proofline(["chain", "stop"]);
  removeFolder(scratch);
});

beforeEach(() => {
  project = mkdtempSync(join(scratch, "work-"));
  cpSync(origin, project, { recursive: true });
});

describe("a policy", () => {
  it("counts for whoever wrote it, and for nobody else until they accept it", () => {
    expect(verify().report.summary.verified).toBe(1);
    expect(proofline(["policy", "init"]).status).toBe(0);
    expect(explained()).toMatchObject({
      counts: { policy: { enforcement: "warn" } },
      proposed: null,
      hold: null,
    });
    expect(verify()).toMatchObject({ status: 0, report: { summary: { verified: 1 } } });
    expect(proofline(["policy", "init"]).status).toBe(2);

    policy({ enforcement: "block", edited: "allow" });
    const { status, report } = verify();
    expect([status, report.summary.unknown]).toEqual([1, 1]);
    expect(report.suggestions[0]?.reasons[0]).toMatch(
      /asks for less than the one that you accepted \(edited lines\)/,
    );
    accept();
    expect(verify()).toMatchObject({ status: 0, report: { summary: { verified: 1 } } });
  });

  it("is asked about again where it asks for less or is taken away, and not where it asks for more", () => {
    policy({ edited: "report" });
    expect(explained().hold).toMatch(/not accepted or declined/);
    accept();
    policy({ edited: "refuse", anchors: { finalized: true } });
    expect(explained()).toMatchObject({ proposed: null, hold: null });
    policy({ edited: "allow" });
    expect(explained().proposed?.loosened).toEqual(["edited lines"]);
    rmSync(join(project, ".proofline", "policy.json"));
    expect(explained()).toMatchObject({ proposed: { digest: "none", policy: null } });
    expect(verify().report.summary.unknown).toBe(1);
    accept();
    expect(verify().report.summary.verified).toBe(1);
  });

  it("is asked about where it is taken away together with the repository's id", () => {
    policy({ anchors: { witnesses: "several" } });
    accept();
    const ids = join(project, ".proofline", "repository");
    rmSync(join(project, ".proofline", "policy.json"));
    renameSync(ids, join(scratch, "ids"));
    expect(explained()).toMatchObject({ proposed: { digest: "none" }, hold: expect.any(String) });
    accept();
    expect(explained()).toMatchObject({ proposed: null, hold: null });
    removeFolder(join(scratch, "ids"));
  });

  it("can be declined, until it changes", () => {
    policy({ anchors: { witnesses: "several" } });
    expect(proofline(["policy", "decline"]).status).toBe(0);
    expect(verify().report.summary.verified).toBe(1);
    policy({ anchors: { witnesses: "proved" } });
    expect(verify().report.summary.unknown).toBe(1);
    expect(proofline(["policy", "forget"]).status).toBe(0);
  });

  it("goes on to count where what asks for less, or its removal, is declined", () => {
    policy({ anchors: { witnesses: "several" } });
    accept();
    policy({});
    expect(proofline(["policy", "decline"]).stdout).toContain("the one that you accepted goes on to count");
    expect(explained()).toMatchObject({
      hold: null,
      counts: { policy: { anchors: { witnesses: "several" } } },
    });
    expect(verify().report.summary.unverified).toBe(1);
    rmSync(join(project, ".proofline", "policy.json"));
    expect(explained().hold).not.toBeNull();
    expect(proofline(["policy", "decline"]).status).toBe(0);
    expect(explained()).toMatchObject({
      hold: null,
      counts: { policy: { anchors: { witnesses: "several" } } },
    });
  });

  it("that is broken is an error that names the line, and what was accepted goes on", () => {
    policy({ anchors: { witnesses: "several" } });
    accept();
    writeFileSync(
      join(project, ".proofline", "policy.json"),
      '{\n  "format": "proofline/policy/v1",\n  "name": "team",\n  "edited": "perhaps"\n}\n',
    );
    const check = proofline(["policy", "check"]);
    expect([check.status, check.stdout]).toEqual([
      1,
      expect.stringMatching(/policy\.json:4 .*Line 4: .* at edited/),
    ]);
    const { status, report } = verify();
    expect(status).toBe(1);
    expect(report.files).toEqual([
      { path: ".proofline/policy.json", problem: expect.stringContaining("Line 4"), line: 4 },
    ]);
    expect(report.summary.verified).toBe(0);
    expect(explained().counts?.policy.anchors.witnesses).toBe("several");
  });

  it("is accepted by the digest that was shown alone, and by nobody without a terminal otherwise", () => {
    policy({});
    const { stdout } = proofline(["policy", "accept", "--json"]);
    expect(Failure.parse(JSON.parse(stdout)).error.reason).toMatch(/no terminal/);
    const other = proofline(["policy", "accept", "0".repeat(64), "--json"]);
    expect(Failure.parse(JSON.parse(other.stdout)).error.reason).toMatch(/not the one that was typed/);
    expect(explained().hold).not.toBeNull();
  });
});

describe("its rules", () => {
  it.each([
    [{ edited: "refuse" }, 1],
    [{ edited: "report" }, 0],
    [{ edited: "allow" }, 0],
  ])("decide about edited lines: %j", (rules, expected) => {
    policy(rules);
    accept();
    editLine();
    const { status, report } = verify();
    expect([status, report.summary.edited]).toEqual([expected, 1]);
    const { runs } = JSON.parse(proofline(["verify", "--format", "sarif"]).stdout);
    const levels = runs[0].results.map(({ level }: { level: string }) => level);
    expect(levels).toEqual(rules.edited === "allow" ? [] : [rules.edited === "refuse" ? "error" : "warning"]);
  });

  it.each([
    [{ executions: { replayable: ["docs/**"] } }, "verified"],
    [{ leastShare: 1, mostCopied: 0 }, "verified"],
    [{ anchors: { witnesses: "several" } }, "unverified"],
    [{ models: [{ name: "another", digest: "0".repeat(64) }] }, "unverified"],
    [{ devices: [{ name: "another", address: `0x${"0".repeat(40)}` }] }, "unverified"],
    [{ environments: [] }, "unverified"],
    [{ chain: { id: 8453, contract: `0x${"4".repeat(40)}` } }, "unknown"],
  ] as const)("refuse what does not meet them: %j", (rules, summary) => {
    policy(rules);
    accept();
    const { status, report } = verify();
    expect([status, report.suggestions.map((one) => one.summary)]).toEqual([1, [summary]]);
  });

  it("let what only is onchain stand where no replay is asked for", () => {
    removeFolder(join(home, "replays"));
    policy({ replay: "optional" });
    accept();
    expect(verify("--no-replay")).toMatchObject({ status: 0, report: { summary: { anchored: 1 } } });
  });
});

describe("in a pull request", () => {
  /** The base has these rules; what follows happens on a branch of it. */
  function branch(rules: Readonly<Record<string, unknown>>): void {
    policy(rules);
    commit("Policy");
    git("checkout", "--quiet", "-b", "change");
  }

  it("the base's policy counts, whatever the change makes of it, and that is said", () => {
    branch({ edited: "refuse" });
    editLine();
    policy({ edited: "allow" });
    commit("Edit, and allow it");
    const { status, stdout } = proofline(["verify", "--base", "main"]);
    expect(status).toBe(1);
    expect(stdout).toMatch(/Judged by the policy “?team”?\./);
    expect(stdout).toMatch(/asks for less than that policy, which does not count here: edited lines\./);
    for (const format of ["json", "sarif", "junit"]) {
      const { stderr } = proofline(["verify", "--base", "main", "--format", format]);
      expect(stderr, format).toMatch(/asks for less than that policy/);
    }
    rmSync(join(project, ".proofline", "policy.json"));
    commit("Take it away");
    expect(proofline(["verify", "--base", "main"])).toMatchObject({
      status: 1,
      stdout: expect.stringContaining("the policy is taken away"),
    });
  });

  it("lines without evidence are told of, by any name and whatever attributes hide them", () => {
    branch({ unattributed: "refuse" });
    appendFileSync(join(project, FILE), "export const one = 1;\n\nexport const two = 2;\n");
    writeFileSync(join(project, 'odd "näme"\t.ts'), "+++ b/x\n@@ -1 +1 @@\n");
    writeFileSync(join(project, ".gitattributes"), "*.ts -diff binary\n*.ts diff=hidden\n");
    commit("Lines");
    git("config", "diff.hidden.textconv", "true");
    const { status, report } = verify("--base", "main");
    expect(status).toBe(1);
    const length = readFileSync(join(project, FILE), "utf8").split("\n").length - 1;
    expect(report.unattributed).toEqual([
      { path: ".gitattributes", startLine: 1, endLine: 2 },
      { path: 'odd "näme"\t.ts', startLine: 1, endLine: 2 },
      { path: FILE, startLine: length - 2, endLine: length - 2 },
      { path: FILE, startLine: length, endLine: length },
    ]);
    git("checkout", "--quiet", "main");
    policy({ unattributed: "report" });
    commit("Only report");
    git("checkout", "--quiet", "change");
    expect(verify("--base", "main").status).toBe(0);
    expect(proofline(["verify", "--base", "main", "--format", "markdown"]).stdout).toContain("unattributed");
  });

  it("what the change leaves alone is not judged, and what it touches is", () => {
    editLine();
    commit("Edited long ago");
    branch({ edited: "refuse" });
    writeFileSync(join(project, "README.md"), "Another text.\n");
    commit("Something else");
    const left = proofline(["verify", "--base", "main"]);
    expect([left.status, left.stdout]).toEqual([0, expect.stringContaining("Not judged here")]);
    writeFileSync(join(project, FILE), `// moved down\n${readFileSync(join(project, FILE), "utf8")}`);
    commit("Touched");
    expect(proofline(["verify", "--base", "main"]).status).toBe(1);
  });

  it("evidence and anchors that are taken away, while their lines stand, are told of", () => {
    branch({});
    const folder = join(project, ".proofline", "anchors");
    for (const name of readdirSync(folder)) {
      rmSync(join(folder, name));
    }
    commit("No anchors");
    // The chain that can be asked still knows; what a reader elsewhere would make of it is judged, not passed over.
    expect(verify("--base", "main").report.suggestions).toHaveLength(1);
    removeFolder(join(project, ".proofline", "evidence"));
    commit("No evidence");
    const { status, report } = verify("--base", "main");
    expect([status, report.vanished.length]).toEqual([1, 1]);
  });

  it("anchors that were given another name or another folder are no less changed", () => {
    branch({});
    git("mv", ".proofline/anchors", "kept");
    commit("Anchors elsewhere");
    expect(proofline(["verify", "--base", "main"]).stdout).not.toContain("Not judged here");
    git("reset", "--quiet", "--hard", "main");
    const [name = ""] = readdirSync(join(project, ".proofline", "anchors"));
    git("mv", `.proofline/anchors/${name}`, ".proofline/anchors/other.json");
    commit("Another name");
    expect(proofline(["verify", "--base", "main"]).stdout).not.toContain("Not judged here");
    git("checkout", "--quiet", "-b", "next");
    appendFileSync(join(project, ".proofline", "anchors", "other.json"), "\n");
    commit("And another content");
    expect(proofline(["verify", "--base", "change"]).stdout).not.toContain("Not judged here");
  });

  it("evidence is missed where its lines went to a file of another kind, or to several", () => {
    branch({});
    git("rm", "-r", "--quiet", ".proofline/evidence");
    git("mv", FILE, "src/other.mts");
    commit("Another kind");
    expect(verify("--base", "main").report.vanished.map(({ path }) => path)).toEqual(["src/other.mts"]);
    cpSync(join(project, "src", "other.mts"), join(project, "src", "one.ts"));
    renameSync(join(project, "src", "other.mts"), join(project, "src", "two.ts"));
    commit("Two copies");
    const { status, report } = verify("--base", "main");
    expect([status, report.vanished.length]).toEqual([1, 1]);
  });

  it("a policy, or evidence, that is reached by a link is an error, not leniency", () => {
    policy({ unattributed: "refuse", edited: "refuse" });
    renameSync(join(project, ".proofline", "policy.json"), join(project, "rules.json"));
    symlinkSync("../rules.json", join(project, ".proofline", "policy.json"));
    commit("Policy by a link");
    git("checkout", "--quiet", "-b", "change");
    appendFileSync(join(project, FILE), "export const one = 1;\n");
    commit("Lines");
    expect(proofline(["verify", "--base", "main"]).status).toBe(2);
    git("checkout", "--quiet", "main");
    git("reset", "--quiet", "--hard", "HEAD~1");
    git("mv", ".proofline/evidence", "evidence");
    symlinkSync("../evidence", join(project, ".proofline", "evidence"));
    commit("Evidence by a link");
    expect(proofline(["verify", "--base", "HEAD~1"]).status).toBe(2);
    git("checkout", "--quiet", "-b", "next");
    git("rm", "-r", "--quiet", "evidence");
    commit("No evidence");
    expect(proofline(["verify", "--base", "main"]).status).toBe(2);
  });

  it("lines that are reached by a link, or lie in a submodule, are judged, for git's comparison tells nothing of them", () => {
    branch({ edited: "refuse" });
    git("mv", FILE, "src/elsewhere.ts");
    symlinkSync("elsewhere.ts", join(project, FILE));
    commit("A link");
    expect(verify("--base", "main").status).toBe(0);
    git("checkout", "--quiet", "-b", "next");
    editLine();
    commit("Edited behind the link");
    expect(verify("--base", "change").status).toBe(1);
    git("reset", "--quiet", "--hard", "main");
    const inner = join(project, "src");
    const innerGit = (...parameters: readonly string[]): string => git("-C", inner, ...parameters);
    git("rm", "-r", "--quiet", "--cached", "src");
    innerGit("init", "--quiet");
    innerGit("add", "-A");
    innerGit("commit", "--quiet", "--message", "Same text");
    commit("A submodule");
    expect(verify("--base", "main").status).toBe(0);
    git("checkout", "--quiet", "-B", "change");
    editLine();
    innerGit("commit", "--quiet", "--all", "--message", "Edited");
    commit("Another commit of the submodule");
    git("branch", "--quiet", "before", "HEAD~1");
    expect(verify("--base", "before").status).toBe(1);
  });

  it("lines without evidence are told of where they cannot be read, or lie beside the evidence", () => {
    branch({ unattributed: "refuse" });
    writeFileSync(join(project, "back\\slash.ts"), "export const one = 1;\n");
    writeFileSync(
      Buffer.concat([Buffer.from(`${project}/odd`), Buffer.from([0xe9]), Buffer.from(".ts")]),
      "1\n",
    );
    writeFileSync(join(project, "large.ts"), `export const two = 2;\n${" ".repeat(8 * 1024 * 1024)}\n`);
    symlinkSync("/etc/passwd", join(project, "away.ts"));
    writeFileSync(join(project, ".proofline", "three.ts"), "export const three = 3;\n");
    commit("Lines");
    const { status, report } = verify("--base", "main");
    expect(status).toBe(1);
    expect(report.unattributed.map(({ path }) => path)).toEqual([
      ".proofline/three.ts",
      "away.ts",
      "back\\slash.ts",
      "large.ts",
      "odd\uFFFD.ts",
    ]);
  });

  it("lines without evidence are told of where a filter stores other text than it checks out", () => {
    branch({ unattributed: "refuse" });
    const filter = `"${process.execPath}" -e "process.stdout.write('version 1\\n')"`;
    git("config", "filter.lfs.clean", filter);
    appendFileSync(join(project, ".gitattributes"), "large.ts filter=lfs\n");
    writeFileSync(join(project, "large.ts"), "export const one = 1;\nexport const two = 2;\n");
    commit("Lines");
    expect(verify("--base", "main").report.unattributed).toContainEqual({
      path: "large.ts",
      startLine: 1,
      endLine: 2,
    });
  });

  it("a base that two refs bear the name of is an error", () => {
    branch({ edited: "refuse" });
    editLine();
    commit("Edited");
    git("tag", "main");
    const { status, stdout } = proofline(["verify", "--base", "main", "--json"]);
    expect(status).toBe(2);
    expect(Failure.parse(JSON.parse(stdout)).error.reason).toMatch(/several/);
    expect(verify("--base", "refs/heads/main").status).toBe(1);
    expect(verify("--base", "heads/main").status).toBe(1);
  });

  it("taking the last accepted lines out is a change like any other", () => {
    branch({});
    git("rm", "--quiet", FILE);
    commit("Take them out");
    expect(proofline(["verify"]).status).toBe(2);
    expect(verify("--base", "main")).toMatchObject({ status: 0, report: { suggestions: [], vanished: [] } });
  });

  it("a broken policy of the base is an error, not leniency", () => {
    writeFileSync(join(project, ".proofline", "policy.json"), "{");
    commit("Broken");
    git("checkout", "--quiet", "-b", "change");
    const { stdout, status } = proofline(["verify", "--base", "main", "--json"]);
    expect(status).toBe(2);
    expect(Failure.parse(JSON.parse(stdout)).error).toMatchObject({ code: "policy" });
  });
});
