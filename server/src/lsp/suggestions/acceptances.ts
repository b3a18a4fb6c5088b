import type { AcceptedSuggestion } from "../../evidence/format/acceptedSuggestion";
import { letterCount } from "../../evidence/locate/letterCount";
import { FRAGMENT } from "../../evidence/locate/locatePiece";
import { messageOf } from "../../platform/errors";
import { SerialQueue } from "../../platform/serialQueue";
import { AcceptSuggestion, DidDismissSuggestions, DidUndoOrRedo } from "../../protocol/messages";
import { acceptedSuggestion, newSuggestionId } from "../../workflows/accept";
import type { DocumentListener } from "../documents/documentEvents";
import type { DocumentLocation } from "../documents/documentLocations";
import type { OpenDocument } from "../documents/openDocument";
import { type Span, shiftAll, type TextEdit } from "../documents/textEdits";
import { editorText } from "../editorRemedies";
import { onNotification, onRequest } from "../requests";
import type { ServerContext } from "../serverContext";
import type { ActiveSuggestion, Inserted } from "./activeSuggestions";
import { isOneStep } from "./insertion";

/**
 * A suggestion that was accepted at one place of an open document, as long as it can still be extended, undone or
 * redone. With several cursors it is accepted at several places, and each has a record of its own.
 */
interface Accepted {
  /** The record's: that of the suggestion, or a fresh one at another cursor and once the first one's record is sealed. */
  readonly id: string;
  readonly suggestionId: string;
  /** It stands where the suggestion was offered, not at another cursor. */
  readonly isOwn: boolean;
  readonly uri: string;
  /** All that was offered, with LF. */
  readonly displayed: string;
  /** How much of it the person had typed before they accepted any. */
  readonly typed: number;
  /** How much of it each step of acceptance reached, ascending. */
  steps: readonly number[];
  /** What stands in the text now; what was typed of it while it is undone. */
  place: Span;
  /** How much of it the journal holds; 0 while it is withdrawn. */
  recorded: number;
  /** The last edit that it was accepted by: the document's version after it, and how much was recorded before. */
  lastStep: { readonly version: number; readonly recorded: number };
  /** Its record with this much of it accepted. */
  readonly recordOf: (length: number) => AcceptedSuggestion;
}

/**
 * Turns acceptances into records, and keeps the records true: words and lines extend one record, undo takes back what
 * redo restores. The journal holds each state durably before the client hears of it.
 */
export class Acceptances implements DocumentListener {
  private readonly accepted = new Map<string, Accepted>();
  /** The records that can no longer be extended. */
  private readonly final = new Set<string>();
  /** Undo notifications that overtook the change that they are about. */
  private early: DidUndoOrRedo.Parameters[] = [];
  private readonly queue = new SerialQueue();

  constructor(private readonly context: ServerContext) {
    const { connection, store, active } = context;
    onRequest(connection, AcceptSuggestion, (parameters) => this.queue.run(() => this.accept(parameters)));
    onNotification(connection, DidUndoOrRedo, (parameters) => {
      this.early.push(parameters);
      this.catchUp(parameters.uri);
    });
    onNotification(connection, DidDismissSuggestions, ({ uri }) => active.dismiss(uri));
    store.onEvent((event) => {
      if (event.kind === "sealed" || event.kind === "dropped") {
        this.forget(event.ids);
      }
    });
  }

  /** Follows an edit of a document. */
  edited(document: OpenDocument, edits: readonly TextEdit[]): void {
    for (const accepted of this.accepted.values()) {
      if (accepted.uri === document.uri) {
        accepted.place = shiftAll(accepted.place, edits);
      }
    }
    this.catchUp(document.uri);
  }

  /** A closed document has no undo. */
  closed(document: OpenDocument): void {
    for (const [id, { uri }] of this.accepted) {
      if (uri === document.uri) {
        this.accepted.delete(id);
      }
    }
  }

  /** Waits until all that was told so far stands in the journal. */
  settled(): Promise<void> {
    return this.queue.idle();
  }

  /** What is sealed or dropped can no longer be taken back. */
  private forget(ids: readonly string[]): void {
    for (const id of ids) {
      this.accepted.delete(id);
      this.final.add(id);
    }
  }

