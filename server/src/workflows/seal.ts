import { openDevice } from "../evidence/device";
import {
  type AcceptedSuggestion,
  claimValuesOf,
  executionOf,
  promptOf,
} from "../evidence/format/acceptedSuggestion";
import { claimSaltsOf } from "../evidence/format/claimSalts";
import type { Position } from "../evidence/format/record";
import type { ClaimInput, PieceInput } from "../evidence/format/sealBatch";
import { MAX_BATCH_SIZE } from "../evidence/format/statement";
import type { Journal } from "../evidence/journal/journal";
import type { SealedPrompt } from "../evidence/journal/journalEntry";
import { amongCopies } from "../evidence/locate/copies";
import { hasGrammar } from "../evidence/locate/grammarNames";
import { LineIndex } from "../evidence/locate/lineIndex";
import type { Located } from "../evidence/locate/locatePiece";
import { locateAccepted, type PlaceHints } from "../evidence/locate/locateSuggestions";
import { mayStandOn, stoodBehind } from "../evidence/locate/stoodBehind";
import type { Repository } from "../evidence/repository/repository";
import { canonicalJson } from "../platform/canonicalJson";
import { ProoflineError } from "../platform/errors";
import { groupBy } from "../platform/groupBy";
import { findSecret } from "../platform/secrets";
import { placesIn } from "../platform/textSearch";
import type { VerificationThread } from "./thread/verificationThread";

export interface SealPendingParameters {
  readonly home: string;
  readonly journal: Journal;
  readonly repository: Repository;
  readonly thread: Pick<VerificationThread, "signBatch">;
  /** One of its own, for a text that breaks it must not keep others from being sealed. */
  readonly grammarThread: Pick<VerificationThread, "linesOf">;
  /** Says why a suggestion has to wait (its document is not saved, say), or `null`. */
  readonly holdBack?: (suggestion: AcceptedSuggestion) => string | null;
  readonly hints?: PlaceHints;
  /**
   * What becomes of a suggestion whose text stands in no saved file. Whoever cannot know whether an editor holds it unsaved, after
   * a crash for instance, lets it wait.
   */
  readonly whenGone: "drop" | "wait";
}

export interface SealOutcome {
  readonly sealed: readonly { readonly batchRoot: string; readonly ids: readonly string[] }[];
  /** Suggestions that will never be sealed, and why. */
  readonly dropped: readonly { readonly id: string; readonly reason: string }[];
  /** Suggestions that wait, and why. */
  readonly held: readonly { readonly id: string; readonly reason: string }[];
  /** Suggestions that wait until a saved file holds them. */
  readonly missing: readonly { readonly id: string; readonly path: string }[];
}

/**
 * Seals what is accepted in one repository and saved: finds each suggestion in the saved text, drops those whose file is
 * ignored, drops or leaves those whose text is gone, and writes one evidence file for each batch. The journal holds a batch
 * durably before its file is written, so a crash at any instant neither loses nor doubles one.
 */
