/**
 * `npm run measure:replay`: what a replay under `native/v1` finds in honest suggestions and in false claims of many
 * kinds, with the embedded model or that of a folder, as a table in Markdown. Every false claim is as good as a forger can make it without
 * the model's consent: raw and displayed text, stop reason and seed all follow from it.
 *
 *     npm run measure:replay -- [FOLDER] [--count 500] [--seed 1] [--with FILE …] [--other MODEL.onnx]
 *
 * `--with` names honest suggestions that were made on other processors (`npm run calibrate`), `--other` a graph of the
 * same shape with other weights, an earlier checkpoint say. At the end, what replays cost.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { seedOf } from "../../../server/src/inference/decode/seed";
import { complete } from "../../../server/src/inference/engine/complete";
import type { Completion, ReplayRequest, ReplayResult } from "../../../server/src/inference/engine/engine";
import { loadModel, type Model } from "../../../server/src/inference/engine/loadedModel";
import { Sequence } from "../../../server/src/inference/graph/sequence";
import { replay } from "../../../server/src/inference/replay/replayTokens";
import { toleranceOf } from "../../../server/src/inference/replay/toleranceOf";
import { Digest } from "../../../server/src/platform/primitives";
import { continued, hesitation, withEveryStop } from "./claims";
import { type Cost, costOf } from "./cost";
import { places, ROOT, seededRandom } from "./cursors";
import { otherKernels, withOtherGraph, withOtherWeights } from "./otherModels";
import { bare, readClaims } from "./savedClaims";

const EMBEDDED = join(ROOT, "server", "models", "proofline-code");
const THREADS = 1;
/** One suggestion in so many is also made with the kernels of WebAssembly, which are slow. */
const ELSEWHERE = 4;
/** Suggestions of as many tokens as an editor asks for, to see what they cost; so many of each length, if found. */
const COST_TOKENS = 96;
const COST_LENGTHS = [
  [2, 8],
  [9, 16],
  [17, 32],
  [33, COST_TOKENS],
] as const;
const COST_SUGGESTIONS = 12;
const COST_PLACES = 400;
const never = (): boolean => false;

/** A sign that a tired reader may take for another. */
const NEIGHBOURS: Readonly<Record<string, string>> = {
  "<": "<=",
  "<=": "<",
  ">": ">=",
  ">=": ">",
  "===": "!==",
  "!==": "===",
  "&&": "||",
  "||": "&&",
  "+": "-",
  "-": "+",
};

/** What replays of one kind of claim came to. */
class Tally {
  claims = 0;
  exact = 0;
  within = 0;
  mismatch = 0;
  /** Passed, and the pinned model does answer so: the claim is true, however it was come by. */
  isTrue = 0;
  /** Largest margin of what passed. */
  margin = 0;

  constructor(
    readonly name: string,
    readonly honest = false,
  ) {}

  get missed(): number {
    return this.exact + this.within - this.isTrue;
  }

  row(): string {
    const passed = this.exact + this.within;
    const wrong = this.honest
      ? `${this.mismatch} false alarms`
      : this.missed === 0
        ? "0 missed"
        : `**${this.missed} missed**`;
    return `| ${this.name} | ${this.claims} | ${this.mismatch} | ${passed} (${this.exact} exact) | ${this.honest ? "–" : this.isTrue} | ${wrong} |`;
  }
}

class Measurement {
  readonly tallies: Tally[] = [];
  /** False claims that passed though the model does not answer so: their places, and how far tokens stood behind. */
  readonly missedPlaces = new Set<string>();
  missedMargin = 0;
  private readonly generating: Sequence;
  /** Of one pass over a prompt, never of generating its claim token by token. */
  private readonly replaying: Sequence;

  constructor(readonly model: Model) {
    this.generating = new Sequence(model.graph);
    this.replaying = new Sequence(model.graph);
  }

  tally(name: string, honest = false): Tally {
    const tally = new Tally(name, honest);
    this.tallies.push(tally);
    return tally;
  }

