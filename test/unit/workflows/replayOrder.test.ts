import { describe, expect, it } from "vitest";
import type { Replayable } from "../../../server/src/workflows/replay";
import { inReadingOrder, nextInReadingOrder } from "../../../server/src/workflows/replayOrder";
import { sample } from "../../support/sampleBatch";

function replayable(id: string, before: string, after: string): Replayable {
  const { execution, values } = sample({ prompt: { prefix: before, suffix: after, context: [] } });
  return { claim: id, id, model: execution.model, profile: execution.profile, trim: "trim/v1", values };
}

describe("the order of replays", () => {
  const grown = replayable("grown", "const a = 1;\nconst b = 2;\n", "end\n");
  const elsewhere = replayable("elsewhere", "x\n", "other end\n");
  const early = replayable("early", "const a = 1;\n", "end\n");
  const sealed: Replayable = { ...early, id: "sealed", values: null };

  it("puts prompts that begin alike next to each other, shorter ones first, and what is sealed last", () => {
    const order = inReadingOrder([sealed, grown, elsewhere, early]).map(({ id }) => id);
    expect(order).toEqual(["early", "grown", "elsewhere", "sealed"]);
  });

  it("takes what came first, or what it grew from", () => {
    const entry = (one: Replayable): [string, Replayable] => [one.id, one];
    expect(nextInReadingOrder([])).toBe(null);
    expect(nextInReadingOrder([elsewhere, grown, early].map(entry))?.[0]).toBe("elsewhere");
    expect(nextInReadingOrder([grown, elsewhere, early].map(entry))?.[0]).toBe("early");
  });
});
