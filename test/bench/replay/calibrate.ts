/**
 * `npm run calibrate`: how far honest suggestions stray when other kernels compute them, and so what a replay under
 * `native/v1` has to forgive; `-- --write` puts that into the pin. With a folder it does so for that model.
 *
 *     npm run calibrate -- [FOLDER] [--count 60] [--write] [--with FILE …]
 *
 * Other kernels are those of WebAssembly (128-bit vectors, no fused multiply-add), and those that onnxruntime-node
 * chooses on another CPU. For these, suggestions are made there and taken along:
 *
 *     qemu-x86_64 -cpu Haswell node out/calibrate.js --count 12 --save haswell.json
 *     npm run calibrate -- --with haswell.json --write
 */
import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import * as z from "zod";
import { complete } from "../../../server/src/inference/complete";
import type { ReplayRequest } from "../../../server/src/inference/engine";
import { healPrompt } from "../../../server/src/inference/heal";
import { loadModel, type Model } from "../../../server/src/inference/model";
import { manifestDigestOf, PIN_FILE, PinManifest, readPin } from "../../../server/src/inference/pin";
import { replay } from "../../../server/src/inference/replay";
import { Sequence } from "../../../server/src/inference/sequence";
import { Tolerance } from "../../../server/src/inference/tolerance";
import { Digest } from "../../../server/src/provenance/primitives";
import { ExecutionProfile, Prompt, Sampling, StopReason } from "../../../server/src/provenance/record";
import { places, ROOT } from "./cursors";
import { otherKernels } from "./otherModels";

const SEED = 2;
const THREADS = 2;
/** How much more than the worst that was seen is forgiven. */
const SAFETY = 4;
/** So many tokens of one suggestion more than the worst that was seen may stand behind the first choice. */
const SPARE_TOKENS = 1;
const never = (): boolean => false;

const Claim = z.strictObject({
  profile: ExecutionProfile,
  prompt: Prompt,
  tokens: z.array(z.number()),
  raw: z.string(),
  displayed: z.string(),
  sampling: Sampling,
  ordinal: z.number(),
  seed: Digest,
  stop: StopReason,
});

/** Suggestions made on one CPU, with the logits of every place of each: 32-bit floats, little-endian, in base64. */
const Saved = z.strictObject({
  manifestDigest: Digest,
  cpu: z.string(),
  claims: z.array(z.strictObject({ claim: Claim, logits: z.base64() })),
});
type Saved = z.infer<typeof Saved>;

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
  /** Largest difference of any logit. */
  logit: number;
}

