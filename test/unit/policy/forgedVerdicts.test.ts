/**
 * The attacks of a dishonest author, a hostile repository and a stranger, each through sealed evidence with a real
 * signature, an anchor, and a replay that says exact for what was replayed honestly. What is not true is not verified.
 */
import { join } from "node:path";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ReplayableSuggestion } from "../../../server/src/evidence/format/acceptedSuggestion";
import { newSalts } from "../../../server/src/evidence/format/claimSalts";
import type { ClaimValues } from "../../../server/src/evidence/format/claimValues";
import { signPayload, toEnvelope } from "../../../server/src/evidence/format/envelope";
import type { EvidenceFile } from "../../../server/src/evidence/format/evidenceFile";
import type { FirstEvidenceFile } from "../../../server/src/evidence/format/firstVersion/firstEvidenceFile";
import { firstLeafHashing } from "../../../server/src/evidence/format/firstVersion/firstLeaf";
import type { FirstStatement } from "../../../server/src/evidence/format/firstVersion/firstStatement";
import { readEvidence } from "../../../server/src/evidence/format/readEvidence";
import type { BatchFacts, Position } from "../../../server/src/evidence/format/record";
import {
  type PieceInput,
  type SealedEvidence,
  sealBatch,
} from "../../../server/src/evidence/format/sealBatch";
import { rootOf } from "../../../server/src/evidence/format/tree";
import { Grammars } from "../../../server/src/evidence/locate/grammars";
import type { Prompt } from "../../../server/src/inference/suggestion";
import { canonicalJson, prettyCanonicalJson } from "../../../server/src/platform/canonicalJson";
import { toDigest } from "../../../server/src/platform/digests";
import { addressOf, type Sign, signPersonalMessage } from "../../../server/src/platform/ecdsa";
import { builtInPolicy } from "../../../server/src/policy/policy";
import type { Report } from "../../../server/src/policy/report";
import { verify } from "../../../server/src/policy/verifyEvidence";
import type { VerifyParameters } from "../../../server/src/policy/verifyParameters";
import { GrammarQuestions } from "../../../server/src/workflows/grammarQuestions";
import { digestOf } from "../../support/digests";
import { sealedInFirst } from "../../support/firstVersion";
import {
  device,
  execution,
  facts,
  pieceIn,
  type SealingOptions,
  sample,
  sealed,
  sign,
} from "../../support/sampleBatch";
import { claimOf, included, parameters, replayedExactly } from "./goodCase";

const grammars = new Grammars(join(__dirname, "../../../node_modules/@vscode/tree-sitter-wasm/wasm"));

/** Another machine's key. */
const strangersKey = Buffer.from("35".repeat(32), "hex");
const stranger = {
  device: addressOf(strangersKey),
  sign: ((message) => signPersonalMessage(message, strangersKey)) satisfies Sign,
};

interface Offer {
  readonly path?: string;
  readonly prompt?: Partial<Prompt>;
  /** What the model offered; all of it is accepted unless `accepted` says less. */
  readonly displayed: string;
  readonly accepted?: string;
  /** The text that was saved when it was sealed. */
  readonly saved: string;
  /** Which occurrence of what was accepted in the saved text is meant. */
  readonly position?: Position;
  readonly id?: string;
}

/** What a model offered and a person accepted into a text that was saved then. */
function offer({ path = "src/a.ts", saved, displayed, accepted = displayed, prompt, position, id }: Offer): {
  readonly suggestion: ReplayableSuggestion;
  readonly texts: Readonly<Record<string, string>>;
} {
  const at = saved.indexOf(accepted);
  const before = saved.slice(0, at);
  const found = { line: before.split("\n").length - 1, character: at - before.lastIndexOf("\n") - 1 };
  const around = { prefix: before, suffix: saved.slice(at + accepted.length), context: [] };
  return {
    suggestion: sample({
      path,
      displayed,
      accepted,
      position: position ?? found,
      prompt: { ...around, ...prompt },
      ...(id !== undefined && { id }),
    }),
    texts: { [path]: saved },
  };
}

function seal(
  { suggestion, texts }: ReturnType<typeof offer>,
  options: SealingOptions = {},
): SealedEvidence & { readonly id: string } {
  return { ...sealed([suggestion], { texts, ...options }), id: suggestion.id };
}

/** Verifies a text against files; those whose ids are named were replayed, each with the result that it is exact. */
function judge(
  today: string,
  files: readonly Pick<SealedEvidence, "evidence" | "batchRoot">[],
  replayed: readonly string[],
  more: Partial<VerifyParameters> & { readonly path?: string } = {},
): Report {
  const { path = "src/a.ts", ...rest } = more;
  return verify({ ...parameters("", files, replayed), texts: new Map([[path, today]]), ...rest });
}

/** Verifies as `judge` does, with what grammars say, as the command line does. */
async function judgeWithGrammars(
  ...[today, files, replayed, more = {}]: Parameters<typeof judge>
): Promise<Report> {
  const questions = new GrammarQuestions(grammars);
  const { sameTokens, linesOf } = questions;
  return questions.settled(() => judge(today, files, replayed, { ...more, sameTokens, linesOf }));
}

/** How a compiler reads a line of a text, as sealing has it. */
async function textPartsOf(path: string, text: string, line: string): Promise<PieceInput["textParts"]> {
  const at = text.slice(0, text.indexOf(line)).split("\n").length - 1;
  const readings = await grammars.linesOf(path, text, [{ first: at, last: at }]);
  return readings?.[0]?.isSure === true ? readings[0].digest : null;
}

