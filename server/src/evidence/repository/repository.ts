import { isUtf8 } from "node:buffer";
import { randomBytes } from "node:crypto";
import { constants, type Stats } from "node:fs";
import { type FileHandle, lstat, mkdir, open, readdir, realpath, stat } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import type { Prompt } from "../../inference/suggestion";
import type { RepositoryIdentity } from "../../platform/acceptedRecords";
import { createWhole, isErrno, removeAbandoned, writeWhole } from "../../platform/durable";
import { meaningOf, ProoflineError, unreachable } from "../../platform/errors";
import {
  type CommittedFile,
  commitOf,
  committedFiles,
  contentsOf,
  gitTop,
  ignoredPaths,
  listedFiles,
  mergeBaseOf,
  noteOn,
  objectOf,
  regularFiles,
  trackedFiles,
  trackedPaths,
} from "../../platform/git";
import { type ChangedFile, changesSince } from "../../platform/gitChanges";
import { inOrder } from "../../platform/inOrder";
import { isInside } from "../../platform/insideFolder";
import { type Digest, type RandomId, RepositoryPath } from "../../platform/primitives";
import { looksSecret } from "../../platform/secretFiles";
import { findSecret } from "../../platform/secrets";
import { normalizeText } from "../format/commitment";
import { MAX_EVIDENCE_BYTES } from "../format/evidenceFile";
import { standsIn } from "../locate/promptLines";
import { formatId, idIn, type RepositoryIds } from "./repositoryIds";

/** Where evidence lies, below a repository's top. */
export const PROOFLINE_FOLDER = ".proofline";
/** Where its ids lie, one file each. */
export const REPOSITORY_FOLDER = `${PROOFLINE_FOLDER}/repository`;
/** A team's rules, below a repository's top. */
/** What an authority attested. */
export const AUTHORITY_FOLDER = `${PROOFLINE_FOLDER}/authority`;
/** What verifiers found. */
export const RESULTS_FOLDER = `${PROOFLINE_FOLDER}/results`;
export const POLICY_FILE = `${PROOFLINE_FOLDER}/policy.json`;
/** Where VS Code keeps a workspace's settings, below a repository's top. */
export const EDITOR_SETTINGS_FILE = ".vscode/settings.json";

/** Keeps git from changing a byte of these files, whatever it is told of files with their endings: their digests would not hold. */
const ATTRIBUTES = "* -text -filter -ident -working-tree-encoding linguist-generated\n";

/** Longer files are not read as texts. */
export const MAX_TEXT_BYTES = 8 * 1024 * 1024;
const MAX_SMALL_FILE_BYTES = 64 * 1024;
const MAX_LISTED_FILES = 100_000;
/** Far more than branches on which somebody began. */
const MAX_IDS = 64;

/** Bytes of all files of a kind that are read: honest evidence of 100,000 suggestions has half of it. */
const MAX_LISTED_BYTES = 1024 * 1024 * 1024;

/** Files that are read side by side: what waits for the disk waits together, and little is held meanwhile. */
const FILES_AT_ONCE = 8;

/** A file of the `.proofline` folder, as it lies there. Its name is a place to point at and proves nothing. */
export type RepositoryFileContent =
  /** Path below the repository's top. */
  { readonly path: string } & (
    | { readonly kind: "read"; readonly bytes: Uint8Array }
    /** `reason`: why it could not be read, as a sentence. */
    | { readonly kind: "unreadable"; readonly reason: string }
  );

/** What verifying reads of a repository. */
export type RepositoryFiles = Pick<
  Repository,
  | "folder"
  | "ids"
  | "evidenceFiles"
  | "anchorFiles"
  | "approvalFiles"
  | "resultFiles"
  | "files"
  | "hasFile"
  | "obstacleTo"
  | "readText"
  | "readTexts"
  | "readQuotables"
>;

/** A folder whose `.proofline` speaks for the files in it. */
export class Repository {
  private readonly refusals = new Map<string, Promise<string | null>>();

  /** @internal Use `openRepository`. */
  constructor(
    /** Absolute path of the top, without symbolic links. */
    readonly folder: string,
    /** Whether the top is a git work tree. */
    readonly isGit: boolean,
    /** Bytes that are read of all evidence files, and of all anchor files. */
    private readonly mostListedBytes = MAX_LISTED_BYTES,
  ) {}

