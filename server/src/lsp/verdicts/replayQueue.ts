import type { ModelOutput } from "../../inference/suggestion";
import type { Digest } from "../../platform/primitives";
import type { ReplayOutcome } from "../../policy/verifyParameters";
import {
  type Replayable,
  type ReplayCache,
  replayKey,
  replayObstacle,
  replaySuggestion,
} from "../../workflows/replay";
import { nextInReadingOrder } from "../../workflows/replayOrder";
import type { DocumentListener } from "../documents/documentEvents";
import { editorText } from "../editorRemedies";
import type { EngineHost } from "../models/engineHost";
import type { ReplayEngines } from "./replayEngines";

/** Nothing is replayed until this long after the last keystroke; the engine itself also gives way to completions. */
const QUIET_MILLISECONDS = 500;

/**
 * Replays suggestions in the background, one at a time, and knows what came of each. Results on disk are used where
 * there are any, so after a restart nothing runs twice.
 */
export class ReplayQueue implements DocumentListener {
  private readonly outcomes = new Map<string, ReplayOutcome>();
  private readonly waiting = new Map<string, Replayable>();
  /** What was looked for on the disk already. */
  private readonly looked = new Set<string>();
  private readonly keys = new WeakMap<ModelOutput, Digest>();
  private readonly resultListeners: (() => void)[] = [];
  private running = false;
  private lastKeystroke = 0;
  private ended = false;

  constructor(
    private readonly engine: EngineHost,
    private readonly engines: ReplayEngines,
    private readonly cache: ReplayCache,
  ) {
    engine.onChange((state) => {
      if (state.kind !== "loading") {
        // What could not be tried before may go now.
        for (const [key, { value }] of this.outcomes) {
          if (value === "notRun") {
            this.outcomes.delete(key);
          }
        }
        void this.run();
      }
    });
  }

  /** Who wants to know that something came of a replay. */
  onResult(listener: () => void): void {
    this.resultListeners.push(listener);
  }

  /** Somebody types. */
  edited(): void {
    this.lastKeystroke = performance.now();
  }

  /** What is known of a suggestion's replay so far; asks for it in the background where nothing is. */
  outcomeOf(suggestion: Replayable): ReplayOutcome {
    const key = this.keyOf(suggestion);
    const known = key === null ? undefined : this.outcomes.get(key);
    if (known !== undefined) {
      return known;
    }
    const obstacle = replayObstacle(suggestion);
    if (key === null || obstacle !== null) {
      return { value: "impossible", reason: obstacle ?? "The prompt is sealed." };
    }
    const refusal = this.engines.refusalOf(suggestion);
    if (refusal?.value === "impossible") {
      return refusal;
    }
    if (!this.waiting.has(key)) {
      this.waiting.set(key, suggestion);
      void this.run();
    }
    return refusal ?? { value: "notRun", reason: "Its replay has not run yet." };
  }

  /** What is known of a suggestion's replay, in memory or on disk, without asking for one. */
  async known(suggestion: Replayable): Promise<ReplayOutcome | null> {
    const key = this.keyOf(suggestion);
    const obstacle = replayObstacle(suggestion);
    if (key === null || obstacle !== null) {
      return { value: "impossible", reason: obstacle ?? "The prompt is sealed." };
    }
    const known = this.outcomes.get(key) ?? (await this.cache.get(suggestion));
    if (known !== null) {
      this.outcomes.set(key, known);
    }
    return known;
  }

  /** Replays at once, whatever is known or waiting. */
  async now(suggestion: Replayable, signal: AbortSignal): Promise<ReplayOutcome> {
    const outcome = await this.replay(suggestion, signal);
    this.tellResult();
    return outcome;
  }

  /** Forgets what waits; a replay that runs ends with its engine. */
  async close(): Promise<void> {
    this.ended = true;
    this.waiting.clear();
    await this.engines.close();
  }

  private tellResult(): void {
    for (const listener of this.resultListeners) {
      listener();
    }
  }

  private async run(): Promise<void> {
    if (this.running) {
      return;
    }
    this.running = true;
    try {
      for (let next = await this.next(); next !== null; next = await this.next()) {
        const [key, suggestion] = next;
        const { engine } = this.engine;
        const outcome = await this.replay(suggestion);
        if (outcome.value === "notRun" && this.engines.refusalOf(suggestion) !== null) {
          // Nothing was tried: it waits until a model may be loaded for it.
          continue;
        }
        this.waiting.delete(key);
        if (outcome.value === "notRun" && this.engine.engine === engine) {
          this.outcomes.set(key, outcome);
        }
        this.tellResult();
      }
    } finally {
      this.running = false;
    }
  }

  /**
   * The next suggestion, once nobody types; `null` when there is none that a model may be loaded for. Those for an
   * engine that runs go before those that need another one.
   */
  private async next(): Promise<[string, Replayable] | null> {
    await this.remembered();
    const quiet = this.lastKeystroke + QUIET_MILLISECONDS - performance.now();
    if (quiet > 0) {
      await new Promise((resolve) => setTimeout(resolve, quiet));
      return this.next();
    }
    if (this.ended) {
      return null;
    }
    const waiting = [...this.waiting].filter(([, one]) => this.engines.refusalOf(one) === null);
    const atHand = waiting.filter(([, { model }]) => this.engines.runs(model.manifestDigest));
    return nextInReadingOrder(atHand) ?? nextInReadingOrder(waiting);
  }

  /** Takes what is on disk already out of what waits. */
  private async remembered(): Promise<void> {
    let found = false;
    for (const [key, suggestion] of this.waiting) {
      if (this.looked.has(key)) {
        continue;
      }
      this.looked.add(key);
      const outcome = await this.cache.get(suggestion);
      if (outcome === null) {
        continue;
      }
      this.outcomes.set(key, outcome);
      this.waiting.delete(key);
      found = true;
    }
    if (found) {
      this.tellResult();
    }
  }

  private async replay(suggestion: Replayable, signal?: AbortSignal): Promise<ReplayOutcome> {
    const outcome = await this.replayWith(suggestion, signal);
    const key = this.keyOf(suggestion);
    if (key !== null && outcome.value !== "notRun") {
      this.outcomes.set(key, outcome);
    }
    return outcome;
  }

  private async replayWith(suggestion: Replayable, signal?: AbortSignal): Promise<ReplayOutcome> {
    try {
      return await this.engines.use(suggestion, (engine) =>
        replaySuggestion(suggestion, engine, this.cache, signal),
      );
    } catch (error) {
      // A model that cannot be loaded or does not answer says nothing about the claim.
      return { value: "notRun", reason: editorText(error) };
    }
  }

  /** Names all that a replay's result depends on. */
  private keyOf(suggestion: Replayable): Digest | null {
    const { values } = suggestion;
    if (values === null) {
      return null;
    }
    const key = this.keys.get(values) ?? replayKey(suggestion);
    if (key !== null) {
      this.keys.set(values, key);
    }
    return key;
  }
}