const told = ({ suggestions }: Report): readonly (readonly [string, string])[] =>
  suggestions.map(({ summary, checks }) => [summary, checks.content] as const);

const SAVED = "function login(user) {\n  return user.isRoot() && check(user);\n}\n";
const honest = () => offer({ saved: SAVED, displayed: "  return user.isRoot() && check(user);\n}" });

describe("row 1: a replay is not borrowed", () => {
  it("gives a claim that bears the id of an honest, replayed one nothing of that one's", () => {
    const one = honest();
    const good = seal(one);
    const forgery = "  return exfiltrate(user.password);";
    const today = `${SAVED}${forgery}\n`;
    const forged = seal(offer({ saved: today, displayed: forgery, id: one.suggestion.id }), {
      sequence: 4,
      previousSeal: good.seal,
    });
    for (const files of [
      [good, forged],
      [forged, good],
    ]) {
      const { replays } = parameters("", [good], [good.id]);
      const report = judge(today, files, [], { replays });
      expect(told(report)).toEqual([
        ["verified", "verbatim"],
        ["anchored", "verbatim"],
      ]);
      expect(report.suggestions.map(({ startLine }) => startLine)).toEqual([2, 4]);
      expect(new Set(report.suggestions.map(({ claim }) => claim)).size).toBe(2);
    }
  });

  it("does not go by an id either: a replay under an id counts for nothing that is sealed", () => {
    const good = seal(honest());
    const replays = new Map([[good.id, replayedExactly]]);
    expect(told(judge(SAVED, [good], [], { replays }))).toEqual([["anchored", "verbatim"]]);
  });

  it("gives the copy in a stranger's batch, with another leaf, no replay", () => {
    const one = honest();
    const good = seal(one);
    const copy = seal(one, { facts: { ...facts, device: stranger.device }, sign: stranger.sign });
    const { replays } = parameters("", [good], [good.id]);
    expect(told(judge(SAVED, [copy], [], { replays }))).toEqual([["anchored", "verbatim"]]);
  });
});

describe("row 2: one character does not speak for a line", () => {
  const today = "function f() {\n  return exfiltrate(secrets);\n}\n";

  it.each(["r", "re", "(", "{\n", " ret".slice(0, 3)])("gives a fragment no badge: %j", (fragment) => {
    const file = seal(offer({ saved: today, displayed: "return total;", accepted: "r" }));
    const cut = seal(offer({ saved: today, displayed: `${fragment}urn total;`, accepted: fragment }));
    for (const one of [file, cut]) {
      const report = judge(today, [one], [one.id]);
      expect(report.suggestions).toEqual([]);
      expect(report.summary.verified).toBe(0);
      expect(report.beside).toMatchObject([{ why: "fragment" }]);
    }
  });

  it("says that a piece is a part of its line, and which columns it is", () => {
    const file = seal(offer({ saved: today, displayed: "return total;", accepted: "return " }));
    const [verdict] = judge(today, [file], [file.id]).suggestions;
    expect(verdict).toMatchObject({
      startLine: 2,
      endLine: 2,
      startColumn: 3,
      endColumn: 10,
      findings: { content: { part: true, accepted: 7, displayed: 13 } },
    });
  });

  it("is not a part where pieces that are as good fill the line together, and is where one is worse", () => {
    const left = offer({ saved: today, displayed: "return exfiltrate" });
    const right = offer({ saved: today, displayed: "(secrets);" });
    const file = sealed([left.suggestion, right.suggestion], { texts: left.texts });
    const ids = [left.suggestion.id, right.suggestion.id];
    const parts = (replayed: readonly string[]) =>
      [...judge(today, [file], replayed).suggestions]
        .sort((a, b) => (a.startColumn ?? 0) - (b.startColumn ?? 0))
        .map(({ summary, findings }) => [summary, findings.content.part]);
    expect(parts(ids)).toEqual([
      ["verified", false],
      ["verified", false],
    ]);
    expect(parts(ids.slice(0, 1))).toEqual([
      ["verified", true],
      ["anchored", false],
    ]);
  });
});

