import { randomBytes } from "node:crypto";
import type { AcceptedSuggestion } from "../evidence/format/acceptedSuggestion";
import { newSalts } from "../evidence/format/claimSalts";
import type { Position } from "../evidence/format/record";
import { TRIM_VERSION } from "../inference/trim";
import { ProoflineError, unreachable } from "../platform/errors";
import type { Offered } from "../providers/provider";

/** A fresh suggestion id: 16 random bytes as hex. */
export function newSuggestionId(): string {
  return randomBytes(16).toString("hex");
}

export interface AcceptParameters {
  readonly id: string;
  readonly offered: Offered;
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
  const { id, offered, repository: repositoryPath, path, position } = parameters;
  const { displayed } = offered.output;
  const accepted = displayed.slice(0, parameters.acceptedLength ?? displayed.length);
  if (accepted === "" || !accepted.isWellFormed()) {
    throw new ProoflineError(
      "document",
      "Nothing of the suggestion was accepted, or a character was cut in half.",
      "acceptWholeCharacter",
    );
  }
  const common = { id, repository: repositoryPath, path, position, trim: TRIM_VERSION };
  switch (offered.kind) {
    case "replayable": {
      const { prompt, tokens, raw, sampling, ordinal, seed, stop } = offered.output;
      return {
        kind: offered.kind,
        ...common,
        execution: offered.facts,
        values: { prompt, tokens, raw, displayed, accepted, sampling, ordinal, seed, stop },
        salts: newSalts(),
      };
    }
    case "attested": {
      const { prompt, request, answer, signature, timestamp, settlement } = offered.output;
      return {
        kind: offered.kind,
        ...common,
        execution: offered.facts,
        values: { prompt, request, answer, signature, timestamp, settlement, displayed, accepted },
        salts: newSalts(),
      };
    }
    default:
      return unreachable(offered);
  }
}
