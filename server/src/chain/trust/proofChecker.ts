import { setImmediate } from "node:timers/promises";
import { SerialQueue } from "../../platform/serialQueue";
import type { Anchor } from "../chain";
import type { ContractFacts } from "../knownChains";
import { ProofError } from "./merkleProof";
import { checkProof } from "./stateProof";

/** Checks the proofs of anchors. What comes of one follows from it and from what is known of the contract alone. */
export interface ProofChecker {
  /** Why an anchor's proof does not hold, within a sentence; `null` where it does. */
  flawOf(anchor: Anchor, facts: ContractFacts): Promise<string | null>;
}

/** What a check comes to, computed where it is called. */
export async function flawOf(anchor: Anchor, facts: ContractFacts): Promise<string | null> {
  if (anchor.proof === undefined) {
    return "there is none";
  }
  try {
    await checkProof(anchor, anchor.proof, facts);
    return null;
  } catch (error) {
    if (error instanceof ProofError) {
      return error.message;
    }
    throw error;
  }
}

const checks = new SerialQueue();

/** For those who have no other thread: one after the other, and each for itself, so that all else has its turn between them. */
export const CHECKED_HERE: ProofChecker = {
  flawOf: (anchor, facts) =>
    checks.run(async () => {
      await setImmediate();
      return flawOf(anchor, facts);
    }),
};
