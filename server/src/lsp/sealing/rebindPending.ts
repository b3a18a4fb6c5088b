import type { AcceptedSuggestion } from "../../evidence/format/record";
import { locateAccepted } from "../../evidence/locate/locateSuggestions";
import type { Repository } from "../../evidence/repository";
import { messageOf } from "../../platform/errors";
import type { OpenDocument } from "../documents/openDocument";
import type { ServerContext } from "../serverContext";

/**
 * Binds what was accepted in an untitled or folderless document once it is saved in a folder, and what was accepted in
 * a file that has another name since: by content, and only while its old document is gone. Resolves to whether
 * anything was bound.
 */
export async function rebindPending(context: ServerContext, document: OpenDocument): Promise<boolean> {
  const { journal } = context.journal;
  if (journal === null || journal.pending().length === 0) {
    return false;
  }
  const { repository, root, path, refusal } = await context.locations.of(document);
  if (repository === null || refusal !== null) {
    return false;
  }
  const homeless: AcceptedSuggestion[] = [];
  for (const pending of journal.pending()) {
    const gone =
      pending.root === null
        ? pending.path === document.uri || context.documents.get(pending.path) === undefined
        : pending.root === root && pending.path !== path && (await isGone(context, repository, pending.path));
    if (gone) {
      homeless.push(pending);
    }
  }
  if (homeless.length === 0) {
    return false;
  }
  const places = locateAccepted(document.text, homeless);
  let bound = false;
  for (const { id } of homeless) {
    const place = places.get(id);
    if (place?.range === null || place === undefined || !WHOLE.has(place.content)) {
      continue;
    }
    try {
      await journal.amend(id, { root, path, position: place.range.start });
      bound = true;
    } catch (error) {
      context.log(`Not bound to ${path}: ${messageOf(error)}`);
    }
  }
  return bound;
}

/** A file that is neither on the disk nor in the editor. */
async function isGone(context: ServerContext, repository: Repository, path: string): Promise<boolean> {
  for (const document of context.documents.all()) {
    if ((await context.locations.of(document)).path === path) {
      return false;
    }
  }
  return (await repository.readText(path)) === null;
}

/** Anything less than the whole text is too little to say that it is the same document. */
const WHOLE: ReadonlySet<string> = new Set(["verbatim", "reformatted", "moved"]);
