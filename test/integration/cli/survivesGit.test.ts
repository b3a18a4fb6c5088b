/**
 * What git makes of commits, files and clones, and the verdict that must come of it: evidence speaks of lines, whichever commit
 * holds them and wherever the folder lies. Real git, a real remote, and evidence that the command line made.
 */
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ANSWERS } from "../../../server/src/cli/answers";
import { Failure } from "../../../server/src/cli/failure";
import { FILE, SealedProject } from "../../support/sealedProject";

const top = join(import.meta.dirname, "../../..");

let project: SealedProject;
/** A bare repository: `feature` has the accepted line and its evidence, in one commit on top of `main`. */
let remote: string;

beforeAll(() => {
  project = SealedProject.make();
  remote = project.fresh("remote");
  project.git(project.scratch, "clone", "-q", "--bare", project.folder, remote);
  project.git(remote, "branch", "feature", "main");
  project.git(remote, "update-ref", "refs/heads/main", "main~1");
});

afterAll(() => project.close());

const git = (cwd: string, ...parameters: readonly string[]): string => project.git(cwd, ...parameters);

/** A remote of a test's own, which it may push to. */
function newRemote(): string {
  const folder = project.fresh("remote");
  git(project.scratch, "clone", "-q", "--mirror", remote, folder);
  git(folder, "config", "uploadpack.allowFilter", "true");
  return folder;
}

function clone(branch: string, from = remote, ...flags: readonly string[]): string {
  const folder = project.fresh("clone");
  git(project.scratch, "clone", "-q", "-b", branch, ...flags, pathToFileURL(from).href, folder);
  return folder;
}

/** Commits all that lies in a folder. */
function commit(folder: string, message: string): void {
  git(folder, "add", "-A");
  git(folder, "commit", "-qm", message);
}

/** Changes a file's text. */
function edit(folder: string, change: (text: string) => string, path = FILE): void {
  project.write(folder, path, change(project.read(folder, path)));
}

const withLineAbove = (text: string): string => `// Everything that lies in the store.\n${text}`;

/** A text with something typed behind one of its lines, counted from one. */
const withMore =
  (line: number) =>
  (text: string): string =>
    text
      .split("\n")
      .map((one, index) => (index === line - 1 ? `${one} // mine` : one))
      .join("\n");

/** Each accepted line that stands, as `where: word (content)`. */
function standing(folder: string): string[] {
  const { suggestions, files } = project.report(folder);
  expect(files).toEqual([]);
  return suggestions.map(
    ({ path, startLine, summary, checks }) => `${path}:${startLine}: ${summary} (${checks.content})`,
  );
}

function refusalIn(folder: string, ...flags: readonly string[]) {
  const { status, stdout } = project.run(["verify", "--json", ...flags], { cwd: folder });
  expect(status).toBe(2);
  return Failure.parse(JSON.parse(stdout)).error;
}

/** The accepted line at a line of a file. */
const at = (line: number, verdict: string, path = FILE): string => `${path}:${line}: ${verdict}`;
const AS_SEALED = "verified (verbatim)";
const MOVED = "verified (moved)";