  /** Replays the claims of one forger; the best of them counts. */
  async replay(tally: Tally, ...claims: readonly ReplayRequest[]): Promise<void> {
    let best: [ReplayRequest, ReplayResult] | null = null;
    for (const claim of claims) {
      const result = await replay(this.model, this.replaying, claim, never);
      if (result === null) {
        throw new Error("nobody cancelled");
      }
      if (best === null || result.value !== "mismatch") {
        best = [claim, result];
      }
      if (result.value !== "mismatch") {
        break;
      }
    }
    if (best === null) {
      return;
    }
    const [claim, { value, margin }] = best;
    tally.claims += 1;
    if (value === "mismatch") {
      tally.mismatch += 1;
    } else {
      if (value === "exact") {
        tally.exact += 1;
      } else {
        tally.within += 1;
      }
      tally.margin = Math.max(tally.margin, margin);
      if (tally.honest) {
        return;
      }
      if (await this.isTrue(claim)) {
        tally.isTrue += 1;
      } else {
        this.missedPlaces.add(JSON.stringify([claim.prompt.path, claim.prompt.suffix]));
        this.missedMargin = Math.max(this.missedMargin, margin);
      }
    }
  }

  private async isTrue(claim: ReplayRequest): Promise<boolean> {
    const seed = seedOf({ ...claim, manifestDigest: this.model.manifestDigest });
    if (seed !== claim.seed || claim.ordinal !== 0) {
      return false;
    }
    // Evidence does not say whether a line or a block was asked for.
    for (const extent of ["block", "line"] as const) {
      const answer = await continued(this.model, this.replaying, claim, [], extent);
      if (answer?.stop === claim.stop && String(answer.tokens) === String(claim.tokens)) {
        return true;
      }
    }
    return false;
  }

  async answer(place: Parameters<typeof complete>[2]): Promise<Completion | null> {
    const outcome = await complete(this.model, this.generating, place, never);
    return outcome.kind === "completion" ? outcome.completion : null;
  }

  hesitation(claim: ReplayRequest): ReturnType<typeof hesitation> {
    return hesitation(this.model, this.replaying, claim);
  }

