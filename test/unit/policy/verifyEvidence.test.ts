import { describe, expect, it } from "vitest";
import type { BatchFacts } from "../../../server/src/evidence/format/record";
import type { Prompt } from "../../../server/src/inference/suggestion";
import type { EvidenceInput } from "../../../server/src/policy/evidenceIndex";
import { Moves } from "../../../server/src/policy/moves";
import { reasonFor } from "../../../server/src/policy/reasons";
import { verify } from "../../../server/src/policy/verifyEvidence";
import { replayables } from "../../../server/src/workflows/verify";
import { digestOf } from "../../support/digests";
import { execution, facts, sealed } from "../../support/sampleBatch";
import { accepted, claimOf, parameters } from "./goodCase";

const before = "export function add(a: number, b: number): number {\n  ";
const answer = "const total = a + b;\n  return total;";
const after = "\n}\n";
const text = before + answer + after;
const position = { line: 1, character: 2 };

function goodCase() {
  const suggestion = accepted(answer, position, { before, after });
  const file = sealed([suggestion]);
  const good = parameters(text, [file], [suggestion.id]);
  return { suggestion, file, claim: claimOf([file], suggestion.id), good };
}

describe("verify", () => {
  it("verifies a suggestion that is intact, signed, onchain and replayed", () => {
    const { suggestion, file, good } = goodCase();
    const report = verify(good);
    expect(report.summary).toMatchObject({ verified: 1, failed: 0, unknown: 0 });
    expect(report.files).toEqual([]);
    expect(report.suggestions).toMatchObject([
      {
        id: suggestion.id,
        path: "src/a.ts",
        startLine: 2,
        endLine: 3,
        summary: "verified",
        reasons: [],
        evidenceFile: `.proofline/evidence/${file.batchRoot}.json`,
        checks: {
          content: "verbatim",
          signature: "valid",
          prompt: "bound",
          model: "pinOnly",
          anchorTrust: "local",
        },
      },
    ]);
  });

  it("is only anchored without a replay, and says so", () => {
    const { good } = goodCase();
    const [verdict] = verify({ ...good, replays: new Map() }).suggestions;
    expect(verdict?.summary).toBe("anchored");
    expect(verdict?.reasons[0]).toContain("replayed");
  });

  it("cannot be replayed where the prompt is sealed", () => {
    const suggestion = accepted(answer, position, { before, after });
    const file = sealed([suggestion], { open: () => false });
    const [verdict] = verify({ ...parameters(text, [file], []) }).suggestions;
    expect(verdict).toMatchObject({
      summary: "anchored",
      checks: { prompt: "sealed", copied: "unknown", execution: "impossible" },
    });
  });

  it("fails on a mismatching replay, before anything else is said", () => {
    const { claim, good } = goodCase();
    const mismatch = {
      value: "mismatch",
      tokens: 3,
      exact: 2,
      margin: 4,
      tolerance: { margin: 0, notFirst: 0 },
      reason: "Token 2 differs.",
    } as const;
    const [verdict] = verify({ ...good, replays: new Map([[claim, mismatch]]) }).suggestions;
    expect(verdict?.summary).toBe("failed");
    expect(verdict?.reasons[0]).toContain("Token 2 differs.");
  });

  it("lets no evidence of a newer Proofline hide what failed", () => {
    const { claim, good } = goodCase();
    const [input] = good.evidence;
    if (input?.reading.kind !== "intact") {
      throw new Error("the sample is broken");
    }
    const { batch } = input.reading;
    const newer: EvidenceInput = {
      path: ".proofline/evidence/newer.json",
      reading: {
        kind: "newer",
        reason: "It was written by a newer Proofline.",
        signature: "valid",
        batch: { ...batch, claims: batch.claims.map((one) => ({ ...one, leafHash: digestOf("77") })) },
      },
    };
    const mismatch = {
      value: "mismatch",
      tokens: 3,
      exact: 2,
      margin: 4,
      tolerance: { margin: 0, notFirst: 0 },
    } as const;
    const failed = { ...good, replays: new Map([[claim, mismatch]]) };
    const both = verify({ ...failed, evidence: [input, newer] });
    expect(both.suggestions).toEqual(verify(failed).suggestions);
    expect(both.beside).toMatchObject([{ summary: "unknown", why: "contested" }]);
    expect(both.files).toEqual([{ path: newer.path, problem: "It was written by a newer Proofline." }]);
    const [alone] = verify({ ...failed, evidence: [newer] }).suggestions;
    expect(alone).toMatchObject({ summary: "unknown", checks: { evidence: "newer" } });
    expect(alone?.reasons).toEqual([
      "The evidence file was written by a newer Proofline. It was written by a newer Proofline.",
    ]);
  });

  it("gives no claim the replay of another that bears the same id", () => {
    const honest = accepted(answer, position, { before, after });
    const forgedText = "  return exfiltrate(secrets);";
    const { values } = honest;
    const forged = {
      ...honest,
      values: { ...values, raw: forgedText, displayed: forgedText, accepted: forgedText },
    };
    const first = sealed([forged]);
    const files = [first, sealed([honest], { sequence: 4, previousSeal: first.seal })];
    const shown = text.replace(answer, forgedText);
    for (const order of [files, [...files].reverse()]) {
      const good = parameters(shown, order, []);
      const exact = {
        value: "exact",
        tokens: 3,
        exact: 3,
        margin: 0,
        tolerance: { margin: 0, notFirst: 0 },
      } as const;
      const claims = replayables({ evidence: good.evidence, moves: Moves.NONE }, []);
      expect(claims.map(({ id }) => id)).toEqual([honest.id, honest.id]);
      const replayed = claims.filter((claim) => claim.values?.displayed === answer);
      expect(replayed).toHaveLength(1);
      const report = verify({ ...good, replays: new Map(replayed.map(({ claim }) => [claim, exact])) });
      expect(report.summary.verified).toBe(0);
      // Only the forged one stands there, and nobody has replayed that.
      expect(report.suggestions.map(({ summary, id }) => [summary, id])).toEqual([["anchored", honest.id]]);
    }
  });

  it("says how far a replay strayed, and what its pin allows", () => {
    const { claim, good } = goodCase();
    const strayed = {
      value: "withinTolerance",
      tokens: 3,
      exact: 2,
      margin: 0.00002,
      tolerance: { margin: 0.0003, notFirst: 1 },
    } as const;
    const [verdict] = verify({ ...good, replays: new Map([[claim, strayed]]) }).suggestions;
    if (verdict === undefined) {
      throw new Error("no verdict");
    }
    expect(verdict.findings.execution).toEqual({
      kind: "replayable",
      tokens: 3,
      exact: 2,
      margin: 0.00002,
      tolerance: strayed.tolerance,
    });
    expect(reasonFor("execution", verdict.checks, verdict.findings, good.policy)).toBe(
      "Replayed here under native/v1: 2 of 3 tokens are the model's first choice, the rest within 0.00002 logits of it; its pin allows 1 such within 0.0003.",
    );
  });

  it.each([
    ["cpu", "onnxruntime-node 1.30.0"],
    ["cuda", "onnxruntime-node 1.30.0 by cuda"],
  ] as const)("names what computed, where it is not the processor: %s", (executionProvider, engine) => {
    const suggestion = accepted("return a;", { line: 0, character: 0 });
    const environment = { ...execution.environment, executionProvider };
    const made = { ...suggestion, execution: { ...execution, environment } };
    const given = parameters(
      "return a;\n",
      [sealed([made], { facts: { ...facts, execution: { kind: "replayable", ...made.execution } } })],
      [made.id],
    );
    expect(verify(given).suggestions[0]?.findings.environment?.engine).toBe(engine);
  });

  it("says where a replay forgave nothing but where the text ends", () => {
    const { claim, good } = goodCase();
    const ended = {
      value: "withinTolerance",
      tokens: 3,
      exact: 3,
      margin: 0,
      tolerance: { margin: 0.0003, notFirst: 1 },
    } as const;
    const [verdict] = verify({ ...good, replays: new Map([[claim, ended]]) }).suggestions;
    if (verdict === undefined) {
      throw new Error("no verdict");
    }
    expect(reasonFor("execution", verdict.checks, verdict.findings, good.policy)).toBe(
      "Replayed here under native/v1: all 3 tokens are the model's first choice, and the text ends within the tolerance of where the model's does.",
    );
  });

  it("names the profile of a replay, and how much of the confirmed text was accepted", () => {
    const whole = accepted("return a;", { line: 0, character: 0 });
    const suggestion = {
      ...whole,
      execution: { ...whole.execution, profile: "portable/v1" as const },
      values: { ...whole.values, accepted: "return" },
    };
    const under: BatchFacts = { ...facts, execution: { kind: "replayable", ...suggestion.execution } };
    const good = parameters("return b;\n", [sealed([suggestion], { facts: under })], [suggestion.id]);
    const [verdict] = verify(good).suggestions;
    if (verdict === undefined) {
      throw new Error("no verdict");
    }
    expect(verdict.findings.environment?.profile).toBe("portable/v1");
    expect(verdict.findings.content).toMatchObject({ accepted: 6, displayed: 9 });
    expect(reasonFor("execution", verdict.checks, verdict.findings, good.policy)).toBe(
      "Replayed here under portable/v1: all 3 tokens are the model's own choice, bit for bit. " +
        "The first 6 of the 9 displayed characters were accepted.",
    );
  });

  it("is pending until its root is onchain, and from the journal before it is sealed", () => {
    const { suggestion, good } = goodCase();
    expect(verify({ ...good, chain: new Map() }).suggestions[0]).toMatchObject({ summary: "pending" });
    const journal = verify({ ...good, evidence: [], journal: [suggestion] });
    expect(journal.suggestions[0]).toMatchObject({ summary: "pending", evidenceFile: null });
  });

  it("is pending, and says why, while it is sealed and its evidence file is not in the repository", () => {
    const { suggestion, good } = goodCase();
    const [verdict] = verify({ ...good, evidence: [], unwritten: [suggestion] }).suggestions;
    expect(verdict).toMatchObject({ summary: "pending", evidenceFile: null });
    expect(verdict?.reasons.join(" ")).toContain("its evidence file is not in the repository yet");
  });

  it("counts a suggestion once when the journal and an evidence file both hold it", () => {
    const { suggestion, good } = goodCase();
    expect(verify({ ...good, journal: [suggestion] }).suggestions).toHaveLength(1);
    expect(verify({ ...good, unwritten: [suggestion] }).suggestions).toMatchObject([{ summary: "verified" }]);
  });

  it.each(["unreachable", "wrongChain"] as const)(
    "is unknown, and never verified, where the chain is %s",
    (status) => {
      const { file, good } = goodCase();
      const check = {
        status,
        trust: "singleRpc",
        identity: null,
        anchor: null,
        reason: "No answer.",
      } as const;
      const [verdict] = verify({ ...good, chain: new Map([[file.batchRoot, check]]) }).suggestions;
      expect(verdict).toMatchObject({ summary: "unknown", reasons: ["No answer."] });
    },
  );

  it("shows edited lines as edited, with how many are left", () => {
    const { good } = goodCase();
    const texts = new Map([["src/a.ts", text.replace("a + b", "a - b")]]);
    const [verdict] = verify({ ...good, texts }).suggestions;
    expect(verdict).toMatchObject({ summary: "edited", findings: { content: { kept: 1, total: 2 } } });
  });

  it("lists a suggestion whose text is gone apart, and counts it nowhere", () => {
    const { suggestion, file, good } = goodCase();
    const report = verify({ ...good, texts: new Map([["src/a.ts", "nothing of it\n"]]) });
    expect(report.suggestions).toEqual([]);
    expect(report.gone).toEqual([
      { claim: claimOf([file], suggestion.id), id: suggestion.id, path: "src/a.ts" },
    ]);
    expect(Object.values(report.summary).every((count) => count === 0)).toBe(true);
  });

  it("accepts an unknown device's signature, and says that it does not know it", () => {
    const { good } = goodCase();
    const policy = { ...good.policy, devices: new Set<string>() };
    expect(verify({ ...good, policy }).suggestions[0]).toMatchObject({
      summary: "verified",
      checks: { signature: "unknownDevice" },
    });
  });

  it("does not trust a model that is neither pinned here nor approved", () => {
    const { good } = goodCase();
    const policy = {
      ...good.policy,
      models: { ...good.policy.models, pinned: new Map(), installed: new Map() },
    };
    expect(verify({ ...good, policy }).suggestions[0]).toMatchObject({
      summary: "unverified",
      checks: { model: "unapproved" },
    });
  });

  it("fails a suggestion of a tampered file and reports the file", () => {
    const { file, good } = goodCase();
    const damaged = file.evidence.replace("const total = a + b", "const total = a - b");
    const report = verify({
      ...good,
      evidence: parameters(text, [{ ...file, evidence: damaged }], []).evidence,
    });
    expect(report.files).toHaveLength(1);
    expect(report.summary.verified).toBe(0);
    for (const { summary } of report.suggestions) {
      expect(summary).toBe("failed");
    }
  });

  it("reports a foreign batch, fails its suggestions, and lets it lower no line that good evidence covers", () => {
    const { good, file } = goodCase();
    const other = sealed([accepted(answer, position, { before, after })], {
      facts: { ...facts, repositoryId: "cd".repeat(16) },
    });
    const alone = verify({ ...good, ...parametersOf([other]) });
    expect(alone.files[0]?.problem).toContain("another repository");
    expect(alone.summary).toMatchObject({ failed: 1, verified: 0 });
    const both = verify({ ...good, ...parametersOf([file, other]) });
    expect(both.summary).toMatchObject({ failed: 0, verified: 1 });
    expect(both.files).toHaveLength(1);
  });

  it("counts a leaf that two batches hold once, and tells two claims of one id apart", () => {
    const suggestion = accepted(answer, position, { before, after });
    const first = sealed([suggestion]);
    const next = { sequence: 4, previousSeal: first.seal };
    const twice = verify(parameters(text, [first, sealed([suggestion], next)], [suggestion.id]));
    expect(twice.suggestions).toHaveLength(1);
    expect(twice.summary).toMatchObject({ verified: 1 });
    const elsewhere = sealed([{ ...suggestion, position: { line: 9, character: 0 } }], next);
    const other = verify(parameters(text, [first, elsewhere], [suggestion.id]));
    // Whoever sealed it edited it, and a better claim hides no edit.
    const claims = new Map(other.suggestions.map(({ claim, id, summary }) => [claim, { id, summary }]));
    expect(claims).toEqual(
      new Map([
        [claimOf([first], suggestion.id), { id: suggestion.id, summary: "verified" }],
        [claimOf([elsewhere], suggestion.id), { id: suggestion.id, summary: "edited" }],
      ]),
    );
    expect(other.beside).toEqual([]);
  });

  function parametersOf(files: Parameters<typeof parameters>[1]) {
    const { evidence, chain } = parameters(text, files, []);
    return { evidence, chain };
  }
});