function nothingStrayed(name: string): Strayed {
  return { name, suggestions: 0, tokens: 0, notFirst: 0, worst: 0, behind: 0, logit: 0 };
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      count: { type: "string", default: "60" },
      write: { type: "boolean", default: false },
      save: { type: "string" },
      with: { type: "string", multiple: true, default: [] },
    },
  });
  const folder = positionals[0] ?? join(ROOT, "server", "models", "proofline-code");
  const count = Number(values.count);
  const model = forgiving(await loadModel(folder, THREADS));
  if (values.save !== undefined) {
    const claims = await made(model, count);
    const saved: Saved = {
      manifestDigest: bareDigest(model.manifest),
      cpu: cpus()[0]?.model.trim() ?? "unknown",
      claims: await Promise.all(
        claims.map(async (claim) => ({
          claim: Claim.parse(claim),
          logits: base64(await logitsOf(model, claim)),
        })),
      ),
    };
    writeFileSync(values.save, JSON.stringify(saved));
    return;
  }
  const strayed: Strayed[] = [];
  const kernels = await otherKernels(model, folder, THREADS);
  const [here, there] = [await made(model, count), await made(kernels, Math.ceil(count / 2))];
  strayed.push(
    await compare("made one by one, replayed in one pass", model, here, (claim) => oneByOne(model, claim)),
  );
  strayed.push(
    await compare("made here, replayed by WebAssembly", kernels, here, (claim) => logitsOf(model, claim)),
  );
  strayed.push(
    await compare("made by WebAssembly, replayed here", model, there, (claim) => logitsOf(kernels, claim)),
  );
  for (const file of values.with) {
    const saved = Saved.parse(JSON.parse(readFileSync(file, "utf8")));
    if (saved.manifestDigest !== bareDigest(model.manifest))
      throw new Error(`${file} was made with another model`);
    const logits = new Map(saved.claims.map((one) => [one.claim, floats(one.logits)]));
    const name = `made elsewhere (${file.replace(/^.*\/|\.json$/g, "")}), replayed here`;
    const of = async (claim: ReplayRequest): Promise<Float32Array> =>
      logits.get(claim as z.infer<typeof Claim>) ?? new Float32Array(0);
    strayed.push(await compare(name, model, [...logits.keys()], of));
  }
  console.log(
    "| honest suggestions | number | tokens | not the first choice | furthest behind | largest difference of a logit |",
  );
  console.log("|---|---|---|---|---|---|");
  for (const { name, suggestions, tokens, notFirst, behind, logit } of strayed) {
    console.log(
      `| ${name} | ${suggestions} | ${tokens} | ${notFirst} | ${behind.toExponential(1)} | ${logit.toExponential(1)} |`,
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

/** The model with the widest tolerance that a pin may have, under the digest that it has without any. */
function forgiving(model: Model): Model {
  const manifestDigest = bareDigest(model.manifest);
  const execution = { ...model.manifest.execution, replay: { margin: 0.05, notFirst: 8 } };
  return { ...model, manifest: { ...model.manifest, execution }, manifestDigest };
}

function bareDigest(manifest: PinManifest): Digest {
  const { replay: _, ...execution } = manifest.execution;
  return manifestDigestOf({ ...manifest, execution });
}

async function made(model: Model, count: number): Promise<ReplayRequest[]> {
  const claims: ReplayRequest[] = [];
  const sequence = new Sequence(model.graph);
  for (const { request } of places(SEED, "anywhere")) {
    if (claims.length >= count) break;
    const outcome = await complete(model, sequence, request, never);
    if (outcome.kind === "nothing") continue;
    const { confidence: _, promptTokens: __, milliseconds: ___, ...claim } = outcome.completion;
    claims.push(claim);
  }
  return claims;
}

async function compare(
  name: string,
  model: Model,
  claims: readonly ReplayRequest[],
  logitsOfMaker: (claim: ReplayRequest) => Promise<Float32Array>,
): Promise<Strayed> {
  const strayed = nothingStrayed(name);
  for (const claim of claims) {
    const result = await replay(model, new Sequence(model.graph), claim, never);
    if (result === null || result.value === "mismatch")
      throw new Error(`an honest suggestion: ${result?.reason}`);
    const notFirst = result.tokens - result.exact;
    strayed.suggestions += 1;
    strayed.tokens += result.tokens;
    strayed.notFirst += notFirst;
    strayed.worst = Math.max(strayed.worst, notFirst);
    strayed.behind = Math.max(strayed.behind, result.margin);
    const [mine, theirs] = [await logitsOf(model, claim), await logitsOfMaker(claim)];
    if (mine.length !== theirs.length) throw new Error("the logits are not of the same places");
    for (const [index, logit] of mine.entries()) {
      strayed.logit = Math.max(strayed.logit, Math.abs(logit - (theirs[index] ?? Number.NaN)));
    }
  }
  return strayed;
}

/** The logits from which each token of the answer was chosen, computed in one pass. */
async function logitsOf(
  { graph, tokenizer }: Model,
  { prompt, tokens }: ReplayRequest,
): Promise<Float32Array> {
  const ids = [...healPrompt(tokenizer, prompt).ids, ...tokens.slice(0, -1)];
  const logits = await new Sequence(graph).append(ids);
  return logits.slice(-tokens.length * graph.vocabularySize);
}

/** The same, as generation computes them. */
async function oneByOne(
  { graph, tokenizer }: Model,
  { prompt, tokens }: ReplayRequest,
): Promise<Float32Array> {
  const sequence = new Sequence(graph);
  const logits = new Float32Array(tokens.length * graph.vocabularySize);
  const { ids } = healPrompt(tokenizer, prompt);
  logits.set((await sequence.append(ids)).slice(-graph.vocabularySize));
  for (const [index, token] of tokens.slice(0, -1).entries()) {
    logits.set(await sequence.append([token]), (index + 1) * graph.vocabularySize);
  }
  return logits;
}

/** To one significant digit. */
function roundedUp(value: number): number {
  if (value === 0) return 0;
  const unit = 10 ** Math.floor(Math.log10(value));
  return Number((Math.ceil(value / unit) * unit).toPrecision(1));
}

function base64(values: Float32Array): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString("base64");
}

function floats(text: string): Float32Array {
  return new Float32Array(Uint8Array.from(Buffer.from(text, "base64")).buffer);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
