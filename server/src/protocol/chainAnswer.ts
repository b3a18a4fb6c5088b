import * as z from "zod";

/** What a person says of the chain that a repository proposes. */
export const ChainAnswer = z.enum(["accepted", "declined"]);
export type ChainAnswer = z.infer<typeof ChainAnswer>;
