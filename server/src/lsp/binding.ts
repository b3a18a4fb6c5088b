import { messageOf } from "../errors";
import { locate } from "../provenance/locate";
import type { ServerContext } from "./context";
import type { OpenDocument } from "./documents";

/**
 * Binds what was accepted in an untitled or folderless document once it is saved in a folder: by content, and only
 * while its old document is no longer open. Resolves to whether anything was bound.
 */
export async function bindToFolder(context: ServerContext, document: OpenDocument): Promise<boolean> {
  const { journal } = context.journal;
  const homeless = (journal?.pending() ?? []).filter(({ root, path }) => {
    return root === null && (path === document.uri || context.documents.get(path) === undefined);
  });
  if (journal === null || homeless.length === 0) return false;
  const { root, path, refusal } = await context.placements.of(document);
  if (root === null || refusal !== null) return false;
  const places = locate(
    document.text,
    homeless.map(({ id, position, values }) => ({ id, position, accepted: values.accepted })),
  );
  let bound = false;
  for (const { id } of homeless) {
    const place = places.get(id);
    if (place?.range === null || place === undefined || !WHOLE.has(place.content)) continue;
    try {
      await journal.amend(id, { root, path, position: place.range.start });
      bound = true;
    } catch (error) {
      context.log(`Not bound to ${path}: ${messageOf(error)}`);
    }
  }
  return bound;
}

/** Anything less than the whole text is too little to say that it is the same document. */
const WHOLE: ReadonlySet<string> = new Set(["verbatim", "reformatted", "moved"]);
