import { type Subject, subjectKey } from "../chain/authority/subjects";

/** What the addresses that a policy names as its authority say of subjects, by `subjectKey`. */
export interface AuthorityFindings {
  /** By when it is so: seconds since 1970. What is not anchored yet is judged as if it were anchored then. */
  readonly asOf: number;
  readonly approvals: ReadonlyMap<string, Approved>;
  readonly denials: ReadonlyMap<string, Denied>;
}

export interface Approved {
  readonly subject: Subject;
  /** What the authority calls the subject. */
  readonly name: string;
  /** When the approval ended or will, in seconds since 1970; `null` for never. */
  readonly until: number | null;
}

export interface Denied {
  /** Since when what is anchored does not count, in seconds since 1970; `null` where it was not denied as lost. */
  readonly lostAt: number | null;
  /** Whether it was denied as compromised, and since when it is; `since` is `null` for always. */
  readonly compromised: { readonly since: number | null } | null;
}

export const NO_AUTHORITY: AuthorityFindings = { asOf: 0, approvals: new Map(), denials: new Map() };

/**
 * What an authority says of a subject for something that was anchored at a time: seconds since 1970, `null` for not yet. Only the times of
 * anchors are compared, for nobody can choose those afterwards. When something was approved does not matter: it is known by its digest or
 * its key, and an approval speaks of all that bears it.
 */
export function standingAt(
  { asOf, approvals, denials }: AuthorityFindings,
  subject: Subject,
  anchored: number | null,
): "approved" | "denied" | "unnamed" {
  const key = subjectKey(subject);
  const time = anchored ?? asOf;
  const denied = denials.get(key);
  if (denied !== undefined) {
    const { lostAt, compromised } = denied;
    const deniedFrom = Math.min(
      lostAt ?? Number.POSITIVE_INFINITY,
      compromised === null ? Number.POSITIVE_INFINITY : (compromised.since ?? 0),
    );
    if (time >= deniedFrom) {
      return "denied";
    }
  }
  const approved = approvals.get(key);
  return approved !== undefined && (approved.until === null || time < approved.until)
    ? "approved"
    : "unnamed";
}