export async function sealPending(parameters: SealPendingParameters): Promise<SealOutcome> {
  const { journal, repository, holdBack } = parameters;
  const held: { id: string; reason: string }[] = [];
  const dropped: { id: string; reason: string }[] = [];
  const ready: ReadySuggestion[] = [];
  const missing: { id: string; path: string }[] = [];
  const gone = (path: string, suggestions: readonly AcceptedSuggestion[], reason: string): void => {
    if (parameters.whenGone === "drop") {
      dropped.push(...suggestions.map(({ id }) => ({ id, reason })));
      return;
    }
    missing.push(...suggestions.map(({ id }) => ({ id, path })));
  };
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
    const refusal = await repository.refusals.of(path);
    const text = refusal === null ? await repository.readText(path) : null;
    const obstacle = text === null && refusal === null ? await repository.obstacleTo(path) : null;
    if (obstacle !== null) {
      // What cannot be read now may hold all of it.
      held.push(...free.map(({ id }) => ({ id, reason: `${path} ${obstacle}.` })));
      continue;
    }
    if (refusal !== null) {
      dropped.push(...free.map(({ id }) => ({ id, reason: refusal })));
      continue;
    }
    if (text === null) {
      gone(path, free, "Its file is not there.");
      continue;
    }
    const lines = new LineIndex(text);
    const places = locateAccepted(text, free, parameters.hints);
    const found: { suggestion: AcceptedSuggestion; range: Pick<PieceInput, "start" | "end"> }[] = [];
    const taken = [...places.values()].flatMap(({ range }) => (range === null ? [] : [range.start]));
    for (const suggestion of free) {
      const range = placeToSeal(suggestion, places.get(suggestion.id), lines, taken);
      if (range === null) {
        gone(path, [suggestion], "Its text was gone before it was sealed.");
      } else {
        found.push({ suggestion, range });
        taken.push(range.start);
      }
    }
    const spans = found.map(({ range: { start, end } }) => ({ first: start.line, last: end.line }));
    const readings = await parameters.grammarThread.linesOf(path, text, spans).catch(() => null);
    for (const [index, { suggestion, range }] of found.entries()) {
      const saved = lines.lines.slice(range.start.line, range.end.line + 1);
      const savedTravels = findSecret(saved.join("\n")) === null;
      const reading = hasGrammar(path) ? readings?.[index] : undefined;
      // Whoever mends what is against the grammar above a piece may change what its lines are.
      const textParts = reading?.isSure === true ? reading.digest : null;
      const among = amongCopies(lines, range.start.line, range.end.line);
      ready.push({ suggestion, piece: { path, ...range, saved, ...among, savedTravels, textParts } });
    }
  }
  for (const [reason, group] of groupBy(dropped, (one) => one.reason)) {
    await journal.drop(
      group.map(({ id }) => id),
      reason,
    );
  }
  const sealed: { batchRoot: string; ids: readonly string[] }[] = [];
  for (const [, suggestions] of groupBy(ready, ({ suggestion }) => canonicalJson(executionOf(suggestion)))) {
    for (let start = 0; start < suggestions.length; start += MAX_BATCH_SIZE) {
      const part = suggestions.slice(start, start + MAX_BATCH_SIZE);
      for await (const { batch, ids, reason } of sealGroup(parameters, part)) {
        if (batch !== null) {
          sealed.push(batch);
        } else {
          held.push(...ids.map((id) => ({ id, reason })));
        }
      }
    }
  }
  return { sealed, dropped, held, missing };
}

/**
 * Writes the evidence files of batches that the journal holds but a crash or a full disk kept from the repository.
 * Resolves to the ids of the suggestions in them.
 */
export async function finishSealing(journal: Journal, repository: Repository): Promise<readonly string[]> {
  const written: string[] = [];
  for (const batch of journal.unanchored()) {
    if (
      batch.repository === repository.folder &&
      (await repository.writeEvidence(batch.batchRoot, batch.evidence))
    ) {
      written.push(...batch.ids);
    }
  }
  return written;
}

interface SealedGroup {
  /** `null` where it could not be sealed. */
  readonly batch: { readonly batchRoot: string; readonly ids: readonly string[] } | null;
  readonly ids: readonly string[];
  /** Why not, as a sentence. */
  readonly reason: string;
}

/**
 * Seals suggestions in one batch, or in as few as can hold them. One that no batch can hold with its prompt is sealed without it, and one
 * that none can hold at all waits, and keeps no other from being sealed.
 */
async function* sealGroup(
  parameters: SealPendingParameters,
  ready: readonly ReadySuggestion[],
  keepsPrompts = false,
): AsyncGenerator<SealedGroup> {
  const ids = ready.map(({ suggestion: { id } }) => id);
  try {
    const batch = await sealBatchOf(parameters, ready, keepsPrompts);
    yield { batch, ids, reason: "It was changed while its batch was being sealed." };
  } catch (error) {
    if (!(error instanceof ProoflineError) || error.code !== "evidence") {
      throw error;
    }
    if (ready.length > 1) {
      const half = Math.ceil(ready.length / 2);
      yield* sealGroup(parameters, ready.slice(0, half));
      yield* sealGroup(parameters, ready.slice(half));
    } else if (keepsPrompts) {
      yield { batch: null, ids, reason: error.reason };
    } else {
      yield* sealGroup(parameters, ready, true);
    }
  }
}

