import { compareText } from "../../platform/compareText";
import { groupBy } from "../../platform/groupBy";
import { utc } from "../../platform/utc";
import { SUMMARIES } from "../../protocol/verdictWords";
import type { Decision } from "../decision";
import type { Report } from "../report";
import type { Verdict } from "../verdict";
import { auditedSuggestion } from "./auditedSuggestion";
import { auditLimits } from "./auditLimits";
import type { AuditedLines, AuditedRepository, AuditedSuggestion } from "./auditReport";
import { type GroupCounts, LineTally } from "./lineTally";

/** What one repository's part of a report is made of. */
export interface AuditedState
  extends Pick<AuditedRepository, "name" | "commit" | "paths" | "base" | "policy" | "notes"> {
  readonly report: Report;
  /** `null` for what there is nothing to decide about. */
  readonly decide: (verdict: Verdict) => Decision | null;
  /** The address of this computer's own device. */
  readonly device: string;
  readonly hold: string | null;
  /** Today's texts of tracked files and of those in which suggestions stand, with LF; each once. */
  readonly texts: AsyncIterable<{ readonly path: string; readonly text: string }>;
  /** What could not be counted; known once all texts are read. */
  readonly uncounted: () => Pick<AuditedLines, "unread" | "isWhole">;
}

/** Counts the lines of a repository and gathers what an auditor asks of it. */
export async function auditRepository(state: AuditedState): Promise<AuditedRepository> {
  const { name, commit, paths, base, policy, notes, report, decide, device, hold, texts } = state;
  const suggestions = report.suggestions.map((verdict) =>
    auditedSuggestion(verdict, decide(verdict), device),
  );
  const byPath = groupBy(suggestions, ({ path }) => path);
  const tally = new LineTally([modelKey, deviceKey, monthKey]);
  tally.addSuggestions(suggestions);
  for await (const { path, text } of texts) {
    tally.addText(text, byPath.get(path) ?? []);
  }
  const lines = { ...tally.lines, ...state.uncounted() };
  const { vanished, unattributed, files, beside, gone } = report;
  return {
    ...{ name, commit, paths, base, policy, lines },
    byVerdict: [...SUMMARIES].reverse().flatMap((summary) => {
      const counts = tally.ofVerdict(summary);
      return counts.suggestions === 0 ? [] : [{ summary, ...counts }];
    }),
    byModel: groups(tally.by(0), suggestions, modelKey).map(([{ model, kind }, counts]) => ({
      ...{ model, kind },
      ...counts,
    })),
    byDevice: groups(tally.by(1), suggestions, deviceKey).map(([{ device, isOwnDevice }, counts]) => ({
      ...{ device, isOwnDevice },
      ...counts,
    })),
    byMonth: groups(tally.by(2), suggestions, monthKey)
      .map(([{ anchor }, counts]) => ({ month: monthOf(anchor), ...counts }))
      .sort((a, b) => compareText(a.month ?? "", b.month ?? "")),
    ...{ suggestions, vanished, unattributed, files, beside, gone, notes },
    limits: auditLimits({
      ...{ lines, paths, hold },
      verdicts: report.suggestions,
      gone: gone.length,
      beside: beside.length,
      notJudged: suggestions.filter(({ decision }) => decision === "notJudged").length,
    }),
  };
}

/** One member of each group with the group's counts, the largest group first. */
function groups(
  counts: ReadonlyMap<string, Readonly<GroupCounts>>,
  suggestions: readonly AuditedSuggestion[],
  keyOf: (suggestion: AuditedSuggestion) => string,
): readonly (readonly [AuditedSuggestion, Readonly<GroupCounts>])[] {
  const members = new Map(suggestions.map((one) => [keyOf(one), one]));
  return [...counts]
    .flatMap(([key, own]) => {
      const member = members.get(key);
      return member === undefined ? [] : [[member, own] as const];
    })
    .sort(([, a], [, b]) => b.lines - a.lines || b.suggestions - a.suggestions);
}

/** A name is no key: another model may bear it. Without a pin there is nothing but what the evidence calls it. */
function modelKey({ model, kind }: AuditedSuggestion): string {
  return JSON.stringify(
    model === null ? null : [kind, model.manifestDigest, model.manifestDigest === null ? model.told : ""],
  );
}

function deviceKey({ device }: AuditedSuggestion): string {
  return JSON.stringify(device);
}

function monthKey({ anchor }: AuditedSuggestion): string {
  return JSON.stringify(monthOf(anchor));
}

/** As `2026-03`, in UTC. */
function monthOf(anchor: AuditedSuggestion["anchor"]): string | null {
  return anchor === null ? null : utc(anchor.since).slice(0, "2026-03".length);
}
