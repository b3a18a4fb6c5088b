import type { SerialQueue } from "../../platform/serialQueue";
import type { AnchorNow } from "../../protocol/messages";
import type { DocumentLocations } from "../documents/documentLocations";
import type { OpenDocuments } from "../documents/openDocument";
import type { SuggestionStore } from "../suggestions/suggestionStore";
import type { Anchoring } from "./anchoring";
import { repositoriesPending, type Sealer } from "./sealer";

export interface AnchorAllParts {
  readonly documents: OpenDocuments;
  readonly locations: DocumentLocations;
  readonly store: SuggestionStore;
  readonly sealer: Sealer;
  readonly anchoring: Anchoring;
  readonly isMeant: (repository: string) => boolean;
  /** Sealing and anchoring take turns. */
  readonly steps: SerialQueue;
}

/**
 * *Anchor Now*: seals and anchors all that is pending in the repositories that a person means by it, and says what kept
 * the rest.
 */
export function anchorAll(parts: AnchorAllParts, signal: AbortSignal): Promise<AnchorNow.Result> {
  parts.anchoring.forgetFailures();
  return parts.steps.run(async () => {
    const { store, sealer, anchoring, isMeant } = parts;
    const journal = await store.open();
    if (journal === null) {
      return { anchored: 0, problems: [store.problem ?? "There is no journal."] };
    }
    const problems = new Set<string>();
    for (const repository of repositoriesPending(journal).filter(isMeant)) {
      for (const problem of await sealer.sealIn(repository, journal)) {
        problems.add(problem);
      }
    }
    if (journal.pending().some(({ repository: repositoryPath }) => repositoryPath === null)) {
      problems.add(
        "Suggestions in documents that are in no folder stay in the journal until they are saved in one.",
      );
    }
    const open = await repositoriesOpen(parts);
    await store.refreshOthers();
    const elsewhere = store
      .pending()
      .filter(
        ({ id, repository: repositoryPath }) =>
          repositoryPath !== null && open.has(repositoryPath) && journal.find(id) === null,
      );
    if (elsewhere.length > 0) {
      problems.add(
        "Another window holds suggestions of this folder; it seals them soon after they are saved.",
      );
    }
    const outcome = await anchoring.anchor(journal, open, signal, "asks");
    return { anchored: outcome.anchored, problems: [...new Set([...problems, ...outcome.problems])] };
  });
}

/** The repositories that a document is open in. */
async function repositoriesOpen({ documents, locations }: AnchorAllParts): Promise<ReadonlySet<string>> {
  const open = await Promise.all(documents.all().map((document) => locations.of(document)));
  return new Set(open.flatMap(({ repositoryPath }) => repositoryPath ?? []));
}
