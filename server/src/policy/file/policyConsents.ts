import { join } from "node:path";
import * as z from "zod";
import { type AcceptedKind, AcceptedRecords, type RepositoryIdentity } from "../../platform/acceptedRecords";
import { sha256Digest } from "../../platform/digests";
import { PolicyAnswer } from "../../protocol/policyAnswer";
import { PolicyFile } from "./policyFile";

const PolicyConsent = z.strictObject({
  format: z.literal("proofline/answered-policy/v1"),
  repository: z.string(),
  repositoryId: z.string(),
  answer: PolicyAnswer,
  policy: PolicyFile,
  /** Names what was declined since in place of a policy that was accepted, and goes on to count. */
  declined: z.string().optional(),
});
export type PolicyConsent = z.infer<typeof PolicyConsent>;

/** A repository has one policy, so that each answer takes the place of the one before. */
const NAME = sha256Digest("policy");

const POLICIES: AcceptedKind<PolicyConsent> = {
  schema: PolicyConsent,
  nameOf: () => NAME,
  what: "policies that were answered to",
  code: "home",
};

/** What this machine's person said of repositories' policies, below `<home>/policies/answered`. */
export class PolicyConsents {
  private readonly records: AcceptedRecords<PolicyConsent>;

  constructor(home: string) {
    this.records = new AcceptedRecords(join(home, "policies", "answered"), POLICIES);
  }

  /**
   * What was said of a repository's policy, `null` where nothing was; `problem` tells of a record that cannot be read. `other`: what was
   * said where the repository at this place had another id.
   */
  async of(repository: RepositoryIdentity): Promise<{
    readonly consent: PolicyConsent | null;
    readonly other: PolicyConsent | null;
    readonly problem: string | null;
  }> {
    const { records, others, problem } = await this.records.of(repository);
    return { consent: records[0] ?? null, other: others[0] ?? null, problem };
  }

  /**
   * @param declined what they do not want in place of the policy, which they accepted before
   * @throws ProoflineError `home` where it cannot be kept
   */
  answer(
    { folder: repository, id: repositoryId }: Pick<RepositoryIdentity, "folder"> & { readonly id: string },
    policy: PolicyFile,
    answer: PolicyAnswer,
    declined?: string,
  ): Promise<void> {
    return this.records.write({
      format: "proofline/answered-policy/v1",
      repository,
      repositoryId,
      answer,
      policy,
      ...(declined !== undefined && { declined }),
    });
  }

  /** Takes it back. */
  forget(repository: Pick<RepositoryIdentity, "folder">): Promise<void> {
    return this.records.removeAll(repository);
  }
}
