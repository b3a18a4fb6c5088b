import { realpath } from "node:fs/promises";
import { basename, dirname, join, relative, sep } from "node:path";
import { openRepository } from "../../evidence/repository/openRepository";
import type { Repository } from "../../evidence/repository/repository";
import { meaningOf, ProoflineError } from "../../platform/errors";
import { looksSecret } from "../../platform/secretFiles";
import type { OpenDocument } from "./openDocument";

/** Where a document belongs; a version of a file, where that file does. */
export interface DocumentLocation {
  /** The repository whose `.proofline` folder speaks for it, or `null` while it lies in no folder. */
  readonly repository: Repository | null;
  /** The repository's top as an absolute path. */
  readonly repositoryPath: string | null;
  /** The path below `repositoryPath` with `/` between its parts; in no folder the document's URI. */
  readonly path: string;
  /** Why nothing of it may be suggested or recorded (ignored, secret-like), or `null`. */
  readonly refusal: string | null;
}

/**
 * Finds out once, when a document is opened, where it belongs and whether it may be touched, so that nothing has to
 * ask git while a person types. `refresh` forgets everything, for changed ignore files and workspace folders.
 */
export class DocumentLocations {
  private cache = new WeakMap<OpenDocument, Promise<DocumentLocation>>();
  private readonly paths = new WeakMap<OpenDocument, string | null>();
  private readonly known = new Map<string, Repository>();

  constructor(
    /** The workspace's folders as absolute paths. */
    private folders: readonly string[],
  ) {}

  of(document: OpenDocument): Promise<DocumentLocation> {
    const cached = this.cache.get(document);
    if (cached !== undefined) {
      return cached;
    }
    const found = this.find(document).then((location) => {
      this.paths.set(document, location.repositoryPath);
      return location;
    });
    this.cache.set(document, found);
    return found;
  }

  /** The top that was found for a document last, without waiting. */
  repositoryPathOf(document: OpenDocument): string | null {
    return this.paths.get(document) ?? null;
  }

  /** This window's repositories: those of its folders, and of documents that were opened. */
  async here(): Promise<readonly Repository[]> {
    const found = new Map<string, Repository>();
    for (const folder of this.folders) {
      const opened = await openRepository(folder, this.folders).catch(() => null);
      if (opened !== null) {
        found.set(opened.folder, this.known.get(opened.folder) ?? opened);
      }
    }
    for (const [folder, repository] of this.known) {
      found.set(folder, repository);
    }
    return [...found.values()];
  }

  /** Whether a repository is this window's: one of its folders lies in it or holds it, or a document of it was opened. */
  isHere(repository: string): boolean {
    const isWithin = (inner: string, outer: string): boolean =>
      inner === outer || inner.startsWith(outer.endsWith(sep) ? outer : `${outer}${sep}`);
    return (
      this.known.has(repository) ||
      this.folders.some((folder) => isWithin(folder, repository) || isWithin(repository, folder))
    );
  }

  /** Forgets what was found; the next question looks again. */
  refresh(folders: readonly string[] = this.folders): void {
    this.folders = folders;
    this.cache = new WeakMap();
    for (const repository of this.known.values()) {
      repository.refusals.forget();
    }
  }

  private async find(document: OpenDocument): Promise<DocumentLocation> {
    const file = document.revision?.file ?? document.file;
    const nowhere = (refusal: string | null): DocumentLocation => ({
      repository: null,
      repositoryPath: null,
      path: document.uri,
      refusal,
    });
    if (file === null) {
      return nowhere(null);
    }
    try {
      const real = await resolved(file);
      const opened = await openRepository(real, this.folders);
      const repository = this.known.get(opened.folder) ?? opened;
      this.known.set(repository.folder, repository);
      const path = relative(repository.folder, real).split(sep).join("/");
      return {
        repository,
        repositoryPath: repository.folder,
        path,
        refusal: await repository.refusals.of(path),
      };
    } catch (error) {
      if (!(error instanceof ProoflineError)) {
        return nowhere(`It cannot be told where the file belongs (${meaningOf(error)}).`);
      }
      return nowhere(looksSecret(basename(file)) ? "The file looks as if it holds secrets." : null);
    }
  }
}

/** The file's real path, also for one that is not on the disk yet. */
async function resolved(file: string): Promise<string> {
  try {
    return await realpath(file);
  } catch {
    return join(await realpath(dirname(file)).catch(() => dirname(file)), basename(file));
  }
}
