import type { Hex } from "viem";

/** What OpenGradient's chain says of one enclave. */
export interface RegistryTestimony {
  /** Whose word it is, within a sentence. */
  readonly witnesses: string;
  /** At the last block that is not later than the answer. */
  readonly whenSigned: RegistryState;
  /** At the newest block. */
  readonly now: RegistryState;
  /** How the enclave came into the registry; `null` where that was not found. */
  readonly registration: Registration | null;
}

/** What an enclave handed in to be registered. */
export interface Registration {
  /** Its Nitro attestation document. */
  readonly document: Uint8Array;
  /** The time of the block, in seconds since 1970. */
  readonly at: number;
}

/** What the registry says at one block. */
export interface RegistryState {
  readonly block: number;
  /** What `getTEE` returned; `null` where it knows no such enclave. */
  readonly entry: Hex | null;
  /** Whether it approves the code that the entry names. */
  readonly isCodeApproved: boolean;
}
