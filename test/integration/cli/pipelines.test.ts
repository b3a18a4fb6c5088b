/** What the action and the GitLab template run, on real histories: from event to base, verdict, summary and outputs. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import * as z from "zod";
import { FILE, SealedProject } from "../../support/sealedProject";

const ROOT = join(import.meta.dirname, "../../..");
const SCRIPTS = join(ROOT, "pipelines");
const NO_COMMIT = "0".repeat(40);
/** What a shell would run if it ever saw it as code; git allows it in the name of a branch. */
const HOSTILE_BRANCH = '";touch$' + "{IFS}pwned;$(touch$" + "{IFS}pwned)`touch$" + "{IFS}pwned`";

let project: SealedProject;
/** What pushes go to, as a host keeps it: any commit that was ever pushed can be asked for. */
let origin: string;
/** The commits before and after the suggestion was accepted. */
let before: string;
let accepted: string;

beforeAll(() => {
  project = SealedProject.make();
  // The folder that holds the home with the chain is that of the pipeline, too.
  mkdirSync(join(project.scratch, "package", "node_modules"), { recursive: true });
  symlinkSync(ROOT, join(project.scratch, "package", "node_modules", "proofline"), "junction");
  origin = project.fresh("origin");
  project.git(project.scratch, "clone", "-q", "--bare", project.folder, origin);
  project.git(origin, "config", "uploadpack.allowAnySHA1InWant", "true");
  accepted = project.git(project.folder, "rev-parse", "HEAD").trim();
  before = project.git(project.folder, "rev-parse", "HEAD~1").trim();
});

afterAll(() => project.close());

function clone(...flags: readonly string[]): string {
  const folder = project.fresh("clone");
  project.git(project.scratch, "clone", "-q", ...flags, pathToFileURL(origin).href, folder);
  return folder;
}

function commit(folder: string): string {
  project.git(folder, "add", "-A");
  project.git(folder, "commit", "-qm", "more");
  return project.git(folder, "rev-parse", "HEAD").trim();
}

interface Judged {
  readonly status: number | null;
  readonly said: string;
  readonly summary: string;
  readonly outputs: string;
}

function onGitHub(
  cwd: string,
  name: string,
  event: object,
  variables: Readonly<Record<string, string>> = {},
): Judged {
  const files = project.fresh("github");
  mkdirSync(files);
  const at = (file: string): string => join(files, file);
  writeFileSync(at("event.json"), JSON.stringify(event));
  for (const file of ["summary.md", "outputs"]) {
    writeFileSync(at(file), "");
  }
  const { status, stdout, stderr } = spawnSync("sh", [join(SCRIPTS, "github.sh")], {
    cwd,
    encoding: "utf8",
    env: {
      ...project.variables,
      GITHUB_EVENT_NAME: name,
      GITHUB_EVENT_PATH: at("event.json"),
      GITHUB_STEP_SUMMARY: at("summary.md"),
      GITHUB_OUTPUT: at("outputs"),
      GITHUB_REF: "refs/heads/main",
      PROOFLINE_WORK: project.scratch,
      ...variables,
    },
  });
  const read = (file: string): string => readFileSync(at(file), "utf8");
  return { status, said: stdout + stderr, summary: read("summary.md"), outputs: read("outputs") };
}

const pullRequest = (sha: string) => ({ pull_request: { base: { sha }, head: { ref: HOSTILE_BRANCH } } });
const push = (from: string, more: object = {}) => ({
  before: from,
  forced: false,
  deleted: false,
  repository: { default_branch: "main" },
  ...more,
});

