/**
 * Writes a model with random weights in the shape of a real one, for tests and benchmarks:
 *
 *     npx tsx test/support/models/main.ts FOLDER [--architecture qwen2] [--family qwen2.5-coder/v1] [--layout optimum|genai]
 *       [--weights float|8|4] [--float float32|float16] [--size small|0.5b] [--seed 1] [--external-data]
 *
 * The same options always give the same bytes.
 */
import { parseArgs } from "node:util";
import * as z from "zod";
import { PromptFamilyName } from "../../../server/src/models/pin/promptFamilies";
import { ARCHITECTURES, QWEN_HALF_BILLION, SMALL } from "./decoder";
import { writeModelFolder } from "./modelFolder";

const Options = z.object({
  architecture: z.enum(["qwen2", "llama", "starcoder2", "gemma", "granite"]).default("qwen2"),
  family: PromptFamilyName.default("qwen2.5-coder/v1"),
  layout: z.enum(["optimum", "genai"]).default("genai"),
  weights: z
    .enum(["float", "8", "4"])
    .default("8")
    .transform((value) => (value === "float" ? value : value === "8" ? 8 : 4)),
  float: z.enum(["float32", "float16"]).default("float32"),
  size: z.enum(["small", "0.5b"]).default("small"),
  seed: z.coerce.number().int().default(1),
  "external-data": z.boolean().default(false),
});

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    architecture: { type: "string" },
    family: { type: "string" },
    layout: { type: "string" },
    weights: { type: "string" },
    float: { type: "string" },
    size: { type: "string" },
    seed: { type: "string" },
    "external-data": { type: "boolean" },
  },
});
const [folder] = positionals;
if (folder === undefined) {
  throw new Error("Name the folder to write.");
}
const options = Options.parse(values);
writeModelFolder(folder, {
  architecture: ARCHITECTURES[options.architecture],
  family: options.family,
  size: options.size === "small" ? SMALL : QWEN_HALF_BILLION,
  seed: options.seed,
  externalData: options["external-data"],
  export: {
    layout: options.layout,
    weights: options.weights,
    float: options.float,
    positions: options.layout === "optimum",
  },
});