describe("row 3: any other character on a touched line is an edit", () => {
  const line = "  return digest === expected;";
  const saved = `function check(digest, expected) {\n${line}\n}\n`;
  it.each([
    ["an operator is negated", "  return digest !== expected;"],
    ["something is put before", "  return true || digest === expected;"],
    ["something is put after", "  return digest === expected || user.isRoot();"],
    ["a word becomes longer", "  return digest === expectedly;"],
    ["a negation is put between", "  return !digest === expected;"],
    ["it lies in a comment", "  // return digest === expected;"],
    ["it lies in a string", '  log("  return digest === expected;");'],
    ["it lies in a template", "  log(`return digest === expected;`);"],
    ["a comment follows", "  return digest === expected; // eslint-disable-line"],
  ])("where %s", async (_name, changed) => {
    for (const accepted of [line, "return digest === expected;", "digest === expected", "=== expected"]) {
      const file = seal(offer({ saved, displayed: accepted }));
      const report = await judgeWithGrammars(saved.replace(line, changed), [file], [file.id]);
      expect(told(report)).toEqual([["edited", "edited"]]);
    }
  });

  it.each([
    ["False", "Falsey"],
    ["False", "not False"],
    ["return False", "return False or user.is_root()"],
    ["return False", "pass; return False"],
  ])("in Python, too: %s becomes %s", async (accepted, changed) => {
    const before = "def allowed(user):\n    return False\n";
    const file = seal(offer({ path: "a.py", saved: before, displayed: accepted }));
    const today = before.replace(accepted, changed);
    const report = await judgeWithGrammars(today, [file], [file.id], { path: "a.py" });
    expect(told(report)).toEqual([["edited", "edited"]]);
  });

  it.each([
    ["a.ts", "/*\n", "*/\n"],
    ["a.ts", "log(`\n", "`);\n"],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: It stands in the text of a program.
    ["a.ts", "log(`${f(() => {\n})}\n", "`);\n"],
    ["a.tsx", "const text = <p>\n", "</p>;\n"],
    ["a.js", "/* eslint-disable\n", "é */\n"],
    ["a.py", '"""\n', '"""\n'],
    ["a.py", "log(r'''é\n", "''')\n"],
    ["a.go", "/*\n", "*/\n"],
    ["a.go", "var text = `\n", "`\n"],
    ["a.rs", "/* /* */\n", "*/\n"],
    ["a.rs", 'const TEXT: &str = "\n', '";\n'],
    ["a.java", "/*\n", "*/\n"],
    ["a.java", 'String text = """\n', '""";\n'],
  ])("in %s also where %j begins above it, though its own lines stand", async (path, opening, closing) => {
    const code = "check(digest, expected)\n";
    const before = `first(1)\n${code}last(2)\n`;
    const today = `first(1)\n${opening}${code}${closing}last(2)\n`;
    for (const options of [{}, { open: () => false }]) {
      const file = seal(offer({ path, saved: before, displayed: code.trimEnd() }), options);
      const same = await judgeWithGrammars(`// New.\n${before}`, [file], [file.id], { path });
      expect(told(same)).toEqual([["verified", "moved"]]);
      const report = await judgeWithGrammars(today, [file], [file.id], { path });
      expect(told(report)).toEqual([["edited", "edited"]]);
      expect(report.suggestions[0]?.reasons.join()).toMatch(/comments or strings around them/);
    }
  });

  it.each([
    ["a.ts", "/**\n * Adds.\n", " * Of two numbers, the sum.\n", " */\nf();\n"],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: It stands in the text of a program.
    ["a.ts", "log(`\n", "  of two numbers: ${a + b}\n", "`);\n"],
    ["a.ts", "log(`${f(() => {\n", "  return computeSum(a, b);\n", "})}`);\n"],
    ["a.tsx", "const a = (\n  <p>\n", "    <Sum of={first} and={second} />\n", "  </p>\n);\n"],
    ["a.tsx", "const a = (\n  <p>\n", "    The sum of two numbers\n", "  </p>\n);\n"],
    ["a.py", 'def f():\n    """Adds.\n', "    Of two numbers, the sum.\n", '    """\n'],
    ["a.py", 'TEXT = (\n    "one"\n', '    "and another one"\n', ")\n"],
    ["a.go", "package a\n\nvar text = `\n", "of two numbers, the sum\n", "`\n"],
  ])("but not in %s where it stood so when it was sealed: %j", async (path, above, line, below) => {
    const saved = `${above}${line}${below}`;
    const textParts = await textPartsOf(path, saved, line);
    const file = seal(offer({ path, saved, displayed: line.trimEnd() }), { textParts });
    expect(told(await judgeWithGrammars(saved, [file], [file.id], { path }))).toEqual([
      ["verified", "verbatim"],
    ]);
    const lower = await judgeWithGrammars(`\n${saved}`, [file], [file.id], { path });
    expect(told(lower)).toEqual([["verified", "moved"]]);
  });

  const helpers = "def g():\n    return helper(1)\n\n\n".repeat(3);
  it.each([
    [
      "is prose in a docstring",
      '    """Says what it is.\n\n',
      "    Of two numbers, the sum.\n",
      '    """\n    return 1\n',
    ],
    [
      "follows a docstring that ends",
      '    """Says what it is."""\n',
      "    return helper(2)\n",
      "\n\ndef k():\n    return 2\n",
    ],
  ])(
    "and a prompt that begins inside of a docstring misleads nobody where a piece %s",
    async (_, above, line, below) => {
      const cut = `a first docstring.\n\n    It goes on, and on.\n    """\n    return 0\n\n\ndef h():\n${above}`;
      const saved = `def f():\n    """This is ${cut}${line}${below}`;
      const prompt = { prefix: cut, suffix: below, context: [] };
      const file = seal(offer({ path: "a.py", saved, displayed: line.trimEnd(), prompt }), {
        textParts: await textPartsOf("a.py", saved, line),
      });
      const judged = async (today: string) =>
        told(await judgeWithGrammars(today, [file], [file.id], { path: "a.py" }));
      expect(await judged(saved)).toEqual([["verified", "verbatim"]]);
      if (line.includes("return")) {
        expect(await judged(saved.replace(line, `    """\n${line}    """\n`))).toEqual([
          ["edited", "edited"],
        ]);
        const whole = `"""\n${helpers}${saved.replaceAll('"""', "")}"""\n`;
        expect(await judged(whole)).toEqual([["edited", "edited"]]);
      }
    },
  );

  it("whatever single character is put in, taken out or changed on any touched line", () => {
    const answer = "digest === expected;\n  log(digest);\n  return digest";
    const text = `// before\nfunction f(digest) {\n  if (${answer};\n}\n// after\n`;
    const file = seal(offer({ saved: text, displayed: answer }));
    const first = text.indexOf("  if (");
    const last = text.indexOf("\n}", first);
    const characters = fc.constantFrom(..." \t\u2028\u00a0\u0085\f\v\u200b\ufeff\u202eax0;!/\"'`()", "\n");
    fc.assert(
      fc.property(
        fc.integer({ min: first, max: last - 1 }),
        characters,
        fc.constantFrom("insert", "delete", "replace"),
        (at, character, kind) => {
          const put = kind === "delete" ? "" : character;
          const today = text.slice(0, at) + put + text.slice(kind === "insert" ? at : at + 1);
          fc.pre(today !== text);
          const report = judge(today, [file], [file.id]);
          // A line end before the first touched line leaves all of them whole; it only moves them.
          const isMoved = put === "\n" && at === first && kind === "insert";
          expect(told(report)).toEqual([isMoved ? ["verified", "moved"] : ["edited", "edited"]]);
        },
      ),
      { numRuns: 1000, seed: 3 },
    );
  });
});

