import { POLICY_FILE } from "../evidence/repository/places";
import type { Repository } from "../evidence/repository/repository";
import { meaningOf, ProoflineError } from "../platform/errors";
import { type Admission, admissionUnder, builtInAdmission } from "../policy/decision";
import { describePolicy } from "../policy/file/describePolicy";
import { loosening } from "../policy/file/loosening";
import { type PolicyConsent, PolicyConsents } from "../policy/file/policyConsents";
import {
  MAX_POLICY_BYTES,
  type PolicyFile,
  type PolicyReading,
  policyDigest,
  readPolicyFile,
} from "../policy/file/policyFile";
import { policyUnder } from "../policy/file/policyUnder";
import type { Policy } from "../policy/policy";
import type { FileProblem } from "../policy/report";
import type { PolicyAnswer } from "../protocol/policyAnswer";
import { strictest, type VerifiedOnly } from "../protocol/verifiedOnly";

/** The rules of one repository, as its policy and what a person said of it have them now. */
export interface RepositoryRules {
  /** The policy that counts; `null` where the built-in rules do. */
  readonly file: PolicyFile | null;
  /** Why nobody can tell yet which rules count, as a sentence; `null` where they do. */
  readonly hold: string | null;
  /** What there is to say something of; `null` where everything was said. */
  readonly proposal: PolicyProposal | null;
  /** What is wrong with the policy file, or with what was kept of it. */
  readonly problem: { readonly text: string; readonly line: number } | null;
}

export interface PolicyProposal {
  /** What the repository has now; `null` where a policy that counts was taken out of it. */
  readonly file: PolicyFile | null;
  /** Names exactly what is shown. */
  readonly digest: string;
  /** In which rules it asks for less than what was accepted before; none where nothing was. */
  readonly loosened: readonly string[];
  /** What people are shown. */
  readonly lines: readonly string[];
}

export const NO_RULES: RepositoryRules = { file: null, hold: null, proposal: null, problem: null };

/** What the built-in rules are called where they take a policy's place. */
const NO_POLICY = "none";

/**
 * Which policy counts in which repository. One that a repository brings counts for a person once they accepted it, and asks again where
 * it asks for less; what was accepted is kept outside the repository.
 */
export class RepositoryPolicies {
  private readonly consents: PolicyConsents;

  constructor(home: string) {
    this.consents = new PolicyConsents(home);
  }

  async of(repository: Repository): Promise<RepositoryRules> {
    const [reading, { consent, other, problem }] = await Promise.all([
      readingIn(repository),
      repository.identity().then((identity) => this.consents.of(identity)),
    ]);
    const isTakenAway = reading === null && consent === null && other?.answer === "accepted";
    const rules = isTakenAway ? TAKEN_AWAY : rulesFrom(reading, consent);
    return problem === null ? rules : { ...rules, problem: rules.problem ?? { text: problem, line: 1 } };
  }

  /**
   * Keeps what a person says of what they were shown.
   *
   * @throws ProoflineError `policy` where there is something else to look at by now
   */
  async answer(repository: Repository, digest: string, answer: PolicyAnswer): Promise<void> {
    const { file: accepted, proposal } = await this.of(repository);
    if (proposal === null || proposal.digest !== digest) {
      throw new ProoflineError(
        "policy",
        "What was shown is not what this repository's policy is now, so nothing was accepted or declined.",
        "tryAgain",
      );
    }
    if (accepted !== null && answer === "declined") {
      await this.consents.answer(await repository.ensureIdentity(), accepted, "accepted", digest);
    } else if (proposal.file !== null) {
      await this.consents.answer(await repository.ensureIdentity(), proposal.file, answer);
    } else if (answer === "accepted") {
      await this.consents.forget(repository);
    }
  }

  /** Takes back whatever was said of a repository's policy. */
  forget(repository: Repository): Promise<void> {
    return this.consents.forget(repository);
  }
}

/** The rules of a revision, which whoever protects it has decided on: they count without a question. */
export async function rulesAt(repository: Repository, revision: string): Promise<RepositoryRules> {
  const bytes = await repository.revisions.policyAt(revision, MAX_POLICY_BYTES);
  const reading = bytes === null ? null : readPolicyFile(bytes);
  if (reading?.kind === "broken") {
    throw new ProoflineError(
      "policy",
      `The policy of ${revision} cannot be read. ${reading.problem}`,
      "correctPolicy",
    );
  }
  return reading === null ? NO_RULES : { ...NO_RULES, file: reading.policy };
}

