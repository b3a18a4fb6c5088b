import * as z from "zod";
import { EnclaveFacts } from "../../inference/enclaveOutput";
import { ExecutionFacts } from "../../inference/suggestion";

/** Pinned weights: anyone who has them can run it again. */
export const ReplayableExecution = z.strictObject({
  kind: z.literal("replayable"),
  ...ExecutionFacts.shape,
});
export type ReplayableExecution = z.infer<typeof ReplayableExecution>;

/** An enclave signed request and answer. Which weights wrote the answer, nobody can check. */
export const AttestedExecution = z.strictObject({
  kind: z.literal("attested"),
  ...EnclaveFacts.shape,
});
export type AttestedExecution = z.infer<typeof AttestedExecution>;

/** A tool says that it wrote this; there is nothing to check but who says so. */
export const StatedExecution = z.strictObject({ kind: z.literal("stated") });

/** How the outputs of one batch came about. A batch has one kind and one set of facts. */
export const Execution = z.discriminatedUnion("kind", [
  ReplayableExecution,
  AttestedExecution,
  StatedExecution,
]);
export type Execution = z.infer<typeof Execution>;
export type ExecutionKind = Execution["kind"];
