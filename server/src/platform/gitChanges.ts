import { OWN_INDEX, runGit } from "./git";

/** A file that is not as it was. One that was renamed is one that is gone, and one that is new. */
export interface ChangedFile {
  /** Below the top, today's name; of one that is gone the name that it had. */
  readonly path: string;
  /** Today's lines that are new or other than before, from one, in order; none where some were only taken away. */
  readonly lines: readonly LineRange[];
  /** Whether it lay there under this name before. */
  readonly isNew: boolean;
  readonly isGone: boolean;
}

/** From one, both included. */
export interface LineRange {
  readonly start: number;
  readonly end: number;
}

/** Whatever attributes and settings of the repository say: its text, compared line by line; of submodules which commit they are at. */
const PLAINLY = [
  ...[
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
    "--text",
    "--unified=0",
    "--find-renames",
    "--no-relative",
  ],
  ...[
    "--ignore-submodules=dirty",
    "--submodule=short",
    "--src-prefix=a/",
    "--dst-prefix=b/",
    "--inter-hunk-context=0",
  ],
];

/**
 * The files of the work tree that differ from a commit, with their changed lines; files that git does not track yet are new as a whole.
 * `null` where git cannot say.
 */
export async function changesSince(root: string, commit: string): Promise<readonly ChangedFile[] | null> {
  const [diff, untracked] = await Promise.all([
    runGit(root, ["-c", "core.quotePath=true", "diff", ...PLAINLY, commit, "--"], ""),
    runGit(root, ["ls-files", "-z", "--others", "--exclude-standard"], ""),
  ]);
  if (diff === null || untracked === null) {
    return null;
  }
  const fresh = untracked.split("\0").filter((path) => path !== "");
  return [
    ...(await asCheckedOut(root, readDiff(diff))),
    ...fresh.map((path) => ({ path, lines: WHOLE, isNew: true, isGone: false })),
  ];
}

/** The files that the next commit changes, with their changed lines; `null` where git cannot say. */
export async function stagedChanges(root: string): Promise<readonly ChangedFile[] | null> {
  const parameters = ["-c", "core.quotePath=true", "diff", "--cached", ...PLAINLY, "--"];
  const diff = await runGit(root, parameters, "", OWN_INDEX);
  return diff === null ? null : asCheckedOut(root, readDiff(diff));
}

/** Where lines are no lines of what is checked out, all of them count. */
async function asCheckedOut(root: string, files: readonly ChangedFile[]): Promise<readonly ChangedFile[]> {
  const converted = await convertedAmong(
    root,
    files.map(({ path }) => path),
  );
  return files.map((file) => (!file.isGone && converted.has(file.path) ? { ...file, lines: WHOLE } : file));
}

/** Those of which git compares another text than it checks out, as with files of LFS: lines there are no lines here. */
async function convertedAmong(root: string, paths: readonly string[]): Promise<ReadonlySet<string>> {
  const parameters = ["check-attr", "-z", "--stdin", "filter", "working-tree-encoding"];
  const input = paths.map((path) => `${path}\0`).join("");
  const output = paths.length === 0 ? "" : await runGit(root, parameters, input);
  // Where git cannot say, it may be any.
  return output === null
    ? new Set(paths)
    : new Set(
        [...output.matchAll(/([^\0]+)\0[^\0]+\0([^\0]*)\0/g)].flatMap(([, path = "", value = ""]) =>
          value === "unspecified" || value === "unset" ? [] : [path],
        ),
      );
}

const WHOLE: readonly LineRange[] = [{ start: 1, end: Number.MAX_SAFE_INTEGER }];

/** Reads git's unified diff without context. Lines of files that look like its own are told apart by its counts. */
export function readDiff(diff: string): readonly ChangedFile[] {
  const files: { path: string; lines: LineRange[]; isNew: boolean; isGone: boolean }[] = [];
  const rows = diff.split("\n");
  let content = 0;
  for (const row of rows) {
    const file = files.at(-1);
    if (content > 0) {
      content -= row.startsWith("\\") ? 0 : 1;
    } else if (row.startsWith("diff --git ")) {
      files.push({ path: "", lines: [], isNew: false, isGone: false });
    } else if (file !== undefined && row.startsWith("+++ ")) {
      const name = nameIn(row.slice(4));
      file.isGone ||= name === null;
      file.path = name ?? file.path;
    } else if (file !== undefined && row.startsWith("rename from ")) {
      const path = unquoted(row.slice("rename from ".length));
      files.splice(-1, 0, { path, lines: [], isNew: false, isGone: true });
    } else if (file !== undefined && row.startsWith("rename to ")) {
      file.path = unquoted(row.slice("rename to ".length));
      file.isNew = true;
    } else if (file !== undefined && row.startsWith("new file mode ")) {
      file.isNew = true;
    } else if (file !== undefined && row.startsWith("--- ") && file.path === "") {
      file.path = nameIn(row.slice(4)) ?? "";
    } else {
      const [, removed = "1", start, added = "1"] =
        /^@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(row) ?? [];
      if (file !== undefined && start !== undefined) {
        content = Number(removed) + Number(added);
        if (Number(added) > 0) {
          file.lines.push({ start: Number(start), end: Number(start) + Number(added) - 1 });
        }
      }
    }
  }
  return files.filter(({ path }) => path !== "");
}

/** A name of a diff's header without its prefix; `null` for `/dev/null`. */
function nameIn(field: string): string | null {
  const name = unquoted(field.replace(/\t$/, ""));
  return name === "/dev/null" ? null : name.slice(2);
}

/** A path as git quotes it in C's way, with octal bytes. */
function unquoted(field: string): string {
  if (!field.startsWith('"')) {
    return field;
  }
  const bytes: number[] = [];
  const inner = Buffer.from(field.slice(1, -1), "utf8").toString("latin1");
  for (const [, octal, sign, plain] of inner.matchAll(/\\([0-7]{3})|\\(.)|([^\\])/gs)) {
    if (octal !== undefined) {
      bytes.push(Number.parseInt(octal, 8));
    } else {
      bytes.push((plain ?? ESCAPES[sign ?? ""] ?? sign ?? "").charCodeAt(0));
    }
  }
  return Buffer.from(bytes).toString("utf8");
}

const ESCAPES: Readonly<Record<string, string>> = {
  ...{ a: "\x07", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" },
};
