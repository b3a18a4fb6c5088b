import { LineIndex } from "../evidence/locate/lineIndex";
import { ENOUGH_TO_MOVE, letterCount } from "../evidence/locate/locatePiece";
import type { RepositoryFiles } from "../evidence/repository";
import type { EvidenceInput } from "../policy/claims";

/** Files that are read in search of those that moved. */
const MAX_CANDIDATES = 500;

/** Code units of theirs that are kept. */
const MAX_CANDIDATE_UNITS = 64 * 1024 * 1024;

/** Pieces of one gone file that are looked for. */
const MAX_PIECES_SOUGHT = 16;

/**
 * Where files with evidence have been moved to: by what was accepted in them, never by similarity. A file counts as
 * moved when it is gone, and exactly one other file of the same extension holds the lines of what was accepted in it; of several,
 * one of the same name is preferred. Costs nothing while no file is gone.
 *
 * @returns today's path by the recorded one
 */
export async function findMoves(
  repository: RepositoryFiles,
  evidence: readonly EvidenceInput[],
): Promise<ReadonlyMap<string, string>> {
  const moves = new Map<string, string>();
  const gone = await goneFiles(repository, acceptedByPath(evidence));
  if (gone.size === 0) {
    return moves;
  }
  const files = await repository.files();
  const candidates = new Candidates(repository);
  for (const [path, texts] of gone) {
    const sameName = files.filter((file) => file !== path && nameOf(file) === nameOf(path));
    const sameKind = files.filter(
      (file) => extensionOf(file) === extensionOf(path) && nameOf(file) !== nameOf(path),
    );
    const found =
      (await onlyHolder(candidates, sameName, texts)) ?? (await onlyHolder(candidates, sameKind, texts));
    if (found !== null) {
      moves.set(path, found);
    }
  }
  return moves;
}

function acceptedByPath(evidence: readonly EvidenceInput[]): Map<string, (readonly string[])[]> {
  const texts = new Map<string, (readonly string[])[]>();
  for (const { reading } of evidence) {
    if (reading.kind !== "intact") {
      continue;
    }
    for (const { path, accepted, saved } of reading.batch.claims.flatMap(({ pieces }) => pieces)) {
      if (letterCount(accepted) >= ENOUGH_TO_MOVE) {
        const known = texts.get(path);
        const text = saved ?? accepted.split("\n");
        if (known === undefined) {
          texts.set(path, [text]);
        } else if (known.length < MAX_PIECES_SOUGHT) {
          known.push(text);
        }
      }
    }
  }
  return texts;
}

async function goneFiles(
  repository: RepositoryFiles,
  texts: ReadonlyMap<string, readonly (readonly string[])[]>,
): Promise<ReadonlyMap<string, readonly (readonly string[])[]>> {
  const gone = new Map<string, readonly (readonly string[])[]>();
  for (const [path, accepted] of texts) {
    if (!(await repository.hasFile(path))) {
      gone.set(path, accepted);
    }
  }
  return gone;
}

/** Files that could be the moved ones, each read once, and no more of them than a search may cost. */
class Candidates {
  private readonly indices = new Map<string, LineIndex | null>();
  private left = MAX_CANDIDATE_UNITS;

  constructor(private readonly repository: RepositoryFiles) {}

  async indexOf(file: string): Promise<LineIndex | null> {
    const known = this.indices.get(file);
    if (known !== undefined) {
      return known;
    }
    if (this.indices.size >= MAX_CANDIDATES || this.left <= 0) {
      return null;
    }
    const text = await this.repository.readText(file);
    this.left -= text?.length ?? 0;
    const index = text === null ? null : new LineIndex(text);
    this.indices.set(file, index);
    return index;
  }
}

/** The one file that holds any of the texts as whole lines; `null` where none or several do. */
async function onlyHolder(
  candidates: Candidates,
  files: readonly string[],
  texts: readonly (readonly string[])[],
): Promise<string | null> {
  const holders: string[] = [];
  for (const file of files.slice(0, MAX_CANDIDATES)) {
    const index = await candidates.indexOf(file);
    if (index !== null && texts.some((lines) => index.placesOf(lines).length > 0)) {
      holders.push(file);
    }
    if (holders.length > 1) {
      return null;
    }
  }
  return holders[0] ?? null;
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function extensionOf(path: string): string {
  const name = nameOf(path);
  const dot = name.lastIndexOf(".");
  return dot === -1 ? "" : name.slice(dot);
}
