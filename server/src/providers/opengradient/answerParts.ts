import type { KeyObject } from "node:crypto";
import { AnswerFlaw } from "../attestation/answerFlaw";
import type { CanonicalRequest } from "./canonicalRequest";
import type { RegistryEntry } from "./registryEntry";
import type { RegistryTestimony } from "./registryTestimony";
import type { AnswerToCheck } from "./savedAnswer";
import type { SignedAnswer } from "./signedAnswer";

/** What reading something came to. */
export type Attempt<Value> = { readonly value: Value } | { readonly flaw: AnswerFlaw };

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

/** What comes of reading, a flaw included. Anything else that is thrown is a defect. */
export function attempt<Value>(read: () => Value): Attempt<Value> {
  try {
    return { value: read() };
  } catch (error) {
    return { flaw: flawOf(error) };
  }
}

/** The same of what takes its time. */
export async function attemptLater<Value>(read: () => Promise<Value>): Promise<Attempt<Value>> {
  try {
    return { value: await read() };
  } catch (error) {
    return { flaw: flawOf(error) };
  }
}

function flawOf(error: unknown): AnswerFlaw {
  if (error instanceof AnswerFlaw) {
    return error;
  }
  throw error;
}
