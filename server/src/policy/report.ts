import type { Summary } from "../protocol/verdictWords";
import type { Verdict } from "./verdict";

/** An evidence or anchor file that could not be believed as it lies there. */
export interface FileProblem {
  /** Path below the repository's top. */
  readonly path: string;
  readonly problem: string;
}

/** A piece that is told of beside the others: a better claim stands in its place, or it says too little. */
export interface BesideVerdict {
  readonly claim: string;
  readonly id: string;
  readonly path: string;
  /** One-based line of today's text. */
  readonly line: number;
  readonly summary: Summary;
  readonly why: "contested" | "fragment";
}

/** A piece whose evidence a base holds and today's folder does not, while its text still stands. */
export interface VanishedEvidence {
  readonly claim: string;
  readonly id: string;
  readonly path: string;
  /** One-based line of today's text; `null` where it cannot be decided which. */
  readonly line: number | null;
  /** The evidence file, as `revision:path`. */
  readonly evidenceFile: string;
}

/** What `proofline verify --json` prints, and what the language server holds for a repository. */
export interface Report {
  readonly summary: Readonly<Record<Summary, number>>;
  /** Pieces that have a place in today's text. */
  readonly suggestions: readonly Verdict[];
  readonly beside: readonly BesideVerdict[];
  /** Pieces of which nothing is left in today's text; they count in no total. */
  readonly gone: readonly { readonly claim: string; readonly id: string; readonly path: string }[];
  /** Found against a base; empty without one. */
  readonly vanished: readonly VanishedEvidence[];
  readonly files: readonly FileProblem[];
}
