import { describe, expect, it } from "vitest";
import { DEFAULT_REQUIREMENTS, shortcomings, summarize } from "../../../server/src/policy/summary";
import type { Checks } from "../../../server/src/policy/verdict";
import { CHECK_VALUES, type CheckName, type Summary } from "../../../server/src/protocol/verdictWords";

const names = Object.keys(CHECK_VALUES) as CheckName[];

/** Visits every combination of values, in one object that changes: there are millions. */
function forEachCombination(visit: (checks: Checks) => void): number {
  const current: Record<string, string> = {};
  let seen = 0;
  const from = (index: number): void => {
    const name = names[index];
    if (name === undefined) {
      seen += 1;
      visit(current as unknown as Checks);
      return;
    }
    for (const value of CHECK_VALUES[name]) {
      current[name] = value;
      from(index + 1);
    }
  };
  from(0);
  return seen;
}

/** The design's table, written a second time as a chain of conditions. */
function expected(c: Checks): Summary {
  const failed =
    (c.evidence !== "intact" && c.evidence !== "unidentified" && c.evidence !== "newer") ||
    c.signature === "invalid" ||
    c.signature === "revokedDevice" ||
    c.anchor === "absent" ||
    c.anchor === "reorged" ||
    c.model === "revoked" ||
    c.model === "misnamed" ||
    c.environment === "declaredRevoked" ||
    c.execution === "mismatch" ||
    c.execution === "enclaveContradicted";
  if (failed) {
    return "failed";
  }
  if (c.evidence === "unidentified" || c.evidence === "newer" || c.content === "ambiguous") {
    return "unknown";
  }
  if (c.anchor === "unreachable" || c.anchor === "wrongChain" || c.anchor === "disputed") {
    return "unknown";
  }
  if (c.anchor === "pending") {
    return "pending";
  }
  if (c.model === "unapproved" || c.execution === "enclaveUnchecked") {
    return "unverified";
  }
  if (c.content === "edited" || c.content === "gone") {
    return "edited";
  }
  if (c.execution === "stated") {
    return "stated";
  }
  if (c.execution === "notRun" || c.execution === "impossible" || c.copied === "fromPrompt") {
    return "anchored";
  }
  return c.execution === "enclaveSigned" || c.model === "unproved" ? "attested" : "verified";
}

describe("summarize", () => {
  it("agrees with the design's order over every combination of values", () => {
    const seen = forEachCombination((checks) => {
      if (summarize(checks) !== expected(checks)) {
        expect({ checks, summary: summarize(checks) }).toBe(expected(checks));
      }
    });
    expect(seen).toBe(names.reduce((product, name) => product * CHECK_VALUES[name].length, 1));
  });

  it("names no shortcoming exactly where it says verified", () => {
    forEachCombination((checks) => {
      // No value of these checks weighs anything.
      if (checks.anchorTrust !== "local" || checks.prompt !== "bound") {
        return;
      }
      if ((shortcomings(checks).length === 0) !== (summarize(checks) === "verified")) {
        expect(checks).toBeNull();
      }
    });
  });

  it("never says verified without a replay, whole lines, intact evidence and words of the model's own", () => {
    forEachCombination((checks) => {
      if (checks.anchorTrust === "local" && summarize(checks) === "verified") {
        const isReplayed = ["exact", "withinTolerance", "verifierReplayed"].includes(checks.execution);
        const isWhole = ["verbatim", "reformatted", "moved"].includes(checks.content);
        if (!isReplayed || !isWhole || checks.evidence !== "intact" || checks.copied === "fromPrompt") {
          expect(checks).toBeNull();
        }
      }
    });
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
    copied: "no",
    execution: "exact",
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
