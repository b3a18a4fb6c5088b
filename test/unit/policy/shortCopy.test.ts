/** Copies of a word or two, which any line could share. */
import { describe, expect, it } from "vitest";
import { verify } from "../../../server/src/policy/verifyEvidence";
import { sample, sealed } from "../../support/sampleBatch";
import { parameters } from "./goodCase";

/** The summary, whether it is copied and from where, of a text accepted between two others; `later` is what became of the file. */
function judged(accepted: string, before: string, hidden = "", later = (text: string): string => text) {
  const path = "src/stack.js";
  const after = "\n}\n";
  const text = `${before}${accepted}${after}`;
  const lines = before.split("\n");
  const suggestion = sample({
    path,
    displayed: accepted,
    position: { line: lines.length - 1, character: lines.at(-1)?.length ?? 0 },
    prompt: { prefix: `${hidden}${before}`, suffix: after, context: [] },
  });
  const file = sealed([suggestion], { texts: { [path]: text } });
  const good = parameters(text, [file], [suggestion.id]);
  const texts = new Map([[path, later(text)]]);
  const [verdict] = verify({ ...good, texts, sameTokens: () => true }).suggestions;
  return [verdict?.summary, verdict?.checks.copied, verdict?.findings.prompt.copiedFrom];
}

const METHOD = "function size(stack) {\n  return stack.items.length;\n}\n";

describe("a word that stands in the file already", () => {
  it("is not called copied", () => {
    expect(judged("items", `${METHOD}function first(stack) {\n  const all = stack.`)).toEqual([
      "verified",
      "no",
      null,
    ]);
  });

  it("is a copy where only the prompt holds it, since it may have been put there for this answer", () => {
    expect(judged("items", "function first(stack) {\n  const all = stack.", "// Write items.\n")).toEqual([
      "anchored",
      "fromPrompt",
      null,
    ]);
  });

  it("is none of the prompt alone where a formatter indented all of the file since", () => {
    const accepted = "return stack.items.length;";
    const before = `${METHOD}function count(stack) {\n  `;
    expect(judged(accepted, before, "", (text) => text.replaceAll("  ", "\t"))).toEqual([
      "verified",
      "fromToday",
      { path: "src/stack.js", line: 2 },
    ]);
    const changed = (text: string): string => text.replace("items", "all").replaceAll("  ", "\t");
    expect(judged(accepted, before, "", changed)).toEqual(["anchored", "fromPrompt", null]);
  });

  it("is called copied as soon as there is enough of it", () => {
    expect(judged("return stack.items.length;", `${METHOD}function count(stack) {\n  `)).toEqual([
      "verified",
      "fromToday",
      { path: "src/stack.js", line: 2 },
    ]);
  });
});
