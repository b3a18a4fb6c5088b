/**
 * What may be said of a repository under attack, worked out from how it was made and from today's text alone. Nothing of
 * the product decides here. Whether two texts are one program is left to other parsers.
 */
import type { Report } from "../../server/src/policy/report";
import type { Verdict } from "../../server/src/policy/verdict";
import { PIN } from "../conformance/samples";
import type { State, Truth } from "./state";
import { isWrapped, openStringAfter } from "./wrappers";

/** Two texts of a file that a real parser must call one program. */
export interface Comparison {
  readonly path: string;
  readonly sealed: string;
  readonly today: string;
}

export interface Judgement {
  readonly verified: number;
  readonly notVerified: number;
  /** Sentences about what is wrong. */
  readonly wrong: readonly string[];
  /** What was called reformatted. */
  readonly reformatted: readonly Comparison[];
}

/** @param mayLower whether an honest line may lose its word: something of it was touched */
export function judge(report: Report, state: State, mayLower: boolean): Judgement {
  const wrong: string[] = [];
  const reformatted: Comparison[] = [];
  const verified = report.suggestions.filter(({ summary }) => summary === "verified");
  for (const verdict of verified) {
    const why = whyNot(verdict, state);
    if (why !== null) {
      wrong.push(`${verdict.path}:${verdict.startLine} is verified, but ${why}`);
    } else if (verdict.checks.content === "reformatted") {
      reformatted.push(comparison(verdict, state));
    }
    if (!verdict.findings.content.part && !isCovered(verdict, verified, state)) {
      wrong.push(`${verdict.path}:${verdict.startLine} holds other text, and is not said to be a part`);
    }
  }
  if (!mayLower) {
    for (const truth of [...state.truths.values()].flat()) {
      if (truth.isHonest && !isStillGood(truth, verified)) {
        wrong.push(`the honest claim ${truth.name} lost its word to an attacker`);
      }
    }
  }
  return {
    verified: verified.length,
    notVerified: report.suggestions.length - verified.length,
    wrong,
    reformatted,
  };
}

/** Why nothing may be verified here, or `null`. */
function whyNot(verdict: Verdict, state: State): string | null {
  const reasons = (state.truths.get(verdict.claim) ?? []).map((truth) => whyNotBy(truth, verdict, state));
  return reasons.includes(null) ? null : (reasons[0] ?? "nobody made this claim");
}

function whyNotBy(truth: Truth, verdict: Verdict, state: State): string | null {
  const piece = truth.pieces[pieceOf(verdict)];
  if (piece === undefined) {
    return "nobody made this claim";
  }
  if (!truth.isReplayed) {
    return "the model does not yield it";
  }
  if (!truth.isPinned) {
    return "its model is not pinned here under this name";
  }
  if (truth.isStuffed && !repeatsOtherLines(verdict, piece.accepted, state)) {
    return "its prompt held the answer, and today's file does not";
  }
  if (!state.repositoryIds.includes(truth.repositoryId)) {
    return "it belongs to another repository";
  }
  if (!state.chain.has(truth.batchRoot)) {
    return "its batch is not anchored";
  }
  if (contradicts(truth, state)) {
    return "its device contradicts itself";
  }
  if (verdict.findings.model.name !== PIN.name) {
    return "its model is called something else than the pin says";
  }
  const lines = linesOf(state, verdict.path);
  const first = (verdict.startLine ?? 1) - 1;
  const last = (verdict.endLine ?? 1) - 1;
  const sealedBefore = piece.before ?? null;
  const above = lines
    .slice(0, first)
    .filter((line) => (line.match(/[\p{L}\p{N}]/gu)?.length ?? 0) >= 3)
    .slice(-(sealedBefore?.wanted ?? 1));
  if ((piece.copies ?? 1) > 1 && above.map(bare).join("\n") !== sealedBefore?.lines.join("\n")) {
    return "it may be a copy that somebody wrote";
  }
  if (piece.textParts === undefined && isWrapped(verdict.path, lines, first)) {
    return "it stands in a comment or string that was put around it";
  }
  if (piece.textParts !== undefined && openStringAfter(lines.slice(0, first)) !== '"""') {
    return "it stood in a string, and does not any more";
  }
  const standing = lines.slice(first, last + 1);
  const text = standing
    .map((line, index) =>
      line.slice(
        index === 0 ? (verdict.startColumn ?? 1) - 1 : 0,
        index === last - first ? (verdict.endColumn ?? 1) - 1 : line.length,
      ),
    )
    .join("\n");
  if (verdict.checks.content === "reformatted") {
    return withoutBlanks(text) === withoutBlanks(piece.accepted) ? null : "other characters stand there";
  }
  if (text !== piece.accepted) {
    return "other text stands there than was accepted";
  }
  return standing.join("\n") === piece.saved.join("\n")
    ? null
    : "its lines are not whole as they were sealed";
}

/** Characters that must stand together elsewhere to count as copied from there. */
const RUN = 12;

