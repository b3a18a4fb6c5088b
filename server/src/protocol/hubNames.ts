import * as z from "zod";

/** `owner/name` on the Hugging Face hub, or a bare `name` of the oldest models. Never a path: no `..`, no `\`. */
export const HubRepository = z
  .string()
  .max(192)
  .regex(
    /^[A-Za-z0-9][\w.-]*(?:\/[A-Za-z0-9][\w.-]*)?$/,
    "expected owner/name, as the address of the model's page ends",
  )
  .refine((name) => !name.includes("..") && !name.includes("--"), "expected no .. and no --");

/** A branch, a tag or a commit. It is resolved to a commit before anything else happens. */
export const HubRevision = z
  .string()
  .max(192)
  .regex(/^[\w][\w./-]*$/, "expected a branch, a tag or a commit")
  .refine((revision) => !revision.includes(".."), "expected no ..");
