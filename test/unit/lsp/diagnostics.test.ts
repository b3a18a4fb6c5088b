import { expect, it } from "vitest";
import type { Diagnostic } from "vscode-languageserver/node";
import {
  closedProblem,
  Diagnostics,
  MOST_CLOSED_PROBLEMS,
} from "../../../server/src/lsp/verdicts/diagnostics";
import { builtInAdmission } from "../../../server/src/policy/decision";
import { verify } from "../../../server/src/policy/verifyEvidence";
import type { Summary } from "../../../server/src/protocol/verdictWords";
import { sealed } from "../../support/sampleBatch";
import { accepted, parameters } from "../policy/goodCase";

const TEXT = "const answer = 42;\n";
const REPOSITORY = "/project";

/** What would be told of the closed file's one suggestion. */
function problems(uri: string, summary: Summary) {
  const suggestion = accepted(TEXT.trim(), { line: 0, character: 0 });
  const file = sealed([suggestion], { texts: { "src/a.ts": TEXT } });
  const [found] = verify(parameters(TEXT, [file], [])).suggestions;
  if (found === undefined) {
    throw new Error("there is no verdict");
  }
  const problem = closedProblem(uri, { ...found, summary }, builtInAdmission());
  return problem === null ? [] : [problem];
}

function panel() {
  const shown = new Map<string, readonly Diagnostic[]>();
  const diagnostics = new Diagnostics({
    sendDiagnostics: async ({ uri, diagnostics: list }) => {
      shown.set(uri, list);
    },
  });
  return { shown, diagnostics };
}

const uriOf = (index: number): string => `file:///project/${String(index).padStart(5, "0")}.ts`;

it("tells of the worst closed lines first, counts the rest, and forgets those that are good", async () => {
  const { shown, diagnostics } = panel();
  const anchored = problems("", "anchored");
  const many = Array.from({ length: MOST_CLOSED_PROBLEMS + 5 }, (_, index) =>
    anchored.map((one) => ({ ...one, uri: uriOf(index) })),
  ).flat();
  const failed = "file:///project/failed.ts";
  await diagnostics.showClosed(REPOSITORY, "block", [...many, ...problems(failed, "failed")]);
  expect(shown.size).toBe(MOST_CLOSED_PROBLEMS);
  expect(shown.get(failed)?.[0]?.message).toContain("6 more accepted suggestions");
  expect(shown.get(failed)?.[1]?.message).toContain("failed");
  expect(shown.get(uriOf(0))?.[0]?.message).toContain("Replay All Suggestions");

  await diagnostics.showClosed(REPOSITORY, "block", problems(failed, "verified"));
  expect([...shown.values()].flat()).toEqual([]);
});

it("leaves a file that is open to its own verdicts, however the editor spells its address", async () => {
  const { shown, diagnostics } = panel();
  const closed = problems("file:///project/a%20b.ts", "failed");
  await diagnostics.showClosed(REPOSITORY, "warn", closed);
  const open = "file:///project/%61%20b.ts";
  diagnostics.showLines(open, "warn", builtInAdmission(), () => []);
  expect(shown.get(open)).toEqual([]);
  shown.clear();
  await diagnostics.showClosed(REPOSITORY, "warn", closed);
  await diagnostics.showClosed(REPOSITORY, "off", []);
  expect(shown.size).toBe(0);
  await diagnostics.showClosed(REPOSITORY, "warn", closed);
  diagnostics.forget(open);
  await diagnostics.showClosed(REPOSITORY, "warn", closed);
  expect([...shown.values()].flat()).toHaveLength(1);
});