  /**
   * Why a file (by its path below the top) may not be suggested for, recorded or read, as a sentence; `null` where
   * nothing stands against it. Answers are kept until `refresh`.
   */
  refusalFor(path: string): Promise<string | null> {
    const known = this.refusals.get(path);
    if (known !== undefined) {
      return known;
    }
    const refusal = this.findRefusal(path, () => this.ignoredAmong([path]));
    this.refusals.set(path, refusal);
    return refusal;
  }

  /** The same of many files, for which git is asked once. Those of which nothing stands in the way are missing. */
  async refusalsFor(paths: Iterable<string>): Promise<ReadonlyMap<string, string>> {
    const unknown = [...new Set(paths)].filter((path) => !this.refusals.has(path));
    const ignored = this.isGit && unknown.length > 0 ? this.ignoredAmong(unknown) : null;
    for (const path of unknown) {
      this.refusals.set(
        path,
        this.findRefusal(path, () => ignored),
      );
    }
    const refusals = new Map<string, string>();
    for (const path of paths) {
      const refusal = await this.refusalFor(path);
      if (refusal !== null) {
        refusals.set(path, refusal);
      }
    }
    return refusals;
  }

  /** Forgets what is kept about ignored files. */
  refresh(): void {
    this.refusals.clear();
  }

  /**
   * The repository's ids, in order, of which any counts: where work began on two branches, each made its own, and files of different
   * names merge. None where nothing was sealed yet.
   */
  async ids(): Promise<RepositoryIds> {
    const ids = new Set<RandomId>();
    const damaged: { path: string; problem: string }[] = [];
    for await (const file of this.list("repository", MAX_SMALL_FILE_BYTES)) {
      if (ids.size === MAX_IDS) {
        damaged.push({ path: REPOSITORY_FOLDER, problem: `Only ${MAX_IDS} ids count, and there are more.` });
        break;
      }
      const id = file.kind === "unreadable" ? file : idIn(file.bytes);
      if (typeof id === "string") {
        ids.add(id);
      } else {
        damaged.push({ path: file.path, problem: id.reason });
      }
    }
    return { ids: [...ids].sort(), damaged };
  }

  /** Which repository this is; what cannot be read of that says nothing. */
  async identity(): Promise<RepositoryIdentity> {
    const ids = await this.ids().then(
      (read) => read.ids,
      () => [],
    );
    return { folder: this.folder, ids };
  }

  /** The same where it must have an id: makes one where there is none. */
  async ensureIdentity(): Promise<{ readonly folder: string; readonly id: RandomId }> {
    return { folder: this.folder, id: await this.ensureId() };
  }

  /**
   * An id of the repository, the same for all whose files are the same; makes the `.proofline` folder and a random id where there is none.
   *
   * @throws ProoflineError `repository` where there are ids, and all of them are damaged
   */
  async ensureId(): Promise<RandomId> {
    const { ids, damaged } = await this.ids();
    const [first] = ids;
    const [bad] = damaged;
    if (first !== undefined) {
      return first;
    }
    if (bad !== undefined) {
      throw new ProoflineError("repository", `${bad.path} cannot be read: ${bad.problem}`, "restoreFile");
    }
    const fresh = randomBytes(16).toString("hex");
    await this.writing(async () => {
      const folder = await this.ownFolder(PROOFLINE_FOLDER);
      await createWhole(join(folder, ".gitattributes"), ATTRIBUTES);
      const own = await this.ownFolder(REPOSITORY_FOLDER);
      await createWhole(join(own, `${fresh}.json`), formatId(fresh));
    });
    // Whoever made another one at the same time has the same two now.
    const [made] = (await this.ids()).ids;
    if (made === undefined) {
      throw new ProoflineError(
        "repository",
        "The repository's id disappeared as soon as it was made.",
        "tryAgain",
      );
    }
    return made;
  }

  /**
   * Writes an evidence file. One that is there already stays as it is: a sealed batch never changes. Resolves to whether
   * there was none.
   */
  async writeEvidence(batchRoot: Digest, text: string): Promise<boolean> {
    return this.writeNew("evidence", `${batchRoot}.json`, text);
  }

