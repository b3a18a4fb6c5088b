import type { KeyObject } from "node:crypto";
import type { Attempt } from "../attestation/answerFlaw";
import type { CanonicalRequest } from "./canonicalRequest";
import type { RegistryEntry } from "./registryEntry";
import type { RegistryTestimony } from "./registryTestimony";
import type { AnswerToCheck } from "./savedAnswer";
import type { SignedAnswer } from "./signedAnswer";

/** An answer with its parts read: what each check looks at. */
export interface AnswerParts {
  readonly saved: AnswerToCheck;
  readonly request: Attempt<CanonicalRequest>;
  readonly answer: Attempt<SignedAnswer>;
  readonly keyBytes: Buffer;
  readonly key: Attempt<KeyObject>;
  /** The chain's where it was asked, else the file's; `null` where there is none. */
  readonly entry: Attempt<RegistryEntry> | null;
  readonly registry: RegistryTestimony | null;
}

/** Why a check could not be made that needs the answer. */
export const NO_ANSWER = "The answer could not be read.";
