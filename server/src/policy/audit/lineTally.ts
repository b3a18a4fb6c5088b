import { firstLineOf, lastLineOf } from "../../protocol/coveredLines";
import type { Summary } from "../../protocol/verdictWords";
import { worstFirst } from "../../protocol/worstFirst";
import { placeOf } from "../verdict";
import type { AuditedSuggestion } from "./auditReport";

/** How many suggestions a group has, and on how many lines one of them stands. */
export interface GroupCounts {
  suggestions: number;
  lines: number;
}

/**
 * Counts the lines of texts, and the suggestions on them, by any keys. Lines without visible text say nothing of anybody and are left
 * out.
 */
export class LineTally {
  private files = 0;
  private total = 0;
  private withEvidence = 0;
  private readonly verdicts = new Map<Summary, GroupCounts>();
  private readonly groups: readonly Map<string, GroupCounts>[];

  /** @param keysOf one key for each way of grouping; a line counts for each key that stands on it */
  constructor(private readonly keysOf: readonly ((suggestion: AuditedSuggestion) => string)[]) {
    this.groups = keysOf.map(() => new Map());
  }

  /** Counts suggestions without their lines: where they stand is counted with the text of their file. */
  addSuggestions(suggestions: readonly AuditedSuggestion[]): void {
    for (const one of suggestions) {
      countIn(this.verdicts, one.summary).suggestions += 1;
      for (const [index, keyOf] of this.keysOf.entries()) {
        countIn(this.groups[index], keyOf(one)).suggestions += 1;
      }
    }
  }

  /** @param text with LF between lines; `here` are the suggestions in it */
  addText(text: string, here: readonly AuditedSuggestion[]): void {
    const lines = text.split("\n");
    this.files += 1;
    this.total += lines.filter(isVisible).length;
    for (const [line, standing] of standingOn(lines, here)) {
      if (isVisible(lines[line] ?? "")) {
        this.withEvidence += 1;
        this.addLine(standing);
      }
    }
  }

  private addLine(standing: readonly AuditedSuggestion[]): void {
    const [worst] = worstFirst(standing, ({ summary, isPart }) => ({ summary, isPart }));
    if (worst !== undefined) {
      countIn(this.verdicts, worst.summary).lines += 1;
    }
    for (const [index, keyOf] of this.keysOf.entries()) {
      for (const key of new Set(standing.map(keyOf))) {
        countIn(this.groups[index], key).lines += 1;
      }
    }
  }

  get lines(): { readonly files: number; readonly total: number; readonly withEvidence: number } {
    return { files: this.files, total: this.total, withEvidence: this.withEvidence };
  }

  ofVerdict(summary: Summary): Readonly<GroupCounts> {
    return this.verdicts.get(summary) ?? { suggestions: 0, lines: 0 };
  }

  /** The groups of one way of grouping, by their keys. */
  by(index: number): ReadonlyMap<string, Readonly<GroupCounts>> {
    return this.groups[index] ?? new Map();
  }
}

function standingOn(
  lines: readonly string[],
  suggestions: readonly AuditedSuggestion[],
): ReadonlyMap<number, readonly AuditedSuggestion[]> {
  const onLines = new Map<number, AuditedSuggestion[]>();
  for (const suggestion of suggestions) {
    const range = placeOf(suggestion);
    if (range === null) {
      continue;
    }
    const last = Math.min(lastLineOf(range), lines.length - 1);
    for (let line = firstLineOf(range, (at) => lines[at]?.length ?? 0); line <= last; line += 1) {
      const here = onLines.get(line);
      if (here === undefined) {
        onLines.set(line, [suggestion]);
      } else {
        here.push(suggestion);
      }
    }
  }
  return onLines;
}

function countIn<Key>(counts: Map<Key, GroupCounts> | undefined, key: Key): GroupCounts {
  const known = counts?.get(key) ?? { suggestions: 0, lines: 0 };
  counts?.set(key, known);
  return known;
}

function isVisible(line: string): boolean {
  return /\S/.test(line);
}
