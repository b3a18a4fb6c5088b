import type { AcceptedSuggestion } from "../../evidence/format/acceptedSuggestion";
import type { Position } from "../../evidence/format/record";
import {
  type Journal,
  type JournalsContent,
  openJournal,
  readJournals,
} from "../../evidence/journal/journal";
import { whySealed } from "../../evidence/journal/vault";
import { messageOf } from "../../platform/errors";
import type { Digest } from "../../platform/primitives";
import { unwrittenIn } from "../../workflows/unwritten";
import { EditorError } from "../editorError";
import { editorText } from "../editorRemedies";
import { Listeners } from "../listeners";
import type { SettingsStore } from "../settingsStore";

/**
 * What happened to accepted suggestions. `repository` is a repository's folder as an absolute path, or `null` for
 * documents in none.
 */
export type SuggestionEvent =
  /** The journal was opened: what earlier servers left in theirs is known. */
  | { readonly kind: "opened" }
  /** More or less of one is accepted now, it was taken back, or it was found to stand in this document. */
  | {
      readonly kind: "accepted" | "withdrawn" | "bound";
      readonly id: string;
      readonly uri: string;
      readonly repository: string | null;
    }
  /** Nothing about these can change any more: they stand in evidence, or will never do. */
  | { readonly kind: "sealed" | "dropped"; readonly repository: string; readonly ids: readonly string[] }
  /** Batches of a repository were anchored, and their anchor files written. */
  | { readonly kind: "anchored"; readonly repository: string }
  /** What keeps a repository's suggestions from being sealed is another thing now, or nothing. */
  | { readonly kind: "obstacle"; readonly repository: string };

/** Where an accepted suggestion's document is. */
export interface BoundPlace {
  readonly repository: string | null;
  readonly path: string;
  readonly position: Position;
}

const NO_OTHERS = { pending: [], unanchored: [], suggestions: new Map() } as const;

/**
 * What this server knows of accepted suggestions on their way into evidence, and the one place that tells others what
 * became of them. Behind it lies the server's journal, opened at once where the workspace is trusted.
 */
export class SuggestionStore {
  private opening: Promise<Journal> | null = null;
  private opened: Journal | null = null;
  private others: Pick<JournalsContent, "pending" | "unanchored" | "suggestions"> = NO_OTHERS;
  private reason: string | null = null;
  private readonly obstacles = new Map<string, string>();
  private readonly listeners: Listeners<SuggestionEvent>;
  private tellBegun: () => void = () => {};
  /** Resolves once it is known for the first time what is pending here and in other windows: before that nothing seems to be. */
  readonly begun = new Promise<void>((resolve) => {
    this.tellBegun = resolve;
  });

  constructor(
    private readonly settings: SettingsStore,
    private readonly log: (line: string) => void,
  ) {
    this.listeners = new Listeners(log);
  }

  /** Listeners hear of each event in the order in which they were added. */
  onEvent(listener: (event: SuggestionEvent) => void | Promise<void>): void {
    this.listeners.add(listener);
  }

  /** Why nothing can be recorded, or `null`. */
  get problem(): string | null {
    return this.reason;
  }

  /** Opens the journal. Resolves to `null` where that is not allowed or fails; `problem` says why. */
  async open(): Promise<Journal | null> {
    if (!this.settings.current.trusted) {
      this.reason = "The workspace is not trusted, so nothing is written.";
      return null;
    }
    this.opening ??= openJournal(this.settings.home);
    try {
      const journal = await this.opening;
      if (this.opened === null) {
        for (const problem of journal.problems) {
          this.log(problem);
        }
      }
      this.opened = journal;
      this.reason = null;
      return journal;
    } catch (error) {
      this.opening = null;
      this.reason = editorText(error);
      this.log(`The journal cannot be opened: ${messageOf(error)}`);
      return null;
    }
  }

  /** Opens the journal, looks into the other windows', and tells of what is pending. */
  async begin(): Promise<void> {
    await this.open();
    await this.refreshOthers();
    this.tellBegun();
    await this.listeners.tell({ kind: "opened" });
  }

  /** The journal, where it is open. */
  get journal(): Journal | null {
    return this.opened;
  }

  /** Accepted suggestions that are not sealed yet: this server's, and those that other windows' journals held last. */
  pending(): readonly AcceptedSuggestion[] {
    const own = this.opened?.pending() ?? [];
    const others = this.others.pending.filter(({ id }) => this.opened?.find(id) === null);
    return others.length === 0 ? own : [...own, ...others];
  }

