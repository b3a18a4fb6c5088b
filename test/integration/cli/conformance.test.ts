/**
 * The conformance vectors by the command that a reviewer types: those that need nothing made up in full, and of the others all
 * that does not rest on what their readers are assumed to know.
 */
import { execFile } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { Report } from "../../../server/src/policy/report";
import {
  asExpectation,
  BASE,
  caseOf,
  expectationOf,
  vectorNames,
  withVector,
} from "../../conformance/observe";
import { needsNothing, type VectorExpectation } from "../../conformance/vector";
import { repository } from "../../support/chainTest";
import { removeFolder } from "../../support/removeFolder";

const CLI = join(repository, "dist", "cli.js");
const home = mkdtempSync(join(tmpdir(), "proofline-home-"));
afterAll(() => removeFolder(home));

const names = vectorNames();

describe("`proofline verify` says of a conformance vector what the rules say", () => {
  it.concurrent.each(names.filter((name) => needsNothing(caseOf(name))))("%s", async (name) => {
    const expected = expectationOf(name);
    const { status, stdout, stderr } = await verify(name);
    expect(stderr).not.toMatch(/^ +at /m);
    if (isAllGone(expected)) {
      expect(status).toBe(2);
      return;
    }
    const report: Report = JSON.parse(stdout);
    expect(asExpectation(report, expected)).toEqual(expected);
    // Nothing of these vectors is anchored, so nothing of them is good.
    expect(status).toBe(1);
  });

  // Who takes a contested place rests on what is known.
  const others = names.filter(
    (name) => !needsNothing(caseOf(name)) && !caseOf(name).rules.includes("contested"),
  );
  it.concurrent.each(others)("%s, as far as everybody sees it", async (name) => {
    const expected = expectationOf(name);
    const { status, stdout, stderr } = await verify(name);
    expect(stderr).not.toMatch(/^ +at /m);
    const observed = asExpectation(JSON.parse(stdout), expected);
    expect(forEverybody(observed)).toEqual(forEverybody(expected));
    expect(observed.pieces.filter(({ summary }) => summary === "verified")).toEqual([]);
    expect(status).toBe(expected.pieces.length + expected.problems.length === 0 ? 0 : 1);
  });

  it("is asked about all kinds of them", () => {
    expect(names.length).toBeGreaterThan(90);
    expect(others.length).toBeGreaterThan(80);
  });
});

/** What does not rest on devices, pins, replays or a chain. */
function forEverybody(all: VectorExpectation): object {
  return {
    pieces: all.pieces.map(({ checks, summary: _summary, ...piece }) => ({
      ...piece,
      content: checks.content,
      evidence: checks.evidence,
      prompt: checks.prompt,
      copied: checks.copied,
    })),
    broken: all.broken.map(({ path, line, evidence }) => ({ path, line, evidence })),
    beside: all.beside.map(({ claim, path, why }) => ({ claim, path, why })),
    gone: all.gone,
    vanished: all.vanished,
    problems: all.problems,
  };
}

function isAllGone({ pieces, broken, gone, vanished, problems }: VectorExpectation): boolean {
  return gone.length > 0 && [pieces, broken, vanished, problems].every((list) => list.length === 0);
}

/** Runs the command in a vector's repository. */
function verify(name: string): Promise<{ status: number; stdout: string; stderr: string }> {
  return withVector(
    name,
    (cwd, hasBase) =>
      new Promise((resolve) => {
        execFile(
          process.execPath,
          [CLI, "verify", "--json", "--no-replay", ...(hasBase ? ["--base", BASE] : [])],
          { cwd, env: { ...process.env, PROOFLINE_HOME: home } },
          (error, stdout, stderr) =>
            resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr }),
        );
      }),
  );
}
