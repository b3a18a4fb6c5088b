import { describe, expect, it } from "vitest";
import type { AnchorCheck } from "../../../server/src/chain/chain";
import { verdictDocument } from "../../../server/src/lsp/verdicts/verdictDocument";
import { verdictLine, verdictMarkdown } from "../../../server/src/lsp/verdicts/verdictMarkdown";
import { ModelStore } from "../../../server/src/models/store/modelStore";
import { verify } from "../../../server/src/policy/verifyEvidence";
import { lookAround } from "../../../server/src/workflows/knownHere";
import { EMBEDDED_MODEL } from "../../support/models/modelFolder";
import { sealed } from "../../support/sampleBatch";
import { temporaryFolder } from "../../support/workspace";
import { accepted, parameters } from "../policy/goodCase";

const ANSWER = "return user.isAdmin;";
const TEXT = `function f(user) {\n  ${ANSWER} // Why.\n}\n`;

/** The verdict on an honest answer that was replayed exactly, or on one that stood in its prompt before. */
function verdictOn({
  copied = false,
  before = "function f(user) {\n  ",
  text = TEXT,
  line = 1,
  anchor = {},
}: {
  copied?: boolean;
  before?: string;
  text?: string;
  /** Where it stands, zero-based. */
  line?: number;
  anchor?: Partial<AnchorCheck>;
} = {}) {
  const prompt = copied ? `function f(user) {\n  ${ANSWER}\n` : before;
  const suggestion = accepted(ANSWER, { line, character: 2 }, { before: prompt });
  const file = sealed([suggestion], { texts: { "src/a.ts": text } });
  const given = parameters(text, [file], [suggestion.id]);
  const chain = new Map([...given.chain].map(([root, check]) => [root, { ...check, ...anchor }]));
  const [verdict] = verify({ ...given, chain }).suggestions;
  if (verdict === undefined) {
    throw new Error("there is no verdict");
  }
  const reader = { policy: given.policy, device: given.device };
  const { batch } = given.evidence[0]?.reading ?? { batch: null };
  const claim = batch?.claims[0];
  if (batch === null || claim === undefined) {
    throw new Error("there is no claim");
  }
  return {
    beside: (other: string) => verdictMarkdown(verdict, reader, null, [other]),
    line: verdictLine(verdict, null),
    whole: verdictMarkdown(verdict, reader, null).replaceAll("\\", ""),
    document: verdictDocument(verdict, reader, {
      revision: null,
      sealed: { batch, claim, file: "/project/.proofline/evidence/1.json" },
      note: null,
      signature: null,
      whySealed: null,
    }).replaceAll("\\", ""),
  };
}

