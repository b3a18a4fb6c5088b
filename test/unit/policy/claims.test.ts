import { describe, expect, it } from "vitest";
import { readEvidence } from "../../../server/src/evidence/format/readEvidence";
import type { SealedEvidence } from "../../../server/src/evidence/format/sealBatch";
import { atOnce } from "../../../server/src/platform/slices";
import { type ClaimsParameters, gatherClaims } from "../../../server/src/policy/claims";
import { Moves } from "../../../server/src/policy/moves";
import { device, facts, sample, sealed } from "../../support/sampleBatch";

const one = sample();
const two = sample({ path: "src/two.ts" });
const first = sealed([one], { sequence: 0, previousSeal: null });
const second = sealed([two], { sequence: 1, previousSeal: first.seal });

function gather(files: readonly Pick<SealedEvidence, "evidence">[], more: Partial<ClaimsParameters> = {}) {
  return atOnce(
    gatherClaims({
      repositoryIds: [facts.repositoryId],
      evidence: files.map(({ evidence }, index) => ({
        path: `.proofline/evidence/${index}.json`,
        reading: readEvidence(Buffer.from(evidence)),
      })),
      moves: Moves.NONE,
      journal: [],
      device,
      chain: new Map(),
      ...more,
    }),
  );
}

describe("gathering claims", () => {
  it("names each by its leaf hash, and takes it once", () => {
    const { claims, files } = gather([first, second, first]);
    expect(claims.map(({ id }) => id)).toEqual([one.id, two.id]);
    expect(claims.every(({ claim }) => /^[0-9a-f]{64}$/.test(claim))).toBe(true);
    expect(files).toEqual([]);
  });

  it("takes the better copy: with its lines before without, open before sealed, intact before foreign", () => {
    const sealedPrompt = sealed([one], { sequence: 0, previousSeal: null, open: () => false });
    for (const order of [
      [first, sealedPrompt],
      [sealedPrompt, first],
    ]) {
      const { claims } = gather(order);
      expect(claims).toHaveLength(1);
      expect(claims[0]?.isOpen).toBe(true);
      expect(claims[0]?.evidence).toBe("intact");
    }
  });

  it("takes from the journal only what this device has not sealed", () => {
    const third = sample();
    const { claims } = gather([first], { journal: [one, third] });
    expect(claims.map(({ id, batchRoot }) => [id, batchRoot === null])).toEqual([
      [one.id, false],
      [third.id, true],
    ]);
    const elsewhere = gather([first], { journal: [one], device: `0x${"12".repeat(20)}` });
    expect(elsewhere.claims).toHaveLength(2);
  });

  it("says what is wrong with each file, by its path", () => {
    const { claims, files } = gather([first, { evidence: "{" }], { repositoryIds: ["ab".repeat(16)] });
    expect(files.map(({ path }) => path)).toEqual([
      ".proofline/evidence/0.json",
      ".proofline/evidence/1.json",
    ]);
    expect(claims).toMatchObject([
      { evidence: "foreign", defect: expect.stringContaining("another repository") },
    ]);
    expect(gather([first], { repositoryIds: [] }).claims).toMatchObject([{ evidence: "unidentified" }]);
  });

  it("follows moved files, and keeps the recorded path", () => {
    const { claims } = gather([first], {
      moves: new Moves(
        new Map(),
        new Map([[device, new Map([[one.path, "src/moved.ts"]])]]),
        new Set([one.path]),
      ),
    });
    expect(claims[0]?.pieces).toMatchObject([{ path: "src/moved.ts", recordedPath: one.path }]);
  });
});
