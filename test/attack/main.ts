/** `npm run attack -- --count 1000000 --seed 1`: the mutation run, with its table; `--only N` makes one mutation again. */
import { parseArgs } from "node:util";
import { attack, tableOf } from "./attack";

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "20000" },
    seed: { type: "string", default: "1" },
    only: { type: "string" },
  },
});

async function main(): Promise<void> {
  const began = performance.now();
  const result = await attack(
    Number(values.count),
    Number(values.seed),
    (done) => process.stderr.write(`\r${done}`),
    values.only === undefined ? null : Number(values.only),
  );
  process.stderr.write("\n");
  console.log(tableOf(result));
  console.log(
    `\n${((performance.now() - began) / 1000).toFixed(1)} s; the slowest took ${result.slowestMilliseconds.toFixed(0)} ms, ` +
      `read ${result.mostTexts} texts at most and compared ${result.mostComparisons}. ` +
      `${result.reformatted} were verified as reformatted.`,
  );
  if (result.undecided > 0) {
    console.log(
      `Of these, ${result.undecided} stand in texts that are no program, or in Python where there is no python3.`,
    );
  }
  for (const example of result.examples) {
    console.log(`\n${example}`);
  }
  process.exitCode = result.examples.length === 0 ? 0 : 1;
}

void main();