describe.skipIf(process.platform === "win32")("what a push is compared with", () => {
  const gone = "1".repeat(40);

  function pushedFrom(folder: string, ...parameters: readonly string[]) {
    const script = `set -eu; . "$0"; base=$(pushed_from "$@"); echo "$base"`;
    const { status, stdout } = spawnSync("sh", ["-c", script, join(SCRIPTS, "base.sh"), ...parameters], {
      cwd: folder,
      encoding: "utf8",
      env: project.variables,
    });
    return status === 0 ? stdout.trim() : status;
  }

  it.each([[[]], [["--depth=1"]]])(
    "is what its branch was, or else the default branch, in a clone with %j",
    (flags) => {
      const folder = clone(...flags);
      expect(pushedFrom(folder, before, "false", "topic", "main")).toBe(before);
      expect(pushedFrom(folder, before, "true", "topic", "main")).toBe(before);
      // A new branch, or one whose past is gone.
      expect(pushedFrom(folder, NO_COMMIT, "false", "topic", "main")).toBe(accepted);
      expect(pushedFrom(folder, "", "false", HOSTILE_BRANCH, "main")).toBe(accepted);
      expect(pushedFrom(folder, gone, "true", "topic", "main")).toBe(accepted);
      // On the default branch there is nothing to compare with then, and all is judged.
      expect(pushedFrom(folder, NO_COMMIT, "false", "main", "main")).toBe("");
      expect(pushedFrom(folder, NO_COMMIT, "false", "topic", "")).toBe("");
      expect(pushedFrom(folder, NO_COMMIT, "false", "topic", HOSTILE_BRANCH)).toBe("");
      expect(pushedFrom(folder, NO_COMMIT, "false", "topic", "--upload-pack=touch pwned")).toBe("");
      // Nobody said that it would be gone.
      expect(pushedFrom(folder, gone, "false", "topic", "main")).toBe(2);
      expect(readdirSync(folder)).not.toContain("pwned");
    },
  );
});

describe.skipIf(process.platform === "win32")("on GitHub", () => {
  it("a pull request is compared with its base, and the summary says that all holds", () => {
    const folder = clone();
    const { status, said, summary, outputs } = onGitHub(folder, "pull_request", pullRequest(before));
    expect([status, outputs]).toEqual([0, "result=good\n"]);
    expect(said).toContain(`verified    ${FILE}:${project.line}`);
    expect(summary).toContain("every accepted suggestion holds");
    expect(project.git(folder, "status", "--porcelain")).toBe("");
  });

  it("a merge queue is compared with what it is put on, and what somebody changed is refused", () => {
    const folder = clone();
    project.changeAccepted(folder);
    commit(folder);
    const event = { merge_group: { base_sha: accepted, head_ref: HOSTILE_BRANCH } };
    const { status, summary, outputs } = onGitHub(folder, "merge_group", event, {
      PROOFLINE_WRITE_SARIF: "true",
    });
    expect(status).toBe(1);
    expect(outputs).toBe(`result=bad\nsarif=${join(project.scratch, "proofline.sarif")}\n`);
    expect(summary).toContain("not every accepted suggestion holds");
    const sarif = readFileSync(join(project.scratch, "proofline.sarif"), "utf8");
    expect(JSON.parse(sarif)).toMatchObject({ version: "2.1.0" });
  });

  it("what a change leaves alone is not its to answer for, in a clone without a history, too", () => {
    const broken = clone();
    project.changeAccepted(broken);
    const edited = commit(broken);
    project.write(broken, "README.md", "Another text.\n");
    commit(broken);
    project.git(broken, "push", "-q", "origin", `HEAD:refs/heads/${HOSTILE_BRANCH}`);
    expect(onGitHub(broken, "pull_request", pullRequest(edited)).status).toBe(0);

    const shallow = clone("--depth=1", "--branch", HOSTILE_BRANCH);
    expect(onGitHub(shallow, "pull_request", pullRequest(edited)).status).toBe(0);
    expect(onGitHub(shallow, "pull_request", pullRequest(accepted)).status).toBe(1);
    expect(existsSync(join(shallow, "pwned"))).toBe(false);
  });

  it("the push of a new branch is compared with the default branch, and that of no branch any more with nothing", () => {
    const folder = clone();
    project.changeAccepted(folder);
    commit(folder);
    const branch = { GITHUB_REF: `refs/heads/${HOSTILE_BRANCH}` };
    expect(onGitHub(folder, "push", push(NO_COMMIT), branch).status).toBe(1);
    expect(onGitHub(folder, "push", push(NO_COMMIT, { deleted: true }))).toMatchObject({
      status: 0,
      outputs: "",
    });
    expect(existsSync(join(folder, "pwned"))).toBe(false);
  });

  it.each([
    ["pull_request_target", pullRequest("a".repeat(40)), /no event of the change itself/],
    ["pull_request", pullRequest("b".repeat(40)), /cannot have the base/],
    ["pull_request", pullRequest("--output=pwned"), /cannot have the base/],
    ["pull_request", {}, /cannot have the base/],
    ["merge_group", { merge_group: { base_sha: "main" } }, /cannot have the base/],
  ])("nothing passes where there is no base: %s %j", (name, event, why) => {
    const folder = clone();
    const { status, said } = onGitHub(folder, name, event);
    expect([status, said]).toEqual([2, expect.stringMatching(why)]);
    expect(readdirSync(folder)).not.toContain("pwned");
  });

  it("what is switched wrongly is no verdict", () => {
    const wrong = { PROOFLINE_ALLOW_ANCHORED: "yes" };
    const judged = onGitHub(clone(), "pull_request", pullRequest(before), wrong);
    expect(judged).toMatchObject({ status: 2, outputs: "result=undecided\n" });
    expect(judged.summary).toContain("could not be judged");
  });

  it("names of files speak neither to a shell nor to the runner, and a fork without servers has its verdict", () => {
    const folder = clone();
    const hostile = "src/::error::$(touch pwned)`touch pwned`##[add-mask]x.ts";
    project.git(folder, "mv", FILE, hostile);
    commit(folder);
    const { status, said } = onGitHub(folder, "pull_request", pullRequest(accepted), {
      PROOFLINE_CHAIN_ID: "1",
      PROOFLINE_CONTRACT: `0x${"11".repeat(20)}`,
      PROOFLINE_RPC_URLS: "",
    });
    expect(status).toBe(0);
    expect(said).toContain("No RPC server is named");
    const [, token = "none"] = /^::stop-commands::([\w-]{36})$/m.exec(said) ?? [];
    const [first = "", within = "", last = ""] = said.split(token);
    expect(within).toContain("##[add-mask]x.ts");
    expect(first + last).not.toContain("add-mask");
    expect(readdirSync(folder)).not.toContain("pwned");
  });
});

