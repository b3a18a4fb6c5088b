import { ignoredPaths } from "../../platform/git";
import { RepositoryPath } from "../../platform/primitives";
import { looksSecret } from "../../platform/secretFiles";
import { PROOFLINE_FOLDER } from "./places";

/** Which files of a repository may not be touched, and why. */
export class Refusals {
  private readonly known = new Map<string, Promise<string | null>>();

  constructor(
    private readonly folder: string,
    private readonly isGit: boolean,
  ) {}

  /**
   * Why a file (by its path below the top) may not be suggested for, recorded or read, as a sentence; `null` where
   * nothing stands against it. Answers are kept until `forget`.
   */
  of(path: string): Promise<string | null> {
    const known = this.known.get(path);
    if (known !== undefined) {
      return known;
    }
    const refusal = this.find(path, () => this.ignoredAmong([path]));
    this.known.set(path, refusal);
    return refusal;
  }

  /** The same of many files, for which git is asked once. Those of which nothing stands in the way are missing. */
  async ofAll(paths: Iterable<string>): Promise<ReadonlyMap<string, string>> {
    const unknown = [...new Set(paths)].filter((path) => !this.known.has(path));
    const ignored = this.isGit && unknown.length > 0 ? this.ignoredAmong(unknown) : null;
    for (const path of unknown) {
      this.known.set(
        path,
        this.find(path, () => ignored),
      );
    }
    const refusals = new Map<string, string>();
    for (const path of paths) {
      const refusal = await this.of(path);
      if (refusal !== null) {
        refusals.set(path, refusal);
      }
    }
    return refusals;
  }

  /** Forgets what is kept about ignored files. */
  forget(): void {
    this.known.clear();
  }

  /** Only paths inside of the repository are any that git can be asked about. */
  private ignoredAmong(paths: readonly string[]): Promise<ReadonlySet<string> | null> {
    return ignoredPaths(
      this.folder,
      paths.filter((path) => RepositoryPath.safeParse(path).success),
    );
  }

  private async find(
    path: string,
    ignoredPathsOf: () => Promise<ReadonlySet<string> | null> | null,
  ): Promise<string | null> {
    if (!RepositoryPath.safeParse(path).success) {
      return "The file lies outside the repository.";
    }
    const [first] = path.split("/");
    if (path.split("/").includes(".git")) {
      return "The file belongs to git.";
    }
    if (first === PROOFLINE_FOLDER) {
      return "The file belongs to Proofline.";
    }
    if (looksSecret(path)) {
      return "The file looks as if it holds secrets.";
    }
    if (!this.isGit) {
      return null;
    }
    const ignored = await ignoredPathsOf();
    // Not knowing is no permission: what git ignores may be private.
    if (ignored === null) {
      this.known.delete(path);
      return "Git cannot say whether the file is ignored: it is not installed, or does not trust this folder.";
    }
    return ignored.has(path) ? "The file is ignored by git." : null;
  }
}
