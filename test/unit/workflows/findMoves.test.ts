import { describe, expect, it } from "vitest";
import { readEvidence } from "../../../server/src/evidence/format/readEvidence";
import { addressOf, signPersonalMessage } from "../../../server/src/platform/ecdsa";
import type { EvidenceInput } from "../../../server/src/policy/evidenceIndex";
import { findMoves } from "../../../server/src/workflows/findMoves";
import {
  device,
  facts,
  type SampleOptions,
  type SealingOptions,
  sample,
  sealed,
} from "../../support/sampleBatch";

const strangerKey = Buffer.from("47".repeat(32), "hex");
const stranger = addressOf(strangerKey);
const AS_STRANGER: SealingOptions = {
  facts: { ...facts, device: stranger },
  sign: (message) => signPersonalMessage(message, strangerKey),
};

/** One batch with claims on the first line of files, and the leaf hashes of its claims. */
function batchOf(claims: readonly SampleOptions[], options: SealingOptions = {}) {
  const samples = claims.map((claim) => sample({ position: { line: 0, character: 0 }, ...claim }));
  const { evidence: text } = sealed(samples, options);
  const reading = readEvidence(Buffer.from(text));
  if (reading.kind !== "intact") {
    throw new Error(reading.reason);
  }
  const input: EvidenceInput = { path: "some.json", reading };
  return { input, leaves: reading.batch.claims.map(({ leafHash }) => leafHash) };
}

function repositoryOf(texts: Readonly<Record<string, string>>) {
  const reads: string[] = [];
  return {
    reads,
    hasFile: async (path: string) => path in texts,
    files: async () => Object.keys(texts),
    readText: async (path: string) => {
      reads.push(path);
      return texts[path] ?? null;
    },
  };
}

const search = (texts: Readonly<Record<string, string>>, ...evidence: readonly EvidenceInput[]) =>
  findMoves(repositoryOf(texts) as never, evidence);

const ONE = "const someThing = computeOne();";
const TWO = "const anotherThing = computeTwo();";

describe("a piece whose file is gone", () => {
  it("is in the one other file of its kind that holds its lines", async () => {
    const { input, leaves } = batchOf([{ path: "a.js", displayed: ONE }]);
    const [leaf = ""] = leaves;
    const today = async (texts: Readonly<Record<string, string>>) =>
      (await search(texts, input)).ofPiece(device, leaf, 0, "a.js");
    expect(await today({ "b.js": `// New.\n${ONE}\n`, "b.ts": ONE })).toBe("b.js");
    expect(await today({ "b.js": ONE, "c.js": ONE })).toBe("a.js");
    expect(await today({ "b.js": ONE, "lib/a.js": ONE })).toBe("lib/a.js");
    expect(await today({ "b.ts": ONE })).toBe("a.js");
    expect(await today({ "a.js": "", "b.js": ONE })).toBe("a.js");
    expect(await today({ "b.js": `${ONE} // Changed.` })).toBe("a.js");
  });

  it("is followed by itself, whatever others claim of the same path", async () => {
    const own = batchOf([{ path: "a.js", displayed: ONE }]);
    const decoys = batchOf(
      Array.from({ length: 40 }, () => ({ path: "a.js", displayed: TWO })),
      AS_STRANGER,
    );
    const moves = await search({ "b.js": ONE, "c.js": TWO }, decoys.input, own.input);
    expect(moves.ofPiece(device, own.leaves[0] ?? "", 0, "a.js")).toBe("b.js");
    expect(moves.ofPiece(stranger, decoys.leaves[0] ?? "", 0, "a.js")).toBe("c.js");
    expect(moves.ofFile(device, "a.js")).toBe("b.js");
    expect(moves.ofFile(stranger, "a.js")).toBe("c.js");
    expect(moves.ofFile("0x00", "a.js")).toBe("a.js");
  });

  it("follows its device's other pieces where it is too small or was edited, and these agree", async () => {
    const { input, leaves } = batchOf([
      { path: "a.js", displayed: "x = 1;" },
      { path: "a.js", displayed: ONE },
      { path: "a.js", displayed: TWO },
    ]);
    const small = async (texts: Readonly<Record<string, string>>) =>
      (await search(texts, input)).ofPiece(device, leaves[0] ?? "", 0, "a.js");
    expect(await small({ "b.js": `x = 1;\n${ONE}\n${TWO}` })).toBe("b.js");
    expect(await small({ "b.js": `x = 2;\n${ONE}\n` })).toBe("b.js");
    expect(await small({ "b.js": ONE, "c.js": TWO })).toBe("a.js");
    expect(await small({ "b.js": "x = 1;" })).toBe("a.js");
  });

  it("is not looked for by a line that more files have than tell anything", async () => {
    const { input, leaves } = batchOf([{ path: "a.js", displayed: ONE }]);
    const many = Object.fromEntries(Array.from({ length: 80 }, (_, index) => [`f${index}.js`, ONE]));
    expect((await search(many, input)).ofPiece(device, leaves[0] ?? "", 0, "a.js")).toBe("a.js");
  });
});

it("reads each file once, however many pieces are looked for, and none while no file is gone", async () => {
  const texts = Object.fromEntries(Array.from({ length: 250 }, (_, index) => [`f${index}.js`, "let a;\n"]));
  const { input, leaves } = batchOf(
    Array.from({ length: 125 }, (_, index) => ({
      path: `gone/${index}.js`,
      displayed: `const some${index} = "thing";`,
    })),
  );
  const repository = repositoryOf({ ...texts, "f7.js": 'const some3 = "thing";' });
  const moves = await findMoves(repository as never, [input]);
  expect(moves.ofPiece(device, leaves[3] ?? "", 0, "gone/3.js")).toBe("f7.js");
  expect(repository.reads).toHaveLength(250);
  const present = repositoryOf(Object.fromEntries(leaves.map((_, index) => [`gone/${index}.js`, ""])));
  await findMoves(present as never, [input]);
  expect(present.reads).toEqual([]);
});