describe.skipIf(process.platform === "win32")("on GitLab", () => {
  function onGitLab(cwd: string, variables: Readonly<Record<string, string>>): Judged {
    const { status, stdout, stderr } = spawnSync("sh", [join(SCRIPTS, "gitlab.sh")], {
      cwd,
      encoding: "utf8",
      env: { ...project.variables, PROOFLINE_WORK: project.scratch, CI_DEFAULT_BRANCH: "main", ...variables },
    });
    const read = (file: string): string =>
      existsSync(join(cwd, file)) ? readFileSync(join(cwd, file), "utf8") : "";
    return {
      status,
      said: stdout + stderr,
      summary: read("proofline.md"),
      outputs: read("proofline-junit.xml"),
    };
  }

  it("a merge request is compared with its base, and leaves its reports beside the code", () => {
    const folder = clone();
    const judged = onGitLab(folder, {
      CI_PIPELINE_SOURCE: "merge_request_event",
      CI_MERGE_REQUEST_DIFF_BASE_SHA: before,
    });
    expect(judged.status).toBe(0);
    expect(judged.summary).toContain("every accepted suggestion holds");
    expect(judged.outputs).toContain("<testsuites");
  });

  it("a push is compared with what its branch was", () => {
    const folder = clone();
    project.changeAccepted(folder);
    commit(folder);
    const pushed = { CI_PIPELINE_SOURCE: "push", CI_COMMIT_BRANCH: HOSTILE_BRANCH };
    expect(onGitLab(folder, { ...pushed, CI_COMMIT_BEFORE_SHA: accepted }).status).toBe(1);
    expect(existsSync(join(folder, "pwned"))).toBe(false);
  });

  it("the job takes the scripts out of the package that was asked for, and of no other", () => {
    const [, template] = parseAllDocuments(readFileSync(join(SCRIPTS, "gitlab.yml"), "utf8"));
    const job = z.object({ proofline: z.object({ script: z.array(z.string()) }) }).parse(template?.toJS());
    const folder = project.fresh("job");
    const scripts = join(folder, "package", "pipelines");
    mkdirSync(scripts, { recursive: true });
    writeFileSync(join(scripts, "install.sh"), 'echo "install $PROOFLINE_PACKAGE $1"\n');
    writeFileSync(join(scripts, "gitlab.sh"), 'echo "judge in $PROOFLINE_WORK"\nexit 1\n');
    const tarball = join(folder, "own package.tgz");
    spawnSync("tar", ["-czf", tarball, "-C", folder, "package"]);
    const run = (digest: string) =>
      spawnSync("sh", ["-c", job.proofline.script.join("\n")], {
        cwd: folder,
        encoding: "utf8",
        env: { ...project.variables, PROOFLINE_PACKAGE: "own package.tgz", PROOFLINE_SHA256: digest },
      });
    const digest = createHash("sha256").update(readFileSync(tarball)).digest("hex");
    const { status, stdout } = run(digest);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^install (\S+)\/package\.tgz \1\/package\njudge in \1\n$/);
    expect(run("0".repeat(64))).toMatchObject({ status: 1, stdout: "" });
    expect(run("")).toMatchObject({ stdout: "" });
  });

  it("takes nothing from the repository for its cache", () => {
    const folder = clone();
    project.write(folder, ".proofline-models/accepted/x.json", "{}");
    commit(folder);
    const judged = onGitLab(folder, {
      CI_PIPELINE_SOURCE: "merge_request_event",
      CI_MERGE_REQUEST_DIFF_BASE_SHA: before,
    });
    expect([judged.status, judged.said]).toEqual([2, expect.stringMatching(/the repository itself holds/)]);
  });
});