  /** Writes an anchor file, unless it is there already. Resolves to whether there was none. */
  async writeAnchor(name: string, text: string): Promise<boolean> {
    return this.writeNew("anchors", name, text);
  }

  /** Writes what an authority attested, unless it is there already. Resolves to whether there was none. */
  async writeApproval(name: string, text: string): Promise<boolean> {
    return this.writeNew("authority", name, text);
  }

  /** Writes what a verifier found, unless it is there already. Resolves to whether there was none. */
  async writeResult(name: string, text: string): Promise<boolean> {
    return this.writeNew("results", name, text);
  }

  /** Writes an anchor file in place of one that the chain contradicts. */
  async replaceAnchor(name: string, text: string): Promise<string> {
    return this.writing(async () => {
      const directory = await this.ownFolder(`${PROOFLINE_FOLDER}/anchors`);
      await writeWhole(join(directory, name), text);
      return `${PROOFLINE_FOLDER}/anchors/${name}`;
    });
  }

  /**
   * The models that the repository names, as they stand in `models.json`; `null` where it has no such file.
   *
   * @throws ProoflineError `repository` where the file is too large, a link out of the repository, or not readable.
   */
  modelsFile(maxBytes: number): Promise<Uint8Array | null> {
    return this.readOptional(`${PROOFLINE_FOLDER}/models.json`, maxBytes);
  }

  /**
   * The settings of VS Code that come with the repository; `null` where there are none.
   *
   * @throws ProoflineError `repository` as `modelsFile` does
   */
  editorSettings(maxBytes: number): Promise<Uint8Array | null> {
    return this.readOptional(EDITOR_SETTINGS_FILE, maxBytes);
  }

  /**
   * The team's rules that come with the repository; `null` where there are none.
   *
   * @throws ProoflineError `repository` as `modelsFile` does
   */
  async policyFile(maxBytes: number): Promise<Uint8Array | null> {
    const named = join(this.folder, POLICY_FILE);
    const real = await realpath(named).catch(() => named);
    // In a revision nobody could follow it, so that what counts here would count nowhere else.
    if (real !== named) {
      throw new ProoflineError("repository", `${POLICY_FILE} is a link.`, "restoreFile");
    }
    return this.readOptional(POLICY_FILE, maxBytes);
  }

  /**
   * The same of a revision.
   *
   * @throws ProoflineError `repository` where git knows no such revision or cannot read it, or the file is too large
   */
  async policyAt(revision: string, maxBytes: number): Promise<Uint8Array | null> {
    const file = (await this.ownFilesAt(revision)).find(({ path }) => path === POLICY_FILE);
    const [content = null] =
      file === undefined || file.size > maxBytes ? [] : await contentsOf(this.folder, [file.object]);
    if (file !== undefined && content === null) {
      throw new ProoflineError(
        "repository",
        `Git cannot read the policy of ${revision} in ${this.folder}.`,
        "nameRevision",
      );
    }
    return content;
  }

  /**
   * What lies in `.proofline` in a revision. Where a link or a submodule would lead git does not tell, so that whatever lies there
   * would be missing: whoever replaces evidence by a link to it could take it away in the next change.
   *
   * @throws ProoflineError `repository` where git cannot say, or there are links
   */
  private async ownFilesAt(revision: string): Promise<readonly CommittedFile[]> {
    const commit = this.isGit ? await commitOf(this.folder, revision) : null;
    const committed = commit === null ? null : await committedFiles(this.folder, commit, PROOFLINE_FOLDER);
    if (committed === null) {
      throw new ProoflineError(
        "repository",
        `Git knows no revision ${revision} in ${this.folder}, or several of this name, or lacks some of its files.`,
        "nameRevision",
      );
    }
    const link = committed.find(({ isRegular }) => !isRegular);
    if (link !== undefined) {
      throw new ProoflineError(
        "repository",
        `In ${revision}, ${link.path} is a link or a submodule, so nobody can tell what lies there.`,
        "restoreFile",
      );
    }
    return committed;
  }

  /**
   * Writes a policy where there is none.
   *
   * @returns its path, or `null` where one is there
   */
  async writeNewPolicy(text: string): Promise<string | null> {
    await this.ensureId();
    return this.writing(async () => {
      const folder = await this.ownFolder(PROOFLINE_FOLDER);
      return (await createWhole(join(folder, "policy.json"), text)) ? POLICY_FILE : null;
    });
  }

