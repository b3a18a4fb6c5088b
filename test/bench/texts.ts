/** What finding suggestions in a text and choosing chunks for a prompt take, as ratios to reading the text once. */
import { locate } from "../../server/src/evidence/locate/locate";
import { ContextRing, type ContextSource } from "../../server/src/inference/prompt/contextRing";
import { row, Samples } from "./samples";

const ROUNDS = 20;
const LINES = Array.from(
  { length: 10_000 },
  (_, index) => `  const value${index} = compute(${index}, other);`,
);
const SUGGESTIONS = 200;
const STEP = LINES.length / SUGGESTIONS;

export function benchTexts(): void {
  const text = LINES.join("\n");
  const once = median(() => text.split("\n").filter((line) => /\S/.test(line)).length);
  const ratio = (work: () => unknown): string => `${(median(work) / once).toFixed(1)} ×`;
  for (const size of [1, 2, 3]) {
    const inputs = Array.from({ length: SUGGESTIONS }, (_, index) => ({
      id: `${index}`,
      position: { line: index * STEP, character: 0 },
      accepted: LINES.slice(index * STEP, index * STEP + size).join("\n"),
    }));
    const moved = `// one more line\n${text}`;
    const edited = LINES.map((line, index) => (index % STEP === 0 ? `// ${line}` : line)).join("\n");
    const ratios = [text, moved, edited].map((today) => ratio(() => locate(today, inputs)));
    row(`${SUGGESTIONS} suggestions of ${size} lines: here, moved, edited`, ratios.join(", "));
  }
  row("chunks of 30 files after a switch", ratio(chunks()));
}

/** Chooses as after a switch to another document, with edits all over many files. */
function chunks(): () => unknown {
  const ring = new ContextRing();
  const sources = new Map<string, ContextSource>();
  for (let file = 0; file < 30; file += 1) {
    const id = `file:///${file}.ts`;
    const text = LINES.map((line) => line.replace("value", `of${file}value`)).join("\n");
    sources.set(id, { id, repository: "/repository", path: `${file}.ts`, text });
    for (let edit = 0; edit < 10; edit += 1) {
      ring.touch(id, edit * 9000);
    }
  }
  const question = {
    id: "file:///active.ts",
    repository: "/repository",
    around: LINES.slice(0, 50).join("\n"),
    count: 2,
  };
  return () => ring.choose(question, (id) => sources.get(id) ?? null);
}

/** The median duration in milliseconds. */
function median(work: () => unknown): number {
  const samples = new Samples();
  for (let round = 0; round < ROUNDS; round += 1) {
    const began = performance.now();
    work();
    samples.add(performance.now() - began);
  }
  return samples.percentile(0.5);
}