  private catchUp(uri: string): void {
    const version = this.context.documents.get(uri)?.version ?? Number.MAX_SAFE_INTEGER;
    const isDue = (one: DidUndoOrRedo.Parameters): boolean => one.uri === uri && one.version <= version;
    for (const due of this.early.filter(isDue)) {
      void this.queue.run(() => this.undoOrRedo(due));
    }
    this.early = this.early.filter((one) => !isDue(one));
  }

  private async accept(parameters: AcceptSuggestion.Parameters): Promise<AcceptSuggestion.Result> {
    const { id, uri } = parameters;
    const document = this.context.documents.get(uri);
    if (document === undefined) {
      return { recorded: false, reason: "The document is not open." };
    }
    const refusal = await this.context.gate.recordReason(document);
    if (refusal !== null) {
      return { recorded: false, reason: refusal };
    }
    const location = await this.context.locations.of(document);

    // From here to the journal nothing waits, so that no edit comes between a check and what it was for.
    const { active } = this.context;
    if (!active.has(uri, id)) {
      return { recorded: false, reason: "The suggestion is not one that was offered here." };
    }
    const inserted =
      parameters.kind === "whole" ? active.insertedWhole(id) : active.insertedBy(id, parameters.version);
    const others = inserted === null ? [] : this.recordedOfSameEdit(uri, inserted);
    const doubt = parameters.kind === "whole" || inserted === null ? null : this.doubtAbout(inserted, others);
    if (doubt !== null) {
      return { recorded: false, reason: doubt };
    }
    const due = inserted === null ? [] : this.placesOf(document, location, inserted);
    if (inserted === null || due.length === 0) {
      return {
        recorded: false,
        reason: "The document does not hold what was accepted, where it was offered.",
      };
    }
    const problems: string[] = [];
    for (const other of others) {
      const problem = await this.takeBackLastStep(other);
      problems.push(...(problem === null ? [] : [problem]));
    }
    for (const accepted of due) {
      const problem = accepted.recorded === inserted.to ? null : await this.record(accepted, inserted.to);
      problems.push(...(problem === null ? [] : [problem]));
    }
    const [problem] = problems;
    return problem === undefined ? { recorded: true } : { recorded: false, reason: problem };
  }

  /** The places where what was inserted still stands, each extended to it. */
  private placesOf(document: OpenDocument, location: DocumentLocation, inserted: Inserted): Accepted[] {
    const { suggestion, version, to, places } = inserted;
    const text = suggestion.text.slice(0, to);
    return places.flatMap(({ start }, index) => {
      if (!document.text.startsWith(text, start)) {
        return [];
      }
      const isOwn = index === 0;
      const known = [...this.accepted.values()].find(
        (one) =>
          one.suggestionId === suggestion.id && one.isOwn === isOwn && (isOwn || one.place.start === start),
      );
      const id = isOwn && !this.final.has(suggestion.id) ? suggestion.id : newSuggestionId();
      const accepted = known ?? begin({ id, isOwn, start }, document, location, inserted);
      this.accepted.set(accepted.id, accepted);
      accepted.steps = [...accepted.steps.filter((step) => step < to), to];
      if (accepted.lastStep.version !== version) {
        accepted.lastStep = { version, recorded: accepted.recorded };
      }
      accepted.place = { start, end: start + to };
      return [accepted];
    });
  }

  /** Why an edit that put a part there is no evidence that the person accepted it, or `null`. */
  private doubtAbout(inserted: Inserted, others: readonly Accepted[]): string | null {
    if (!isPart(inserted)) {
      return "What was inserted is neither a word nor a line of the suggestion.";
    }
    if (others.length > 0) {
      return "What that edit inserted is recorded already, as another suggestion.";
    }
    const { suggestion, to } = inserted;
    const typed = this.ownOf(suggestion.id)?.typed ?? inserted.typed;
    return letterCount(suggestion.text.slice(typed, to)) < FRAGMENT
      ? "What was inserted is too little to be told from an edit that happens to put the same there."
      : null;
  }

  /** What is accepted of a suggestion where it was offered. */
  private ownOf(suggestionId: string): Accepted | undefined {
    return [...this.accepted.values()].find((one) => one.suggestionId === suggestionId && one.isOwn);
  }

