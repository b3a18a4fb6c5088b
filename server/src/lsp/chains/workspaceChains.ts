import { openRepository } from "../../evidence/repository/openRepository";
import type { Repository } from "../../evidence/repository/repository";
import { messageOf } from "../../platform/errors";
import type { ChainAnswer } from "../../protocol/chainAnswer";
import type { ReviewChain } from "../../protocol/messages";
import type { RepositoryChains } from "../../workflows/repositoryChains";
import { EditorError } from "../editorError";
import type { SettingsStore } from "../settingsStore";
import { openWorkspaceFolder } from "../workspaceFolder";

/** The chains that the workspace's repositories propose, and what the person says of them. */
export class WorkspaceChains {
  constructor(
    private readonly settings: SettingsStore,
    private readonly chains: RepositoryChains,
    /** The workspace's folders as absolute paths. */
    private folders: readonly string[],
    private readonly log: (line: string) => void,
  ) {}

  follow(folders: readonly string[]): void {
    this.folders = folders;
  }

  /** What people call a chain that a repository proposes and nobody here answered to; `null` for none. */
  async proposal(): Promise<string | null> {
    const { trusted, chain } = this.settings.current;
    if (!trusted) {
      return null;
    }
    for (const folder of this.folders) {
      try {
        const { proposal, problem } = await this.chains.of(await openRepository(folder, [folder]), chain);
        if (problem !== null) {
          this.log(`${folder}: ${problem}`);
        }
        if (proposal !== null && proposal.answer === null) {
          return proposal.name;
        }
      } catch (error) {
        this.log(messageOf(error));
      }
    }
    return null;
  }

  /** What the repository of a workspace folder proposes, for a person to look at. */
  async review(folder: string): Promise<ReviewChain.Result> {
    const { proposal, problem } = await this.chains.of(
      await this.repositoryOf(folder),
      this.settings.current.chain,
    );
    if (proposal === null) {
      return { proposal: null, problem };
    }
    const { name, digest, answer, lines } = proposal;
    return { proposal: { name, digest, answer, lines: [...lines] }, problem };
  }

  /** @throws ProoflineError `chain.configuration` where the repository proposes something else by now */
  async answer(folder: string, digest: string, answer: ChainAnswer): Promise<void> {
    const repository = await this.repositoryOf(folder);
    await this.chains.answer(repository, this.settings.current.chain, digest, answer);
  }

  async forget(folder: string): Promise<void> {
    await this.chains.forget(await this.repositoryOf(folder));
  }

  /** @throws EditorError in an untrusted workspace, of which nothing is looked at and nothing is accepted */
  private async repositoryOf(folder: string): Promise<Repository> {
    if (!this.settings.current.trusted) {
      throw new EditorError(
        "chain.configuration",
        "The workspace is not trusted, so nothing that it proposes can be accepted.",
        "Trust it with the command Workspaces: Manage Workspace Trust.",
      );
    }
    return openWorkspaceFolder(folder);
  }
}
