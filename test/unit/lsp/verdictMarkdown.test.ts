import { describe, expect, it } from "vitest";
import { verdictLine, verdictMarkdown } from "../../../server/src/lsp/verdicts/verdictMarkdown";
import { verify } from "../../../server/src/policy/verifyEvidence";
import { sealed } from "../../support/sampleBatch";
import { accepted, parameters } from "../policy/goodCase";

const ANSWER = "return user.isAdmin;";
const TEXT = `function f(user) {\n  ${ANSWER} // Why.\n}\n`;

/** The verdict on an honest answer that was replayed exactly, or on one that stood in its prompt before. */
function verdictOn({ copied = false, text = TEXT } = {}) {
  const before = `function f(user) {\n  ${ANSWER}\n`;
  const suggestion = accepted(ANSWER, { line: 1, character: 2 }, copied ? { before } : {});
  const file = sealed([suggestion], { texts: { "src/a.ts": text } });
  const given = parameters(text, [file], [suggestion.id]);
  const [verdict] = verify(given).suggestions;
  if (verdict === undefined) {
    throw new Error("there is no verdict");
  }
  return {
    line: verdictLine(verdict, true, null),
    whole: verdictMarkdown(verdict, given.policy, null, null),
  };
}

describe("what a hover says of a verdict", () => {
  it("is in one line no more than the badge says: whether it is a part, and whether it was copied", () => {
    expect(verdictOn().line).toContain("**verified** · part · local chain");
    expect(verdictOn({ text: TEXT.replace(" // Why.", "") }).line).toContain("**verified** · local chain");
    expect(verdictOn({ copied: true }).line).toContain("**anchored** · part · copied · local chain");
  });

  it("is never that nobody replayed what was replayed, and names the copy that keeps it from being verified", () => {
    const { whole, line } = verdictOn({ copied: true });
    for (const text of [whole, line]) {
      expect(text).not.toMatch(/not replayed/);
    }
    expect(whole).toContain("Copied from its prompt");
    expect(verdictOn().whole).not.toContain("Copied");
  });
});
