import type { ExecutionKind } from "../evidence/format/execution";
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

/** Where most of an output stands in its prompt already. */
export interface CopiedFrom {
  /** Below the repository's top; `null` where the prompt does not name the file. */
  readonly path: string | null;
  /** One-based line of today's text; `null` where the prompt's text does not stand there. */
  readonly line: number | null;
}

/** What the checks found beyond their values; shown in the hover and in the command line's JSON. */
export interface Findings {
  readonly content: {
    /** Lines that the piece touches and that are not blank, and how many of them stand as they were. */
    readonly kept: number;
    readonly total: number;
    /** Whether other visible text than that of good claims stands on its lines. */
    readonly part: boolean;
    /** UTF-16 code units of what was offered, and of what was accepted of it. */
    readonly displayed: number;
    readonly accepted: number;
  };
  /** `manifestDigest` and `omsRoot` are `null` where no pin is claimed. */
  readonly model: {
    /** What the pin that is installed here calls it; `null` where none is. */
    readonly name: string | null;
    /** What the evidence calls it, which counts for nothing. */
    readonly told: string;
    readonly manifestDigest: Digest | null;
    readonly omsRoot: Digest | null;
  };
  readonly device: string;
  /** What the device says ran the model; `null` where it says nothing. */
  readonly environment: {
    readonly digest: Digest;
    readonly engine: string;
    readonly platform: string;
    /** Which profile the suggestion was made under, and so is replayed under. */
    readonly profile: ExecutionProfile;
  } | null;
  readonly prompt: {
    /** How much of the accepted text stands in the prompt already, from 0 to 1 (see `shareInPrompt`); `null` if sealed. */
    readonly share: number | null;
    /** Where most of it stands; `null` where it was not copied. */
    readonly copiedFrom: CopiedFrom | null;
    /** Other files that the prompt quotes, each once. */
    readonly quotes: readonly string[];
    /** Why an open prompt is not `bound`, in the order of its parts. */
    readonly misfits: readonly PromptMisfit[];
  };
  readonly execution: {
    readonly kind: ExecutionKind;
    /** Compared tokens, and how many of them were the model's first choice. */
    readonly tokens: number;
    readonly exact: number;
    /** The largest logit by which a claimed token stood behind the model's first choice. */
    readonly margin: number;
    /** What profile and pin forgive; nothing where there was no replay. */
    readonly tolerance: Tolerance;
    /** Why replay is impossible or has not run, or what the enclave's checks found. */
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

/** The verdict on one piece of one claim in today's text. */
export interface Verdict {
  /** Names the piece and its claim among all verdicts. */
  readonly key: string;
  /** The claim's leaf hash; while it stands in the journal only, its id. */
  readonly claim: string;
  /** A label. Two claims may bear the same one. */
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
