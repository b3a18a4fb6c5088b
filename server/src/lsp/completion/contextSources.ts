import { ContextRing, type ContextSource } from "../../inference/prompt/contextRing";
import type { Prompt } from "../../inference/suggestion";
import type { DocumentListener } from "../documents/documentEvents";
import type { DocumentLocations } from "../documents/documentLocations";
import type { OpenDocument } from "../documents/openDocument";
import { shift, type TextEdit } from "../documents/textEdits";
import type { SettingsStore } from "../settingsStore";

/** Larger files are no sources, so that those that are closed take little memory. */
const MAX_CHARACTERS = 200_000;

/** Who asked for nothing for so long is somewhere else with their thoughts; the chunks are chosen anew. */
const PAUSE_MILLISECONDS = 20_000;

/** How much text around the cursor says which chunks are close to it, in UTF-16 code units on either side. */
const AROUND_CHARACTERS = 1_000;

/** A document that is open, or was. */
interface Known {
  readonly document: OpenDocument;
  readonly isOpen: boolean;
}

/** What may be quoted of a document; `saved` is the text of one that is closed. */
interface Quotable {
  readonly repository: string;
  readonly path: string;
  readonly saved: string | null;
}

interface Choice {
  readonly id: string;
  readonly count: number;
  readonly chunks: Prompt["context"];
}

/**
 * Where chunks for prompts come from: the other files of a repository that are open, or were edited lately and are
 * closed now. Only files that git tracks are sources. What git and the disk say is read in the background, whenever
 * a document is opened, saved or closed; until then nothing of a file is used.
 *
 * The chunks for a document stay the same while somebody types in it, so that the model need not read them again:
 * they are chosen anew after another document was asked for or has changed, and after a pause.
 */
export class ContextSources implements DocumentListener {
  private readonly ring = new ContextRing();
  private readonly known = new Map<string, Known>();
  private quotable: ReadonlyMap<string, Quotable> = new Map();
  private choice: Choice | null = null;
  private lastAsked = 0;
  private refreshing: Promise<void> | null = null;
  private isStale = false;

  constructor(
    private readonly locations: DocumentLocations,
    private readonly settings: SettingsStore,
    private readonly now: () => number = () => performance.now(),
  ) {
    settings.onChange(() => void this.refresh());
  }

  opened(document: OpenDocument): void {
    this.known.set(document.uri, { document, isOpen: true });
    if (!this.ring.has(document.uri)) {
      this.ring.touch(document.uri, 0);
    }
    void this.refresh();
  }

  edited({ uri }: OpenDocument, edits: readonly TextEdit[]): void {
    for (const edit of edits) {
      this.ring.move(uri, (at) => shift({ start: at, end: at }, edit).start);
      this.ring.touch(uri, edit.start + edit.text.length);
    }
    if (this.choice?.id !== uri) {
      this.choice = null;
    }
  }

  saved(): void {
    void this.refresh();
  }

  closed(document: OpenDocument): void {
    this.known.set(document.uri, { document, isOpen: false });
    this.choice = null;
    void this.refresh();
  }

  /**
   * The chunks for a prompt in a document, within the number that the settings allow. Reads nothing but what is in
   * memory.
   *
   * @param repository the top of the document's repository
   */
  chunksFor(document: OpenDocument, repository: string, offset: number): Prompt["context"] {
    const { uri, text } = document;
    const { contextChunks: count } = this.settings.current;
    const paused = this.now() - this.lastAsked > PAUSE_MILLISECONDS;
    this.lastAsked = this.now();
    if (this.choice === null || this.choice.id !== uri || this.choice.count !== count || paused) {
      const around = text.slice(Math.max(0, offset - AROUND_CHARACTERS), offset + AROUND_CHARACTERS);
      const question = { id: uri, repository, around, count };
      this.choice = { id: uri, count, chunks: this.ring.choose(question, (id) => this.sourceOf(id)) };
    }
    this.ring.touch(uri, offset);
    return this.choice.chunks;
  }

  /** The texts of the other files in a repository that chunks may be taken from, the one opened last at the end. */
  textsBeside({ uri }: OpenDocument, repository: string): string[] {
    const sources = [...this.known.keys()].map((id) => (id === uri ? null : this.sourceOf(id)));
    return sources.flatMap((source) => (source?.repository === repository ? [source.text] : []));
  }

  /** Asks git and the disk again, in the background; resolves when what they say is in force. */
  refresh(): Promise<void> {
    this.isStale = true;
    this.refreshing ??= this.refreshAll().finally(() => {
      this.refreshing = null;
    });
    return this.refreshing;
  }

  private sourceOf(id: string): ContextSource | null {
    const known = this.known.get(id);
    const quotable = this.quotable.get(id);
    if (known === undefined || quotable === undefined) {
      return null;
    }
    const text = known.isOpen ? known.document.text : quotable.saved;
    if (text === null || text.length > MAX_CHARACTERS) {
      return null;
    }
    return { id, repository: quotable.repository, path: quotable.path, text };
  }

  private async refreshAll(): Promise<void> {
    while (this.isStale) {
      this.isStale = false;
      const { contextChunks, enabled, trusted } = this.settings.current;
      const found = contextChunks > 0 && enabled && trusted ? await this.look() : new Map<string, Quotable>();
      if (!sameEntries(found, this.quotable)) {
        this.choice = null;
      }
      this.quotable = found;
    }
  }

  private async look(): Promise<ReadonlyMap<string, Quotable>> {
    const found = new Map<string, Quotable>();
    for (const [uri, { isOpen }] of this.known) {
      if (!isOpen && !this.ring.has(uri)) {
        this.known.delete(uri);
      }
    }
    const placed = await Promise.all(
      [...this.known].map(async ([uri, { document, isOpen }]) => ({
        uri,
        isOpen,
        ...(await this.locations.of(document)),
      })),
    );
    const candidates = placed.filter(({ refusal }) => refusal === null);
    for (const repository of new Set(candidates.map((candidate) => candidate.repository))) {
      if (repository === null) {
        continue;
      }
      const here = candidates.filter((candidate) => candidate.repository === repository);
      const tracked = await repository.tracked(here.map(({ path }) => path));
      for (const { uri, isOpen, path } of here) {
        if (!tracked.has(path)) {
          continue;
        }
        const saved = isOpen ? null : await repository.readText(path);
        found.set(uri, { repository: repository.folder, path, saved });
      }
    }
    return found;
  }
}

function sameEntries(a: ReadonlyMap<string, Quotable>, b: ReadonlyMap<string, Quotable>): boolean {
  return (
    a.size === b.size &&
    [...a].every(([uri, { repository, path, saved }]) => {
      const other = b.get(uri);
      return other?.repository === repository && other.path === path && other.saved === saved;
    })
  );
}
