import type { AcceptedSuggestion } from "../../evidence/format/acceptedSuggestion";
import { messageOf } from "../../platform/errors";
import { SerialQueue } from "../../platform/serialQueue";
import { AcceptSuggestion, DidDismissSuggestions, DidUndoOrRedo } from "../../protocol/messages";
import { acceptedSuggestion } from "../../workflows/accept";
import type { DocumentListener } from "../documents/documentEvents";
import type { DocumentLocation } from "../documents/documentLocations";
import type { OpenDocument } from "../documents/openDocument";
import { type Span, shiftAll, type TextEdit } from "../documents/textEdits";
import { editorText } from "../editorRemedies";
import { onNotification, onRequest } from "../requests";
import type { ServerContext } from "../serverContext";
import type { ActiveSuggestion } from "./activeSuggestions";

/** A suggestion that was accepted in an open document, as long as it can still be extended, undone or redone. */
interface Accepted {
  readonly id: string;
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
  /** Its record with this much of it accepted. */
  readonly recordOf: (length: number) => AcceptedSuggestion;
}

/**
 * Turns acceptances into records, and keeps the records true: words and lines extend one suggestion, undo takes back
 * what redo restores. The journal holds each state durably before the client hears of it.
 */
export class Acceptances implements DocumentListener {
  private readonly accepted = new Map<string, Accepted>();
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

  private async accept({
    id,
    uri,
    kind,
    acceptedLength,
  }: AcceptSuggestion.Parameters): Promise<AcceptSuggestion.Result> {
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
    const found = this.context.active.find(id);
    if (found === null || found.suggestion.uri !== uri) {
      return { recorded: false, reason: "The suggestion is not one that was offered here." };
    }
    const { suggestion } = found;
    const start = document.text.startsWith(suggestion.before) ? suggestion.before.length : found.start;
    const length =
      kind === "whole" ? suggestion.text.length : partialLength(document, suggestion, start, acceptedLength);
    if (length === 0 || !document.text.startsWith(suggestion.text.slice(0, length), start)) {
      return {
        recorded: false,
        reason: "The document does not hold what was accepted, where it was offered.",
      };
    }
    const accepted = this.accepted.get(id) ?? begin(document, location, suggestion, start, found.typed);
    if (length <= accepted.recorded) {
      return { recorded: true };
    }
    this.accepted.set(id, accepted);
    accepted.steps = [...accepted.steps.filter((step) => step < length), length];
    accepted.place = { start, end: start + length };
    const problem = await this.record(accepted, length);
    if (problem !== null) {
      return { recorded: false, reason: problem };
    }
    return { recorded: true };
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
  document: OpenDocument,
  { repositoryPath, path }: DocumentLocation,
  { id, uri, text, facts, completion }: ActiveSuggestion,
  start: number,
  typed: number,
): Accepted {
  const position = document.positionAt(start);
  return {
    id,
    uri,
    displayed: text,
    typed,
    steps: [],
    place: { start, end: start + typed },
    recorded: 0,
    recordOf: (acceptedLength) =>
      acceptedSuggestion({
        id,
        facts,
        completion,
        repository: repositoryPath,
        path,
        position,
        acceptedLength,
      }),
  };
}

/** How much of a suggestion a partial acceptance reached: what the client says, but no more than stands in the text. */
function partialLength(
  document: OpenDocument,
  suggestion: ActiveSuggestion,
  start: number,
  claimed: number | undefined,
): number {
  return Math.min(commonLength(document.text, start, suggestion.text), claimed ?? suggestion.text.length);
}

/** How many code units of `wanted` stand in `text` from `start` on. */
function commonLength(text: string, start: number, wanted: string): number {
  let length = 0;
  while (length < wanted.length && text[start + length] === wanted[length]) {
    length += 1;
  }
  return length;
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
