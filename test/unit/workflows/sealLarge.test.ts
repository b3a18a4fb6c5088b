/** Suggestions that no evidence file can hold together, or one of them alone: nothing is signed that nobody can read. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openDevice } from "../../../server/src/evidence/device";
import { readableBatch } from "../../../server/src/evidence/format/readableBatch";
import { readEvidence } from "../../../server/src/evidence/format/readEvidence";
import { openJournal } from "../../../server/src/evidence/journal/journal";
import { openRepository } from "../../../server/src/evidence/repository/openRepository";
import { sealPending } from "../../../server/src/workflows/seal";
import { sample } from "../../support/sampleBatch";
import { temporaryFolder } from "../evidence/temporaryFolder";

/** So much of what a model said that two of them are more than the prompts of one file may unpack to. */
const LONG = "a".repeat(9_000_000);

/** Seals suggestions for files of one line each; how often each batch was signed for, and what became of it. */
async function sealing(outputs: readonly { readonly raw?: string; readonly tokens?: readonly number[] }[]) {
  const folder = join(await temporaryFolder(), "folder");
  mkdirSync(join(folder, "src"), { recursive: true });
  const home = join(folder, "..", "home");
  const journal = await openJournal(home);
  for (const [index, output] of outputs.entries()) {
    const line = `const value${index} = compute(${index}, 1000000);`;
    writeFileSync(join(folder, `src/${index}.ts`), `${line}\n`);
    const suggestion = sample({
      repository: folder,
      path: `src/${index}.ts`,
      displayed: line,
      position: { line: 0, character: 0 },
      prompt: { prefix: "", suffix: "\n", context: [] },
    });
    await journal.accept({ ...suggestion, values: { ...suggestion.values, ...output } });
  }
  const repository = await openRepository(folder, [folder]);
  const { sealed, held } = await sealPending({
    home,
    journal,
    repository,
    thread: { signBatch: async (batch) => readableBatch({ ...batch, sign: (await openDevice(home)).sign }) },
    grammarThread: { linesOf: async () => null },
    whenGone: "wait",
  });
  const kinds: string[] = [];
  for await (const file of repository.evidenceFiles()) {
    kinds.push(file.kind === "read" ? readEvidence(file.bytes).kind : file.reason);
  }
  await journal.close();
  return { sizes: sealed.map(({ ids }) => ids.length).sort(), held: held.map(({ reason }) => reason), kinds };
}

it("is split where one file cannot hold all of it", async () => {
  expect(await sealing([{ raw: LONG }, {}, { raw: LONG }])).toEqual({
    ...{ sizes: [1, 2], held: [] },
    kinds: ["intact", "intact"],
  });
});

it("leaves out the prompt of one that no file can hold with it", async () => {
  expect(await sealing([{ raw: LONG + LONG }, {}])).toEqual({
    ...{ sizes: [1, 1], held: [] },
    kinds: ["intact", "intact"],
  });
});

it("leaves out the prompt of one of more tokens than any reader takes", async () => {
  expect(await sealing([{ tokens: Array<number>(20_000).fill(1) }, {}])).toEqual({
    ...{ sizes: [1, 1], held: [] },
    kinds: ["intact", "intact"],
  });
});