  continued(claim: ReplayRequest, forced: readonly number[]): Promise<ReplayRequest | null> {
    return continued(this.model, this.replaying, claim, forced);
  }
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      count: { type: "string", default: "500" },
      seed: { type: "string", default: "1" },
      with: { type: "string", multiple: true, default: [] },
      other: { type: "string" },
    },
  });
  const count = Number(values.count);
  const seed = Number(values.seed);
  const started = performance.now();
  const folder = positionals[0] ?? EMBEDDED;
  const model = bare(await loadModel(folder, THREADS));
  const noise = seededRandom(7);
  const kernels = await otherKernels(model, folder, THREADS);
  const forgers: [string, Model][] = [
    [
      "made by a model with every weight a little moved",
      await withOtherWeights(model, folder, THREADS, (weight) => weight + 16 * (noise() - 0.5)),
    ],
    [
      "made by the same model quantised to 4 bits",
      await withOtherWeights(model, folder, THREADS, (weight) => 16 * Math.round(weight / 16)),
    ],
  ];
  if (values.other !== undefined) {
    forgers.push([
      "made by an earlier checkpoint",
      await withOtherGraph(model, folder, THREADS, values.other),
    ]);
  }
  const forging = forgers.map(([, forger]) => new Sequence(forger.graph));
  const random = seededRandom(seed + 1);
  const { tokenizer } = model;
  const measurement = new Measurement(model);

  const honest = measurement.tally("honest, made here", true);
  const elsewhere = measurement.tally("honest, made with the kernels of WebAssembly", true);
  const saved = values.with.map((file) => readClaims(file, model));
  const otherProcessors = saved.map(({ name }) => measurement.tally(`honest, made on ${name}`, true));
  const forged = forgers.map(([name]) => measurement.tally(name));
  const prompt = measurement.tally("one identifier of the prompt changed");
  const promptUnsaid = measurement.tally("one identifier of the prompt changed, seed left as it was");
  const seeds = measurement.tally("another seed");
  const ordinals = measurement.tally("another ordinal");
  const token = measurement.tally("one token changed to any other");
  const nearest = measurement.tally("the token it nearly took, where it hesitates most, and on from there");
  const operators = measurement.tally("`<` to `<=` and its like");
  const shortened = measurement.tally("text cut short");
  const unwritten = measurement.tally("text that a person wrote");

  const elsewhereSequence = new Sequence(kernels.graph);
  let smallestGap = Number.POSITIVE_INFINITY;
  for (const [index, { claims }] of saved.entries()) {
    for (const { claim } of claims.slice(0, count)) {
      const tally = otherProcessors[index];
      if (tally !== undefined) {
        await measurement.replay(tally, claim);
      }
    }
  }
  for (const { request, rest } of places(seed, "anywhere")) {
    if (
      honest.claims >= count &&
      [...forged, unwritten, prompt, token, nearest].every(({ claims }) => claims >= count)
    ) {
      break;
    }
    const claim = await measurement.answer(request);
    if (claim === null || claim.tokens.length < 2) {
      continue;
    }
    if (honest.claims < count) {
      await measurement.replay(honest, claim);
      const seedNot = Digest.parse(claim.seed.replace(/^./, (x) => (x === "0" ? "1" : "0")));
      await measurement.replay(seeds, { ...claim, seed: seedNot });
      const ordinal = 1 + Math.floor(random() * 9);
      const otherSeed = seedOf({ ...claim, manifestDigest: model.manifestDigest, ordinal });
      await measurement.replay(ordinals, { ...claim, ordinal, seed: otherSeed });
      const at = Math.floor(random() * claim.tokens.length);
      const other = anyToken(model, random, claim.tokens[at] ?? 0);
      await measurement.replay(
        token,
        ...withEveryStop(model, { ...claim, tokens: claim.tokens.with(at, other) }),
      );
      const length = 1 + Math.floor(random() * (claim.tokens.length - 1));
      await measurement.replay(
        shortened,
        ...withEveryStop(model, { ...claim, tokens: claim.tokens.slice(0, length) }),
      );
    }
    const hesitating = nearest.claims < count ? await measurement.hesitation(claim) : null;
    if (hesitating !== null) {
      smallestGap = Math.min(smallestGap, hesitating.gap);
      const forced = [...claim.tokens.slice(0, hesitating.index), hesitating.token];
      const turned = await measurement.continued(claim, forced);
      if (turned !== null) {
        await measurement.replay(nearest, turned);
      }
    }
    const written = unwritten.claims < count ? personsTokens(model, claim, rest) : null;
    if (written !== null && String(written) !== String(claim.tokens)) {
      await measurement.replay(unwritten, ...withEveryStop(model, { ...claim, tokens: written }));
    }
    const changed = renamed(claim.prompt.prefix, random);
    if (changed !== null && prompt.claims < count) {
      const claimed = { ...claim, prompt: { ...claim.prompt, prefix: changed } };
      await measurement.replay(promptUnsaid, claimed);
      await measurement.replay(prompt, ...withEveryStop(model, claimed));
    }
    for (const [index, [, forger]] of forgers.entries()) {
      const [tally, sequence] = [forged[index], forging[index]];
      if (tally === undefined || sequence === undefined || tally.claims >= count) {
        continue;
      }
      const outcome = await complete(forger, sequence, request, never);
      if (outcome.kind === "completion") {
        await measurement.replay(tally, outcome.completion);
      }
    }
    if (elsewhere.claims < count / ELSEWHERE) {
      const outcome = await complete(kernels, elsewhereSequence, request, never);
      if (outcome.kind === "completion") {
        await measurement.replay(elsewhere, outcome.completion);
      }
    }
    if (honest.claims % 50 === 0 && honest.claims < count) {
      console.error(`${honest.claims} suggestions, ${seconds(started)} s`);
    }
  }
  for (const { request } of places(seed, "operator")) {
    if (operators.claims >= count) {
      break;
    }
    const claim = await measurement.answer({ ...request, trigger: "explicit" });
    if (claim === null) {
      continue;
    }
    const index = claim.tokens.findIndex((id) => tokenizer.decode([id]).trim() in NEIGHBOURS);
    if (index < 0) {
      continue;
    }
    const written = tokenizer.decode([claim.tokens[index] ?? 0]);
    const [id, ...more] = tokenizer.encode(written.replace(/\S+/, (sign) => NEIGHBOURS[sign] ?? sign));
    if (id === undefined || more.length > 0) {
      continue;
    }
    const turned = await measurement.continued(claim, [...claim.tokens.slice(0, index), id]);
    await measurement.replay(
      operators,
      ...withEveryStop(model, { ...claim, tokens: claim.tokens.with(index, id) }),
      ...(turned === null ? [] : [turned]),
    );
  }

  const byLength = COST_LENGTHS.map((): ReplayRequest[] => []);
  let asked = 0;
  for (const { request } of places(seed + 2, "anywhere")) {
    if (asked++ >= COST_PLACES || byLength.every(({ length }) => length >= COST_SUGGESTIONS)) {
      break;
    }
    const claim = await measurement.answer({ ...request, trigger: "explicit", maxTokens: COST_TOKENS });
    const length = claim?.tokens.length ?? 0;
    const group = byLength[COST_LENGTHS.findIndex(([least, most]) => length >= least && length <= most)];
    if (claim !== null && group !== undefined && group.length < COST_SUGGESTIONS) {
      group.push(claim);
    }
  }
  // A server has run for a while when it replays.
  await costOf(model, byLength.flat());
  const costs: Cost[] = [];
  for (const claims of byLength) {
    costs.push(await costOf(model, claims));
  }

  const { margin, notFirst } = toleranceOf(model.manifest, "native/v1");
  console.log(
    `Model ${model.manifestDigest.slice(0, 12)}…, seed ${seed}, tolerance ${margin} logits and ${notFirst} tokens; ${seconds(started)} s.\n`,
  );
  console.log("| claims | number | mismatch | passed | of those true all the same | |");
  console.log("|---|---|---|---|---|---|");
  for (const tally of measurement.tallies) {
    console.log(tally.row());
  }
  const largest = Math.max(...measurement.tallies.map((tally) => (tally.honest ? tally.margin : 0)));
  console.log(
    `\nLargest margin of an honest suggestion: ${largest.toExponential(1)} logits. Smallest hesitation met: ${smallestGap.toExponential(1)} logits.`,
  );
  if (measurement.missedPlaces.size > 0) {
    console.log(
      `Missed: lines ${measurement.missedPlaces.size}, tokens behind by at most ${measurement.missedMargin.toExponential(1)} logits.`,
    );
  }
  describeCosts(costs);
  for (const one of [model, kernels, ...forgers.map(([, forger]) => forger)]) {
    await one.graph.release();
  }
}

