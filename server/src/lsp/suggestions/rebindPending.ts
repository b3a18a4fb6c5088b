import type { AcceptedSuggestion } from "../../evidence/format/acceptedSuggestion";
import { locateAccepted } from "../../evidence/locate/locateSuggestions";
import type { Repository } from "../../evidence/repository/repository";
import { messageOf } from "../../platform/errors";
import type { DocumentLocations } from "../documents/documentLocations";
import type { OpenDocument, OpenDocuments } from "../documents/openDocument";
import type { SuggestionStore } from "./suggestionStore";

export interface BindParts {
  readonly documents: OpenDocuments;
  readonly locations: DocumentLocations;
  readonly store: SuggestionStore;
  readonly log: (line: string) => void;
}

/**
 * Binds what was accepted in an untitled or folderless document once it is saved in a folder, and what was accepted in
 * a file that has another name since: by content, and only while its old document is gone.
 */
export async function rebindPending(parts: BindParts, document: OpenDocument): Promise<void> {
  const { documents, locations, store, log } = parts;
  const { journal } = store;
  if (journal === null || journal.pending().length === 0) {
    return;
  }
  const { repository, repositoryPath, path, refusal } = await locations.of(document);
  if (repository === null || refusal !== null) {
    return;
  }
  const homeless: AcceptedSuggestion[] = [];
  for (const pending of journal.pending()) {
    const gone =
      pending.repository === null
        ? pending.path === document.uri || documents.get(pending.path) === undefined
        : pending.repository === repositoryPath &&
          pending.path !== path &&
          (await isGone(parts, repository, pending.path));
    if (gone) {
      homeless.push(pending);
    }
  }
  const places = locateAccepted(document.text, homeless);
  for (const { id } of homeless) {
    const place = places.get(id);
    if (place?.range === null || place === undefined || !WHOLE.has(place.content)) {
      continue;
    }
    try {
      await store.bind(id, document.uri, { repository: repositoryPath, path, position: place.range.start });
    } catch (error) {
      log(`Not bound to ${path}: ${messageOf(error)}`);
    }
  }
}

/** A file that is neither on the disk nor in the editor. */
async function isGone(
  { documents, locations }: BindParts,
  repository: Repository,
  path: string,
): Promise<boolean> {
  for (const document of documents.all()) {
    if ((await locations.of(document)).path === path) {
      return false;
    }
  }
  return (await repository.readText(path)) === null;
}

/** Anything less than the whole text is too little to say that it is the same document. */
const WHOLE: ReadonlySet<string> = new Set(["verbatim", "reformatted", "moved"]);
