import {
  ANCHORS_FOLDER,
  AUTHORITY_FOLDER,
  REPOSITORY_FOLDER,
  RESULTS_FOLDER,
} from "../evidence/repository/places";
import type { ChangedFile, LineRange } from "../platform/gitChanges";
import type { UnattributedLines } from "./report";
import type { Verdict } from "./verdict";

/** The anchor files among what was changed. */
export function changedAnchors(changes: readonly ChangedFile[]): readonly ChangedFile[] {
  return changes.filter(({ path }) => path.startsWith(`${ANCHORS_FOLDER}/`));
}

/**
 * Whether a change has to answer for a verdict: it touches the lines, their evidence or its anchor, or leaves the lines in another state
 * than they were accepted in. What it leaves alone was judged when it came.
 *
 * @param added the batches that new anchor files speak of. Their names prove nothing, and of one that was changed or taken away nobody
 *   can tell here what it spoke of
 * @param told the files whose changes would be among these. What lies behind a link, or in a submodule, is changed without a word
 */
export function judgedIn(
  changes: readonly ChangedFile[],
  added: ReadonlySet<string>,
  told: ReadonlySet<string>,
): (verdict: Verdict) => boolean {
  // Where a file is gone, another may lie in its place.
  const inOrder = [...changes].sort((a, b) => Number(b.isGone) - Number(a.isGone));
  const byPath = new Map(inOrder.map((file) => [file.path, file]));
  const isAboutAll =
    changes.some(({ path }) => path.startsWith(`${REPOSITORY_FOLDER}/`)) ||
    changedAnchors(changes).some(({ isNew }) => !isNew) ||
    changes.some(({ path }) => isWord(path));
  return ({ path, evidenceFile, startLine, endLine, checks, findings }) => {
    const file = byPath.get(path);
    const isAlways =
      isAboutAll ||
      !told.has(path) ||
      evidenceFile === null ||
      byPath.has(evidenceFile) ||
      added.has(findings.anchor.batchRoot);
    if (isAlways || file === undefined) {
      return isAlways;
    }
    const stands = checks.content === "verbatim" || checks.content === "reformatted";
    return (
      file.isNew ||
      !stands ||
      startLine === null ||
      file.lines.some(touches({ start: startLine, end: endLine ?? startLine }))
    );
  };
}

/**
 * Changed lines with visible text that no verdict is about, whatever its word.
 *
 * @param texts today's text of changed files, with LF. Lines of a file that is missing, be it too large, behind a link or a submodule,
 *   are told of as a whole: nobody has seen that nothing stands in them
 */
export function unattributedIn(
  changes: readonly ChangedFile[],
  texts: ReadonlyMap<string, string>,
  verdicts: readonly Verdict[],
): readonly UnattributedLines[] {
  const spoken = new Map<string, Set<number>>();
  for (const { path, startLine, endLine } of verdicts) {
    const lines = spoken.get(path) ?? new Set();
    for (let line = startLine ?? 1; startLine !== null && line <= (endLine ?? startLine); line += 1) {
      lines.add(line);
    }
    spoken.set(path, lines);
  }
  return changes
    .filter(({ path, isGone }) => !isGone && !PROOFLINE_FILES.test(path))
    .flatMap(({ path, lines }) => {
      const text = texts.get(path);
      return text === undefined
        ? lines.map(({ start, end }) => ({ path, startLine: start, endLine: isWhole(end) ? start : end }))
        : rangesOf(path, lines, text.split("\n"), spoken.get(path));
    });
}

/** Lines of a file of today, from one, both ends included. */
export interface LinesOfFile {
  readonly path: string;
  readonly startLine: number;
  readonly endLine: number;
}

/** Whether a file holds what an authority attested or a verifier found, on which any line's word may rest. */
function isWord(path: string): boolean {
  return path.startsWith(`${AUTHORITY_FOLDER}/`) || path.startsWith(`${RESULTS_FOLDER}/`);
}

/** The files among what was changed that held what an authority attested or a verifier found, and do no longer, or hold another thing. */
export function wordsTakenAway(changes: readonly ChangedFile[]): readonly string[] {
  return changes.filter(({ path, isNew }) => isWord(path) && !isNew).map(({ path }) => path);
}

/** Whether a change touches some lines. */
export function touchedBy(changes: readonly ChangedFile[]): (lines: LinesOfFile) => boolean {
  const byPath = new Map(changes.filter(({ isGone }) => !isGone).map((file) => [file.path, file.lines]));
  return ({ path, startLine, endLine }) =>
    byPath.get(path)?.some(touches({ start: startLine, end: endLine })) ?? false;
}

/** Whether some lines are all new or other than before. */
export function broughtBy(changes: readonly ChangedFile[]): (lines: LinesOfFile) => boolean {
  const byPath = new Map(changes.filter(({ isGone }) => !isGone).map((file) => [file.path, file.lines]));
  return ({ path, startLine, endLine }) =>
    byPath.get(path)?.some(({ start, end }) => start <= startLine && endLine <= end) ?? false;
}

/** What Proofline itself writes; anything else that lies there is a file like any other. */
const PROOFLINE_FILES =
  /^\.proofline\/(?:(?:evidence|anchors|repository|authority|results)\/[^/]+\.json|(?:models|policy)\.json|\.gitattributes)$/;

/** Whether a range ends wherever its file does. */
function isWhole(end: number): boolean {
  return end === Number.MAX_SAFE_INTEGER;
}

function rangesOf(
  path: string,
  ranges: readonly LineRange[],
  text: readonly string[],
  spoken: ReadonlySet<number> = new Set(),
): UnattributedLines[] {
  const found: { path: string; startLine: number; endLine: number }[] = [];
  for (const { start, end } of ranges) {
    for (let line = start; line <= Math.min(end, text.length); line += 1) {
      if (spoken.has(line) || (text[line - 1] ?? "").trim() === "") {
        continue;
      }
      const last = found.at(-1);
      if (last?.endLine === line - 1) {
        last.endLine = line;
      } else {
        found.push({ path, startLine: line, endLine: line });
      }
    }
  }
  return found;
}

function touches(range: LineRange): (other: LineRange) => boolean {
  return ({ start, end }) => start <= range.end && range.start <= end;
}
