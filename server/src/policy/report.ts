import type { Summary } from "../protocol/verdictWords";
import type { Verdict } from "./verdict";

/** An evidence or anchor file that could not be believed as it lies there. */
export interface FileProblem {
  /** Path below the repository's top. */
  readonly path: string;
  readonly problem: string;
}

/** What `proofline verify --json` prints, and what the language server holds for a repository. */
export interface Report {
  readonly summary: Readonly<Record<Summary, number>>;
  /** Suggestions that have a place in today's text. */
  readonly suggestions: readonly Verdict[];
  /** Suggestions of which nothing is left in today's text; they count in no total. */
  readonly gone: readonly { readonly id: string; readonly path: string }[];
  readonly files: readonly FileProblem[];
}