describe("row 4: white space is text", () => {
  const judgeChange = async (path: string, saved: string, today: string, displayed: string) => {
    const file = seal(offer({ path, saved, displayed }));
    return await judgeWithGrammars(today, [file], [file.id], { path });
  };
  const guard = "    if not user.is_root():\n        raise Forbidden\n    drop(table)";
  const python = `def run(user, table):\n${guard}\n`;
  it.each([
    ["a guard dedented", python.replace("        raise", "    raise")],
    ["a statement drawn into a guard", python.replace("    drop", "        drop")],
    ["a function left", python.replace("    drop", "drop")],
    ["two statements joined", python.replace("Forbidden\n    drop", "Forbidden drop")],
  ])("in Python: %s", async (_name, today) => {
    const report = await judgeChange("a.py", python, today, guard);
    expect(told(report)).toEqual([["edited", "edited"]]);
  });

  const script = "function f(a) {\n  return false;\n  a = = 1;\n}\n".replace("= = 1", "== 1");
  const body = "  return false;\n  a == 1;";
  it.each([
    ["two words become one", ["return false", "returnfalse"]],
    ["a line end ends the statement", ["return false", "return\nfalse"]],
    ["a line separator ends the statement", ["return false", "return\u2028false"]],
    ["a paragraph separator", ["return false", "return\u2029false"]],
    ["a no-break space", ["return false", "return\u00a0false"]],
    ["a next line character", ["return false", "return\u0085false"]],
    ["a form feed", ["return false", "return\ffalse"]],
    ["a vertical tab", ["return false", "return\vfalse"]],
    ["a byte order mark inside", ["return false", "return\ufefffalse"]],
    ["an operator is taken apart", ["==", "= ="]],
  ])("in JavaScript: %s", async (_name, [from = "", to = ""]) => {
    const report = await judgeChange("a.js", script, script.replace(from, to), body);
    expect(told(report)).toEqual([["edited", "edited"]]);
    expect(report.suggestions[0]?.checks.prompt).not.toBe("bound");
  });

  it.each([
    ["a line separator turns a comment into code", "// never\u2028 evil();", "// never evil();"],
    ["a line end does", "// never\n evil();", "// never evil();"],
    ["blanks inside a string", 'log("a  b");', 'log("a b");'],
    ["blanks inside a template", "log(`a  b`);", "log(`a b`);"],
    ["a line end inside a template", "log(`a\n b`);", "log(`a b`);"],
    ["blanks inside a regular expression", "log(/a  b/);", "log(/a b/);"],
    ["text of an element", "log(<b>a  b</b>);", "log(<b>a b</b>);"],
  ])("nor %s", async (_name, changed, line) => {
    const saved = `function f() {\n  ${line}\n  done();\n}\n`;
    const report = await judgeChange("a.tsx", saved, saved.replace(line, changed), `  ${line}\n  done();`);
    expect(told(report)).toEqual([["edited", "edited"]]);
  });

  it.each([
    ["a.ts", "  if (a) {\n    b( 1 );\n  }", "    if (a) {\n\tb(1);   \n    }"],
    ["a.ts", "  const x = [1, 2];", "  const x = [\n    1,\n    2];"],
    ["a.go", "\tif a {\n\t\tb()\n\t}", "    if a {\n        b()\n    }"],
    ["a.py", "  if a:\n    b( 1 )", "    if a:\n            b(1)"],
  ])(
    "forgives what a grammar of the language forgives, and says so: %s %j",
    async (path, answer, changed) => {
      const around =
        { "a.go": "package a\n\nfunc f() {\n@\n}\n", "a.py": "def f():\n@\n" }[path] ??
        "function f() {\n@\n}\n";
      const saved = around.replace("@", answer);
      const report = await judgeChange(path, saved, around.replace("@", changed), answer);
      expect(told(report)).toEqual([["verified", "reformatted"]]);
    },
  );

  it("forgives nothing where no grammar reads the language, or none has answered", async () => {
    const saved = "alpha {\n  beta gamma;\n}\n";
    const today = saved.replace("  beta gamma", "    beta gamma");
    expect(told(await judgeChange("a.zig", saved, today, "  beta gamma;\n}"))).toEqual([
      ["edited", "edited"],
    ]);
    const file = seal(offer({ saved, displayed: "  beta gamma;\n}" }));
    expect(told(judge(today, [file], [file.id]))).toEqual([["edited", "edited"]]);
  });
});

