/**
 * `npm run measure:kernels`: the embedded model's graph with other kernels: how fast they are, what is lost, and how surely
 * a replay would find the same. Every variant is made from the pinned graph (variants.ts).
 *
 *     npm run measure:kernels -- [--rounds 9] [--windows 40] [--only NAME …] [--processors avx2,sse,wasm]
 *
 * Other processors' kernels run at full speed by test/bench/replay/processor/run.mjs (Linux on x86-64, with cc and
 * objdump), those of `portable/v1` as `wasm`; `--processors ""` leaves all out, `--rounds 0` the speed. What a run left
 * in out/kernels can be computed on emulated processors, too:
 *
 *     qemu-x86_64 -cpu Haswell node out/bench/kernelProbe.js out/kernels/exact/here.request.json RESULT
 *     node test/bench/replay/processor/arm.mjs ARM64_NODE out/bench/kernelProbe.js REQUEST RESULT
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bundleProgram } from "../bundleProgram";
import { describeMachine } from "../machine";
import { Samples } from "../samples";
import { differenceOf, type ProbeRequest, type ProbeResult } from "./probing";
import { measureSpeed, type Speed } from "./speed";
import { windowsOf } from "./texts";
import { VARIANTS } from "./variants";

const ROOT = join(import.meta.dirname, "..", "..", "..");
const MODEL = join(ROOT, "server", "models", "proofline-code");
const FOLDER = join(ROOT, "out", "kernels");
const PROBE = join(ROOT, "out", "bench", "kernelProbe.js");
const SEED = 1;
const WINDOW = 512;
/** Tokens that are run in several shapes. */
const SHAPES = 256;
/** Tokens whose logits are compared between processors, and windows whose choices are. */
const [LOGITS, CHOICES] = [256, 20];

/** What was found out about one variant. */
interface Found {
  readonly result: ProbeResult;
  /** By the other processor's name: the largest difference of a logit, and the share of them with the same bits. */
  readonly strayed: ReadonlyMap<string, { readonly same: number; readonly largestDifference: number }>;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "9" },
      windows: { type: "string", default: "40" },
      only: { type: "string", multiple: true, default: [] },
      processors: { type: "string", default: "avx2,sse,wasm" },
    },
  });
  const wanted = VARIANTS.filter(
    ({ name }, at) => at === 0 || values.only.length === 0 || values.only.includes(name),
  );
  console.log(`${describeMachine()}\n`);
  await bundleProgram(join(import.meta.dirname, "probe.ts"), PROBE);
  const model = readFileSync(join(MODEL, "onnx", "model.onnx"));
  const folders = new Map(
    wanted.map((variant) => [variant.name, writeVariant(variant.name, variant.of(model))]),
  );
  const windows = windowsOf(ROOT, MODEL, Number(values.windows), WINDOW, SEED);
  const processors = values.processors.split(",").filter((name) => name !== "");
  const found = new Map([...folders].map(([name, folder]) => [name, probe(folder, windows, processors)]));
  printFound(found, processors);
  const rounds = Number(values.rounds);
  if (rounds > 0) {
    printSpeeds(await measureSpeed(folders, windows.flat(), rounds));
  }
}

function writeVariant(name: string, graph: Uint8Array): string {
  const folder = join(FOLDER, name.replaceAll(/\W+/g, "-"));
  mkdirSync(join(folder, "onnx"), { recursive: true });
  writeFileSync(join(folder, "onnx", "model.onnx"), graph);
  copyFileSync(join(MODEL, "config.json"), join(folder, "config.json"));
  return folder;
}

function probe(
  folder: string,
  windows: readonly (readonly number[])[],
  processors: readonly string[],
): Found {
  const logitsOf = (processor: string): string => join(folder, `${processor}.logits`);
  const request = (processor: string): ProbeRequest => ({
    folder,
    kernels: processor === "wasm" ? "wasm" : "native",
    windows: windows.slice(0, CHOICES),
    shapes: [],
    logits: { path: logitsOf(processor), tokens: LOGITS },
    others: {},
  });
  const others = Object.fromEntries(
    processors.map((processor) => [processor, run(folder, processor, request(processor)).choices]),
  );
  const shapes = windows[0]?.slice(0, SHAPES) ?? [];
  const result = run(folder, "here", { ...request("here"), windows, shapes, others });
  const floats = (processor: string): Float32Array =>
    new Float32Array(Uint8Array.from(readFileSync(logitsOf(processor))).buffer);
  const here = floats("here");
  return {
    result,
    strayed: new Map(
      processors.map((processor) => [processor, differenceOf(here, floats(processor), here.length / LOGITS)]),
    ),
  };
}

