import { execFile, execFileSync } from "node:child_process";
import { chmod, mkdir, readdir, readFile, stat, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { standsIn } from "../../../server/src/evidence/locate/promptLines";
import { openRepository } from "../../../server/src/evidence/repository/openRepository";
import { Repository } from "../../../server/src/evidence/repository/repository";
import { formatId } from "../../../server/src/evidence/repository/repositoryIds";
import type { Prompt } from "../../../server/src/inference/suggestion";
import { looksSecret } from "../../../server/src/platform/secretFiles";
import { findSecret } from "../../../server/src/platform/secrets";
import { digestOf } from "../../support/digests";
import { temporaryFolder } from "./temporaryFolder";

const posix = process.platform !== "win32";
const root = digestOf("ab");

describe("openRepository", () => {
  it("finds the git top from a file, a folder and a file that is not there yet", async () => {
    const top = await gitRepository();
    await mkdir(join(top, "src", "deep"), { recursive: true });
    await writeFile(join(top, "src", "a.ts"), "");
    for (const path of ["src/a.ts", "src/deep", ".", "src/new.ts", "new/folder/file.ts"]) {
      expect(await openRepository(join(top, path))).toMatchObject({ folder: top, isGit: true });
    }
  });

  it("takes work trees and submodules for tops of their own", async () => {
    const top = await gitRepository();
    await git(top, "commit", "--allow-empty", "-m", "start");
    await git(top, "worktree", "add", "-q", "tree");
    expect((await openRepository(join(top, "tree", "a.ts"))).folder).toBe(join(top, "tree"));
    const other = await gitRepository();
    await git(other, "commit", "--allow-empty", "-m", "start");
    await git(top, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", other, "module");
    expect((await openRepository(join(top, "module"))).folder).toBe(join(top, "module"));
  });

  it("falls back to the workspace's folder, then to one that has an id", async () => {
    const outer = await temporaryFolder();
    const inner = join(outer, "inner");
    await mkdir(inner);
    const file = join(inner, "a.ts");
    await expect(openRepository(file)).rejects.toMatchObject({ code: "repository" });
    expect(await openRepository(file, [outer, inner, "/elsewhere"])).toMatchObject({
      folder: inner,
      isGit: false,
    });
    await (await openRepository(outer, [outer])).ensureId();
    expect((await openRepository(file)).folder).toBe(outer);
  });
});

describe("the .proofline folder", () => {
  it("is read as far as all of its evidence may take, and says how far that is", async () => {
    const top = await temporaryFolder();
    const folder = join(top, ".proofline", "evidence");
    await mkdir(folder, { recursive: true });
    for (const name of ["a", "b", "c", "d"]) {
      await writeFile(join(folder, `${name}.json`), "x".repeat(40));
    }
    for (const [bytes, whole] of [
      [160, 4],
      [159, 3],
      [40, 1],
      [39, 0],
    ] as const) {
      const found: string[] = [];
      for await (const file of new Repository(top, false, bytes).evidenceFiles()) {
        found.push(file.kind === "read" ? file.path.slice(-6) : file.reason);
      }
      const reason = `Only ${whole} of its 4 files were read: together they are larger than ${bytes} bytes.`;
      const names = ["a.json", "b.json", "c.json", "d.json"].slice(0, whole);
      expect(found).toEqual(whole === 4 ? names : [...names, reason]);
    }
  });

  it("gets an id that counts, whoever comes first, and keeps it", async () => {
    const top = await gitRepository();
    const repository = await openRepository(top);
    expect(await repository.ids()).toEqual({ ids: [], damaged: [] });
    const made = await Promise.all(Array.from({ length: 8 }, () => repository.ensureId()));
    const { ids, damaged } = await repository.ids();
    expect(damaged).toEqual([]);
    expect(ids).toEqual(expect.arrayContaining(made));
    expect(await repository.ensureId()).toBe(ids[0]);
    expect(await repository.ids()).toEqual({ ids, damaged: [] });
    expect(await readFile(join(top, ".proofline", ".gitattributes"), "utf8")).toBe(
      "* -text -filter -ident -working-tree-encoding linguist-generated\n",
    );
  });

  it.each(["", "{}", '{"id":"x"}', `{"id":"${"0".repeat(32)}","more":1}`])(
    "is not given another id where %j stands, and loses no other by it",
    async (text) => {
      const top = await gitRepository();
      await mkdir(join(top, ".proofline", "repository"), { recursive: true });
      await writeFile(join(top, ".proofline", "repository", "a.json"), text);
      const repository = await openRepository(top);
      await expect(repository.ensureId()).rejects.toThrow(/repository\/a\.json cannot be read/);
      await writeFile(join(top, ".proofline", "repository", "b.json"), formatId("0f".repeat(16)));
      expect(await repository.ids()).toMatchObject({
        ids: ["0f".repeat(16)],
        damaged: [{ path: ".proofline/repository/a.json" }],
      });
      expect(await repository.ensureId()).toBe("0f".repeat(16));
    },
  );

  it("has the ids of both branches where work began on two, without a conflict", async () => {
    const top = await gitRepository();
    const git = (...parameters: string[]) => execFileSync("git", parameters, { cwd: top, stdio: "pipe" });
    git("config", "user.name", "somebody");
    git("config", "user.email", "somebody@localhost");
    git("commit", "--allow-empty", "--message", "nothing yet");
    const begun: string[] = [];
    for (const branch of ["one", "two"]) {
      git("checkout", "--quiet", "--detach", "HEAD");
      git("checkout", "--quiet", "-b", branch, begun.length === 0 ? "HEAD" : "one~1");
      begun.push(await (await openRepository(top)).ensureId());
      git("add", "--all");
      git("commit", "--message", branch);
    }
    git("merge", "--quiet", "one");
    expect((await (await openRepository(top)).ids()).ids).toEqual(begun.sort());
  });

  it("counts no more ids than anybody needs", async () => {
    const top = await gitRepository();
    const folder = join(top, ".proofline", "repository");
    await mkdir(folder, { recursive: true });
    for (let index = 0; index < 70; index += 1) {
      await writeFile(join(folder, `${index}.json`), formatId(index.toString(16).padStart(32, "0")));
    }
    const { ids, damaged } = await (await openRepository(top)).ids();
    expect([ids.length, damaged]).toEqual([64, [expect.objectContaining({ path: ".proofline/repository" })]]);
  });

  it("keeps evidence and anchors as they were first written", async () => {
    const repository = await openRepository(await gitRepository());
    expect(await all(repository.evidenceFiles())).toEqual([]);
    expect(await repository.writeEvidence(root, "one")).toBe(true);
    expect(await repository.writeEvidence(root, "two")).toBe(false);
    expect(await repository.writeAnchor(`${root}.31337-00c0ffee.json`, "anchor")).toBe(true);
    const [evidence] = await all(repository.evidenceFiles());
    expect(evidence).toMatchObject({ kind: "read", bytes: Buffer.from("one") });
    expect(await all(repository.anchorFiles())).toHaveLength(1);
  });

  it("says what is in the way of an evidence file", async () => {
    const top = await gitRepository();
    await mkdir(join(top, ".proofline", "evidence", `${root}.json`), { recursive: true });
    await expect((await openRepository(top)).writeEvidence(root, "one")).rejects.toMatchObject({
      reason: expect.stringContaining("is in the way"),
      remedy: "makeRepositoryWritable",
    });
  });

  it.skipIf(!posix)(
    "is listed with links out of it, pipes and files that are too large as unreadable, each with its reason",
    async () => {
      const top = await gitRepository();
      const outside = join(await temporaryFolder(), "secret.json");
      await writeFile(outside, "{}");
      const folder = join(top, ".proofline", "evidence");
      await mkdir(join(folder, "folder.json"), { recursive: true });
      await symlink(outside, join(folder, "link.json"));
      await promisify(execFile)("mkfifo", [join(folder, "pipe.json")]);
      await writeFile(join(folder, "large.json"), "");
      await truncate(join(folder, "large.json"), 5 * 1024 * 1024);
      await writeFile(join(folder, "note.txt"), "");
      await writeFile(join(folder, "any name.json"), "{}");
      const files = await all((await openRepository(top)).evidenceFiles());
      expect(files.map(({ path, kind }) => [path.split("/").at(-1), kind === "read"])).toEqual([
        ["any name.json", true],
        ["large.json", false],
        ["link.json", false],
        ["pipe.json", false],
      ]);
      await symlink("absent.json", join(folder, "nowhere.json"));
      await symlink("circle.json", join(folder, "circle.json"));
      await symlink("folder.json", join(folder, "to a folder.json"));
      const again = await all((await openRepository(top)).evidenceFiles());
      const reasons = again.flatMap((file) =>
        file.kind === "unreadable" ? [[file.path.split("/").at(-1), file.reason]] : [],
      );
      expect(Object.fromEntries(reasons)).toEqual({
        "circle.json": "It is a link that leads in circles.",
        "large.json": expect.stringMatching(/^It is too large: 5242880 bytes, of at most \d+\.$/),
        "link.json": "It is a link that leads out of the repository.",
        "nowhere.json": "It is a link that leads nowhere.",
        "pipe.json": "It is not a regular file.",
        "to a folder.json": "It is a folder.",
      });
    },
  );

  it.skipIf(!posix)("is never written through a link", async () => {
    const top = await gitRepository();
    const outside = await temporaryFolder();
    await symlink(outside, join(top, ".proofline"));
    const repository = await openRepository(top);
    await expect(repository.ensureId()).rejects.toThrow(/cannot be written/);
    await expect(repository.writeEvidence(root, "x")).rejects.toThrow(/cannot be written/);
    expect(await readdir(outside)).not.toContain("repository");
  });

  it.skipIf(!posix || process.getuid?.() === 0)(
    "says that a read-only folder cannot be written",
    async () => {
      const top = await gitRepository();
      await chmod(top, 0o500);
      onTestFinished(() => chmod(top, 0o700));
      await expect((await openRepository(top)).ensureId()).rejects.toMatchObject({ code: "repository" });
    },
  );
});

describe("refusalFor", () => {
  it("refuses ignored, secret-like and foreign files, and nothing else", async () => {
    const top = await gitRepository();
    await writeFile(join(top, ".gitignore"), "build/\n*.log\n");
    await mkdir(join(top, "build"));
    await writeFile(join(top, "build", "tracked.ts"), "");
    await git(top, "add", "-f", "build/tracked.ts");
    const repository = await openRepository(top);
    const refusals = async (paths: readonly string[]): Promise<(string | null)[]> =>
      Promise.all(paths.map((path) => repository.refusals.of(path)));
    expect(
      await refusals(["src/a.ts", "build/tracked.ts", "ä b/ü.ts", "-q", ":(top)x", ".env.example"]),
    ).toEqual([null, null, null, null, null, null]);
    for (const path of [
      "build/a.ts",
      "x.log",
      ".env",
      "keys/id_rsa",
      "../a.ts",
      ".git/config",
      ".proofline/x.json",
    ]) {
      expect(await repository.refusals.of(path), path).toMatch(/\.$/);
    }
  });

  it("notices a changed ignore file after refresh", async () => {
    const top = await gitRepository();
    const repository = await openRepository(top);
    expect(await repository.refusals.of("a.ts")).toBeNull();
    await writeFile(join(top, ".gitignore"), "a.ts\n");
    repository.refusals.forget();
    expect(await repository.refusals.of("a.ts")).toMatch(/ignored/);
  });

  it.skipIf(!posix)("runs nothing that the repository's settings name", async () => {
    const top = await gitRepository();
    await writeFile(join(top, "a.ts"), "");
    await git(top, "add", "a.ts");
    const trap = join(top, "trap.sh");
    const sprung = join(top, "sprung");
    await writeFile(trap, `#!/bin/sh\ntouch ${sprung}\n`, { mode: 0o755 });
    for (const name of ["core.fsmonitor", "core.pager", "core.sshCommand", "core.editor"]) {
      await git(top, "config", name, trap);
    }
    const repository = await openRepository(top);
    expect(await repository.refusals.of("a.ts")).toBeNull();
    await expect(stat(sprung)).rejects.toThrow();
    // The trap works: git without our settings springs it.
    await git(top, "status");
    await stat(sprung);
  });

  it("asks this repository, whatever a hook's variables say", async () => {
    const [top, other] = [await gitRepository(), await gitRepository()];
    await writeFile(join(top, ".gitignore"), "a.ts\n");
    process.env.GIT_DIR = join(other, ".git");
    onTestFinished(() => {
      delete process.env.GIT_DIR;
    });
    expect(await (await openRepository(top)).refusals.of("a.ts")).toMatch(/ignored/);
  });
});

describe("readText", () => {
  it("gives LF, no byte order mark, and nothing from outside", async () => {
    const top = await gitRepository();
    await writeFile(join(top, "a.ts"), "\uFEFFa\r\nb");
    const repository = await openRepository(top);
    expect(await repository.readText("a.ts")).toBe("a\nb");
    expect(await repository.readText("missing.ts")).toBeNull();
    expect(await repository.readText("../a.ts")).toBeNull();
    if (posix) {
      await symlink("/etc/hostname", join(top, "link.ts"));
      expect(await repository.readText("link.ts")).toBeNull();
    }
  });
});

describe("which prompts travel", () => {
  const file = "import { b } from './b';\n\nfunction f(a) {\n  return a + b;\n}\n";
  const prompt = (prefix: string, suffix = "", context: Prompt["context"] = []): Prompt => ({
    path: "a.ts",
    prefix,
    suffix,
    context,
  });

  it("those whose every line stands in the saved file", () => {
    expect(standsIn(prompt("import { b } from './b';\n\nfunction f(a) {\n  return", "\n}\n"), [file])).toBe(
      true,
    );
    expect(standsIn(prompt("from './b';\n\nfunction f(a) {\n  return a", " b;\n}"), [file])).toBe(true);
    expect(standsIn(prompt(""), [file])).toBe(true);
    expect(standsIn(prompt("function f(a) {\n\treturn a+b;\n}"), [file])).toBe(true);
    expect(standsIn(prompt("", "a + b"), [file])).toBe(true);
  });

  it("not those with a line that was changed or removed since", () => {
    expect(standsIn(prompt("const gone = 1;\nfunction f(a) {\n"), [file])).toBe(false);
    expect(standsIn(prompt("function f(a) {\n  retrun"), [file])).toBe(false);
    expect(standsIn(prompt("", "a - b"), [file])).toBe(false);
    expect(standsIn(prompt("function f(a) {\n", "  old line\n}\n"), [file])).toBe(false);
    expect(standsIn(prompt("function f(a) {\n", "", [{ path: "b.ts", text: "secret\n" }]), [file])).toBe(
      false,
    );
  });

  it("only from files that are saved, not ignored, and without secrets", async () => {
    const top = await gitRepository();
    await writeFile(join(top, ".gitignore"), "private.ts\n");
    await writeFile(join(top, "a.ts"), file);
    await writeFile(join(top, "b.ts"), "export const b = 1;\n");
    await writeFile(join(top, "private.ts"), "export const c = 1;\n");
    const key = "const key = 'AKIAIOSFODNN7EXAMPLE';\n";
    await writeFile(join(top, "keys.ts"), key);
    const repository = await openRepository(top);
    const good = prompt("function f(a) {\n", "", [{ path: "b.ts", text: "export const b = 1;\n" }]);
    expect(await repository.promptObstacle("a.ts", good)).toBeNull();
    const ignored = prompt("function f(a) {\n", "", [{ path: "private.ts", text: "export const c = 1;\n" }]);
    expect(await repository.promptObstacle("a.ts", ignored)).toMatch(/ignored/);
    expect(await repository.promptObstacle("a.ts", prompt("unsaved();\n"))).toMatch(/saved files/);
    const quoting = (path: string, text: string): Prompt =>
      prompt("function f(a) {\n", "", [
        { path: "b.ts", text: "export const b = 1;\n" },
        { path, text },
      ]);
    expect(await repository.promptObstacle("a.ts", quoting("b.ts", "export const b = 2;\n"))).toMatch(
      /saved/,
    );
    expect(await repository.promptObstacle("a.ts", quoting("gone.ts", "export const d = 2;\n"))).toMatch(
      /saved/,
    );
    expect(await repository.promptObstacle("a.ts", quoting(".env", "b\n"))).toMatch(/secrets/);
    expect(await repository.promptObstacle("a.ts", quoting("keys.ts", key))).toMatch(/AWS/);
    expect(await repository.promptObstacle("keys.ts", prompt(key))).toMatch(/AWS/);
  });
});

describe("secrets", () => {
  it.each([
    "-----BEGIN RSA PRIVATE KEY-----",
    `token = "ghp_${"a1".repeat(18)}"`,
    `xoxb-${"1234567890"}-abcdef`,
    `AIza${"B".repeat(35)}`,
    `sk_live_${"4".repeat(24)}`,
    `sk-proj-${"x".repeat(40)}`,
    `eyJ${"a".repeat(20)}.eyJ${"b".repeat(20)}.${"c".repeat(20)}`,
    "postgres://user:hunter22@db.example/x",
    'const password = "correct-horse-battery";',
    "'apiKey': '0123456789abcdef'",
    `PRIVATE_KEY=0x${"ab".repeat(32)}`,
  ])("finds %s", (text) => {
    expect(findSecret(`before\n${text}\nafter`)).not.toBeNull();
  });

  it.each([
    "const password = readPassword();",
    'const tokenize = (text) => text.split(" ");',
    "https://example.com/a:b",
    `digest: "${"ab".repeat(32)}"`,
    'label: "Password",',
    "import { secret } from './secret';",
    ["url = `postgres://", "{user}:", "{password}@host/db`"].join("$"),
  ])("leaves %s", (text) => {
    expect(findSecret(text)).toBeNull();
  });

  it("takes a file for secret by its name", () => {
    for (const path of [
      ".env",
      "a/.env.local",
      "server.key",
      "x.pem",
      ".ssh/config",
      "id_ed25519",
      "secrets.yaml",
    ]) {
      expect(looksSecret(path), path).toBe(true);
    }
    for (const path of [
      ".env.example",
      "src/keyboard.ts",
      "src/env.ts",
      "secretFiles.ts",
      "docs/credentials.md",
    ]) {
      expect(looksSecret(path), path).toBe(false);
    }
  });
});

async function gitRepository(): Promise<string> {
  const folder = await temporaryFolder();
  await git(folder, "init", "-q");
  return folder;
}

async function git(folder: string, ...parameters: readonly string[]): Promise<void> {
  const { GIT_DIR: _directory, ...env } = process.env;
  const identity = [
    "-c",
    "user.name=Sample",
    "-c",
    "user.email=sample@example.com",
    "-c",
    "commit.gpgsign=false",
  ];
  await promisify(execFile)("git", [...identity, ...parameters], { cwd: folder, env });
}

async function all<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const found: Item[] = [];
  for await (const item of items) {
    found.push(item);
  }
  return found;
}
