/** What other tools are told of a real repository, and what they tell of it, by the built command line. */
import { readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ANSWERS } from "../../../server/src/cli/answers";
import { Failure } from "../../../server/src/cli/failure";
import { Bom } from "../../../server/src/policy/interop/bom";
import { TRACE_VENDOR, TraceRecord } from "../../../server/src/policy/interop/traceRecord";
import { embeddedManifest } from "../../support/embeddedManifest";
import { StandInGitAi } from "../../support/gitAiInput";
import { bomComplaints, traceComplaints } from "../../support/publishedSchemas";
import { FILE, SealedProject } from "../../support/sealedProject";

let project: SealedProject;

beforeAll(() => {
  project = SealedProject.make();
});
afterAll(() => {
  project.close();
});

function failureOf(stdout: string) {
  return Failure.parse(JSON.parse(stdout)).error;
}

describe("proofline export", () => {
  function traced(cwd: string): { readonly record: TraceRecord; readonly stderr: string } {
    const { status, stdout, stderr } = project.run(["export", "--format", "agent-trace"], { cwd });
    expect(status).toBe(0);
    const value: unknown = JSON.parse(stdout);
    expect(traceComplaints(value)).toEqual([]);
    return { record: TraceRecord.parse(value), stderr };
  }

  it("tells Agent Trace which lines a model wrote, at the commit in which they stand", () => {
    const { record, stderr } = traced(project.folder);
    const head = project.git(project.folder, "rev-parse", "HEAD").trim();
    expect([record.vcs, stderr]).toEqual([{ type: "git", revision: head }, ""]);
    expect(record.files).toMatchObject([
      { path: FILE, conversations: [{ ranges: [{ start_line: project.line, end_line: project.line }] }] },
    ]);
    const model = record.files[0]?.conversations[0]?.contributor?.model_id;
    expect(model).toMatch(/^proofline\/proofline-code@sha256:[0-9a-f]{64}$/);
    expect(record.metadata?.[TRACE_VENDOR]).toMatchObject({
      ranges: [{ verdict: "verified", suggestion: project.id, kind: "replayable" }],
    });
    expect(traced(project.folder).record.id).toBe(record.id);
  });

  it("names no commit, and says so, while these files are not as they were committed", () => {
    const copy = project.copy();
    writeFileSync(join(copy, FILE), `// Above.\n${project.read(copy, FILE)}`);
    const { record, stderr } = traced(copy);
    expect([record.vcs, record.files[0]?.conversations[0]?.ranges[0]?.start_line]).toEqual([
      undefined,
      project.line + 1,
    ]);
    expect(stderr).toContain("names no revision");
  });

  it("calls no line a model's that was changed since", () => {
    const copy = project.copy();
    const text = project.read(copy, FILE);
    writeFileSync(
      join(copy, FILE),
      text.replace("return this.items.has(id);", "return !this.items.has(id);"),
    );
    const { record } = traced(copy);
    expect(record.files[0]?.conversations.map(({ contributor }) => contributor?.type)).toEqual(["mixed"]);
    expect(record.metadata?.[TRACE_VENDOR]).toMatchObject({ ranges: [{ verdict: "edited" }] });
  });

  it("lists the models for CycloneDX, with the files of the installed pin", () => {
    const file = join(project.scratch, "models.cdx.json");
    const { status, stdout } = project.run(["export", "--format", "cyclonedx", "-o", file], {
      cwd: project.folder,
    });
    expect([status, stdout]).toEqual([0, expect.stringMatching(/^Wrote .*\(cyclonedx, [\d,]+ bytes\)\.\n$/)]);
    const value: unknown = JSON.parse(readFileSync(file, "utf8"));
    expect(bomComplaints(value)).toEqual([]);
    const [model] = Bom.parse(value).components;
    expect(model).toMatchObject({ name: embeddedManifest().name });
    expect(model?.components).toHaveLength(embeddedManifest().files.length);
  });

  it("looks at named files alone, and asks for a form", () => {
    const other = project.run(["export", "--format", "agent-trace", "README.md"], { cwd: project.folder });
    expect(TraceRecord.parse(JSON.parse(other.stdout)).files).toEqual([]);
    const none = project.run(["export", "--json"], { cwd: project.folder });
    expect([none.status, failureOf(none.stdout).code]).toEqual([2, "usage"]);
  });
});

/** A copy with one more suggestion accepted, not committed yet. */
function withFreshOne(): { readonly folder: string; readonly line: number } {
  const folder = project.copy();
  const text = project.read(folder).replace(/}\n$/, "\n  isEmpty(id: string): boolean {\n    \n  }\n}\n");
  project.write(folder, FILE, text);
  const { line } = project.accept(folder, { below: "isEmpty(id" });
  return { folder, line };
}