  private async readOptional(path: string, maxBytes: number): Promise<Uint8Array | null> {
    const found = await this.look(path, maxBytes);
    switch (found.kind) {
      case "read":
        return found.bytes;
      case "absent":
        return null;
      case "unreadable":
        throw new ProoflineError("repository", `${path} ${found.is}.`, "restoreFile");
      default:
        return unreachable(found);
    }
  }

  /** Writes the models that the repository names, in place of what stood there. */
  async writeModelsFile(text: string): Promise<string> {
    await this.ensureId();
    return this.writing(async () => {
      const folder = await this.ownFolder(PROOFLINE_FOLDER);
      await writeWhole(join(folder, "models.json"), text);
      return `${PROOFLINE_FOLDER}/models.json`;
    });
  }

  /** Every file that git tracks or would track; none where the top is no git work tree or git cannot say. */
  async files(): Promise<readonly string[]> {
    return this.isGit ? ((await listedFiles(this.folder)) ?? []) : [];
  }

  /** Every regular file that git tracks; `null` where the top is no git work tree or git cannot say. */
  async trackedFiles(): Promise<readonly string[] | null> {
    return this.isGit ? trackedFiles(this.folder) : null;
  }

  /** The commit that is checked out; `null` where there is none, or git cannot say. */
  head(): Promise<string | null> {
    return this.commit("HEAD");
  }

  /** The commit that a revision names; `null` where git knows none, or several. */
  async commit(revision: string): Promise<string | null> {
    return this.isGit ? commitOf(this.folder, revision) : null;
  }

  /** Which of some files git tracks; none where the top is no git work tree or git cannot say. */
  async tracked(paths: readonly string[]): Promise<ReadonlySet<string>> {
    return this.isGit ? trackedPaths(this.folder, paths) : new Set();
  }

  /** Every file whose changes git tells of, line by line. */
  async regularFiles(): Promise<ReadonlySet<string>> {
    return this.isGit ? regularFiles(this.folder) : new Set();
  }

  /** Whether a path below the top is a file now. */
  async hasFile(path: string): Promise<boolean> {
    if (!RepositoryPath.safeParse(path).success) {
      return false;
    }
    const info = await stat(join(this.folder, path)).catch(() => null);
    return info?.isFile() ?? false;
  }

  /** All evidence files, whatever they are called, in the order of their names. Few of them are held at any time. */
  evidenceFiles(): AsyncIterable<RepositoryFileContent> {
    return this.list("evidence", MAX_EVIDENCE_BYTES);
  }

  /**
   * The evidence files of a commit that do not lie here today with the same content, and the repository's ids in it.
   *
   * @param here what counts as lying here
   * @throws ProoflineError `repository` where git knows no such revision, or cannot read it.
   */
  async evidenceSince(
    revision: string,
    here: Pick<RepositoryFiles, "evidenceFiles"> = this,
  ): Promise<{
    readonly repositoryIds: readonly RandomId[];
    readonly files: readonly { readonly path: string; readonly bytes: Uint8Array }[];
    /** What an authority attested, all of it. */
    readonly approvals: readonly Uint8Array[];
  }> {
    const committed = await this.ownFilesAt(revision);
    // What has links now could be compared with nothing later.
    await this.ownFilesAt("HEAD");
    const today = new Set<string>();
    const [like = ""] = committed.map(({ object }) => object);
    for await (const file of here.evidenceFiles()) {
      if (file.kind === "read") {
        today.add(objectOf(file.bytes, like));
      }
    }
    const wanted = committed.filter(
      ({ path, object, size }) =>
        path.startsWith(`${PROOFLINE_FOLDER}/evidence/`) &&
        path.endsWith(".json") &&
        size <= MAX_EVIDENCE_BYTES &&
        !today.has(object),
    );
    const idFiles = committed.filter(
      ({ path, size }) =>
        path.startsWith(`${REPOSITORY_FOLDER}/`) && path.endsWith(".json") && size <= MAX_SMALL_FILE_BYTES,
    );
    const approvals = committed.filter(
      ({ path, size }) =>
        path.startsWith(`${AUTHORITY_FOLDER}/`) && path.endsWith(".json") && size <= MAX_SMALL_FILE_BYTES,
    );
    const contents = await contentsOf(
      this.folder,
      [...idFiles, ...wanted, ...approvals].map(({ object }) => object),
    );
    // What cannot be read is not gone: a clone may be shallow or partial.
    if (contents.includes(null)) {
      throw new ProoflineError(
        "repository",
        `Git cannot read the evidence of ${revision} in ${this.folder}.`,
        "nameRevision",
      );
    }
    const ids = contents.slice(0, idFiles.length).map((content) => idIn(content ?? new Uint8Array()));
    const bytes = contents.slice(idFiles.length);
    const attested = bytes.slice(wanted.length);
    return {
      repositoryIds: [...new Set(ids.filter((id) => typeof id === "string"))].sort(),
      files: wanted.flatMap(({ path }, index) => {
        const content = bytes[index] ?? null;
        return content === null ? [] : [{ path: `${revision}:${path}`, bytes: content }];
      }),
      approvals: attested.flatMap((content) => content ?? []),
    };
  }

