import type { LineIndex } from "../evidence/locate/lineIndex";
import type { Located } from "../evidence/locate/locatePiece";
import { visible } from "../evidence/locate/whiteSpace";
import { goodness } from "./claimRank";
import { LinePlaces } from "./linePlaces";
import type { Verdict } from "./verdict";

/** A verdict that is shown at its place. */
export interface Shown {
  readonly verdict: Verdict;
  readonly place: Located;
}

/** Visible text of a line, in UTF-16 code units: all of it, and what no claim as good speaks for. */
interface LineShare {
  readonly all: number;
  readonly others: number;
}

/** Says of each verdict whether, and how far, its lines hold visible text that no claim as good as this one speaks for. */
export function* withShares(all: readonly Shown[], today: LineIndex): Generator<Verdict, void, void> {
  const places = new LinePlaces<number>();
  for (const { verdict, place } of all) {
    if (place.range !== null && place.content !== "edited") {
      places.add(place.range, goodness(verdict.checks, verdict.summary));
    }
  }
  // One line may have many verdicts, but those of one summary share the answer.
  const known = new Map<string, LineShare>();
  const shareOf = (line: number, good: number): LineShare => {
    const key = `${line} ${good}`;
    const text = today.lines[line] ?? "";
    const share = known.get(key) ?? {
      all: visible(text).length,
      others: visible(places.outside(text, line, (other) => other >= good)).length,
    };
    known.set(key, share);
    return share;
  };
  for (const { verdict, place } of all) {
    const { range } = place;
    let [all, others] = [0, 0];
    for (let line = range?.start.line ?? 0; range !== null && line <= range.end.line; line += 1) {
      const share = shareOf(line, goodness(verdict.checks, verdict.summary));
      all += share.all;
      others += share.others;
    }
    const part = range === null || others > 0;
    const content = { ...verdict.findings.content, part, share: all === 0 ? 0 : (all - others) / all };
    yield { ...verdict, findings: { ...verdict.findings, content } };
  }
}
