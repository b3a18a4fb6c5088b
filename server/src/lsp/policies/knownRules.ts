import { openRepository } from "../../evidence/repository/openRepository";
import type { Repository } from "../../evidence/repository/repository";
import type { RepositoryPolicies, RepositoryRules } from "../../workflows/repositoryPolicies";

/** The rules of repositories as they were when somebody looked last, so that nobody reads a disk while a person types. */
export class KnownRules {
  private known = new Map<string, Promise<RepositoryRules>>();

  constructor(private readonly policies: RepositoryPolicies) {}

  of({ folder }: Pick<Repository, "folder">): Promise<RepositoryRules> {
    const known = this.known.get(folder) ?? this.look(folder);
    this.known.set(folder, known);
    return known;
  }

  /** Something may have changed, here or by another window. */
  refresh(): void {
    this.known = new Map();
  }

  private async look(folder: string): Promise<RepositoryRules> {
    return this.policies.of(await openRepository(folder, [folder]));
  }
}
