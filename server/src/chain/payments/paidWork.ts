import type { Hex } from "viem";
import type { Address, Digest } from "../../platform/primitives";
import type { ChainIdentity } from "../chain";
import { timestampCall } from "../eas/eas";
import { readTimestamp } from "../eas/timestamped";
import type { ChainServer } from "../rpc/chainServer";
import { MAX_ROOTS } from "./payment";

/** What an account pays for: calls of one contract, which its subjects name. */
export interface PaidWork {
  /** What is to be done, by digests as `subjectsOf` finds them in a call. */
  readonly subjects: readonly Digest[];
  readonly to: Address;
  /** The most subjects of one call. */
  readonly mostAtOnce: number;
  readonly words: WorkWords;
  /** Those of some subjects that the chain does not hold. */
  missing(subjects: readonly Digest[]): Promise<readonly Digest[]>;
  /** The call that does some of them. */
  call(subjects: readonly Digest[]): Hex;
}

/** How people are told of it. */
export interface WorkWords {
  /** The beginning of a sentence that goes on with the chain. */
  readonly nothingDone: string;
  /** One subject within a sentence. */
  readonly subject: string;
  /** What it is paid for, within a sentence. */
  readonly one: string;
  /** Why the contract's refusal leaves it undone, within a sentence. */
  readonly refused: string;
  counted(subjects: number): string;
}

/** Timestamping batch roots. */
export function timestamping(
  rpc: ChainServer,
  identity: ChainIdentity,
  batchRoots: readonly Digest[],
): PaidWork {
  return {
    subjects: batchRoots,
    to: identity.contract,
    mostAtOnce: MAX_ROOTS,
    words: {
      nothingDone: "Nothing new is anchored",
      subject: "the batch",
      one: "one anchor",
      refused: "the EAS contract there refuses to timestamp the batch",
      counted: (batches) => (batches === 1 ? "one batch" : `${batches} batches`),
    },
    missing: async (roots) => {
      const times = await Promise.all(roots.map((root) => readTimestamp(rpc, identity, root)));
      return roots.filter((_, index) => times[index] === 0);
    },
    call: timestampCall,
  };
}
