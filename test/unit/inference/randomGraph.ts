import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ModelConfig } from "../../../server/src/models/files/modelConfig";
import { ARCHITECTURES, type DecoderParameters, type Export, SMALL } from "../../support/models/decoder";
import { GRAPH_PATH, writeModelFolder } from "../../support/models/modelFolder";

/** A small decoder's graph with random weights, in the shape of Qwen2 where nothing else is said. */
export function randomGraph(parameters: Partial<DecoderParameters> & { readonly export: Export }): {
  readonly bytes: Uint8Array;
  readonly config: ModelConfig;
} {
  const folder = mkdtempSync(join(tmpdir(), "proofline-graph-"));
  try {
    writeModelFolder(folder, {
      architecture: ARCHITECTURES.qwen2,
      size: SMALL,
      seed: 1,
      family: "qwen2.5-coder/v1",
      ...parameters,
    });
    return {
      bytes: readFileSync(join(folder, GRAPH_PATH[parameters.export.layout])),
      config: ModelConfig.parse(JSON.parse(readFileSync(join(folder, "config.json"), "utf8"))),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
