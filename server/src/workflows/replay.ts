import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import type { Engine, ReplayRequest, ReplayResult } from "../inference/engine/engine";
import type { ExecutionFacts, ModelOutput, TrimVersion } from "../inference/suggestion";
import { TRIM_VERSION } from "../inference/trim";
import { Tolerance } from "../models/pin/tolerance";
import { canonicalJson } from "../platform/canonicalJson";
import { sha256, toDigest } from "../platform/digests";
import { writeWhole } from "../platform/durable";
import { messageOf, ProoflineError } from "../platform/errors";
import { Count, type Digest } from "../platform/primitives";
import type { ReplayOutcome } from "../policy/verifyParameters";

/** A suggestion as far as its replay is concerned; `values` is `null` where its prompt is sealed. */
export interface Replayable {
  /** Names what is claimed, as nothing else can: the leaf hash; while it stands in the journal only, its id. */
  readonly claim: string;
  /** A label. Two claims may bear the same one. */
  readonly id: string;
  readonly model: ExecutionFacts["model"];
  readonly profile: ExecutionFacts["profile"];
  readonly trim: TrimVersion;
  readonly values: ModelOutput | null;
}

/** Twice what a setting may ask of a model, and more text than that comes to: what is longer was made by no editor. */
const MOST_TOKENS = 1024;
const MOST_UNITS = 16_384;

/** Says why no model whatever can replay a suggestion here, or `null` where the one that made it can. */
export function replayObstacle({ trim, values }: Pick<Replayable, "trim" | "values">): string | null {
  if (values === null) {
    return "The prompt is sealed, so nobody else can replay it.";
  }
  if (trim !== TRIM_VERSION) {
    return `Its text was trimmed by ${trim}, which this version of Proofline does not know; it has ${TRIM_VERSION}.`;
  }
  if (values.tokens.length > MOST_TOKENS || values.raw.length > MOST_UNITS) {
    return `Its answer is longer than any that Proofline asks a model for: ${values.tokens.length} tokens, of at most ${MOST_TOKENS}.`;
  }
  return null;
}

/** Says that the model which made a suggestion is not here. What evidence calls it is nothing that is known. */
export function notInstalled({ model }: Pick<Replayable, "model">): string {
  return `It was made under the pin ${model.manifestDigest.slice(0, 12)}…, which is not installed here.`;
}

/** The values that a replay's result depends on; what was accepted of them is not among them. */
function claimOf(profile: ExecutionFacts["profile"], values: ModelOutput): ReplayRequest {
  const { prompt, tokens, raw, displayed, sampling, ordinal, seed, stop } = values;
  return { profile, prompt, tokens, raw, displayed, sampling, ordinal, seed, stop };
}

/** Runs the pinned model again and compares; the result is remembered. */
export async function replaySuggestion(
  suggestion: Replayable,
  engine: Engine,
  cache: ReplayCache,
  signal?: AbortSignal,
): Promise<ReplayOutcome> {
  const obstacle = replayObstacle(suggestion);
  if (obstacle !== null || suggestion.values === null) {
    return { value: "impossible", reason: obstacle ?? "The prompt is sealed." };
  }
  if (suggestion.model.manifestDigest !== engine.facts.model.manifestDigest) {
    return { value: "impossible", reason: notInstalled(suggestion) };
  }
  try {
    const result = await engine.replay(claimOf(suggestion.profile, suggestion.values), signal);
    await cache.put(suggestion, result);
    return result;
  } catch (error) {
    if (error instanceof ProoflineError && error.code === "inference.cancelled") {
      return { value: "notRun", reason: "The replay was cancelled." };
    }
    return { value: "notRun", reason: `The replay failed: ${messageOf(error)}` };
  }
}

const StoredResult = z.strictObject({
  value: z.enum(["exact", "withinTolerance", "mismatch"]),
  tokens: Count,
  exact: Count,
  margin: z.number(),
  tolerance: Tolerance,
  reason: z.string().optional(),
});

/**
 * Results of replays on this machine, one small file each below `<home>/replays`, named by what was replayed: the
 * prompt, the claimed answer and the pin. A result is a fact about those alone, so it holds for ever; whoever can
 * write to the home folder could also change the extension.
 */
export class ReplayCache {
  private readonly folder: string;

  constructor(home: string) {
    this.folder = join(home, "replays");
  }

  /** The remembered results of many suggestions, by their claims. What nothing was remembered of costs next to nothing. */
  async getAll(suggestions: readonly Replayable[]): Promise<ReadonlyMap<string, ReplayResult>> {
    const results = new Map<string, ReplayResult>();
    const names = await readdir(this.folder).catch(() => []);
    if (names.length === 0) {
      return results;
    }
    for (const suggestion of suggestions) {
      const result = await this.get(suggestion);
      if (result !== null) {
        results.set(suggestion.claim, result);
      }
    }
    return results;
  }

  /** The remembered result, or `null`. */
  async get(suggestion: Replayable): Promise<ReplayResult | null> {
    const key = replayKey(suggestion);
    if (key === null) {
      return null;
    }
    try {
      const stored = StoredResult.parse(JSON.parse(await readFile(join(this.folder, `${key}.json`), "utf8")));
      const { reason, ...result } = stored;
      return reason === undefined ? result : { ...result, reason };
    } catch {
      // Absent, torn or from an older version: it is replayed again.
      return null;
    }
  }

  /** Never rejects: what cannot be kept, on a full disk say, is replayed again next time. */
  async put(suggestion: Replayable, result: ReplayResult): Promise<void> {
    const key = replayKey(suggestion);
    if (key === null) {
      return;
    }
    const file = join(this.folder, `${key}.json`);
    await mkdir(this.folder, { recursive: true, mode: 0o700 })
      .then(() => writeWhole(file, JSON.stringify(result), { mode: 0o600 }))
      .catch(() => {});
  }
}

/** SHA-256 over the canonical JSON of everything that a replay's result depends on; `null` for a sealed prompt. */
export function replayKey({ model, profile, trim, values }: Replayable): Digest | null {
  if (values === null) {
    return null;
  }
  const claim = claimOf(profile, values);
  return toDigest(sha256(canonicalJson({ claim, trim, manifestDigest: model.manifestDigest })));
}
