import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { InferenceSession, TensorConstructor } from "onnxruntime-common";
import { sha256, toDigest } from "../../platform/digests";
import { messageOf, unreachable } from "../../platform/errors";
import { Digest } from "../../platform/primitives";
import type { ExecutionProfile } from "../../protocol/executionProfile";
import type { ExecutionProvider } from "../../protocol/executionProvider";
import type { Environment } from "../suggestion";
import { couldNotBeUsed, notOnThisPlatform, runtimeNameOf } from "./executionProviders";

/** SHA-256 of the one WebAssembly module that is `portable/v1`: that of onnxruntime-web 1.30.0 without GPU parts. */
export const PORTABLE_LIBRARY_DIGEST = Digest.parse(
  "3398c10d07d229bd91b364548e130e0e51a8e5704b88c7c083ebbeb78842dee2",
);

/** Where that module is installed. */
export function portableLibrary(): string {
  return require.resolve("onnxruntime-web/ort-wasm-simd-threaded.wasm");
}

/** Of the runtime's messages only these are let through: exported graphs are full of harmless oddities. */
const ERRORS = 3;

/** What protocol buffers say is what runs: the runtime's own format is told by four bytes that may stand in any graph. */
const FORMAT = { load_model_format: "ONNX" };

/**
 * Where the runtime looks for external data that it was not handed, instead of the folder in which the process runs:
 * below a file, where none can be. A graph that needs it is refused before; this holds if that should ever fail.
 */
const NOWHERE = { model_external_initializers_file_folder_path: join(process.execPath, "nowhere") };

/** The bytes of a graph, and those of the files that it names for its large weights. */
export interface GraphFiles {
  readonly graph: Uint8Array;
  readonly external: readonly { readonly path: string; readonly data: Uint8Array }[];
}

/** Where a runtime takes a graph from: memory, or the path of a file without any other. */
export type GraphSource = GraphFiles | { readonly path: string };

/** A loaded graph, and the class of the tensors that it takes: each copy of the library only knows its own. */
export interface LoadedGraph {
  readonly session: InferenceSession;
  readonly Tensor: TensorConstructor;
  /** What runs it. */
  readonly provider: Environment["executionProvider"];
  /** A sentence that says why this is not the provider that was asked for; `null` where it is. */
  readonly fallback: string | null;
}

/** What runs a graph under one execution profile. */
export interface Runtime {
  readonly profile: ExecutionProfile;
  /**
   * Tokens are run in whole groups of this many, counted from the sequence's start, the last one filled up. Where the
   * kernels' results depend on how many rows they are given, this is the number from which they no longer do.
   */
  readonly group: number;
  /** Outputs can be written to memory that the caller offers, the input's own, too. */
  readonly writesInPlace: boolean;
  /** Reads a file by its path in less memory than the same bytes handed over take. */
  readonly opensFiles: boolean;
  /**
   * Loads a graph. No file is opened but the one that the source may name.
   *
   * @param threads as many at most; a profile that names a number ignores it
   * @param provider where it cannot be used, the processor runs the graph
   */
  load(source: GraphSource, threads: number, provider: ExecutionProvider): Promise<LoadedGraph>;
}

/**
 * Threads that sleep between two operators of a run wake too late to help with the next; those that spin for long take
 * the processor from whoever else needs it. When the run ends nobody spins: an idle editor burns nothing.
 */
const SPINNING = { force_spinning_stop: "1", intra_op: { allow_spinning: "1", spin_duration_us: "50" } };

/** `native/v1`: onnxruntime-node, with the kernels that suit this CPU. */
export const NATIVE: Runtime = {
  profile: "native/v1",
  group: 1,
  writesInPlace: true,
  opensFiles: true,
  async load(source, threads, provider) {
    const { env, InferenceSession, Tensor } = await import("onnxruntime-node");
    // What the library says of itself, outside any session, is thrown as well; nobody needs to read it raw besides.
    env.logLevel = "fatal";
    const create = (name: string): Promise<InferenceSession> => {
      const options: InferenceSession.SessionOptions = {
        executionProviders: [name],
        graphOptimizationLevel: "all",
        executionMode: "sequential",
        intraOpNumThreads: threads,
        interOpNumThreads: 1,
        logSeverityLevel: ERRORS,
        extra: { session: { ...FORMAT, ...NOWHERE, ...SPINNING, inter_op: { allow_spinning: "0" } } },
      };
      return "path" in source
        ? InferenceSession.create(source.path, options).catch((error: unknown) => {
            throw new Error(messageOf(error).replaceAll(source.path, "the graph's file"), { cause: error });
          })
        : InferenceSession.create(source.graph, { ...options, externalData: source.external });
    };
    let fallback = notOnThisPlatform(provider);
    if (provider !== "cpu" && fallback === null) {
      try {
        return { session: await create(runtimeNameOf(provider)), Tensor, provider, fallback };
      } catch (error) {
        fallback = couldNotBeUsed(provider, error);
      }
    }
    return { session: await create("cpu"), Tensor, provider: "cpu", fallback };
  },
};

/**
 * `portable/v1`: one WebAssembly module, one thread, no relaxed SIMD, so the same bits on every machine. Its matrix
 * kernels work on four rows and columns at a time and add the rest in another order, hence the groups of four.
 */
export const PORTABLE: Runtime = {
  profile: "portable/v1",
  group: 4,
  writesInPlace: false,
  opensFiles: false,
  async load(source, _threads, provider) {
    if ("path" in source) {
      throw new Error("WebAssembly opens no files");
    }
    const { env, InferenceSession, Tensor } = await import("onnxruntime-web");
    const library = await readFile(portableLibrary());
    if (toDigest(sha256(library)) !== PORTABLE_LIBRARY_DIGEST) {
      throw new Error("the installed onnxruntime-web is not the one that portable/v1 names");
    }
    env.wasm.wasmBinary = library;
    env.wasm.numThreads = 1;
    env.wasm.proxy = false;
    const session = await InferenceSession.create(source.graph, {
      executionProviders: ["wasm"],
      externalData: source.external,
      graphOptimizationLevel: "all",
      executionMode: "sequential",
      logSeverityLevel: ERRORS,
      // WebAssembly has no disk, and finds what it was handed by its plain name.
      extra: { session: FORMAT },
    });
    const fallback =
      provider === "cpu" ? null : "The profile portable/v1 runs on the processor, whatever the setting says.";
    return { session, Tensor, provider: "wasm", fallback };
  },
};

export function runtimeOf(profile: ExecutionProfile): Runtime {
  switch (profile) {
    case "native/v1":
      return NATIVE;
    case "portable/v1":
      return PORTABLE;
    default:
      return unreachable(profile);
  }
}
