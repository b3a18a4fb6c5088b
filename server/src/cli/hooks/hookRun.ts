import { PROOFLINE_FOLDER } from "../../evidence/repository/places";
import type { Repository } from "../../evidence/repository/repository";
import type { Staging } from "../../platform/git";
import type { Decision } from "../../policy/decision";
import { countSummaries, type Report } from "../../policy/report";
import { admissionBy } from "../../workflows/repositoryPolicies";
import { stagedQuestion } from "../../workflows/stagedEvidence";
import type { Answer } from "../answers";
import { CommandError } from "../commandError";
import { type JudgedFlags, select } from "../judgedReport";
import { type CommandResult, note } from "../output";
import type { Judge } from "../reports/findings";
import { reportOf } from "../repositoryReport";
import { repositoryHere, type Session } from "../session";
import { describe } from "../verifyCommand";

export type HookRunFlags = Omit<JudgedFlags, "base">;

const NOTHING: Report = {
  summary: countSummaries([]),
  suggestions: [],
  beside: [],
  gone: [],
  vanished: [],
  unattributed: [],
  files: [],
};

/**
 * `proofline hook run`: what the next commit would hold, judged as `verify` judges what is saved, before git makes it. Refuses
 * accepted lines that fall short in files that are staged, and evidence that the commit takes from lines which stand.
 */
export async function hookRun(
  session: Session,
  flags: HookRunFlags,
): Promise<CommandResult<Answer<"hook run">>> {
  const repository = await repositoryHere();
  if (repository === null) {
    throw new CommandError(
      "repository",
      `${process.cwd()} is in no git work tree, so nothing is staged there.`,
      "Run the command in the repository whose commit it is about.",
    );
  }
  const question = await stagedQuestion(repository, session.home);
  if (question === null) {
    return passed(NOTHING);
  }
  const { staging, files, takesEvidence } = question;
  const staged = [...staging.added, ...staging.changed, ...staging.removed];
  const { report, contents, rules } = await reportOf(session, flags, {
    replay: flags.replay ? "missing" : "none",
    base: takesEvidence ? "HEAD" : null,
    // Evidence that is taken away may have spoken of any file.
    staged: { files, wanted: takesEvidence ? [""] : staged },
  });
  const shown = { ...select(report, staged), vanished: report.vanished };
  await noteLeftOut(repository, staging, shown);
  const judge: Judge = { decide: admissionBy(rules, flags.allowAnchored), unattributed: "allow" };
  const short = shown.suggestions.filter((verdict) => endsBadly(judge.decide(verdict)));
  if (short.length + shown.vanished.length + shown.files.length === 0) {
    return passed(shown);
  }
  const told = { ...shown, suggestions: short, summary: countSummaries(short), beside: [], gone: [] };
  return {
    exitCode: 1,
    json: shown,
    text: [
      "Proofline refuses this commit: accepted lines in what is staged fall short.",
      ...describe(told, [], contents, judge, null),
      "Put that right and stage it, or skip the check once: git commit --no-verify. `proofline hook remove` ends it.",
    ],
  };
}

function endsBadly(decision: Decision | null): boolean {
  return decision !== null && (decision.kind === "refuse" || decision.kind === "waits");
}

function passed(report: Report): CommandResult<Answer<"hook run">> {
  return { exitCode: 0, json: report, text: [] };
}

/** Says which evidence of the staged lines would not come along: whoever gets the commit alone could not check them. */
async function noteLeftOut(
  repository: Repository,
  { added, changed }: Staging,
  { suggestions }: Report,
): Promise<void> {
  const evidence = new Set(suggestions.flatMap(({ evidenceFile }) => evidenceFile ?? []));
  const tracked = await repository.tracked([...evidence]);
  const left = [...evidence].filter((path) => !tracked.has(path) && !added.has(path) && !changed.has(path));
  if (left.length > 0) {
    note(
      `Evidence of lines in this commit is not in it: ${left[0]}${left.length > 1 ? ` and ${left.length - 1} more` : ""}. Stage ${PROOFLINE_FOLDER} to have it travel along.`,
    );
  }
}
