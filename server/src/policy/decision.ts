import { unreachable } from "../platform/errors";
import type { Summary } from "../protocol/verdictWords";
import { visibleName } from "../protocol/visibleText";
import { pathMatcher } from "./file/pathPattern";
import type { PolicyFile, Reaction } from "./file/policyFile";
import type { Verdict } from "./verdict";

/** What a team's rules, or a person's own wish, make of a verdict. `waits`: it is on its way to the chain. */
export type Decision =
  | { readonly kind: "good" }
  /** `why`: a sentence where the verdict's own reasons do not say it; `null` where they do. */
  | { readonly kind: "waits" | "report" | "refuse"; readonly why: string | null };

/** Decides whether a suggestion may stand in the repository. */
export type Admission = (verdict: Verdict) => Decision;

const GOOD: Decision = { kind: "good" };

/**
 * What holds where no policy counts: verified, and nothing else.
 *
 * @param allowAnchored whether anchored is enough, too
 */
export function builtInAdmission(allowAnchored = false): Admission {
  return ({ summary }) => {
    switch (summary) {
      case "verified":
        return GOOD;
      case "anchored":
        return allowAnchored ? GOOD : { kind: "refuse", why: null };
      case "pending":
        return { kind: "waits", why: null };
      case "attested":
      case "stated":
      case "edited":
      case "unverified":
      case "unknown":
      case "failed":
        return { kind: "refuse", why: null };
      default:
        return unreachable(summary);
    }
  };
}

/** What a policy's rules decide. Where a suggestion falls short in several, the strictest decides. */
export function admissionUnder(policy: PolicyFile): Admission {
  return (verdict) => {
    const word = decisionOnWord(verdict.summary, policy);
    if (word.kind === "refuse" || word.kind === "waits") {
      return word;
    }
    const { path, findings, checks } = verdict;
    const { kind } = findings.execution;
    if (!countsAt(policy, kind, path)) {
      return {
        kind: "refuse",
        why: `${KINDS[kind]} do not count at this place, as the policy ${visibleName(policy.name)} has it.`,
      };
    }
    const { share } = findings.content;
    if (share < policy.leastShare) {
      return { kind: "refuse", why: `Only ${percent(share)} of the text on its lines is the suggestion's.` };
    }
    const copied = findings.prompt.share;
    if (policy.mostCopied < 1 && (copied === null || copied > policy.mostCopied)) {
      return {
        kind: "refuse",
        why:
          copied === null
            ? "Nobody can tell how much of it was copied: its prompt is sealed."
            : `${percent(copied)} of it stood in its prompt already.`,
      };
    }
    const sealed = checks.prompt === "sealed" ? reacted(policy.sealedPrompts, "Its prompt is sealed.") : GOOD;
    return stricter(word, sealed);
  };
}

/** Whether suggestions of a kind count at a path below the repository's top. */
export function countsAt(policy: PolicyFile, kind: keyof PolicyFile["executions"], path: string): boolean {
  const known = matchers.get(policy) ?? {
    replayable: pathMatcher(policy.executions.replayable),
    attested: pathMatcher(policy.executions.attested),
    stated: pathMatcher(policy.executions.stated),
  };
  matchers.set(policy, known);
  return known[kind](path);
}

const matchers = new WeakMap<PolicyFile, Readonly<Record<keyof PolicyFile["executions"], Matcher>>>();

function decisionOnWord(summary: Summary, { edited, replay }: PolicyFile): Decision {
  switch (summary) {
    case "verified":
    case "attested":
    case "stated":
      return GOOD;
    case "anchored":
      return replay === "optional" ? GOOD : { kind: "refuse", why: null };
    case "edited":
      return reacted(edited, null);
    case "pending":
      return { kind: "waits", why: null };
    case "unverified":
    case "unknown":
    case "failed":
      return { kind: "refuse", why: null };
    default:
      return unreachable(summary);
  }
}

/** What people call suggestions of a kind. */
export const KINDS: Readonly<Record<Verdict["findings"]["execution"]["kind"], string>> = {
  replayable: "Suggestions of pinned models",
  attested: "Answers of enclaves",
  stated: "Suggestions that nobody can check",
};

function reacted(reaction: Reaction, why: string | null): Decision {
  return reaction === "allow" ? GOOD : { kind: reaction, why };
}

function stricter(one: Decision, other: Decision): Decision {
  const strictness = (decision: Decision): number => STRICTNESS.indexOf(decision.kind);
  return strictness(other) > strictness(one) ? other : one;
}

const STRICTNESS: readonly Decision["kind"][] = ["good", "report", "waits", "refuse"];

type Matcher = (path: string) => boolean;

function percent(share: number): string {
  return `${Math.floor(share * 100)}%`;
}
