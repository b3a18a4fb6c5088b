import * as z from "zod";
import { EnclaveFacts, EnclaveOutput } from "../../inference/enclaveOutput";
import { ExecutionFacts, ModelOutput, type Prompt, TrimVersion } from "../../inference/suggestion";
import { unreachable } from "../../platform/errors";
import { RandomId, Text } from "../../platform/primitives";
import { ClaimSalts, KeptSalts } from "./claimSalts";
import { type ClaimValues, StatedValues } from "./claimValues";
import type { Execution } from "./execution";
import { Position } from "./record";

/** A prefix of `displayed` where there is such, never empty. */
const accepted = Text;

const PLACE = {
  id: RandomId,
  /** Absolute path of the file's repository top, or `null` while the document lies in no folder. */
  repository: z.nullable(Text),
  /** Path below `repository`; for an untitled document its URI. */
  path: Text,
  position: Position,
};

const COMMON = { ...PLACE, trim: TrimVersion };

/** Of pinned weights that ran on this machine. */
export const ReplayableSuggestion = z.strictObject({
  kind: z.literal("replayable"),
  ...COMMON,
  execution: ExecutionFacts,
  values: z.strictObject({ ...ModelOutput.shape, accepted }),
  salts: KeptSalts.replayable,
});
export type ReplayableSuggestion = z.infer<typeof ReplayableSuggestion>;

/** Of a model behind an enclave that signed the answer. */
export const AttestedSuggestion = z.strictObject({
  kind: z.literal("attested"),
  ...COMMON,
  execution: EnclaveFacts,
  values: z.strictObject({ ...EnclaveOutput.shape, accepted }),
  salts: KeptSalts.attested,
});
export type AttestedSuggestion = z.infer<typeof AttestedSuggestion>;

/** Of another tool, as that tool told it. There is no output and no prompt. */
export const StatedSuggestion = z.strictObject({
  kind: z.literal("stated"),
  ...PLACE,
  values: z.strictObject({ ...StatedValues.shape, accepted }),
  salts: ClaimSalts,
});
export type StatedSuggestion = z.infer<typeof StatedSuggestion>;

/**
 * An accepted suggestion as the journal holds it until its batch is sealed: what was offered and what was accepted of it, in the
 * clear.
 */
export const AcceptedSuggestion = z.discriminatedUnion("kind", [
  ReplayableSuggestion,
  AttestedSuggestion,
  StatedSuggestion,
]);
export type AcceptedSuggestion = z.infer<typeof AcceptedSuggestion>;

/** How it came about, as its batch states it. */
export function executionOf(suggestion: AcceptedSuggestion): Execution {
  switch (suggestion.kind) {
    case "replayable":
      return { kind: suggestion.kind, ...suggestion.execution };
    case "attested":
      return { kind: suggestion.kind, ...suggestion.execution };
    case "stated":
      return { kind: suggestion.kind };
    default:
      return unreachable(suggestion);
  }
}

/** The values that are committed to when it is sealed. */
export function claimValuesOf(suggestion: AcceptedSuggestion): ClaimValues {
  switch (suggestion.kind) {
    case "replayable": {
      const { values } = suggestion;
      return { kind: suggestion.kind, ...values, accepted: [values.accepted] };
    }
    case "attested": {
      // The prompt stands in the request.
      const { prompt: _, ...values } = suggestion.values;
      return { kind: suggestion.kind, ...values, accepted: [values.accepted] };
    }
    case "stated": {
      const { values } = suggestion;
      return { kind: suggestion.kind, ...values, accepted: [values.accepted] };
    }
    default:
      return unreachable(suggestion);
  }
}

/** The prompt that it was made of; `null` where none is known. */
export function promptOf(suggestion: AcceptedSuggestion): Prompt | null {
  return suggestion.kind === "stated" ? null : suggestion.values.prompt;
}

/** All that was offered; `null` where only what was accepted is known. */
export function displayedOf(suggestion: AcceptedSuggestion): string | null {
  return suggestion.kind === "stated" ? null : suggestion.values.displayed;
}
