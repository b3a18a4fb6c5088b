import { type Staging, stagedContent } from "../../platform/git";
import { RepositoryPath } from "../../platform/primitives";
import { normalizeText } from "../format/commitment";
import type { RepositoryFileContent } from "./guardedFolder";
import { MAX_TEXT_BYTES } from "./places";
import type { Repository, RepositoryFiles } from "./repository";
import type { RepositoryIds } from "./repositoryIds";

/**
 * A repository as its next commit has it: texts as they are staged, whatever was saved since. Evidence counts as it lies here,
 * staged or not, but what the commit takes away.
 */
export class StagedFiles implements RepositoryFiles {
  readonly folder: string;

  constructor(
    private readonly repository: Repository,
    private readonly staging: Staging,
  ) {
    this.folder = repository.folder;
  }

  ids(): Promise<RepositoryIds> {
    return this.repository.ids();
  }

  evidenceFiles(): AsyncIterable<RepositoryFileContent> {
    return this.kept(this.repository.evidenceFiles());
  }

  anchorFiles(): AsyncIterable<RepositoryFileContent> {
    return this.kept(this.repository.anchorFiles());
  }

  approvalFiles(): AsyncIterable<RepositoryFileContent> {
    return this.kept(this.repository.approvalFiles());
  }

  resultFiles(): AsyncIterable<RepositoryFileContent> {
    return this.kept(this.repository.resultFiles());
  }

  async files(): Promise<readonly string[]> {
    return (await this.repository.files()).filter((path) => !this.staging.removed.has(path));
  }

  async hasFile(path: string): Promise<boolean> {
    const { removed, unlikeSaved } = this.staging;
    return !removed.has(path) && (unlikeSaved.has(path) || (await this.repository.hasFile(path)));
  }

  async obstacleTo(path: string): Promise<string | null> {
    if (this.staging.removed.has(path)) {
      return null;
    }
    if (!this.staging.unlikeSaved.has(path)) {
      return this.repository.obstacleTo(path);
    }
    return (await this.readText(path)) === null ? "cannot be read as it is staged, or is too large" : null;
  }

  async readText(path: string): Promise<string | null> {
    if (this.staging.removed.has(path) || !RepositoryPath.safeParse(path).success) {
      return null;
    }
    if (!this.staging.unlikeSaved.has(path)) {
      return this.repository.readText(path);
    }
    const bytes = await stagedContent(this.folder, path);
    return bytes === null || bytes.length > MAX_TEXT_BYTES
      ? null
      : normalizeText(Buffer.from(bytes).toString("utf8"));
  }

  readTexts(paths: Iterable<string>): Promise<ReadonlyMap<string, string>> {
    return this.readAll(paths, (saved) => this.repository.readTexts(saved));
  }

  async readQuotables(paths: Iterable<string>): Promise<ReadonlyMap<string, string>> {
    const refusals = await this.repository.refusals.ofAll(paths);
    return this.readAll(
      [...paths].filter((path) => !refusals.has(path)),
      (saved) => this.repository.readQuotables(saved),
    );
  }

  /** Texts by their paths: those that stand staged as they are saved by `readSaved`. */
  private async readAll(
    paths: Iterable<string>,
    readSaved: (saved: readonly string[]) => Promise<ReadonlyMap<string, string>>,
  ): Promise<ReadonlyMap<string, string>> {
    const { removed, unlikeSaved } = this.staging;
    const wanted = [...new Set(paths)].filter((path) => !removed.has(path));
    const texts = new Map(await readSaved(wanted.filter((path) => !unlikeSaved.has(path))));
    for (const path of wanted.filter((one) => unlikeSaved.has(one))) {
      const text = await this.readText(path);
      if (text !== null) {
        texts.set(path, text);
      }
    }
    return texts;
  }

  private async *kept(files: AsyncIterable<RepositoryFileContent>): AsyncGenerator<RepositoryFileContent> {
    for await (const file of files) {
      if (!this.staging.removed.has(file.path)) {
        yield file;
      }
    }
  }
}
