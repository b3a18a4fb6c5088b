import type { Subject } from "../../chain/authority/subjects";
import type { WordReader } from "../../chain/wordReader";
import type { PolicyFile } from "../../policy/file/policyFile";
import type { Policy } from "../../policy/policy";
import { underAuthority } from "../../policy/underAuthority";
import type { RepositoryContents } from "../readRepository";
import { AuthorityMemory } from "./authorityMemory";
import { subjectsIn } from "./evidenceSubjects";
import { type AuthorityReading, readAuthority } from "./readAuthority";

export interface AuthorityQuestion {
  /** The policy that counts; `null` where the built-in rules do. */
  readonly file: PolicyFile | null;
  readonly contents: Pick<RepositoryContents, "evidence" | "approvals" | "results">;
  /** Of what it is asked beside all that these name. */
  readonly further?: readonly Subject[];
  readonly chain: WordReader;
  readonly home: string;
}

/** Asks what the authority of a policy says of all that a repository names; `null` where there is none. */
export async function askAuthority({
  file,
  contents: { evidence, approvals, results },
  further = [],
  chain,
  home,
}: AuthorityQuestion): Promise<AuthorityReading | null> {
  return file?.authority === undefined
    ? null
    : readAuthority({
        policy: file,
        approvals,
        subjects: [...subjectsIn(evidence, results), ...further],
        chain,
        memory: new AuthorityMemory(home),
        now: Math.floor(Date.now() / 1000),
      });
}

/** The rules with what was read of their authority. Where it could not be read, nobody can tell which rules count. */
export function policyUnderReading(policy: Policy, reading: AuthorityReading | null): Policy {
  switch (reading?.kind) {
    case undefined:
      return policy;
    case "read":
      return underAuthority(policy, reading.findings);
    case "unread":
      return { ...policy, hold: policy.hold ?? reading.reason };
  }
}

/** Both, one after the other. */
export async function policyWithAuthority({
  policy,
  ...question
}: AuthorityQuestion & { readonly policy: Policy }): Promise<{
  readonly policy: Policy;
  readonly reading: AuthorityReading | null;
}> {
  const reading = await askAuthority(question);
  return { policy: policyUnderReading(policy, reading), reading };
}
