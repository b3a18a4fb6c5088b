import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  inclusionProof,
  leafHashOf,
  nodeHashOf,
  rootOf,
  verifyInclusion,
} from "../../../server/src/evidence/format/tree";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** The test tree of Certificate Transparency: https://github.com/transparency-dev/merkle, testonly/constants.go. */
const LEAVES = [
  "",
  "00",
  "10",
  "2021",
  "3031",
  "40414243",
  "5051525354555657",
  "606162636465666768696a6b6c6d6e6f",
].map((data) => leafHashOf(Buffer.from(data, "hex")));

const ROOTS = [
  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

/** Inclusion proofs of the same test tree (index, size, hashes). */
const PROOFS: readonly (readonly [number, number, readonly string[]])[] = [
  [0, 1, []],
  [
    0,
    8,
    [
      "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
      "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
      "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
  ],
  [
    5,
    8,
    [
      "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
      "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
  ],
  [2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]],
  [
    1,
    5,
    [
      "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
      "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
      "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
  ],
];

describe("tree (RFC 9162)", () => {
  it.each(ROOTS.map((root, size) => [size, root] as const))(
    "has the published root over %i leaves",
    (size, root) => {
      expect(hex(rootOf(LEAVES.slice(0, size)))).toBe(root);
    },
  );

  it.each(PROOFS)("has the published inclusion proof of leaf %i in %i", (index, size, expected) => {
    const leaves = LEAVES.slice(0, size);
    const proof = inclusionProof(leaves, index);
    expect(proof.map(hex)).toEqual(expected);
    const claim = { leafHash: LEAVES[index] ?? new Uint8Array(), index, size, proof, root: rootOf(leaves) };
    expect(verifyInclusion(claim)).toBe(true);
  });

  it("proves every leaf, and no other leaf, place, size or hash", () => {
    const leaf = fc.uint8Array({ maxLength: 8 }).map(leafHashOf);
    const tree = fc.array(leaf, { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(tree, fc.nat(), fc.nat(), fc.nat(255), (leaves, seed, place, flip) => {
        const index = seed % leaves.length;
        const leafHash = leaves[index] ?? new Uint8Array();
        const proof = inclusionProof(leaves, index);
        const claim = { leafHash, index, size: leaves.length, proof, root: rootOf(leaves) };
        expect(verifyInclusion(claim)).toBe(true);

        const other = Buffer.from(leafHash);
        other[place % 32] = (other[place % 32] ?? 0) ^ (flip || 1);
        expect(verifyInclusion({ ...claim, leafHash: other })).toBe(false);
        expect(verifyInclusion({ ...claim, index: leaves.length })).toBe(false);
        expect(verifyInclusion({ ...claim, proof: [...proof, leafHash] })).toBe(false);
        if (proof.length > 0) {
          expect(verifyInclusion({ ...claim, proof: proof.slice(1) })).toBe(false);
        }
        const elsewhere = place % leaves.length;
        if (Buffer.compare(leaves[elsewhere] ?? leafHash, leafHash) !== 0) {
          expect(verifyInclusion({ ...claim, index: elsewhere })).toBe(false);
        }
      }),
    );
  });

  it("never takes a node for a leaf", () => {
    const [left = new Uint8Array(), right = new Uint8Array()] = LEAVES;
    expect(hex(leafHashOf(Buffer.concat([left, right])))).not.toBe(hex(nodeHashOf(left, right)));
  });
});
