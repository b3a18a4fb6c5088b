import * as z from "zod";
import { ExecutionFacts, ModelOutput, TrimVersion } from "../../inference/suggestion";
import { RandomId, Text } from "../../platform/primitives";
import { FieldDigests } from "./claimValues";
import { Position } from "./record";

/** What the model offered and what was accepted of it, in the clear. */
export const SuggestionValues = z.strictObject({
  ...ModelOutput.shape,
  /** A prefix of `displayed`, never empty. */
  accepted: Text,
});
export type SuggestionValues = z.infer<typeof SuggestionValues>;

/** An accepted suggestion as the journal holds it until its batch is sealed. */
export const AcceptedSuggestion = z.strictObject({
  id: RandomId,
  /** Absolute path of the file's repository top, or `null` while the document lies in no folder. */
  repository: z.nullable(Text),
  /** Path below `repository`; for an untitled document its URI. */
  path: Text,
  position: Position,
  execution: ExecutionFacts,
  trim: TrimVersion,
  values: SuggestionValues,
  salts: FieldDigests.replayable,
});
export type AcceptedSuggestion = z.infer<typeof AcceptedSuggestion>;