describe("row 5: what was copied says from where", () => {
  const backdoor = '  if (user.name === "mallory") return grant(user);';
  const today = `function login(user) {\n${backdoor}\n  return check(user);\n}\n`;

  it("is at most anchored where the prompt that held it does not stand there", () => {
    const stuffed = { prefix: `// ${backdoor}\nfunction login(user) {\n` };
    const file = seal(offer({ saved: today, displayed: backdoor, prompt: stuffed }));
    const [verdict] = judge(today, [file], [file.id]).suggestions;
    expect(verdict).toMatchObject({
      summary: "anchored",
      checks: { prompt: "disclosed", copied: "fromPrompt" },
    });
    expect(verdict?.reasons[0]).toContain("Copied from");
  });

  it("names the committed file and the line that it was copied from, also where the prompt is bound", () => {
    const notes = `// notes\n\n${backdoor}\n`;
    const context = [{ path: "notes.js", text: notes }];
    const file = seal(offer({ saved: today, displayed: backdoor, prompt: { context } }));
    const quoted = new Map([["notes.js", `// before\n${notes}`]]);
    const [bound] = judge(today, [file], [file.id], { quoted }).suggestions;
    expect(bound).toMatchObject({
      checks: { prompt: "bound", copied: "fromToday" },
      findings: { prompt: { copiedFrom: { path: "notes.js", line: 4 }, share: 1 } },
    });
    const [gone] = judge(today, [file], [file.id]).suggestions;
    expect(gone).toMatchObject({ summary: "anchored", checks: { copied: "fromPrompt" } });
  });
});

describe("row 7: no claim hides another's edited line", () => {
  const answer = "  return user.isRoot() && check(user);";
  const today = SAVED.replace("&&", "||");
  it.each([
    ["a fragment on its first line", { displayed: "r", accepted: "r" }],
    ["a part of its first line", { displayed: "return user", accepted: "return user" }],
    ["the whole of its first line", { displayed: "  return user.isRoot() || check(user);" }],
  ])("%s", (_name, what) => {
    const edited = seal(offer({ saved: SAVED, displayed: answer }));
    const hiding = seal(offer({ saved: today, ...what }), { sequence: 4, previousSeal: edited.seal });
    const report = judge(today, [edited, hiding], [edited.id, hiding.id]);
    expect(report.suggestions).toContainEqual(
      expect.objectContaining({ id: edited.id, summary: "edited", startLine: 2 }),
    );
    expect(report.summary.edited).toBe(1);
  });
});

describe("row 9: nothing is taken from evidence that has to come from the pin", () => {
  const named = (model: Partial<(typeof execution)["model"]>) => {
    const made = { ...execution, model: { ...execution.model, ...model } };
    const of: BatchFacts = { ...facts, execution: { kind: "replayable", ...made } };
    const file = seal(honest(), { facts: of });
    const [verdict] = judge(SAVED, [file], [file.id]).suggestions;
    return verdict;
  };

  it("fails where a pinned digest goes with another name or root", () => {
    for (const model of [{ name: "Qwen2.5-Coder-32B (approved by Security)" }, { omsRoot: digestOf("99") }]) {
      const verdict = named(model);
      expect(verdict).toMatchObject({
        summary: "failed",
        checks: { model: "misnamed" },
        findings: { model: { name: execution.model.name } },
      });
    }
  });

  it("calls a model that is not pinned here by its digest alone", () => {
    const verdict = named({
      name: "Qwen2.5-Coder-32B (approved by Security)",
      manifestDigest: digestOf("99"),
    });
    expect(verdict).toMatchObject({
      summary: "unverified",
      checks: { model: "unapproved" },
      findings: { model: { name: null } },
    });
    expect(verdict?.reasons.join(" ")).toContain("which proves nothing");
  });

  it("goes by the pin where an authority approved the digest", () => {
    const file = seal(honest(), {
      facts: {
        ...facts,
        execution: { kind: "replayable", ...execution, model: { ...execution.model, name: "another" } },
      },
    });
    const policy = builtInPolicy({ device, pins: [execution.model] });
    const approved = new Set([execution.model.manifestDigest]);
    const models = { ...policy.models, approved };
    const [verdict] = judge(SAVED, [file], [file.id], { policy: { ...policy, models } }).suggestions;
    expect(verdict).toMatchObject({ summary: "failed", checks: { model: "misnamed" } });
  });
});

describe("row 12: evidence without a repository to belong to", () => {
  it("is unknown where the repository has no id, and failed where it has another", () => {
    const file = seal(honest());
    const unidentified = judge(SAVED, [file], [file.id], { repositoryIds: [] });
    expect(unidentified.suggestions).toMatchObject([
      { summary: "unknown", checks: { evidence: "unidentified" } },
    ]);
    expect(unidentified.files).toHaveLength(1);
    const foreign = judge(SAVED, [file], [file.id], { repositoryIds: ["ab".repeat(16)] });
    expect(foreign.suggestions).toMatchObject([{ summary: "failed", checks: { evidence: "foreign" } }]);
    expect(foreign.files).toHaveLength(1);
  });
});

describe("row 13: a stranger's claims", () => {
  const line = "  return user.isRoot() && check(user);";
  const good = seal(offer({ saved: SAVED, displayed: line }));
  const nonsense = (options: SealingOptions) =>
    seal(offer({ saved: SAVED, displayed: SAVED.trimEnd() }), {
      facts: { ...facts, device: stranger.device },
      sign: stranger.sign,
      ...options,
    });
  const foreign = { ...facts, device: stranger.device, repositoryId: "ab".repeat(16) };

  it.each([
    ["unanchored", nonsense({}), false],
    ["foreign", nonsense({ facts: foreign }), true],
    ["anchored", nonsense({}), true],
    ["broken", broken(nonsense({})), true],
  ])("lower no good line and hide no edited one: %s", (_name, file, isAnchored) => {
    for (const [today, summary] of [
      [SAVED, "verified"],
      [SAVED.replace("check(user)", "true"), "edited"],
    ] as const) {
      for (const files of [
        [good, file],
        [file, good],
      ]) {
        const chain = new Map([[good.batchRoot, included(good.batchRoot)]]);
        if (isAnchored) {
          chain.set(file.batchRoot, included(file.batchRoot, 1_700_000_000));
        }
        const report = judge(today, files, [good.id], { chain });
        const own = report.suggestions.filter(({ id }) => id === good.id);
        expect(own).toMatchObject([{ summary, startLine: 2 }]);
        if (summary === "verified") {
          expect(report.suggestions).toHaveLength(1);
          expect(report.beside).toHaveLength(1);
        }
      }
    }
  });
});

