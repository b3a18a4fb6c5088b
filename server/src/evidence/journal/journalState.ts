import { unreachable } from "../../platform/errors";
import type { AcceptedSuggestion } from "../format/acceptedSuggestion";
import type { Amendment, JournalChange, JournalEntry, SealedBatchEntry } from "./journalEntry";

export type SuggestionState = "pending" | "withdrawn" | "sealed" | "dropped";

interface Known {
  suggestion: AcceptedSuggestion;
  state: SuggestionState;
}

interface KnownBatch {
  readonly batch: SealedBatchEntry;
  /** Ids of the chains that it is anchored on. */
  readonly chains: Set<number>;
}

/** Withdrawn suggestions that are remembered so that a redo can bring them back. */
const MAX_WITHDRAWN = 256;

/** The state that a journal's entries add up to. Entries that make no sense after the ones before change nothing. */
export class JournalState {
  private readonly suggestions = new Map<string, Known>();
  private readonly batches = new Map<string, KnownBatch>();
  /** Ids of settled suggestions that were forgotten to save memory. */
  private readonly forgotten = new Set<string>();
  /** Names of journals whose content was taken over. */
  readonly adopted = new Set<string>();

  apply(entry: JournalEntry): void {
    switch (entry.kind) {
      case "accepted":
        if (!this.suggestions.has(entry.suggestion.id) && !this.forgotten.has(entry.suggestion.id)) {
          this.suggestions.set(entry.suggestion.id, { suggestion: entry.suggestion, state: "pending" });
        }
        return;
      case "amended":
        this.change(entry.id, (known) => {
          known.suggestion = amended(known.suggestion, entry.amendment);
          known.state = "pending";
        });
        return;
      case "withdrawn":
        this.change(entry.id, (known) => {
          known.state = "withdrawn";
        });
        return;
      case "sealed":
        this.batches.set(entry.batch.batchRoot, { batch: entry.batch, chains: new Set() });
        for (const id of entry.batch.ids) {
          this.change(id, (known) => {
            known.state = "sealed";
          });
        }
        return;
      case "anchored":
        this.batches.get(entry.batchRoot)?.chains.add(entry.chainId);
        return;
      case "dropped":
        for (const id of entry.ids) {
          this.change(id, (known) => {
            known.state = "dropped";
          });
        }
        return;
      case "adopted":
        this.adopted.add(entry.journal);
        for (const change of entry.entries) {
          this.apply(change);
        }
        return;
      default:
        unreachable(entry);
    }
  }

  /** In the order of acceptance. */
  pending(): AcceptedSuggestion[] {
    return this.inState("pending");
  }

  unanchored(): SealedBatchEntry[] {
    return [...this.batches.values()].filter(({ chains }) => chains.size === 0).map(({ batch }) => batch);
  }

  /** Ascending by sequence number. */
  allBatches(): SealedBatchEntry[] {
    return [...this.batches.values()].map(({ batch }) => batch).sort((a, b) => a.sequence - b.sequence);
  }

  all(): ReadonlyMap<string, AcceptedSuggestion> {
    return new Map([...this.suggestions].map(([id, { suggestion }]) => [id, suggestion]));
  }

  /** Whether nothing about a suggestion can change any more: it is sealed or dropped. */
  isFinal(id: string): boolean {
    const state = this.suggestions.get(id)?.state;
    return state === "sealed" || state === "dropped" || this.forgotten.has(id);
  }

  /** Frees what `essence` leaves out. */
  forgetSettled(): void {
    const kept = new Set(this.unanchored().flatMap(({ ids }) => ids));
    for (const batch of this.settled()) {
      this.batches.delete(batch.batchRoot);
    }
    for (const id of [...this.suggestions.keys()]) {
      if (!this.isFinal(id) || kept.has(id)) {
        continue;
      }
      this.suggestions.delete(id);
      this.forgotten.add(id);
    }
  }

  find(id: string): { readonly suggestion: AcceptedSuggestion; readonly state: SuggestionState } | null {
    return this.suggestions.get(id) ?? null;
  }

  /** The accepted suggestions of a batch, as far as the journal still has them. */
  suggestionsOf({ ids }: SealedBatchEntry): AcceptedSuggestion[] {
    return ids.flatMap((id) => this.suggestions.get(id)?.suggestion ?? []);
  }

  /** The batches for which nothing is left to do. */
  settled(): SealedBatchEntry[] {
    return [...this.batches.values()].filter(({ chains }) => chains.size > 0).map(({ batch }) => batch);
  }

  /** The fewest entries that add up to the same state, without dropped suggestions and settled batches. */
  essence(): JournalChange[] {
    const live = this.unanchored();
    const kept = new Set(live.flatMap(({ ids }) => ids));
    for (const { id } of this.pending()) {
      kept.add(id);
    }
    const withdrawn = this.inState("withdrawn").slice(-MAX_WITHDRAWN);
    for (const { id } of withdrawn) {
      kept.add(id);
    }
    const suggestions = [...this.suggestions.values()].map(({ suggestion }) => suggestion);
    return [
      ...suggestions
        .filter(({ id }) => kept.has(id))
        .map((suggestion): JournalChange => ({ kind: "accepted", suggestion })),
      ...withdrawn.map(({ id }): JournalChange => ({ kind: "withdrawn", id })),
      ...live.map((batch): JournalChange => ({ kind: "sealed", batch })),
    ];
  }

  private inState(wanted: SuggestionState): AcceptedSuggestion[] {
    return [...this.suggestions.values()]
      .filter(({ state }) => state === wanted)
      .map(({ suggestion }) => suggestion);
  }

  /** Sealed and dropped are final. */
  private change(id: string, change: (known: Known) => void): void {
    const known = this.suggestions.get(id);
    if (known !== undefined && !this.isFinal(id)) {
      change(known);
    }
  }
}

export function amended(suggestion: AcceptedSuggestion, amendment: Amendment): AcceptedSuggestion {
  const { repository: repositoryPath, path, position, accepted } = amendment;
  const place = { repository: repositoryPath, path, position };
  switch (suggestion.kind) {
    case "replayable":
      return { ...suggestion, ...place, values: { ...suggestion.values, accepted } };
    case "attested":
      return { ...suggestion, ...place, values: { ...suggestion.values, accepted } };
    case "stated":
      return { ...suggestion, ...place, values: { ...suggestion.values, accepted } };
    default:
      return unreachable(suggestion);
  }
}
