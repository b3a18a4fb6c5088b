import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { broughtBy, touchedBy } from "../../../../server/src/policy/changes";
import { Assistance, assistedBy } from "../../../../server/src/policy/interop/assistedBy";
import { standingSuggestions } from "../../../../server/src/policy/interop/standingSuggestion";
import type { Verdict } from "../../../../server/src/policy/verdict";
import { digestOf } from "../../../support/digests";
import { oneOfEach, sampleVerdict } from "../../../support/sampleVerdict";

const TEXT = "const a = 0;\n".repeat(20);

function assisted(verdicts: readonly Verdict[]): Assistance {
  return assistedBy(standingSuggestions(verdicts, new Map([["src/a.ts", TEXT]])));
}

describe("the trailers of a change", () => {
  it("name each model once, by its pin's name and digest, with the verdicts behind it", () => {
    const { trailers, notBelieved } = Assistance.parse(assisted(oneOfEach()));
    expect(trailers.map(({ trailer }) => trailer)).toEqual([
      "Assisted-by: Proofline:proofline-code@a1a1a1a1a1a1",
    ]);
    expect(trailers[0]?.verdicts).toEqual(
      ["verified", "attested", "anchored", "stated", "edited", "unverified", "pending"].map((summary) => ({
        summary,
        suggestions: 1,
      })),
    );
    expect(notBelieved).toBe(2);
  });

  it("tell two models of one name apart, and name one without an installed pin by its digest", () => {
    const { model } = sampleVerdict().findings;
    const others = [
      { ...model, manifestDigest: digestOf("d4") },
      { ...model, name: null },
    ];
    const { trailers } = assisted([
      sampleVerdict(),
      ...others.map((one) => sampleVerdict({}, { model: one })),
    ]);
    expect(trailers.map(({ trailer }) => trailer)).toEqual([
      "Assisted-by: Proofline:proofline-code@a1a1a1a1a1a1",
      "Assisted-by: Proofline:proofline-code@d4d4d4d4d4d4",
      "Assisted-by: Proofline:sha256-a1a1a1a1a1a1",
    ]);
  });

  it.each([
    ["Proofline", "proofline-code@a1a1a1a1a1a1"],
    ["PROOF\u200bLINE", "sha256-a1a1a1a1a1a1"],
    ["ＰＲＯＯＦＬＩＮＥ", "proofline/x"],
    ["writer x@example.org", "model"],
  ])(
    "never are those of pinned weights, nor hold an address, where %j says that %j wrote it",
    (tool, told) => {
      const { execution } = sampleVerdict().findings;
      const model = { name: null, told, manifestDigest: null, omsRoot: null, tool };
      const stated = sampleVerdict(
        { summary: "stated", key: "another" },
        { execution: { ...execution, kind: "stated" }, model },
      );
      const attested = sampleVerdict(
        { summary: "attested", key: "a third" },
        {
          execution: { ...execution, kind: "attested" },
          model: { ...model, told: "proofline-code@a1a1a1a1a1a1" },
        },
      );
      const { trailers } = assisted([sampleVerdict(), stated, attested]);
      const pinned = trailers.filter(({ manifestDigest }) => manifestDigest !== null);
      expect(pinned.map(({ verdicts }) => verdicts)).toEqual([[{ summary: "verified", suggestions: 1 }]]);
      for (const { trailer, agent, manifestDigest } of trailers) {
        expect(manifestDigest !== null || !trailer.includes("@")).toBe(true);
        expect(manifestDigest !== null || !trailer.includes(":sha256-")).toBe(true);
        expect([agent, tool === "writer x@example.org"]).not.toEqual(["Proofline-x", false]);
      }
      expect(new Set(trailers.map(({ trailer }) => trailer)).size).toBe(trailers.length);
    },
  );

  it("name the tool that is said to have written a line, and never Proofline in its place", () => {
    const { execution } = sampleVerdict().findings;
    const stated = (told: string, tool?: string) =>
      sampleVerdict(
        { summary: "stated" },
        {
          execution: { ...execution, kind: "stated" },
          model: {
            name: null,
            told,
            manifestDigest: null,
            omsRoot: null,
            ...(tool !== undefined && { tool }),
          },
        },
      );
    const { trailers } = assisted([stated("openai/gpt-5", "Some Tool: 2"), stated(""), stated("x", "")]);
    expect(trailers.map(({ trailer }) => trailer)).toEqual([
      "Assisted-by: Some-Tool-2:openai/gpt-5",
      "Assisted-by: unknown:unknown",
      "Assisted-by: unknown:x",
    ]);
  });

  it("are one line of two words each, whatever a model is called, and sign nothing off", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), (name) => {
        const { model } = sampleVerdict().findings;
        for (const one of [
          { ...model, name },
          { ...model, name: null, manifestDigest: null, told: name },
        ]) {
          for (const { trailer } of assisted([sampleVerdict({}, { model: one })]).trailers) {
            expect(trailer).toMatch(/^Assisted-by: Proofline:[\p{L}\p{N}._/@+-]+$/u);
          }
        }
      }),
    );
    const model = { ...sampleVerdict().findings.model, name: "x\nSigned-off-by: A <a@example.com>" };
    expect(assisted([sampleVerdict({}, { model })]).trailers[0]?.trailer).toBe(
      "Assisted-by: Proofline:x-u-a-Signed-off-by-A-a@example.com@a1a1a1a1a1a1",
    );
  });
});

describe("the lines of a change", () => {
  const changes = [
    { path: "src/a.ts", lines: [{ start: 3, end: 5 }], isNew: false, isGone: false },
    { path: "gone.ts", lines: [{ start: 1, end: 9 }], isNew: false, isGone: true },
  ];

  it.each([
    [{ path: "src/a.ts", startLine: 1, endLine: 2 }, false, false],
    [{ path: "src/a.ts", startLine: 2, endLine: 3 }, true, false],
    [{ path: "src/a.ts", startLine: 3, endLine: 5 }, true, true],
    [{ path: "src/a.ts", startLine: 5, endLine: 6 }, true, false],
    [{ path: "src/b.ts", startLine: 4, endLine: 4 }, false, false],
    [{ path: "gone.ts", startLine: 4, endLine: 4 }, false, false],
  ])("are touched, or brought whole: %o", (lines, touched, brought) => {
    expect([touchedBy(changes)(lines), broughtBy(changes)(lines)]).toEqual([touched, brought]);
  });
});
