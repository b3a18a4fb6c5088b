import { toHex } from "viem";
import { describe, expect, it } from "vitest";
import { Digest } from "../../../../server/src/platform/primitives";
import {
  batchRootOf,
  type SettledAnswer,
} from "../../../../server/src/providers/opengradient/batchInclusion";
import { batchTree, type SettledStatement } from "../../../support/opengradient/batchTree";
import { keccak } from "../../../support/opengradient/enclave";

const answers: readonly SettledAnswer[] = Array.from({ length: 20 }, (_, index) => ({
  enclave: toHex(keccak(Buffer.of(1, index))),
  requestHash: Digest.parse(keccak(Buffer.of(2, index)).toString("hex")),
  outputHash: Digest.parse(keccak(Buffer.of(3, index)).toString("hex")),
  signature: Buffer.alloc(index === 0 ? 33 : 256, index + 1),
  timestamp: 1_769_947_200 + index,
}));

/** The same in the gateway's names. */
function stated({ enclave, requestHash, outputHash, signature, timestamp }: SettledAnswer): SettledStatement {
  return {
    tee_id: enclave,
    tee_request_hash: requestHash,
    tee_output_hash: outputHash,
    tee_signature: Buffer.from(signature).toString("base64"),
    tee_timestamp: timestamp,
  };
}

describe("batchRootOf", () => {
  it.each([1, 2, 3, 4, 7, 20])("leads from each answer of a batch of %i to its root", (size) => {
    const batch = answers.slice(0, size);
    const tree = batchTree(batch.map(stated));
    for (const answer of batch) {
      expect(batchRootOf(answer, tree.proofOf(stated(answer)))).toBe(tree.root);
    }
  });

  it("leads elsewhere from another answer, and by other neighbours", () => {
    const tree = batchTree(answers.map(stated));
    const { root } = tree;
    const [answer, other] = answers as [SettledAnswer, SettledAnswer];
    const proof = tree.proofOf(stated(answer));
    const changes: readonly Partial<SettledAnswer>[] = [
      { enclave: other.enclave },
      { requestHash: other.requestHash },
      { outputHash: other.outputHash },
      { signature: Buffer.alloc(34, 1) },
      { timestamp: other.timestamp },
    ];
    for (const change of changes) {
      expect(batchRootOf({ ...answer, ...change }, proof)).not.toBe(root);
    }
    for (const wrong of [[], proof.slice(1), proof.toReversed(), [...proof, ...proof.slice(0, 1)]]) {
      expect(batchRootOf(answer, wrong)).not.toBe(root);
    }
  });
});
