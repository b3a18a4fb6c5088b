import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Graph } from "../../../server/src/inference/graph/graph";
import { ModelConfig } from "../../../server/src/models/files/modelConfig";
import { checkModel } from "../../../server/src/models/pin/checkModel";
import { EMBEDDED_MODEL } from "../../support/models/modelFolder";

const LOCK = join(EMBEDDED_MODEL, "../../training/corpus.package-lock.json");

interface Reference {
  readonly ids: readonly number[];
  /** Every so many ids a logit is kept. */
  readonly step: number;
  /** By position. */
  readonly logits: Readonly<Record<string, readonly number[]>>;
}

interface Evaluation {
  readonly packages: readonly string[];
  readonly gate: number;
  readonly results: readonly { readonly suggester: string; readonly kind: string; readonly exact: number }[];
}

interface LockedPackage {
  /** Where the package is installed under another name than its own. */
  readonly name?: string;
  readonly version?: string;
  readonly integrity?: string;
  readonly resolved?: string;
}

function text(file: string): string {
  return readFileSync(join(EMBEDDED_MODEL, file), "utf8");
}

describe("the card of the embedded model", () => {
  it("belongs to a folder that is as pinned, and names the digests of its files", async () => {
    await checkModel(EMBEDDED_MODEL);
    const card = text("README.md");
    for (const file of ["config.json", "onnx/model.onnx", "tokenizer.json", "tokenizer_config.json"]) {
      const digest = createHash("sha256")
        .update(readFileSync(join(EMBEDDED_MODEL, file)))
        .digest("hex");
      expect(card).toContain(`\`${file}\` |`);
      expect(card).toContain(digest);
    }
  });

  it("states the gate of the pin and the results of the evaluation", async () => {
    const { manifest } = await checkModel(EMBEDDED_MODEL);
    const evaluation: Evaluation = JSON.parse(text("evaluation.json"));
    expect(evaluation.gate).toBe(manifest.execution.confidenceGate);
    const rows = text("README.md")
      .split("\n")
      .filter((line) => /^\| (model|5-gram|copy)/.test(line));
    expect(rows).toHaveLength(evaluation.results.length);
    for (const [index, { suggester, exact }] of evaluation.results.entries()) {
      expect(rows[index]).toContain(suggester);
      expect(rows[index]).toContain(`${(100 * exact).toFixed(1)}%`);
    }
  });

  it("attributes packages that the lock pins, and none that is held out", () => {
    const lock: { packages: Readonly<Record<string, LockedPackage>> } = JSON.parse(
      readFileSync(LOCK, "utf8"),
    );
    const pinned = new Set<string>();
    for (const [path, { name, version, integrity, resolved }] of Object.entries(lock.packages)) {
      if (path === "") {
        continue;
      }
      expect(integrity, path).toMatch(/^sha512-|^sha1-/);
      expect(resolved, path).toBeUndefined();
      pinned.add(`${name ?? path.replace(/^.*node_modules\//, "")}@${version}`);
    }
    const named = text("ATTRIBUTION.md").match(/(?:@[\w.-]+\/)?[\w.-]+@\d[\w.+-]*/g) ?? [];
    expect(named.length).toBeGreaterThan(500);
    const { packages: heldOut }: Evaluation = JSON.parse(text("evaluation.json"));
    for (const name of named) {
      expect(pinned).toContain(name);
      expect(heldOut).not.toContain(name.replace(/@[^@]*$/, ""));
    }
  });
});

describe("the graph of the embedded model", () => {
  const reference: Reference = JSON.parse(text("reference.json"));
  let graph: Graph;

  beforeAll(async () => {
    const config = ModelConfig.parse(JSON.parse(text("config.json")));
    graph = await Graph.load(readFileSync(join(EMBEDDED_MODEL, "onnx/model.onnx")), config, 1);
  });
  afterAll(() => graph.release());

  it("gives the logits of the model it was exported from", async () => {
    const logits = await graph.run(reference.ids, graph.emptyCache());
    for (const [position, expected] of Object.entries(reference.logits)) {
      const start = Number(position) * graph.vocabularySize;
      for (const [index, logit] of expected.entries()) {
        expect(Math.abs((logits[start + index * reference.step] ?? 0) - logit)).toBeLessThan(1e-3);
      }
    }
  });

  it("gives the same logits in one pass and token by token, whatever stands beside them", async () => {
    const logits = await graph.run(reference.ids, graph.emptyCache());
    const cache = graph.emptyCache();
    let largest = 0;
    for (const [position, id] of reference.ids.entries()) {
      const step = await graph.run([id], cache);
      const start = position * graph.vocabularySize;
      for (const [index, logit] of step.entries()) {
        largest = Math.max(largest, Math.abs(logit - (logits[start + index] ?? 0)));
      }
    }
    expect(largest).toBeLessThan(1e-4);
  });
});
