/** A team's rules for this repository: written, checked, shown, and whether they count on this machine. */
import { basename } from "node:path";
import { POLICY_FILE } from "../evidence/repository/places";
import type { Repository } from "../evidence/repository/repository";
import { describePolicy } from "../policy/file/describePolicy";
import { MAX_POLICY_BYTES, PolicyFile, policyDigest, readPolicyFile } from "../policy/file/policyFile";
import type { PolicyAnswer } from "../protocol/policyAnswer";
import type { ChainSettings } from "../protocol/settings";
import {
  type PolicyProposal,
  RepositoryPolicies,
  type RepositoryRules,
  rulesAt,
} from "../workflows/repositoryPolicies";
import type { Answer } from "./answers";
import { type ChainFlags, chainSettings } from "./chainOptions";
import { CommandError } from "./commandError";
import { COMMAND_REMEDIES } from "./commandRemedies";
import { type CommandResult, note } from "./output";
import { repositoryHere, type Session } from "./session";
import { confirmAcceptance } from "./terminal";

/** `proofline policy init`: writes a policy to begin with, which its author accepts by writing it. */
export async function policyInit(
  { home }: Session,
  flags: ChainFlags,
): Promise<CommandResult<Answer<"policy init">>> {
  const repository = await here();
  const policy = firstPolicy(basename(repository.folder), chainSettings(flags));
  const path = await repository.writeNewPolicy(`${JSON.stringify(policy, null, 2)}\n`);
  if (path === null) {
    throw new CommandError(
      "policy",
      `${POLICY_FILE} is there already.`,
      "Look at it with `proofline policy explain`.",
    );
  }
  const policies = new RepositoryPolicies(home);
  const { proposal } = await policies.of(repository);
  if (proposal !== null && proposal.digest === policyDigest(policy)) {
    await policies.answer(repository, proposal.digest, "accepted");
  }
  return {
    exitCode: 0,
    json: { path, digest: policyDigest(policy) },
    text: [
      `${path} is written, and counts for you.`,
      "Whoever else works here accepts it once, with `proofline policy accept` or in their editor; in CI that of the base branch counts.",
    ],
  };
}

/** `proofline policy check`: whether the repository's policy can be read, and if not, which line is wrong. */
export async function policyCheck(): Promise<CommandResult<Answer<"policy check">>> {
  const repository = await here();
  const bytes = await repository.policyFile(MAX_POLICY_BYTES);
  if (bytes === null) {
    throw new CommandError("policy", "This repository has no policy.", NO_POLICY_REMEDY);
  }
  const reading = readPolicyFile(bytes);
  return reading.kind === "policy"
    ? {
        exitCode: 0,
        json: { valid: true, digest: reading.digest },
        text: [`${POLICY_FILE} can be read (digest ${reading.digest}).`],
      }
    : {
        exitCode: 1,
        json: { valid: false, line: reading.line, problem: reading.problem },
        text: [`${POLICY_FILE}:${reading.line}  ${reading.problem}`],
      };
}

/** `proofline policy explain`: the rules in people's words, and which of them count. @param base a revision whose policy is meant */
export async function policyExplain(
  { home }: Session,
  base: string | null,
): Promise<CommandResult<Answer<"policy explain">>> {
  const repository = await here();
  const rules =
    base === null ? await new RepositoryPolicies(home).of(repository) : await rulesAt(repository, base);
  const { file, proposal, hold, problem } = rules;
  return {
    exitCode: problem === null ? 0 : 1,
    json: {
      counts: file === null ? null : { digest: policyDigest(file), policy: file },
      proposed:
        proposal === null
          ? null
          : { digest: proposal.digest, policy: proposal.file, loosened: [...proposal.loosened] },
      hold,
      problem: problem?.text ?? null,
    },
    text: [
      ...(file === null ? ["No policy counts here; the built-in rules do: verified, and nothing else."] : []),
      ...(file === null ? [] : describePolicy(file)),
      ...(proposal === null ? [] : ["", ...describeProposal(proposal)]),
      ...(hold === null ? [] : ["", hold]),
    ],
  };
}

