import { randomBytes } from "node:crypto";
import { realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Prompt } from "../../inference/suggestion";
import type { RepositoryIdentity } from "../../platform/acceptedRecords";
import { createWhole, removeAbandoned, writeWhole } from "../../platform/durable";
import { meaningOf, ProoflineError, unreachable } from "../../platform/errors";
import { listedFiles, regularFiles, trackedFiles, trackedPaths } from "../../platform/git";
import { inOrder } from "../../platform/inOrder";
import { type Digest, type RandomId, RepositoryPath } from "../../platform/primitives";
import { findSecret } from "../../platform/secrets";
import { normalizeText } from "../format/commitment";
import { MAX_EVIDENCE_BYTES } from "../format/evidenceFile";
import { standsIn } from "../locate/promptLines";
import { GuardedFolder, type RepositoryFileContent } from "./guardedFolder";
import {
  ANCHORS_FOLDER,
  AUTHORITY_FOLDER,
  EDITOR_SETTINGS_FILE,
  EVIDENCE_FOLDER,
  FILES_AT_ONCE,
  MAX_SMALL_FILE_BYTES,
  MAX_TEXT_BYTES,
  MODELS_FILE,
  POLICY_FILE,
  PROOFLINE_FOLDER,
  REPOSITORY_FOLDER,
  RESULTS_FOLDER,
} from "./places";
import { Refusals } from "./refusals";
import { formatId, idIn, type RepositoryIds } from "./repositoryIds";
import { Revisions } from "./revisions";

/** Keeps git from changing a byte of these files, whatever it is told of files with their endings: their digests would not hold. */
const ATTRIBUTES = "* -text -filter -ident -working-tree-encoding linguist-generated\n";

/** Far more than branches on which somebody began. */
const MAX_IDS = 64;

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
  /** What git says of its commits. */
  readonly revisions: Revisions;
  /** Which of its files may not be touched. */
  readonly refusals: Refusals;
  private readonly inside: GuardedFolder;

  /** @internal Use `openRepository`. */
  constructor(
    /** Absolute path of the top, without symbolic links. */
    readonly folder: string,
    /** Whether the top is a git work tree. */
    readonly isGit: boolean,
    /** Bytes that are read of all evidence files, and of all anchor files. */
    mostListedBytes?: number,
  ) {
    this.revisions = new Revisions(folder, isGit);
    this.refusals = new Refusals(folder, isGit);
    this.inside = new GuardedFolder(folder, mostListedBytes);
  }

  /**
   * The repository's ids, in order, of which any counts: where work began on two branches, each made its own, and files of different
   * names merge. None where nothing was sealed yet.
   */
  async ids(): Promise<RepositoryIds> {
    const ids = new Set<RandomId>();
    const damaged: { path: string; problem: string }[] = [];
    for await (const file of this.inside.list(REPOSITORY_FOLDER, MAX_SMALL_FILE_BYTES)) {
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
      const folder = await this.inside.make(PROOFLINE_FOLDER);
      await createWhole(join(folder, ".gitattributes"), ATTRIBUTES);
      const own = await this.inside.make(REPOSITORY_FOLDER);
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
    return this.writeNew(EVIDENCE_FOLDER, `${batchRoot}.json`, text);
  }

  /** Writes an anchor file, unless it is there already. Resolves to whether there was none. */
  async writeAnchor(name: string, text: string): Promise<boolean> {
    return this.writeNew(ANCHORS_FOLDER, name, text);
  }

  /** Writes what an authority attested, unless it is there already. Resolves to whether there was none. */
  async writeApproval(name: string, text: string): Promise<boolean> {
    return this.writeNew(AUTHORITY_FOLDER, name, text);
  }

  /** Writes what a verifier found, unless it is there already. Resolves to whether there was none. */
  async writeResult(name: string, text: string): Promise<boolean> {
    return this.writeNew(RESULTS_FOLDER, name, text);
  }

  /** Writes an anchor file in place of one that the chain contradicts. */
  async replaceAnchor(name: string, text: string): Promise<string> {
    return this.writing(async () => {
      const directory = await this.inside.make(ANCHORS_FOLDER);
      await writeWhole(join(directory, name), text);
      return `${ANCHORS_FOLDER}/${name}`;
    });
  }

  /**
   * The models that the repository names, as they stand in `models.json`; `null` where it has no such file.
   *
   * @throws ProoflineError `repository` where the file is too large, a link out of the repository, or not readable.
   */
  modelsFile(maxBytes: number): Promise<Uint8Array | null> {
    return this.readOptional(MODELS_FILE, maxBytes);
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
   * Writes a policy where there is none.
   *
   * @returns its path, or `null` where one is there
   */
  async writeNewPolicy(text: string): Promise<string | null> {
    await this.ensureId();
    return this.writing(async () => {
      const folder = await this.inside.make(PROOFLINE_FOLDER);
      return (await createWhole(join(folder, "policy.json"), text)) ? POLICY_FILE : null;
    });
  }

  private async readOptional(path: string, maxBytes: number): Promise<Uint8Array | null> {
    const found = await this.inside.look(path, maxBytes);
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
      const folder = await this.inside.make(PROOFLINE_FOLDER);
      await writeWhole(join(folder, "models.json"), text);
      return MODELS_FILE;
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
    return this.inside.list(EVIDENCE_FOLDER, MAX_EVIDENCE_BYTES);
  }

  /**
   * Why what lies at a path below the top cannot be read as a text, as a clause that follows its name: `is a folder`;
   * `null` where it can be, or nothing lies there.
   */
  async obstacleTo(path: string): Promise<string | null> {
    const found = RepositoryPath.safeParse(path).success
      ? await this.inside.look(path, MAX_TEXT_BYTES)
      : null;
    return found?.kind === "unreadable" ? found.is : null;
  }

  /** All anchor files, whatever they are called. */
  anchorFiles(): AsyncIterable<RepositoryFileContent> {
    return this.inside.list(ANCHORS_FOLDER, MAX_SMALL_FILE_BYTES);
  }

  /** All files that hold what an authority attested. */
  approvalFiles(): AsyncIterable<RepositoryFileContent> {
    return this.inside.list(AUTHORITY_FOLDER, MAX_SMALL_FILE_BYTES);
  }

  /** All files that hold what verifiers found. */
  resultFiles(): AsyncIterable<RepositoryFileContent> {
    return this.inside.list(RESULTS_FOLDER, MAX_SMALL_FILE_BYTES);
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
    const refusals = await this.refusals.ofAll(wanted);
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
      const refusal = await this.refusals.of(source);
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

  /** Reads a regular file inside the repository whose size is within a limit; `null` otherwise. */
  private async read(path: string, maxBytes: number): Promise<Uint8Array | null> {
    const found = await this.inside.look(path, maxBytes);
    return found.kind === "read" ? found.bytes : null;
  }

  private async writeNew(folder: string, name: string, text: string): Promise<boolean> {
    return this.writing(async () => {
      const directory = await this.inside.make(folder);
      await removeAbandoned(directory);
      const path = join(directory, name);
      const isNew = await createWhole(path, text);
      if (!isNew && !(await stat(path)).isFile()) {
        throw new Error(`${folder}/${name} is in the way and no file`);
      }
      return isNew;
    });
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
