import { openRepository } from "../../evidence/repository/openRepository";
import type { Repository } from "../../evidence/repository/repository";
import type { RepositoryPolicies, RepositoryRules } from "../../workflows/repositoryPolicies";
import { LookedUp } from "../lookedUp";

/** The rules of repositories, by their folders. */
export type KnownRules = LookedUp<Pick<Repository, "folder">, RepositoryRules>;

export function knownRules(policies: RepositoryPolicies, log: (line: string) => void): KnownRules {
  // Where a repository is found does not change, and git need not be asked for it every time.
  const opened = new Map<string, Promise<Repository>>();
  return new LookedUp(
    ({ folder }) => folder,
    async ({ folder }) => {
      const opening = opened.get(folder) ?? openRepository(folder, [folder]);
      opened.set(folder, opening);
      opening.catch(() => opened.delete(folder));
      return policies.of(await opening);
    },
    log,
  );
}
