import { openRepository } from "../../evidence/repository/openRepository";
import type { Repository } from "../../evidence/repository/repository";
import type { RepositoryPolicies, RepositoryRules } from "../../workflows/repositoryPolicies";
import { LookedUp } from "../lookedUp";

/** The rules of repositories, by their folders. */
export type KnownRules = LookedUp<Pick<Repository, "folder">, RepositoryRules>;

export function knownRules(policies: RepositoryPolicies, log: (line: string) => void): KnownRules {
  return new LookedUp(
    ({ folder }) => folder,
    async ({ folder }) => policies.of(await openRepository(folder, [folder])),
    log,
  );
}