  /**
   * What was recorded of other suggestions by the edit that put this there. An edit accepts one suggestion: where two
   * are on show that begin alike, which one it was is told by the editor for a whole one only, and after a part that
   * the same edit was taken for.
   */
  private recordedOfSameEdit(uri: string, { suggestion, version, places }: Inserted): Accepted[] {
    return [...this.accepted.values()].filter(
      (one) =>
        one.uri === uri &&
        one.suggestionId !== suggestion.id &&
        one.lastStep.version === version &&
        places.some(({ start, end }) => start < one.place.end && one.place.start < end),
    );
  }

  /** What was taken for an acceptance was that of another suggestion: not even a redo brings it back. */
  private takeBackLastStep(accepted: Accepted): Promise<string | null> {
    const { recorded } = accepted.lastStep;
    const { start } = accepted.place;
    accepted.steps = accepted.steps.filter((step) => step <= recorded);
    accepted.place = { start, end: start + Math.max(recorded, accepted.typed) };
    if (recorded === 0) {
      this.accepted.delete(accepted.id);
    }
    return this.record(accepted, recorded);
  }

  /**
   * After an undo or a redo, each suggestion of the document is recorded as far as it stands in the text. Only what
   * the change itself took away or brought back counts: what was edited since is left alone.
   */
  private async undoOrRedo({ uri, version }: DidUndoOrRedo.Parameters): Promise<void> {
    const document = this.context.documents.get(uri);
    if (document === undefined) {
      return;
    }
    const brought = document.editsOf(version).map(({ text }) => text);
    const changes = [...this.accepted.values()]
      .filter((accepted) => accepted.uri === uri)
      .map((accepted) => ({ accepted, length: standing(document, accepted, brought) }))
      .filter(({ accepted, length }) => length !== accepted.recorded);
    for (const { accepted, length } of changes) {
      const { start } = accepted.place;
      accepted.place = { start, end: start + Math.max(length, accepted.typed) };
    }
    for (const { accepted, length } of changes) {
      await this.record(accepted, length);
    }
  }

  /** Makes the journal hold this much of a suggestion, durably; resolves to what kept it from that. */
  private async record(accepted: Accepted, length: number): Promise<string | null> {
    try {
      if (length === 0) {
        await this.context.store.withdraw(accepted.id, accepted.uri);
      } else {
        await this.context.store.accept(accepted.recordOf(length), accepted.uri);
      }
      accepted.recorded = length;
      return null;
    } catch (error) {
      this.context.log(`The journal was not written: ${messageOf(error)}`);
      return editorText(error);
    }
  }
}

function begin(
  { id, isOwn, start }: { readonly id: string; readonly isOwn: boolean; readonly start: number },
  document: OpenDocument,
  { repositoryPath, path }: DocumentLocation,
  { suggestion, version, typed }: Inserted,
): Accepted {
  const { uri, text, offered }: ActiveSuggestion = suggestion;
  const position = document.positionAt(start);
  return {
    id,
    suggestionId: suggestion.id,
    isOwn,
    uri,
    displayed: text,
    typed,
    steps: [],
    place: { start, end: start + typed },
    recorded: 0,
    lastStep: { version, recorded: 0 },
    recordOf: (acceptedLength) =>
      acceptedSuggestion({
        id,
        offered,
        repository: repositoryPath,
        path,
        position,
        acceptedLength,
      }),
  };
}

/** Whether an edit can be the acceptance of a part: with the last word or line the editor accepts the whole. */
function isPart({ suggestion: { text }, from, to, typed }: Inserted): boolean {
  return typed < to && to < text.length && isOneStep(text.slice(from, to), text.slice(to));
}

/**
 * How far an accepted suggestion stands in the text after an undo or a redo: as far as a step that the change brought
 * back, or as far as the change took it away, down to 0; else as far as it was recorded before.
 */
function standing(document: OpenDocument, accepted: Accepted, brought: readonly string[]): number {
  const { place, displayed, steps, typed, recorded } = accepted;
  const holds = (length: number): boolean =>
    document.text.startsWith(displayed.slice(0, length), place.start);
  const restored = steps.filter((step) => {
    const part = displayed.slice(Math.max(recorded, typed), step);
    return step > recorded && holds(step) && brought.some((text) => text.includes(part));
  });
  const longest = restored.at(-1);
  if (longest !== undefined) {
    return longest;
  }
  const left = place.end - place.start;
  if (left >= recorded || !holds(left)) {
    return recorded;
  }
  if (left <= typed) {
    return 0;
  }
  return steps.includes(left) ? left : recorded;
}