/** @param keepsPrompts whether prompts stay with their author because no evidence file can hold them */
async function sealBatchOf(
  { home, journal, repository, thread }: SealPendingParameters,
  ready: readonly ReadySuggestion[],
  keepsPrompts: boolean,
): Promise<{ batchRoot: string; ids: readonly string[] } | null> {
  const [first] = ready;
  if (first === undefined) {
    throw new Error("a batch holds at least one suggestion");
  }
  const repositoryId = await repository.ensureId();
  const device = await openDevice(home);
  const claims: ClaimInput[] = [];
  const sealedPrompts: SealedPrompt[] = [];
  for (const { suggestion, piece } of ready) {
    const { id, salts } = suggestion;
    const reason = keepsPrompts
      ? "It is longer than what an evidence file can hold."
      : await openingObstacle(repository, suggestion);
    if (reason !== null) {
      sealedPrompts.push({ id, reason });
    }
    claims.push({
      id,
      values: claimValuesOf(suggestion),
      trim: suggestion.kind === "stated" ? null : suggestion.trim,
      pieces: [piece],
      salts: claimSaltsOf(salts),
      promptTravels: reason === null,
    });
  }
  const suggestions = ready.map(({ suggestion }) => suggestion);
  const batch = await journal.commitBatch(suggestions, async ({ sequence, previousSeal }) => {
    const execution = executionOf(first.suggestion);
    const sealed = await thread.signBatch(
      { facts: { execution, repositoryId, device: device.address }, claims, sequence, previousSeal },
      home,
    );
    return { ...sealed, repository: repository.folder, sealedPrompts };
  });
  if (batch === null) {
    return null;
  }
  await repository.writeEvidence(batch.batchRoot, batch.evidence);
  return { batchRoot: batch.batchRoot, ids: batch.ids };
}

/** Why what stands beside the accepted text may not travel, as a sentence; `null` where it may. */
async function openingObstacle(
  repository: Repository,
  suggestion: AcceptedSuggestion,
): Promise<string | null> {
  if (suggestion.kind === "stated") {
    const { tool, session, model } = suggestion.values;
    const secret = findSecret([tool, session, model].join("\n"));
    return secret === null ? null : `What the tool told contains what looks like a secret (${secret}).`;
  }
  return repository.promptObstacle(suggestion.path, suggestion.values.prompt);
}

/** A suggestion, and where it stands in the saved text. */
interface ReadySuggestion {
  readonly suggestion: AcceptedSuggestion;
  readonly piece: PieceInput;
}

/**
 * Where a suggestion is sealed: where it was found, or, where its text stands several times and none of these is its own
 * place, at the one next to it, after the lines that it stood after, that no other has taken. `null` where nothing of it is left.
 */
function placeToSeal(
  suggestion: AcceptedSuggestion,
  found: Located | undefined,
  today: LineIndex,
  taken: readonly Position[],
): Pick<PieceInput, "start" | "end"> | null {
  if (found?.range !== undefined && found.range !== null) {
    return found.range;
  }
  if (found?.content !== "ambiguous") {
    return null;
  }
  const { text } = today;
  const {
    position,
    values: { accepted },
  } = suggestion;
  const prompt = promptOf(suggestion);
  const isTaken = ({ line, character }: Position): boolean =>
    taken.some((other) => other.line === line && other.character === character);
  const behind = stoodBehind({
    position,
    accepted,
    ...(prompt !== null && { before: prompt.prefix, after: prompt.suffix }),
  });
  let nearest: Pick<PieceInput, "start" | "end"> | null = null;
  for (const at of placesIn(text, accepted)) {
    const start = today.positionOf(at);
    if (isTaken(start) || !mayStandOn(today, start.line, behind)) {
      continue;
    }
    if (nearest === null || distance(start, position) < distance(nearest.start, position)) {
      nearest = { start, end: today.positionOf(at + accepted.length) };
    }
  }
  return nearest;
}

function distance(one: Position, other: Position): number {
  return Math.abs(one.line - other.line);
}
