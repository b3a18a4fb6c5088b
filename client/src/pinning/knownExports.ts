/** An export on the hub that is known to exist, with what a person needs to choose among them. */
export interface KnownExport {
  /** `owner/name`. */
  readonly repository: string;
  readonly name: string;
  readonly languages: string;
  /** As the model's makers state it; the plan shows what the hub states. */
  readonly licence: string;
  /** In 8 bits. */
  readonly size: string;
  /** In 8 bits, at most, loading included. */
  readonly memory: string;
  /** What one token takes, as a multiple of what the model takes that comes with Proofline. */
  readonly work: string;
}

/**
 * Qwen2.5-Coder in ONNX. Sizes and memory follow from the number of weights; of these shapes only the smallest was run
 * (docs/models.md#memory), with weights of its own. None of them was fetched and run here.
 */
export const KNOWN_EXPORTS: readonly KnownExport[] = [
  {
    repository: "onnx-community/Qwen2.5-Coder-0.5B-Instruct",
    name: "Qwen2.5-Coder 0.5B",
    languages: "many languages",
    licence: "Apache-2.0",
    size: "0.6 GB",
    memory: "1.2 GB",
    work: "80",
  },
  {
    repository: "onnx-community/Qwen2.5-Coder-1.5B-Instruct",
    name: "Qwen2.5-Coder 1.5B",
    languages: "many languages",
    licence: "Apache-2.0",
    size: "1.8 GB",
    memory: "4 GB",
    work: "250",
  },
  {
    repository: "onnx-community/Qwen2.5-Coder-3B-Instruct",
    name: "Qwen2.5-Coder 3B",
    languages: "many languages",
    licence: "Qwen Research Licence, not for commercial use",
    size: "3.4 GB",
    memory: "7 GB",
    work: "500",
  },
];
