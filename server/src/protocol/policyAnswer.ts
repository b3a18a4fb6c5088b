import * as z from "zod";

/** What a person said of a repository's policy. `declined`: what was accepted before counts, or else the built-in rules, until there is another one to look at. */
export const PolicyAnswer = z.enum(["accepted", "declined"]);
export type PolicyAnswer = z.infer<typeof PolicyAnswer>;
