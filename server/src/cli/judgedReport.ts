import { readAnchor } from "../chain/anchorFile";
import type { Repository } from "../evidence/repository/repository";
import type { ChangedFile } from "../platform/gitChanges";
import { changedAnchors, judgedIn, unattributedIn, wordsTakenAway } from "../policy/changes";
import { countSummaries, type FileProblem, type Report } from "../policy/report";
import { admissionBy, loosenedBeside, type RepositoryRules } from "../workflows/repositoryPolicies";
import { isIn, type WantedPaths } from "../workflows/verify";
import type { ChainFlags } from "./chainOptions";
import { CommandError } from "./commandError";
import type { EnclaveFlags } from "./enclaveOptions";
import type { Judge } from "./reports/findings";
import { type RepositoryReport, reportOf } from "./repositoryReport";
import type { Session } from "./session";

export interface JudgedFlags extends ChainFlags, EnclaveFlags {
  readonly allowAnchored: boolean;
  /** Whether to load the model; without it, what was not replayed before stays `anchored`. */
  readonly replay: boolean;
  /** A revision whose evidence must still be there. */
  readonly base: string | null;
}

/** The verdicts on the files and folders that a person named, and what they are judged by. */
export interface JudgedReport extends RepositoryReport {
  readonly judge: Judge;
  /** What the change would make of the rules, as sentences. */
  readonly notes: readonly string[];
}

/**
 * Verifies what is saved in the repository that a command was called in, and judges it by the rules that count, or by those of a base.
 *
 * @param paths what was typed of files and folders; everything is wanted where nothing was
 */
export async function judgedReportOf(
  session: Session,
  paths: readonly string[],
  flags: JudgedFlags,
): Promise<JudgedReport> {
  const { base } = flags;
  if (base?.trim() === "") {
    throw new CommandError(
      "usage",
      "--base names no revision.",
      "Name a branch, tag or commit, or leave --base out.",
    );
  }
  const whole = await reportOf(session, flags, {
    replay: flags.replay ? "missing" : "none",
    base,
    policyOf: base,
    paths,
  });
  const { report, wanted, repository, rules } = whole;
  const changes = base === null ? null : await repository.revisions.changesSince(base);
  const judge = await judgeOf(rules, repository, changes, flags);
  return {
    ...whole,
    report: select(
      {
        ...report,
        unattributed: await unattributed(report, repository, changes, judge),
        files: [...report.files, ...takenAway(changes ?? [])],
      },
      wanted,
    ),
    judge,
    notes: base === null ? [] : loosenedLines(await loosenedBeside(repository, rules)),
  };
}

/** Whoever takes such a file away leaves the next change without it, and everybody who clones. */
function takenAway(changes: readonly ChangedFile[]): readonly FileProblem[] {
  return wordsTakenAway(changes).map((path) => ({
    path,
    problem:
      "It holds at the base what the authority attested or a verifier signed, and this change alters it or takes it away.",
  }));
}

/** What this call judges by: the rules that count, for what a change has to answer for. */
async function judgeOf(
  rules: RepositoryRules,
  repository: Repository,
  changes: readonly ChangedFile[] | null,
  { allowAnchored }: JudgedFlags,
): Promise<Judge> {
  const admit = admissionBy(rules, allowAnchored);
  const isJudged =
    changes === null
      ? () => true
      : judgedIn(
          changes,
          await anchoredIn(repository, changedAnchors(changes)),
          await repository.regularFiles(),
        );
  return {
    decide: (verdict) => (isJudged(verdict) ? admit(verdict) : null),
    unattributed: rules.file?.unattributed ?? "allow",
  };
}

/** The batches that some anchor files speak of today, whatever they are called. */
async function anchoredIn(
  repository: Repository,
  anchors: readonly ChangedFile[],
): Promise<ReadonlySet<string>> {
  const texts = await repository.readTexts(anchors.map(({ path }) => path));
  return new Set(
    [...texts.values()].flatMap((text) => {
      const reading = readAnchor(Buffer.from(text));
      return reading.kind === "anchor" ? [reading.anchor.batchRoot] : [];
    }),
  );
}

async function unattributed(
  { suggestions }: Report,
  repository: Repository,
  changes: readonly ChangedFile[] | null,
  judge: Judge,
): Promise<Report["unattributed"]> {
  if (changes === null || judge.unattributed === "allow") {
    return [];
  }
  const texts = await repository.readTexts(changes.map(({ path }) => path));
  return unattributedIn(changes, texts, suggestions);
}

function loosenedLines(loosened: readonly string[]): readonly string[] {
  return loosened.length === 0
    ? []
    : [`This change asks for less than that policy, which does not count here: ${loosened.join(", ")}.`];
}

/** The part of a report that lies at or below the given paths; all of it where none is given. */
export function select(report: Report, wanted: WantedPaths): Report {
  if (wanted.length === 0) {
    return report;
  }
  const isWantedPath = isIn(wanted);
  const isWanted = ({ path }: { readonly path: string }): boolean => isWantedPath(path);
  const suggestions = report.suggestions.filter(isWanted);
  return {
    summary: countSummaries(suggestions),
    suggestions,
    beside: report.beside.filter(isWanted),
    gone: report.gone.filter(isWanted),
    vanished: report.vanished.filter(isWanted),
    unattributed: report.unattributed.filter(isWanted),
    files: report.files,
  };
}