describe("commits that are made anew", () => {
  it("amend: verified, for evidence names no commit", () => {
    const folder = clone("feature");
    edit(folder, (text) => `${text}More.\n`, "README.md");
    git(folder, "commit", "-q", "-a", "--amend", "-m", "another message");
    expect(standing(folder)).toEqual([at(project.line, AS_SEALED)]);
  });

  it("rebase: verified where the lines slid, for the whole lines are found at their new place", () => {
    const folder = clone("main");
    edit(folder, withLineAbove);
    commit(folder, "a line above");
    git(folder, "checkout", "-q", "feature");
    git(folder, "rebase", "-q", "main");
    expect(standing(folder)).toEqual([at(project.line + 1, MOVED)]);
  });

  it("squash on the host, and its branch merged later: verified once, for both bring the same files", () => {
    const host = newRemote();
    const folder = clone("feature", host);
    edit(folder, (text) => `${text}More.\n`, "README.md");
    commit(folder, "a second commit");
    git(folder, "push", "-q", "origin", "feature");
    const maintainer = clone("main", host);
    git(maintainer, "merge", "-q", "--squash", "origin/feature");
    git(maintainer, "commit", "-qm", "squashed");
    git(maintainer, "push", "-q", "origin", "main");
    expect(standing(maintainer)).toEqual([at(project.line, AS_SEALED)]);

    edit(folder, withLineAbove);
    commit(folder, "a third commit");
    git(folder, "pull", "-q", "--no-rebase", "--no-edit", "origin", "main");
    expect(git(folder, "rev-list", "--merges", "HEAD").trim()).not.toBe("");
    expect(standing(folder)).toEqual([at(project.line + 1, MOVED)]);
    expect(project.report(folder, "--base", "origin/feature").vanished).toEqual([]);
  });

  it("cherry-pick: verified with its evidence; code alone is nobody's claim", () => {
    const folder = clone("main");
    edit(folder, withLineAbove);
    commit(folder, "a line above");
    git(folder, "cherry-pick", "-x", "origin/feature");
    expect(standing(folder)).toEqual([at(project.line + 1, MOVED)]);

    git(folder, "reset", "-q", "--hard", "HEAD~1");
    git(folder, "checkout", "-q", "origin/feature", "--", FILE);
    commit(folder, "the code without its evidence");
    expect(standing(folder)).toEqual([]);
    // Against the branch that has it, it is told as gone.
    expect(project.report(folder, "--base", "origin/feature").vanished).toMatchObject([
      { id: project.id, line: project.line, today: "gone" },
    ]);
  });

  it("revert: nothing is left and nothing is told of; reverted again, verified as before", () => {
    const folder = clone("feature");
    git(folder, "revert", "--no-edit", "HEAD");
    expect(project.report(folder)).toMatchObject({ suggestions: [], gone: [], files: [] });
    expect(project.report(folder, "--base", "HEAD~1").vanished).toEqual([]);
    git(folder, "revert", "--no-edit", "HEAD");
    expect(standing(folder)).toEqual([at(project.line, AS_SEALED)]);

    // Code that is reverted without its evidence leaves evidence of nothing.
    git(folder, "checkout", "-q", "origin/main", "--", FILE);
    commit(folder, "the code alone");
    expect(refusalIn(folder).reason).toContain(`${project.id} of ${FILE}`);
  });
});

describe("branches that meet", () => {
  /** `feature` merged into a branch that changed the accepted line's place otherwise: a conflict in the code alone. */
  function inConflict(): string {
    const folder = clone("main");
    project.changeAccepted(folder, () => "    return this.get(id) !== undefined;");
    commit(folder, "by hand");
    const { status } = project.tryGit(folder, ["merge", "-q", "origin/feature"]);
    expect(status).toBe(1);
    expect(git(folder, "diff", "--name-only", "--diff-filter=U").trim()).toBe(FILE);
    return folder;
  }

  it("merge with conflicts: verified where the line stands, between markers, too, and then what was chosen", () => {
    const folder = inConflict();
    expect(standing(folder)).toEqual([at(project.line + 3, MOVED)]);
    git(folder, "checkout", "-q", "--theirs", FILE);
    commit(folder, "merged");
    expect(standing(folder)).toEqual([at(project.line, AS_SEALED)]);

    const other = inConflict();
    git(other, "checkout", "-q", "--ours", FILE);
    commit(other, "merged");
    // What somebody wrote in its place is nobody's claim.
    expect(refusalIn(other).reason).toContain(`${project.id} of ${FILE}`);
  });

  it("two branches with the same lines: one claim stands, the other is told beside it, and both ids count", () => {
    const folder = clone("feature");
    const tree = project.fresh("tree");
    git(folder, "worktree", "add", "-q", "-b", "second", tree, "origin/main");
    const { id } = project.accept(tree);
    project.anchor(tree);
    commit(tree, "the same again");
    git(folder, "merge", "-q", "--no-edit", "second");
    expect(readdirSync(join(folder, ".proofline/repository"))).toHaveLength(2);
    const { suggestions, beside, files } = project.report(folder);
    expect(files).toEqual([]);
    expect(suggestions).toMatchObject([{ id: project.id, summary: "verified", startLine: project.line }]);
    expect(beside).toMatchObject([{ id, summary: "verified", why: "contested" }]);
  });
});

