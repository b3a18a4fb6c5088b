import { Decoding } from "../../../server/src/inference/decode/decoding";
import { generate } from "../../../server/src/inference/decode/generate";
import type { ReplayRequest } from "../../../server/src/inference/engine/engine";
import type { Model } from "../../../server/src/inference/engine/loadedModel";
import { Sequence } from "../../../server/src/inference/graph/sequence";
import { cursorContextOf } from "../../../server/src/inference/prompt/cursorContext";
import { healPrompt } from "../../../server/src/inference/prompt/heal";
import { replay } from "../../../server/src/inference/replay/replayTokens";

const never = (): boolean => false;

/** Milliseconds of processor time, summed over all threads and some suggestions: other programs do not change it. */
export interface Cost {
  suggestions: number;
  tokens: number;
  /** Prompt and answer, with nothing kept from before. */
  generateAll: number;
  replayAll: number;
  /** The answer alone: the prompt had been read. */
  generateAnswer: number;
  replayAnswer: number;
}

/** Generates and replays each claim in turn, twice each: with nothing kept, and with its prompt read before. */
export async function costOf(model: Model, claims: readonly ReplayRequest[]): Promise<Cost> {
  const cost: Cost = {
    suggestions: 0,
    tokens: 0,
    generateAll: 0,
    replayAll: 0,
    generateAnswer: 0,
    replayAnswer: 0,
  };
  for (const claim of claims) {
    const [generating, replaying] = [new Sequence(model.graph), new Sequence(model.graph)];
    cost.generateAll += await timed(() => generated(model, generating, claim));
    cost.replayAll += await timed(() => replay(model, replaying, claim, never));
    cost.generateAnswer += await timed(() => generated(model, generating, claim));
    cost.replayAnswer += await timed(() => replay(model, replaying, claim, never));
    cost.suggestions += 1;
    cost.tokens += claim.tokens.length;
  }
  return cost;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** The same tokens as the claim's, one by one, without drafts. */
async function generated(model: Model, sequence: Sequence, claim: ReplayRequest): Promise<void> {
  const prompt = healPrompt(model.tokenizer, claim.prompt);
  const cursor = cursorContextOf(claim.prompt);
  const extent = cursor.block === null ? "line" : "block";
  const gate = claim.stop === "doubt" ? model.manifest.execution.confidenceGate : 0;
  const { maxTokens } = claim.sampling;
  const decoding = new Decoding(model.tokenizer, prompt, cursor, extent, maxTokens, gate);
  const generation = await generate(model, sequence, prompt, decoding, {
    maxTokens,
    lookup: null,
    isCancelled: never,
  });
  if (String(generation?.tokens) !== String(claim.tokens)) {
    throw new Error("another answer than before");
  }
}
