import { readRun } from "../graph/prefill";
import type { SequencePool } from "../graph/sequencePool";
import { type ChosenPrompt, choosePrompt, holdsAll, promptOfLength } from "../prompt/choosePrompt";
import { nextLength } from "../prompt/promptLengths";
import { roomFor } from "./complete";
import type { LikelyRequest } from "./engine";
import type { LatencyBudget } from "./latencyBudget";
import type { Model } from "./loadedModel";

/** What reading ahead may take of one core at most, whatever the number of threads. */
export const SHARE_OF_A_CORE = 0.5;

/**
 * What the graph's threads take of one core. The rest of the share is for what the engine does beside runs: V8 compiles
 * and collects in threads of its own (a sixth of the runs' time), and a short stretch of time begins with a slice.
 */
const SHARE_OF_RUNS = (2 / 3) * SHARE_OF_A_CORE;

/**
 * Reads the prompts of a request that is likely to come, before it does, slice by slice: first the one that would be
 * chosen now, then longer ones, up to what the model can hold. So a person who pauses, or looks around, gets the answer
 * to a long prompt in the time of a short one.
 */
export class ReadAhead {
  private likely: LikelyRequest | null = null;
  /** What is being read for it; `null` until the first slice, and once all is read. */
  private reading: ChosenPrompt | null = null;

  /** @param threads as many as the graph may use */
  constructor(
    private readonly model: Model,
    private readonly sequences: SequencePool,
    private readonly budget: LatencyBudget,
    private readonly threads: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Another request is likely, or none is. */
  replace(likely: LikelyRequest | null): void {
    this.likely = likely;
    this.reading = null;
  }

  /**
   * Reads one more slice.
   *
   * @returns how many milliseconds to rest before the next one; `null` when nothing is left to read
   */
  async step(): Promise<number | null> {
    const begun = this.now();
    if (!(await this.goOn())) {
      return null;
    }
    const busy = this.now() - begun;
    return (busy * this.threads) / SHARE_OF_RUNS - busy;
  }

  /** Reads a slice, or goes on to a longer prompt where all of one is read. Returns `false` when nothing is left to read. */
  private async goOn(): Promise<boolean> {
    const { likely } = this;
    if (likely === null) {
      return false;
    }
    const full = roomFor(this.model, likely).promptTokens;
    this.reading ??= this.nextOf(likely, full);
    const { length, mostSuffix, healed } = this.reading;
    const unread = healed.ids.length - 1 - this.sequences.sharedWith(healed.ids);
    if (unread > 0) {
      await this.read(healed.ids);
      return true;
    }
    const next = nextLength(full, length);
    if (length === full || holdsAll(this.reading, likely) || !this.sequences.hasRoomBeside(next)) {
      this.replace(null);
      return false;
    }
    this.reading = promptOfLength(this.model.tokenizer, likely, next, mostSuffix);
    return true;
  }

  private nextOf(likely: LikelyRequest, full: number): ChosenPrompt {
    const readable = this.budget.readableTokens(likely.withinMilliseconds);
    const chosen = choosePrompt(this.model.tokenizer, likely, full, readable, this.sequences);
    if (2 * this.sequences.sharedWith(chosen.healed.ids) < chosen.healed.ids.length) {
      // It is another place.
      this.sequences.forgetUnasked();
    }
    return chosen;
  }

  private async read(ids: readonly number[]): Promise<void> {
    const sequence = this.sequences.take(ids, false);
    // The last token is for the request itself: its logits are the first choice.
    const unread = ids.slice(sequence.rewindTo(ids, ids.length - 1), -1);
    await readRun(sequence, unread.slice(0, this.model.graph.pace.sliceTokens));
  }
}