describe("row 15: a device that contradicts itself about the order of its batches", () => {
  const one = honest();
  const other = () =>
    offer({ saved: `${SAVED}export const limit = 4711;\n`, displayed: "export const limit = 4711;" });
  const text = `${SAVED}export const limit = 4711;\n`;
  const first = seal(one, { sequence: 0, previousSeal: null });
  it.each<[string, SealingOptions, number]>([
    ["two firsts", { sequence: 0, previousSeal: null }, 2],
    ["two of one number", { sequence: 0, previousSeal: digestOf("aa") }, 2],
    ["two after one", { sequence: 5, previousSeal: first.seal }, 1],
    ["one that follows, and says it does not", { sequence: 1, previousSeal: null }, 2],
    ["a first that has one before it", { sequence: 0, previousSeal: first.seal }, 2],
  ])("is failed: %s", (_name, options, blamed) => {
    const second = seal(other(), options);
    for (const files of [
      [first, second],
      [second, first],
    ]) {
      const report = judge(text, files, [first.id, second.id]);
      const failed = report.suggestions.filter(({ checks }) => checks.evidence === "equivocation");
      expect(failed).toHaveLength(blamed);
      expect(failed.every(({ summary }) => summary === "failed")).toBe(true);
      expect(failed.map(({ id }) => id)).toContain(second.id);
      expect(report.files).toHaveLength(blamed);
    }
  });

  it("is not one that follows, one whose predecessors are elsewhere, or one that lies there twice", () => {
    for (const options of [
      { sequence: 1, previousSeal: first.seal },
      { sequence: 7, previousSeal: digestOf("aa") },
    ]) {
      const second = seal(other(), options);
      const report = judge(text, [first, second, second, first], [first.id, second.id]);
      expect(report.summary).toMatchObject({ verified: 2, failed: 0 });
      expect(report.files).toEqual([]);
    }
  });

  it("blames no device for what another one says", () => {
    const copied = seal(other(), {
      facts: { ...facts, device: stranger.device },
      sign: stranger.sign,
      sequence: 0,
      previousSeal: null,
    });
    const report = judge(text, [first, copied], [first.id, copied.id]);
    expect(report.summary).toMatchObject({ verified: 2 });
    const follows = seal(other(), {
      facts: { ...facts, device: stranger.device },
      sign: stranger.sign,
      sequence: 1,
      previousSeal: first.seal,
    });
    const claimed = judge(text, [first, follows], [first.id, follows.id]);
    expect(claimed.suggestions.map(({ summary, checks }) => [summary, checks.evidence])).toEqual([
      ["verified", "intact"],
      ["failed", "equivocation"],
    ]);
  });

  it("takes no second spelling of one signature for a second batch", () => {
    const { envelope, ...rest }: EvidenceFile = JSON.parse(first.evidence);
    const [{ sig, keyid }] = envelope.signatures;
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    const bytes = Buffer.from(sig, "base64");
    const s = order - BigInt(`0x${bytes.subarray(32, 64).toString("hex")}`);
    const high = Buffer.concat([
      bytes.subarray(0, 32),
      Buffer.from(s.toString(16).padStart(64, "0"), "hex"),
      Buffer.from([bytes[64] === 27 ? 28 : 27]),
    ]);
    const low = Buffer.concat([bytes.subarray(0, 64), Buffer.from([(bytes[64] ?? 27) - 27])]);
    for (const signature of [high, low]) {
      const spelled = { ...envelope, signatures: [{ keyid, sig: signature.toString("base64") }] };
      const evidence = prettyCanonicalJson({ ...rest, envelope: spelled });
      const copy = { ...first, evidence };
      const report = judge(SAVED, [first, copy], [first.id]);
      expect(report.suggestions).toMatchObject([{ id: first.id, summary: "verified" }]);
      expect(report.files).toHaveLength(1);
    }
  });
});

describe("row 16: one bad file costs that file", () => {
  const good = seal(honest());

  it("lets a token of more than 32 bits cost nothing but its own file", () => {
    const file: EvidenceFile = JSON.parse(good.evidence);
    const prompts = Buffer.from(file.prompts ?? "", "base64");
    const json = inflateRawSync(prompts)
      .toString("utf8")
      .replace("4711", String(2 ** 32));
    const bad = prettyCanonicalJson({ ...file, prompts: deflateRawSync(json).toString("base64") });
    const report = judge(SAVED, [good, { ...good, evidence: bad }], [good.id]);
    expect(told(report)).toEqual([["verified", "verbatim"]]);
    expect(report.files).toHaveLength(1);
  });

  it("takes the better opened one of two copies, in whatever order they come", () => {
    const reading = readEvidence(Buffer.from(good.evidence));
    const lines = reading.batch?.claims[0]?.record.pieces[0]?.lines;
    const { claims, ...rest }: EvidenceFile = JSON.parse(good.evidence);
    const stripped = {
      ...good,
      evidence: prettyCanonicalJson({
        ...rest,
        claims: claims.map((claim) => ({ ...claim, pieces: claim.pieces.map((one) => ({ ...one, lines })) })),
      }),
    };
    const named = parameters("", [good, stripped], []).evidence;
    for (const paths of [
      ["a", "z"],
      ["z", "a"],
    ]) {
      const evidence = named.map(({ reading }, index) => ({ reading, path: paths[index] ?? "" }));
      const { replays, chain } = parameters("", [good], [good.id]);
      const report = judge(SAVED, [], [], { evidence, replays, chain });
      expect(told(report)).toEqual([["verified", "verbatim"]]);
      expect(report.suggestions[0]?.checks.prompt).toBe("bound");
    }
  });
});

