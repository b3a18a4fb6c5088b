import type { Tolerance } from "../models/pin/tolerance";
import type { Digest } from "../platform/primitives";
import type { ExecutionProfile } from "../protocol/executionProfile";
import type { CheckName, CheckValue, Summary } from "../protocol/verdictWords";

/** Every check's value. */
export type Checks = { readonly [Name in CheckName]: CheckValue<Name> };

/**
 * A part of an open prompt that was not found where it belongs. `path`: it names another file. `place`: nobody can
 * tell where the accepted text stands. `output`: that text was edited. `prefix`, `suffix`: other text stands directly
 * before or after it. `context`: a file that it quotes is not in the repository, or does not hold these lines.
 */
export type PromptMisfit =
  | { readonly part: "path"; readonly path: string }
  | { readonly part: "place" | "output" | "prefix" | "suffix" }
  | { readonly part: "context"; readonly path: string; readonly why: "missing" | "changed" };

/** What the checks found beyond their values; shown in the hover and in the command line's JSON. */
export interface Findings {
  readonly content: {
    /** Accepted lines, and how many of them are left. */
    readonly kept: number;
    readonly total: number;
    /** UTF-16 code units of what the model displayed, and of the beginning of it that was accepted. */
    readonly displayed: number;
    readonly accepted: number;
  };
  readonly model: { readonly name: string; readonly manifestDigest: Digest; readonly omsRoot: Digest };
  readonly environment: {
    readonly digest: Digest;
    readonly engine: string;
    readonly platform: string;
    /** Which profile the suggestion was made under, and so is replayed under. */
    readonly profile: ExecutionProfile;
    readonly device: string;
  };
  readonly prompt: {
    /** How much of the accepted text stands in the prompt already, from 0 to 1 (see `shareInPrompt`); `null` if sealed. */
    readonly share: number | null;
    /** Other files that the prompt quotes, each once. */
    readonly quotes: readonly string[];
    /** Why an open prompt is not `bound`, in the order of its parts. */
    readonly misfits: readonly PromptMisfit[];
  };
  readonly replay: {
    /** Compared tokens, and how many of them were the model's first choice. */
    readonly tokens: number;
    readonly exact: number;
    /** The largest logit by which a claimed token stood behind the model's first choice. */
    readonly margin: number;
    /** What profile and pin forgive; nothing where there was no replay. */
    readonly tolerance: Tolerance;
    /** Why replay is impossible or has not run. */
    readonly reason?: string;
  };
  readonly anchor: {
    readonly batchRoot: string;
    readonly chainId?: number;
    readonly chainName?: string;
    readonly blockNumber?: number;
    readonly transaction?: string;
    /** The anchor's time in seconds since 1970: the only evidence of time. */
    readonly time?: number;
    /** Why the anchor could not be checked, or what contradicted it. */
    readonly reason?: string;
  };
}

/** The verdict on one suggestion in today's text. */
export interface Verdict {
  readonly id: string;
  readonly path: string;
  /** One-based, inclusive lines of today's text; `null` where nothing of it is in the text. */
  readonly startLine: number | null;
  readonly endLine: number | null;
  /** One-based columns in UTF-16 code units: of its first unit, and after its last. */
  readonly startColumn: number | null;
  readonly endColumn: number | null;
  readonly summary: Summary;
  readonly checks: Checks;
  /** One sentence for each check that kept the summary from being better, the decisive one first. */
  readonly reasons: readonly string[];
  readonly findings: Findings;
  /** The evidence file it stands in, below the repository's top; `null` while it is only in the journal. */
  readonly evidenceFile: string | null;
}
