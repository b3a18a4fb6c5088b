import { randomBytes } from "node:crypto";
import type { AcceptedSuggestion } from "../evidence/format/acceptedSuggestion";
import { newSalts } from "../evidence/format/commitment";
import type { Position } from "../evidence/format/record";
import type { Completion } from "../inference/engine/engine";
import type { ExecutionFacts } from "../inference/suggestion";
import { TRIM_VERSION } from "../inference/trim";
import { ProoflineError } from "../platform/errors";

/** A fresh suggestion id: 16 random bytes as hex. */
export function newSuggestionId(): string {
  return randomBytes(16).toString("hex");
}

export interface AcceptParameters {
  readonly id: string;
  readonly facts: ExecutionFacts;
  readonly completion: Completion;
  /** The repository's top as an absolute path, or `null` while the document lies in no folder. */
  readonly repository: string | null;
  /** The file's path below `repository`, or the document's URI. */
  readonly path: string;
  /** Where the accepted text begins, in the text with LF. */
  readonly position: Position;
  /** UTF-16 units of the displayed text that were accepted; all of it by default. */
  readonly acceptedLength?: number;
}

/** Binds what was accepted to what the model said: the record that the journal holds until its batch is sealed. */
export function acceptedSuggestion(parameters: AcceptParameters): AcceptedSuggestion {
  const { id, facts, completion, repository: repositoryPath, path, position } = parameters;
  const { prompt, tokens, raw, displayed, sampling, ordinal, seed, stop } = completion;
  const accepted = displayed.slice(0, parameters.acceptedLength ?? displayed.length);
  if (accepted === "" || !accepted.isWellFormed()) {
    throw new ProoflineError(
      "document",
      "Nothing of the suggestion was accepted, or a character was cut in half.",
      "acceptWholeCharacter",
    );
  }
  return {
    id,
    repository: repositoryPath,
    path,
    position,
    execution: facts,
    trim: TRIM_VERSION,
    values: {
      prompt,
      tokens,
      raw,
      displayed,
      accepted,
      sampling,
      ordinal,
      seed,
      stop,
    },
    salts: newSalts("replayable"),
  };
}
