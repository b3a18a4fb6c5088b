/**
 * `npm run calibrate`: how far honest suggestions stray when other kernels compute them, and so what a replay under
 * `native/v1` has to forgive; `-- --write` puts that into the pin. With a folder it does so for that model.
 *
 *     npm run calibrate -- [FOLDER] [--count 60] [--write] [--with FILE …]
 *
 * Other kernels are those of WebAssembly (128-bit vectors, no fused multiply-add), and those that onnxruntime-node
 * chooses on other processors. For these, suggestions are made there, saved, and taken along:
 *
 *     node test/bench/replay/processor/run.mjs sse out/calibrate.js --save sse.json --count 500
 *     qemu-x86_64 -cpu Haswell node out/calibrate.js --save haswell.json --count 4
 *     node out/calibrate.js --provider webgpu --save webgpu.json --count 60
 *     npm run calibrate -- --with sse.json --with haswell.json --write
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import * as z from "zod";
import { loadModel, type Model } from "../../../server/src/inference/engine/loadedModel";
import { Sequence } from "../../../server/src/inference/graph/sequence";
import { replay } from "../../../server/src/inference/replay/replayTokens";
import { manifestDigestOf, PIN_FILE, PinManifest } from "../../../server/src/models/pin/manifest";
import { readPin } from "../../../server/src/models/pin/readPin";
import { Tolerance } from "../../../server/src/models/pin/tolerance";
import { DEFAULT_PROVIDER, EXECUTION_PROVIDERS } from "../../../server/src/protocol/executionProvider";
import { ROOT } from "./cursors";
import { answerLogits, answerLogitsOneByOne } from "./logits";
import { otherKernels } from "./otherModels";
import { bare, makeClaims, readClaims, type SavedClaim, saveClaims } from "./savedClaims";

const SEED = 2;
const THREADS = 1;
/** How much more than the worst that was seen is forgiven. */
const SAFETY = 4;
/** So many tokens of one suggestion more than the worst that was seen may stand behind the first choice. */
const SPARE_TOKENS = 1;
const never = (): boolean => false;

/** What strayed, between two ways to compute. */
interface Strayed {
  readonly name: string;
  suggestions: number;
  tokens: number;
  /** Tokens that were not the first choice: of all, and of the worst suggestion. */
  notFirst: number;
  worst: number;
  /** Largest logit by which a token stood behind the first choice. */
  behind: number;
  /** So many suggestions' logits were compared, and the largest difference of any. */
  compared: number;
  logit: number;
}

