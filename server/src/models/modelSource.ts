import { statSync } from "node:fs";
import { isAbsolute, resolve } from "node:path";
import * as z from "zod";
import { ProoflineError } from "../platform/errors";
import { RepositoryPath } from "../platform/primitives";
import { HubRepository } from "../protocol/hubNames";

/** A full git commit hash: 40 lower-case hex digits. */
export const CommitHash = z.string().regex(/^[0-9a-f]{40}$/, "expected 40 lower-case hex digits");
export type CommitHash = z.infer<typeof CommitHash>;

/** Where a pinned model's bytes came from, as `models.json` says it. A claim to look there; the pin says what is right. */
export const ModelSource = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("folder") }),
  z.strictObject({
    kind: z.literal("huggingface"),
    repository: HubRepository,
    commit: CommitHash,
    /** The folder of the repository that holds the model, without a `/` at its end; empty for its top. */
    folder: z.union([z.literal(""), RepositoryPath]),
  }),
]);
export type ModelSource = z.infer<typeof ModelSource>;

/** What a person named: a folder on this machine, or a repository on the hub. */
export type NamedSource =
  | { readonly kind: "folder"; readonly directory: string }
  | { readonly kind: "huggingface"; readonly repository: string };

/**
 * Reads what a person typed. An existing folder is a folder; so is whatever begins with `.`, `/` or a drive. Anything
 * else has to be `owner/name`.
 *
 * @throws ProoflineError `usage`
 */
export function parseSource(typed: string, workingDirectory = process.cwd()): NamedSource {
  const directory = resolve(workingDirectory, typed);
  const looksLocal = isAbsolute(typed) || /^[.~]/.test(typed) || typed.includes("\\");
  const isFolder = statSync(directory, { throwIfNoEntry: false })?.isDirectory() ?? false;
  if (isFolder || looksLocal) {
    return { kind: "folder", directory };
  }
  const repository = typed.replace(/^(?:hf:\/\/|https:\/\/huggingface\.co\/)/, "").replace(/\/$/, "");
  if (HubRepository.safeParse(repository).success && repository.includes("/")) {
    return { kind: "huggingface", repository };
  }
  throw new ProoflineError(
    "usage",
    `${JSON.stringify(typed)} is neither a folder here nor a repository like owner/name.`,
    "chooseModelSource",
  );
}

/** One line for people. */
export function describeSource(source: ModelSource): string {
  if (source.kind === "folder") {
    return "a local folder";
  }
  const folder = source.folder === "" ? "" : `, folder ${source.folder}`;
  return `${source.repository} at commit ${source.commit.slice(0, 12)}${folder}`;
}