/** Whether most of what was accepted stands on other lines of its file, where everybody can read it. */
function repeatsOtherLines({ path, startLine, endLine }: Verdict, accepted: string, state: State): boolean {
  const others = linesOf(state, path)
    .filter((_, index) => index + 1 < (startLine ?? 0) || index + 1 > (endLine ?? 0))
    .join("")
    .replace(/\s/g, "");
  const wanted = accepted.replace(/\s/g, "");
  const length = Math.min(RUN, wanted.length);
  const covered = new Set<number>();
  for (let start = 0; start + length <= wanted.length; start += 1) {
    if (others.includes(wanted.slice(start, start + length))) {
      for (let at = start; at < start + length; at += 1) {
        covered.add(at);
      }
    }
  }
  return covered.size > wanted.length / 2;
}

/** The texts that a parser must call the same: today's, and today's with what was accepted put back. */
function comparison(verdict: Verdict, state: State): Comparison {
  const { path, startLine, startColumn, endLine, endColumn } = verdict;
  const lines = linesOf(state, path);
  const today = lines.join("\n");
  const offsetOf = (line: number | null, column: number | null): number =>
    lines.slice(0, (line ?? 1) - 1).reduce((sum, { length }) => sum + length + 1, 0) + (column ?? 1) - 1;
  const piece = state.truths.get(verdict.claim)?.[0]?.pieces[pieceOf(verdict)];
  const before = piece?.saved[0]?.slice(0, piece.start.character) ?? "";
  const after = piece?.saved.at(-1)?.slice(piece.end.character) ?? "";
  // What stood on its lines beside it may stand on others today.
  let start = offsetOf(startLine, startColumn);
  for (let left = withoutBlanks(before).length; left > 0 && start > 0; start -= 1) {
    left -= withoutBlanks(today.charAt(start - 1)).length;
  }
  let end = offsetOf(endLine, endColumn);
  for (let left = withoutBlanks(after).length; left > 0 && end < today.length; end += 1) {
    left -= withoutBlanks(today.charAt(end)).length;
  }
  const head = today.slice(0, start).replace(/(?<=^|\n)[^\S\n]*$/, "");
  const tail = today.slice(end).replace(/^[^\S\n]*(?=\n|$)/, "");
  const sealed = [
    `${head}${head === "" || head.endsWith("\n") ? "" : "\n"}`,
    `${before}${piece?.accepted ?? ""}${after}`,
    `${tail === "" || tail.startsWith("\n") ? "" : "\n"}${tail}`,
  ].join("");
  return { path, sealed, today };
}

function pieceOf({ key }: Verdict): number {
  return Number(key.split(".")[1] ?? "0");
}

/** Whether all that can be seen on a verdict's lines lies within verified pieces. */
function isCovered(verdict: Verdict, verified: readonly Verdict[], state: State): boolean {
  const lines = linesOf(state, verdict.path);
  for (let line = verdict.startLine ?? 1; line <= (verdict.endLine ?? 0); line += 1) {
    const text = lines[line - 1] ?? "";
    const isHeld = (column: number): boolean =>
      verified.some((one) => holds(one, verdict.path, line, column));
    for (let column = 1; column <= text.length; column += 1) {
      if (withoutBlanks(text.charAt(column - 1)) !== "" && !isHeld(column)) {
        return false;
      }
    }
  }
  return true;
}

function holds(verdict: Verdict, path: string, line: number, column: number): boolean {
  const { startLine, endLine, startColumn, endColumn } = verdict;
  if (verdict.path !== path || startLine === null || endLine === null) {
    return false;
  }
  return (
    line >= startLine &&
    line <= endLine &&
    (line > startLine || column >= (startColumn ?? 1)) &&
    (line < endLine || column < (endColumn ?? 1))
  );
}

/** Whether an honest claim's text is still verified, be it by another claim on the same place. */
function isStillGood(truth: Truth, verified: readonly Verdict[]): boolean {
  return truth.pieces.every(({ path, accepted, start }) => {
    const lines = accepted.split("\n");
    return lines.every((text, index) => {
      const from = index === 0 ? start.character : 0;
      const line = start.line + index + 1;
      return text
        .split("")
        .every(
          (unit, at) =>
            withoutBlanks(unit) === "" || verified.some((one) => holds(one, path, line, from + at + 1)),
        );
    });
  });
}

/** A line without blanks and tabs. */
function bare(line: string): string {
  return line.replace(/[ \t]/g, "");
}

/** Whether a device has two batches of this repository where it can have one. */
function contradicts({ batchRoot, device }: Truth, state: State): boolean {
  const links = state.links.filter((link) => state.repositoryIds.includes(link.repositoryId));
  const own = links.find((link) => link.batchRoot === batchRoot);
  if (own === undefined) {
    return false;
  }
  if ((own.sequence === 0) !== (own.previousSeal === null)) {
    return true;
  }
  return links.some(
    (other) =>
      other.batchRoot !== batchRoot &&
      ((other.device === device &&
        (other.sequence === own.sequence || other.previousSeal === own.previousSeal)) ||
        (other.seal === own.previousSeal &&
          (other.device !== device || other.sequence + 1 !== own.sequence))),
  );
}

/** Lines as evidence means them. */
function linesOf({ sources }: State, path: string): readonly string[] {
  return (sources.get(path) ?? "").replace(/^\uFEFF/, "").split(/\r\n|\n/);
}

function withoutBlanks(text: string): string {
  return text.replace(/[ \t\n]/g, "");
}
