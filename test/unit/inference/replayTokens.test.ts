import { availableParallelism } from "node:os";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { seedOf } from "../../../server/src/inference/decode/seed";
import { complete } from "../../../server/src/inference/engine/complete";
import type {
  Completion,
  CompletionRequest,
  ReplayRequest,
  ReplayResult,
} from "../../../server/src/inference/engine/engine";
import { loadModel, type Model } from "../../../server/src/inference/engine/loadedModel";
import { CHUNK_TOKENS } from "../../../server/src/inference/graph/prefillPace";
import { Sequence } from "../../../server/src/inference/graph/sequence";
import { cursorContextOf } from "../../../server/src/inference/prompt/cursorContext";
import { healPrompt } from "../../../server/src/inference/prompt/heal";
import { replay as replayIn } from "../../../server/src/inference/replay/replayTokens";
import { toleranceOf } from "../../../server/src/inference/replay/toleranceOf";
import { type Range, trim } from "../../../server/src/inference/trim";
import { digestOf } from "../../support/digests";
import { EMBEDDED_MODEL } from "../../support/models/modelFolder";
import { OFFSETS, requestAt } from "./samples";

const never = (): boolean => false;
/** With nothing kept from earlier replays. */
const replay = (
  model: Model,
  claim: ReplayRequest,
  isCancelled: () => boolean,
): Promise<ReplayResult | null> => replayIn(model, new Sequence(model.graph), claim, isCancelled);
// The model computes; how fast depends on what else the machine does.
vi.setConfig({ testTimeout: 120_000 });

