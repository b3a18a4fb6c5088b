import { randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import { newSalts } from "../../../../server/src/evidence/format/claimSalts";
import { MAX_EVIDENCE_BYTES } from "../../../../server/src/evidence/format/evidenceFile";
import { readEvidence } from "../../../../server/src/evidence/format/readEvidence";
import { sealBatch } from "../../../../server/src/evidence/format/sealBatch";
import { MAX_BATCH_SIZE } from "../../../../server/src/evidence/format/statement";
import { readGitAiNote } from "../../../../server/src/policy/interop/gitAiNote";
import { statedPieces } from "../../../../server/src/policy/interop/statedPieces";
import { digestOf } from "../../../support/digests";
import { facts, pieceIn, sign } from "../../../support/sampleBatch";

const POOL = Array.from({ length: 20_000 }, () =>
  String.fromCharCode(0x4e00 + (randomBytes(2).readUInt16BE(0) % 0x5000)),
).join("");

/** So many letters of three bytes each that compression makes hardly any fewer. */
function letters(count: number): string {
  const from = randomBytes(2).readUInt16BE(0) % (POOL.length - count);
  return POOL.slice(from, from + count);
}

/** A note that names as much as one may, with the longest names. */
function note(lines: number): string {
  const session = { agent_id: { tool: letters(250), id: letters(1_000), model: letters(250) } };
  const metadata = {
    schema_version: "authorship/3.0.0",
    prompts: Object.fromEntries(keysFor(lines).map((key) => [key, { agent_id: session.agent_id }])),
  };
  const entries = keysFor(lines).map((key, index) => `  ${key} ${index * 48 + 1}-${index * 48 + 48}\n`);
  return `a.ts\n${entries.join("")}---\n${JSON.stringify(metadata)}`;
}

function keysFor(lines: number): readonly string[] {
  return Array.from({ length: lines / 48 }, (_, index) => index.toString(16).padStart(16, "0"));
}

it.each([
  ["letters of three bytes", (length: number) => letters(length)],
  ["signs that JSON spells with six letters", (length: number) => `abc${"\u0001".repeat(length - 3)}`],
  ["plain code", (length: number) => "x".repeat(length)],
])("fits into one file of evidence for a whole batch, of %s", (_, lineOf) => {
  for (const length of [60, 190]) {
    const file = Array.from({ length: MAX_BATCH_SIZE * 48 }, () => lineOf(length));
    const text = file.join("\n");
    const { ranges } = readGitAiNote(note(file.length));
    const { pieces } = statedPieces(ranges, new Map([["a.ts", text]]), "the folder");
    expect(pieces.length).toBeGreaterThanOrEqual(MAX_BATCH_SIZE);
    const { evidence } = sealBatch({
      facts: { ...facts, execution: { kind: "stated" } },
      claims: pieces.slice(0, MAX_BATCH_SIZE).map(({ path, line, accepted, tool, session, model }) => ({
        id: randomBytes(16).toString("hex"),
        values: { kind: "stated", tool, session, model, accepted: [accepted] },
        trim: null,
        pieces: [pieceIn(undefined, path, { line, character: 0 }, accepted)],
        salts: newSalts(),
        promptTravels: true,
      })),
      ...{ sequence: 3, previousSeal: digestOf("f6"), sign },
    });
    expect(Buffer.byteLength(evidence)).toBeLessThanOrEqual(MAX_EVIDENCE_BYTES);
    expect(readEvidence(Buffer.from(evidence)).kind).toBe("intact");
  }
});