/** `proofline policy accept [DIGEST]`: lets the repository's policy count on this machine, after it was shown. */
export function policyAccept(
  session: Session,
  typed: string | undefined,
): Promise<CommandResult<Answer<"policy accept">>> {
  return answer(session, typed, "accepted");
}

/** `proofline policy decline`: what was accepted before counts, or else the built-in rules, until the policy changes. */
export function policyDecline(session: Session): Promise<CommandResult<Answer<"policy decline">>> {
  return answer(session, undefined, "declined");
}

/** `proofline policy forget`: takes back what was said of this repository's policy. */
export async function policyForget({ home }: Session): Promise<CommandResult<Answer<"policy forget">>> {
  const repository = await here();
  const policies = new RepositoryPolicies(home);
  await policies.forget(repository);
  const { proposal } = await policies.of(repository);
  return {
    exitCode: 0,
    json: { forgotten: true },
    text: [
      proposal === null
        ? "The built-in rules count in this repository."
        : "This repository's policy waits for an answer again: `proofline policy explain` shows it.",
    ],
  };
}

async function answer(
  { home }: Session,
  typed: string | undefined,
  said: PolicyAnswer,
): Promise<CommandResult<Answer<"policy accept">>> {
  const repository = await here();
  const policies = new RepositoryPolicies(home);
  const rules = await policies.of(repository);
  const proposal = asked(rules);
  const { digest } = proposal;
  if (typed !== undefined && typed !== digest) {
    throw new CommandError(
      "usage",
      `The policy has the digest ${digest} now, not the one that was typed.`,
      "Look at it with `proofline policy explain`.",
    );
  }
  if (said === "accepted") {
    describeProposal(proposal).forEach(note);
    if (typed === undefined) {
      await ask(proposal);
    }
  }
  await policies.answer(repository, digest, said);
  return {
    exitCode: 0,
    json: { digest, answer: said },
    text: [
      said === "accepted"
        ? proposal.file === null
          ? "The built-in rules count in this repository."
          : "This policy counts in this repository, on this machine."
        : `The policy was declined; ${rules.file === null ? "the built-in rules count" : "the one that you accepted goes on to count"} until it changes.`,
    ],
  };
}

/** @throws CommandError where there is nothing to answer to */
function asked({ proposal, problem }: RepositoryRules): PolicyProposal {
  if (proposal !== null) {
    return proposal;
  }
  throw problem === null
    ? new CommandError("policy", "This repository's policy waits for no answer.", NO_POLICY_REMEDY)
    : new CommandError("policy", problem.text, COMMAND_REMEDIES.correctPolicy);
}

/** @throws CommandError where they do not say yes, or nobody is there to say it */
async function ask({ file }: PolicyProposal): Promise<void> {
  await confirmAcceptance(
    file === null ? "Let the built-in rules count here?" : "Let this policy count here?",
    "Compare what is shown, then give the whole digest.",
    "usage",
  );
}

function describeProposal({ lines, digest }: PolicyProposal): readonly string[] {
  return ["This repository's policy, which waits for your answer:", ...lines, `Digest: ${digest}`];
}

/** What holds for most teams at first: nothing is refused that cannot be mended, and a person may edit what was suggested. */
function firstPolicy(name: string, chain: ChainSettings): PolicyFile {
  return PolicyFile.parse({
    format: "proofline/policy/v1",
    name: name === "" ? "policy" : name,
    enforcement: "warn",
    ...(chain.kind === "rpc" && { chain: { id: chain.id, contract: chain.contract } }),
    edited: "report",
  } satisfies { [Member in keyof PolicyFile]?: unknown });
}

const NO_POLICY_REMEDY =
  "Write one with `proofline policy init`, or look at it with `proofline policy explain`.";

async function here(): Promise<Repository> {
  const repository = await repositoryHere();
  if (repository === null) {
    throw new CommandError(
      "repository",
      "A policy belongs to a repository, and this folder is not in one.",
      "Change to the repository's folder.",
    );
  }
  return repository;
}
