import { expect, it } from "vitest";
import { readEvidence } from "../../../server/src/evidence/format/readEvidence";
import type { EvidenceInput } from "../../../server/src/policy/evidenceIndex";
import { Moves } from "../../../server/src/policy/moves";
import { enclaveClaims } from "../../../server/src/workflows/enclaveClaims";
import { answered, sealAttested } from "../../support/attestedBatch";
import { newEnclave } from "../../support/standInEnclave";

const PATH = "src/a.ts";
const TEXT = "return a + b;";

/** Evidence of one attested claim. */
function claimed(enclave: ReturnType<typeof newEnclave>): EvidenceInput {
  const prompt = { path: PATH, prefix: "", suffix: "\n", context: [] };
  const { evidence, batchRoot } = sealAttested({
    answered: answered(enclave, prompt, TEXT),
    path: PATH,
    saved: `${TEXT}\n`,
    position: { line: 0, character: 0 },
  });
  return {
    path: `.proofline/evidence/${batchRoot}.json`,
    reading: readEvidence(Buffer.from(evidence, "utf8")),
  };
}

/** The same as a batch of another device. */
function by(device: `0x${string}`, { path, reading }: EvidenceInput): EvidenceInput {
  if (reading.kind !== "intact") {
    throw new Error(`${path} is ${reading.kind}`);
  }
  const { facts, claims } = reading.batch;
  return { path, reading: { kind: "intact", batch: { ...reading.batch, device, facts, claims } } };
}

it("lets devices take turns, so that a stranger's many claims keep nobody's from being looked at", () => {
  const enclave = newEnclave();
  const strangers = Array.from({ length: 20 }, () => by(`0x${"1".repeat(40)}`, claimed(enclave)));
  const own = [claimed(enclave), claimed(enclave)];
  const claims = enclaveClaims({ evidence: [...strangers, ...own], moves: Moves.NONE });
  const ofOwn = own.flatMap(({ reading }) => reading.batch?.claims.map(({ leafHash }) => leafHash) ?? []);
  const places = ofOwn.map((leaf) => claims.findIndex(({ claim }) => claim === leaf));
  expect(claims).toHaveLength(22);
  expect(places).toEqual([1, 3]);
});
