/**
 * The models that are compared, in the layouts of all engines: made on first use in the cache, from seeds and from the
 * embedded model. A made file counts only while its digest is the one that was noted when it was made.
 */
import { createHash } from "node:crypto";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { testCache } from "../../support/packageCache";
import { writeEmbeddedModel } from "./embeddedModel";
import type { EngineName } from "./engine";
import { type Bits, writeQwenGguf, writeQwenOnnx } from "./qwenModel";

export const MODEL_NAMES = ["embedded", "qwen2-8bit", "qwen2-4bit"] as const;
export type ModelName = (typeof MODEL_NAMES)[number];

/** One engine with one form of the weights: a column of the table. */
export interface Side {
  readonly name: string;
  readonly engine: EngineName;
  readonly path: string;
  /** Bytes of weights that are read for each token written. */
  readonly weightBytes: number;
}

export interface ComparedModel {
  readonly title: string;
  readonly vocabulary: number;
  /** Ours first. */
  readonly sides: readonly Side[];
}

const EMBEDDED_FOLDER = join(import.meta.dirname, "..", "..", "..", "server", "models", "proofline-code");

export function prepareModel(name: ModelName, say: (line: string) => void): ComparedModel {
  switch (name) {
    case "embedded":
      return prepareEmbedded(say);
    case "qwen2-8bit":
      return prepareQwen(8, say);
    case "qwen2-4bit":
      return prepareQwen(4, say);
  }
}

function prepareEmbedded(say: (line: string) => void): ComparedModel {
  const source = digestOf(join(EMBEDDED_FOLDER, "onnx", "model.onnx")).slice(0, 16);
  const file = (type: "F32" | "Q8_0"): string =>
    made(`embedded-${source}-${type}.gguf`, say, (path) => writeEmbeddedModel(EMBEDDED_FOLDER, path, type));
  const [full, blocks] = [file("F32"), file("Q8_0")];
  // The graph restores its 8-bit rows to float32 when it is loaded.
  const weightBytes = statSync(full).size;
  return {
    title: "the embedded model (6.0 million parameters)",
    vocabulary: 6144,
    sides: [
      { name: "Proofline", engine: "proofline", path: EMBEDDED_FOLDER, weightBytes },
      { name: "transformers.js", engine: "transformers.js", path: EMBEDDED_FOLDER, weightBytes },
      { name: "llama.cpp F32", engine: "llama.cpp", path: full, weightBytes },
      { name: "llama.cpp Q8_0", engine: "llama.cpp", path: blocks, weightBytes: statSync(blocks).size },
    ],
  };
}

function prepareQwen(bits: Bits, say: (line: string) => void): ComparedModel {
  const folder = dirname(
    dirname(
      made(join(`qwen2-${bits}bit`, "onnx", "model.onnx"), say, (path) =>
        writeQwenOnnx(dirname(dirname(path)), bits),
      ),
    ),
  );
  const gguf = made(`qwen2-${bits}bit.gguf`, say, (path) => writeQwenGguf(path, bits));
  const weightBytes = statSync(join(folder, "onnx", "model.onnx")).size;
  return {
    title: `a model in the shape of Qwen2.5-Coder-0.5B with random ${bits}-bit weights`,
    vocabulary: 151_936,
    sides: [
      { name: "Proofline", engine: "proofline", path: folder, weightBytes },
      { name: "transformers.js", engine: "transformers.js", path: folder, weightBytes },
      {
        name: `llama.cpp Q${bits}_0`,
        engine: "llama.cpp",
        path: gguf,
        weightBytes: statSync(gguf).size,
      },
    ],
  };
}

/** The path of a made file, after making it where it is missing or has other bytes than when it was made. */
function made(name: string, say: (line: string) => void, make: (path: string) => void): string {
  const path = join(testCache(), "bench-models", FORMAT, name);
  const note = `${path}.sha256`;
  if (existsSync(path) && existsSync(note) && readFileSync(note, "utf8") === digestOf(path)) {
    return path;
  }
  say(`Making ${path} …`);
  rmSync(note, { force: true });
  const folder = dirname(path);
  mkdirSync(folder, { recursive: true });
  make(path);
  const draft = `${note}.${process.pid}`;
  writeFileSync(draft, digestOf(path));
  renameSync(draft, note);
  return path;
}

/** SHA-256 of this file's own making: other generators make other models. */
const FORMAT = createHash("sha256")
  .update(
    [
      "gguf.ts",
      "embeddedModel.ts",
      "qwenModel.ts",
      "../../support/models/decoder.ts",
      "../../support/models/randomWeights.ts",
    ]
      .map((file) => readFileSync(join(import.meta.dirname, file), "utf8"))
      .join("\0"),
  )
  .digest("hex")
  .slice(0, 12);

function digestOf(path: string): string {
  const hash = createHash("sha256");
  const chunk = Buffer.alloc(1 << 22);
  const file = openSync(path, "r");
  try {
    for (let size = readSync(file, chunk); size > 0; size = readSync(file, chunk)) {
      hash.update(chunk.subarray(0, size));
    }
  } finally {
    closeSync(file);
  }
  return hash.digest("hex");
}
