import { join } from "node:path";
import * as z from "zod";
import { type AcceptedKind, AcceptedRecords, type RepositoryIdentity } from "../../platform/acceptedRecords";
import { canonicalJson } from "../../platform/canonicalJson";
import { sha256Digest } from "../../platform/digests";
import { Digest } from "../../platform/primitives";
import { ChainAnswer } from "../../protocol/chainAnswer";
import { ChainSettings } from "../../protocol/settings";

/** What a person is asked about: a chain that a repository proposes, in place of the one of their own settings. */
export interface ConsentQuestion {
  readonly proposed: ChainSettings;
  readonly instead: ChainSettings;
}

const ChainConsent = z.strictObject({
  format: z.literal("proofline/accepted-chain/v1"),
  repository: z.string(),
  repositoryId: z.string(),
  answer: ChainAnswer,
  proposed: ChainSettings,
  /** `questionDigest`. The person's own chain stands in no other file, for addresses of servers may hold their tokens. */
  question: Digest,
});
type ChainConsent = z.infer<typeof ChainConsent>;

const CHAINS: AcceptedKind<ChainConsent> = {
  schema: ChainConsent,
  nameOf: ({ question }) => question,
  what: "chains that were accepted",
  code: "home",
};

/** SHA-256 of the canonical JSON of both chains, whole: with one server more, it is another question. */
export function questionDigest({ proposed, instead }: ConsentQuestion): Digest {
  return sha256Digest(canonicalJson({ proposed, instead }));
}

/**
 * The chain that counts in a repository: the person's own, unless they accepted exactly this proposal in place of exactly
 * this own chain.
 */
export function countingChain(
  { proposed, instead }: ConsentQuestion,
  answer: ChainAnswer | null,
): ChainSettings {
  return answer === "accepted" ? proposed : instead;
}

/**
 * What this machine's person said about chains that repositories propose, below `<home>/chains/accepted`: a record for each
 * question (`AcceptedRecords`). What was said of one proposal, or while other settings were theirs, says nothing of another.
 */
export class ChainConsents {
  private readonly records: AcceptedRecords<ChainConsent>;

  constructor(home: string) {
    this.records = new AcceptedRecords(join(home, "chains", "accepted"), CHAINS);
  }

  /** What was answered, `null` where nothing was; `problem` tells of records that cannot be read, in a sentence. */
  async answerTo(
    repository: RepositoryIdentity,
    question: ConsentQuestion,
  ): Promise<{ readonly answer: ChainAnswer | null; readonly problem: string | null }> {
    const { records, problem } = await this.records.of(repository);
    const digest = questionDigest(question);
    const record = records.find((one) => one.question === digest);
    return { answer: record?.answer ?? null, problem };
  }

  /** @throws ProoflineError `home` where it cannot be kept */
  answer(
    { folder: repository, id: repositoryId }: Pick<RepositoryIdentity, "folder"> & { readonly id: string },
    question: ConsentQuestion,
    answer: ChainAnswer,
  ): Promise<void> {
    return this.records.write({
      format: "proofline/accepted-chain/v1",
      repository,
      repositoryId,
      answer,
      proposed: question.proposed,
      question: questionDigest(question),
    });
  }

  /** Takes back all that was said of a repository's chains. */
  forget(repository: Pick<RepositoryIdentity, "folder">): Promise<void> {
    return this.records.removeAll(repository);
  }
}
