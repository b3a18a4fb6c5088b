import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ProoflineError } from "../../../../server/src/platform/errors";
import { standingSuggestions } from "../../../../server/src/policy/interop/standingSuggestion";
import { traceOf } from "../../../../server/src/policy/interop/traceExport";
import { readTrace } from "../../../../server/src/policy/interop/traceImport";
import { sampleVerdict } from "../../../support/sampleVerdict";

const EXAMPLE = readFileSync(
  join(import.meta.dirname, "../../../fixtures/interop/trace-record.example.json"),
  "utf8",
);

const RECORD = {
  version: "0.1.0",
  id: "550e8400-e29b-41d4-a716-446655440000",
  timestamp: "2026-01-25T10:00:00Z",
  tool: { name: "writer", version: "2" },
};

function record(path: string, range: object, conversation: object = { contributor: { type: "ai" } }): string {
  return JSON.stringify({
    ...RECORD,
    files: [{ path, conversations: [{ ...conversation, ranges: [range] }] }],
  });
}

const ONE = { start_line: 1, end_line: 2 };

function refusal(text: string): string {
  try {
    readTrace(text);
  } catch (error) {
    if (error instanceof ProoflineError && error.code === "interop.input") {
      return error.reason;
    }
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("a record of Agent Trace", () => {
  it.each(["proofline", "Proof\u200bline", "proofline/x@sha256:1", "a@sha256:00"])(
    "that names %j states nothing: that is for evidence to say",
    (name) => {
      const byModel = record("a.ts", ONE, { contributor: { type: "ai", model_id: name } });
      const byTool = JSON.stringify({ ...JSON.parse(record("a.ts", ONE)), tool: { name } });
      for (const text of [byModel, byTool]) {
        expect(refusal(text)).toMatch(/names Proofline, or weights by a digest/);
      }
    },
  );

  it("that was exported by Proofline states nothing, whatever was cut off it", () => {
    const made = traceOf({
      ...{ revision: null, version: "0.1.0", made: 0 },
      suggestions: standingSuggestions(
        [sampleVerdict()],
        new Map([["src/a.ts", "const a = 0;\n".repeat(20)]]),
      ),
    });
    const { metadata: _, ...cut } = made;
    expect(refusal(JSON.stringify(cut))).toMatch(/names Proofline/);
  });

  it("is read as its specification's own example has it", () => {
    expect(readTrace(EXAMPLE)).toEqual({
      revision: "a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6e7f8a9b0",
      passedOver: 0,
      ranges: [
        {
          path: "src/utils/parser.ts",
          ...{ startLine: 42, endLine: 67, tool: "cursor" },
          session: "https://api.cursor.com/v1/conversations/12345",
          model: "anthropic/claude-opus-4-5-20251101",
        },
        {
          path: "src/utils/helpers.ts",
          ...{ startLine: 10, endLine: 25, tool: "cursor" },
          session: "https://api.cursor.com/v1/conversations/12345",
          model: "openai/gpt-4o",
        },
      ],
    });
  });

  it("names its own id where a conversation has no address, and no model where it names none", () => {
    expect(readTrace(record("a.ts", ONE)).ranges).toEqual([
      { path: "a.ts", startLine: 1, endLine: 2, tool: "writer", session: RECORD.id, model: "" },
    ]);
  });

  it.each(["human", "mixed", "unknown"])("gives nothing to a tool that it calls %s's", (type) => {
    expect(readTrace(record("a.ts", ONE, { contributor: { type } }))).toMatchObject({
      ranges: [],
      passedOver: 1,
    });
    const overridden = { ...ONE, contributor: { type } };
    expect(readTrace(record("a.ts", overridden)).ranges).toEqual([]);
    expect(
      readTrace(record("a.ts", { ...ONE, contributor: { type: "ai" } }, { contributor: { type } })).ranges,
    ).toHaveLength(1);
  });

  it("gives nothing to a tool where nobody is named", () => {
    expect(readTrace(record("a.ts", ONE, {}))).toMatchObject({ ranges: [], passedOver: 1 });
  });

  it.each([
    "../a.ts",
    "/etc/passwd",
    "src/../../a.ts",
    "C:/a.ts",
    "src\\a.ts",
    "",
    "a/./b",
    ".git/config",
    "sub/.git/hooks/pre-commit",
    ".proofline/policy.json",
    ".PROOFLINE/policy.json",
    "a\u0000b",
  ])("is refused as a whole with the path %j", (path) => {
    expect(refusal(record(path, ONE))).toContain("no file inside the repository");
  });

  it.each([
    [{ start_line: 0, end_line: 1 }],
    [{ start_line: 3, end_line: 2 }],
    [{ start_line: 1.5, end_line: 2 }],
    [{ start_line: 1, end_line: 2 ** 60 }],
    [{ start_line: "1", end_line: 2 }],
  ])("is refused with the lines %j", (range) => {
    expect(refusal(record("a.ts", range))).toMatch(/\.$/);
  });

  it.each([
    ["no JSON", "{", /no JSON/],
    ["no record", "[]", /no record of Agent Trace/],
    ["another version", EXAMPLE.replace('"0.1.0"', '"1.0.0"'), /version/],
    ["another system's revision", EXAMPLE.replace('"git"', '"jj"'), /of jj, and not a commit of git/],
    ["a revision that could be an option", EXAMPLE.replace(/a1b2c3d4\w+/, "--all"), /not a commit of git/],
    ["half a character", EXAMPLE.replace("openai/gpt-4o", "\\ud800"), /lone surrogate/],
    ["a model's name without end", EXAMPLE.replace("openai/gpt-4o", "x".repeat(251)), /model_id/],
  ])("is refused where it is %s", (_, text, why) => {
    expect(refusal(text)).toMatch(why);
  });

  it("is refused where it is Proofline's own, so that no claim is made once more as a statement", () => {
    const suggestions = standingSuggestions([sampleVerdict()], new Map([["src/a.ts", "a\nb\n"]]));
    const own = traceOf({ suggestions, revision: null, version: "0.1.0", made: 0 });
    expect(refusal(JSON.stringify(own))).toContain("exported by Proofline");
  });

  it("is read or refused, and nothing else, whatever it holds", () => {
    const near = fc
      .json()
      .chain((inner) =>
        fc.constantFrom(
          inner,
          record("a.ts", ONE).replace("[{", `[${inner},{`),
          record("a.ts", ONE).replace('"ai"', inner),
          record("a.ts", ONE).replace("2", inner),
        ),
      );
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), near), (text) => {
        try {
          readTrace(text);
        } catch (error) {
          expect(error).toBeInstanceOf(ProoflineError);
        }
      }),
    );
  });
});
