/** Whether the chain that this repository proposes counts in it: what a person is shown, and what they say. */
import type { Repository } from "../evidence/repository/repository";
import type { ChainAnswer } from "../protocol/chainAnswer";
import type { ChainSettings } from "../protocol/settings";
import { visibleName } from "../protocol/visibleText";
import { type ChainProposal, type RepositoryChain, RepositoryChains } from "../workflows/repositoryChains";
import type { Answer } from "./answers";
import { chainSettings } from "./chainOptions";
import { CommandError } from "./commandError";
import { type CommandResult, note } from "./output";
import { repositoryHere, type Session } from "./session";
import { confirmAcceptance } from "./terminal";

interface Place {
  readonly repository: Repository;
  readonly chains: RepositoryChains;
  /** The chain of the variables, or the local one. */
  readonly own: ChainSettings;
  readonly here: RepositoryChain;
}

/** `proofline chain show`: the chain that this repository proposes, and whether it counts. */
export async function chainShow(session: Session): Promise<CommandResult<Answer<"chain show">>> {
  const { own, here } = await placeOf(session);
  const { proposal, problem, counts } = here;
  return {
    exitCode: 0,
    json: {
      proposal:
        proposal === null
          ? null
          : { digest: proposal.digest, chain: proposal.chain, answer: proposal.answer },
      counts: proposal !== null && counts === proposal.chain ? "proposed" : "own",
      problem,
    },
    text: [
      ...(proposal === null ? [nothingProposed(own)] : [...describe(proposal), state(proposal)]),
      ...(problem === null ? [] : [problem]),
    ],
  };
}

/** `proofline chain accept [DIGEST]`: lets the proposed chain count for this repository, after it was shown. */
export function chainAccept(
  session: Session,
  typed: string | undefined,
): Promise<CommandResult<Answer<"chain accept">>> {
  return answer(session, typed, "accepted");
}

/** `proofline chain decline`: the proposed chain is not mentioned again until it changes. */
export function chainDecline(session: Session): Promise<CommandResult<Answer<"chain decline">>> {
  return answer(session, undefined, "declined");
}

/** `proofline chain forget`: takes back all that was said of this repository's chain. */
export async function chainForget(session: Session): Promise<CommandResult<Answer<"chain forget">>> {
  const { repository, chains } = await placeOf(session);
  await chains.forget(repository);
  return {
    exitCode: 0,
    json: { forgotten: true },
    text: ["Your own chain counts in this repository, whatever it proposes."],
  };
}

/** Says beside a result that there is something to look at; nothing where the person has answered. */
export function noteProposal({ proposal }: RepositoryChain): void {
  if (proposal !== null && proposal.answer === null) {
    note(
      `This repository proposes a chain for its anchors, ${visibleName(proposal.name)}; your own settings count. \`proofline chain show\` shows it.`,
    );
  }
}

async function answer(
  session: Session,
  typed: string | undefined,
  said: ChainAnswer,
): Promise<CommandResult<Answer<"chain accept">>> {
  const { repository, chains, own, here } = await placeOf(session);
  const { proposal } = here;
  if (proposal === null) {
    throw new CommandError(
      "usage",
      here.problem ?? nothingProposed(own),
      "A repository proposes a chain in its .vscode/settings.json.",
    );
  }
  const { digest } = proposal;
  if (typed !== undefined && typed !== digest) {
    throw new CommandError(
      "usage",
      `What this repository proposes now has the digest ${digest}, not the one that was typed.`,
      "Look at it with `proofline chain show`.",
    );
  }
  if (said === "accepted") {
    describe(proposal).forEach(note);
    if (typed === undefined) {
      await ask(proposal);
    }
  }
  await chains.answer(repository, own, digest, said);
  return { exitCode: 0, json: { digest, answer: said }, text: [state({ ...proposal, answer: said })] };
}

/** @throws CommandError where they do not say yes, or nobody is there to say it */
async function ask({ name }: ChainProposal): Promise<void> {
  await confirmAcceptance(
    `Let ${visibleName(name)} count in this repository?`,
    "Compare what is shown, then give the whole digest.",
    "usage",
  );
}

function nothingProposed({ kind }: ChainSettings): string {
  return kind === "embedded"
    ? "This repository proposes no other chain, so the one on this computer counts."
    : "This repository proposes no other chain, so the one of your own variables counts.";
}

function describe({ lines, digest }: ChainProposal): string[] {
  return [...lines, `Digest     ${digest}`];
}

function state({ name, answer: said }: ChainProposal): string {
  switch (said) {
    case "accepted":
      return `${visibleName(name)} counts in this repository, on this machine.`;
    case "declined":
      return `${visibleName(name)} was declined; your own chain counts.`;
    case null:
      return "Your own chain counts. To accept this one, run `proofline chain accept`; to hear no more of it, `proofline chain decline`.";
  }
}

async function placeOf({ home }: Session): Promise<Place> {
  const repository = await repositoryHere();
  if (repository === null) {
    throw new CommandError(
      "repository",
      "A chain is proposed by a repository, and this folder is not in one.",
      "Change to the repository's folder.",
    );
  }
  const chains = new RepositoryChains(home);
  const own = chainSettings({});
  return { repository, chains, own, here: await chains.of(repository, own) };
}
