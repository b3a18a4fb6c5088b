import type { ExecutionProfile } from "../evidence/format/record";

/** What a suggestion is made with where nobody chose: fast, and replayed within the pin's tolerance. */
export const DEFAULT_PROFILE: ExecutionProfile = "native/v1";
