import type { Repository } from "../evidence/repository";
import type { EvidenceInput } from "../policy/verifyEvidence";

/** Non-blank characters that make an accepted text telling enough to recognise its file by. */
const ENOUGH = 16;

/** Files that are read in search of one that moved. */
const MAX_CANDIDATES = 500;

/**
 * Where files with evidence have been moved to: by what was accepted in them, never by similarity. A file counts as
 * moved when it is gone, and exactly one other file of the same extension holds what was accepted in it; of several,
 * one of the same name is preferred. Costs nothing while no file is gone.
 *
 * @returns today's path by the recorded one
 */
export async function findMoves(
  repository: Repository,
  evidence: readonly EvidenceInput[],
): Promise<ReadonlyMap<string, string>> {
  const moves = new Map<string, string>();
  const gone = await goneFiles(repository, acceptedByPath(evidence));
  if (gone.size === 0) {
    return moves;
  }
  const files = await repository.files();
  for (const [path, texts] of gone) {
    const sameName = files.filter((file) => file !== path && nameOf(file) === nameOf(path));
    const sameKind = files.filter(
      (file) => extensionOf(file) === extensionOf(path) && nameOf(file) !== nameOf(path),
    );
    const found =
      (await onlyHolder(repository, sameName, texts)) ?? (await onlyHolder(repository, sameKind, texts));
    if (found !== null) {
      moves.set(path, found);
    }
  }
  return moves;
}

function acceptedByPath(evidence: readonly EvidenceInput[]): Map<string, string[]> {
  const texts = new Map<string, string[]>();
  for (const { reading } of evidence) {
    if (reading.kind !== "intact") {
      continue;
    }
    for (const { record, accepted } of reading.batch.suggestions) {
      if (accepted.replace(/\s/g, "").length < ENOUGH) {
        continue;
      }
      texts.set(record.path, [...(texts.get(record.path) ?? []), accepted]);
    }
  }
  return texts;
}

async function goneFiles(
  repository: Repository,
  texts: ReadonlyMap<string, readonly string[]>,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const gone = new Map<string, readonly string[]>();
  for (const [path, accepted] of texts) {
    if (!(await repository.hasFile(path))) {
      gone.set(path, accepted);
    }
  }
  return gone;
}

/** The one file that holds any of the texts; `null` where none or several do. */
async function onlyHolder(
  repository: Repository,
  files: readonly string[],
  texts: readonly string[],
): Promise<string | null> {
  const holders: string[] = [];
  for (const file of files.slice(0, MAX_CANDIDATES)) {
    const text = await repository.readText(file);
    if (text !== null && texts.some((accepted) => text.includes(accepted))) {
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
