import { createHash } from "node:crypto";
import { join } from "node:path";
import * as z from "zod";
import { complete } from "../../../server/src/inference/engine/complete";
import { loadModel } from "../../../server/src/inference/engine/loadedModel";
import { Sequence } from "../../../server/src/inference/graph/sequence";
import { healPrompt } from "../../../server/src/inference/prompt/heal";
import { toDigest } from "../../../server/src/platform/digests";
import { Count, Digest } from "../../../server/src/platform/primitives";
import { OFFSETS, requestAt } from "../../unit/inference/samples";

/** What `portable/v1` computes with one model, the same on every machine. */
export const PortableDigest = z.strictObject({
  /** The pin of the model. */
  manifestDigest: Digest,
  prompts: Count,
  tokens: Count,
  /**
   * SHA-256, for one prompt after another, over the answer's token ids (32 bits each), its confidence (64 bits) and
   * the logits of every token of prompt and answer (32 bits each); little-endian, as all machines in question are.
   */
  digest: Digest,
});
export type PortableDigest = z.infer<typeof PortableDigest>;

/** Where the expected digest lies, below the repository's top. */
export const EXPECTED_FILE = join("test", "bench", "portable", "expected.json");

/** Every eighth place of the sample is completed, with little around it: an emulated processor is slow. */
const STEP = 8;
const PREFIX_CHARACTERS = 400;
const SUFFIX_CHARACTERS = 150;
const MAX_TOKENS = 12;

export async function portableDigest(modelDirectory: string): Promise<PortableDigest> {
  const model = await loadModel(modelDirectory, 1, "portable/v1");
  const hash = createHash("sha256");
  let prompts = 0;
  let tokens = 0;
  try {
    for (const offset of OFFSETS.filter((_, index) => index % STEP === 0)) {
      const whole = requestAt(offset, { maxTokens: MAX_TOKENS });
      const prefix = whole.prefix.slice(-PREFIX_CHARACTERS);
      const suffix = whole.suffix.slice(0, SUFFIX_CHARACTERS);
      const request = { ...whole, prefix, suffix };
      const outcome = await complete(model, new Sequence(model.graph), request, () => false);
      if (outcome.kind === "nothing") {
        continue;
      }
      const { completion } = outcome;
      hash.update(Int32Array.from(completion.tokens));
      hash.update(Float64Array.of(completion.confidence));
      const ids = [...healPrompt(model.tokenizer, completion.prompt).ids, ...completion.tokens];
      hash.update(await new Sequence(model.graph).append(ids));
      prompts += 1;
      tokens += ids.length;
    }
  } finally {
    await model.graph.release();
  }
  return { manifestDigest: model.manifestDigest, prompts, tokens, digest: toDigest(hash.digest()) };
}
