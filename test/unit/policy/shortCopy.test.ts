/** Copies of a word or two, which any line could share. */
import { describe, expect, it } from "vitest";
import { verify } from "../../../server/src/policy/verifyEvidence";
import { sample, sealed } from "../../support/sampleBatch";
import { parameters } from "./goodCase";

/** The summary, whether it is copied and from where, of a text accepted between two others. */
function judged(accepted: string, before: string, hidden = "") {
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
  const [verdict] = verify({ ...good, texts: new Map([[path, text]]) }).suggestions;
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

  it("is called copied as soon as there is enough of it", () => {
    expect(judged("return stack.items.length;", `${METHOD}function count(stack) {\n  `)).toEqual([
      "verified",
      "fromToday",
      { path: "src/stack.js", line: 2 },
    ]);
  });
});
