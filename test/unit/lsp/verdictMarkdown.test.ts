import { describe, expect, it } from "vitest";
import type { AnchorCheck } from "../../../server/src/chain/chain";
import { verdictLine, verdictMarkdown } from "../../../server/src/lsp/verdicts/verdictMarkdown";
import { verify } from "../../../server/src/policy/verifyEvidence";
import { sealed } from "../../support/sampleBatch";
import { accepted, parameters } from "../policy/goodCase";

const ANSWER = "return user.isAdmin;";
const TEXT = `function f(user) {\n  ${ANSWER} // Why.\n}\n`;

/** The verdict on an honest answer that was replayed exactly, or on one that stood in its prompt before. */
function verdictOn({
  copied = false,
  text = TEXT,
  anchor = {},
}: {
  copied?: boolean;
  text?: string;
  anchor?: Partial<AnchorCheck>;
} = {}) {
  const before = `function f(user) {\n  ${ANSWER}\n`;
  const suggestion = accepted(ANSWER, { line: 1, character: 2 }, copied ? { before } : {});
  const file = sealed([suggestion], { texts: { "src/a.ts": text } });
  const given = parameters(text, [file], [suggestion.id]);
  const chain = new Map([...given.chain].map(([root, check]) => [root, { ...check, ...anchor }]));
  const [verdict] = verify({ ...given, chain }).suggestions;
  if (verdict === undefined) {
    throw new Error("there is no verdict");
  }
  return {
    line: verdictLine(verdict, verdict.checks.anchorTrust === "local", null),
    whole: verdictMarkdown(verdict, given.policy, null, null).replaceAll("\\", ""),
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

  it("names whose word the chain is", () => {
    const one = verdictOn({ anchor: { trust: "singleRpc", operators: ["infura.io"] } });
    expect(one.line).toContain("**verified** · part · one operator");
    expect(one.whole).toContain("whether the one operator's servers tell the truth");
    expect(one.whole).toContain("the word of a single operator of RPC servers (infura.io)");
    const two = verdictOn({ anchor: { trust: "quorum", operators: ["infura.io", "ankr.com"] } });
    expect(two.line).not.toContain("one operator");
    expect(two.whole).toContain("of 2 independent operators agree");
    const proved = verdictOn({ anchor: { trust: "stateProof", operators: ["infura.io", "ankr.com"] } });
    expect(proved.whole).toContain("A proof of the chain's state shows the anchor");
    // Nobody was asked about it.
    expect(proved.whole).not.toContain("Transaction");
    expect(verdictOn({ anchor: { trust: "offlineProof" } }).whole).toContain("no server was asked now");
  });

  it("tells who contradicts whom, and what anchor files say otherwise", () => {
    const reason =
      "The servers contradict each other about block 5: a.example says one thing; b.example another.";
    const disputed = verdictOn({ anchor: { status: "disputed", trust: "singleRpc", anchor: null, reason } });
    expect(disputed.whole).toContain("**Proofline: unknown**");
    expect(disputed.whole).toContain("b.example another");
    const remarks = ["The batch is anchored on Base, not on Unichain."];
    expect(verdictOn({ anchor: { trust: "quorum", operators: ["a", "b"], remarks } }).whole).toContain(
      "anchored on Base, not on Unichain",
    );
  });
});