  /**
   * The texts of some files in a commit, with LF; what it does not hold as a text file is missing.
   *
   * @throws ProoflineError `repository` where git knows no such commit, or lacks some of its files
   */
  async textsAt(revision: string, paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const commit = this.isGit ? await commitOf(this.folder, revision) : null;
    const committed = commit === null ? null : await committedFiles(this.folder, commit, null);
    if (committed === null) {
      throw new ProoflineError(
        "repository",
        `Git knows no revision ${revision} in ${this.folder}, or several of this name, or lacks some of its files.`,
        "nameRevision",
      );
    }
    const wanted = new Set(paths);
    const files = committed.filter(
      ({ path, isRegular, size }) => wanted.has(path) && isRegular && size <= MAX_TEXT_BYTES,
    );
    const texts = new Map<string, string>();
    for (let from = 0; from < files.length; from += FILES_AT_ONCE) {
      const some = files.slice(from, from + FILES_AT_ONCE);
      const contents = await contentsOf(
        this.folder,
        some.map(({ object }) => object),
      );
      for (const [index, { path }] of some.entries()) {
        const content = contents[index] ?? null;
        if (content !== null && isUtf8(content)) {
          texts.set(path, normalizeText(Buffer.from(content).toString("utf8")));
        }
      }
    }
    return texts;
  }

  /**
   * A note on a commit; `null` where there is none.
   *
   * @throws ProoflineError `repository` where git cannot read it, or it is larger than that
   */
  async noteOn(commit: string, ref: string, maxBytes: number): Promise<string | null> {
    const note = this.isGit ? await noteOn(this.folder, ref, commit, maxBytes) : null;
    if (note?.kind === "unreadable") {
      throw new ProoflineError(
        "repository",
        `Git cannot read the note of ${ref} on commit ${commit} in ${this.folder}, or it is too large.`,
        "nameRevision",
      );
    }
    return note?.text ?? null;
  }

  /**
   * What was changed since a revision: since the branch left it, where git knows that, and else against itself.
   *
   * @throws ProoflineError `repository` where git knows no such revision, or cannot compare with it
   */
  async changesSince(revision: string): Promise<readonly ChangedFile[]> {
    const commit = this.isGit ? await commitOf(this.folder, revision) : null;
    const from = commit === null ? null : ((await mergeBaseOf(this.folder, commit)) ?? commit);
    const changes = from === null ? null : await changesSince(this.folder, from);
    if (changes === null) {
      throw new ProoflineError(
        "repository",
        `Git knows no revision ${revision} in ${this.folder}, or several of this name, or cannot compare with it.`,
        "nameRevision",
      );
    }
    return changes;
  }

  /**
   * Why what lies at a path below the top cannot be read as a text, as a clause that follows its name: `is a folder`;
   * `null` where it can be, or nothing lies there.
   */
  async obstacleTo(path: string): Promise<string | null> {
    const found = RepositoryPath.safeParse(path).success ? await this.look(path, MAX_TEXT_BYTES) : null;
    return found?.kind === "unreadable" ? found.is : null;
  }

