import type { Journal } from "../../evidence/journal/journal";
import type { SuggestionState } from "../../evidence/journal/journalState";
import { openRepository } from "../../evidence/repository/openRepository";
import { messageOf } from "../../platform/errors";
import { sealPending } from "../../workflows/seal";
import type { VerificationThread } from "../../workflows/thread/verificationThread";
import type { Tracking } from "../documents/tracking";
import { editorText } from "../editorRemedies";
import type { SettingsStore } from "../settingsStore";
import type { SuggestionStore } from "../suggestions/suggestionStore";
import type { HeldBack } from "./heldBack";

export interface SealerParts {
  readonly settings: SettingsStore;
  readonly store: SuggestionStore;
  readonly heldBack: HeldBack;
  readonly tracking: Tracking;
  readonly thread: VerificationThread;
  readonly grammarThread: VerificationThread;
  readonly log: (line: string) => void;
}

/** Seals what can be sealed in one repository, now. When that is, others decide. */
export class Sealer {
  constructor(private readonly parts: SealerParts) {}

  /** Resolves to what kept the rest from being sealed. What fails is the repository's obstacle from then on. */
  async sealIn(folder: string, journal: Journal): Promise<readonly string[]> {
    const { settings, store, heldBack, tracking, thread, grammarThread, log } = this.parts;
    const pending = journal.pending().filter(({ repository }) => repository === folder);
    const idsThatAre = (state: SuggestionState): string[] =>
      pending.flatMap(({ id }) => (journal.find(id)?.state === state ? [id] : []));
    try {
      const repository = await openRepository(folder, [folder]);
      const held = await heldBack.among(pending, repository);
      const outcome = await sealPending({
        home: settings.home,
        journal,
        repository,
        thread,
        grammarThread,
        holdBack: ({ id }) => held.get(id) ?? null,
        hints: tracking.positions(),
        whenGone: "drop",
      });
      for (const { id, reason } of outcome.dropped) {
        log(`Not sealed, ${id}: ${reason}`);
      }
      await store.setObstacle(folder, null);
      return outcome.held.map(({ reason }) => reason);
    } catch (error) {
      log(`Sealing in ${folder} failed: ${messageOf(error)}`);
      await store.setObstacle(folder, editorText(error));
      return [editorText(error)];
    } finally {
      // What fails half-way, a full disk say, leaves batches that are sealed.
      await store.settled("sealed", folder, idsThatAre("sealed"));
      await store.settled("dropped", folder, idsThatAre("dropped"));
    }
  }
}

/** The repositories that something is pending in. */
export function repositoriesPending(journal: Journal): readonly string[] {
  return [
    ...new Set(journal.pending().flatMap(({ repository }) => (repository === null ? [] : [repository]))),
  ];
}