  /** Sealed suggestions of a repository whose evidence files are not among those that were written. */
  unwrittenIn(repository: string, written: ReadonlySet<Digest>): readonly AcceptedSuggestion[] {
    const { opened, others } = this;
    const own = opened?.unanchored() ?? [];
    const known = new Set(own.map(({ batchRoot }) => batchRoot));
    return unwrittenIn(repository, written, {
      unanchored: [...own, ...others.unanchored.filter(({ batchRoot }) => !known.has(batchRoot))],
      find: (id) => opened?.find(id)?.suggestion ?? others.suggestions.get(id),
    });
  }

  /** Why the prompt of a suggestion that was sealed on this computer stays there, as a sentence; `null` where it does not, or nobody knows. */
  async whySealed(batchRoot: Digest, id: string): Promise<string | null> {
    const unsettled = [...(this.opened?.unanchored() ?? []), ...this.others.unanchored];
    const batch = unsettled.find((one) => one.batchRoot === batchRoot);
    const prompt = batch?.sealedPrompts.find((one) => one.id === id);
    return prompt?.reason ?? (await whySealed(this.settings.home, batchRoot, id));
  }

  /**
   * How many suggestions of this server are not onchain yet, of those repositories that are meant, and of documents in
   * none; `null` while the journal is not open.
   */
  unanchoredCount(isMeant: (repository: string) => boolean): number | null {
    if (this.opened === null) {
      return null;
    }
    const sealed = this.opened
      .unanchored()
      .filter(({ repository }) => isMeant(repository))
      .reduce((sum, { ids }) => sum + ids.length, 0);
    const pending = this.opened
      .pending()
      .filter(({ repository }) => repository === null || isMeant(repository));
    return pending.length + sealed;
  }

  /** Looks into the other windows' journals again. */
  async refreshOthers(): Promise<void> {
    try {
      this.others = await readJournals(this.settings.home);
    } catch (error) {
      this.log(`Other journals cannot be read: ${messageOf(error)}`);
    }
  }

  /** Resolves once the suggestion is durable; a longer or shorter one under the same id takes its place. */
  async accept(suggestion: AcceptedSuggestion, uri: string): Promise<void> {
    await (await this.required()).accept(suggestion);
    this.changed("accepted", suggestion.id, uri, suggestion.repository);
  }

  /** Resolves once it is durable that nothing of the suggestion is accepted. */
  async withdraw(id: string, uri: string): Promise<void> {
    const journal = await this.required();
    const repository = journal.find(id)?.suggestion.repository ?? null;
    await journal.withdraw(id);
    this.changed("withdrawn", id, uri, repository);
  }

  /** Notes durably where a suggestion's document is now. */
  async bind(id: string, uri: string, place: BoundPlace): Promise<void> {
    await (await this.required()).amend(id, place);
    this.changed("bound", id, uri, place.repository);
  }

  /** Tells that these are sealed, or never will be. Resolves once everybody has heard. */
  async settled(kind: "sealed" | "dropped", repository: string, ids: readonly string[]): Promise<void> {
    if (ids.length > 0) {
      await this.listeners.tell({ kind, repository, ids });
    }
  }

  /** Tells that batches of a repository were anchored. Resolves once everybody has heard. */
  async anchored(repository: string): Promise<void> {
    await this.listeners.tell({ kind: "anchored", repository });
  }

  /** Why what is pending in a repository cannot be sealed, or `null`. */
  obstacleIn(repository: string): string | null {
    return this.obstacles.get(repository) ?? null;
  }

  /** Notes why what is pending in a repository cannot be sealed; `null` for nothing. */
  async setObstacle(repository: string, reason: string | null): Promise<void> {
    if (this.obstacleIn(repository) === reason) {
      return;
    }
    if (reason === null) {
      this.obstacles.delete(repository);
    } else {
      this.obstacles.set(repository, reason);
    }
    await this.listeners.tell({ kind: "obstacle", repository });
  }

  /** Whatever was in the way may be gone: it is tried again. */
  forgetObstacles(): void {
    for (const repository of [...this.obstacles.keys()]) {
      void this.setObstacle(repository, null);
    }
  }

  async close(): Promise<void> {
    const journal = await this.opening?.catch(() => null);
    this.opening = null;
    this.opened = null;
    await journal?.close();
  }

  /** Nobody waits for what follows from an acceptance. */
  private changed(
    kind: "accepted" | "withdrawn" | "bound",
    id: string,
    uri: string,
    repository: string | null,
  ): void {
    if (repository !== null) {
      void this.setObstacle(repository, null);
    }
    void this.listeners.tell({ kind, id, uri, repository });
  }

  private async required(): Promise<Journal> {
    const journal = await this.open();
    if (journal !== null) {
      return journal;
    }
    throw new EditorError(
      "journal",
      this.reason ?? "The journal is not open.",
      "Once that is solved, run Proofline: Restart.",
    );
  }
}
