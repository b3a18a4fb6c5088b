/** The check before each commit, in real git folders, as git starts it. */
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ANSWERS } from "../../../server/src/cli/answers";
import { Failure } from "../../../server/src/cli/failure";
import { repository } from "../../support/chainTest";
import { removeFolder } from "../../support/removeFolder";
import { FILE, type Ran, SealedProject } from "../../support/sealedProject";

let project: SealedProject;

beforeAll(() => {
  project = SealedProject.make();
});

afterAll(() => project.close());

const install = (cwd: string) => project.answer(ANSWERS["hook install"], ["hook", "install"], { cwd });
const remove = (cwd: string) => project.answer(ANSWERS["hook remove"], ["hook", "remove"], { cwd });
const status = (cwd: string) => project.answer(ANSWERS["hook status"], ["hook", "status"], { cwd });
const judged = (cwd: string) => project.answer(ANSWERS["hook run"], ["hook", "run"], { cwd });

/** A copy in which git starts the check. */
function guarded(): string {
  const folder = project.copy();
  expect(install(folder)).toMatchObject({ state: "works", changed: true });
  return folder;
}

function commit(folder: string, ...parameters: readonly string[]): Ran {
  return project.tryGit(folder, ["commit", "-qm", "one", ...parameters]);
}

function refusal(cwd: string, ...parameters: readonly string[]) {
  const { status: code, stdout } = project.run(["hook", ...parameters, "--json"], { cwd });
  expect(code).toBe(2);
  return Failure.parse(JSON.parse(stdout)).error;
}

/** A commit that was made without a word. */
const MADE = expect.objectContaining({ status: 0, stderr: "" });

