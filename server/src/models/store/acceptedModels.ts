import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { canonicalJson } from "../../platform/canonicalJson";
import { sha256, toDigest } from "../../platform/digests";
import { isErrno, removeIfThere, writeWhole } from "../../platform/durable";
import { meaningOf, messageOf, ProoflineError } from "../../platform/errors";
import { Digest } from "../../platform/primitives";

const AcceptedModel = z.strictObject({
  format: z.literal("proofline/accepted-model/v1"),
  /** Absolute path of the repository's top, without symbolic links. */
  repository: z.string(),
  /** The id in its `.proofline/repository.json`. */
  repositoryId: z.string(),
  manifestDigest: Digest,
});

/** Which repository lies where: another that takes its place is another, and so is a second clone. */
export interface RepositoryIdentity {
  /** Absolute path of the top, without symbolic links. */
  readonly folder: string;
  /** `null` where it has none, or none that can be read. */
  readonly id: string | null;
}

type AcceptedModel = z.infer<typeof AcceptedModel>;

/** More are not read: a person accepts each by itself. */
const MAX_MODELS = 1_000;

/** What a person accepted for one repository. */
export interface AcceptedHere {
  /** Manifest digests. */
  readonly models: ReadonlySet<Digest>;
  /** Why some of it cannot be read, and so counts for nothing; `null` where all of it was read. */
  readonly problem: string | null;
}

/**
 * Which models this machine's person accepted for which repository, after they were shown name, source, signer and
 * manifest digest. Kept outside of the repository, one small file for each model, so that two windows never overwrite
 * each other: `<folder>/<SHA-256 of the repository's path>/<manifest digest>.json`. To have installed a model says nothing
 * here, and what one repository was told says nothing of another, be it at another path or later at the same.
 */
export class AcceptedModels {
  constructor(private readonly folder: string) {}

  /** What was accepted for a repository; nothing where it has no id. A damaged record accepts nothing, and is told. */
  async of(repository: RepositoryIdentity): Promise<AcceptedHere> {
    const models = new Set<Digest>();
    if (repository.id === null) {
      return { models, problem: null };
    }
    let names: readonly string[];
    try {
      names = (await namesIn(this.folderOf(repository.folder))).filter((name) => name.endsWith(".json"));
    } catch (error) {
      return { models, problem: unreadable(messageOf(error)) };
    }
    let problem = names.length > MAX_MODELS ? unreadable(`there are more than ${MAX_MODELS}`) : null;
    for (const name of names.slice(0, MAX_MODELS)) {
      try {
        const { repositoryId, manifestDigest } = await this.read(repository.folder, name);
        if (repositoryId === repository.id) {
          models.add(manifestDigest);
        }
      } catch (error) {
        if (!isErrno(error, "ENOENT")) {
          problem ??= unreadable(`${join(this.folderOf(repository.folder), name)} is damaged`);
        }
      }
    }
    return { models, problem };
  }

  /**
   * Remembers that a person accepted a model for a repository.
   *
   * @throws ProoflineError `model.disk` where that cannot be written
   */
  async accept(
    { folder: repository, id: repositoryId }: RepositoryIdentity & { readonly id: string },
    manifestDigest: Digest,
  ): Promise<void> {
    const record = AcceptedModel.parse({
      format: "proofline/accepted-model/v1",
      repository,
      repositoryId,
      manifestDigest,
    });
    const file = this.fileOf(this.folderOf(repository), manifestDigest);
    try {
      await writeWhole(file, `${canonicalJson(record)}\n`, { mode: 0o600 });
    } catch (error) {
      throw new ProoflineError(
        "model.disk",
        `What was accepted cannot be stored in ${this.folder} (${meaningOf(error)}).`,
        "makeHomeWritable",
        { cause: error },
      );
    }
  }

  /** Takes it back for whatever repository lies there. */
  async reject(
    { folder: repository }: Pick<RepositoryIdentity, "folder">,
    manifestDigest: Digest,
  ): Promise<void> {
    await removeIfThere(this.fileOf(this.folderOf(repository), manifestDigest));
  }

  /** Takes it back for every repository. */
  async forget(manifestDigest: Digest): Promise<void> {
    for (const name of await namesIn(this.folder)) {
      await removeIfThere(this.fileOf(join(this.folder, name), manifestDigest));
    }
  }

  private async read(repository: string, name: string): Promise<AcceptedModel> {
    const text = await readFile(join(this.folderOf(repository), name), "utf8");
    const record = AcceptedModel.parse(JSON.parse(text));
    if (record.repository !== repository || `${record.manifestDigest}.json` !== name) {
      throw new Error("it speaks of another repository or model");
    }
    return record;
  }

  private folderOf(repository: string): string {
    return join(this.folder, toDigest(sha256(repository)));
  }

  private fileOf(folder: string, manifestDigest: Digest): string {
    return join(folder, `${Digest.parse(manifestDigest)}.json`);
  }
}

function unreadable(why: string): string {
  return `Not all models that were accepted for this repository can be read (${why}); those count for nothing until they are accepted again.`;
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