describe("files that change", () => {
  it("rename with an edit elsewhere: verified, for one other file holds the whole lines", () => {
    const folder = clone("feature");
    git(folder, "mv", FILE, "src/stock.ts");
    edit(folder, withLineAbove, "src/stock.ts");
    commit(folder, "renamed");
    expect(standing(folder)).toEqual([at(project.line + 1, MOVED, "src/stock.ts")]);
    // With an edit of the line itself nothing is guessed.
    edit(folder, withMore(project.line + 1), "src/stock.ts");
    commit(folder, "edited");
    expect(refusalIn(folder).reason).toContain(`${project.id} of ${FILE}`);
  });

  it("lines moved to another file: followed where their own file is gone, and nobody's while it is there", () => {
    const folder = clone("feature");
    const text = project.read(folder);
    const report = project.read(folder, "src/report.ts");
    project.write(folder, "src/report.ts", `${report}\n${text}`);
    git(folder, "rm", "-q", "-f", FILE);
    commit(folder, "joined");
    const line = project.line + report.split("\n").length;
    expect(standing(folder)).toEqual([at(line, MOVED, "src/report.ts")]);

    const lines = text.split("\n");
    project.write(folder, FILE, lines.toSpliced(project.line - 1, 1).join("\n"));
    commit(folder, "moved");
    expect(refusalIn(folder).reason).toContain(`${project.id} of ${FILE}`);
  });

  it("a formatter: verified, for the grammar shows that only white space changed that means nothing", () => {
    const folder = clone("feature");
    const before = project.read(folder);
    execFileSync(join(top, "node_modules/.bin/biome"), ["format", "--write", "--indent-style=tab", FILE], {
      cwd: folder,
      stdio: "ignore",
    });
    commit(folder, "formatted");
    expect(project.read(folder)).not.toBe(before);
    expect(standing(folder)).toEqual([at(project.line, "verified (reformatted)")]);
  });

  it("partial staging: each text gets its own verdict, the commit's verified, the folder's edited", () => {
    const folder = clone("feature");
    edit(folder, withLineAbove);
    git(folder, "add", FILE);
    edit(folder, withMore(project.line + 1));
    const staged = project.answer(ANSWERS["hook run"], ["hook", "run"], { cwd: folder });
    expect(staged.suggestions).toMatchObject([{ summary: "verified", startLine: project.line + 1 }]);
    git(folder, "commit", "-qm", "the first part");
    expect(standing(folder)).toEqual([at(project.line + 1, "edited (edited)")]);
    expect(standing(clone("feature", folder))).toEqual([at(project.line + 1, MOVED)]);
  });
});

