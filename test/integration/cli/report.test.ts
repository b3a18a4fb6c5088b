/** `proofline report`: what an auditor gets of a real repository, as a page, a table, JSON and Markdown. */
import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Failure } from "../../../server/src/cli/failure";
import { AuditReport } from "../../../server/src/policy/audit/auditReport";
import { ROOT } from "../../support/languageClient";
import { removeFolder } from "../../support/removeFolder";

const CLI = join(ROOT, "dist", "cli.js");
const FILE = "src/inventory.ts";

let scratch: string;
let project: string;

function git(...parameters: readonly string[]): void {
  const identity = ["-c", "user.name=sample", "-c", "user.email=sample@example.com"];
  execFileSync("git", [...identity, ...parameters], { cwd: project });
}

function proofline(...parameters: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...parameters], {
    cwd: project,
    encoding: "utf8",
    env: { ...process.env, PROOFLINE_HOME: join(scratch, "home") },
  });
  return { status, stdout, stderr };
}

function audited(...parameters: readonly string[]) {
  const { status, stdout } = proofline("report", "--format", "json", ...parameters);
  const [repository] = AuditReport.parse(JSON.parse(stdout)).repositories;
  if (repository === undefined) {
    throw new Error("the report is about no repository");
  }
  return { status, repository };
}

beforeAll(() => {
  scratch = realpathSync(mkdtempSync(join(tmpdir(), "proofline-report-")));
  project = join(scratch, "project");
  cpSync(join(ROOT, "build", "sample"), project, { recursive: true });
  writeFileSync(join(project, "picture.bin"), Buffer.from([0, 1, 2, 3]));
  git("init", "--quiet", "--initial-branch=main");
  git("add", "-A");
  git("commit", "--quiet", "--message", "Begin");
  const lines = readFileSync(join(project, FILE), "utf8").split("\n");
  const line = lines.findIndex((text) => text.includes("has(id")) + 2;
  const place = ["--line", `${line}`, "--column", `${(lines[line - 1] ?? "").length + 1}`];
  expect(proofline("complete", "--file", FILE, ...place, "--accept").status).toBe(0);
  expect(proofline("anchor").status).toBe(0);
  git("add", "-A");
  git("commit", "--quiet", "--message", "One suggestion");
});
afterAll(() => {
  proofline("chain", "stop");
  removeFolder(scratch);
});

describe("proofline report", () => {
  it("says which lines have evidence, of how many, and by which model, device and month", () => {
    const { status, repository } = audited();
    expect(status).toBe(0);
    const texts = ["README.md", FILE, "src/report.ts"].map((path) =>
      readFileSync(join(project, path), "utf8"),
    );
    const visible = texts
      .join("\n")
      .split("\n")
      .filter((line) => line.trim() !== "").length;
    expect(repository.lines).toEqual({
      ...{ files: 3, unread: 1, total: visible, withEvidence: 1 },
      isWhole: true,
    });
    const one = { lines: 1, suggestions: 1 };
    expect(repository.byVerdict).toEqual([{ summary: "verified", ...one }]);
    expect(repository.byModel).toMatchObject([
      { model: { name: "proofline-code" }, kind: "replayable", ...one },
    ]);
    expect(repository.byDevice).toMatchObject([{ isOwnDevice: true, ...one }]);
    expect(repository.byMonth).toMatchObject([{ month: expect.stringMatching(/^\d{4}-\d\d$/), ...one }]);
    expect(repository.suggestions).toMatchObject([{ path: FILE, summary: "verified", decision: "good" }]);
    expect(repository.limits.join(" ")).toContain("That does not make them human");
  });

  it("prints each form to standard output, and Markdown where none is named", () => {
    expect(proofline("report").stdout).toMatch(/^# Proofline report\n/);
    expect(proofline("report", "--format", "html").stdout).toMatch(/^<!doctype html>\n[\s\S]*<\/html>\n$/);
    const { stdout } = proofline("report", "--format", "csv");
    expect(stdout).toMatch(/^record,repository,path,[a-z_,]+\r\nsuggestion,project,src\/inventory\.ts,/);
    expect(stdout.replaceAll("\r\n", "")).not.toMatch(/[\r\n]/);
    expect(AuditReport.safeParse(JSON.parse(proofline("report", "--json").stdout)).success).toBe(true);
  });

  it("looks at named files alone, and judges a change by its base", () => {
    const { repository } = audited("src/report.ts");
    expect(repository.suggestions).toEqual([]);
    expect(repository.lines).toMatchObject({ files: 1, withEvidence: 0 });
    expect(repository.limits).toContain("Only what lies at or below src/report.ts was looked at.");

    expect(audited("--base", "HEAD").repository.suggestions[0]?.decision).toBe("notJudged");
    expect(audited("--base", "HEAD~1").repository.suggestions[0]?.decision).toBe("good");
    expect(proofline("report", "--base", "nosuch").status).toBe(2);
    expect(proofline("report", "--base", " ").status).toBe(2);
  });

  it("is made with 0 whatever it says", () => {
    const text = readFileSync(join(project, FILE), "utf8");
    writeFileSync(
      join(project, FILE),
      text.replace("return this.items.has(id);", "return !this.items.has(id);"),
    );
    try {
      expect(proofline("verify").status).toBe(1);
      const { status, repository } = audited();
      expect([status, repository.suggestions[0]?.decision]).toEqual([0, "refuse"]);
      writeFileSync(join(project, FILE), "export {};\n");
      expect(audited()).toMatchObject({ status: 0, repository: { suggestions: [], gone: [{ path: FILE }] } });
    } finally {
      writeFileSync(join(project, FILE), text);
    }
  });

  it("writes a file in place of what lay there, by its ending, and says so", () => {
    const file = join(scratch, "report.html");
    writeFileSync(file, "old");
    chmodSync(file, 0o600);
    const link = join(scratch, "link.html");
    symlinkSync(file, link);
    const { status, stdout } = proofline("report", "--output", link);
    expect([status, stdout]).toEqual([
      0,
      expect.stringMatching(/^Wrote .*link\.html \(html, [\d,]+ bytes\)\.\n$/),
    ]);
    expect(readFileSync(file, "utf8")).toMatch(/^<!doctype html>/);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const csv = join(scratch, "report.csv");
    expect(JSON.parse(proofline("report", "-o", csv, "--json").stdout)).toMatchObject({
      file: csv,
      format: "csv",
    });
    expect(readFileSync(csv, "utf8")).toMatch(/^record,[^\n]*\r\n/);
  });

  it.each([
    ["a folder", "folder"],
    ["a place below a file", "report.html/report.html"],
  ])("does not write to %s", (_, place) => {
    mkdirSync(join(scratch, "folder"), { recursive: true });
    const { status, stdout } = proofline("report", "-o", join(scratch, place), "--json");
    expect(status).toBe(2);
    expect(Failure.parse(JSON.parse(stdout)).error.code).toBe("document");
  });
});