  /** All anchor files, whatever they are called. */
  anchorFiles(): AsyncIterable<RepositoryFileContent> {
    return this.list("anchors", MAX_SMALL_FILE_BYTES);
  }

  /** All files that hold what an authority attested. */
  approvalFiles(): AsyncIterable<RepositoryFileContent> {
    return this.list("authority", MAX_SMALL_FILE_BYTES);
  }

  /** All files that hold what verifiers found. */
  resultFiles(): AsyncIterable<RepositoryFileContent> {
    return this.list("results", MAX_SMALL_FILE_BYTES);
  }

  /**
   * A file's saved text with LF and without byte order mark; `null` where it is missing, too large, not a file, or
   * reached through a symbolic link that leaves the repository.
   */
  async readText(path: string): Promise<string | null> {
    if (!RepositoryPath.safeParse(path).success) {
      return null;
    }
    const bytes = await this.read(path, MAX_TEXT_BYTES);
    return bytes === null ? null : normalizeText(Buffer.from(bytes).toString("utf8"));
  }

  /** The same of many files, by their paths; those for which it would be `null` are missing. */
  readTexts(paths: Iterable<string>): Promise<ReadonlyMap<string, string>> {
    return this.readAll(paths, (path) => this.readText(path));
  }

  /**
   * The same without files that no prompt may quote: ignored, say, or secret-like, or a file that has another name, which may
   * be the suggestion's own.
   */
  async readQuotables(paths: Iterable<string>): Promise<ReadonlyMap<string, string>> {
    const wanted = [...new Set(paths)];
    const refusals = await this.refusalsFor(wanted);
    return this.readAll(
      wanted.filter((path) => !refusals.has(path)),
      async (path) => {
        const named = join(this.folder, path);
        return (await realpath(named).catch(() => null)) === named ? this.readText(path) : null;
      },
    );
  }

  private async readAll(
    paths: Iterable<string>,
    read: (path: string) => Promise<string | null>,
  ): Promise<ReadonlyMap<string, string>> {
    const texts = new Map<string, string>();
    const found = inOrder(new Set(paths), FILES_AT_ONCE, async (path) => ({ path, text: await read(path) }));
    for await (const { path, text } of found) {
      if (text !== null) {
        texts.set(path, text);
      }
    }
    return texts;
  }

  /**
   * Why a prompt's opening may not travel in an evidence file, as a sentence, or `null` where it may: each of its
   * lines stands in the saved, non-ignored file that it belongs to, and nothing in it looks like a secret.
   *
   * @param path the suggestion's file, below the top.
   */
  async promptObstacle(path: string, prompt: Prompt): Promise<string | null> {
    const texts: string[] = [];
    for (const source of new Set([path, ...prompt.context.map((chunk) => chunk.path)])) {
      const refusal = await this.refusalFor(source);
      if (refusal !== null) {
        return refusal;
      }
      const text = await this.readText(source);
      if (text !== null) {
        texts.push(text);
      }
    }
    if (!standsIn(prompt, texts)) {
      return "The prompt contains lines that are not in the repository's saved files.";
    }
    const whole = [prompt.prefix, prompt.suffix, ...prompt.context.map((chunk) => chunk.text)].join("\n");
    const secret = findSecret(whole);
    return secret === null ? null : `The prompt contains what looks like a secret (${secret}).`;
  }

  /** Only paths inside of the repository are any that git can be asked about. */
  private ignoredAmong(paths: readonly string[]): Promise<ReadonlySet<string> | null> {
    return ignoredPaths(
      this.folder,
      paths.filter((path) => RepositoryPath.safeParse(path).success),
    );
  }

  private async findRefusal(
    path: string,
    ignoredPathsOf: () => Promise<ReadonlySet<string> | null> | null,
  ): Promise<string | null> {
    if (!RepositoryPath.safeParse(path).success) {
      return "The file lies outside the repository.";
    }
    const [first] = path.split("/");
    if (path.split("/").includes(".git")) {
      return "The file belongs to git.";
    }
    if (first === PROOFLINE_FOLDER) {
      return "The file belongs to Proofline.";
    }
    if (looksSecret(path)) {
      return "The file looks as if it holds secrets.";
    }
    if (!this.isGit) {
      return null;
    }
    const ignored = await ignoredPathsOf();
    // Not knowing is no permission: what git ignores may be private.
    if (ignored === null) {
      this.refusals.delete(path);
      return "Git cannot say whether the file is ignored: it is not installed, or does not trust this folder.";
    }
    return ignored.has(path) ? "The file is ignored by git." : null;
  }

