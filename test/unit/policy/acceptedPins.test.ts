import { describe, expect, it } from "vitest";
import { builtInPolicy, type KnownModel, namesakesAmong } from "../../../server/src/policy/policy";
import { verify } from "../../../server/src/policy/verifyEvidence";
import { digestOf } from "../../support/digests";
import { device, execution, sealed } from "../../support/sampleBatch";
import { accepted, parameters } from "./goodCase";

const BEFORE = "export function add(a: number, b: number): number {\n  ";
const ANSWER = "const total = a + b;\n  return total;";
const AFTER = "\n}\n";

/** The pin under which the sample was made, and one of the same name that a person installed before. */
const pin: KnownModel = execution.model;
const namesake: KnownModel = { ...pin, manifestDigest: digestOf("c3"), omsRoot: digestOf("d4") };

/** The verdict on a suggestion that is good but for its model, which the pins here decide about. */
function verdictUnder(pins: readonly KnownModel[], installed: readonly KnownModel[]) {
  const suggestion = accepted(ANSWER, { line: 1, character: 2 }, { before: BEFORE, after: AFTER });
  const good = parameters(BEFORE + ANSWER + AFTER, [sealed([suggestion])], [suggestion.id]);
  const [verdict] = verify({ ...good, policy: builtInPolicy({ device, pins, installed }) }).suggestions;
  return {
    summary: verdict?.summary,
    model: verdict?.checks.model,
    execution: verdict?.checks.execution,
    name: verdict?.findings.model.name,
    reason: verdict?.reasons[0] ?? "",
  };
}

describe("a model that is installed here", () => {
  it("counts where it was accepted", () => {
    expect(verdictUnder([pin], [namesake])).toMatchObject({
      summary: "verified",
      model: "pinOnly",
      name: pin.name,
    });
  });

  it("does not count where it was not, whatever its replay says, and what to do is said", () => {
    const { reason, ...rest } = verdictUnder([], [pin]);
    // Its name is its maker's, and stands for nothing before a person took it.
    expect(rest).toEqual({ summary: "unverified", model: "unapproved", execution: "exact", name: null });
    expect(reason).toContain("installed here, but not accepted for this repository");
    expect(reason).toContain(`proofline model accept ${pin.manifestDigest.slice(0, 12)}`);
    expect(reason).toContain("Accept a Model…");
  });

  it.each([
    ["and installed", [pin]],
    ["and not installed", []],
  ])("gives no other of its name what it was given: not accepted %s", (_, installed) => {
    const { model, name, reason } = verdictUnder([namesake], installed);
    expect({ model, name }).toEqual({ model: "unapproved", name: null });
    expect(reason).toContain(
      `It calls itself “${pin.name}”, as the model installed here with another pin does (${namesake.manifestDigest})`,
    );
  });

  it("is contradicted by evidence that names it otherwise, accepted or not", () => {
    const renamed = { ...pin, name: "another" };
    expect(verdictUnder([renamed], []).model).toBe("misnamed");
    expect(verdictUnder([], [renamed])).toMatchObject({ summary: "failed", model: "misnamed" });
  });
});

describe("namesakes", () => {
  it("are the other pins of a name, each once", () => {
    const other = { ...pin, name: "other", manifestDigest: digestOf("e5") };
    expect(namesakesAmong([pin, namesake, namesake, other], pin)).toEqual([namesake.manifestDigest]);
    expect(namesakesAmong([pin, namesake], { ...pin, manifestDigest: null })).toEqual(
      [pin.manifestDigest, namesake.manifestDigest].sort(),
    );
  });
});
