import type { Address } from "../platform/primitives";
import { type AuthorityFindings, standingAt } from "./authority";
import type { Policy } from "./policy";

/**
 * The rules with what their authority says. It approves and denies beside what they list, and appoints verifiers, who count as long as
 * they stand now: nobody can tell when they signed.
 */
export function underAuthority(policy: Policy, authority: AuthorityFindings): Policy {
  const appointed = [...authority.approvals.values()].flatMap(({ subject, name }): [Address, string][] =>
    subject.kind === "verifier" ? [[subject.id, name]] : [],
  );
  const standing = (id: Address) => standingAt(authority, { kind: "verifier", id }, null);
  return {
    ...policy,
    authority,
    verifiers: new Map([
      ...appointed.filter(([id]) => standing(id) === "approved"),
      ...[...policy.verifiers].filter(([id]) => standing(id) !== "denied"),
    ]),
  };
}
