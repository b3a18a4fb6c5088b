import * as z from "zod";
import { decodeUtf8, parseCanonical, prettyCanonicalJson } from "../../platform/canonicalJson";
import { messageOf } from "../../platform/errors";
import { RandomId } from "../../platform/primitives";

/** The ids of a repository, in order, and the files that should hold one and do not. */
export interface RepositoryIds {
  readonly ids: readonly RandomId[];
  readonly damaged: readonly { readonly path: string; readonly problem: string }[];
}

/** `.proofline/repository/<id>.json`. Its name means nothing. */
const RepositoryFile = z.strictObject({ id: RandomId });

const MAX_LENGTH = 1024;

/** The id that a file holds, or why it holds none, as a sentence. */
export function idIn(file: Uint8Array): RandomId | { readonly reason: string } {
  try {
    return parseCanonical(decodeUtf8(file), RepositoryFile, { maxLength: MAX_LENGTH }).id;
  } catch (error) {
    return { reason: messageOf(error) };
  }
}

export function formatId(id: RandomId): string {
  return prettyCanonicalJson({ id } satisfies z.infer<typeof RepositoryFile>);
}
