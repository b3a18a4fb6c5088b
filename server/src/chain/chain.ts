import * as z from "zod";
import type { ProoflineError } from "../platform/errors";
import { Address, ChainHash, Count, Digest } from "../platform/primitives";
import { AnchorProof } from "./anchorProof";

/** Which chain anchors go to and are read from. */
export type ChainConfiguration =
  /** The chain host's chain below `home`; started on demand for anchoring, never created by reading. */
  | { readonly kind: "embedded"; readonly home: string; readonly hostPath: string }
  /** Any EVM chain with an EAS contract. */
  | {
      readonly kind: "rpc";
      /** Below which payments are noted, and which blocks were confirmed. */
      readonly home: string;
      readonly id: number;
      /** Addresses, or `Operator=address`. */
      readonly rpcUrls: readonly string[];
      readonly contract: Address;
    };

/** An anchor file: where one batch root was timestamped. Each field is checked against the chain. */
export const Anchor = z.strictObject({
  batchRoot: Digest,
  chainId: Count,
  /** Hash of block 0: tells chains with one id apart. */
  genesisHash: ChainHash,
  contract: Address,
  block: z.strictObject({ number: Count, hash: ChainHash }),
  transaction: ChainHash,
  /** What EAS stored for the root: seconds since 1970, the time of the block. */
  timestamp: Count,
  /** Shows it without any server's word; missing where no server gave one. */
  proof: AnchorProof.exactOptional(),
});
export type Anchor = z.infer<typeof Anchor>;

/** What identifies a chain that was reached. */
export interface ChainIdentity {
  readonly chainId: number;
  readonly genesisHash: ChainHash;
  readonly contract: Address;
  /** A developer's own chain (anvil, hardhat, …), which its owner controls. */
  readonly local: boolean;
  /** For people: `local chain`, `Base`, `chain 10740`. */
  readonly name: string;
}

export type AnchorStatus =
  | "finalized"
  | "included"
  | "pending"
  | "absent"
  | "unreachable"
  | "wrongChain"
  | "reorged"
  | "disputed";

/** Whose word the answer is, and how good it is. */
export type AnchorTrust = "stateProof" | "quorum" | "offlineProof" | "singleRpc" | "local";

/** What the chain says about one batch root. */
export interface AnchorCheck {
  readonly status: AnchorStatus;
  readonly trust: AnchorTrust;
  /** The operators of servers who all said so; missing where nobody was asked. */
  readonly operators?: readonly string[];
  readonly identity: ChainIdentity | null;
  /** The anchor that was confirmed, where status is `finalized` or `included`. */
  readonly anchor: Anchor | null;
  /** One sentence, wherever the status is neither `finalized` nor `included`. */
  readonly reason?: string;
  /** Whether a server that can be reached does not show the anchor's transaction, so that it is not certain which one it was. */
  readonly transactionUnsure?: true;
  /** One sentence for each anchor file that says something else than what was found, and the like; missing where there is none. */
  readonly remarks?: readonly string[];
}

/** A chain opened for reading. Errors of the network end in `unreachable`, never in a throw. */
export interface ChainReader {
  identity(): Promise<ChainIdentity>;
  /** Checks a batch root against the anchor files that claim it. Without any, asks the contract. */
  check(batchRoot: Digest, anchors: readonly Anchor[]): Promise<AnchorCheck>;
  close(): Promise<void>;
}

/** A chain opened for writing as well. */
export interface ChainWriter extends ChainReader {
  /**
   * Timestamps a batch root with EAS and resolves once it is included and durable. A root that is already there is
   * success: its anchor is looked up.
   */
  anchor(batchRoot: Digest, signal?: AbortSignal): Promise<Anchor>;
  /**
   * The same for several, with as few transactions as it can; in their order. What keeps one of them from being anchored stands in
   * its place, and keeps no other.
   */
  anchorAll(
    batchRoots: readonly Digest[],
    signal?: AbortSignal,
  ): Promise<readonly (Anchor | ProoflineError)[]>;
  /** Gas that the last `anchor` call used, or 0 when the root was there already. */
  readonly lastGasUsed: bigint;
}
