import * as z from "zod";
import { canonicalJson, type ReadJson } from "../../platform/canonicalJson";
import { PREDICATE, type PredicateVersion, STATEMENT_TYPE } from "./statement";

const VERSIONED = /^urn:proofline:suggestions:v([1-9][0-9]{0,3})$/;

/** What every version of a statement has in common. */
const AnyStatement = z.looseObject({
  _type: z.literal(STATEMENT_TYPE),
  predicateType: z.string(),
  predicate: z.unknown(),
});
const AnyPredicate = z.looseObject({ execution: z.looseObject({ kind: z.string() }) });

/** How the kinds of execution are named. */
const KIND = /^[a-z][A-Za-z]{0,31}$/;

/** Whether a statement says that it is of a later version of the format than all that are known here. */
export function isOfLaterVersion({ value }: ReadJson): boolean {
  const statement = AnyStatement.safeParse(value);
  const version = VERSIONED.exec(statement.data?.predicateType ?? "")?.[1];
  return version !== undefined && Number(version) > Number(VERSIONED.exec(PREDICATE.type)?.[1]);
}

/**
 * What a signed statement of one version holds that this Proofline does not know, as words for a sentence; `null` where it is wrong otherwise, or
 * not at all. A later version of Proofline may add keys and words to a statement, and says so by another version where it takes
 * any away. Only what is signed counts: whatever else is in a file, anybody can add to it.
 */
export function unknownIn(statement: ReadJson, { type, predicateOf }: PredicateVersion): string | null {
  const { text, value } = statement;
  if (canonicalJson(value) !== text) {
    return null;
  }
  if (isOfLaterVersion(statement)) {
    return "another version of the format";
  }
  const outer = AnyStatement.safeParse(value);
  const inner = AnyPredicate.safeParse(outer.data?.predicate);
  if (!inner.success || outer.data?.predicateType !== type) {
    return null;
  }
  const { kind } = inner.data.execution;
  const known = Object.entries(predicateOf).find(([name]) => name === kind);
  if (known === undefined) {
    return KIND.test(kind) ? `the kind of execution ${kind}` : null;
  }
  const issues = known[1].safeParse(inner.data).error?.issues ?? [];
  return issues.length > 0 && issues.every((issue) => isUnknown(issue, inner.data)) ? wordsFor(issues) : null;
}

type Issue = z.core.$ZodIssue;

/** Whether all that is wrong at a place is a key that is not known, or a word for how the outputs came about. */
function isUnknown(issue: Issue, value: unknown): boolean {
  return (
    issue.code === "unrecognized_keys" ||
    (issue.code === "invalid_value" &&
      issue.path[0] === "execution" &&
      typeof valueAt(value, issue.path) === "string")
  );
}

function wordsFor(issues: readonly Issue[]): string {
  const [first] = issues;
  const path = first?.path.join(".") ?? "";
  return first?.code === "unrecognized_keys"
    ? `the field ${[path, first.keys[0] ?? ""].filter((part) => part !== "").join(".")}`
    : `what stands in ${path}`;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (part, key) => (typeof part === "object" && part !== null ? Reflect.get(part, key) : undefined),
    value,
  );
}
