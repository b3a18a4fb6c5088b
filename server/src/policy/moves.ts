/** Names a piece: its claim, and its number where it is not the first. */
export function keyOf(claim: string, piece: number): string {
  return piece === 0 ? claim : `${claim}.${piece}`;
}

/**
 * Where pieces and files have been moved to. Each piece is followed by what was accepted in it, and what a device quotes, or
 * is too small to be followed, by the pieces of the same device; so no stranger's claim can keep a piece from being followed.
 */
export class Moves {
  static readonly NONE = new Moves(new Map(), new Map(), new Set());

  constructor(
    /** Today's path by the piece's key. */
    private readonly pieces: ReadonlyMap<string, string>,
    /** Today's path by the recorded one, for each device. */
    private readonly files: ReadonlyMap<string, ReadonlyMap<string, string>>,
    /** Recorded paths from which something was moved. */
    private readonly left: ReadonlySet<string>,
  ) {}

  /** Whether anything was moved from a recorded path. */
  isLeft(recordedPath: string): boolean {
    return this.left.has(recordedPath);
  }

  /** The recorded paths of which pieces may lie in some files of today, those files' own among them. */
  sourcesOf(paths: ReadonlySet<string>): ReadonlySet<string> {
    return this.left.size === 0 ? paths : new Set([...paths, ...this.left]);
  }

  /** Today's path of a claim's piece; the recorded one where it was not moved. */
  ofPiece(device: string, claim: string, piece: number, recordedPath: string): string {
    return this.pieces.get(keyOf(claim, piece)) ?? this.ofFile(device, recordedPath);
  }

  /** Today's path of a file by what a device accepted in it; the recorded one where it was not moved. */
  ofFile(device: string, recordedPath: string): string {
    return this.files.get(device)?.get(recordedPath) ?? recordedPath;
  }

  equals(other: Moves): boolean {
    return (
      sameEntries(this.pieces, other.pieces, (a, b) => a === b) &&
      sameEntries(this.files, other.files, (a, b) => sameEntries(a, b, (one, two) => one === two))
    );
  }
}

function sameEntries<Value>(
  a: ReadonlyMap<string, Value>,
  b: ReadonlyMap<string, Value>,
  isSame: (one: Value, two: Value) => boolean,
): boolean {
  return (
    a.size === b.size &&
    [...a].every(([key, value]) => {
      const other = b.get(key);
      return other !== undefined && isSame(value, other);
    })
  );
}