describe("folders that git makes", () => {
  it("core.autocrlf: verified, for line ends of code never count, and none of evidence is touched", () => {
    const folder = clone("feature", remote, "-c", "core.autocrlf=true");
    expect(project.read(folder)).toContain("\r\n");
    const [name] = readdirSync(join(folder, ".proofline/evidence"));
    const evidence = `.proofline/evidence/${name}`;
    expect(project.read(folder, evidence)).toBe(project.read(project.folder, evidence));
    expect(standing(folder)).toEqual([at(project.line, AS_SEALED)]);
    edit(folder, (text) => `${text}// More.\r\n`);
    commit(folder, "from Windows");
    expect(standing(clone("feature", folder))).toEqual([at(project.line, AS_SEALED)]);
  });

  it("submodules: verified in their own folder, and no concern of the repository around them", () => {
    const outer = project.fresh("outer");
    git(project.scratch, "init", "-q", outer);
    git(outer, "submodule", "--quiet", "add", "-b", "feature", pathToFileURL(remote).href, "inner");
    commit(outer, "with a submodule");
    const folder = project.fresh("clone");
    git(project.scratch, "clone", "-q", "--recurse-submodules", pathToFileURL(outer).href, folder);
    expect(standing(join(folder, "inner"))).toEqual([at(project.line, AS_SEALED)]);
    expect(standing(folder)).toEqual([]);
  });

  it("worktrees: each has the verdicts of its own text", () => {
    const folder = clone("feature");
    const tree = project.fresh("tree");
    git(folder, "worktree", "add", "-q", "-b", "side", tree);
    project.changeAccepted(tree);
    expect(standing(tree)).toEqual([at(project.line, "edited (edited)")]);
    expect(standing(folder)).toEqual([at(project.line, AS_SEALED)]);
    commit(tree, "edited");
    git(folder, "merge", "-q", "side");
    expect(standing(folder)).toEqual([at(project.line, "edited (edited)")]);
  });

  it("a shallow clone: verified, for no history is asked; a base that it lacks is an error, not a verdict", () => {
    const folder = clone("feature", remote, "--depth", "1");
    expect(standing(folder)).toEqual([at(project.line, AS_SEALED)]);
    expect(refusalIn(folder, "--base", "HEAD~1")).toMatchObject({
      code: "repository",
      reason: expect.stringContaining("HEAD~1"),
    });
    git(folder, "fetch", "-q", "--unshallow");
    expect(project.report(folder, "--base", "HEAD~1")).toMatchObject({ vanished: [], files: [] });
  });

  it("a partial clone: verified, for the checkout brings what is here; a base's files that it lacks are an error", () => {
    const host = newRemote();
    const other = clone("feature", host);
    git(other, "rm", "-rq", ".proofline/evidence");
    commit(other, "without evidence");
    git(other, "push", "-q", "origin", "feature");
    const folder = clone("feature", host, "--filter=blob:none");
    expect(git(folder, "rev-list", "--objects", "--missing=print", "HEAD")).toMatch(/^\?/m);
    // What was taken away is never taken for what never was.
    expect(refusalIn(folder, "--base", "HEAD~1")).toMatchObject({ code: "repository" });
    git(folder, "checkout", "-q", "HEAD~1");
    expect(standing(folder)).toEqual([at(project.line, AS_SEALED)]);
    git(folder, "checkout", "-q", "-");
    expect(project.report(folder, "--base", "HEAD~1").vanished).toMatchObject([
      { id: project.id, today: "gone" },
    ]);
  });

  it("LFS beside it: verified, also where all JSON or the code itself is stored elsewhere", () => {
    const folder = clone("feature");
    // What git-lfs does to a file, with a pointer that can be undone: who has no such filter has the pointer.
    const settings = [
      "filter.store.clean=base64",
      "filter.store.smudge=base64 -d",
      "filter.store.required=true",
    ];
    for (const one of settings) {
      git(folder, "config", ...one.split(/=(.*)/s).slice(0, 2));
    }
    project.write(
      folder,
      ".gitattributes",
      "*.json filter=store -text\n*.png filter=store -text\n*.ts filter=store\n",
    );
    project.write(folder, "package.json", "{}\n");
    git(folder, "add", "--renormalize", ".");
    commit(folder, "stored elsewhere");
    expect(git(folder, "show", "HEAD:package.json")).toBe("e30K\n");
    expect(git(folder, "show", `HEAD:${FILE}`)).not.toContain("class");
    expect(standing(folder)).toEqual([at(project.line, AS_SEALED)]);
    edit(folder, withLineAbove);
    git(folder, "add", "-A");
    project.changeAccepted(folder);
    // The staged text is what a checkout would make of it.
    expect(project.answer(ANSWERS["hook run"], ["hook", "run"], { cwd: folder }).suggestions).toMatchObject([
      { summary: "verified", startLine: project.line + 1 },
    ]);
    git(folder, "reset", "-q", "--hard");

    const bare = clone("feature", folder);
    expect(project.read(bare, "package.json")).toBe("e30K\n");
    git(bare, "checkout", "-q", "origin/feature~1", "--", FILE);
    expect(standing(bare)).toEqual([at(project.line, AS_SEALED)]);
  });

  it("forks: the id travels, so that what was accepted in either is verified where its chain can be asked", () => {
    const fork = project.fresh("fork");
    git(project.scratch, "clone", "-q", "--bare", pathToFileURL(remote).href, fork);
    const folder = clone("feature", fork);
    edit(
      folder,
      (text) =>
        `${text}\nexport class Empty extends Inventory {\n  isEmpty(id: string): boolean {\n    \n  }\n}\n`,
    );
    const { id } = project.accept(folder, { below: "isEmpty(id" });
    project.anchor(folder);
    commit(folder, "in the fork");
    git(folder, "push", "-q", "origin", "feature");
    expect(readdirSync(join(folder, ".proofline/repository"))).toHaveLength(1);

    const upstream = clone("feature");
    git(upstream, "pull", "-q", pathToFileURL(fork).href, "feature");
    expect(project.report(upstream)).toMatchObject({
      summary: { verified: 2 },
      suggestions: [{ id: project.id }, { id }],
      files: [],
    });

    // Somebody else's machine, which has another chain of its own: nothing is wrong, and nothing is shown.
    const variables = { PROOFLINE_HOME: project.fresh("home") };
    const elsewhere = project.answer(ANSWERS.verify, ["verify", "--no-replay"], { cwd: upstream, variables });
    expect(elsewhere).toMatchObject({ summary: { unknown: 2, failed: 0 }, files: [] });
    for (const { checks } of elsewhere.suggestions) {
      expect(checks).toMatchObject({ evidence: "intact", signature: "unknownDevice" });
    }
  });
});
