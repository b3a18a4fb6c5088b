import { join, relative, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import {
  DidChangeWatchedFilesNotification,
  type Disposable,
  FileChangeType,
  type FileEvent,
} from "vscode-languageserver/node";
import type { Repository } from "../../evidence/repository/repository";
import { messageOf } from "../../platform/errors";
import { SerialQueue } from "../../platform/serialQueue";
import { inSlices } from "../../platform/slices";
import { DidChangeFileVerdicts } from "../../protocol/messages";
import { PacedRun } from "../../protocol/pacedRun";
import type { Settings } from "../../protocol/settings";
import { SUMMARIES, type Summary } from "../../protocol/verdictWords";
import { admissionBy, enforcementBy, policyProblems } from "../../workflows/repositoryPolicies";
import type { DocumentListener } from "../documents/documentEvents";
import type { OpenDocument } from "../documents/openDocument";
import type { ServerContext } from "../serverContext";
import { type ClosedProblem, closedProblem, type Diagnostics } from "./diagnostics";
import { verifyWhole, type WholeReport, type WholeRepositoryParts } from "./wholeRepository";

/** Files of one repository that are told of. */
const MOST_FILES = 5_000;

export interface RepositoryWatchParts extends WholeRepositoryParts {
  readonly diagnostics: Diagnostics;
  /** Whether the editor can be asked to tell of changed files. */
  readonly canWatchFiles: boolean;
}

/** What is known of one repository. */
interface Watched {
  readonly repository: Repository;
  /** Each file, by its path, that evidence or journal speak of. */
  readonly files: Map<string, WatchedFile>;
  /** Files that open prompts quote, whose text decides verdicts in others. */
  readonly quoted: ReadonlySet<string>;
  /** Whether files that evidence speaks of are not there, so that another one may hold their lines. */
  readonly lacksFiles: boolean;
}

interface WatchedFile {
  /** How many of its suggestions came to each word. */
  readonly counts: ReadonlyMap<Summary, number>;
  readonly problems: readonly ClosedProblem[];
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
  /** Files, by repository, of which alone another thing may be true. */
  private readonly staleFiles = new Map<string, Set<string>>();
  /** What was told of each repository's files last. */
  private readonly toldFiles = new Map<string, string>();
  private readonly run: PacedRun;
  /** A file is looked at soon, however long a whole repository takes. */
  private readonly fileRun: PacedRun;
  /** What began to look later knows more, so one waits for the other. */
  private readonly looks = new SerialQueue();
  private watching: Promise<Disposable> | null = null;

  constructor(
    private readonly context: ServerContext,
    private readonly parts: RepositoryWatchParts,
  ) {
    const { settings, store, log } = context;
    this.run = new PacedRun(() => this.looks.run(() => this.lookAtStale()), log);
    this.fileRun = new PacedRun(() => this.looks.run(() => this.lookAtStaleFiles()), log);
    settings.onChange((now, before) => {
      if (now.verifiedOnly !== before.verifiedOnly || now.fileDecorations !== before.fileDecorations) {
        this.settingsChanged();
      }
    });
    parts.folders.onChange((repository) => this.lookAgain(repository));
    parts.authorities.onChange((repository) => this.lookAgain(repository));
    parts.replays.onResult(() => this.lookAgain());
    parts.enclaves.onResult(() => this.lookAgain());
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
    this.run.soon();
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
    for (const { repository, files, lacksFiles } of this.watched.values()) {
      const own = changes.flatMap(({ uri, type }) => {
        const path = pathBelow(repository.folder, uri);
        return path === null ? [] : [{ path, type }];
      });
      const isGone = own.some(({ path, type }) => type === FileChangeType.Deleted && files.has(path));
      if (isGone || (lacksFiles && own.some(({ type }) => type === FileChangeType.Created))) {
        await this.parts.folders.findMoves(repository.folder);
      }
      for (const { path } of own) {
        this.fileChanged(repository.folder, path);
      }
    }
  }

  async close(): Promise<void> {
    this.run.close();
    this.fileRun.close();
    await this.watchFiles(false);
  }

  /** What is not wanted any more is gone at once. */
  private settingsChanged(): void {
    this.areAllStale = true;
    this.run.now();
  }

  private async lookAgainAt(document: OpenDocument): Promise<void> {
    const { repositoryPath, path } = await this.context.locations.of(document);
    if (repositoryPath === null) {
      return;
    }
    if (this.watched.has(repositoryPath)) {
      this.fileChanged(repositoryPath, path);
    } else {
      // It may have come with the document.
      this.lookAgain(repositoryPath);
    }
  }

  private fileChanged(folder: string, path: string): void {
    const known = this.watched.get(folder);
    if (known?.quoted.has(path) === true) {
      this.lookAgain(folder);
    }
    if (known?.files.has(path) === true) {
      const paths = this.staleFiles.get(folder) ?? new Set();
      this.staleFiles.set(folder, paths.add(path));
      this.fileRun.soon();
    }
  }

  private async lookAtStale(): Promise<void> {
    const { settings, locations } = this.context;
    const repositories = await this.wantedAmong(await locations.here(), settings.current);
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

  /** The repositories of which closed files have something to say, by the person's settings or by a policy that counts. */
  private async wantedAmong(
    repositories: readonly Repository[],
    { verifiedOnly, fileDecorations }: Settings,
  ): Promise<readonly Repository[]> {
    if (verifiedOnly !== "off" || fileDecorations) {
      return repositories;
    }
    const levels = await Promise.all(
      repositories.map(async (one) => this.parts.identity.levelIn(await one.identity())),
    );
    return repositories.filter((_, index) => levels[index] !== "off");
  }

  private async lookAtStaleFiles(): Promise<void> {
    for (const [folder, paths] of this.staleFiles) {
      this.staleFiles.delete(folder);
      const known = this.watched.get(folder);
      if (known === undefined) {
        continue;
      }
      const whole = await verifyWhole(this.context, this.parts, known.repository, paths);
      await inSlices(sortByFile(known, whole));
      await this.tell(known, whole);
    }
  }

  private async lookAt(repository: Repository): Promise<void> {
    const whole = await verifyWhole(this.context, this.parts, repository);
    const { paths, quoted, texts } = whole;
    const lacksFiles = [...paths].some((path) => !texts.has(path));
    const known: Watched = { repository, files: new Map(), quoted, lacksFiles };
    await inSlices(sortByFile(known, whole));
    this.watched.set(repository.folder, known);
    await this.tell(known, whole);
  }

  private async tell(
    { repository: { folder }, files }: Watched,
    { report, evidence, rules }: WholeReport,
  ): Promise<void> {
    const { diagnostics } = this.parts;
    const open = new Set<string>();
    for (const document of this.context.documents.all()) {
      const { repositoryPath, path } = await this.context.locations.of(document);
      if (repositoryPath === folder) {
        open.add(path);
      }
    }
    const { verifiedOnly, fileDecorations } = this.context.settings.current;
    const level = enforcementBy(rules, verifiedOnly);
    const closed = [...files].flatMap(([path, { problems }]) => (open.has(path) ? [] : problems));
    await diagnostics.showClosed(folder, level, closed);
    await diagnostics.showFiles(folder, level, [evidence.problems, report.files, policyProblems(rules)], {
      repositoryIds: evidence.repositoryIds,
      evidence: evidence.files,
    });
    this.tellFiles(folder, fileDecorations ? filesOf(folder, files) : []);
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

/** Sorts what a look came to by files, in place of what was known of them. */
function* sortByFile(
  { repository: { folder }, files }: Watched,
  { paths, report, rules }: WholeReport,
): Generator<void, void, void> {
  const admit = admissionBy(rules);
  const found = new Map<string, { counts: Map<Summary, number>; problems: ClosedProblem[] }>();
  for (const path of paths) {
    found.set(path, { counts: new Map(), problems: [] });
  }
  for (const verdict of report.suggestions) {
    const file = found.get(verdict.path);
    if (file !== undefined) {
      const { counts, problems } = file;
      counts.set(verdict.summary, (counts.get(verdict.summary) ?? 0) + 1);
      const problem = closedProblem(pathToFileURL(join(folder, verdict.path)).href, verdict, admit);
      if (problem !== null) {
        problems.push(problem);
      }
    }
    yield;
  }
  for (const [path, file] of found) {
    files.set(path, file);
  }
}

/** What each file of a repository holds; those that are worst where there are too many. */
function filesOf(folder: string, files: Watched["files"]): DidChangeFileVerdicts.Parameters["files"] {
  return [...files]
    .flatMap(([path, { counts }]) => (counts.size === 0 ? [] : [{ path, counts: inOrderOfWords(counts) }]))
    .sort((one, other) => rankOf(one.counts[0]) - rankOf(other.counts[0]))
    .slice(0, MOST_FILES)
    .map(({ path, counts }) => ({ uri: pathToFileURL(join(folder, path)).href, counts }));
}

type Counted = DidChangeFileVerdicts.Parameters["files"][number]["counts"][number];

/** The worst word first. */
function inOrderOfWords(counts: ReadonlyMap<Summary, number>): readonly Counted[] {
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
