import type { ChainConfiguration } from "../chain/chain";
import { chainConfiguration } from "../chain/chainConfiguration";
import { openRepository, type Repository } from "../evidence/repository";
import { type RepositoryContents, RepositoryReader } from "../workflows/readRepository";
import { VerificationThread } from "../workflows/thread/verificationThread";
import type { BaseEvidence } from "../workflows/vanished";
import { type ChainFlags, chainSettings } from "./chainOptions";
import type { Session } from "./session";

/** The repository that a command was called in, and what it needs to read it. */
export interface Workspace {
  readonly repository: Repository;
  readonly thread: VerificationThread;
  readonly chain: ChainConfiguration;
  /** Reads `.proofline` as it lies there now. */
  contents(): Promise<RepositoryContents>;
  /** Reads what it held at a revision and does not hold now. */
  base(revision: string): Promise<BaseEvidence>;
}

export async function withWorkspace<Value>(
  session: Session,
  flags: ChainFlags,
  use: (workspace: Workspace) => Promise<Value>,
): Promise<Value> {
  const { home, installation } = session;
  const chain = chainConfiguration(chainSettings(flags), { home, hostPath: installation.chainHost });
  const repository = await openRepository(process.cwd(), [process.cwd()]);
  const thread = new VerificationThread(installation.verificationWorker);
  const reader = new RepositoryReader(thread);
  try {
    return await use({
      repository,
      thread,
      chain,
      contents: () => reader.read(repository),
      base: (revision) => reader.readSince(repository, revision),
    });
  } finally {
    await thread.close();
  }
}
