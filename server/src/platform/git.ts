import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";

/** A folder's repository may tell git to run programs; these settings keep it from that, whatever it says. */
const HARMLESS = ["-c", "core.fsmonitor=false", "-c", "core.pager=cat", "--no-optional-locks"];

/** Nor does any question start a hook; the one where hooks lie could not be answered with this. */
const WITHOUT_HOOKS = ["-c", "core.hooksPath=/dev/null"];

/**
 * Of what a partial clone lacks, git would ask the remote, by whatever program the repository's settings name for its protocol.
 * Among the allowed ones is none of that name, and no setting goes before this.
 */
const NO_PROTOCOL = "none";

const LIMIT_MILLISECONDS = 10_000;

/**
 * The innermost folder, from `folder` upwards, that is the top of a git work tree, or `null`. Work trees and
 * submodules, whose `.git` is a file, are tops of their own. Runs nothing.
 */
export async function gitTop(folder: string): Promise<string | null> {
  for (let current = folder; ; current = dirname(current)) {
    if (await isGitTop(current)) {
      return current;
    }
    if (dirname(current) === current) {
      return null;
    }
  }
}

/**
 * Which of some paths below `root` git ignores. Resolves to `null` where git cannot say: it is not installed, or
 * refuses the folder. Tracked files are never ignored.
 */
