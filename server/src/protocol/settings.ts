import * as z from "zod";
import { Address } from "../platform/primitives";
import { DEFAULT_PROFILE, ExecutionProfile } from "./executionProfile";
import { DEFAULT_PROVIDER, EXECUTION_PROVIDERS } from "./executionProvider";
import {
  DEFAULT_ENCLAVE_USE,
  DEFAULT_OPENGRADIENT,
  EnclaveUse,
  OpenGradientSettings,
} from "./openGradientSettings";
import { MAX_RPC_SERVERS, RpcServerEntryText } from "./rpcServerEntry";
import { VERIFIED_ONLY_LEVELS } from "./verifiedOnly";

/** The public hub. */
export const DEFAULT_HUB = "https://huggingface.co";
/** About ten prompts of the embedded model at its full context, or one of a model with half a billion weights. */
export const DEFAULT_CACHE_MEGABYTES = 64;

export const ChainSettings = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("embedded") }),
  z.strictObject({
    kind: z.literal("rpc"),
    id: z.number().int().positive(),
    rpcUrls: z.array(RpcServerEntryText).min(1).max(MAX_RPC_SERVERS),
    contract: z
      .string()
      .transform((value) => value.toLowerCase())
      .pipe(Address),
  }),
]);
export type ChainSettings = z.infer<typeof ChainSettings>;

/**
 * Everything the server can be told. The client's `config.ts` is the only reader of editor settings and sends this
 * whole object at start and after every change; the command line builds it from flags and variables.
 */
export const Settings = z.strictObject({
  enabled: z.boolean(),
  /** A model folder with a pin; `null` is the embedded model. */
  modelPath: z.nullable(z.string()),
  /** What suggestions are made with; replays run under the profile of their evidence. */
  executionProfile: ExecutionProfile,
  /** What computes under `native/v1`, where it can be used. */
  executionProvider: z.enum(EXECUTION_PROVIDERS),
  /** Where models are fetched from when a person asks for it, as `https://host`. */
  modelHub: z.string().max(2048),
  verifiedOnly: z.enum(VERIFIED_ONLY_LEVELS),
  /** What each file holds is told of whole repositories, for whoever draws it. */
  fileDecorations: z.boolean(),
  chain: ChainSettings,
  openGradient: OpenGradientSettings,
  enclaveUse: EnclaveUse,
  /** The longest suggestion, in tokens. */
  maxTokens: z.number().int().min(1).max(512),
  /** How soon a suggestion that nobody asked for is to come, in ms; 0: with the longest prompt, however long it takes. */
  latencyMilliseconds: z.number().int().min(0).max(10_000),
  /** What a suggestion will need is read, and the next one asked for, before anybody asks. */
  workAhead: z.boolean(),
  /** Pieces of other open and recently edited files that a prompt may hold; 0 is none. */
  contextChunks: z.number().int().min(0).max(16),
  /** Memory for what the model has read of several files, in MB (10^6 bytes). */
  cacheMegabytes: z.number().int().min(0).max(16_384),
  /** Seconds after the last acceptance until a batch is sealed and anchored; 0 is only by hand. */
  sealAfterSeconds: z.number().int().min(0).max(3600),
  /** The workspace is trusted; without it nothing is loaded, sent or written. */
  trusted: z.boolean(),
});
export type Settings = z.infer<typeof Settings>;

export const DEFAULT_SETTINGS: Settings = {
  enabled: true,
  modelPath: null,
  modelHub: DEFAULT_HUB,
  executionProfile: DEFAULT_PROFILE,
  executionProvider: DEFAULT_PROVIDER,
  verifiedOnly: "off",
  fileDecorations: false,
  chain: { kind: "embedded" },
  openGradient: DEFAULT_OPENGRADIENT,
  enclaveUse: DEFAULT_ENCLAVE_USE,
  maxTokens: 96,
  latencyMilliseconds: 150,
  workAhead: true,
  contextChunks: 2,
  cacheMegabytes: DEFAULT_CACHE_MEGABYTES,
  sealAfterSeconds: 30,
  trusted: true,
};
