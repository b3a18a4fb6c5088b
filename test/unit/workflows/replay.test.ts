import { describe, expect, it } from "vitest";
import { readEvidence } from "../../../server/src/evidence/format/readEvidence";
import type { TrimVersion } from "../../../server/src/inference/suggestion";
import { TRIM_VERSION } from "../../../server/src/inference/trim";
import { Moves } from "../../../server/src/policy/moves";
import { type Replayable, replayKey, replayObstacle } from "../../../server/src/workflows/replay";
import { replayables } from "../../../server/src/workflows/verify";
import { sample, sealed } from "../../support/sampleBatch";

/** What a replay gets of a suggestion that was sealed by another version of Proofline. */
function sealedWith(trim: TrimVersion): Replayable {
  const suggestion = { ...sample(), trim };
  const { evidence: text, batchRoot: root } = sealed([suggestion]);
  const reading = readEvidence(Buffer.from(text, "utf8"));
  expect(reading.kind).toBe("intact");
  const evidence = [{ path: `.proofline/evidence/${root}.json`, reading }];
  const [found] = replayables({ evidence, moves: Moves.NONE }, []);
  if (found === undefined) {
    throw new Error("nothing can be replayed");
  }
  return found;
}

describe("what can be replayed", () => {
  it("is text that was cut by the trim chain of this version", () => {
    expect(replayObstacle(sealedWith(TRIM_VERSION))).toBe(null);
  });

  it("is not what another trim chain cut, though its evidence is intact", () => {
    expect(replayObstacle(sealedWith("trim/v999"))).toBe(
      `Its text was trimmed by trim/v999, which this version of Proofline does not know; it has ${TRIM_VERSION}.`,
    );
  });

  it("is not what is longer than any answer that is asked for: looking at it would take long", () => {
    const { values, ...rest } = sealedWith(TRIM_VERSION);
    if (values === null) {
      throw new Error("the prompt is sealed");
    }
    const longer = (change: Partial<typeof values>): string | null =>
      replayObstacle({ ...rest, values: { ...values, ...change } });
    expect(longer({ tokens: Array.from({ length: 1024 }, () => 1) })).toBeNull();
    expect(longer({ tokens: Array.from({ length: 1025 }, () => 1) })).toMatch(/1025 tokens, of at most 1024/);
    expect(longer({ raw: "x".repeat(16_385) })).toMatch(/longer than any/);
  });

  it("is remembered for one trim chain only", () => {
    const suggestion = sealedWith(TRIM_VERSION);
    expect(replayKey({ ...suggestion, trim: "trim/v999" })).not.toBe(replayKey(suggestion));
    expect(replayKey({ ...suggestion, id: "another" })).toBe(replayKey(suggestion));
    expect(replayKey({ ...suggestion, values: null })).toBe(null);
  });
});
