import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type * as z from "zod";
import { canonicalJson } from "./canonicalJson";
import { sha256, toDigest } from "./digests";
import { isErrno, removeIfThere, writeWhole } from "./durable";
import { type ErrorCode, meaningOf, messageOf, ProoflineError } from "./errors";
import { Digest } from "./primitives";

/** Which repository lies where: another that takes its place is another, and so is a second clone. */
export interface RepositoryIdentity {
  /** Absolute path of the top, without symbolic links. */
  readonly folder: string;
  /** Any of them counts; empty where it has none, or none that can be read. */
  readonly ids: readonly string[];
}

/** What a person said of one thing in one repository. */
export interface AcceptedRecord {
  /** Absolute path of the repository's top, without symbolic links. */
  readonly repository: string;
  /** One of its ids, in `.proofline/repository`. */
  readonly repositoryId: string;
}

/** One kind of such records. */
export interface AcceptedKind<Kept extends AcceptedRecord> {
  readonly schema: z.ZodType<Kept>;
  /** What a record is about, as the name of its file. */
  nameOf(record: Kept): Digest;
  /** What they are, as the end of a sentence's subject: `models that were accepted`. */
  readonly what: string;
  /** The code of what `write` throws. */
  readonly code: ErrorCode;
}

/** More are not read: a person says each by itself. */
const MAX_RECORDS = 1_000;

/**
 * What this machine's person said about repositories, and no repository can say itself. Kept outside of them, one small
 * file for each record, so that two windows never overwrite each other:
 * `<folder>/<SHA-256 of the repository's path>/<name>.json`. What one repository was told says nothing of another, be it at
 * another path or later at the same.
 */
export class AcceptedRecords<Kept extends AcceptedRecord> {
  constructor(
    private readonly folder: string,
    private readonly kind: AcceptedKind<Kept>,
  ) {}

  /**
   * What was said of a repository; nothing where it has no id. A damaged record says nothing, and `problem` tells of it
   * in a sentence. `others`: what was said of a repository with another id at the same place.
   */
  async of(repository: RepositoryIdentity): Promise<{
    readonly records: readonly Kept[];
    readonly others: readonly Kept[];
    readonly problem: string | null;
  }> {
    const records: Kept[] = [];
    const others: Kept[] = [];
    let names: readonly string[];
    try {
      names = (await namesIn(this.folderOf(repository.folder))).filter((name) => name.endsWith(".json"));
    } catch (error) {
      return { records, others, problem: this.unreadable(messageOf(error)) };
    }
    let problem = names.length > MAX_RECORDS ? this.unreadable(`there are more than ${MAX_RECORDS}`) : null;
    for (const name of names.slice(0, MAX_RECORDS)) {
      try {
        const record = await this.read(repository.folder, name);
        (repository.ids.includes(record.repositoryId) ? records : others).push(record);
      } catch (error) {
        if (!isErrno(error, "ENOENT")) {
          problem ??= this.unreadable(`${join(this.folderOf(repository.folder), name)} is damaged`);
        }
      }
    }
    return { records, others, problem: repository.ids.length === 0 ? null : problem };
  }

  /**
   * Keeps a record, in place of an earlier one of its name.
   *
   * @throws ProoflineError of the kind's code where that cannot be written
   */
  async write(record: Kept): Promise<void> {
    const parsed = this.kind.schema.parse(record);
    const file = this.fileOf(this.folderOf(parsed.repository), this.kind.nameOf(parsed));
    try {
      await writeWhole(file, `${canonicalJson(parsed)}\n`, { mode: 0o600 });
    } catch (error) {
      throw new ProoflineError(
        this.kind.code,
        `What was accepted cannot be stored in ${this.folder} (${meaningOf(error)}).`,
        "makeHomeWritable",
        { cause: error },
      );
    }
  }

  /** Takes a record back for whatever repository lies there. */
  async remove({ folder: repository }: Pick<RepositoryIdentity, "folder">, name: Digest): Promise<void> {
    await removeIfThere(this.fileOf(this.folderOf(repository), name));
  }

  /** Takes everything back for whatever repository lies there, damaged records included. */
  async removeAll({ folder: repository }: Pick<RepositoryIdentity, "folder">): Promise<void> {
    const folder = this.folderOf(repository);
    for (const name of await namesIn(folder)) {
      if (name.endsWith(".json")) {
        await removeIfThere(join(folder, name));
      }
    }
  }

  /** Takes a record back for every repository. */
  async forget(name: Digest): Promise<void> {
    for (const folder of await namesIn(this.folder)) {
      await removeIfThere(this.fileOf(join(this.folder, folder), name));
    }
  }

  private async read(repository: string, name: string): Promise<Kept> {
    const text = await readFile(join(this.folderOf(repository), name), "utf8");
    const record = this.kind.schema.parse(JSON.parse(text));
    if (record.repository !== repository || `${this.kind.nameOf(record)}.json` !== name) {
      throw new Error("it speaks of another repository or of something else");
    }
    return record;
  }

  private unreadable(why: string): string {
    return `Not all ${this.kind.what} for this repository can be read (${why}); those count for nothing until they are accepted again.`;
  }

  private folderOf(repository: string): string {
    return join(this.folder, toDigest(sha256(repository)));
  }

  private fileOf(folder: string, name: Digest): string {
    return join(folder, `${Digest.parse(name)}.json`);
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isErrno(error, "ENOENT")) {
      return [];
    }
    throw error;
  }
}
