import { describe, expect, it } from "vitest";
import { DEFAULT_REQUIREMENTS, shortcomings, summarize } from "../../../server/src/policy/summary";
import type { Checks } from "../../../server/src/policy/verdict";
import { CHECK_VALUES, type CheckName, type Summary } from "../../../server/src/protocol/verdictWords";

const names = Object.keys(CHECK_VALUES) as CheckName[];

function* combinations(): Generator<Checks> {
  const current: Record<string, string> = {};
  function* from(index: number): Generator<Checks> {
    const name = names[index];
    if (name === undefined) {
      yield { ...current } as unknown as Checks;
      return;
    }
    for (const value of CHECK_VALUES[name]) {
      current[name] = value;
      yield* from(index + 1);
    }
  }
  yield* from(0);
}

/** The design's table, written a second time as a chain of conditions. */
function expected(c: Checks): Summary {
  if (c.evidence !== "intact") {
    return "failed";
  }
  if (c.signature === "invalid" || c.signature === "revokedDevice") {
    return "failed";
  }
  if (c.anchor === "absent" || c.anchor === "reorged") {
    return "failed";
  }
  if (c.model === "revoked" || c.replay === "mismatch") {
    return "failed";
  }
  if (c.content === "ambiguous" || c.anchor === "unreachable" || c.anchor === "wrongChain") {
    return "unknown";
  }
  if (c.anchor === "pending") {
    return "pending";
  }
  if (c.model === "unapproved") {
    return "unverified";
  }
  if (c.content === "edited" || c.content === "gone") {
    return "edited";
  }
  return c.replay === "notRun" || c.replay === "impossible" ? "anchored" : "verified";
}

describe("summarize", () => {
  it("agrees with the design's order over every combination of values", () => {
    let seen = 0;
    for (const checks of combinations()) {
      seen += 1;
      if (summarize(checks) !== expected(checks)) {
        expect({ checks, summary: summarize(checks) }).toBe(expected(checks));
      }
    }
    expect(seen).toBe(names.reduce((product, name) => product * CHECK_VALUES[name].length, 1));
  });

  it("names no shortcoming exactly where it says verified", () => {
    for (const checks of combinations()) {
      if ((shortcomings(checks).length === 0) !== (summarize(checks) === "verified")) {
        expect(checks).toBeNull();
      }
    }
  });

  const good: Checks = {
    content: "verbatim",
    evidence: "intact",
    signature: "unknownDevice",
    anchor: "included",
    anchorTrust: "local",
    model: "pinOnly",
    environment: "declaredUnknown",
    prompt: "disclosed",
    replay: "exact",
  };

  it.each([
    [{ listedDevicesOnly: true }, "signature"],
    [{ approvedModelsOnly: true }, "model"],
    [{ approvedEnvironmentsOnly: true }, "environment"],
    [{ finalizedOnly: true }, "anchor"],
  ] as const)("%o makes the same suggestion unverified, because of its %s", (requirement, check) => {
    const strict = { ...DEFAULT_REQUIREMENTS, ...requirement };
    expect(summarize(good)).toBe("verified");
    expect(summarize(good, strict)).toBe("unverified");
    expect(shortcomings(good, strict)).toEqual([check]);
  });
});