describe("what a hover says of a verdict", () => {
  it("is that this computer accepted it, also before its first batch gives it a device key", async () => {
    const home = temporaryFolder("home");
    const { device, policy } = await lookAround(
      home,
      { store: new ModelStore(home), embedded: EMBEDDED_MODEL, own: null },
      null,
    );
    const suggestion = accepted(ANSWER, { line: 1, character: 2 });
    const given = parameters(TEXT, [], []);
    const [verdict] = verify({ ...given, device, policy, journal: [suggestion] }).suggestions;
    if (verdict === undefined) {
      throw new Error("there is no verdict");
    }
    const reader = { policy, device };
    const hover = verdictMarkdown(verdict, reader, null).replaceAll("\\", "");
    expect(hover).toContain("Accepted on this computer.");
    expect(hover).not.toContain("whose device signed");
    const page = verdictDocument(verdict, reader, {
      revision: null,
      sealed: null,
      note: null,
      signature: null,
      whySealed: "The prompt contains lines that are not in the repository's saved files.",
    });
    expect(page).toContain("You are its author.");
    expect(page).toContain("lines that are not in the repository");
    expect(page).not.toContain("| Device |");
    expect(page).toContain("Not signed yet");
  });

  it("is in one line no more than the badge says: whether it is a part, and whether it was copied", () => {
    expect(verdictOn().line).toContain("**verified** · part");
    expect(verdictOn({ text: TEXT.replace(" // Why.", "") }).line).toContain("**verified**");
    expect(verdictOn({ copied: true }).line).toContain("**anchored** · part · copied");
  });

  it("is that most of it was copied, where not all of it was", () => {
    const copy = (line: string) => {
      const before = `${line}\nfunction f(user) {\n  `;
      return verdictOn({ before, text: `${before}${ANSWER}\n}\n`, line: 2 }).whole;
    };
    expect(copy(ANSWER)).toContain("; copied from src/a.ts:1");
    expect(copy("return user.isAdmit;")).toContain("; most of it copied from src/a.ts:1");
  });

  it("is never that nobody replayed what was replayed, and names the copy that keeps it from being verified", () => {
    const { whole, line } = verdictOn({ copied: true });
    for (const text of [whole, line]) {
      expect(text).not.toMatch(/not replayed/);
    }
    expect(whole).toContain("most of it stood in its prompt");
    expect(whole).toContain("copied from its own prompt");
    expect(verdictOn().whole).not.toContain("copied");
  });

  it("names whose word the chain is", () => {
    const one = verdictOn({ anchor: { trust: "singleRpc", operators: ["infura.io"] } });
    expect(one.line).toContain("**verified** · part · one operator");
    expect(one.whole).toContain("whether the one operator's servers tell the truth");
    expect(one.whole).toContain("one operator says so");
    expect(one.document).toContain("the word of a single operator of RPC servers (infura.io)");
    const two = verdictOn({ anchor: { trust: "quorum", operators: ["infura.io", "ankr.com"] } });
    expect(two.line).not.toContain("one operator");
    expect(two.whole).toContain("2 independent operators agree");
    const proved = verdictOn({ anchor: { trust: "stateProof", operators: ["infura.io", "ankr.com"] } });
    expect(proved.document).toContain("A proof of the chain's state shows the anchor");
    // Nobody was asked about it.
    expect(proved.document).not.toContain("Transaction");
    expect(verdictOn({ anchor: { trust: "offlineProof" } }).document).toContain("no server was asked now");
  });

  it("tells who contradicts whom, and what anchor files say otherwise", () => {
    const reason =
      "The servers contradict each other about block 5: a.example says one thing; b.example another.";
    const disputed = verdictOn({ anchor: { status: "disputed", trust: "singleRpc", anchor: null, reason } });
    expect(disputed.whole).toContain("**unknown**");
    expect(disputed.whole).toContain("b.example another");
    const remarks = ["The batch is anchored on Base, not on Unichain."];
    expect(verdictOn({ anchor: { trust: "quorum", operators: ["a", "b"], remarks } }).document).toContain(
      "anchored on Base, not on Unichain",
    );
  });

  it("begins with the word, then who and when, and fits into what an editor shows without scrolling", () => {
    for (const { whole } of [
      verdictOn(),
      verdictOn({ copied: true }),
      verdictOn({ text: TEXT.replace("isAdmin", "isRoot") }),
    ]) {
      const lines = whole.split("\n");
      expect(lines[0]).toMatch(/^\*\*(verified|anchored|edited)\*\*: /);
      expect(lines[1]).toMatch(/^Accepted on .* onchain since 2027-01-15/);
      // Twelve lines of some 75 characters, and half a line's space between paragraphs, are 250 pixels.
      const drawn = whole.replace(/\(command:[^)]*\)/g, "").split(/\n\n| {2}\n/);
      expect(drawn.reduce((sum, line) => sum + Math.ceil(line.length / 75), 0)).toBeLessThanOrEqual(12);
    }
  });

  it("names claims in its links by their whole hashes", () => {
    const [, key] = /openVerdict\?([^)]*)\)/.exec(verdictOn().whole) ?? [];
    expect(JSON.parse(decodeURIComponent(key ?? ""))).toEqual([expect.stringMatching(/^[0-9a-f]{64}/)]);
  });

  it("says what is known where nothing but the chain is missing", () => {
    const { line, whole } = verdictOn({
      anchor: { status: "wrongChain", anchor: null, reason: "It is anchored on another chain." },
    });
    expect(line).toContain("**unknown** · part · replayed here");
    expect(whole).toContain("the model yields this text, as replaying it here showed");
  });

  it("lists what else stands on the line", () => {
    const { beside, line } = verdictOn();
    expect(beside(line)).toContain(`Also on this line:  \n${line}`);
  });
});

describe("a verdict document", () => {
  it("names every check, what was asked and answered, and all digests whole", () => {
    const { document } = verdictOn();
    for (const name of [
      "Text",
      "Evidence file",
      "Signature",
      "Onchain",
      "Output",
      "Model",
      "Environment",
      "Prompt",
    ]) {
      expect(document).toContain(`| ${name} |`);
    }
    expect(document).toContain("```\nfunction f(user) {");
    expect(document).toContain(ANSWER);
    expect(document).toMatch(/Batch root \| `[0-9a-f]{64}`/);
    expect(document).toContain('"acceptance"');
    expect(document).toContain("`src/a.ts`, line 2: ");
    expect(document).toContain("`.proofline/evidence/1.json`");
    // The preview draws a link to a file as its Markdown.
    expect(document).not.toMatch(/\]\(<?file:/);
  });

  it("lets no text of the evidence end its block, hide or link", () => {
    const evil = "a\n```\n# verified\n[x](command:proofline.restart)\u202e";
    const { document } = verdictOn({ before: `${evil}\n` });
    expect(document).toContain("````\n");
    expect(document).not.toContain("\u202e");
    expect(document).toContain("u{202e}");
  });
});
