import { openDevice } from "../evidence/device";
import type { AcceptedSuggestion } from "../evidence/format/record";
import type { SealedInput } from "../evidence/format/sealBatch";
import { MAX_BATCH_SIZE } from "../evidence/format/statement";
import type { Journal } from "../evidence/journal/journal";
import { locateAccepted, type PlaceHints } from "../evidence/locate/locateSuggestions";
import type { Repository } from "../evidence/repository";
import { canonicalJson } from "../platform/canonicalJson";
import type { VerificationThread } from "./thread/verificationThread";

export interface SealPendingParameters {
  readonly home: string;
  readonly journal: Journal;
  readonly repository: Repository;
  readonly thread: VerificationThread;
  /** Says why a suggestion has to wait (its document is not saved, say), or `null`. */
  readonly holdBack?: (suggestion: AcceptedSuggestion) => string | null;
  readonly hints?: PlaceHints;
}

export interface SealOutcome {
  readonly sealed: readonly { readonly batchRoot: string; readonly ids: readonly string[] }[];
  /** Suggestions that will never be sealed, and why. */
  readonly dropped: readonly { readonly id: string; readonly reason: string }[];
  /** Suggestions that wait, and why. */
  readonly held: readonly { readonly id: string; readonly reason: string }[];
}

/**
 * Seals what is accepted in one repository and saved: finds each suggestion in the saved text, drops those whose text
 * is gone or whose file is ignored, and writes one evidence file for each batch. The journal holds a batch
 * durably before its file is written, so a crash at any instant neither loses nor doubles one.
 */
export async function sealPending(parameters: SealPendingParameters): Promise<SealOutcome> {
  const { journal, repository, holdBack } = parameters;
  const held: { id: string; reason: string }[] = [];
  const dropped: { id: string; reason: string }[] = [];
  const ready: AcceptedSuggestion[] = [];
  const here = journal
    .pending()
    .filter(({ repository: repositoryPath }) => repositoryPath === repository.folder);
  for (const [path, suggestions] of groupBy(here, ({ path }) => path)) {
    const free = suggestions.filter((suggestion) => {
      const reason = holdBack?.(suggestion) ?? null;
      if (reason !== null) {
        held.push({ id: suggestion.id, reason });
      }
      return reason === null;
    });
    if (free.length === 0) {
      continue;
    }
    const refusal = await repository.refusalFor(path);
    const text = refusal === null ? await repository.readText(path) : null;
    if (text === null) {
      const reason = refusal ?? "Its file is not there.";
      dropped.push(...free.map(({ id }) => ({ id, reason })));
      continue;
    }
    const places = locateAccepted(text, free, parameters.hints);
    for (const suggestion of free) {
      const place = places.get(suggestion.id);
      if (place === undefined || place.content === "gone") {
        dropped.push({ id: suggestion.id, reason: "Its text was gone before it was sealed." });
      } else {
        const moved =
          place.content === "verbatim" || place.content === "moved" ? place.range?.start : undefined;
        ready.push(moved === undefined ? suggestion : { ...suggestion, position: moved });
      }
    }
  }
  for (const [reason, group] of groupBy(dropped, (one) => one.reason)) {
    await journal.drop(
      group.map(({ id }) => id),
      reason,
    );
  }
  const sealed: { batchRoot: string; ids: readonly string[] }[] = [];
  for (const [, suggestions] of groupBy(ready, ({ execution }) => canonicalJson(execution))) {
    for (let start = 0; start < suggestions.length; start += MAX_BATCH_SIZE) {
      const part = suggestions.slice(start, start + MAX_BATCH_SIZE);
      const batch = await sealBatchOf(parameters, part);
      if (batch !== null) {
        sealed.push(batch);
      } else {
        held.push(
          ...part.map(({ id }) => ({ id, reason: "It was changed while its batch was being sealed." })),
        );
      }
    }
  }
  return { sealed, dropped, held };
}

/** Writes the evidence files of batches that the journal holds but a crash kept from the repository. */
export async function finishSealing(journal: Journal, repository: Repository): Promise<void> {
  for (const batch of journal.unanchored()) {
    if (batch.repository === repository.folder) {
      await repository.writeEvidence(batch.batchRoot, batch.evidence);
    }
  }
}

async function sealBatchOf(
  { home, journal, repository, thread }: SealPendingParameters,
  suggestions: readonly AcceptedSuggestion[],
): Promise<{ batchRoot: string; ids: readonly string[] } | null> {
  const [first] = suggestions;
  if (first === undefined) {
    throw new Error("a batch holds at least one suggestion");
  }
  const repositoryId = await repository.ensureId();
  const device = await openDevice(home);
  const inputs: SealedInput[] = [];
  for (const suggestion of suggestions) {
    inputs.push({
      suggestion,
      promptTravels: await repository.promptMayTravel(suggestion.path, suggestion.values.prompt),
    });
  }
  const batch = await journal.commitBatch(suggestions, async ({ sequence, previousSeal }) => {
    const sealed = await thread.signBatch(
      {
        facts: { ...first.execution, repositoryId, device: device.address },
        suggestions: inputs,
        sequence,
        previousSeal,
      },
      home,
    );
    return {
      ...sealed,
      repository: repository.folder,
      sealedPrompts: inputs.flatMap(({ suggestion, promptTravels }) =>
        promptTravels ? [] : [suggestion.id],
      ),
    };
  });
  if (batch === null) {
    return null;
  }
  await repository.writeEvidence(batch.batchRoot, batch.evidence);
  return { batchRoot: batch.batchRoot, ids: batch.ids };
}

function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) {
      groups.set(key, [item]);
    } else {
      group.push(item);
    }
  }
  return groups;
}
