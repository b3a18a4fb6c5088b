/** Accepted suggestions and sealed batches, made up for tests. */
import { randomBytes } from "node:crypto";
import type { ReplayableSuggestion } from "../../server/src/evidence/format/acceptedSuggestion";
import { claimSaltsOf, newSalts } from "../../server/src/evidence/format/claimSalts";
import type { BatchFacts, Position } from "../../server/src/evidence/format/record";
import { type PieceInput, type SealedEvidence, sealBatch } from "../../server/src/evidence/format/sealBatch";
import { amongCopies } from "../../server/src/evidence/locate/copies";
import { LineIndex } from "../../server/src/evidence/locate/lineIndex";
import { ALL_CODE } from "../../server/src/evidence/locate/textParts";
import type { Prompt } from "../../server/src/inference/suggestion";
import { addressOf, type Sign, signPersonalMessage } from "../../server/src/platform/ecdsa";
import { digestOf } from "./digests";

const privateKey = Buffer.from("46".repeat(32), "hex");
export const device = addressOf(privateKey);
export const sign: Sign = (message) => signPersonalMessage(message, privateKey);

export const execution: ReplayableSuggestion["execution"] = {
  model: { name: "sample-model", manifestDigest: digestOf("a1"), omsRoot: digestOf("b2") },
  environment: {
    serverDigest: digestOf("c3"),
    engine: { name: "onnxruntime-node", version: "1.30.0", libraryDigest: digestOf("d4") },
    executionProvider: "cpu",
    threads: 2,
    platform: { os: "linux", arch: "x64" },
    cpu: { model: "Sample CPU", features: ["avx2", "fma"] },
  },
  profile: "native/v1",
};

export const facts: BatchFacts = {
  execution: { kind: "replayable", ...execution },
  repositoryId: "0123456789abcdef0123456789abcdef",
  device,
};

export interface SampleOptions {
  readonly id?: string;
  readonly path?: string;
  readonly repository?: string | null;
  readonly displayed?: string;
  readonly accepted?: string;
  readonly position?: Position;
  /** What the prompt holds beside its path. */
  readonly prompt?: Partial<Pick<Prompt, "prefix" | "suffix" | "context">>;
}

/** An accepted suggestion with fresh salts. */
export function sample({
  id = randomBytes(16).toString("hex"),
  path = "src/fibonacci.ts",
  repository = "/repository",
  displayed = "  if (n < 2) return n;\n  return fib(n - 1) + fib(n - 2);\n}",
  accepted = displayed,
  position = { line: 1, character: 0 },
  prompt = {},
}: SampleOptions = {}): ReplayableSuggestion {
  return {
    kind: "replayable",
    id,
    repository,
    path,
    position,
    execution,
    values: {
      prompt: {
        path,
        prefix: "function fib(n: number): number {\n",
        suffix: "\n",
        context: [{ path: "src/other.ts", text: "export const π = 3.14;\n" }],
        ...prompt,
      },
      tokens: [17, 4711, 65_536],
      raw: `${displayed}\n`,
      displayed,
      accepted,
      sampling: { method: "greedy", maxTokens: 96 },
      ordinal: 0,
      seed: digestOf("e5"),
      stop: "block",
    },
    trim: "trim/v1",
    salts: newSalts(),
  };
}

export interface SealingOptions {
  /** Whose prompts travel; all unless said. */
  readonly open?: (suggestion: ReplayableSuggestion, index: number) => boolean;
  readonly facts?: BatchFacts;
  /** The saved text of each file; where none is given, what was accepted fills its lines alone. */
  readonly texts?: Readonly<Record<string, string>>;
  /** How a compiler reads the whole lines of each piece; as code unless said. */
  readonly textParts?: PieceInput["textParts"];
  readonly sequence?: number;
  readonly previousSeal?: SealedEvidence["seal"] | null;
  readonly sign?: Sign;
}

/** Seals suggestions with the sample device. */
export function sealed(
  suggestions: readonly ReplayableSuggestion[],
  { open = () => true, facts: of = facts, texts = {}, textParts = ALL_CODE, ...options }: SealingOptions = {},
): SealedEvidence {
  return sealBatch({
    facts: of,
    claims: suggestions.map(({ id, path, position, values, trim, salts }, index) => {
      const suggestion = suggestions[index];
      return {
        id,
        values: { kind: "replayable", ...values, accepted: [values.accepted] },
        trim,
        salts: claimSaltsOf(salts),
        pieces: [pieceIn(texts[path], path, position, values.accepted, { textParts })],
        promptTravels: suggestion !== undefined && open(suggestion, index),
      };
    }),
    sequence: 3,
    previousSeal: digestOf("f6"),
    sign,
    ...options,
  });
}

/** Where an accepted text stands in a saved one. */
export function pieceIn(
  text: string | undefined,
  path: string,
  start: Position,
  accepted: string,
  { savedTravels = true, textParts = ALL_CODE }: Partial<Pick<PieceInput, "savedTravels" | "textParts">> = {},
): PieceInput {
  const parts = accepted.split("\n");
  const lastLength = parts.at(-1)?.length ?? 0;
  const end = {
    line: start.line + parts.length - 1,
    character: parts.length === 1 ? start.character + lastLength : lastLength,
  };
  const alone = parts.map((part, index) => (index === 0 ? " ".repeat(start.character) + part : part));
  const saved = text === undefined ? alone : text.split("\n").slice(start.line, end.line + 1);
  const [first, last] = text === undefined ? [0, saved.length - 1] : [start.line, end.line];
  const among = amongCopies(new LineIndex(text ?? saved.join("\n")), first, last);
  return {
    path,
    start,
    end,
    saved,
    ...among,
    savedTravels,
    textParts,
  };
}
