import * as z from "zod";
import { type AcceptedKind, AcceptedRecords, type RepositoryIdentity } from "../../platform/acceptedRecords";
import { Digest } from "../../platform/primitives";

const AcceptedModel = z.strictObject({
  format: z.literal("proofline/accepted-model/v1"),
  repository: z.string(),
  repositoryId: z.string(),
  manifestDigest: Digest,
});
type AcceptedModel = z.infer<typeof AcceptedModel>;

const MODELS: AcceptedKind<AcceptedModel> = {
  schema: AcceptedModel,
  nameOf: ({ manifestDigest }) => manifestDigest,
  what: "models that were accepted",
  code: "model.disk",
};

/** What a person accepted for one repository. */
export interface AcceptedHere {
  /** Manifest digests. */
  readonly models: ReadonlySet<Digest>;
  /** Why some of it cannot be read, and so counts for nothing; `null` where all of it was read. */
  readonly problem: string | null;
}

/**
 * Which models this machine's person accepted for which repository, after they were shown name, source, signer and
 * manifest digest: a record for each (`AcceptedRecords`). To have installed a model says nothing here.
 */
export class AcceptedModels {
  private readonly records: AcceptedRecords<AcceptedModel>;

  constructor(folder: string) {
    this.records = new AcceptedRecords(folder, MODELS);
  }

  /** What was accepted for a repository; nothing where it has no id. A damaged record accepts nothing, and is told. */
  async of(repository: RepositoryIdentity): Promise<AcceptedHere> {
    const { records, problem } = await this.records.of(repository);
    return { models: new Set(records.map(({ manifestDigest }) => manifestDigest)), problem };
  }

  /**
   * Remembers that a person accepted a model for a repository.
   *
   * @throws ProoflineError `model.disk` where that cannot be written
   */
  accept(
    { folder: repository, id: repositoryId }: Pick<RepositoryIdentity, "folder"> & { readonly id: string },
    manifestDigest: Digest,
  ): Promise<void> {
    return this.records.write({
      format: "proofline/accepted-model/v1",
      repository,
      repositoryId,
      manifestDigest,
    });
  }

  /** Takes it back for whatever repository lies there. */
  reject(repository: Pick<RepositoryIdentity, "folder">, manifestDigest: Digest): Promise<void> {
    return this.records.remove(repository, manifestDigest);
  }

  /** Takes it back for every repository. */
  forget(manifestDigest: Digest): Promise<void> {
    return this.records.forget(manifestDigest);
  }
}