export async function ignoredPaths(
  root: string,
  paths: readonly string[],
): Promise<ReadonlySet<string> | null> {
  const output = await runGit(
    root,
    ["check-ignore", "-z", "--stdin"],
    // A path that begins with a colon would mean something to git; check-ignore knows no --literal-pathspecs.
    paths.map((path) => `./${path}\0`).join(""),
  );
  if (output === null) {
    return null;
  }
  return new Set(output.split("\0").flatMap((path) => (path === "" ? [] : [path.replace(/^\.\//, "")])));
}

/**
 * All files below `root` that git tracks or would track, by their paths below it. Resolves to `null` where git cannot
 * say.
 */
export async function listedFiles(root: string): Promise<readonly string[] | null> {
  const output = await runGit(root, ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], "");
  return output === null ? null : [...new Set(output.split("\0").filter((path) => path !== ""))];
}

/** The regular files below `root` that git tracks, by their paths below it; links and submodules are none. `null` where git cannot say. */
export async function trackedFiles(root: string): Promise<readonly string[] | null> {
  const output = await runGit(root, ["ls-files", "-z", "--cached", "--stage"], "");
  const paths = output?.split("\0").flatMap((entry) => /^100[0-7]{3} [^\t]*\t(.+)$/s.exec(entry)?.[1] ?? []);
  // While a merge waits for somebody, a file is listed once for each of its sides.
  return paths === undefined ? null : [...new Set(paths)];
}

/** Which of some paths below `root` git tracks; none where git cannot say. */
export async function trackedPaths(root: string, paths: readonly string[]): Promise<ReadonlySet<string>> {
  if (paths.length === 0) {
    return new Set();
  }
  const output = await runGit(
    root,
    ["--literal-pathspecs", "ls-files", "-z", "--cached", "--", ...paths.map((path) => `./${path}`)],
    "",
  );
  const tracked = new Set(output?.split("\0"));
  return new Set(paths.filter((path) => tracked.has(path)));
}

/** Every regular file that git tracks, so neither links nor what lies behind them or in a submodule; none where git cannot say. */
export async function regularFiles(root: string): Promise<ReadonlySet<string>> {
  const output = await runGit(root, ["ls-files", "-z", "--cached", "--stage"], "");
  return new Set(
    output?.split("\0").flatMap((entry) => /^100[0-7]{3} [^\t]+\t(.+)$/s.exec(entry)?.[1] ?? []),
  );
}

/** The commit at which the branch here left another one; `null` where git knows none, as in a shallow clone. */
export async function mergeBaseOf(root: string, commit: string): Promise<string | null> {
  const output = await runGit(root, ["merge-base", commit, "HEAD"], "");
  const base = output?.trim() ?? "";
  return /^[0-9a-f]{40,64}$/.test(base) ? base : null;
}

/** A file of a commit. */
export interface CommittedFile {
  readonly path: string;
  /** Whether it is neither a link nor a submodule. */
  readonly isRegular: boolean;
  /** Git's name of its content. */
  readonly object: string;
  /** Bytes. */
  readonly size: number;
}

/** Where git looks for a ref by a short name, in its order. */
const REF_PLACES: readonly ((name: string) => string)[] = [
  (name) => name,
  (name) => `refs/${name}`,
  (name) => `refs/tags/${name}`,
  (name) => `refs/heads/${name}`,
  (name) => `refs/remotes/${name}`,
  (name) => `refs/remotes/${name}/HEAD`,
];

/**
 * Whether several refs bear the name with which a revision begins. Git takes the first, so that whoever may push a tag called
 * `origin/main` would decide which commit that is.
 */
async function isAmbiguous(root: string, revision: string): Promise<boolean> {
  const [name = ""] = revision.split(/[~^:]|@\{/);
  if (name.startsWith("refs/")) {
    return false;
  }
  const places = REF_PLACES.map((placeOf) => placeOf(name));
  const output = await runGit(root, ["show-ref"], "");
  const known = new Set(output?.split("\n").map((line) => line.slice(line.indexOf(" ") + 1)));
  return places.filter((place) => known.has(place)).length > 1;
}

/** The commit that a revision names, or `null` where git knows none, or several. */
export async function commitOf(root: string, revision: string): Promise<string | null> {
  if (await isAmbiguous(root, revision)) {
    return null;
  }
  const output = await runGit(
    root,
    ["rev-parse", "--verify", "--quiet", "--end-of-options", `${revision}^{commit}`],
    "",
  );
  const commit = output?.trim() ?? "";
  return /^[0-9a-f]{40,64}$/.test(commit) ? commit : null;
}

/** What lies at a path, or below it, in a commit. `null` where git cannot say, or lacks a file. */
export async function committedFiles(
  root: string,
  commit: string,
  path: string | null,
): Promise<readonly CommittedFile[] | null> {
  const below = path === null ? [] : ["--", path];
  const output = await runGit(root, ["ls-tree", "-r", "-z", "-l", "--full-tree", commit, ...below], "");
  const files =
    output?.split("\0").flatMap((entry) => {
      const match = /^([0-7]{6}) [a-z]+ ([0-9a-f]{40,64}) +(\S+)\t(.+)$/s.exec(entry);
      const [, mode = "", object, size, name] = match ?? [];
      const isRegular = mode.startsWith("100");
      return object === undefined || name === undefined
        ? []
        : [{ path: name, isRegular, object, size: Number(size) }];
    }) ?? null;
  // Of an object that is not in this clone git tells no size.
  return files === null || files.some(({ isRegular, size }) => isRegular && Number.isNaN(size))
    ? null
    : files;
}

/** The contents of objects, in their order; `null` for one that is not there. */
export async function contentsOf(
  root: string,
  objects: readonly string[],
): Promise<readonly (Uint8Array | null)[]> {
  const output = await runGitForBytes(
    root,
    ["cat-file", "--batch"],
    objects.map((one) => `${one}\n`).join(""),
  );
  const contents: (Uint8Array | null)[] = [];
  let at = 0;
  for (let index = 0; index < objects.length; index += 1) {
    const end = output?.indexOf(10, at) ?? -1;
    if (output === null || end === -1) {
      contents.push(null);
      continue;
    }
    const size = / blob ([0-9]+)$/.exec(output.toString("latin1", at, end))?.[1];
    at = end + 1;
    if (size === undefined) {
      contents.push(null);
      continue;
    }
    contents.push(output.subarray(at, at + Number(size)));
    at += Number(size) + 1;
  }
  return contents;
}

/** Git's name of a file with this content, spelled as long as `like`. */
export function objectOf(content: Uint8Array, like: string): string {
  return createHash(like.length === 64 ? "sha256" : "sha1")
    .update(`blob ${content.length}\0`)
    .update(content)
    .digest("hex");
}

/** A note on a commit, as text; `null` where there is none. */
export async function noteOn(
  root: string,
  ref: string,
  commit: string,
  maxBytes: number,
): Promise<
  | { readonly kind: "note"; readonly text: string }
  | { readonly kind: "unreadable"; readonly text: null }
  | null
> {
  const listed = await runGit(root, ["notes", "--ref", ref, "list", commit], "");
  const object = listed?.trim() ?? null;
  if (object === "") {
    return null;
  }
  const size = object === null ? 0 : Number(await runGit(root, ["cat-file", "-s", object], ""));
  const [content = null] =
    object !== null && size > 0 && size <= maxBytes ? await contentsOf(root, [object]) : [];
  return content === null
    ? { kind: "unreadable", text: null }
    : { kind: "note", text: Buffer.from(content).toString("utf8") };
}

/** What the next commit changes, by paths below the top. A file that was renamed is one removed and one added. */
export interface Staging {
  readonly added: ReadonlySet<string>;
  readonly changed: ReadonlySet<string>;
  readonly removed: ReadonlySet<string>;
  /** Files whose staged content may be another than what is saved: changed since, or taken off the disk. */
  readonly unlikeSaved: ReadonlySet<string>;
}

/** What is staged in the index that git's caller works with, be it a commit's own; `null` where git cannot say. */
export async function stagingIn(root: string): Promise<Staging | null> {
  const [changes, unlikeSaved] = await Promise.all([
    runGit(root, ["diff", "--cached", "--no-renames", "--no-ext-diff", "--name-status", "-z"], "", OWN_INDEX),
    runGit(root, ["diff-files", "--name-only", "-z"], "", OWN_INDEX),
  ]);
  if (changes === null || unlikeSaved === null) {
    return null;
  }
  const added = new Set<string>();
  const changed = new Set<string>();
  const removed = new Set<string>();
  for (const [, kind = "", path = ""] of changes.matchAll(/([A-Z])\0([^\0]+)\0/g)) {
    (kind === "A" ? added : kind === "D" ? removed : changed).add(path);
  }
  return {
    added,
    changed,
    removed,
    unlikeSaved: new Set(unlikeSaved.split("\0").filter((path) => path !== "")),
  };
}

/** A staged file's content as git would save it: filters and line ends applied. `null` where git has no such file. */
export function stagedContent(root: string, path: string): Promise<Uint8Array | null> {
  return runGitForBytes(root, ["cat-file", "--filters", `:0:${path}`], "", OWN_INDEX);
}

/** Where git looks for hooks: the repository's own folder, or the one that `core.hooksPath` names. */
export interface HooksFolder {
  /** Absolute; it may not be there. */
  readonly path: string;
  /** Whether `core.hooksPath` names it. */
  readonly isNamed: boolean;
}

/** Asks git where the hooks of a work tree lie; `null` where git cannot say. */
export async function hooksFolder(root: string): Promise<HooksFolder | null> {
  const output = await runGit(root, ["rev-parse", "--git-path", "hooks", "--git-common-dir"], "", {
    hooks: true,
  });
  const [path, common] = output?.split("\n") ?? [];
  return path === undefined || common === undefined
    ? null
    : { path: resolve(root, path), isNamed: resolve(root, path) !== resolve(root, common, "hooks") };
}

/** Whether a folder lies in a repository that has no work tree. */
export async function isInBareRepository(folder: string): Promise<boolean> {
  return (await runGit(folder, ["rev-parse", "--is-bare-repository"], ""))?.trim() === "true";
}

async function isGitTop(folder: string): Promise<boolean> {
  const git = join(folder, ".git");
  try {
    const info = await stat(git);
    if (info.isDirectory()) {
      return (await stat(join(git, "HEAD"))).isFile();
    }
    return info.isFile() && info.size < 65_536 && (await readFile(git, "utf8")).startsWith("gitdir:");
  } catch {
    return false;
  }
}

export interface GitOptions {
  /** Whether the index that a commit named for its hooks counts, and not the repository's. */
  readonly index?: boolean;
  /** Whether git may know of hooks. */
  readonly hooks?: boolean;
}

/** `git commit -a` and `git commit PATH` stage into an index of their own. */
export const OWN_INDEX: GitOptions = { index: true };

/** What git prints; `null` where it cannot say. */
export async function runGit(
  root: string,
  parameters: readonly string[],
  input: string,
  options: GitOptions = {},
): Promise<string | null> {
  return (await runGitForBytes(root, parameters, input, options))?.toString("utf8") ?? null;
}

/** Exit codes 0 and 1 are answers of `check-ignore`; anything else is none. */
function runGitForBytes(
  root: string,
  parameters: readonly string[],
  input: string,
  { index = false, hooks = false }: GitOptions = {},
): Promise<Buffer | null> {
  return new Promise((resolve) => {
    const child = spawn("git", [...HARMLESS, ...(hooks ? [] : WITHOUT_HOOKS), "-C", root, ...parameters], {
      env: gitVariables(index),
      stdio: ["pipe", "pipe", "ignore"],
      timeout: LIMIT_MILLISECONDS,
      windowsHide: true,
    });
    const chunks: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.on("error", () => resolve(null));
    child.on("close", (code) => resolve(code === 0 || code === 1 ? Buffer.concat(chunks) : null));
    // A git that ends early closes the pipe; its exit code tells.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
  });
}

/** Inside a hook, git's own variables point it at that hook's repository and index. */
function gitVariables(index: boolean): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !name.toUpperCase().startsWith("GIT_") || (index && name === "GIT_INDEX_FILE"),
  );
  return {
    ...Object.fromEntries(own),
    GIT_ALLOW_PROTOCOL: NO_PROTOCOL,
    GIT_TERMINAL_PROMPT: "0",
    LC_ALL: "C",
  };
}
