import type { Graph } from "./graph";
import { Sequence } from "./sequence";

/** Fewer tokens than this are sooner read again than kept in a sequence of their own. */
const WORTH_KEEPING = 48;

interface Entry {
  readonly sequence: Sequence;
  /** How much of it was read, not written by the model. */
  prompt: number;
  /** A request has used it. */
  isAsked: boolean;
}

/**
 * Sequences of several prompts, so that going back to a file, or to an earlier place in one, finds what was read
 * there. The least recently used go first when they hold more memory than allowed; one always stays.
 */
export class SequencePool {
  /** The most recently used last. */
  private readonly entries: Entry[] = [];

  /** @param limit bytes that all caches together may hold, but for one, whatever its size */
  constructor(
    readonly graph: Graph,
    readonly limit: number,
  ) {}

  get size(): number {
    return this.entries.length;
  }

  /** Memory held, in bytes. */
  get bytes(): number {
    return this.entries.reduce((sum, { sequence }) => sum + sequence.bytes, 0);
  }

  /** How many tokens from the beginning of `ids` some sequence holds. */
  sharedWith(ids: readonly number[]): number {
    return Math.max(0, ...this.entries.map(({ sequence }) => sequence.sharedWith(ids)));
  }

  /** Whether a prompt of so many tokens can be kept beside the one that was used last. */
  hasRoomBeside(tokens: number): boolean {
    const last = this.entries.at(-1)?.sequence;
    return (
      last === undefined ||
      last.length === 0 ||
      (last.bytes / last.length) * tokens + last.bytes <= this.limit
    );
  }

  /**
   * The sequence to go on from with a prompt: the one that shares the longest beginning with it, or a copy of that
   * beginning where the rest is worth keeping.
   *
   * @param isAsked whether somebody asked for what follows the prompt
   */
  take(ids: readonly number[], isAsked = true): Sequence {
    const entry = this.entryFor(ids);
    entry.prompt = ids.length;
    entry.isAsked ||= isAsked;
    const index = this.entries.indexOf(entry);
    if (index >= 0) {
      this.entries.splice(index, 1);
    }
    this.entries.push(entry);
    while (this.entries.length > 1 && this.bytes > this.limit) {
      this.entries.shift();
    }
    return entry.sequence;
  }

  /** Forgets what was read for nobody: who looks around fills no memory. */
  forgetUnasked(): void {
    this.entries.splice(0, this.entries.length, ...this.entries.filter(({ isAsked }) => isAsked));
  }

  /** Forgets everything. */
  clear(): void {
    this.entries.length = 0;
  }

  private entryFor(ids: readonly number[]): Entry {
    let best: Entry | undefined;
    let shared = 0;
    for (const entry of this.entries) {
      const length = entry.sequence.sharedWith(ids);
      if (best === undefined || length >= shared) {
        [best, shared] = [entry, length];
      }
    }
    if (best === undefined) {
      return newEntry(new Sequence(this.graph));
    }
    const lost = Math.min(best.sequence.length, best.prompt) - Math.min(shared, ids.length - 1);
    return lost < WORTH_KEEPING ? best : newEntry(best.sequence.copy(shared));
  }
}

function newEntry(sequence: Sequence): Entry {
  return { sequence, prompt: 0, isAsked: false };
}