describe("row 17: every field is signed, recomputed or checked", () => {
  it.each<[string, object, "newer" | "tampered"]>([
    // Of an unknown field nobody but a later Proofline can tell what it is.
    ["a note of what was replaced", { replaced: "nonsense" }, "newer"],
    ["a kind of acceptance", { acceptance: "line" }, "tampered"],
    ["a false word on whether all was accepted", { acceptance: "partial" }, "tampered"],
    ["a false count", { counts: { tokens: 3, displayed: 1, accepted: 1 } }, "tampered"],
    ["another trim chain's name", { trim: "trim/v0" }, "tampered"],
  ])("%s in a record of the first version that is signed all the same", (_name, change, kind) => {
    const { suggestion, texts } = honest();
    const good = { ...sealedInFirst([suggestion], { texts }), id: suggestion.id };
    const file: FirstEvidenceFile = JSON.parse(good.evidence);
    const statement: FirstStatement = JSON.parse(
      Buffer.from(file.envelope.payload, "base64").toString("utf8"),
    );
    const claims = statement.predicate.claims.map(({ record, commitments }) => ({
      record: { ...record, ...change },
      commitments,
    }));
    const hashes = claims.map(({ record, commitments }) => firstLeafHashing(facts)(record, commitments));
    const payload = canonicalJson({
      ...statement,
      subject: [{ name: "suggestions", digest: { sha256: toDigest(rootOf(hashes)) } }],
      predicate: { ...statement.predicate, claims },
    });
    const envelope = toEnvelope(signPayload(Buffer.from(payload, "utf8"), device, sign));
    const evidence = prettyCanonicalJson({ ...file, envelope });
    expect(readEvidence(Buffer.from(evidence)).kind).toBe(kind);
    const replays = new Map([[claimOf([good], good.id), replayedExactly]]);
    const report = judge(SAVED, [{ ...good, evidence }], [], { replays });
    expect(report.summary.verified).toBe(0);
    const summary = kind === "newer" ? "unknown" : "failed";
    expect(report.suggestions.every((one) => one.summary === summary)).toBe(true);
  });
});

describe("claims that nobody can replay", () => {
  const line = "  return user.isRoot() && check(user);";
  const position = { line: 1, character: 0 };
  const claimed = (of: BatchFacts["execution"], values: ClaimValues) =>
    sealBatch({
      facts: { ...facts, execution: of },
      claims: [
        {
          id: "ab".repeat(16),
          values,
          trim: values.kind === "stated" ? null : "trim/v1",
          pieces: [pieceIn(SAVED, "src/a.ts", position, line)],
          salts: newSalts(),
          promptTravels: true,
        },
      ],
      sequence: 3,
      previousSeal: digestOf("f6"),
      sign,
    });
  const statedValues: ClaimValues = {
    kind: "stated",
    tool: "agent",
    session: "7",
    model: "Qwen2.5-Coder-32B (approved by Security)",
    accepted: [line],
  };
  const stated = claimed({ kind: "stated" }, statedValues);
  const attestedValues: ClaimValues = {
    kind: "attested",
    request: "",
    answer: "",
    signature: "",
    timestamp: 1_800_000_000,
    settlement: "batch",
    displayed: line,
    accepted: [line],
  };
  const attested = claimed(
    {
      kind: "attested",
      scheme: "opengradient/v1",
      enclave: digestOf("ee"),
      model: { name: "Qwen2.5-Coder-32B (approved by Security)" },
    },
    attestedValues,
  );
  const id = "ab".repeat(16);

  it("are stated and nothing more, whatever replay or enclave is said to have found", () => {
    const claim = claimOf([stated], id);
    const report = judge(SAVED, [stated], [id], {
      enclaves: new Map([
        [claim, { value: "enclaveSigned", reason: "", checks: [], isRevokedSince: false, measurement: null }],
      ]),
    });
    expect(report.suggestions).toMatchObject([
      { summary: "stated", checks: { execution: "stated", model: "unproved", prompt: "sealed" } },
    ]);
    expect(report.suggestions[0]?.findings.model.name).toBeNull();
  });

  it("are attested only where the enclave was checked, and never verified", () => {
    const claim = claimOf([attested], id);
    const outcome = (value: "enclaveSigned" | "enclaveContradicted") =>
      new Map([
        [claim, { value, reason: "It was checked.", checks: [], isRevokedSince: false, measurement: null }],
      ]);
    const summaryOf = (more: Partial<VerifyParameters>) =>
      judge(SAVED, [attested], [id], more).suggestions.map(({ summary }) => summary);
    expect(summaryOf({})).toEqual(["unverified"]);
    expect(summaryOf({ enclaves: outcome("enclaveSigned") })).toEqual(["attested"]);
    expect(summaryOf({ enclaves: outcome("enclaveContradicted") })).toEqual(["failed"]);
  });

  it("give way to a replayed one in its place", () => {
    const good = seal(offer({ saved: SAVED, displayed: line }), { sequence: 4, previousSeal: stated.seal });
    const report = judge(SAVED, [stated, good], [good.id]);
    expect(told(report)).toEqual([["verified", "verbatim"]]);
    expect(report.beside).toMatchObject([{ summary: "stated", why: "contested" }]);
  });

  it("have nothing but what is of their kinds", () => {
    for (const [file, values] of [
      [stated, statedValues],
      [attested, attestedValues],
    ] as const) {
      const reading = readEvidence(Buffer.from(file.evidence));
      expect(reading.kind === "intact" && reading.batch.claims.map((one) => one.values)).toEqual([values]);
    }
  });
});

