import { openRepository } from "../../evidence/repository/openRepository";
import type { Repository } from "../../evidence/repository/repository";
import { messageOf } from "../../platform/errors";
import { describePolicy } from "../../policy/file/describePolicy";
import type { ReviewPolicy } from "../../protocol/messages";
import type { PolicyAnswer } from "../../protocol/policyAnswer";
import type { RepositoryPolicies } from "../../workflows/repositoryPolicies";
import { EditorError } from "../editorError";
import type { SettingsStore } from "../settingsStore";
import { openWorkspaceFolder } from "../workspaceFolder";

/** The policies of the workspace's repositories, and what the person says of them. */
export class WorkspacePolicies {
  constructor(
    private readonly settings: SettingsStore,
    private readonly policies: RepositoryPolicies,
    /** The workspace's folders as absolute paths. */
    private folders: readonly string[],
    private readonly log: (line: string) => void,
  ) {}

  follow(folders: readonly string[]): void {
    this.folders = folders;
  }

  /** Whether a policy waits for an answer; `null` where none does. */
  async proposal(): Promise<"new" | "looser" | null> {
    if (!this.settings.current.trusted) {
      return null;
    }
    for (const folder of this.folders) {
      try {
        const { proposal, problem } = await this.policies.of(await openRepository(folder, [folder]));
        if (problem !== null) {
          this.log(`${folder}: ${problem.text}`);
        }
        if (proposal !== null) {
          return proposal.loosened.length > 0 ? "looser" : "new";
        }
      } catch (error) {
        this.log(messageOf(error));
      }
    }
    return null;
  }

  /** The policy of a workspace folder's repository, for a person to look at. */
  async review(folder: string): Promise<ReviewPolicy.Result> {
    const { file, proposal, problem } = await this.policies.of(await this.repositoryOf(folder));
    return {
      counts: file === null ? null : [...describePolicy(file)],
      proposal:
        proposal === null
          ? null
          : {
              digest: proposal.digest,
              lines: [...proposal.lines],
              isLooser: proposal.loosened.length > 0,
            },
      problem: problem?.text ?? null,
    };
  }

  /** @throws ProoflineError `policy` where there is something else to look at by now */
  async answer(folder: string, digest: string, answer: PolicyAnswer): Promise<void> {
    await this.policies.answer(await this.repositoryOf(folder), digest, answer);
  }

  async forget(folder: string): Promise<void> {
    await this.policies.forget(await this.repositoryOf(folder));
  }

  /** @throws EditorError in an untrusted workspace, of which nothing is accepted */
  private async repositoryOf(folder: string): Promise<Repository> {
    if (!this.settings.current.trusted) {
      throw new EditorError(
        "policy",
        "The workspace is not trusted, so nothing that it brings can be accepted.",
        "Trust it with the command Workspaces: Manage Workspace Trust.",
      );
    }
    return openWorkspaceFolder(folder);
  }
}