describe.skipIf(process.platform === "win32")("the installation", () => {
  /** With an npm that only tells what it was asked. */
  function install(name: string, digest = "") {
    const folder = project.fresh("install");
    const bin = join(folder, "bin");
    mkdirSync(bin, { recursive: true });
    const npm = `#!/bin/sh
echo "$PWD $*" >>"${folder}/asked"
[ "$1" = pack ] && echo bytes >proofline-0.1.0.tgz
mkdir -p node_modules/proofline/dist && : >node_modules/proofline/dist/cli.js
`;
    writeFileSync(join(bin, "npm"), npm, { mode: 0o755 });
    writeFileSync(join(folder, "own package.tgz"), "bytes\n");
    const { status, stderr } = spawnSync("sh", [join(SCRIPTS, "install.sh"), join(folder, "into")], {
      cwd: folder,
      encoding: "utf8",
      env: {
        ...project.variables,
        PATH: `${bin}${delimiter}${process.env.PATH}`,
        PROOFLINE_PACKAGE: name,
        PROOFLINE_SHA256: digest,
      },
    });
    const asked = existsSync(join(folder, "asked")) ? readFileSync(join(folder, "asked"), "utf8") : "";
    return { status, stderr, asked: asked.replaceAll(folder, "") };
  }
  const DIGEST = "e296f1ff2f4e14aa71ed7dbb2d5eed56a37b2b9be8d86f0e1b5b7cdb3a0ccd9f";

  it.each(["own package.tgz", "https://example.org/proofline-0.1.0.tgz", "proofline@0.1.0"])(
    "is of one exact package, and runs none of its scripts: %s",
    (name) => {
      const { status, stderr, asked } = install(name);
      expect([status, stderr]).toEqual([0, ""]);
      expect(asked.split("\n").filter((line) => line !== "" && !line.startsWith("/into "))).toEqual([]);
      expect(asked).toMatch(/^\/into install --ignore-scripts .*\.\/proofline\.tgz$/m);
      expect(asked.includes(" pack ")).toBe(name !== "own package.tgz");
    },
  );

  it.each([
    "",
    "proofline",
    "proofline@latest",
    "proofline@^0.1.0",
    "proofline@0.1.0 || 9",
    "other@1.0.0",
    "--registry=https://example.org/x.tgz",
    "$(touch pwned).tgz",
    "git+https://example.org/x",
  ])("is of nothing else: %j", (name) => {
    expect(install(name)).toMatchObject({ status: 2, asked: "" });
  });

  it("is of no package that has another digest", () => {
    const { stderr } = install("own package.tgz", DIGEST);
    const [, found = ""] = /SHA-256 is ([0-9a-f]{64})/.exec(stderr) ?? [];
    expect(found).not.toBe("");
    expect(install("own package.tgz", found).status).toBe(0);
    expect(install("proofline@0.1.0", found).status).toBe(0);
    const other = install("proofline@0.1.0", DIGEST);
    expect(other.status).toBe(2);
    expect(other.asked).not.toContain("install");
  });
});