describe("replay with the embedded model", () => {
  let model: Model;
  let completions: Completion[];
  /** Answers that end where the model began to doubt. */
  let doubted: Completion[];

  beforeAll(async () => {
    model = await loadModel(EMBEDDED_MODEL, Math.min(2, availableParallelism()));
    const sequence = new Sequence(model.graph);
    completions = [];
    doubted = [];
    for (const offset of OFFSETS) {
      const outcome = await complete(model, sequence, requestAt(offset), never);
      if (outcome.kind === "completion") {
        completions.push(outcome.completion);
      }
      const unasked = await complete(model, sequence, requestAt(offset, { trigger: "automatic" }), never);
      if (unasked.kind === "completion" && unasked.completion.stop === "doubt") {
        doubted.push(unasked.completion);
      }
    }
  });
  afterAll(() => model.graph.release());

  it("finds every answer exact in one pass, though it was made token by token with a kept cache", async () => {
    expect(completions.length).toBeGreaterThanOrEqual(30);
    for (const completion of completions) {
      const result = await replay(model, completion, never);
      expect(result).toMatchObject({
        value: "exact",
        exact: completion.tokens.length,
        tokens: completion.tokens.length,
      });
      expect(result?.margin).toBeLessThanOrEqual(toleranceOf(model.manifest, "native/v1").margin);
    }
  });

  it("finds answers exact that end in doubt, and contradicts doubt that comes too early or too late", async () => {
    expect(doubted.length).toBeGreaterThanOrEqual(3);
    let contradicted = 0;
    for (const completion of doubted) {
      expect(await replay(model, completion, never)).toMatchObject({ value: "exact" });
      const whole = completions.find(({ prompt }) => prompt.prefix === completion.prompt.prefix);
      for (const count of [completion.tokens.length - 1, completion.tokens.length + 1]) {
        const tokens = (whole ?? completion).tokens.slice(0, count);
        if (tokens.length !== count) {
          continue;
        }
        const changed = consistent({ ...completion, tokens });
        const { start, end } = trimmed(changed);
        const result = await replay(model, { ...changed, displayed: changed.raw.slice(start, end) }, never);
        expect(result).toMatchObject({ value: "mismatch", reason: expect.stringContaining("doubt") });
        contradicted += 1;
      }
    }
    expect(contradicted).toBeGreaterThanOrEqual(3);
  });

  it("says that it forgave a doubt which comes nearly at the last token, and forgives no other", async () => {
    const [claim] = doubted;
    if (claim === undefined) {
      throw new Error("nothing ended in doubt");
    }
    const valueAt = async (confidenceGate: number): Promise<ReplayResult["value"] | undefined> => {
      const execution = {
        ...model.manifest.execution,
        confidenceGate,
        replay: { margin: 0.0003, notFirst: 1 },
      };
      const manifest = { ...model.manifest, execution };
      return (await replay({ ...model, manifest }, claim, never))?.value;
    };
    // The highest gate at which the model begins to doubt at the last token and not before.
    let [highest, above] = [model.manifest.execution.confidenceGate, 1];
    expect(await valueAt(highest)).toBe("exact");
    while (above - highest > 1e-6) {
      const middle = (highest + above) / 2;
      if ((await valueAt(middle)) === "exact") {
        highest = middle;
      } else {
        above = middle;
      }
    }
    const forgiven = 0.0003 * claim.tokens.length;
    expect(await valueAt(highest * (1 + forgiven / 2))).toBe("withinTolerance");
    expect(await valueAt(highest * (1 + 2 * forgiven))).toBe("mismatch");
  });

  it("finds the same with what earlier replays have read, and runs only what they have not", async () => {
    const kept = new Sequence(model.graph);
    for (const completion of completions.slice(0, 10)) {
      const fresh = await replay(model, completion, never);
      expect(await replayIn(model, kept, completion, never)).toEqual(fresh);
      let runs = 0;
      const again = await replayIn(model, kept, completion, () => ++runs < 0);
      expect(again).toEqual(fresh);
      expect(runs).toBe(Math.ceil(completion.tokens.length / CHUNK_TOKENS));
      const changed = consistent({ ...completion, tokens: completion.tokens.with(-1, 77) });
      expect(await replayIn(model, kept, changed, never)).toEqual(await replay(model, changed, never));
    }
  });

  it("gives the same answer with a cold cache", async () => {
    let answered = 0;
    for (const offset of OFFSETS.slice(0, 6)) {
      const outcome = await complete(model, new Sequence(model.graph), requestAt(offset), never);
      if (outcome.kind !== "completion") {
        continue;
      }
      const warm = completions.find(({ prompt }) => prompt.prefix === outcome.completion.prompt.prefix);
      expect(warm?.tokens).toEqual(outcome.completion.tokens);
      answered += 1;
    }
    expect(answered).toBeGreaterThanOrEqual(4);
  });

  /** A claim whose other values follow from its changed ones, so that only the model can tell. */
  const consistent = (claim: ReplayRequest): ReplayRequest => ({
    ...claim,
    raw: model.tokenizer.decode(claim.tokens),
    seed: seedOf({ ...claim, manifestDigest: model.manifestDigest, profile: "native/v1" }),
  });
  const trimmed = ({ prompt, raw, tokens, stop }: ReplayRequest): Range => {
    const { healed } = healPrompt(model.tokenizer, prompt);
    const lastLength = raw.length - model.tokenizer.decode(tokens.slice(0, -1)).length;
    return trim(raw, { cursor: cursorContextOf(prompt), healed, stop, lastLength });
  };
  const longest = (): Completion => {
    const [first] = [...completions].sort((a, b) => b.tokens.length - a.tokens.length);
    if (first === undefined) {
      throw new Error("no completion");
    }
    return first;
  };
  const reasonFor = async (claim: ReplayRequest): Promise<string> => {
    const result = await replay(model, claim, never);
    expect(result?.value).toBe("mismatch");
    return result?.reason ?? "";
  };

  it("contradicts any single changed token", async () => {
    let contradicted = 0;
    for (const completion of completions.slice(0, 12)) {
      const at = completion.tokens.length >> 1;
      const tokens = completion.tokens.map((token, index) => (index === at ? token + 1 : token));
      await reasonFor(consistent({ ...completion, tokens }));
      contradicted += 1;
    }
    expect(contradicted).toBe(12);
  });

  it("contradicts a token that the model did not choose, though everything else follows from it", async () => {
    // Ends like the model's answer, so stop reason and trimming agree; only the logits tell.
    const claim = completions.find(({ stop, tokens }) => stop === "line" && tokens.length > 4);
    if (claim === undefined) {
      throw new Error("no completion of one line");
    }
    const word = model.tokenizer.encode("x")[0] ?? 0;
    const at = claim.tokens.length - 3;
    const tokens = claim.tokens.map((token, index) => (index === at ? word : token));
    const raw = model.tokenizer.decode(tokens);
    const changed = consistent({
      ...claim,
      tokens,
      displayed: raw.slice(claim.raw.indexOf(claim.displayed)).trimEnd(),
    });
    expect(await reasonFor(changed)).toMatch(/is not what the model answers|never takes/);
  });

  it("contradicts another prompt", async () => {
    const claim = longest();
    const prompt = { ...claim.prompt, suffix: `${claim.prompt.suffix}// more\n` };
    expect(await reasonFor({ ...claim, prompt })).toMatch(/seed/);
    const swapped = completions.find(
      ({ tokens, prompt: { prefix } }) => tokens.length > 3 && prefix !== claim.prompt.prefix,
    );
    await reasonFor(consistent({ ...claim, prompt: swapped?.prompt ?? claim.prompt }));
  });

  it("contradicts text of other files, where the prompt has no place for it", async () => {
    const claim = longest();
    const prompt = { ...claim.prompt, path: null, context: [{ path: "b.ts", text: "x" }] };
    const tokenizer = Object.create(model.tokenizer, {
      family: { value: { ...model.tokenizer.family, places: { path: true, context: false } } },
    });
    const result = await replay({ ...model, tokenizer }, consistent({ ...claim, prompt }), never);
    expect(result).toMatchObject({ value: "mismatch", reason: expect.stringMatching(/cannot take/) });
  });

  it.each<[string, RegExp, (claim: Completion) => Partial<ReplayRequest>]>([
    ["raw", /raw text/, ({ raw }) => ({ raw: `${raw} ` })],
    ["displayed", /trim chain/, ({ displayed }) => ({ displayed: displayed.slice(0, -1) })],
    ["displayed, longer", /trim chain/, ({ displayed }) => ({ displayed: `${displayed}\nevil();` })],
    ["seed", /seed/, () => ({ seed: digestOf("00") })],
    ["ordinal", /ordinal/, () => ({ ordinal: 1 })],
    [
      "sampling",
      /seed/,
      ({ sampling }) => ({ sampling: { ...sampling, maxTokens: sampling.maxTokens + 1 } }),
    ],
  ])("contradicts another value of %s", async (_, reason, change) => {
    const claim = longest();
    expect(await reasonFor({ ...claim, ...change(claim) })).toMatch(reason);
  });

  it("contradicts a shortened answer, whatever reason it gives for stopping", async () => {
    const claim = longest();
    const tokens = claim.tokens.slice(0, -1);
    for (const stop of ["endOfText", "line", "block", "length", "repetition"] as const) {
      const shortened = consistent({ ...claim, tokens, stop });
      await reasonFor({ ...shortened, displayed: shortened.raw.trimEnd() });
    }
    await reasonFor(consistent({ ...claim, tokens: [] }));
  });

  it("contradicts what does not fit the context, and ids that do not exist", async () => {
    const claim = longest();
    const prompt = { ...claim.prompt, prefix: "x = 1;\n".repeat(model.manifest.contextLength) };
    expect(await reasonFor(consistent({ ...claim, prompt }))).toMatch(/context/);
    await reasonFor(consistent({ ...claim, tokens: [...claim.tokens.slice(0, -1), 1_000_000] }));
  });

  it("is interrupted between chunks, undecided", async () => {
    expect(await replay(model, longest(), () => true)).toBe(null);
    let asked = 0;
    expect(await replay(model, longest(), () => ++asked > 1)).toBe(null);
    expect(asked).toBe(2);
  });

  it("stops generating within one token, or one chunk of the prompt", async () => {
    const claim = longest();
    const request: CompletionRequest = {
      path: claim.prompt.path,
      prefix: claim.prompt.prefix,
      suffix: claim.prompt.suffix,
      context: [],
      trigger: "explicit",
      extent: "auto",
      maxTokens: claim.sampling.maxTokens,
    };
    for (const runs of [0, 1, 3, 8]) {
      let asked = 0;
      const sequence = new Sequence(model.graph);
      let largest = 0;
      const outcome = await complete(model, sequence, request, () => {
        asked += 1;
        largest = Math.max(largest, sequence.length);
        return asked > runs;
      });
      expect(outcome).toEqual({ kind: "nothing", reason: "cancelled", confidence: 0 });
      expect(asked).toBe(runs + 1);
      expect(sequence.length).toBe(largest);
    }
  });
});
