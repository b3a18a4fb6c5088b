import * as z from "zod";

/** What a person said of a repository's policy. `declined`: the built-in rules count, until there is another one to look at. */
export const PolicyAnswer = z.enum(["accepted", "declined"]);
export type PolicyAnswer = z.infer<typeof PolicyAnswer>;
