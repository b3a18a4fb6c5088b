import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { ChainConfiguration } from "../chain/chain";
import { chainConfiguration } from "../chain/chainConfiguration";
import type { ProofChecker } from "../chain/trust/proofChecker";
import { readJournals } from "../evidence/journal/journal";
import { openRepository } from "../evidence/repository/openRepository";
import { PROOFLINE_FOLDER } from "../evidence/repository/places";
import type { Repository, RepositoryFiles } from "../evidence/repository/repository";
import type { ChainSettings } from "../protocol/settings";
import { type BaseContents, type RepositoryContents, RepositoryReader } from "../workflows/readRepository";
import { RepositoryChains } from "../workflows/repositoryChains";
import { allCores, ReadingThreads } from "../workflows/thread/readingThreads";
import { VerificationThread } from "../workflows/thread/verificationThread";
import { type ChainFlags, chainSettings, namesChain } from "./chainOptions";
import { noteProposal } from "./chainReviewCommand";
import { CommandError } from "./commandError";
import { repositoryHere, type Session } from "./session";

/** The repository that a command was called in, and what it needs to read it. */
export interface Workspace {
  readonly repository: Repository;
  readonly thread: VerificationThread;
  /** For questions to grammars alone. */
  readonly grammarThread: VerificationThread;
  readonly chain: ChainConfiguration;
  /** Checks proofs of anchors in other threads. */
  readonly proofs: ProofChecker;
  /** Reads `.proofline` as it lies there now, or as some other view of the repository has it. */
  contents(files?: RepositoryFiles): Promise<RepositoryContents>;
  /** Reads what it held at a revision and does not hold now, or in that other view. */
  base(revision: string, files?: RepositoryFiles): Promise<BaseContents>;
}

export async function withWorkspace<Value>(
  session: Session,
  flags: ChainFlags,
  use: (workspace: Workspace) => Promise<Value>,
): Promise<Value> {
  const { home, installation } = session;
  const own = chainSettings(flags);
  const repository = await repositoryOf(session);
  const counts = namesChain(flags) ? own : await countingIn(repository, session, own);
  const chain = chainConfiguration(counts, { home, hostPath: installation.chainHost });
  const thread = new VerificationThread(installation.verificationWorker);
  const grammarThread = new VerificationThread(installation.verificationWorker);
  const readers = new ReadingThreads(installation.verificationWorker, home, allCores());
  const reader = new RepositoryReader(readers);
  try {
    return await use({
      repository,
      thread,
      grammarThread,
      chain,
      proofs: readers,
      contents: (files = repository) => reader.read(files),
      base: (revision, files) => reader.readSince(repository, revision, files),
    });
  } finally {
    await Promise.all([thread.close(), readers.close(), grammarThread.close()]);
  }
}

/** The chain that counts in a repository; one that it proposes and nobody answered to is mentioned. */
async function countingIn(
  repository: Repository,
  { home }: Session,
  own: ChainSettings,
): Promise<ChainSettings> {
  const here = await new RepositoryChains(home).of(repository, own);
  noteProposal(here);
  return here.counts;
}

/**
 * The repository of the working directory. A folder outside git is one too where it has evidence, or the
 * journal holds suggestions or batches of it.
 */
async function repositoryOf({ home }: Session): Promise<Repository> {
  const repository = (await repositoryHere()) ?? (await openRepository(process.cwd(), [process.cwd()]));
  if (repository.isGit || (await hasEvidence(repository)) || (await isPending(home, repository))) {
    return repository;
  }
  throw new CommandError(
    "repository",
    `${repository.folder} is in no git repository, and nothing was accepted in it.`,
    "Change to the repository's folder, and run the command there.",
  );
}

async function hasEvidence({ folder }: Repository): Promise<boolean> {
  return (await stat(join(folder, PROOFLINE_FOLDER)).catch(() => null)) !== null;
}

async function isPending(home: string, { folder }: Repository): Promise<boolean> {
  const { pending, unanchored } = await readJournals(home);
  return [...pending, ...unanchored].some(({ repository }) => repository === folder);
}
