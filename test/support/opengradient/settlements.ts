import { createHash, randomBytes } from "node:crypto";
import { encodeFunctionData, type Hex, toHex } from "viem";
import type { SettlementKind } from "../../../server/src/protocol/settlementKinds";
import { type BatchTree, batchTree, type SettledStatement } from "./batchTree";
import { type DeployedContracts, RELAY_ABI } from "./deployedContracts";
import { UPTO_PROXY } from "./paymentTerms";

/** What `X-SETTLEMENT-TYPE` asks for; whoever asks for nothing that is known gets a batch. */
export function settlementKind(header: string | undefined): SettlementKind {
  const asked = header?.toLowerCase();
  return asked === "private" || asked === "individual" ? asked : "batch";
}

/** A batch is posted when it has so many answers. */
export const FULL_BATCH = 20;

export interface PostedBatch {
  readonly tree: BatchTree;
  readonly blob: string;
  readonly transaction: Hex;
}

/** Settles answers in batches and one by one, with a relay contract, and a Walrus of its own. Private ones never come here. */
export class Settlements {
  /** What lies in Walrus, by its id, for everybody to read. */
  readonly blobs = new Map<string, string>();
  private waiting: SettledStatement[] = [];
  /** What single settlements were announced with, and not mined. */
  private announced: Hex[] = [];

  constructor(private readonly contracts: DeployedContracts) {}

  /** Puts an answer into the next batch, and posts that one when it is full. */
  async add(settled: SettledStatement): Promise<void> {
    this.waiting.push(settled);
    if (this.waiting.length >= FULL_BATCH) {
      await this.post();
    }
  }

  /** Posts what waits, as OpenGradient does when nothing more came for five minutes; `null` where nothing waits. */
  async post(): Promise<PostedBatch | null> {
    const batch = this.waiting;
    if (batch.length === 0) {
      return null;
    }
    this.waiting = [];
    const tree = batchTree(batch);
    const blob = this.store(tree.dump());
    const args = [tree.root, BigInt(batch.length), toHex(blob)] as const;
    const transaction = await this.contracts.settle(
      encodeFunctionData({ abi: RELAY_ABI, functionName: "settleBatch", args }),
    );
    return { tree, blob, transaction };
  }

  /**
   * Settles one answer by itself: request and answer lie in Walrus in clear. The address in the event is Permit2's spender,
   * not the payer.
   *
   * @param isMined whether the announced transaction exists
   * @returns what the gateway announces
   */
  async settleAlone(
    settled: SettledStatement,
    sent: string,
    isMined: boolean,
  ): Promise<Record<string, string>> {
    const { tee_id, tee_request_hash, tee_output_hash, tee_timestamp, tee_signature } = settled;
    const blob = this.store(JSON.stringify({ input: sent, output: settled, ethAddress: UPTO_PROXY }));
    const data = encodeFunctionData({
      abi: RELAY_ABI,
      functionName: "settleIndividual",
      args: [
        ...([tee_id, UPTO_PROXY, `0x${tee_request_hash}`, `0x${tee_output_hash}`] as const),
        ...([BigInt(tee_timestamp), toHex(blob), toHex(Buffer.from(tee_signature, "base64"))] as const),
      ],
    });
    if (!isMined) {
      this.announced.push(data);
    }
    const transaction = isMined ? await this.contracts.settle(data) : toHex(randomBytes(32));
    return {
      "X-Settlement-Type": "individual",
      "X-Settlement-Status": "queued",
      "X-Settlement-Tx-Hash": transaction,
      "X-Settlement-Walrus-Blob-ID": blob,
    };
  }

  /** Mines the single settlements that were announced and not mined. */
  async mineAnnounced(): Promise<void> {
    for (const data of this.announced.splice(0)) {
      await this.contracts.settle(data);
    }
  }

  private store(text: string): string {
    const id = createHash("sha256").update(text).digest("base64url");
    this.blobs.set(id, text);
    return id;
  }
}
