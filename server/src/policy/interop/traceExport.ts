import { canonicalJson } from "../../platform/canonicalJson";
import { compareText } from "../../platform/compareText";
import { sha256Digest } from "../../platform/digests";
import { groupBy } from "../../platform/groupBy";
import { nameUuid } from "../../platform/nameUuid";
import { rfc3339 } from "../../platform/rfc3339";
import { modelLabel } from "./modelLabel";
import type { StandingSuggestion } from "./standingSuggestion";
import { TRACE_VENDOR, TRACE_VERSION, type TraceConversation, type TraceRecord } from "./traceRecord";

export interface TraceParameters {
  readonly suggestions: readonly StandingSuggestion[];
  /** The commit whose texts these are; `null` where they are no commit's. */
  readonly revision: string | null;
  /** Of Proofline. */
  readonly version: string;
  /** Seconds since 1970. */
  readonly made: number;
}

const MEANING =
  "A verdict says how far a claim could be checked on the machine that made this record. Lines that are not listed have no evidence, which does not make them human.";

/** What stands today as a record of Agent Trace. The same state has the same id; nothing is told of lines without evidence. */
export function traceOf({ suggestions, revision, version, made }: TraceParameters): TraceRecord {
  const inOrder = [...suggestions].sort(
    (a, b) =>
      compareText(a.path, b.path) || a.startLine - b.startLine || compareText(a.verdict.key, b.verdict.key),
  );
  const files = [...groupBy(inOrder, ({ path }) => path)].map(([path, here]) => ({
    path,
    conversations: conversationsOf(here),
  }));
  const said = {
    ...(revision === null ? {} : { vcs: { type: "git" as const, revision } }),
    tool: { name: "proofline", version },
    files,
    metadata: { [TRACE_VENDOR]: { meaning: MEANING, ranges: inOrder.map(vendorRange) } },
  };
  return {
    version: TRACE_VERSION,
    id: nameUuid(`urn:proofline:agent-trace:${sha256Digest(canonicalJson(said))}`),
    timestamp: rfc3339(made) ?? "1970-01-01T00:00:00Z",
    ...said,
  };
}

/** One for each contributor: completions while typing have no conversation of their own. */
function conversationsOf(suggestions: readonly StandingSuggestion[]): TraceConversation[] {
  // What is called alike is still not the same model where one was pinned and the other was told of.
  const byContributor = groupBy(suggestions, (one) => {
    const { execution, model } = one.verdict.findings;
    return canonicalJson([execution.kind, model.manifestDigest, contributorOf(one)]);
  });
  return [...byContributor.values()].flatMap((group) => {
    const [first] = group;
    return first === undefined
      ? []
      : [
          {
            contributor: contributorOf(first),
            ranges: group.map(({ startLine, endLine }) => ({ start_line: startLine, end_line: endLine })),
          },
        ];
  });
}

function contributorOf({
  verdict,
  authorship,
  isBelieved,
}: StandingSuggestion): NonNullable<TraceConversation["contributor"]> {
  const model = isBelieved && authorship !== "unknown" ? modelLabel(verdict.findings) : "";
  return { type: authorship, ...(model === "" ? {} : { model_id: model }) };
}

function vendorRange({ verdict, path, startLine, endLine, isBelieved }: StandingSuggestion): object {
  const { startColumn, endColumn, summary, checks, findings, claim, id, evidenceFile } = verdict;
  const { execution, model, anchor } = findings;
  const isOnchain = checks.anchor === "finalized" || checks.anchor === "included";
  return {
    path,
    start_line: startLine,
    end_line: endLine,
    start_column: startColumn,
    end_column: endColumn,
    verdict: summary,
    suggestion: id,
    claim: evidenceFile === null ? null : claim,
    batch_root: anchor.batchRoot === "" ? null : anchor.batchRoot,
    evidence_file: evidenceFile,
    // Of evidence that cannot be believed nothing is told but its verdict.
    ...(isBelieved && {
      kind: execution.kind,
      model: {
        name: model.name,
        manifest_digest: model.manifestDigest,
        told: model.told,
        ...(model.tool !== undefined && { tool: model.tool }),
      },
      onchain_since: isOnchain && anchor.time !== undefined ? rfc3339(anchor.time) : null,
      chain_id: isOnchain ? (anchor.chainId ?? null) : null,
    }),
  };
}
