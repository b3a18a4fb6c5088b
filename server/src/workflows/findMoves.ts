import type { SealedClaim } from "../evidence/format/sealedBatch";
import { letterCount } from "../evidence/locate/letterCount";
import { LineIndex } from "../evidence/locate/lineIndex";
import { ENOUGH_TO_MOVE } from "../evidence/locate/locatePiece";
import type { RepositoryFiles } from "../evidence/repository/repository";
import { inOrder } from "../platform/inOrder";
import { claimsIn, type EvidenceInput, pathsIn } from "../policy/evidenceIndex";
import { keyOf, Moves } from "../policy/moves";

/** Files that are read in search of pieces that moved. */
const MAX_CANDIDATES = 500;

/** Code units of theirs that are read. */
const MAX_CANDIDATE_UNITS = 64 * 1024 * 1024;

/** Files with the line by which a piece is looked for; a line that more of them have tells nothing. */
const MAX_HOLDERS = 64;

/** Files that are looked for, or read, side by side. */
const FILES_AT_ONCE = 8;

/** A piece whose file is gone. */
interface GonePiece {
  readonly key: string;
  readonly device: string;
  readonly path: string;
  /** Its lines as they were sealed, or what was accepted where they do not travel. */
  readonly lines: readonly string[];
  /** The longest of them, by which files are found that may hold all. */
  readonly longest: string;
}

/**
 * Where pieces whose file is gone have been moved to: by what was accepted in them, never by similarity. A piece counts as
 * moved when exactly one other file of the same extension holds its lines; of several, one of the same name is
 * preferred. Each piece is looked for by itself. What is too small to be looked for follows its device's other pieces of the file,
 * where these agree. Costs nothing while no file is gone, and otherwise time linear in evidence and candidates.
 *
 * @param anyHolder whether it is enough that its lines stand in some file, of whatever extension: whoever takes evidence away must not
 *   get away with it by a second copy, or another ending
 */
export async function findMoves(
  repository: RepositoryFiles,
  evidence: readonly EvidenceInput[],
  anyHolder = false,
): Promise<Moves> {
  const gone = await gonePieces(repository, evidence);
  if (gone.length === 0) {
    return Moves.NONE;
  }
  const holders = await findHolders(repository, gone, anyHolder);
  const pieces = new Map<string, string>();
  const files = new Map<string, Map<string, Set<string>>>();
  for (const { key, device, path, lines, longest } of gone) {
    const found = holders.get(longest) ?? [];
    const today = anyHolder ? firstHolder(found, lines) : onlyHolder(found, path, lines);
    if (today !== null) {
      pieces.set(key, today);
      const ofDevice = files.get(device) ?? new Map<string, Set<string>>();
      files.set(device, ofDevice.set(path, (ofDevice.get(path) ?? new Set()).add(today)));
    }
  }
  return new Moves(
    pieces,
    new Map([...files].map(([device, paths]) => [device, agreed(paths)])),
    new Set(gone.map(({ path }) => path)),
  );
}

async function gonePieces(
  repository: RepositoryFiles,
  evidence: readonly EvidenceInput[],
): Promise<readonly GonePiece[]> {
  const intact = evidence.filter(({ reading }) => reading.kind === "intact");
  const paths = new Set(intact.flatMap((input) => [...pathsIn(input)]));
  const gone = new Set<string>();
  const looked = inOrder(paths, FILES_AT_ONCE, async (path) => ({
    path,
    isThere: await repository.hasFile(path),
  }));
  for await (const { path, isThere } of looked) {
    if (!isThere) {
      gone.add(path);
    }
  }
  return intact.flatMap((input) =>
    [...pathsIn(input)].flatMap((path) =>
      gone.has(path)
        ? claimsIn(input, path).flatMap((claim) => piecesIn(path, claim, input.reading.batch?.device ?? ""))
        : [],
    ),
  );
}

/** The pieces of a claim in one file that are large enough to be looked for. */
function piecesIn(wanted: string, { leafHash, pieces }: SealedClaim, device: string): readonly GonePiece[] {
  return pieces.flatMap(({ path, accepted, saved }, index): readonly GonePiece[] => {
    if (path !== wanted || letterCount(accepted) < ENOUGH_TO_MOVE) {
      return [];
    }
    const lines = saved ?? accepted.split("\n");
    const longest = lines.reduce((best, line) => (line.length > best.length ? line : best));
    return [{ key: keyOf(leafHash, index), device, path, lines, longest }];
  });
}

interface Holder {
  readonly file: string;
  readonly index: LineIndex;
}

/** The files that may hold gone pieces, by the longest line of each piece. Each is read once, those of a gone name first. */
async function findHolders(
  repository: RepositoryFiles,
  gone: readonly GonePiece[],
  anyExtension: boolean,
): Promise<ReadonlyMap<string, readonly Holder[]>> {
  const holders = new Map<string, Holder[]>(gone.map(({ longest }) => [longest, []]));
  const names = new Set(gone.map(({ path }) => nameOf(path)));
  const extensions = new Set(gone.map(({ path }) => extensionOf(path)));
  const files = await repository.files();
  const sameName = files.filter((file) => names.has(nameOf(file)));
  const others = files.filter((file) => !names.has(nameOf(file)));
  const isSameKind = (file: string): boolean => extensions.has(extensionOf(file));
  const sameKind = others.filter(isSameKind);
  const otherKinds = anyExtension ? others.filter((file) => !isSameKind(file)) : [];
  let left = MAX_CANDIDATE_UNITS;
  const read = inOrder(
    [...sameName, ...sameKind, ...otherKinds].slice(0, MAX_CANDIDATES),
    FILES_AT_ONCE,
    async (file) => ({
      file,
      text: await repository.readText(file),
    }),
  );
  for await (const { file, text } of read) {
    if (left <= 0) {
      break;
    }
    if (text === null) {
      continue;
    }
    left -= text.length;
    const index = new LineIndex(text);
    for (const line of new Set(index.lines)) {
      const known = holders.get(line);
      if (known !== undefined && known.length <= MAX_HOLDERS) {
        known.push({ file, index });
      }
    }
  }
  return holders;
}

/** A file that holds the lines whole. */
function firstHolder(holders: readonly Holder[], lines: readonly string[]): string | null {
  return holders.find(({ index }) => index.placesOf(lines).length > 0)?.file ?? null;
}

/** The one file that holds the lines whole; `null` where none or several do. */
function onlyHolder(holders: readonly Holder[], path: string, lines: readonly string[]): string | null {
  if (holders.length > MAX_HOLDERS) {
    return null;
  }
  const found = holders
    .filter(({ file, index }) => extensionOf(file) === extensionOf(path) && index.placesOf(lines).length > 0)
    .map(({ file }) => file);
  const sameName = found.filter((file) => nameOf(file) === nameOf(path));
  const [only, another] = sameName.length > 0 ? sameName : found;
  return another === undefined ? (only ?? null) : null;
}

/** Where each file went, as far as the pieces in it went to one place. */
function agreed(paths: ReadonlyMap<string, ReadonlySet<string>>): ReadonlyMap<string, string> {
  const moved = new Map<string, string>();
  for (const [path, today] of paths) {
    const [only, another] = today;
    if (only !== undefined && another === undefined) {
      moved.set(path, only);
    }
  }
  return moved;
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** A path's ending from the last dot of its name on; empty where it has none. */
export function extensionOf(path: string): string {
  const name = nameOf(path);
  const dot = name.lastIndexOf(".");
  return dot === -1 ? "" : name.slice(dot);
}
