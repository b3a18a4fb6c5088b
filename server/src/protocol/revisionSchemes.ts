/**
 * Schemes under which editors show a file as it was, or as it will be, read-only: one side of a diff, or a changed file of a
 * pull request. `git` is VS Code's own, `review` and `pr` are those of GitHub's extension.
 */
export const REVISION_SCHEMES = ["git", "review", "pr"] as const;
export type RevisionScheme = (typeof REVISION_SCHEMES)[number];
