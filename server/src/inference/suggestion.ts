import * as z from "zod";
import { Count, Digest, RepositoryPath, Text, Uint32 } from "../platform/primitives";
import { ExecutionProfile } from "../protocol/executionProfile";

/** What the device says ran the model. Stated by the device, not proved. */
export const Environment = z.strictObject({
  /** SHA-256 over the bundles that ran: the server (or command line) and its inference worker. */
  serverDigest: Digest,
  engine: z.strictObject({
    name: z.enum(["onnxruntime-node", "onnxruntime-web"]),
    version: Text,
    /** SHA-256 of the native library that was loaded. */
    libraryDigest: Digest,
  }),
  executionProvider: z.enum(["cpu", "cuda", "directml", "coreml", "webgpu", "wasm"]),
  threads: Count,
  platform: z.strictObject({ os: Text, arch: Text }),
  cpu: z.strictObject({ model: Text, features: z.array(Text) }),
});
export type Environment = z.infer<typeof Environment>;

/** Greedy decoding has no free parameter; other samplers will be further members of this union. */
export const Sampling = z.strictObject({ method: z.literal("greedy"), maxTokens: Count });
export type Sampling = z.infer<typeof Sampling>;

/**
 * The version of the trim chain that made `displayed` of `raw`. One that a build does not know is well-formed: such a
 * suggestion cannot be replayed there, and everything else about it can be checked.
 */
export const TrimVersion = z.string().regex(/^trim\/v[1-9][0-9]{0,3}$/);
export type TrimVersion = z.infer<typeof TrimVersion>;

/** A piece of another file that stood in the prompt. */
export const ContextChunk = z.strictObject({ path: RepositoryPath, text: Text });
export type ContextChunk = z.infer<typeof ContextChunk>;

/** A prompt may quote other files, but not in any number of places. */
const MAX_CHUNKS = 64;

/** The prompt in its parts; the control tokens between them come from the pinned tokenizer, never from text. */
export const Prompt = z.strictObject({
  /** What the prompt names the file, or `null` when it names none. */
  path: z.nullable(Text),
  prefix: Text,
  suffix: Text,
  context: z.array(ContextChunk).max(MAX_CHUNKS),
});
export type Prompt = z.infer<typeof Prompt>;

/** Why the model stopped. `line` and `block`: a stop rule of the decoder cut there. */
export const StopReason = z.enum(["endOfText", "line", "block", "length", "repetition", "doubt"]);
export type StopReason = z.infer<typeof StopReason>;

/** What a model answered to one prompt: all that a replay compares. */
export const ModelOutput = z.strictObject({
  prompt: Prompt,
  /** Generated token ids in order, without the end-of-text token. */
  tokens: z.array(Uint32).readonly(),
  /** What the tokens decode to. */
  raw: Text,
  /** `raw` after the trim chain: what the person sees as ghost text. */
  displayed: Text,
  sampling: Sampling,
  /** Which of several samples this is; greedy decoding has ordinal 0. */
  ordinal: Count,
  /** Derived from prompt, manifest, profile, sampling and ordinal: see `seedOf`. */
  seed: Digest,
  stop: StopReason,
});
export type ModelOutput = z.infer<typeof ModelOutput>;

/** What ran: the same for all that one running engine makes. */
export const ExecutionFacts = z.strictObject({
  model: z.strictObject({ name: Text, manifestDigest: Digest, omsRoot: Digest }),
  environment: Environment,
  profile: ExecutionProfile,
});
export type ExecutionFacts = z.infer<typeof ExecutionFacts>;