function nothingStrayed(name: string): Strayed {
  return { name, suggestions: 0, tokens: 0, notFirst: 0, worst: 0, behind: 0, compared: 0, logit: 0 };
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      count: { type: "string", default: "60" },
      logits: { type: "string", default: "12" },
      write: { type: "boolean", default: false },
      save: { type: "string" },
      provider: { type: "string", default: DEFAULT_PROVIDER },
      with: { type: "string", multiple: true, default: [] },
    },
  });
  const folder = positionals[0] ?? join(ROOT, "server", "models", "proofline-code");
  const count = Number(values.count);
  const provider = z.enum(EXECUTION_PROVIDERS).parse(values.provider);
  const model = forgiving(bare(await loadModel(folder, THREADS, "native/v1", provider)));
  if (model.graph.provider !== provider) {
    throw new Error(model.graph.fallback ?? "");
  }
  const here = await makeClaims(model, SEED, count);
  if (values.save !== undefined) {
    await saveClaims(values.save, model, here, Number(values.logits));
    return;
  }
  const kernels = await otherKernels(model, folder, THREADS);
  const there = await makeClaims(kernels, SEED, Math.ceil(count / 2));
  const strayed: Strayed[] = [
    await compare("made one by one, replayed in one pass", model, await withLogits(model, here, "oneByOne")),
    await compare("made here, replayed by WebAssembly", kernels, await withLogits(model, here)),
    await compare("made by WebAssembly, replayed here", model, await withLogits(kernels, there)),
  ];
  for (const file of values.with) {
    const { name, claims } = readClaims(file, model);
    strayed.push(await compare(`made on ${name}, replayed here`, model, claims));
  }
  console.log(
    "| honest suggestions | number | tokens | not the first choice | furthest behind | largest difference of a logit |",
  );
  console.log("|---|---|---|---|---|---|");
  for (const { name, suggestions, tokens, notFirst, worst, behind, compared, logit } of strayed) {
    const most = notFirst === 0 ? "" : ` (${worst} in one suggestion at most)`;
    console.log(
      `| ${name} | ${suggestions} | ${tokens} | ${notFirst}${most} | ${behind.toExponential(1)} | ${logit.toExponential(1)} (${compared} suggestions) |`,
    );
  }
  // Two logits stray each, in opposite directions at worst.
  const margin = roundedUp(
    SAFETY * Math.max(...strayed.map(({ logit, behind }) => Math.max(2 * logit, behind))),
  );
  const tolerance = Tolerance.parse({
    margin,
    notFirst: Math.max(...strayed.map(({ worst }) => worst)) + SPARE_TOKENS,
  });
  console.log(`\nTolerance: ${JSON.stringify(tolerance)}`);
  if (values.write) {
    const { manifest } = await readPin(folder);
    const changed = { ...manifest, execution: { ...manifest.execution, replay: tolerance } };
    writeFileSync(join(folder, PIN_FILE), `${JSON.stringify(PinManifest.parse(changed), null, 2)}\n`);
    console.log(`Written to ${join(folder, PIN_FILE)}, whose digest is now ${manifestDigestOf(changed)}.`);
  }
}

/** The model with the widest tolerance that a pin may have. */
function forgiving(model: Model): Model {
  const execution = { ...model.manifest.execution, replay: { margin: 0.05, notFirst: 8 } };
  return { ...model, manifest: { ...model.manifest, execution } };
}

async function withLogits(
  model: Model,
  claims: readonly SavedClaim["claim"][],
  how: "onePass" | "oneByOne" = "onePass",
): Promise<SavedClaim[]> {
  const sequence = new Sequence(model.graph);
  const compute = how === "onePass" ? answerLogits : answerLogitsOneByOne;
  const list: SavedClaim[] = [];
  for (const claim of claims) {
    list.push({ claim, logits: await compute(model, sequence, claim) });
  }
  return list;
}

/** Replays claims, and compares the logits of those who made them with those of the model. */
async function compare(name: string, model: Model, claims: readonly SavedClaim[]): Promise<Strayed> {
  const strayed = nothingStrayed(name);
  const sequence = new Sequence(model.graph);
  for (const { claim, logits: theirs } of claims) {
    const result = await replay(model, sequence, claim, never);
    if (result === null || result.value === "mismatch") {
      throw new Error(`an honest suggestion: ${result?.reason}`);
    }
    const notFirst = result.tokens - result.exact;
    strayed.suggestions += 1;
    strayed.tokens += result.tokens;
    strayed.notFirst += notFirst;
    strayed.worst = Math.max(strayed.worst, notFirst);
    strayed.behind = Math.max(strayed.behind, result.margin);
    if (theirs === null) {
      continue;
    }
    const mine = await answerLogits(model, sequence, claim);
    if (mine.length !== theirs.length) {
      throw new Error("the logits are not of the same places");
    }
    strayed.compared += 1;
    for (const [index, logit] of mine.entries()) {
      strayed.logit = Math.max(strayed.logit, Math.abs(logit - (theirs[index] ?? Number.NaN)));
    }
  }
  return strayed;
}

/** To one significant digit. */
function roundedUp(value: number): number {
  if (value === 0) {
    return 0;
  }
  const unit = 10 ** Math.floor(Math.log10(value));
  return Number((Math.ceil(value / unit) * unit).toPrecision(1));
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
