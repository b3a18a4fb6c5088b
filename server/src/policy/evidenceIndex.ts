import { outlineOf } from "../evidence/format/batchOutline";
import type { EvidenceReading } from "../evidence/format/readEvidence";
import type { SealedBatch, SealedClaim } from "../evidence/format/sealedBatch";
import type { Digest } from "../platform/primitives";
import { atOnce } from "../platform/slices";
import { equivocating } from "./equivocation";
import type { Moves } from "./moves";

/** One evidence file as it was read; its name means nothing but a place to point at. */
export interface EvidenceInput {
  readonly path: string;
  readonly reading: EvidenceReading;
}

const NO_PATHS: ReadonlySet<string> = new Set();
const NO_CLAIMS: readonly number[] = [];

/** The recorded paths of which a reading's claims speak. */
export function pathsIn({ reading: { batch } }: EvidenceInput): Iterable<string> {
  return batch === null ? NO_PATHS : outlineOf(batch).byPath.keys();
}

/** The claims of a reading that have a piece with a recorded path. */
export function claimsIn({ reading: { batch } }: EvidenceInput, path: string): readonly SealedClaim[] {
  const places = batch === null ? [] : (outlineOf(batch).byPath.get(path) ?? []);
  const claims = batch === null || places.length === 0 ? [] : batch.claims;
  return places.flatMap((place) => claims[place] ?? []);
}

/**
 * The evidence of one reading of a repository, by what is asked of it, so that a question about one file costs no more than what
 * speaks of that file. What it answers is what all of the evidence says.
 */
export class EvidenceIndex {
  private static readonly known = new WeakMap<readonly EvidenceInput[], EvidenceIndex>();

  private readonly byRecordedPath = new Map<string, EvidenceInput[]>();
  private readonly byFile = new Map<string, EvidenceInput>();
  private readonly contradicting = new Map<string, ReadonlySet<Digest>>();
  private readonly sealed = new Map<string, ReadonlySet<string>>();

  private constructor(private readonly evidence: readonly EvidenceInput[]) {
    for (const input of evidence) {
      this.byFile.set(input.path, input);
      for (const path of pathsIn(input)) {
        const here = this.byRecordedPath.get(path);
        if (here === undefined) {
          this.byRecordedPath.set(path, [input]);
        } else {
          here.push(input);
        }
      }
    }
  }

  /** The index of some evidence; built once for each list, in time linear in its files and the paths that each speaks of. */
  static of(evidence: readonly EvidenceInput[]): EvidenceIndex {
    const known = EvidenceIndex.known.get(evidence) ?? new EvidenceIndex(evidence);
    EvidenceIndex.known.set(evidence, known);
    return known;
  }

  /** Every path that evidence names, as it was recorded. */
  get recordedPaths(): Iterable<string> {
    return this.byRecordedPath.keys();
  }

  /** How many claims have a piece with a recorded path. */
  claimsAt(recorded: string): number {
    const outlines = (this.byRecordedPath.get(recorded) ?? []).map(({ reading: { batch } }) =>
      batch === null ? NO_CLAIMS : outlineOf(batch).byPath.get(recorded),
    );
    return outlines.reduce((sum, places) => sum + (places?.length ?? 0), 0);
  }

  /** What lies in a file of evidence, by its own path. */
  inputAt(file: string): EvidenceInput | undefined {
    return this.byFile.get(file);
  }

  /** The evidence about some files, by today's paths: each batch with those of its claims alone that have a piece in them. */
  about(paths: ReadonlySet<string>, moves: Moves): readonly EvidenceInput[] {
    return atOnce(this.gatherAbout(paths, moves));
  }

  /** The same in small steps, one for each batch. */
  *gatherAbout(paths: ReadonlySet<string>, moves: Moves): Generator<void, readonly EvidenceInput[], void> {
    const wanted = new Map<SealedBatch, Set<SealedClaim>>();
    const inputs = new Set<EvidenceInput>();
    for (const recorded of moves.sourcesOf(paths)) {
      for (const input of this.byRecordedPath.get(recorded) ?? []) {
        const { batch } = input.reading;
        if (batch === null) {
          continue;
        }
        inputs.add(input);
        const claims = wanted.get(batch) ?? new Set<SealedClaim>();
        wanted.set(batch, claims);
        for (const claim of claimsIn(input, recorded)) {
          const isThere = claim.pieces.some(({ path }, index) =>
            paths.has(moves.ofPiece(batch.device, claim.leafHash, index, path)),
          );
          if (isThere) {
            claims.add(claim);
          }
        }
        yield;
      }
    }
    return [...inputs].flatMap((input): EvidenceInput[] => {
      const { path, reading } = input;
      const claims = reading.batch === null ? undefined : wanted.get(reading.batch);
      if (reading.batch === null || claims === undefined || claims.size === 0) {
        return [];
      }
      const batch = { ...reading.batch, claims: [...claims] };
      return [{ path, reading: { ...reading, batch } }];
    });
  }

  /** The intact batches of a repository, by its ids, in which their device contradicts itself. */
  contradictingIn(repositoryIds: readonly string[]): ReadonlySet<Digest> {
    const key = repositoryIds.join();
    const known = this.contradicting.get(key);
    if (known !== undefined) {
      return known;
    }
    const found = equivocating(
      this.evidence.flatMap(({ reading }) =>
        reading.kind === "intact" && repositoryIds.includes(reading.batch.facts.repositoryId)
          ? [reading.batch]
          : [],
      ),
    );
    this.contradicting.set(key, found);
    return found;
  }

  /** The ids of what a device sealed in intact evidence. */
  sealedBy(device: string): ReadonlySet<string> {
    const known = this.sealed.get(device);
    if (known !== undefined) {
      return known;
    }
    const found = new Set<string>();
    for (const { reading } of this.evidence) {
      if (reading.kind === "intact" && reading.batch.device === device) {
        for (const id of outlineOf(reading.batch).ids) {
          found.add(id);
        }
      }
    }
    this.sealed.set(device, found);
    return found;
  }
}
