import { readFile, stat } from "node:fs/promises";
import type { StatedSuggestion } from "../evidence/format/acceptedSuggestion";
import { openJournal, readJournals } from "../evidence/journal/journal";
import type { Repository } from "../evidence/repository/repository";
import { ProoflineError } from "../platform/errors";
import { GIT_AI_NOTES, MOST_NOTE_BYTES, readGitAiNote } from "../policy/interop/gitAiNote";
import type { StatedRanges } from "../policy/interop/statedRange";
import { readTrace } from "../policy/interop/traceImport";
import { visibleName } from "../protocol/visibleText";
import { recordStated, statedImport } from "../workflows/importStated";
import { batchRootsOf, unwrittenIn } from "../workflows/unwritten";
import type { Answer } from "./answers";
import { CommandError } from "./commandError";
import { type CommandResult, note } from "./output";
import type { Session } from "./session";
import { namedFileError } from "./systemRefusals";
import { type Workspace, withWorkspace } from "./workspace";

export interface ImportFlags {
  /** Shows what would be recorded, and records nothing. */
  readonly preview: boolean;
}

/** A larger record is not read. */
const MOST_RECORD_BYTES = 8 * 1024 * 1024;

/** `proofline import agent-trace FILE`: states what a record of Agent Trace says, in this device's name. */
export async function importTrace(
  session: Session,
  file: string,
  flags: ImportFlags,
): Promise<CommandResult<Answer<"import agent-trace">>> {
  const { revision, ...stated } = readTrace(await textOf(file));
  return withWorkspace(session, {}, async (workspace) =>
    importInto(session, workspace, stated, {
      ...flags,
      commit: revision === null ? null : await commitOf(workspace.repository, revision),
    }),
  );
}

/** `proofline import git-ai [REVISION]`: states what git-ai noted of a commit, in this device's name. */
export async function importGitAi(
  session: Session,
  revision: string,
  flags: ImportFlags,
): Promise<CommandResult<Answer<"import git-ai">>> {
  return withWorkspace(session, {}, async (workspace) => {
    const { repository } = workspace;
    const commit = await commitOf(repository, revision);
    const text = await repository.revisions.noteOn(commit, GIT_AI_NOTES, MOST_NOTE_BYTES);
    if (text === null) {
      throw new CommandError(
        "interop.input",
        `git-ai noted nothing of commit ${commit.slice(0, 12)} that is in this clone.`,
        `Fetch its notes, for example with \`git fetch origin ${GIT_AI_NOTES}:${GIT_AI_NOTES}\`, or name another commit.`,
      );
    }
    return importInto(session, workspace, readGitAiNote(text), { ...flags, commit });
  });
}

async function importInto(
  session: Session,
  workspace: Workspace,
  { ranges, passedOver }: StatedRanges,
  { preview, commit }: ImportFlags & { readonly commit: string | null },
): Promise<CommandResult<Answer<"import agent-trace">>> {
  const { repository } = workspace;
  const contents = await workspace.contents();
  const journals = await readJournals(session.home);
  const unwritten = unwrittenIn(repository.folder, new Set(batchRootsOf(contents)), {
    unanchored: journals.unanchored,
    find: (id) => journals.suggestions.get(id),
  });
  const pending = journals.pending.filter((one) => one.repository === repository.folder);
  const { suggestions, lines, leftOut, known, refused } = await statedImport({
    repository,
    contents,
    journal: [...pending, ...unwritten],
    ranges,
    commit,
  });
  refused.forEach(note);
  if (!preview && suggestions.length > 0) {
    const journal = await openJournal(session.home);
    try {
      await recordStated(journal, suggestions);
    } finally {
      await journal.close();
    }
  }
  const json = {
    recorded: !preview,
    commit,
    statements: suggestions.map(({ id, path, position, values: { accepted, ...who } }) => ({
      ...{ id, path },
      line: position.line + 1,
      lines: accepted.split("\n").length,
      ...who,
    })),
    ...{ lines, known, passedOver, leftOut },
  };
  return {
    exitCode: suggestions.length > 0 || known > 0 ? 0 : 1,
    json,
    text: [
      ...(commit === null ? [] : [await describeCommit(repository, commit)]),
      ...(preview ? suggestions.map(describe) : []),
      `${preview ? "Would record" : "Recorded"} ${count(suggestions.length, "statement")} about ${count(lines, "line")}; ${known} ${known === 1 ? "was" : "were"} there already.`,
      ...(passedOver === 0
        ? []
        : [
            `Passed over ${count(passedOver, "range")} that the record gives to a person, to several, or to nobody.`,
          ]),
      ...(leftOut === 0
        ? []
        : [`Left out ${count(leftOut, "line")} that are too short or too long to be stated.`]),
      ...(preview || suggestions.length === 0
        ? []
        : [
            "`proofline anchor` seals those that stand in saved files. They say that this device says that the tool says so, and are *stated* at best: `proofline verify` passes them where a policy counts what nobody can check.",
          ]),
    ],
  };
}

function describe({ path, position, values }: StatedSuggestion): string {
  const { tool, session, model, accepted } = values;
  const line = position.line + 1;
  const lines = accepted.split("\n").length;
  const place = lines === 1 ? `${path}:${line}` : `${path}:${line}-${line + lines - 1}`;
  const who = tool === "" ? "a tool without a name" : visibleName(tool);
  const what = model === "" ? "no model named" : visibleName(model);
  const [text = ""] = accepted.split("\n").map((one) => one.trim());
  return `${place}  ${who}, ${what}${session === "" ? "" : `, session ${visibleName(session, LONGEST_SHOWN)}`}: ${visibleName(text, LONGEST_SHOWN)}`;
}

/** Of a session or a line, in UTF-16 code units. */
const LONGEST_SHOWN = 80;

/** Whose lines these are: a record may name any commit. */
async function describeCommit(repository: Repository, commit: string): Promise<string> {
  const head = await repository.revisions.head();
  return `The lines are those of commit ${commit.slice(0, 12)}${head === commit ? ", the current one" : ", and not of the current one"}. They are sealed where they stand today.`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

async function commitOf(repository: Repository, revision: string): Promise<string> {
  const commit = await repository.revisions.commit(revision);
  if (commit === null) {
    throw new ProoflineError(
      "repository",
      `Git knows no revision ${revision} in ${repository.folder}, or several of this name.`,
      "nameRevision",
    );
  }
  return commit;
}

async function textOf(file: string): Promise<string> {
  try {
    const info = await stat(file);
    if (info.size > MOST_RECORD_BYTES || !(info.isFile() || info.isDirectory())) {
      throw new CommandError(
        "interop.input",
        `${file} is ${info.isFile() ? "larger than 8 MB" : "no file"}.`,
        "Name a file that holds one record, of fewer files if need be.",
      );
    }
    return await readFile(file, "utf8");
  } catch (error) {
    throw error instanceof CommandError ? error : namedFileError(file, error);
  }
}
