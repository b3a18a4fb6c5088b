import { join } from "node:path";
import * as z from "zod";
import { type AcceptedKind, AcceptedRecords, type RepositoryIdentity } from "../../platform/acceptedRecords";
import { sha256Digest } from "../../platform/digests";
import { Digest } from "../../platform/primitives";
import { EnclaveTerms, termsDigest } from "./enclaveTerms";

const EnclaveConsent = z.strictObject({
  format: z.literal("proofline/accepted-enclave/v1"),
  repository: z.string(),
  repositoryId: z.string(),
  terms: EnclaveTerms,
  /** `termsDigest`: all that was shown. */
  shown: Digest,
});
type EnclaveConsent = z.infer<typeof EnclaveConsent>;

/** One enclave is asked for one repository, so that each consent takes the place of the one before. */
const NAME = sha256Digest("opengradient");

const ENCLAVES: AcceptedKind<EnclaveConsent> = {
  schema: EnclaveConsent,
  nameOf: () => NAME,
  what: "enclaves that were accepted",
  code: "home",
};

/**
 * Which enclave this machine's person lets a repository's code be sent to, below `<home>/enclaves/accepted`. What they were shown in
 * other words, by another version say, counts for nothing.
 */
export class EnclaveConsents {
  private readonly records: AcceptedRecords<EnclaveConsent>;

  constructor(home: string) {
    this.records = new AcceptedRecords(join(home, "enclaves", "accepted"), ENCLAVES);
  }

  /** What was agreed to, `null` where nothing was; `problem` tells of a record that cannot be read, in a sentence. */
  async of(
    repository: RepositoryIdentity,
  ): Promise<{ readonly terms: EnclaveTerms | null; readonly problem: string | null }> {
    const { records, problem } = await this.records.of(repository);
    const record = records.find(({ terms, shown }) => shown === termsDigest(terms));
    return { terms: record?.terms ?? null, problem };
  }

  /** @throws ProoflineError `home` where it cannot be kept */
  accept(
    { folder: repository, id: repositoryId }: Pick<RepositoryIdentity, "folder"> & { readonly id: string },
    terms: EnclaveTerms,
  ): Promise<void> {
    return this.records.write({
      format: "proofline/accepted-enclave/v1",
      repository,
      repositoryId,
      terms,
      shown: termsDigest(terms),
    });
  }

  /** Takes it back. */
  forget(repository: Pick<RepositoryIdentity, "folder">): Promise<void> {
    return this.records.removeAll(repository);
  }
}
