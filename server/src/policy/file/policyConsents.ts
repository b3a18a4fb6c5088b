import { join } from "node:path";
import * as z from "zod";
import { type AcceptedKind, AcceptedRecords, type RepositoryIdentity } from "../../platform/acceptedRecords";
import { sha256Digest } from "../../platform/digests";
import { PolicyFile } from "./policyFile";

/** What a person said of a policy. `declined`: the built-in rules count, until there is another one to look at. */
export const POLICY_ANSWERS = ["accepted", "declined"] as const;
export type PolicyAnswer = (typeof POLICY_ANSWERS)[number];

const PolicyConsent = z.strictObject({
  format: z.literal("proofline/answered-policy/v1"),
  repository: z.string(),
  repositoryId: z.string(),
  answer: z.enum(POLICY_ANSWERS),
  policy: PolicyFile,
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

  /** What was said of a repository's policy, `null` where nothing was; `problem` tells of a record that cannot be read. */
  async of(
    repository: RepositoryIdentity,
  ): Promise<{ readonly consent: PolicyConsent | null; readonly problem: string | null }> {
    const { records, problem } = await this.records.of(repository);
    return { consent: records[0] ?? null, problem };
  }

  /** @throws ProoflineError `home` where it cannot be kept */
  answer(
    { folder: repository, id: repositoryId }: Pick<RepositoryIdentity, "folder"> & { readonly id: string },
    policy: PolicyFile,
    answer: PolicyAnswer,
  ): Promise<void> {
    return this.records.write({
      format: "proofline/answered-policy/v1",
      repository,
      repositoryId,
      answer,
      policy,
    });
  }

  /** Takes it back. */
  forget(repository: Pick<RepositoryIdentity, "folder">): Promise<void> {
    return this.records.removeAll(repository);
  }
}
