import { describe, expect, it } from "vitest";
import { readEvidence } from "../../../server/src/evidence/format/readEvidence";
import { fileRemedy } from "../../../server/src/workflows/fileRemedy";
import { facts, sample, sealed } from "../../support/sampleBatch";

const path = ".proofline/evidence/a.json";
const { evidence } = sealed([sample({ path: "src/a.ts" })], { texts: {} });
const remedyFor = (text: string | null, repositoryId: string | null): string =>
  fileRemedy(
    { path, problem: "It says why." },
    {
      repositoryIds: repositoryId === null ? [] : [repositoryId],
      evidence: text === null ? [] : [{ path, reading: readEvidence(Buffer.from(text, "utf8")) }],
    },
  );

describe("what a person can do about a file that cannot be believed", () => {
  it.each([
    ["was not even read", null, facts.repositoryId, /^Restore the file from version control\.$/],
    ["is broken", "{", facts.repositoryId, /^Restore the file from version control\.$/],
    ["is broken in a repository without an id", "{", null, /^Restore the file from version control\.$/],
    [
      "is whole in a repository without an id",
      evidence,
      null,
      /^Restore the files of \.proofline\/repository /,
    ],
    [
      "belongs elsewhere",
      evidence,
      "0".repeat(32),
      /^Take the file away .* the files of \.proofline\/repository /,
    ],
    ["contradicts another of its device", evidence, facts.repositoryId, /^Ask whoever has that device /],
  ])("fits one that %s", (_, text, repositoryId, remedy) => {
    expect(remedyFor(text, repositoryId)).toMatch(remedy);
  });
});