/** What the repository's own policy asks less for than the rules that count: what a pull request would change. */
export async function loosenedBeside(
  repository: Repository,
  { file }: RepositoryRules,
): Promise<readonly string[]> {
  if (file === null) {
    return [];
  }
  const reading = await readingIn(repository);
  if (reading === null) {
    return ["everything: the policy is taken away"];
  }
  return reading.kind === "broken" ? ["everything: the policy is broken"] : loosening(file, reading.policy);
}

/** Verdicts' rules under those of a repository. */
export function policyBy({ file, hold }: RepositoryRules, builtIn: Policy): Policy {
  const policy = file === null ? builtIn : policyUnder(file, builtIn);
  return { ...policy, hold };
}

/** Which verdicts may stand under the rules of a repository. @param allowAnchored what the built-in rules are asked to allow */
export function admissionBy({ file }: RepositoryRules, allowAnchored = false): Admission {
  return file === null ? builtInAdmission(allowAnchored) : admissionUnder(file);
}

/** How strictly accepted lines must be verified under the rules. @param wish the person's own, which no rules loosen */
export function enforcementBy({ file }: RepositoryRules, wish: VerifiedOnly): VerifiedOnly {
  return strictest(wish, file?.enforcement ?? "off");
}

/** What is wrong with a repository's policy, as a problem of its file. */
export function policyProblems({ problem }: RepositoryRules): readonly FileProblem[] {
  return problem === null ? NO_PROBLEMS : [{ path: POLICY_FILE, problem: problem.text, line: problem.line }];
}

const NO_PROBLEMS: readonly FileProblem[] = [];

function rulesFrom(
  reading: PolicyReading | null,
  consent: Pick<PolicyConsent, "answer" | "policy" | "declined"> | null,
): RepositoryRules {
  const accepted = consent?.answer === "accepted" ? consent.policy : null;
  if (reading === null) {
    return accepted === null || consent?.declined === NO_POLICY
      ? { ...NO_RULES, file: accepted }
      : held(accepted, proposalOf(null, accepted));
  }
  if (reading.kind === "broken") {
    const text = `The policy of this repository cannot be read. ${reading.problem}`;
    return { file: accepted, hold: text, proposal: null, problem: { text, line: reading.line } };
  }
  const { policy, digest } = reading;
  if (accepted !== null && loosening(accepted, policy).length === 0) {
    return { ...NO_RULES, file: policy };
  }
  if (consent?.declined === digest) {
    return { ...NO_RULES, file: accepted };
  }
  if (consent?.answer === "declined" && policyDigest(consent.policy) === digest) {
    return NO_RULES;
  }
  return held(accepted, proposalOf(policy, accepted));
}

/** Whoever takes a policy out of a repository may give it another id with the same change, so that it looks like another one. */
const TAKEN_AWAY: RepositoryRules = {
  ...NO_RULES,
  hold: "You accepted a policy in this folder when its repository had another id, and this one has none, so that nobody can tell which rules count.",
  proposal: proposalOf(null, null),
};

function held(accepted: PolicyFile | null, proposal: PolicyProposal): RepositoryRules {
  const what =
    accepted === null
      ? "This repository has a policy that you have not accepted or declined"
      : `This repository's policy asks for less than the one that you accepted (${proposal.loosened.join(", ")})`;
  return {
    file: accepted,
    hold: `${what}, so that nobody can tell which rules count.`,
    proposal,
    problem: null,
  };
}

function proposalOf(file: PolicyFile | null, accepted: PolicyFile | null): PolicyProposal {
  const loosened =
    accepted === null ? [] : file === null ? ["everything: it was taken away"] : loosening(accepted, file);
  return {
    file,
    digest: file === null ? NO_POLICY : policyDigest(file),
    loosened,
    lines: [
      ...(file === null ? ["No policy: the built-in rules."] : describePolicy(file)),
      ...(loosened.length === 0 ? [] : [`Asks for less than before: ${loosened.join(", ")}`]),
    ],
  };
}

async function readingIn(repository: Repository): Promise<PolicyReading | null> {
  try {
    const bytes = await repository.policyFile(MAX_POLICY_BYTES);
    return bytes === null ? null : readPolicyFile(bytes);
  } catch (error) {
    // Whatever lies there, it is no policy.
    if (error instanceof ProoflineError) {
      return { kind: "broken", problem: `${POLICY_FILE}: ${meaningOf(error)}`, line: 1 };
    }
    throw error;
  }
}
