/** What other tools are told of a real repository, and what they tell of it, by the built command line. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Failure } from "../../../server/src/cli/failure";
import { Bom } from "../../../server/src/policy/interop/bom";
import { TRACE_VENDOR, TraceRecord } from "../../../server/src/policy/interop/traceRecord";
import { embeddedManifest } from "../../support/embeddedManifest";
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
