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
    const variables = { PATH: `${gitAi.folder}${delimiter}${process.env.PATH}` };
    // The real one ends with 0 where its daemon does not answer.
    for (const code of [3, 0]) {
      gitAi.endWith(code, "daemon \u001b[31mrefused\n");
      const refused = project.run(["checkpoint", "--json"], { cwd: folder, variables });
      expect([refused.status, failureOf(refused.stdout)]).toMatchObject([
        2,
        {
          code: "interop.program",
          reason: "git-ai did not take a checkpoint: daemon \\u{1b}[31mrefused.",
        },
      ]);
    }
    expect(gitAi.calls()).toHaveLength(2);
    // One that the repository brought is no git-ai.
    const planted = new StandInGitAi(join(folder, "bin"));
    const brought = { PATH: `${planted.folder}${delimiter}${process.env.PATH}` };
    const missing = project.run(["checkpoint", "--json"], { cwd: folder, variables: brought });
    expect([missing.status, failureOf(missing.stdout).code]).toEqual([2, "interop.program"]);
    expect(planted.calls()).toEqual([]);
  });
});

describe("proofline import", () => {
  const WRITTEN =
    "export function area(width: number, height: number): number {\n  return width * height;\n}\n";
  const SHAPES = "src/shapes.ts";

  /** A copy in which another tool wrote a file, committed. */
  function withWritten(): { readonly folder: string; readonly head: string } {
    const folder = project.copy();
    project.write(folder, SHAPES, `// Shapes.\n${WRITTEN}`);
    project.git(folder, "add", "-A");
    project.git(folder, "commit", "-qm", "Shapes");
    return { folder, head: project.git(folder, "rev-parse", "HEAD").trim() };
  }

  function traceFile(
    changes: object = {},
    path = SHAPES,
    range: object = { start_line: 2, end_line: 4 },
  ): string {
    const file = project.fresh("trace");
    const contributor = { type: "ai", model_id: "openai/gpt-5" };
    const url = "https://writer.example/conversations/7";
    writeFileSync(
      file,
      JSON.stringify({
        version: "0.1.0",
        id: "550e8400-e29b-41d4-a716-446655440000",
        timestamp: "2026-01-25T10:00:00Z",
        tool: { name: "writer", version: "2" },
        files: [{ path, conversations: [{ url, contributor, ranges: [range] }] }],
        ...changes,
      }),
    );
    return file;
  }

  function imported(folder: string, file: string, ...flags: readonly string[]) {
    return project.answer(ANSWERS["import agent-trace"], ["import", "agent-trace", file, ...flags], {
      cwd: folder,
    });
  }

  /** The suggestions of a file with their words, as a list for each. */
  function wordsIn(folder: string, path = SHAPES) {
    return project
      .report(folder)
      .suggestions.filter((one) => one.path === path)
      .map(({ summary, startLine, endLine }) => [summary, startLine, endLine]);
  }

  it("states what a record of Agent Trace says: pending, then stated and nothing better, with the tool's own names", () => {
    const { folder, head } = withWritten();
    const file = traceFile({ vcs: { type: "git", revision: head } });
    expect(imported(folder, file, "--preview")).toMatchObject({ recorded: false, lines: 3 });
    expect(wordsIn(folder)).toEqual([]);
    expect(imported(folder, file)).toMatchObject({
      ...{ recorded: true, commit: head, known: 0 },
      statements: [{ path: SHAPES, line: 2, lines: 3, tool: "writer", model: "openai/gpt-5" }],
    });
    expect(wordsIn(folder)).toEqual([["pending", 2, 4]]);

    project.anchor(folder);
    const { suggestions } = project.report(folder);
    const stated = suggestions.find(({ path }) => path === SHAPES);
    expect(stated).toMatchObject({
      summary: "stated",
      checks: { execution: "stated", model: "unproved", evidence: "intact" },
      findings: {
        execution: { kind: "stated", reason: expect.stringContaining("The device says that writer says") },
        model: { name: null, told: "openai/gpt-5", tool: "writer", manifestDigest: null },
      },
    });
    // Without a policy that counts what nobody can check, it falls short.
    expect(project.run(["verify", SHAPES], { cwd: folder }).status).toBe(1);
    const shown = project.run(["evidence", "show", stated?.id ?? ""], { cwd: folder });
    expect(shown.stdout).toMatch(/suggestion\.values\.session\s+https:\/\/writer\.example\/conversations\/7/);
  });

  it("doubles nothing where a record is imported again: pending, sealed, or in a clone", () => {
    const { folder } = withWritten();
    const file = traceFile();
    expect(imported(folder, file)).toMatchObject({ statements: [{}], known: 0 });
    expect(imported(folder, file)).toMatchObject({ statements: [], known: 1 });
    project.anchor(folder);
    expect(imported(folder, file)).toMatchObject({ statements: [], known: 1 });
    expect(wordsIn(folder)).toEqual([["stated", 2, 4]]);
    project.git(folder, "add", "-A");
    project.git(folder, "commit", "-qm", "Evidence");
    const clone = project.fresh("clone");
    project.git(project.scratch, "clone", "-q", folder, clone);
    const elsewhere = { PROOFLINE_HOME: project.fresh("home") };
    const again = project.answer(ANSWERS["import agent-trace"], ["import", "agent-trace", file], {
      cwd: clone,
      variables: elsewhere,
    });
    expect(again).toMatchObject({ statements: [], known: 1 });
    // Another session is another statement.
    const other = traceFile({ id: "00000000-0000-4000-8000-000000000000", tool: { name: "other" } });
    expect(imported(folder, other)).toMatchObject({ statements: [{ tool: "other" }], known: 0 });
  });

  it("finds lines of an earlier commit where they stand today, and states nothing of those that are gone", () => {
    const { folder, head } = withWritten();
    project.write(folder, SHAPES, `// Shapes.\n// Of all kinds.\n\n${WRITTEN}`);
    const file = traceFile({ vcs: { type: "git", revision: head.slice(0, 12) } });
    imported(folder, file);
    project.anchor(folder);
    expect(wordsIn(folder)).toEqual([["stated", 4, 6]]);

    const { folder: other, head: then } = withWritten();
    project.write(other, SHAPES, "// Nothing.\n");
    imported(other, traceFile({ vcs: { type: "git", revision: then } }));
    const { status, stdout } = project.run(["anchor", "--drop-gone"], { cwd: other });
    expect([status, stdout]).toEqual([0, expect.stringMatching(/^Dropped .*gone before it was sealed/)]);
    expect(wordsIn(other)).toEqual([]);
  });

  it("never hides or lowers what is verified", () => {
    const folder = project.copy();
    const range = { start_line: project.line, end_line: project.line };
    imported(folder, traceFile({}, FILE, range));
    project.anchor(folder);
    expect(wordsIn(folder, FILE)).toEqual([["verified", project.line, project.line]]);
  });

  it.each([
    ["a path outside", "../project1/src/inventory.ts", { start_line: 1, end_line: 1 }],
    ["lines beyond the file", SHAPES, { start_line: 2, end_line: 5 }],
    ["a file that is not there", "src/none.ts", { start_line: 1, end_line: 1 }],
  ])("refuses a record with %s as a whole, and records nothing", (_, path, range) => {
    const { folder } = withWritten();
    const refused = project.run(["import", "agent-trace", traceFile({}, path, range), "--json"], {
      cwd: folder,
    });
    expect([refused.status, failureOf(refused.stdout).code]).toEqual([2, "interop.input"]);
    expect(failureOf(refused.stdout).remedy).toContain("Nothing of it was taken over.");
    expect(wordsIn(folder)).toEqual([]);
  });

  it("refuses a commit that this clone lacks, a file that is none, and a record of its own", () => {
    const { folder } = withWritten();
    const failing = (...parameters: readonly string[]) => {
      const { status, stdout } = project.run(["import", "agent-trace", ...parameters, "--json"], {
        cwd: folder,
      });
      expect(status).toBe(2);
      return failureOf(stdout).code;
    };
    expect(failing(traceFile({ vcs: { type: "git", revision: "0".repeat(40) } }))).toBe("repository");
    expect(failing(join(folder, "none.json"))).toBe("document");
    expect(failing(folder)).toBe("document");
    expect(failing(join(folder, SHAPES))).toBe("interop.input");
    const own = join(project.scratch, "own.json");
    expect(project.run(["export", "--format", "agent-trace", "-o", own], { cwd: folder }).status).toBe(0);
    expect(failing(own)).toBe("interop.input");
  });

  it("records nothing about ignored files, and says why", () => {
    const { folder } = withWritten();
    project.write(folder, ".gitignore", "secret.ts\n");
    project.write(folder, "secret.ts", WRITTEN);
    const file = traceFile({}, "secret.ts", { start_line: 1, end_line: 3 });
    const { status, stderr } = project.run(["import", "agent-trace", file], { cwd: folder });
    expect([status, stderr]).toEqual([1, expect.stringMatching(/ignore/)]);
  });

  it("states what git-ai noted of a commit, and of a person nothing", () => {
    const { folder, head } = withWritten();
    const note = [
      SHAPES,
      "  h_31dce776f88375 1",
      "  s_c9883b05a2487d::t_9f8e7d6c5b4a32 2-4",
      "---",
      JSON.stringify({
        schema_version: "authorship/3.0.0",
        base_commit_sha: head,
        prompts: {},
        humans: { h_31dce776f88375: { author: "Developer <dev@example.com>" } },
        sessions: {
          s_c9883b05a2487d: { agent_id: { tool: "claude", id: "conv", model: "claude-sonnet-4-5" } },
        },
      }),
    ].join("\n");
    const none = project.run(["import", "git-ai", "--json"], { cwd: folder });
    expect([none.status, failureOf(none.stdout).code]).toEqual([2, "interop.input"]);
    project.git(folder, "notes", "--ref=ai", "add", "-m", note, head);
    project.git(folder, "commit", "-q", "--allow-empty", "-m", "Later");
    expect(project.run(["import", "git-ai", "--json"], { cwd: folder }).status).toBe(2);
    const answer = project.answer(ANSWERS["import git-ai"], ["import", "git-ai", "HEAD~1"], { cwd: folder });
    expect(answer).toMatchObject({
      ...{ commit: head, passedOver: 1, lines: 3 },
      statements: [{ path: SHAPES, line: 2, tool: "claude", session: "conv", model: "claude-sonnet-4-5" }],
    });
    project.anchor(folder);
    expect(wordsIn(folder)).toEqual([["stated", 2, 4]]);
    expect(project.git(folder, "notes", "--ref=ai", "show", head)).toContain(SHAPES);
  });

  it("is told on as what it is: to Agent Trace with its verdict, to git by the tool's name, to git-ai not at all", () => {
    const { folder } = withWritten();
    project.git(folder, "reset", "-q", "--soft", "HEAD~1");
    imported(folder, traceFile());
    project.anchor(folder);
    const { stdout } = project.run(["export", "--format", "agent-trace", SHAPES], { cwd: folder });
    const record = TraceRecord.parse(JSON.parse(stdout));
    expect(traceComplaints(record)).toEqual([]);
    expect(record.files[0]?.conversations).toMatchObject([
      { contributor: { type: "ai", model_id: "openai/gpt-5" } },
    ]);
    expect(record.metadata?.[TRACE_VENDOR]).toMatchObject({
      ranges: [{ verdict: "stated", model: { name: null, told: "openai/gpt-5", tool: "writer" } }],
    });
    expect(project.run(["trailer"], { cwd: folder }).stdout).toBe("Assisted-by: writer:openai/gpt-5\n");
    expect(project.run(["checkpoint", "--preview"], { cwd: folder }).status).toBe(1);
    const bom = project.run(["export", "--format", "cyclonedx", SHAPES], { cwd: folder });
    expect(bomComplaints(JSON.parse(bom.stdout))).toEqual([]);
    expect(Bom.parse(JSON.parse(bom.stdout)).components).toMatchObject([{ name: "openai/gpt-5" }]);
  });
});
