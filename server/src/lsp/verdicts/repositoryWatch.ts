import { join, relative, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import {
  DidChangeWatchedFilesNotification,
  type Disposable,
  FileChangeType,
  type FileEvent,
} from "vscode-languageserver/node";
import type { Repository } from "../../evidence/repository";
import { messageOf } from "../../platform/errors";
import type { Report } from "../../policy/report";
import { placeOf } from "../../policy/verdict";
import { DidChangeFileVerdicts } from "../../protocol/messages";
import type { Settings } from "../../protocol/settings";
import { SUMMARIES, type Summary } from "../../protocol/verdictWords";
import type { DocumentListener } from "../documents/documentEvents";
import type { OpenDocument } from "../documents/openDocument";
import { PacedRun } from "../pacedRun";
import type { ServerContext } from "../serverContext";
import type { ClosedVerdict, Diagnostics } from "./diagnostics";
import { verifyWhole, type WholeReport, type WholeRepositoryParts } from "./wholeRepository";

/** Files of one repository that are told of. */
const MOST_FILES = 5_000;

export interface RepositoryWatchParts extends WholeRepositoryParts {
  readonly diagnostics: Diagnostics;
  /** Whether the editor can be asked to tell of changed files. */
  readonly canWatchFiles: boolean;
}

/** What the last look at a repository rested on. */
interface Watched {
  readonly repository: Repository;
  /** Files whose text decides verdicts, by today's paths. */
  readonly followed: ReadonlySet<string>;
  /** Whether files that evidence speaks of are not there, so that another one may hold their lines. */
  readonly lacksFiles: boolean;
}

/**
 * Keeps what is said of whole repositories, closed files included, as long as a setting asks for it. Nothing is worked out
 * otherwise; and what is, on the terms of `PacedRun`, never for a keystroke.
 */
export class RepositoryWatch implements DocumentListener {
  private readonly watched = new Map<string, Watched>();
  /** Repositories of which another thing may be true by now. */
  private readonly stale = new Set<string>();
  private areAllStale = true;
  /** What was told of each repository's files last. */
  private readonly toldFiles = new Map<string, string>();
  private readonly run: PacedRun;
  private watching: Promise<Disposable> | null = null;

  constructor(
    private readonly context: ServerContext,
    private readonly parts: RepositoryWatchParts,
  ) {
    const { settings, store, log } = context;
    this.run = new PacedRun(() => this.lookAtStale(), log);
    settings.onChange((now, before) => {
      if (now.verifiedOnly !== before.verifiedOnly || now.fileDecorations !== before.fileDecorations) {
        this.settingsChanged();
      }
    });
    parts.folders.onChange((repository) => this.lookAgain(repository));
    parts.replays.onResult(() => this.lookAgain());
    store.onEvent((event) => {
      if (event.kind === "opened" || event.kind === "dropped") {
        this.lookAgain();
      }
    });
  }

  /** Another thing may be true of one repository, or of all of them. */
  lookAgain(repository?: string): void {
    if (repository === undefined) {
      this.areAllStale = true;
    } else {
      this.stale.add(repository);
    }
    if (isWanted(this.context.settings.current) || this.watched.size > 0) {
      this.run.soon();
    }
  }

  /** An opened document speaks for itself from now on, whatever its file is called. */
  opened(document: OpenDocument): Promise<void> {
    return this.lookAgainAt(document);
  }

  saved(document: OpenDocument): Promise<void> {
    return this.lookAgainAt(document);
  }

  closed(document: OpenDocument): Promise<void> {
    return this.lookAgainAt(document);
  }

  /** Files changed on the disk: only those that verdicts rest on matter. */
  async filesChanged(changes: readonly FileEvent[]): Promise<void> {
    for (const { repository, followed, lacksFiles } of this.watched.values()) {
      const own = changes.flatMap(({ uri, type }) => {
        const path = pathBelow(repository.folder, uri);
        return path === null ? [] : [{ path, type }];
      });
      const isGone = own.some(({ path, type }) => type === FileChangeType.Deleted && followed.has(path));
      if (isGone || (lacksFiles && own.some(({ type }) => type === FileChangeType.Created))) {
        await this.parts.folders.findMoves(repository.folder);
      }
      if (own.some(({ path }) => followed.has(path))) {
        this.lookAgain(repository.folder);
      }
    }
  }

  async close(): Promise<void> {
    this.run.close();
    await this.watchFiles(false);
  }

  /** What is not wanted any more is gone at once. */
  private settingsChanged(): void {
    for (const folder of isWanted(this.context.settings.current) ? [] : this.watched.keys()) {
      void this.tellNothing(folder);
    }
    this.areAllStale = true;
    this.run.now();
  }

  private async lookAgainAt(document: OpenDocument): Promise<void> {
    const { repositoryPath, path } = await this.context.locations.of(document);
    if (repositoryPath === null) {
      return;
    }
    const known = this.watched.get(repositoryPath);
    // One that nobody has looked at yet may have come with the document.
    if (known === undefined || known.followed.has(path)) {
      this.lookAgain(repositoryPath);
    }
  }

  private async lookAtStale(): Promise<void> {
    const { settings, locations } = this.context;
    const repositories = isWanted(settings.current) ? await locations.here() : [];
    await this.watchFiles(repositories.length > 0);
    const areAllStale = this.areAllStale;
    this.areAllStale = false;
    const here = new Set(repositories.map(({ folder }) => folder));
    for (const folder of [...this.watched.keys()].filter((one) => !here.has(one))) {
      this.watched.delete(folder);
      await this.tellNothing(folder);
    }
    for (const repository of repositories) {
      const isStale = this.stale.delete(repository.folder) || areAllStale;
      if (isStale || !this.watched.has(repository.folder)) {
        await this.lookAt(repository).catch((error: unknown) => {
          this.context.log(`The verdicts of ${repository.folder}: ${messageOf(error)}`);
        });
      }
    }
  }

  private async lookAt(repository: Repository): Promise<void> {
    const whole = await verifyWhole(this.context, this.parts, repository);
    const { paths, quoted, texts } = whole;
    this.watched.set(repository.folder, {
      repository,
      followed: new Set([...paths, ...quoted]),
      lacksFiles: [...paths].some((path) => !texts.has(path)),
    });
    await this.tell(repository, whole);
  }

  private async tell({ folder }: Repository, { report, evidence }: WholeReport): Promise<void> {
    const { diagnostics } = this.parts;
    const open = new Set<string>();
    for (const document of this.context.documents.all()) {
      const { repositoryPath, path } = await this.context.locations.of(document);
      if (repositoryPath === folder) {
        open.add(path);
      }
    }
    const { verifiedOnly } = this.context.settings.current;
    const closed = report.suggestions.flatMap((verdict): ClosedVerdict[] => {
      const range = open.has(verdict.path) ? null : placeOf(verdict);
      return range === null ? [] : [{ uri: pathToFileURL(join(folder, verdict.path)).href, verdict, range }];
    });
    await diagnostics.showClosed(folder, verifiedOnly, closed);
    await diagnostics.showFiles(folder, verifiedOnly, [evidence.problems, report.files], {
      repositoryIds: evidence.repositoryIds,
      evidence: evidence.files,
    });
    this.tellFiles(folder, this.context.settings.current.fileDecorations ? filesOf(folder, report) : []);
  }

  private async tellNothing(folder: string): Promise<void> {
    this.tellFiles(folder, []);
    await this.parts.diagnostics.showClosed(folder, "off", []);
  }

  private tellFiles(folder: string, files: DidChangeFileVerdicts.Parameters["files"]): void {
    const text = JSON.stringify(files);
    if (text === (this.toldFiles.get(folder) ?? "[]")) {
      return;
    }
    this.toldFiles.set(folder, text);
    void this.context.connection.sendNotification(DidChangeFileVerdicts.type, { folder, files });
  }

  /** All of them: the editor's patterns cannot name the files, which are other ones with each batch. */
  private async watchFiles(wanted: boolean): Promise<void> {
    const { watching } = this;
    if (!wanted && watching !== null) {
      this.watching = null;
      (await watching).dispose();
    }
    if (wanted && watching === null && this.parts.canWatchFiles) {
      this.watching = this.context.connection.client.register(DidChangeWatchedFilesNotification.type, {
        watchers: [{ globPattern: "**/*" }],
      });
      await this.watching;
    }
  }
}

function isWanted({ verifiedOnly, fileDecorations }: Settings): boolean {
  return verifiedOnly !== "off" || fileDecorations;
}

/** What each file of a repository holds; those that are worst where there are too many. */
function filesOf(folder: string, { suggestions }: Report): DidChangeFileVerdicts.Parameters["files"] {
  const files = new Map<string, Map<Summary, number>>();
  for (const { path, summary } of suggestions) {
    const counts = files.get(path) ?? new Map<Summary, number>();
    counts.set(summary, (counts.get(summary) ?? 0) + 1);
    files.set(path, counts);
  }
  return [...files]
    .map(([path, counts]) => ({ path, counts: worstFirst(counts) }))
    .sort((one, other) => rankOf(one.counts[0]) - rankOf(other.counts[0]))
    .slice(0, MOST_FILES)
    .map(({ path, counts }) => ({ uri: pathToFileURL(join(folder, path)).href, counts }));
}

type Counted = DidChangeFileVerdicts.Parameters["files"][number]["counts"][number];

function worstFirst(counts: ReadonlyMap<Summary, number>): readonly Counted[] {
  return [...counts]
    .map(([summary, count]) => ({ summary, count }))
    .sort((one, other) => rankOf(one) - rankOf(other));
}

function rankOf(counted: Counted | undefined): number {
  return counted === undefined ? SUMMARIES.length : SUMMARIES.indexOf(counted.summary);
}

/** The path of a file below a folder; `null` for one that lies elsewhere, or in what only git writes. */
function pathBelow(folder: string, uri: string): string | null {
  try {
    const path = relative(folder, fileURLToPath(uri)).split(sep).join("/");
    return path.startsWith("../") || path.startsWith(".git/") ? null : path;
  } catch {
    return null;
  }
}