  private async *list(folder: string, maxBytes: number): AsyncGenerator<RepositoryFileContent> {
    const below = `${PROOFLINE_FOLDER}/${folder}`;
    const names = await this.namesIn(below);
    const own = join(this.folder, below);
    const isOwn = (await realpath(own).catch(() => null)) === own;
    const found = inOrder(names.slice(0, MAX_LISTED_FILES), FILES_AT_ONCE, async (name) => {
      const path = `${below}/${name}`;
      return { path, found: await this.look(path, maxBytes, isOwn) };
    });
    let left = this.mostListedBytes;
    let read = 0;
    for await (const { path, found: file } of found) {
      left -= file.kind === "read" ? file.bytes.length : 0;
      if (left < 0) {
        yield {
          path: below,
          kind: "unreadable",
          reason: `Only ${read} of its ${names.length} files were read: together they are larger than ${this.mostListedBytes} bytes.`,
        };
        return;
      }
      read += 1;
      // What was taken away since it was listed is not here.
      if (file.kind !== "absent") {
        yield file.kind === "read"
          ? { path, kind: "read", bytes: file.bytes }
          : { path, kind: "unreadable", reason: `It ${file.is}.` };
      }
    }
    if (names.length > MAX_LISTED_FILES) {
      yield {
        path: below,
        kind: "unreadable",
        reason: `Only ${MAX_LISTED_FILES} of its files were read.`,
      };
    }
  }

  private async namesIn(folder: string): Promise<readonly string[]> {
    try {
      return (await readdir(join(this.folder, folder), { withFileTypes: true }))
        .filter((entry) => entry.name.endsWith(".json") && !entry.isDirectory())
        .map((entry) => entry.name)
        .sort();
    } catch (error) {
      if (isErrno(error, "ENOENT") || isErrno(error, "ENOTDIR")) {
        return [];
      }
      throw error;
    }
  }

  /** Reads a regular file inside the repository whose size is within a limit; `null` otherwise. */
  private async read(path: string, maxBytes: number): Promise<Uint8Array | null> {
    const found = await this.look(path, maxBytes);
    return found.kind === "read" ? found.bytes : null;
  }

  /**
   * Reads a regular file inside the repository, and never more of it than the limit allows, or says why not.
   *
   * @param isOwn whether no link leads to its folder
   */
  private async look(path: string, maxBytes: number, isOwn = false): Promise<Found> {
    const named = join(this.folder, path);
    try {
      const handle = (isOwn ? await openUnlinked(named) : null) ?? (await this.openInside(named));
      if (handle === null) {
        return { kind: "unreadable", is: "is a link that leads out of the repository" };
      }
      try {
        const info: Stats = await handle.stat();
        if (!info.isFile()) {
          return { kind: "unreadable", is: info.isDirectory() ? "is a folder" : "is not a regular file" };
        }
        const bytes = info.size > maxBytes ? null : await handle.readFile();
        return bytes === null || bytes.length > maxBytes
          ? {
              kind: "unreadable",
              is: `is too large: ${bytes?.length ?? info.size} bytes, of at most ${maxBytes}`,
            }
          : { kind: "read", bytes };
      } finally {
        await handle.close();
      }
    } catch (error) {
      return notRead(named, error);
    }
  }

  /** Opens what a path leads to, by links, too; `null` where that is not in the repository. */
  private async openInside(named: string): Promise<FileHandle | null> {
    const real = await realpath(named);
    return isInside(this.folder, real) ? open(real, READ_WITHOUT_WAITING) : null;
  }

  private async writeNew(folder: string, name: string, text: string): Promise<boolean> {
    return this.writing(async () => {
      const directory = await this.ownFolder(`${PROOFLINE_FOLDER}/${folder}`);
      await removeAbandoned(directory);
      const path = join(directory, name);
      const isNew = await createWhole(path, text);
      if (!isNew && !(await stat(path)).isFile()) {
        throw new Error(`${folder}/${name} is in the way and no file`);
      }
      return isNew;
    });
  }

