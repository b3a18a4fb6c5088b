import { isUtf8 } from "node:buffer";
import { readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { normalizeText } from "../evidence/format/commitment";
import type { Repository } from "../evidence/repository/repository";
import { unreachable } from "../platform/errors";
import { groupBy } from "../platform/groupBy";
import { broughtBy } from "../policy/changes";
import { type Checkpoint, type CheckpointedFile, checkpointsOf } from "../policy/interop/checkpoint";
import type { StandingSuggestion } from "../policy/interop/standingSuggestion";
import { gitAiProgram, tellGitAi } from "../workflows/tellGitAi";
import type { Answer } from "./answers";
import { type ChangeFlags, changedSuggestions } from "./changedSuggestions";
import { type CommandResult, note } from "./output";
import type { Session } from "./session";

export interface CheckpointFlags extends Omit<ChangeFlags, "staged"> {
  /** Shows what git-ai would be told, and starts nothing. */
  readonly preview: boolean;
}

/** `proofline checkpoint [PATH…]`: tells git-ai, by its own program, which uncommitted text accepted suggestions put there. */
export async function checkpoint(
  session: Session,
  paths: readonly string[],
  flags: CheckpointFlags,
): Promise<CommandResult<Answer<"checkpoint">>> {
  const { repository, head, changes, suggestions } = await changedSuggestions(session, paths, {
    ...flags,
    staged: false,
  });
  // What a commit holds already is told by its own notes.
  const fresh = suggestions.filter(broughtBy(changes));
  const told = fresh.filter(isTold);
  if (fresh.length > told.length) {
    note(
      `git-ai is not told of ${count(fresh.length - told.length, "suggestion")}: changed since, of another tool, or not believed under the rules here.`,
    );
  }
  const files = await savedFiles(repository, told);
  const checkpoints = checkpointsOf({ folder: repository.folder, head, files });
  const known = files.reduce((sum, file) => sum + file.suggestions.length, 0);
  if (checkpoints.length === 0) {
    note("No accepted suggestion that git-ai could be told of stands in what is not committed yet.");
    return { exitCode: 1, json: { told: false, suggestions: 0, checkpoints: [] }, text: [] };
  }
  if (flags.preview) {
    note("This is what git-ai would be told; nothing was started. With --json all of it is shown.");
  } else {
    await tellGitAi(await gitAiProgram(repository.folder), repository.folder, checkpoints);
  }
  return {
    exitCode: 0,
    json: { told: !flags.preview, suggestions: known, checkpoints },
    text: [
      ...checkpoints.map((one) => describe(one, repository.folder)),
      ...(flags.preview
        ? []
        : [`Told git-ai of ${count(known, "accepted suggestion")} in ${count(files.length, "file")}.`]),
    ],
  };
}

/** Whether git-ai may be told that a model wrote this: it knows no verdict, so only of what stands as it was accepted here. */
function isTold({ verdict: { summary } }: StandingSuggestion): boolean {
  switch (summary) {
    case "verified":
    case "attested":
    case "anchored":
    case "pending":
      return true;
    // Another tool's statement is that tool's to make.
    case "stated":
    case "edited":
    case "unverified":
    case "unknown":
    case "failed":
      return false;
    default:
      return unreachable(summary);
  }
}

/** Files as they lie on the disk, without those whose text is another by now. */
async function savedFiles(
  repository: Repository,
  suggestions: readonly StandingSuggestion[],
): Promise<readonly CheckpointedFile[]> {
  const texts = await repository.readTexts(suggestions.map(({ path }) => path));
  const files: CheckpointedFile[] = [];
  for (const [path, here] of groupBy(suggestions, (one) => one.path)) {
    const absolute = join(repository.folder, path);
    const bytes = await readFile(absolute).catch(() => null);
    const saved = bytes !== null && isUtf8(bytes) ? bytes.toString("utf8") : null;
    if (saved !== null && normalizeText(saved) === texts.get(path)) {
      files.push({ path: absolute, saved, suggestions: here });
    } else {
      note(`${path} cannot be read, or was changed meanwhile; git-ai is not told of it.`);
    }
  }
  return files;
}

function describe(one: Checkpoint, folder: string): string {
  const { type } = one;
  switch (type) {
    case "human":
      return `Before: ${names(one.will_edit_filepaths, folder)} without what models wrote`;
    case "ai_agent":
      return `By ${one.model}: ${names(one.edited_filepaths, folder)}`;
    default:
      return unreachable(type);
  }
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

function names(paths: readonly string[], folder: string): string {
  return paths.map((path) => relative(folder, path).replaceAll("\\", "/")).join(", ");
}