function describeCosts(costs: readonly Cost[]): void {
  console.log("\nWhat replays take of what generating takes, in processor time:\n");
  console.log(
    "| tokens of the answer | suggestions | answer: generate → replay | prompt and answer, nothing kept: generate → replay |",
  );
  console.log("|---|---|---|---|");
  for (const [index, [least, most]] of COST_LENGTHS.entries()) {
    const cost = costs[index];
    if (cost === undefined || cost.suggestions === 0) {
      continue;
    }
    const pair = (whole: number, part: number): string =>
      `${(whole / cost.suggestions).toFixed(1)} → ${(part / cost.suggestions).toFixed(1)} ms, ${((100 * part) / whole).toFixed(0)}%`;
    const average = (cost.tokens / cost.suggestions).toFixed(0);
    console.log(
      `| ${least} to ${most} (${average} on the average) | ${cost.suggestions} | ${pair(cost.generateAnswer, cost.replayAnswer)} | ${pair(cost.generateAll, cost.replayAll)} |`,
    );
  }
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(0);
}

/** Any other token of text. */
function anyToken({ graph, tokenizer }: Model, random: () => number, not: number): number {
  for (;;) {
    const id = Math.floor(random() * graph.vocabularySize);
    if (id !== not && tokenizer.bytesOf(id).length > 0) {
      return id;
    }
  }
}

/** The line that a person wrote there, as the model would have had to write it. */
function personsTokens({ tokenizer }: Model, claim: ReplayRequest, rest: string): number[] | null {
  const line = claim.prompt.prefix.slice(claim.prompt.prefix.lastIndexOf("\n") + 1);
  const healed = claim.raw.slice(0, claim.raw.indexOf(claim.displayed));
  if (rest.trim() === "" || (healed.trim() !== "" && !line.endsWith(healed))) {
    return null;
  }
  const tokens = tokenizer.encode(`${healed}${rest}\n`).slice(0, claim.sampling.maxTokens);
  return tokens.length < 2 ? null : tokens;
}

/** The prefix with the last occurrence of one of its identifiers renamed; the last line stays, for healing. */
function renamed(prefix: string, random: () => number): string | null {
  const end = prefix.lastIndexOf("\n");
  const names = [...prefix.slice(0, Math.max(0, end)).matchAll(/\b[a-z]\w{3,}\b/gi)];
  const chosen = names[Math.floor(random() * names.length)];
  if (chosen === undefined) {
    return null;
  }
  return `${prefix.slice(0, chosen.index)}renamed${prefix.slice(chosen.index + chosen[0].length)}`;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
