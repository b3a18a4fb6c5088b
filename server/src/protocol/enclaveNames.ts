import { ChainHash, Text } from "../platform/primitives";

/** The name that OpenGradient's registry knows an enclave by. */
export const EnclaveName = ChainHash;
export type EnclaveName = ChainHash;

/** What is longer cannot be shown whole. */
export const MOST_MODEL_LENGTH = 100;

/** A model behind an enclave, as OpenGradient calls it. */
export const EnclaveModelName = Text.refine(
  (name) => name.length > 0 && name.length <= MOST_MODEL_LENGTH && name.trim() === name,
  `expected a name of at most ${MOST_MODEL_LENGTH} characters`,
);
