import * as z from "zod";

/** A named, versioned set of all that changes output bits. */
export const ExecutionProfile = z.enum(["native/v1", "portable/v1"]);
export type ExecutionProfile = z.infer<typeof ExecutionProfile>;

/** What a suggestion is made with where nobody chose: fast, and replayed within the pin's tolerance. */
export const DEFAULT_PROFILE: ExecutionProfile = "native/v1";