describe("the prompt check", () => {
  const chunk = { path: "src/b.ts", text: "export interface Sum {\n  total: number;\n}\n" };
  const other = `import x from "x";\n${chunk.text}\nexport const one = 1;\n`;
  const quoting = (prompt: Partial<Prompt>, accept = answer) => {
    const plain = accepted(accept, position, { before, after });
    const values = { ...plain.values, prompt: { ...plain.values.prompt, ...prompt } };
    return { ...plain, values };
  };
  const check = (
    prompt: Partial<Prompt>,
    {
      today = text,
      files = new Map([["src/b.ts", other]]),
      accept = answer,
    }: { today?: string; files?: ReadonlyMap<string, string>; accept?: string } = {},
  ) => {
    const suggestion = quoting(prompt, accept);
    const [verdict] = verify({
      ...parameters(today, [sealed([suggestion], { texts: { "src/a.ts": text } })], [suggestion.id]),
      quoted: files,
      sameTokens: () => true,
    }).suggestions;
    return { value: verdict?.checks.prompt, ...verdict?.findings.prompt };
  };

  it("binds a prompt whose every part stands where it belongs", () => {
    expect(check({ context: [chunk] })).toMatchObject({ value: "bound", quotes: ["src/b.ts"], misfits: [] });
    expect(check({ path: "a.ts" })).toMatchObject({ value: "bound" });
    expect(check({ path: null })).toMatchObject({ value: "bound" });
  });

  it("does not bind where white space differs: white space is text", () => {
    const spaced = text.replace("add(a", "add( a");
    expect(check({}, { today: spaced })).toMatchObject({ value: "disclosed", misfits: [{ part: "prefix" }] });
    const reindented = new Map([["src/b.ts", other.replaceAll("  ", "\t\t")]]);
    expect(check({ context: [chunk] }, { files: reindented })).toMatchObject({
      value: "disclosed",
      misfits: [{ part: "context", path: "src/b.ts", why: "changed" }],
    });
  });

  it("does not bind where another separator than blanks, tabs and line ends came or went", () => {
    for (const separator of ["\u2028", "\u00a0", "\u0085", "\f", "\v", "\ufeff"]) {
      const spaced = text.replace("function add", `function ${separator}add`);
      expect(check({}, { today: spaced })).toMatchObject({
        value: "disclosed",
        misfits: [{ part: "prefix" }],
      });
      const files = new Map([["src/b.ts", other.replace("  total", ` ${separator} total`)]]);
      expect(check({ context: [chunk] }, { files })).toMatchObject({ value: "disclosed" });
    }
  });

  it("says which part does not fit", () => {
    const misfits = (prompt: Partial<Prompt>, options: Parameters<typeof check>[1] = {}) => {
      const answered = check(prompt, options);
      expect(answered.value).toBe("disclosed");
      return answered.misfits;
    };
    expect(misfits({ prefix: `// ${answer}\n${before}` })).toEqual([{ part: "prefix" }]);
    expect(misfits({}, { today: text.replace("add(", "sum(") })).toEqual([{ part: "prefix" }]);
    expect(misfits({}, { today: text.replace("\n}", "\n  // more\n}") })).toEqual([{ part: "suffix" }]);
    expect(misfits({}, { today: text.replace("return total", "return 1") })).toMatchObject([
      { part: "output" },
      { part: "suffix" },
    ]);
    expect(misfits({ path: "src/other.ts" })).toEqual([{ part: "path", path: "src/other.ts" }]);
    expect(misfits({ path: "/a.ts" })).toEqual([{ part: "path", path: "/a.ts" }]);
    const context = [chunk];
    const missing = { part: "context", path: "src/b.ts", why: "missing" };
    const changed = { part: "context", path: "src/b.ts", why: "changed" };
    expect(misfits({ context }, { files: new Map() })).toEqual([missing]);
    const [start, end] = [other.slice(0, 30), other.slice(30)];
    expect(misfits({ context }, { files: new Map([["src/b.ts", `${start}// new\n${end}`]]) })).toEqual([
      changed,
    ]);
    expect(misfits({ context: [{ ...chunk, text: "interface Sum {\n" }] })).toEqual([changed]);
    expect(misfits({ context: [{ ...chunk, path: "src/a.ts" }] })).toMatchObject([{ why: "missing" }]);
    const twice = `${text}${text}`;
    expect(misfits({ prefix: "" }, { today: `\n\n\n${twice}` })).toContainEqual({ part: "place" });
  });

  it("shows a prompt that holds the answer, also where it is bound", () => {
    expect(check({}).share).toBe(0);
    const stuffed = { path: "src/b.ts", text: `function hidden() {\n  ${answer}\n}\n` };
    const found = check({ context: [stuffed] }, { files: new Map([["src/b.ts", stuffed.text]]) });
    expect(found).toMatchObject({ value: "bound", share: 1 });
    const forged = check({ path: answer, prefix: "" });
    expect(forged).toMatchObject({ value: "disclosed", share: 1 });
  });

  it("knows nothing of a sealed prompt", () => {
    const suggestion = quoting({ context: [chunk] });
    const file = sealed([suggestion], { open: () => false });
    const [verdict] = verify(parameters(text, [file], [])).suggestions;
    expect(verdict?.findings.prompt).toEqual({ share: null, copiedFrom: null, quotes: [], misfits: [] });
  });

  it("follows a quoted file that was moved", () => {
    const suggestion = quoting({ context: [chunk] });
    const [verdict] = verify({
      ...parameters(text, [sealed([suggestion])], [suggestion.id]),
      moves: new Moves(
        new Map(),
        new Map([[facts.device, new Map([["src/b.ts", "src/c.ts"]])]]),
        new Set(["src/b.ts"]),
      ),
      quoted: new Map([["src/c.ts", other]]),
    }).suggestions;
    expect(verdict?.checks.prompt).toBe("bound");
  });
});
