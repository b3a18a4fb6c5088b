import * as z from "zod";
import { ExecutionFacts } from "../../inference/suggestion";
import { Digest, Text } from "../../platform/primitives";

/** Pinned weights: anyone who has them can run it again. */
export const ReplayableExecution = z.strictObject({
  kind: z.literal("replayable"),
  ...ExecutionFacts.shape,
});
export type ReplayableExecution = z.infer<typeof ReplayableExecution>;

/** An enclave signed request and answer. Which weights wrote the answer, nobody can check. */
export const AttestedExecution = z.strictObject({
  kind: z.literal("attested"),
  /** Names the rules by which the enclave's signature, key and registry are checked. */
  scheme: z.string().regex(/^[a-z][a-z0-9-]{0,31}\/v[1-9][0-9]{0,3}$/, "expected a name and a version"),
  /** The name that the registry knows the enclave by. */
  enclave: Digest,
  /** As the enclave's operator calls it. */
  model: z.strictObject({ name: Text }),
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
