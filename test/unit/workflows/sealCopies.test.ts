/** What was accepted is gone, or not saved, before it is sealed, and the same text stands elsewhere, written by hand. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openDevice } from "../../../server/src/evidence/device";
import { sealBatch } from "../../../server/src/evidence/format/sealBatch";
import { openJournal } from "../../../server/src/evidence/journal/journal";
import { openRepository } from "../../../server/src/evidence/repository/openRepository";
import { sealPending } from "../../../server/src/workflows/seal";
import { sample } from "../../support/sampleBatch";
import { temporaryFolder } from "../evidence/temporaryFolder";

const LINE = "return compute(x, 1000000);";
const ACCEPTED = `function a(x: number) {\n  ${LINE}\n}\n`;
const byHand = (name: string) => `function ${name}(x: number) {\n  mine();\n  ${LINE}\n}\n`;

async function sealing(atAcceptance: string, saved: string, suffix = "\n}\n") {
  const folder = join(await temporaryFolder(), "folder");
  mkdirSync(join(folder, "src"), { recursive: true });
  writeFileSync(join(folder, "src/a.ts"), saved);
  const before = atAcceptance.slice(0, atAcceptance.indexOf(LINE));
  const suggestion = sample({
    repository: folder,
    path: "src/a.ts",
    displayed: LINE,
    position: {
      line: before.split("\n").length - 1,
      character: before.length - before.lastIndexOf("\n") - 1,
    },
    prompt: { prefix: before, suffix, context: [] },
  });
  const home = join(folder, "..", "home");
  const journal = await openJournal(home);
  await journal.accept(suggestion);
  const outcome = await sealPending({
    home,
    journal,
    repository: await openRepository(folder, [folder]),
    thread: { signBatch: async (batch) => sealBatch({ ...batch, sign: (await openDevice(home)).sign }) },
    grammarThread: { linesOf: async () => null },
    whenGone: "wait",
  });
  await journal.close();
  return { sealed: outcome.sealed.length, missing: outcome.missing.length };
}

it.each([
  ["once", ACCEPTED + byHand("b"), byHand("b")],
  [
    "twice",
    ACCEPTED + byHand("b") + byHand("c"),
    `function a() {\n  throw 1;\n}\n${byHand("b")}${byHand("c")}`,
  ],
])("is not sealed where it stands %s", async (_name, atAcceptance, saved) => {
  expect(await sealing(atAcceptance, saved)).toEqual({ sealed: 0, missing: 1 });
});

it("is sealed where it moved, also beside a copy", async () => {
  expect(await sealing(ACCEPTED, `// new\n${ACCEPTED}`)).toEqual({ sealed: 1, missing: 0 });
  expect(await sealing(ACCEPTED + byHand("b"), `// new\n${byHand("b")}${ACCEPTED}`)).toEqual({
    sealed: 1,
    missing: 0,
  });
});

const method = (name: string, more = "") => `function ${name}(x: number) {\n${more}  ${LINE}\n}\n`;

it.each([
  ["slid to its place", method("a") + method("b"), method("b")],
  ["slid to its place, spaced otherwise", method("a") + method("b"), method("b").replace(", 1", ",  1")],
  ["slid to its place, laid out otherwise", method("a") + method("b"), method("b").replace(", 1", ",\n1")],
  [
    "stands behind the same line",
    method("a", "  validate(x);\n") + method("b", "  validate(x);\n"),
    `function a() {\n  throw 1;\n}\n\n${method("b", "  validate(x);\n")}`,
  ],
])("is not sealed where a copy that was in its prompt %s", async (_name, atAcceptance, saved) => {
  const suffix = atAcceptance.slice(atAcceptance.indexOf(LINE) + LINE.length);
  expect(await sealing(atAcceptance, saved, suffix)).toEqual({ sealed: 0, missing: 1 });
});

it("is not sealed behind a line where it stood at the beginning of its file", async () => {
  expect(await sealing(`${LINE}\nrun();\n`, `run();\nfunction b() {\n  mine();\n  ${LINE}\n}\n`)).toEqual({
    sealed: 0,
    missing: 1,
  });
});

it("is sealed where it stands behind its lines, whatever copies there were in its prompt", async () => {
  const both = method("a", "  validate(x);\n") + method("b", "  validate(x);\n");
  const suffix = both.slice(both.indexOf(LINE) + LINE.length);
  for (const saved of [
    both,
    `// new\n${both}`,
    method("b", "  validate(x);\n") + method("a", "  validate(x);\n"),
  ]) {
    expect(await sealing(both, saved, suffix)).toEqual({ sealed: 1, missing: 0 });
  }
});
