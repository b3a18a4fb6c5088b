import type { Repository, RepositoryFiles } from "../evidence/repository/repository";
import { StagedFiles } from "../evidence/repository/stagedFiles";
import { ProoflineError } from "../platform/errors";
import { stagingIn } from "../platform/git";
import { type ChangedFile, stagedChanges } from "../platform/gitChanges";
import { type StandingSuggestion, standingSuggestions } from "../policy/interop/standingSuggestion";
import { isIn } from "../workflows/verify";
import type { ChainFlags } from "./chainOptions";
import { CommandError } from "./commandError";
import type { EnclaveFlags } from "./enclaveOptions";
import { select } from "./judgedReport";
import { namedPaths } from "./namedPaths";
import { reportOf } from "./repositoryReport";
import { repositoryHere, type Session } from "./session";

export interface ChangeFlags extends ChainFlags, EnclaveFlags {
  /** Whether what is staged counts, and not what is saved. */
  readonly staged: boolean;
  /** Whether to load the model; without it, what was not replayed before stays `anchored`. */
  readonly replay: boolean;
}

/** What is not committed yet, and the suggestions that stand in its files. */
export interface ChangedSuggestions {
  readonly repository: Repository;
  /** The commit that is checked out; `null` before the first. */
  readonly head: string | null;
  readonly changes: readonly ChangedFile[];
  readonly suggestions: readonly StandingSuggestion[];
}

/**
 * Looks at what is staged or saved since the last commit.
 *
 * @param typed files and folders; everything where none is named
 */
export async function changedSuggestions(
  session: Session,
  typed: readonly string[],
  flags: ChangeFlags,
): Promise<ChangedSuggestions> {
  const repository = await repositoryHere();
  if (repository === null) {
    throw new CommandError(
      "repository",
      `${process.cwd()} is in no git work tree, so nobody can tell what is changed there.`,
      "Run the command in the repository whose change it is about.",
    );
  }
  const head = await repository.revisions.head();
  const named = await namedPaths(repository.folder, typed);
  const isNamed = named.length === 0 ? () => true : isIn(named);
  const { files, all } = flags.staged ? await staged(repository) : await saved(repository, head);
  const changes = all.filter(({ path, isGone }) => !isGone && isNamed(path));
  const wanted = changes.map(({ path }) => path);
  if (wanted.length === 0) {
    return { repository, head, changes, suggestions: [] };
  }
  const { report } = await reportOf(session, flags, {
    replay: flags.replay ? "missing" : "none",
    base: null,
    staged: { files, wanted },
  });
  const { suggestions } = select(report, wanted);
  const texts = await files.readTexts(new Set(suggestions.map(({ path }) => path)));
  return { repository, head, changes, suggestions: standingSuggestions(suggestions, texts) };
}

interface Change {
  readonly files: RepositoryFiles;
  readonly all: readonly ChangedFile[];
}

async function staged(repository: Repository): Promise<Change> {
  const { folder } = repository;
  const [staging, all] = await Promise.all([stagingIn(folder), stagedChanges(folder)]);
  if (staging === null || all === null) {
    throw new ProoflineError("repository", `Git does not say what is staged in ${folder}.`, "askGit");
  }
  return { files: new StagedFiles(repository, staging), all };
}

async function saved(repository: Repository, head: string | null): Promise<Change> {
  const all =
    head === null
      ? (await repository.files()).map((path) => ({ path, lines: EVERY_LINE, isNew: true, isGone: false }))
      : await repository.revisions.changesSince("HEAD");
  return { files: repository, all };
}

const EVERY_LINE = [{ start: 1, end: Number.MAX_SAFE_INTEGER }];
