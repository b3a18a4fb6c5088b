import {
  ChainConsents,
  type ConsentQuestion,
  countingChain,
  questionDigest,
} from "../chain/consent/chainConsents";
import { describeProposal, nameOfChain } from "../chain/consent/describeProposal";
import { MAX_SETTINGS_BYTES, type ProposedChain, readProposedChain } from "../chain/consent/proposedChain";
import { EDITOR_SETTINGS_FILE } from "../evidence/repository/places";
import type { Repository } from "../evidence/repository/repository";
import { ProoflineError } from "../platform/errors";
import type { Digest } from "../platform/primitives";
import type { ChainAnswer } from "../protocol/chainAnswer";
import type { ChainSettings } from "../protocol/settings";

/** The chain of one repository, as its files and the person's answers have it now. */
export interface RepositoryChain {
  /** The chain that counts here. */
  readonly counts: ChainSettings;
  /** What the repository proposes in place of the person's own; `null` where that is nothing else. */
  readonly proposal: ChainProposal | null;
  /** What cannot be used of proposal or answers, in a sentence; `null` for nothing. */
  readonly problem: string | null;
}

export interface ChainProposal {
  /** What people call it. */
  readonly name: string;
  readonly chain: ChainSettings;
  /** Names this proposal in place of this own chain, whole. */
  readonly digest: Digest;
  /** `null` until the person says something. */
  readonly answer: ChainAnswer | null;
  /** What they are shown. */
  readonly lines: readonly string[];
}

/**
 * Which chain counts in which repository: the person's own, or one that the repository proposes in its settings of VS Code
 * and that they accepted in its place (`docs/chain-trust.md`). Nothing is remembered but on the disk, so that whatever
 * changes there, or is taken back by another window, counts at once.
 */
export class RepositoryChains {
  private readonly consents: ChainConsents;

  constructor(home: string) {
    this.consents = new ChainConsents(home);
  }

  async of(repository: Repository, own: ChainSettings): Promise<RepositoryChain> {
    const { question, problem } = await questionIn(repository, own);
    if (question === null) {
      return { counts: own, proposal: null, problem };
    }
    const known = await this.consents.answerTo(await repository.identity(), question);
    return {
      counts: countingChain(question, known.answer),
      proposal: {
        name: nameOfChain(question.proposed),
        chain: question.proposed,
        digest: questionDigest(question),
        answer: known.answer,
        lines: describeProposal(question),
      },
      problem: problem ?? known.problem,
    };
  }

  /**
   * Keeps what a person says of a proposal that they were shown.
   *
   * @param digest which one that was
   * @throws ProoflineError `chain.configuration` where the repository proposes another one, or nothing, by now
   */
  async answer(
    repository: Repository,
    own: ChainSettings,
    digest: string,
    answer: ChainAnswer,
  ): Promise<void> {
    const { question } = await questionIn(repository, own);
    if (question === null || questionDigest(question) !== digest) {
      throw new ProoflineError(
        "chain.configuration",
        "What was shown is not what this repository proposes now, so nothing was accepted or declined.",
        "tryAgain",
      );
    }
    await this.consents.answer(await repository.ensureIdentity(), question, answer);
  }

  /** Takes back all that was said of a repository's chain: the person's own counts until they are asked again. */
  forget(repository: Repository): Promise<void> {
    return this.consents.forget(repository);
  }
}

/** What there is to ask about; nothing where the repository proposes what counts already. */
async function questionIn(
  repository: Repository,
  instead: ChainSettings,
): Promise<{ readonly question: ConsentQuestion | null; readonly problem: string | null }> {
  const proposed = await proposedIn(repository);
  if (proposed === null) {
    return { question: null, problem: null };
  }
  switch (proposed.kind) {
    case "unusable":
      return {
        question: null,
        problem: `The chain that ${EDITOR_SETTINGS_FILE} proposes cannot be used. ${proposed.reason}`,
      };
    case "chain": {
      const question = { proposed: proposed.settings, instead };
      const isOwn = questionDigest(question) === questionDigest({ proposed: instead, instead });
      return { question: isOwn ? null : question, problem: null };
    }
  }
}

async function proposedIn(repository: Repository): Promise<ProposedChain | null> {
  try {
    const bytes = await repository.editorSettings(MAX_SETTINGS_BYTES);
    return bytes === null ? null : readProposedChain(bytes);
  } catch (error) {
    // Whatever lies there, it is no chain.
    if (error instanceof ProoflineError) {
      return { kind: "unusable", reason: error.reason };
    }
    throw error;
  }
}