describe("proofline trailer", () => {
  const TRAILER = /^Assisted-by: Proofline:proofline-code@[0-9a-f]{12}\n$/;

  it("prints who assisted with what is saved or staged, and what that rests on beside it", () => {
    const { folder } = withFreshOne();
    const saved = project.run(["trailer"], { cwd: folder });
    expect([saved.status, saved.stdout]).toEqual([0, expect.stringMatching(TRAILER)]);
    expect(saved.stderr).toMatch(/had a part in 1 accepted suggestion \(1 pending\)/);
    expect(saved.stderr).toContain("nobody can tell who or what wrote them");

    const before = project.run(["trailer", "--staged"], { cwd: folder });
    expect([before.status, before.stdout]).toEqual([1, ""]);
    project.git(folder, "add", FILE);
    expect(project.run(["trailer", "--staged"], { cwd: folder }).stdout).toBe(saved.stdout);
    expect(project.run(["trailer", "--staged", "README.md"], { cwd: folder }).status).toBe(1);
  });

  it("says nothing of lines that an earlier commit brought, and changes no message", () => {
    const copy = project.copy();
    writeFileSync(join(copy, FILE), `${project.read(copy, FILE)}// Below.\n`);
    const { status, stdout, stderr } = project.run(["trailer"], { cwd: copy });
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toContain("No accepted suggestion stands in what is changed.");
    const message = project.git(copy, "log", "-1", "--format=%B");
    expect(message).not.toContain("Assisted-by");
  });

  it("is taken by git as a trailer", () => {
    const { folder } = withFreshOne();
    const { stdout } = project.run(["trailer"], { cwd: folder });
    project.git(folder, "commit", "-qam", "Count", "--trailer", stdout.trim());
    expect(project.git(folder, "log", "-1", "--format=%(trailers:key=Assisted-by)").trim()).toBe(
      stdout.trim(),
    );
  });

  it("works before the first commit", () => {
    const { folder } = withFreshOne();
    project.git(folder, "update-ref", "-d", "HEAD");
    const { trailers } = project.answer(ANSWERS.trailer, ["trailer"], { cwd: folder });
    expect(trailers).toMatchObject([
      { agent: "Proofline", verdicts: [{ suggestions: 1 }, { suggestions: 1 }] },
    ]);
  });
});

describe.skipIf(process.platform === "win32")("proofline checkpoint", () => {
  it("tells git-ai's program, step by step, what the model put into text that is not committed", () => {
    const { folder, line } = withFreshOne();
    const gitAi = new StandInGitAi(project.fresh("bin"));
    const variables = { PATH: `${gitAi.folder}${delimiter}${process.env.PATH}` };
    const { status, stdout } = project.run(["checkpoint"], { cwd: folder, variables });
    expect([status, stdout]).toEqual([
      0,
      expect.stringContaining("Told git-ai of 1 accepted suggestion in 1 file."),
    ]);

    const calls = gitAi.calls();
    expect(calls.map((call) => [call.parameters.join(" "), call.folder])).toEqual(
      calls.map(() => ["checkpoint agent-v1 --hook-input stdin", folder]),
    );
    const [before, after] = calls.map(({ input }) => input.dirty_files?.[join(folder, FILE)]);
    expect(calls.map(({ input }) => input.type)).toEqual(["human", "ai_agent"]);
    expect(after).toBe(project.read(folder));
    expect(before?.split("\n")[line - 1]).not.toBe(after?.split("\n")[line - 1]);
    // What was accepted and committed before is git-ai's own business.
    expect(before?.split("\n")[project.line - 1]).toBe(after?.split("\n")[project.line - 1]);
    expect(project.git(folder, "for-each-ref", "refs/notes")).toBe("");
  });

  it("starts nothing for a preview, nor where there is nothing to tell", () => {
    const { folder } = withFreshOne();
    const gitAi = new StandInGitAi(project.fresh("bin"));
    const variables = { PATH: `${gitAi.folder}${delimiter}${process.env.PATH}` };
    const answer = project.answer(ANSWERS.checkpoint, ["checkpoint", "--preview"], {
      cwd: folder,
      variables,
    });
    expect(answer).toMatchObject({ told: false, suggestions: 1, checkpoints: [{ type: "human" }, {}] });
    project.changeAccepted(folder);
    const named = ["checkpoint", "README.md"];
    expect(project.run(named, { cwd: folder, variables }).status).toBe(1);
    expect(gitAi.calls()).toEqual([]);
  });

  it("is not told of text that was changed since it was accepted", () => {
    const { folder, line } = withFreshOne();
    const lines = project.read(folder).split("\n");
    lines[line - 1] = (lines[line - 1] ?? "").replace("return ", "return !");
    project.write(folder, FILE, lines.join("\n"));
    const { status, stderr } = project.run(["checkpoint", "--preview"], { cwd: folder });
    expect(status).toBe(1);
    expect(stderr).toContain("No accepted suggestion that git-ai could be told of");
  });

  it("says where git-ai is missing, or does not take it", () => {
    const { folder } = withFreshOne();
    const gitAi = new StandInGitAi(project.fresh("bin"));
    gitAi.endWith(3, "daemon \u001b[31mrefused\n");
    const variables = { PATH: `${gitAi.folder}${delimiter}${process.env.PATH}` };
    const refused = project.run(["checkpoint", "--json"], { cwd: folder, variables });
    expect(failureOf(refused.stdout)).toMatchObject({
      code: "interop.program",
      reason: "git-ai did not take a checkpoint: daemon \\u{1b}[31mrefused.",
    });
    // One that the repository brought is no git-ai.
    const planted = new StandInGitAi(join(folder, "bin"));
    const brought = { PATH: `${planted.folder}${delimiter}${process.env.PATH}` };
    const missing = project.run(["checkpoint", "--json"], { cwd: folder, variables: brought });
    expect([missing.status, failureOf(missing.stdout).code]).toEqual([2, "interop.program"]);
    expect(planted.calls()).toEqual([]);
  });
});
