import { describe, expect, it } from "vitest";
import { readEvidence } from "../../../server/src/evidence/format/readEvidence";
import { Moves } from "../../../server/src/policy/moves";
import { GrammarQuestions } from "../../../server/src/workflows/grammarQuestions";
import { findVanished } from "../../../server/src/workflows/vanished";
import { verifyRepository } from "../../../server/src/workflows/verify";
import { facts, sample, sealed } from "../../support/sampleBatch";
import { parameters } from "../policy/goodCase";

const path = "src/a.ts";
const text = "function f(user, resource) {\n  return isAllowed(user, resource) && check(user);\n}\n";
const suggestion = sample({
  path,
  displayed: "check(user);",
  position: { line: 1, character: 38 },
  prompt: {
    prefix: "function f(user, resource) {\n  return isAllowed(user, resource) && ",
    suffix: "\n}\n",
    context: [],
  },
});
const file = sealed([suggestion], { texts: { [path]: text } });
const closed = sealed([suggestion], { texts: { [path]: text }, open: () => false });
const inputOf = (evidence: string) => ({
  path: ".proofline/evidence/a.json",
  reading: readEvidence(Buffer.from(evidence, "utf8")),
});
const base = { repositoryIds: [facts.repositoryId], evidence: [inputOf(file.evidence)] };
const edited = text.replace("check(user)", "true");

describe("what vanished", () => {
  it.each(["lines", "prompts"])("is also told where a copy that lacks its %s took its place", (what) => {
    const reading = readEvidence(Buffer.from(file.evidence, "utf8"));
    const stripped = JSON.parse(what === "lines" ? file.evidence : closed.evidence);
    if (what === "lines") {
      stripped.claims[0].pieces[0].lines = reading.batch?.claims[0]?.record.pieces[0]?.lines;
    }
    const today = { ...parameters(edited, [file], []), evidence: [inputOf(JSON.stringify(stripped))] };
    expect(findVanished(base, today)).toMatchObject([{ id: suggestion.id, path, today: "other" }]);
    expect(findVanished(base, parameters(edited, [file], []))).toEqual([]);
  });

  it("is told with what lies there now: nothing, what cannot be read, or what cannot be believed", () => {
    const revision = "HEAD^{/:.}";
    const [input] = base.evidence;
    const before = {
      ...base,
      evidence: base.evidence.map((one) => ({ ...one, path: `${revision}:${one.path}` })),
    };
    const none = { ...parameters(text, [file], []), evidence: [] };
    const path = input?.path ?? "";
    const broken = { ...none, evidence: [{ path, reading: readEvidence(Buffer.from("{")) }] };
    expect(findVanished(before, none)).toMatchObject([{ today: "gone" }]);
    expect(findVanished(before, none, new Set([path]))).toMatchObject([{ today: "broken" }]);
    expect(findVanished(before, broken)).toMatchObject([{ today: "broken" }]);
  });

  it("is told of a file that was moved when its evidence was taken away", async () => {
    const files: Record<string, string> = { "src/b.ts": text };
    const readTexts = async (paths: Iterable<string>): Promise<ReadonlyMap<string, string>> =>
      new Map([...paths].flatMap((one) => (files[one] === undefined ? [] : [[one, files[one]] as const])));
    const repository = {
      folder: "/repository",
      ids: async () => ({ ids: [facts.repositoryId], damaged: [] }),
      evidenceFiles: async function* () {},
      anchorFiles: async function* () {},
      approvalFiles: async function* () {},
      resultFiles: async function* () {},
      files: async () => Object.keys(files),
      hasFile: async (one: string) => one in files,
      obstacleTo: async () => null,
      readText: async (one: string) => files[one] ?? null,
      readTexts,
      readQuotables: readTexts,
    };
    const { policy } = parameters(text, [file], []);
    const long = sample({
      path,
      displayed: "  return isAllowed(user, resource) && check(user);",
      position: { line: 1, character: 0 },
    });
    const report = await verifyRepository({
      repository,
      contents: {
        repositoryIds: [facts.repositoryId],
        evidence: [],
        anchors: [],
        approvals: [],
        results: [],
        moves: Moves.NONE,
        problems: [],
      },
      journal: [],
      device: "",
      policy,
      chain: {
        check: async () => {
          throw new Error("not asked");
        },
      } as never,
      grammars: new GrammarQuestions({ sameTokens: async () => false, linesOf: async () => [] }),
      base: { ...base, evidence: [inputOf(sealed([long], { texts: { [path]: text } }).evidence)] },
      replays: new Map(),
    });
    expect(report.vanished).toMatchObject([{ id: long.id, path: "src/b.ts", line: 2 }]);
  });
});