/** Runs a probe with this processor's kernels (`here`), those for another, or those of WebAssembly. */
function run(folder: string, processor: string, request: ProbeRequest): ProbeResult {
  const asked = join(folder, `${processor}.request.json`);
  const answered = join(folder, `${processor}.result.json`);
  writeFileSync(asked, JSON.stringify(request));
  const isOwn = processor === "here" || processor === "wasm";
  const other = [join(ROOT, "test", "bench", "replay", "processor", "run.mjs"), processor];
  execFileSync(process.execPath, [...(isOwn ? [] : other), PROBE, asked, answered], {
    cwd: ROOT,
    stdio: "inherit",
  });
  return JSON.parse(readFileSync(answered, "utf8"));
}

function printFound(found: ReadonlyMap<string, Found>, processors: readonly string[]): void {
  const [first] = found.values();
  if (first === undefined) {
    return;
  }
  table(
    ["", "bits per token", "more than the first", "same first choice"],
    [...found].map(([name, { result }]) => {
      const bits = samplesOf(result.bits);
      const more = samplesOf(result.bits.map((value, at) => value - (first.result.bits[at] ?? Number.NaN)));
      const same = samplesOf(
        result.choices.flatMap((row, at) =>
          row.map((choice, place) => (choice === first.result.choices[at]?.[place] ? 1 : 0)),
        ),
      );
      return [
        name,
        `${bits.mean.toFixed(4)} ± ${bits.error.toFixed(4)}`,
        `${more.mean.toFixed(5)} ± ${more.error.toFixed(5)}`,
        percent(same.mean),
      ];
    }),
  );
  table(
    [
      "logits of the same tokens",
      "rows stand alone",
      ...first.result.shapes.map(({ rows }) => `in runs of ${rows}`),
    ],
    [...found].map(([name, { result }]) => [
      name,
      result.standsAlone ? "yes" : "no",
      ...result.shapes.map(
        ({ same, largestDifference, otherChoices }) =>
          `${percent(same)} same bits, ${largestDifference.toExponential(1)}, ${percent(otherChoices)} other choices`,
      ),
    ]),
  );
  table(
    ["kernels of another processor", ...processors],
    [...found].map(([name, { result, strayed }]) => [
      name,
      ...processors.map((processor) => {
        const logits = strayed.get(processor);
        const choices = result.others[processor];
        return logits === undefined || choices === undefined
          ? ""
          : `${percent(logits.same)} same bits, ${logits.largestDifference.toExponential(1)}, ` +
              `${choices.different} of ${choices.positions} other choices, ${choices.furthestBehind.toExponential(1)} behind`;
      }),
    ]),
  );
}

function printSpeeds(speeds: ReadonlyMap<string, Speed>): void {
  const [first] = speeds.values();
  if (first === undefined) {
    return;
  }
  table(
    [
      "median (best)",
      ...[...first.prompt.keys()].map((length) => `prompt of ${length}, tokens/s`),
      "generated, tokens/s",
      ...[...first.runs.keys()].map((rows) => `run of ${rows}, ms`),
      "start, ms",
      "peak, MB",
    ],
    [...speeds].map(([name, speed]) => [
      name,
      ...[...speed.prompt].map(([length, samples]) => rate(samples, first.prompt.get(length))),
      rate(speed.generated, first.generated),
      ...[...speed.runs.values()].map(
        (samples) => `${samples.percentile(0.5).toFixed(2)} (${samples.percentile(0).toFixed(2)})`,
      ),
      speed.startMs.toFixed(0),
      speed.peakMegabytes.toFixed(0),
    ]),
  );
}

/** Median and best, and how often these are the first variant's. */
function rate(samples: Samples, first: Samples | undefined): string {
  const ratio = (share: number): string =>
    (samples.percentile(share) / (first?.percentile(share) ?? Number.NaN)).toFixed(2);
  const [median, best] = [samples.percentile(0.5), samples.percentile(1)];
  return `${median.toFixed(0)} (${best.toFixed(0)}), ${ratio(0.5)}× (${ratio(1)}×)`;
}

function samplesOf(values: readonly number[]): Samples {
  const samples = new Samples();
  for (const value of values) {
    samples.add(value);
  }
  return samples;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)}%`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  console.log([line(head), line(head.map(() => "---")), ...rows.map(line), ""].join("\n"));
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
