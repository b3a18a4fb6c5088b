import { MAX_BATCH_SIZE } from "../../evidence/format/statement";
import type { Journal } from "../../evidence/journal/journal";
import { messageOf } from "../../platform/errors";
import type { SerialQueue } from "../../platform/serialQueue";
import type { DocumentListener } from "../documents/documentEvents";
import type { SettingsStore } from "../settingsStore";
import type { SuggestionStore } from "../suggestions/suggestionStore";
import type { Anchoring } from "./anchoring";
import { repositoriesPending, type Sealer } from "./sealer";

/** How long what is not saved is left alone, where nothing tells of its being saved. */
const LOOK_AGAIN_MILLISECONDS = 60_000;

export interface SchedulerParts {
  readonly settings: SettingsStore;
  readonly store: SuggestionStore;
  readonly sealer: Sealer;
  readonly anchoring: Anchoring;
  /** Sealing and anchoring take turns. */
  readonly steps: SerialQueue;
  readonly log: (line: string) => void;
}

/**
 * Decides when what was accepted is sealed, and then anchored: once its documents are saved and nothing was accepted
 * for a while, or at a full batch. Nothing is sealed on the way out.
 */
export class SealScheduler implements DocumentListener {
  /** When something was accepted last, by repository, on the clock of `performance.now`. */
  private readonly lastAccepted = new Map<string, number>();
  /** When to look again at repositories of which all that is left waits for a document to be saved. */
  private readonly waiting = new Map<string, number>();
  private readonly started = performance.now();
  private timer: NodeJS.Timeout | undefined;
  private ended = false;

  constructor(private readonly parts: SchedulerParts) {
    const { settings, store, anchoring } = parts;
    store.onEvent((event) => {
      switch (event.kind) {
        case "opened":
          this.plan();
          void anchoring.resume();
          return;
        case "accepted":
        case "withdrawn":
        case "bound":
          this.beginAnew(event.repository);
          return;
        case "obstacle":
          this.plan();
          return;
        case "sealed":
        case "dropped":
        case "anchored":
          return;
      }
    });
    settings.onChange((now, before) => {
      this.reconsider();
      if (JSON.stringify(now.chain) !== JSON.stringify(before.chain)) {
        void anchoring.resume();
      }
    });
  }

  saved(): void {
    this.reconsider();
  }

  closed(): void {
    this.reconsider();
  }

  /** Ends all waiting. What is pending stays in the journal. */
  async close(): Promise<void> {
    this.ended = true;
    clearTimeout(this.timer);
    this.parts.anchoring.close();
    await this.parts.steps.idle();
  }

  private beginAnew(repository: string | null): void {
    if (repository !== null) {
      this.lastAccepted.set(repository, performance.now());
      this.waiting.delete(repository);
    }
    this.plan();
  }

  /** What waited is looked at again. */
  private reconsider(): void {
    this.waiting.clear();
    this.parts.store.forgetObstacles();
    this.plan();
  }

  private plan(): void {
    clearTimeout(this.timer);
    const wait = this.ended ? null : this.nextDue();
    if (wait !== null) {
      this.timer = setTimeout(() => void this.sealDue(), wait);
    }
  }

  /** Milliseconds until the next repository is due, or `null` where none will be by itself. */
  private nextDue(): number | null {
    const { journal } = this.parts.store;
    const waits =
      journal === null
        ? []
        : repositoriesPending(journal).flatMap((repository) => this.dueIn(repository, journal) ?? []);
    return waits.length === 0 ? null : Math.min(...waits);
  }

  /** Milliseconds until a repository is due; `null` where it is not by itself. */
  private dueIn(repository: string, journal: Journal): number | null {
    if (this.parts.store.obstacleIn(repository) !== null) {
      return null;
    }
    const due = isFull(journal, repository) ? 0 : this.quietAt(repository);
    if (due === null) {
      return null;
    }
    const lookAgain = this.waiting.get(repository) ?? 0;
    return Math.max(0, due - performance.now(), lookAgain - performance.now());
  }

  /** When nothing will have been accepted for long enough; `null` where batches are sealed by hand only. */
  private quietAt(repository: string): number | null {
    const { sealAfterSeconds } = this.parts.settings.current;
    const since = this.lastAccepted.get(repository) ?? this.started;
    return sealAfterSeconds === 0 ? null : since + sealAfterSeconds * 1000;
  }

  private async sealDue(): Promise<void> {
    const { steps, log } = this.parts;
    await steps
      .run(() => this.sealAllDue())
      .catch((error: unknown) => log(`Sealing failed: ${messageOf(error)}`));
  }

  private async sealAllDue(): Promise<void> {
    const { store, sealer, anchoring } = this.parts;
    const journal = await store.open();
    if (journal === null || this.ended) {
      return;
    }
    for (const repository of repositoriesPending(journal)) {
      if (this.dueIn(repository, journal) !== 0) {
        continue;
      }
      await sealer.sealIn(repository, journal);
      // This window hears of it when its own documents are saved; of another window's it does not.
      this.waiting.set(repository, performance.now() + LOOK_AGAIN_MILLISECONDS);
    }
    this.plan();
    await anchoring.anchorOwn();
  }
}

function isFull(journal: Journal, repository: string): boolean {
  return (
    journal.pending().filter(({ repository: repositoryPath }) => repositoryPath === repository).length >=
    MAX_BATCH_SIZE
  );
}
