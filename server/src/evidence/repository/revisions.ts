import { isUtf8 } from "node:buffer";
import { ProoflineError } from "../../platform/errors";
import {
  type CommittedFile,
  commitOf,
  committedFiles,
  contentsOf,
  mergeBaseOf,
  noteOn,
  objectOf,
} from "../../platform/git";
import { type ChangedFile, changesSince } from "../../platform/gitChanges";
import type { RandomId } from "../../platform/primitives";
import { normalizeText } from "../format/commitment";
import { MAX_EVIDENCE_BYTES } from "../format/evidenceFile";
import type { RepositoryFileContent } from "./guardedFolder";
import {
  AUTHORITY_FOLDER,
  EVIDENCE_FOLDER,
  FILES_AT_ONCE,
  MAX_SMALL_FILE_BYTES,
  MAX_TEXT_BYTES,
  POLICY_FILE,
  PROOFLINE_FOLDER,
  REPOSITORY_FOLDER,
} from "./places";
import { idIn } from "./repositoryIds";

/** What git says of a repository's commits, and of what has changed since. */
export class Revisions {
  constructor(
    private readonly folder: string,
    private readonly isGit: boolean,
  ) {}

  /** The commit that is checked out; `null` where there is none, or git cannot say. */
  head(): Promise<string | null> {
    return this.commit("HEAD");
  }

  /** The commit that a revision names; `null` where git knows none, or several. */
  async commit(revision: string): Promise<string | null> {
    return this.isGit ? commitOf(this.folder, revision) : null;
  }

  /**
   * The team's rules of a revision; `null` where it has none.
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
    const committed = await this.filesAt(revision, PROOFLINE_FOLDER);
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
   * The evidence files of a commit that do not lie here today with the same content, and the repository's ids in it.
   *
   * @param here the evidence files that count as lying here
   * @throws ProoflineError `repository` where git knows no such revision, or cannot read it.
   */
  async evidenceSince(
    revision: string,
    here: AsyncIterable<RepositoryFileContent>,
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
    for await (const file of here) {
      if (file.kind === "read") {
        today.add(objectOf(file.bytes, like));
      }
    }
    const filesIn = (folder: string, maxBytes: number): readonly CommittedFile[] =>
      committed.filter(
        ({ path, size }) => path.startsWith(`${folder}/`) && path.endsWith(".json") && size <= maxBytes,
      );
    const wanted = filesIn(EVIDENCE_FOLDER, MAX_EVIDENCE_BYTES).filter(({ object }) => !today.has(object));
    const idFiles = filesIn(REPOSITORY_FOLDER, MAX_SMALL_FILE_BYTES);
    const approvals = filesIn(AUTHORITY_FOLDER, MAX_SMALL_FILE_BYTES);
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
    const wanted = new Set(paths);
    const files = (await this.filesAt(revision, null)).filter(
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
    const commit = await this.commit(revision);
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

  /** @param below a folder; `null` for all files */
  private async filesAt(revision: string, below: string | null): Promise<readonly CommittedFile[]> {
    const commit = await this.commit(revision);
    const committed = commit === null ? null : await committedFiles(this.folder, commit, below);
    if (committed === null) {
      throw new ProoflineError(
        "repository",
        `Git knows no revision ${revision} in ${this.folder}, or several of this name, or lacks some of its files.`,
        "nameRevision",
      );
    }
    return committed;
  }
}
