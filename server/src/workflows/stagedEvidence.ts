import { stat } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { readJournals } from "../evidence/journal/journal";
import { openRepository } from "../evidence/repository/openRepository";
import { EVIDENCE_FOLDER, PROOFLINE_FOLDER, REPOSITORY_FOLDER } from "../evidence/repository/places";
import type { Repository, RepositoryFiles } from "../evidence/repository/repository";
import { StagedFiles } from "../evidence/repository/stagedFiles";
import { CanonicalBase64 } from "../platform/dsse";
import { ProoflineError } from "../platform/errors";
import { type Staging, stagingIn } from "../platform/git";
import { prooflineHome } from "../platform/home";
import { extensionOf } from "./findMoves";

/** What is to be judged of a commit before it is made. */
export interface StagedQuestion {
  readonly staging: Staging;
  /** The repository as the commit has it. */
  readonly files: StagedFiles;
  /** Whether it changes evidence that is there, or takes it away, rather than to add some. */
  readonly takesEvidence: boolean;
}

/**
 * What the next commit has that evidence or journal may speak of; `null` where there is nothing. Costs a fraction of verifying,
 * for it believes whatever the files say: in doubt, and where evidence cannot be read, there is a question. Without a
 * `.proofline` there is none.
 *
 * @throws ProoflineError `repository` where git does not say what is staged
 */
export async function stagedQuestion(repository: Repository, home: string): Promise<StagedQuestion | null> {
  const { folder } = repository;
  if (!(await stat(join(folder, PROOFLINE_FOLDER)).catch(() => null))?.isDirectory()) {
    return null;
  }
  const staging = await stagingIn(folder);
  if (staging === null) {
    throw new ProoflineError("repository", `Git does not say what is staged in ${folder}.`, "askGit");
  }
  const files = new StagedFiles(repository, staging);
  const takesEvidence = [...staging.changed, ...staging.removed].some(isEvidence);
  return takesEvidence || (await mayConcern(files, staging, home)) ? { staging, files, takesEvidence } : null;
}

/** Whether a commit that is made in a folder has nothing to judge. What cannot be told now is told by whoever judges. */
export async function hasNothingToJudge(folder: string): Promise<boolean> {
  try {
    return (await stagedQuestion(await openRepository(folder), prooflineHome())) === null;
  } catch {
    return false;
  }
}

function isEvidence(path: string): boolean {
  return [EVIDENCE_FOLDER, REPOSITORY_FOLDER].some((folder) => path.startsWith(`${folder}/`));
}

async function mayConcern(
  files: RepositoryFiles,
  { added, changed }: Staging,
  home: string,
): Promise<boolean> {
  const staged = new Set([...added, ...changed]);
  if (staged.size === 0) {
    return false;
  }
  const { pending, unanchored, suggestions } = await readJournals(home);
  const sealed = unanchored.flatMap(({ ids }) => ids.flatMap((id) => suggestions.get(id) ?? []));
  if (
    [...pending, ...sealed].some(({ repository, path }) => repository === files.folder && staged.has(path))
  ) {
    return true;
  }
  const recorded = await recordedPaths(files);
  if (recorded === null || [...recorded].some((path) => staged.has(path))) {
    return true;
  }
  // Of a file that is gone, the lines may have gone to any file of its kind.
  const kinds = new Set([...staged].map(extensionOf));
  for (const path of recorded) {
    if (kinds.has(extensionOf(path)) && !(await files.hasFile(path))) {
      return true;
    }
  }
  return false;
}

const EvidenceText = z.looseObject({ envelope: z.looseObject({ payload: CanonicalBase64 }) });

/** Every path that a record names, in the signed statement or in the file beside it. */
const PATH = /"path"\s*:\s*("(?:[^"\\]|\\.)*")/g;

/** The paths of which evidence says that it speaks; `null` where some of it cannot be read. */
async function recordedPaths(files: RepositoryFiles): Promise<ReadonlySet<string> | null> {
  const paths = new Set<string>();
  for await (const file of files.evidenceFiles()) {
    const named = file.kind === "read" ? pathsNamedIn(file.bytes) : null;
    if (named === null) {
      return null;
    }
    for (const path of named) {
      paths.add(path);
    }
  }
  return paths;
}

function pathsNamedIn(bytes: Uint8Array): readonly string[] | null {
  try {
    const text = Buffer.from(bytes).toString("utf8");
    const { envelope } = EvidenceText.parse(JSON.parse(text));
    const statement = Buffer.from(envelope.payload, "base64").toString("utf8");
    return [text, statement].flatMap((part) =>
      [...part.matchAll(PATH)].map(([, path = ""]) => z.string().parse(JSON.parse(path))),
    );
  } catch {
    return null;
  }
}
