import { readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import * as z from "zod";
import { complete } from "../../../server/src/inference/engine/complete";
import type { ReplayRequest } from "../../../server/src/inference/engine/engine";
import type { Model } from "../../../server/src/inference/engine/loadedModel";
import { Sequence } from "../../../server/src/inference/graph/sequence";
import { Prompt, Sampling, StopReason } from "../../../server/src/inference/suggestion";
import { manifestDigestOf, type PinManifest } from "../../../server/src/models/pin/manifest";
import { CanonicalBase64 } from "../../../server/src/platform/dsse";
import { Count, Digest } from "../../../server/src/platform/primitives";
import { ExecutionProfile } from "../../../server/src/protocol/executionProfile";
import { places } from "./cursors";
import { answerLogits } from "./logits";

const never = (): boolean => false;

const Claim = z.strictObject({
  profile: ExecutionProfile,
  prompt: Prompt,
  tokens: z.array(Count),
  raw: z.string(),
  displayed: z.string(),
  sampling: Sampling,
  ordinal: Count,
  seed: Digest,
  stop: StopReason,
});

/**
 * Honest suggestions that were made with other kernels; of some of them the logits of each place of the answer:
 * 32-bit floats, little-endian, in base64.
 */
const SavedClaims = z.strictObject({
  manifestDigest: Digest,
  claims: z.array(z.strictObject({ claim: Claim, logits: CanonicalBase64.nullable() })),
});

export interface SavedClaim {
  readonly claim: ReplayRequest;
  readonly logits: Float32Array | null;
}

/** The model under the digest that its pin has without a tolerance, for that is still to be found. */
export function bare(model: Model): Model {
  return { ...model, manifestDigest: bareDigest(model.manifest) };
}

function bareDigest(manifest: PinManifest): Digest {
  const { replay: _, ...execution } = manifest.execution;
  return manifestDigestOf({ ...manifest, execution });
}

/** Suggestions that a model makes here, at places that only the seed decides. */
export async function makeClaims(model: Model, seed: number, count: number): Promise<ReplayRequest[]> {
  const claims: ReplayRequest[] = [];
  const sequence = new Sequence(model.graph);
  for (const { request } of places(seed, "anywhere")) {
    if (claims.length >= count) {
      break;
    }
    const outcome = await complete(model, sequence, request, never);
    if (outcome.kind === "nothing") {
      continue;
    }
    const { confidence: _, promptTokens: __, milliseconds: ___, ...claim } = outcome.completion;
    claims.push(claim);
  }
  return claims;
}

/** Writes claims to a file, with the logits of the first so many. */
export async function saveClaims(
  file: string,
  model: Model,
  claims: readonly ReplayRequest[],
  withLogits: number,
): Promise<void> {
  const sequence = new Sequence(model.graph);
  const saved: z.infer<typeof SavedClaims>["claims"] = [];
  for (const [index, claim] of claims.entries()) {
    const logits = index < withLogits ? base64(await answerLogits(model, sequence, claim)) : null;
    saved.push({ claim: Claim.parse(claim), logits });
  }
  writeFileSync(file, JSON.stringify({ manifestDigest: model.manifestDigest, claims: saved }));
}

/** @throws Error for a file that another model's suggestions stand in */
export function readClaims(
  file: string,
  model: Model,
): { readonly name: string; readonly claims: SavedClaim[] } {
  const { manifestDigest, claims } = SavedClaims.parse(JSON.parse(readFileSync(file, "utf8")));
  if (manifestDigest !== model.manifestDigest) {
    throw new Error(`${file} was made with another model`);
  }
  return {
    name: basename(file, ".json"),
    claims: claims.map(({ claim, logits }) => ({ claim, logits: logits === null ? null : floats(logits) })),
  };
}

function base64(values: Float32Array): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString("base64");
}

function floats(text: string): Float32Array {
  return new Float32Array(Uint8Array.from(Buffer.from(text, "base64")).buffer);
}