  /** Makes a folder below the top. A link that leads out of the repository is no place to write to. */
  private async ownFolder(path: string): Promise<string> {
    const folder = join(this.folder, path);
    await mkdir(folder, { recursive: true }).catch((error: unknown) => {
      const isInTheWay = isErrno(error, "EEXIST") || isErrno(error, "ENOTDIR");
      throw isInTheWay ? new Error(`${path} is no folder`) : error;
    });
    if ((await realpath(folder)) !== folder) {
      throw new Error(`${path} is a symbolic link`);
    }
    return folder;
  }

  private async writing<Value>(work: () => Promise<Value>): Promise<Value> {
    try {
      return await work();
    } catch (error) {
      throw new ProoflineError(
        "repository",
        `${join(this.folder, PROOFLINE_FOLDER)} cannot be written (${meaningOf(error)}).`,
        "makeRepositoryWritable",
        { cause: error },
      );
    }
  }
}

/** Opening a pipe would wait for somebody to write into it. */
const READ_WITHOUT_WAITING = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** Opens a file that is no link; `null` where it is one, or this system cannot tell by opening it. Asks the disk once. */
async function openUnlinked(path: string): Promise<FileHandle | null> {
  if (constants.O_NOFOLLOW === undefined) {
    return null;
  }
  try {
    return await open(path, READ_WITHOUT_WAITING | constants.O_NOFOLLOW);
  } catch (error) {
    // FreeBSD says EMLINK of a link.
    if (isErrno(error, "ELOOP") || isErrno(error, "EMLINK")) {
      return null;
    }
    throw error;
  }
}

/** What lies at a path, as far as it may be read. */
type Found =
  | { readonly kind: "read"; readonly bytes: Uint8Array }
  | { readonly kind: "absent" }
  /** `is`: why not, as a clause that follows its name. */
  | { readonly kind: "unreadable"; readonly is: string };

/** What it means that the system does not let a file be read. */
async function notRead(path: string, error: unknown): Promise<Found> {
  if (isErrno(error, "ELOOP")) {
    return { kind: "unreadable", is: "is a link that leads in circles" };
  }
  if (isErrno(error, "ENOENT") || isErrno(error, "ENOTDIR")) {
    const isLink = (await lstat(path).catch(() => null))?.isSymbolicLink() === true;
    return isLink ? { kind: "unreadable", is: "is a link that leads nowhere" } : { kind: "absent" };
  }
  if (isErrno(error, "EACCES") || isErrno(error, "EPERM")) {
    return { kind: "unreadable", is: "may not be read by you" };
  }
  if (error instanceof Error && "code" in error) {
    return { kind: "unreadable", is: "cannot be read" };
  }
  throw error;
}

/**
 * Finds the repository that a file or folder belongs to: its git work tree, else the innermost of `folders` (those of
 * the workspace) that it lies in, else the nearest folder above it that has a `.proofline/repository`.
 *
 * @throws ProoflineError `repository` where it belongs to none.
 */
export async function openRepository(path: string, folders: readonly string[] = []): Promise<Repository> {
  const real = await realPathOf(path);
  const start = (await isDirectory(real)) ? real : dirname(real);
  const top = await gitTop(start);
  if (top !== null) {
    return new Repository(top, true);
  }
  const containing = (await Promise.all(folders.map(realPathOf)))
    .filter((folder) => isInside(folder, real))
    .sort((a, b) => b.length - a.length);
  const folder = containing[0] ?? (await nearestKnown(start));
  if (folder !== null && folder !== undefined) {
    return new Repository(folder, false);
  }
  throw new ProoflineError(
    "repository",
    `${path} is neither in a git repository nor in an open folder.`,
    "makeRepository",
  );
}

/** The real path of the longest part that exists, completed by the rest: a new document has no file yet. */
async function realPathOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(await realPathOf(parent), relative(parent, path));
  }
}

async function nearestKnown(folder: string): Promise<string | null> {
  for (let current = folder; ; current = dirname(current)) {
    if (await isDirectory(join(current, REPOSITORY_FOLDER))) {
      return current;
    }
    if (dirname(current) === current) {
      return null;
    }
  }
}

async function isDirectory(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isDirectory() ?? false;
}
