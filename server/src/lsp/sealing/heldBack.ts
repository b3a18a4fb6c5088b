import { type AcceptedSuggestion, promptOf } from "../../evidence/format/acceptedSuggestion";
import { locateAccepted } from "../../evidence/locate/locateSuggestions";
import { holdsLines } from "../../evidence/locate/whiteSpace";
import type { Repository } from "../../evidence/repository/repository";
import type { ContextChunk } from "../../inference/suggestion";
import type { DocumentListener } from "../documents/documentEvents";
import type { DocumentLocations } from "../documents/documentLocations";
import type { OpenDocument, OpenDocuments } from "../documents/openDocument";

/** Says which pending suggestions have to wait, and why: their document is not saved, or not known to be. */
export class HeldBack implements DocumentListener {
  /** Files that were open here once: what they do not hold when they are closed is gone for good. */
  private readonly seen = new Set<string>();

  constructor(
    private readonly documents: OpenDocuments,
    private readonly locations: DocumentLocations,
  ) {}

  async opened(document: OpenDocument): Promise<void> {
    const { repositoryPath, path } = await this.locations.of(document);
    if (repositoryPath !== null) {
      this.seen.add(fileKey(repositoryPath, path));
    }
  }

  /**
   * Looks at what is pending in one repository.
   *
   * @returns why each suggestion waits, as a sentence, by its id
   */
  async among(
    pending: readonly AcceptedSuggestion[],
    repository: Repository,
  ): Promise<ReadonlyMap<string, string>> {
    const held = new Map<string, string>();
    for (const path of new Set(pending.map((one) => one.path))) {
      const suggestions = pending.filter((one) => one.path === path);
      for (const [id, reason] of await this.reasonsIn(repository, path, suggestions)) {
        held.set(id, reason);
      }
    }
    const isUnsaved = new Map<string, boolean>();
    for (const suggestion of pending) {
      const { id } = suggestion;
      for (const chunk of held.has(id) ? [] : (promptOf(suggestion)?.context ?? [])) {
        const key = `${chunk.path}\0${chunk.text}`;
        const unsaved = isUnsaved.get(key) ?? (await this.isUnsaved(repository, chunk));
        isUnsaved.set(key, unsaved);
        if (unsaved) {
          held.set(id, `${chunk.path}, which its prompt quotes, is not saved yet.`);
        }
      }
    }
    return held;
  }

  private async reasonsIn(
    repository: Repository,
    path: string,
    suggestions: readonly AcceptedSuggestion[],
  ): Promise<readonly (readonly [string, string])[]> {
    const document = await this.openAt(repository, path);
    if (document !== null) {
      const isDirty = (await repository.readText(path)) !== document.text;
      return isDirty ? suggestions.map(({ id }) => [id, `${path} is not saved yet.`]) : [];
    }
    if (this.seen.has(fileKey(repository.folder, path))) {
      return [];
    }
    // Another window, or one that crashed, may hold the text unsaved: what is not on the disk yet is not gone.
    const text = (await repository.readText(path)) ?? "";
    const places = locateAccepted(text, suggestions);
    return suggestions
      .filter(({ id }) => (places.get(id)?.content ?? "gone") === "gone")
      .map(({ id }) => [
        id,
        `${path} does not hold what was accepted in it; it may be unsaved in another window, else open the file here.`,
      ]);
  }

  /** Whether quoted lines stand in an open document but not on the disk: sealed now, the prompt could not travel. */
  private async isUnsaved(repository: Repository, { path, text }: ContextChunk): Promise<boolean> {
    const document = await this.openAt(repository, path);
    if (document === null || !holdsLines(document.text, text)) {
      return false;
    }
    return !holdsLines((await repository.readText(path)) ?? "", text);
  }

  private async openAt(repository: Repository, path: string): Promise<OpenDocument | null> {
    for (const document of this.documents.all()) {
      const location = await this.locations.of(document);
      if (location.repositoryPath === repository.folder && location.path === path) {
        return document;
      }
    }
    return null;
  }
}

function fileKey(repository: string, path: string): string {
  return `${repository}\0${path}`;
}