describe("the report", () => {
  const one = honest();
  const first = seal(one, { sequence: 0, previousSeal: null });
  const second = seal(offer({ saved: SAVED, displayed: "function login(user) {" }), {
    sequence: 1,
    previousSeal: first.seal,
  });
  const strange = { facts: { ...facts, device: stranger.device }, sign: stranger.sign };
  const others = [
    seal(offer({ saved: SAVED, displayed: SAVED.trimEnd() }), {
      ...strange,
      sequence: 0,
      previousSeal: null,
    }),
    seal(offer({ saved: SAVED, displayed: "user.isRoot()" }), { ...strange, sequence: 1 }),
    seal(one, { facts: { ...strange.facts, repositoryId: "ab".repeat(16) }, sign: stranger.sign }),
    broken(first),
    { ...second, evidence: "{}" },
  ];

  it("does not depend on the order of evidence files", () => {
    const files = [first, second, ...others];
    const { evidence, ...rest } = parameters("", files, [first.id, second.id]);
    for (const today of [SAVED, SAVED.replace("&&", "||"), `// new\n${SAVED}`, `${SAVED}${SAVED}`]) {
      const expected = judge(today, [], [], { ...rest, evidence, texts: new Map([["src/a.ts", today]]) });
      fc.assert(
        fc.property(fc.shuffledSubarray([...evidence], { minLength: evidence.length }), (shuffled) => {
          const texts = new Map([["src/a.ts", today]]);
          expect(judge(today, [], [], { ...rest, evidence: shuffled, texts })).toEqual(expected);
        }),
        { numRuns: 100, seed: 1 },
      );
    }
  });

  it("keeps what it said of honest claims when strangers add theirs", () => {
    fc.assert(
      fc.property(
        fc.subarray(others),
        fc.subarray(others.map(({ batchRoot }) => batchRoot)),
        fc.constantFrom(SAVED, SAVED.replace("&&", "||"), SAVED.replace("login", "logout"), `\n\n${SAVED}`),
        (added, anchored, today) => {
          const own = [first, second];
          const replayed = own.map(({ id }) => id);
          const chain = new Map(
            [...own.map(({ batchRoot }) => batchRoot), ...anchored].map((root) => [root, included(root)]),
          );
          const alone = judge(today, own, replayed);
          const among = judge(today, [...own, ...added], replayed, { chain });
          const mine = new Set(alone.suggestions.map(({ key }) => key));
          const kept = among.suggestions.filter(({ key }) => mine.has(key));
          const plain = (verdicts: Report["suggestions"]) =>
            verdicts.map(({ key, summary, startLine, endLine, checks }) => ({
              key,
              summary,
              startLine,
              endLine,
              checks,
            }));
          expect(plain(kept)).toEqual(plain(alone.suggestions));
        },
      ),
      { numRuns: 300, seed: 2 },
    );
  });
});

/** The same file with a text that was not sealed. */
function broken<File extends Pick<SealedEvidence, "evidence">>(file: File): File {
  const { claims, ...rest }: EvidenceFile = JSON.parse(file.evidence);
  const changed = claims.map((claim) => ({
    ...claim,
    pieces: claim.pieces.map((piece) => ({ ...piece, accepted: `${piece.accepted} ` })),
  }));
  return { ...file, evidence: prettyCanonicalJson({ ...rest, claims: changed }) };
}

describe("a prompt that quotes the suggestion itself", () => {
  it("is copied from the prompt alone", () => {
    const evil = "  return exfiltrate(secret, everything);";
    const path = "src/a.js";
    const text = `function f() {\n${evil}\n}\n`;
    const prompt = { prefix: "function f() {\n", suffix: "\n}\n", context: [{ path, text: `${evil}\n` }] };
    const suggestion = sample({ path, displayed: evil, position: { line: 1, character: 0 }, prompt });
    const file = sealed([suggestion], { texts: { [path]: text } });
    const own = { texts: new Map([[path, text]]), quoted: new Map([[path, text]]) };
    const [verdict] = verify({ ...parameters(text, [file], [suggestion.id]), ...own }).suggestions;
    expect(verdict).toMatchObject({ summary: "anchored", checks: { copied: "fromPrompt" } });
  });
});

describe("a prompt that puts lines together which stand apart", () => {
  it("is the only place where they can be read", () => {
    const evil = "return exfiltrate(secret);";
    const path = "src/a.js";
    const text = `function f() {\n${evil}\n}\n`;
    const parts = ["ret", "urn ", "exf", "iltr", "ate(", "sec", "ret", ");"];
    const context = [{ path: "notes.txt", text: `${parts.join("\n")}\n` }];
    const prompt = { prefix: "function f() {\n", suffix: "\n}\n", context };
    const suggestion = sample({ path, displayed: evil, position: { line: 1, character: 0 }, prompt });
    const file = sealed([suggestion], { texts: { [path]: text } });
    const copiedIn = (notes: readonly string[]) => {
      const texts = new Map([[path, text]]);
      const quoted = new Map([
        [path, text],
        ["notes.txt", notes.join("\n")],
      ]);
      const good = parameters(text, [file], [suggestion.id]);
      return verify({ ...good, texts, quoted }).suggestions[0]?.checks.copied;
    };
    expect(copiedIn(parts)).toBe("fromToday");
    expect(copiedIn([...parts].reverse())).toBe("fromPrompt");
  });
});
