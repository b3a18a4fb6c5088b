import type { Digest } from "../../platform/primitives";
import type { Attempt } from "../attestation/answerFlaw";
import type { SavedTdxAnswer } from "./savedTdxAnswer";
import type { SignedText } from "./signedText";

/** An answer with its parts read: what each check looks at. */
export interface TdxAnswerParts {
  readonly saved: SavedTdxAnswer;
  readonly text: Attempt<SignedText>;
  /** SHA-256 of the exact bodies. */
  readonly requestHash: Digest;
  readonly answerHash: Digest;
}