describe("before each commit", () => {
  it("refuses accepted lines that fall short, says which and what to do, and nothing else", () => {
    const folder = guarded();
    project.changeAccepted(folder);
    project.git(folder, "add", "-A");
    const refused = commit(folder);
    expect(refused.status).toBe(1);
    const said = refused.stdout + refused.stderr;
    expect(said).toMatch(new RegExp(`^edited +${FILE}:${project.line} `, "m"));
    expect(said).toContain("git commit --no-verify");
    expect(judged(folder).suggestions).toMatchObject([{ id: project.id, summary: "edited" }]);

    project.git(folder, "checkout", "-q", "HEAD", "--", FILE);
    project.write(folder, "README.md", "Another text.\n");
    project.git(folder, "add", "-A");
    // Evidence speaks of another file.
    expect(judged(folder).suggestions).toEqual([]);
    expect(commit(folder)).toEqual(MADE);

    project.write(folder, FILE, `// One more line.\n${project.read(folder)}`);
    project.git(folder, "add", "-A");
    expect(judged(folder).suggestions).toMatchObject([{ summary: "verified", checks: { content: "moved" } }]);
    expect(commit(folder)).toEqual(MADE);

    project.changeAccepted(folder, () => "    return false;");
    project.git(folder, "add", "-A");
    expect(commit(folder, "--no-verify")).toEqual(MADE);
  });

  it("judges what is staged, whatever was saved since, also in a commit's own index", () => {
    const folder = guarded();
    const good = project.read(folder);
    project.write(folder, FILE, `${good}// More.\n`);
    project.git(folder, "add", FILE);
    project.changeAccepted(folder);
    expect(commit(folder)).toEqual(MADE);
    expect(commit(folder, "-a")).toMatchObject({ status: 1 });
    expect(commit(folder, FILE)).toMatchObject({ status: 1 });

    project.git(folder, "add", FILE);
    project.write(folder, FILE, good);
    expect(commit(folder)).toMatchObject({ status: 1 });
    rmSync(join(folder, FILE));
    expect(commit(folder)).toMatchObject({ status: 1 });
    project.write(folder, FILE, good);
    expect(commit(folder, "-a")).toEqual(MADE);
  });

  it("follows a file that is renamed, and asks for nothing where the lines are taken out", () => {
    const folder = guarded();
    project.git(folder, "mv", FILE, "src/stock.ts");
    expect(judged(folder).suggestions).toMatchObject([{ path: "src/stock.ts", summary: "verified" }]);
    expect(commit(folder)).toEqual(MADE);
    const lines = project.read(folder, "src/stock.ts").split("\n");
    project.write(folder, "src/stock.ts", lines.toSpliced(project.line - 1, 1).join("\n"));
    project.git(folder, "add", "-A");
    expect(commit(folder)).toEqual(MADE);
    project.git(folder, "rm", "-q", "src/stock.ts");
    expect(commit(folder)).toEqual(MADE);
  });

  it.each([[[]], [["--cached"]]])("refuses to take evidence from lines that stand: git rm %j", (flags) => {
    const folder = guarded();
    project.git(folder, "rm", "-rq", ...flags, ".proofline/evidence");
    expect(commit(folder)).toMatchObject({ status: 1 });
    expect(judged(folder).vanished).toMatchObject([{ id: project.id, path: FILE, today: "gone" }]);
  });

  it("is started by no rebase, which costs what it did", () => {
    const folder = project.copy();
    writeFileSync(join(folder, ".git/hooks/pre-commit"), "#!/bin/sh\necho started >> .git/said\n", {
      mode: 0o755,
    });
    install(folder);
    project.git(folder, "checkout", "-qb", "side", "HEAD~1");
    for (const text of ["one", "two", "three"]) {
      project.write(folder, "README.md", text);
      project.git(folder, "commit", "-qam", text);
    }
    expect(project.read(folder, ".git/said")).toBe("started\n".repeat(3));
    project.git(folder, "rebase", "-q", "main");
    expect(project.read(folder, ".git/said")).toBe("started\n".repeat(3));
    expect(project.report(folder).summary).toMatchObject({ verified: 1 });
  });

  it("says where evidence of the lines is not in the commit", () => {
    const folder = project.copy();
    project.git(folder, "reset", "-q", "--mixed", "HEAD~1");
    install(folder);
    project.git(folder, "add", FILE);
    const alone = commit(folder);
    expect(alone.status).toBe(0);
    expect(alone.stderr).toMatch(/^Evidence of lines in this commit is not in it: \.proofline\/evidence\//);
    project.git(folder, "add", "-A");
    expect(commit(folder)).toEqual(MADE);
  });

  it("refuses what it cannot judge: evidence that is broken, or a suggestion that is not anchored yet", () => {
    const folder = guarded();
    const evidence = `.proofline/evidence/${readdirSync(join(folder, ".proofline/evidence"))[0]}`;
    const whole = project.read(folder, evidence);
    project.write(folder, evidence, whole.slice(0, 500));
    project.write(folder, "README.md", "Another text.\n");
    project.git(folder, "add", "README.md");
    const broken = commit(folder);
    expect(broken.status).toBe(1);
    expect(broken.stdout + broken.stderr).toContain("It is not JSON.");

    project.write(folder, evidence, whole);
    project.write(folder, "src/count.ts", "export function count(items: string[]): number {\n  \n}\n");
    const place = ["--file", "src/count.ts", "--line", "2", "--column", "3"];
    expect(project.run(["complete", ...place, "--accept"], { cwd: folder }).status).toBe(0);
    project.git(folder, "add", "-A");
    expect(commit(folder)).toMatchObject({ status: 1 });
    expect(judged(folder).summary).toMatchObject({ pending: 1 });
    expect(project.run(["anchor"], { cwd: folder }).status).toBe(0);
    project.git(folder, "add", "-A");
    expect(commit(folder)).toEqual(MADE);
  });
});

describe("proofline hook", () => {
  it("installs once, and leaves nothing behind", () => {
    const folder = guarded();
    const file = join(folder, ".git/hooks/pre-commit");
    const before = readFileSync(file);
    expect(statSync(file).mode & 0o111).toBe(0o111);
    expect(status(folder)).toEqual({
      manager: "git",
      hook: file,
      file,
      kept: null,
      state: "works",
      why: null,
      add: [],
    });
    expect(install(join(folder, "src"))).toMatchObject({ state: "works", changed: false });
    expect(readFileSync(file)).toEqual(before);
    expect(remove(folder)).toMatchObject({ state: "absent", changed: true, hook: null });
    expect(existsSync(file)).toBe(false);
    expect(remove(folder)).toMatchObject({ state: "absent", changed: false });
    expect(project.run(["hook", "status"], { cwd: folder })).toMatchObject({
      status: 1,
      stdout: expect.stringContaining("`proofline hook install` puts it in."),
    });
  });

  it.each([
    ["a shell script that ends itself", "#!/bin/sh\necho first >> said\nexit 0"],
    [
      "a program in another language",
      '#!/usr/bin/env node\nrequire("fs").appendFileSync("said", "first\\n");\n',
    ],
  ])("keeps a hook of somebody's own, %s, calls it first, and gives it back", (_, own) => {
    const folder = project.copy();
    const file = join(folder, ".git/hooks/pre-commit");
    writeFileSync(join(folder, ".git/hooks/mine"), own, { mode: 0o750 });
    symlinkSync("mine", file);
    expect(install(folder)).toMatchObject({ state: "works", kept: `${file}.before-proofline` });
    expect(install(folder)).toMatchObject({ changed: false });
    writeFileSync(join(folder, ".git/info/exclude"), "said\n");
    project.changeAccepted(folder);
    project.git(folder, "add", "-A");
    expect(commit(folder)).toMatchObject({ status: 1 });
    expect(project.read(folder, "said")).toBe("first\n");
    expect(remove(folder)).toMatchObject({ state: "absent", hook: file });
    expect(readlinkSync(file)).toBe("mine");
    expect(readFileSync(file, "utf8")).toBe(own);
    expect(readdirSync(join(folder, ".git/hooks")).filter((name) => /^\.|proofline/.test(name))).toEqual([]);
    expect(commit(folder)).toEqual(MADE);
  });

  it("lets a hook of somebody's own refuse as it did, and never writes over a second one", () => {
    const folder = project.copy();
    const file = join(folder, ".git/hooks/pre-commit");
    writeFileSync(file, "#!/bin/sh\necho no >&2\nexit 7\n", { mode: 0o755 });
    install(folder);
    expect(commit(folder, "--allow-empty")).toMatchObject({ status: 1, stderr: "no\n" });
    expect(project.tryGit(folder, ["hook", "run", "pre-commit"]).status).toBe(7);
    // As another program that installs hooks leaves it.
    writeFileSync(file, "#!/bin/sh\nexit 0\n");
    expect(refusal(folder, "install")).toMatchObject({
      code: "repository",
      reason: expect.stringContaining("so it cannot be kept under that name"),
    });
    expect(status(folder)).toMatchObject({ state: "absent" });
  });

  it("keeps what somebody wrote behind its lines, byte by byte", () => {
    const folder = guarded();
    const file = join(folder, ".git/hooks/pre-commit");
    const behind = Buffer.from([0x65, 0x63, 0x68, 0x6f, 0x20, 0xff, 0x0d, 0x0a]);
    writeFileSync(file, Buffer.concat([readFileSync(file), behind]));
    expect(install(folder)).toMatchObject({ changed: false });
    expect(remove(folder)).toMatchObject({ changed: true, state: "absent" });
    expect(readFileSync(file)).toEqual(Buffer.concat([Buffer.from("#!/bin/sh\n"), behind]));
  });

  it("refuses every commit where the program is gone, and says how to go on", () => {
    const folder = guarded();
    const file = join(folder, ".git/hooks/pre-commit");
    writeFileSync(
      file,
      readFileSync(file, "utf8").replace(/^( {2}proofline_check=).*$/m, "$1'/nowhere/hook.js'"),
    );
    expect(status(folder)).toMatchObject({
      state: "broken",
      why: expect.stringContaining("/nowhere/hook.js"),
    });
    const refused = commit(folder, "--allow-empty");
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain("git commit --no-verify");
    // A `proofline` on the path stands in.
    const bin = project.fresh("bin");
    mkdirSync(bin);
    writeFileSync(join(bin, "proofline"), '#!/bin/sh\necho "called: $*" >&2\n', { mode: 0o755 });
    const path = { PATH: `${bin}:${process.env.PATH}` };
    expect(project.tryGit(folder, ["commit", "-q", "--allow-empty", "-m", "one"], path)).toMatchObject({
      status: 0,
      stderr: "called: hook run\n",
    });
    expect(install(folder)).toMatchObject({ state: "works", changed: true });
    project.git(folder, "rm", "-rq", ".proofline");
    writeFileSync(
      file,
      readFileSync(file, "utf8").replace(/^( {2}proofline_check=).*$/m, "$1'/nowhere/hook.js'"),
    );
    // Without evidence there is nothing to check.
    expect(commit(folder)).toEqual(MADE);
  });

  it("says where git passes over the hook", () => {
    const folder = guarded();
    chmodSync(join(folder, ".git/hooks/pre-commit"), 0o644);
    expect(status(folder)).toMatchObject({ state: "broken", why: expect.stringContaining("not executable") });
  });

  it("serves work trees and submodules where git looks for their hooks", () => {
    const folder = project.copy();
    const tree = project.fresh("tree");
    project.git(folder, "worktree", "add", "-q", tree, "-b", "side");
    expect(install(tree)).toMatchObject({ hook: join(folder, ".git/hooks/pre-commit"), state: "works" });
    expect(status(folder)).toMatchObject({ state: "works" });
    project.changeAccepted(tree);
    expect(commit(tree, "-a")).toMatchObject({ status: 1 });

    const outer = project.fresh("outer");
    project.git(project.scratch, "init", "-q", outer);
    project.git(outer, "submodule", "--quiet", "add", project.folder, "inner");
    const inner = join(outer, "inner");
    expect(install(inner)).toMatchObject({
      hook: join(outer, ".git/modules/inner/hooks/pre-commit"),
      state: "works",
    });
    expect(status(outer)).toMatchObject({ state: "absent", hook: null });
    project.changeAccepted(inner);
    expect(commit(inner, "-a")).toMatchObject({ status: 1 });
  });

  it("says what is wrong with a folder where no commit is made, or no hook can lie", () => {
    const bare = project.fresh("bare");
    project.git(project.scratch, "clone", "-q", "--bare", project.folder, bare);
    expect(refusal(bare, "install").reason).toContain("bare repository");
    expect(refusal(project.scratch, "status").reason).toContain("in no git repository");
    expect(refusal(project.scratch, "run").reason).toContain("in no git work tree");
    const folder = project.copy();
    project.git(folder, "config", "core.hooksPath", ".git/hooks");
    removeFolder(join(folder, ".git/hooks"));
    writeFileSync(join(folder, ".git/hooks"), "");
    expect(refusal(folder, "install")).toMatchObject({
      code: "repository",
      reason: expect.stringContaining("cannot be written"),
    });
  });
});

describe("where somebody else manages the hooks", () => {
  /** Husky's own files since version 9, as `npx husky` makes them. */
  function withHusky(folder: string): string {
    project.write(folder, ".husky/_/.gitignore", "*");
    project.write(
      folder,
      ".husky/_/h",
      '#!/usr/bin/env sh\nn=$(basename "$0")\ns=$(dirname "$(dirname "$0")")/$n\n[ ! -f "$s" ] && exit 0\nsh -e "$s" "$@"\nc=$?\nexit $c\n',
    );
    project.write(folder, ".husky/_/pre-commit", '#!/usr/bin/env sh\n. "$(dirname "$0")/h"\n');
    chmodSync(join(folder, ".husky/_/pre-commit"), 0o755);
    project.git(folder, "config", "core.hooksPath", ".husky/_");
    return join(folder, ".husky/pre-commit");
  }

  /** `proofline` on the path, as `npm link` puts it there. */
  function onPath(): Record<string, string> {
    const bin = project.fresh("bin");
    mkdirSync(bin);
    writeFileSync(
      join(bin, "proofline"),
      `#!/bin/sh\nexec '${process.execPath}' '${join(repository, "dist", "cli.js")}' "$@"\n`,
      { mode: 0o755 },
    );
    return { PATH: `${bin}:${process.env.PATH}` };
  }

  it.each([
    ["no file", null],
    ["a file", "npm test -- --run\n"],
    ["a file whose last line is open", "true"],
  ])("writes into husky's own hook, %s there before, and takes it out to the byte", (_, before) => {
    const folder = project.copy();
    const file = withHusky(folder);
    if (before !== null) {
      writeFileSync(file, before.replace("npm test -- --run", "true"));
    }
    const bytes = before === null ? null : readFileSync(file);
    const variables = onPath();
    const installed = project.answer(ANSWERS["hook install"], ["hook", "install"], {
      cwd: folder,
      variables,
    });
    expect(installed).toMatchObject({
      manager: "husky",
      hook: join(folder, ".husky/_/pre-commit"),
      file,
      state: "works",
      changed: true,
    });
    // It travels with the repository, so that it names nothing of this machine.
    expect(readFileSync(file, "utf8")).not.toContain(project.scratch);
    expect(existsSync(join(folder, ".git/hooks/pre-commit"))).toBe(false);
    project.changeAccepted(folder);
    project.git(folder, "add", "-A");
    expect(project.tryGit(folder, ["commit", "-qm", "one"], variables)).toMatchObject({ status: 1 });
    expect(install(folder)).toMatchObject({ changed: false });
    expect(remove(folder)).toMatchObject({ state: "absent" });
    expect(existsSync(file) ? readFileSync(file) : null).toEqual(bytes);
  });

  it("says where husky's hook ends before its end, or is not installed", () => {
    const folder = project.copy();
    const file = withHusky(folder);
    writeFileSync(file, "npm test\nexit 0\n");
    expect(install(folder)).toMatchObject({ changed: false, state: "absent", add: ["proofline hook run"] });
    writeFileSync(file, "npm test\n");
    project.git(folder, "config", "--unset", "core.hooksPath");
    expect(install(folder)).toMatchObject({
      changed: true,
      state: "broken",
      why: expect.stringContaining("npx husky"),
    });
  });

  it.each([
    [
      "lefthook",
      "lefthook.yml",
      "# pre-commit\n",
      "#!/bin/sh\ncall_lefthook run pre-commit\n# lefthook\n",
      "lefthook install",
    ],
    [
      "preCommit",
      ".pre-commit-config.yaml",
      "repos:\n",
      "#!/bin/sh\n# File generated by pre-commit: https://pre-commit.com\n",
      "pre-commit install",
    ],
  ])("writes nothing for %s, says what to add, and knows it there", (manager, name, text, hook, command) => {
    const folder = project.copy();
    project.write(folder, name, text);
    const answer = install(folder);
    expect(answer).toMatchObject({ manager, changed: false, state: "absent", file: join(folder, name) });
    expect(project.run(["hook", "install"], { cwd: folder })).toMatchObject({
      status: 1,
      stdout: expect.stringMatching(new RegExp(`${answer.add.join("\n")}\nRun \`${command}\``)),
    });
    expect(project.read(folder, name)).toBe(text);
    expect(existsSync(join(folder, ".git/hooks/pre-commit"))).toBe(false);
    project.write(folder, name, `${text}${answer.add.join("\n")}\n`);
    expect(status(folder)).toMatchObject({ state: "broken", why: expect.stringContaining(command) });
    project.write(folder, ".git/hooks/pre-commit", hook);
    chmodSync(join(folder, ".git/hooks/pre-commit"), 0o755);
    const variables = onPath();
    expect(
      project.answer(ANSWERS["hook status"], ["hook", "status"], { cwd: folder, variables }),
    ).toMatchObject({
      state: "works",
    });
    expect(project.run(["hook", "remove"], { cwd: folder }).stdout).toContain("by hand");
  });

  it("is found where pre-commit was installed over it, and gives back what lay below both", () => {
    const folder = project.copy();
    const hook = join(folder, ".git/hooks/pre-commit");
    writeFileSync(hook, "#!/bin/sh\nexit 0\n", { mode: 0o755 });
    install(folder);
    renameSync(hook, `${hook}.legacy`);
    const generated = '#!/bin/sh\n# File generated by pre-commit: https://pre-commit.com\nexec "$0.legacy"\n';
    writeFileSync(hook, generated, { mode: 0o755 });
    expect(status(folder)).toMatchObject({
      manager: "preCommit",
      hook,
      file: `${hook}.legacy`,
      kept: `${hook}.before-proofline`,
      state: "works",
    });
    project.changeAccepted(folder);
    expect(commit(folder, "-a")).toMatchObject({ status: 1 });
    remove(folder);
    expect(readFileSync(`${hook}.legacy`, "utf8")).toBe("#!/bin/sh\nexit 0\n");
    expect(readFileSync(hook, "utf8")).toBe(generated);
    expect(commit(folder, "-a")).toEqual(MADE);
  });

  it("writes beside no folder that core.hooksPath names, nor into it", () => {
    const folder = project.copy();
    project.git(folder, "config", "core.hooksPath", "tools/hooks");
    expect(install(folder)).toMatchObject({
      manager: "hooksPath",
      hook: null,
      file: join(folder, "tools/hooks/pre-commit"),
      changed: false,
      add: ["proofline hook run || exit $?"],
    });
    expect(existsSync(join(folder, "tools"))).toBe(false);
    expect(lstatSync(join(folder, ".git/hooks")).isDirectory()).toBe(true);
  });
});
