import * as z from "zod";
import { canonicalJson } from "../../platform/canonicalJson";
import { sha256, toDigest } from "../../platform/digests";
import { Count, Digest, RepositoryPath, Text } from "../../platform/primitives";
import { GENAI_CONFIG_FILE, MODEL_CONFIG_FILE } from "../files/modelConfig";
import { TOKENIZER_FILE } from "../files/tokenizerFile";
import { compareModelPaths, omsRootOf } from "./omsDigest";
import { PinnedPrompt } from "./promptFamilies";
import { Tolerance } from "./tolerance";
import { WalrusBlobId } from "./walrusBlob";

export const PIN_FILE = "pin.json";
/** The name of a signature beside a model (OpenSSF Model Signing v1.0). */
export const SIGNATURE_FILE = "model.sig";
/** What a pin does not cover: itself, and the signature, which may be added later and covers the same files. */
export const UNPINNED: readonly string[] = [PIN_FILE, SIGNATURE_FILE];

/** A language by the editor's identifier. */
export const LanguageId = z.string().regex(/^[a-z0-9][a-z0-9+#._-]{0,63}$/, "expected a language identifier");
const MAX_LANGUAGES = 64;

/** One pinned file: its path below the model folder, its size in bytes and the SHA-256 of its bytes. */
export const PinnedFile = z.strictObject({
  path: RepositoryPath,
  size: Count,
  sha256: Digest,
  /** Where it lies in Walrus, as the files of OpenGradient's Model Hub do. A place to look, and no statement about its bytes. */
  walrus: WalrusBlobId.optional(),
});
export type PinnedFile = z.infer<typeof PinnedFile>;

/** `pin.json`: everything that must be as stated before the model's bytes are used. */
export const PinManifest = z
  .strictObject({
    format: z.literal("proofline/model-pin/v1"),
    name: Text.refine((name) => name.trim() !== "", "expected a name"),
    /**
     * Every file of the folder but `pin.json`, `model.sig` and the weights of other variants, in the order of
     * `compareModelPaths`.
     */
    files: z.array(PinnedFile).min(1),
    /** OpenSSF Model Signing v1.0, method `files`: SHA-256 over the files' raw digests in that order. */
    omsRoot: Digest,
    prompt: PinnedPrompt,
    /** Tokens that prompt and answer may take together. */
    contextLength: Count.min(64),
    /**
     * What it was made for, by the editor's identifiers (`typescript`). Elsewhere it offers only what it is asked for, or
     * where a person wants more. Without it nothing is known of that, and it offers everywhere.
     */
    languages: z.array(LanguageId).min(1).max(MAX_LANGUAGES).optional(),
    execution: z.strictObject({
      /** The graph that is loaded, one of `files`. */
      graph: RepositoryPath,
      /** An answer that nobody asked for ends where the joint probability of its tokens falls below this. */
      confidenceGate: z.number().min(0).max(1),
      /** What a replay under `native/v1` forgives, as calibrated for these files. */
      replay: Tolerance.optional(),
    }),
  })
  .superRefine((manifest, context) => {
    const { files } = manifest;
    for (let index = 1; index < files.length; index++) {
      const [before, here] = [files[index - 1], files[index]];
      if (before && here && compareModelPaths(before.path, here.path) >= 0) {
        context.addIssue({ code: "custom", message: `files are not sorted or repeat ${here.path}` });
      }
    }
    for (const { path } of files.filter(({ path }) => UNPINNED.includes(path))) {
      context.addIssue({ code: "custom", message: `${path} cannot be pinned` });
    }
    for (const needed of [
      [manifest.execution.graph],
      [MODEL_CONFIG_FILE, GENAI_CONFIG_FILE],
      [TOKENIZER_FILE],
    ]) {
      if (!files.some(({ path }) => needed.includes(path))) {
        context.addIssue({ code: "custom", message: `${needed.join(" or ")} is not among the files` });
      }
    }
    if (omsRootOf(files) !== manifest.omsRoot) {
      context.addIssue({ code: "custom", message: "omsRoot does not follow from the files" });
    }
  });
export type PinManifest = z.infer<typeof PinManifest>;

/** A pin, and the digest that names it in evidence. */
export interface Pin {
  readonly manifest: PinManifest;
  readonly manifestDigest: Digest;
}

/** SHA-256 of the manifest's canonical JSON (RFC 8785), so that white space in `pin.json` means nothing. */
export function manifestDigestOf(manifest: PinManifest): Digest {
  return toDigest(sha256(canonicalJson(manifest)));
}
