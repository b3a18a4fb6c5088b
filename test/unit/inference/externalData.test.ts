import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { loadModel } from "../../../server/src/inference/engine/loadedModel";
import { Graph } from "../../../server/src/inference/graph/graph";
import { NATIVE, PORTABLE, type Runtime } from "../../../server/src/inference/graph/runtime";
import { ModelConfig } from "../../../server/src/models/files/modelConfig";
import { checkModel } from "../../../server/src/models/pin/checkModel";
import { digestFiles, digestModel } from "../../../server/src/models/pin/digestModel";
import { omsRootOf } from "../../../server/src/models/pin/omsDigest";
import { planFolder } from "../../../server/src/models/pin/planFolder";
import { readPin } from "../../../server/src/models/pin/readPin";
import { writePin, writePinFile } from "../../../server/src/models/pin/writePin";
import { ARCHITECTURES, SMALL } from "../../support/models/decoder";
import { GRAPH_PATH, writeModelFolder } from "../../support/models/modelFolder";
import { Graph as GraphFile, writeModel } from "../../support/models/onnx";
import { bytes, type Encoded, field, integer, sequence } from "../../support/models/protobuf";

/** The number that every weight has in the file that is handed over, and in all others of its name. */
const [PINNED, OTHER] = [1, 5];
const WEIGHTS = "weights.bin";

function vector(value: number, length = 4): Uint8Array {
  return new Uint8Array(new Float32Array(length).fill(value).buffer);
}

let folder: string;
const home = process.cwd();
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "proofline-external-"));
  // Where the process runs, above it, and below.
  mkdirSync(join(folder, "here/below"), { recursive: true });
  for (const place of [".", "here", "here/below"]) {
    writeFileSync(join(folder, place, WEIGHTS), vector(OTHER, SMALL.vocabulary));
  }
});
afterEach(() => process.chdir(home));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function part(
  operator: string,
  inputs: readonly string[],
  output: string,
  ...attributes: Encoded[]
): Encoded {
  return field(
    1,
    sequence([
      ...inputs.map((input) => field(1, input)),
      field(2, output),
      field(4, operator),
      ...attributes.map((attribute) => field(5, attribute)),
    ]),
  );
}

/** Four floats whose bytes lie elsewhere; of several names a parser takes the last. */
function weight(name: string, ...locations: string[]): Encoded {
  return sequence([
    integer(1, 4),
    integer(2, 1),
    field(8, name),
    field(13, sequence([field(1, "location"), ...locations.map((location) => field(2, location))])),
    integer(14, 1),
  ]);
}

function info(name: string): Encoded {
  return sequence([
    field(1, name),
    field(2, field(1, sequence([integer(1, 1), field(2, field(1, integer(1, 4)))]))),
  ]);
}

/** A graph from `x` to `y`. */
function model(nodes: readonly Encoded[], ...weights: Encoded[]): Uint8Array {
  const graph = sequence([...nodes, field(2, "g"), ...weights, field(11, info("x")), field(12, info("y"))]);
  const operators = field(8, sequence([field(1, ""), integer(2, 18)]));
  return Buffer.concat([...sequence([integer(1, 9), field(7, graph), operators]).pieces()]);
}

/** Adds a weight of its own. */
const plain = (...locations: string[]): Uint8Array =>
  model([part("Add", ["x", "w"], "y")], field(5, weight("w", ...locations)));

/** Adds a weight of one branch of a condition that always holds. */
function branching(...locations: string[]): Uint8Array {
  const branch = (name: string, ...parts: Encoded[]): Encoded =>
    sequence([field(1, name), field(6, sequence([...parts, field(12, info(name))])), integer(20, 5)]);
  return model([
    part("ReduceSum", ["x"], "sum", sequence([field(1, "keepdims"), integer(3, 0), integer(20, 2)])),
    part("Equal", ["sum", "sum"], "same"),
    part(
      "If",
      ["same"],
      "y",
      branch(
        "then_branch",
        part("Add", ["x", "w"], "then_branch"),
        field(2, "t"),
        field(5, weight("w", ...locations)),
      ),
      branch("else_branch", part("Identity", ["x"], "else_branch"), field(2, "e")),
    ),
  ]);
}

/** Adds a sparse weight. */
function sparse(): Uint8Array {
  const places = sequence([
    integer(1, 4),
    integer(2, 7),
    field(7, bytes(Uint8Array.of(0, 1, 2, 3))),
    field(8, "i"),
  ]);
  const whole = sequence([field(1, weight("w", WEIGHTS)), field(2, places), integer(3, 4)]);
  const graph = sequence([
    part("Add", ["x", "w"], "y"),
    field(2, "g"),
    field(11, info("x")),
    field(12, info("y")),
    field(15, whole),
  ]);
  const operators = field(8, sequence([field(1, ""), integer(2, 18)]));
  return Buffer.concat([...sequence([integer(1, 9), field(7, graph), operators]).pieces()]);
}

/** Adds a number that a node has as its attribute. */
function filling(): Uint8Array {
  const places = field(13, sequence([field(1, "location"), field(2, WEIGHTS)]));
  const one = sequence([integer(1, 1), integer(2, 1), places, integer(14, 1)]);
  return model([
    part("Shape", ["x"], "shape"),
    part("ConstantOfShape", ["shape"], "w", sequence([field(1, "value"), field(5, one), integer(20, 4)])),
    part("Add", ["x", "w"], "y"),
  ]);
}

describe.each<[string, Runtime]>([
  ["native", NATIVE],
  ["portable", PORTABLE],
])("the %s runtime", (_, runtime) => {
  /** What the graph adds to zero, run where files of the weights' name lie. */
  const added = async (graph: Uint8Array, handed: readonly string[]): Promise<unknown> => {
    process.chdir(join(folder, "here"));
    const external = handed.map((path) => ({ path, data: vector(PINNED) }));
    const { session, Tensor } = await runtime.load({ graph, external }, 1, "cpu");
    const { y } = await session.run({ x: new Tensor("float32", new Float32Array(4), [4]) });
    await session.release();
    return y?.data;
  };

  it("takes weights from the bytes that it is handed", async () => {
    expect(await added(plain(WEIGHTS), [WEIGHTS])).toEqual(new Float32Array(4).fill(PINNED));
  });

  it.each<[string, () => Uint8Array]>([
    ["where it runs", () => plain(WEIGHTS)],
    ["above", () => plain(`../${WEIGHTS}`)],
    ["below", () => plain(`below/${WEIGHTS}`)],
    ["by its whole path", () => plain(join(folder, WEIGHTS))],
    ["of a second value", () => plain("pinned.bin", WEIGHTS)],
    ["of a branch", () => branching(WEIGHTS)],
    ["of a branch, above", () => branching(`../${WEIGHTS}`)],
    ["of a branch, by its whole path", () => branching(join(folder, WEIGHTS))],
    ["of a branch, of a second value", () => branching("pinned.bin", WEIGHTS)],
    ["of a sparse weight", sparse],
    ["of an attribute", filling],
  ])("finds no other file, even with no check before it: one %s", async (_name, graph) => {
    for (const handed of [[], ["pinned.bin"]]) {
      await expect(added(graph(), handed)).rejects.toThrow();
    }
  });

  it.each<[string, () => Uint8Array]>([
    ["a branch", () => branching(WEIGHTS)],
    ["a sparse weight", sparse],
    ["an attribute", filling],
  ])("finds no other file of the name that was handed over: of %s", async (_name, graph) => {
    await expect(added(graph(), [WEIGHTS])).rejects.toThrow();
  });

  it("takes nothing for a graph of the runtime's own format", async () => {
    const told = Buffer.concat([Buffer.from([16, 0, 0, 0]), Buffer.from("ORTM"), Buffer.alloc(64)]);
    await expect(added(told, [])).rejects.toThrow("protobuf parsing failed");
  });

  it("gets no graph whose data is not handed over, or is nothing to be handed over", async () => {
    const config = ModelConfig.parse({ vocab_size: 4, max_position_embeddings: 64 });
    const external = [{ path: WEIGHTS, data: vector(PINNED) }];
    const load = (graph: Uint8Array): Promise<Graph> => Graph.load({ graph, external }, config, 1, runtime);
    await expect(load(plain("pinned.bin"))).rejects.toThrow("pinned.bin is missing");
    await expect(load(plain(`../${WEIGHTS}`))).rejects.toThrow("outside its folder");
    await expect(load(plain(join(folder, WEIGHTS)))).rejects.toThrow("outside its folder");
    await expect(load(plain(WEIGHTS, "pinned.bin"))).rejects.toThrow("canonical form");
    for (const graph of [branching(WEIGHTS), sparse(), filling()]) {
      await expect(load(graph)).rejects.toThrow("no weight of its own");
    }
  });
});

/** Writes a decoder whose logits are its weights, which one branch of a condition keeps in another file. */
function writeAttack(directory: string): void {
  writeModelFolder(directory, {
    architecture: ARCHITECTURES.qwen2,
    size: SMALL,
    seed: 1,
    family: "qwen2.5-coder/v1",
    export: { layout: "optimum", weights: "float", float: "float32" },
  });
  const { vocabulary } = SMALL;
  const graph = new GraphFile("decoder");
  const ids = graph.input("input_ids", "int64", ["batch", "sequence"]);
  const sizes = graph.node(
    "Concat",
    [graph.integers([1, 1]), graph.node("Shape", [ids], { start: 1 }), graph.integers([8])],
    {
      axis: 0,
    },
  );
  const zeros = graph.node("ConstantOfShape", [sizes]);
  for (const name of ["key", "value"]) {
    const past = graph.input(`past_key_values.0.${name}`, "float32", ["batch", 1, "past", 8]);
    graph.node("Concat", [past, zeros], { axis: 2 }, `present.0.${name}`);
    graph.output(`present.0.${name}`, "float32", ["batch", 1, "total", 8]);
  }
  const branch = (name: string): GraphFile => {
    const inner = new GraphFile(name);
    inner.externalWeight(`${name}/w`, "float32", [vocabulary], WEIGHTS);
    inner.node("Identity", [`${name}/w`], {}, `${name}/out`);
    inner.output(`${name}/out`, "float32", [vocabulary]);
    return inner;
  };
  const some = graph.node("Equal", [graph.node("ReduceSum", [ids], { keepdims: 0 }), graph.integers(-1)]);
  const row = graph.node("If", [some], { then_branch: branch("then"), else_branch: branch("else") });
  const column = graph.node("Unsqueeze", [graph.node("Cast", [ids], { to: 1 }), graph.integers([2])]);
  graph.node("Add", [graph.node("Mul", [column, graph.scalar("float32", 0)]), row], {}, "logits");
  graph.output("logits", "float32", ["batch", "sequence", vocabulary]);
  writeModel(join(directory, GRAPH_PATH.optimum), graph);
  writeFileSync(join(directory, "onnx", WEIGHTS), vector(PINNED, vocabulary));
}

describe("a model folder", () => {
  let directory: string;
  const path = GRAPH_PATH.optimum;
  /** Pins the folder as it lies there, whatever our own pinning says. */
  const pinAnyway = async (covered: readonly string[]): Promise<void> => {
    const pinned = mkdtempSync(join(folder, "pinned-"));
    writeModelFolder(pinned, {
      architecture: ARCHITECTURES.qwen2,
      size: SMALL,
      seed: 1,
      family: "qwen2.5-coder/v1",
      export: { layout: "optimum", weights: "float", float: "float32" },
    });
    const { manifest } = await writePin(pinned);
    const files = await digestFiles(directory, covered);
    await writePinFile(directory, { ...manifest, files, omsRoot: omsRootOf(files) });
  };
  const files = ["config.json", path, `onnx/${WEIGHTS}`, "tokenizer.json", "tokenizer_config.json"];

  beforeAll(() => {
    directory = join(folder, "model");
    mkdirSync(directory);
  });

  it.each<[string, () => Uint8Array, string]>([
    [
      "reads weights from where the process runs",
      () => readFileSync(join(directory, path)),
      "no weight of its own",
    ],
    [
      "is spelled in two parts, which a parser puts together",
      () =>
        Buffer.concat([
          readFileSync(join(directory, path)),
          ...field(7, field(5, weight("w", WEIGHTS))).pieces(),
        ]),
      "canonical form",
    ],
  ])("is refused by each step that uses it when its graph %s", async (_, graph, reason) => {
    writeAttack(directory);
    writeFileSync(join(directory, path), graph());
    await pinAnyway(files);
    process.chdir(join(folder, "here"));
    const sentences = new Set<string>();
    const steps: [string, () => Promise<unknown>][] = [
      ["checking", () => checkModel(directory)],
      ["digesting", () => digestModel(directory)],
      ["planning", () => planFolder(directory, null)],
      ["loading", () => loadModel(directory, 1)],
      ["loading portably", () => loadModel(directory, 1, "portable/v1")],
      ["pinning", () => writePin(directory)],
    ];
    for (const [step, take] of steps) {
      const error = await take().then(
        () => step,
        (thrown: unknown) => thrown,
      );
      expect(error).toMatchObject({ code: "model.file", remedy: "saveGraphAgain" });
      sentences.add(error instanceof Error ? error.message : step);
    }
    expect([...sentences]).toEqual([expect.stringContaining(reason)]);
    expect([...sentences][0]).toContain(join(directory, path));
  });

  it("is refused when its pin leaves out a file that the graph names", async () => {
    writeModelFolder(directory, {
      architecture: ARCHITECTURES.qwen2,
      size: SMALL,
      seed: 1,
      family: "qwen2.5-coder/v1",
      externalData: true,
      export: { layout: "optimum", weights: "float", float: "float32" },
    });
    await pinAnyway(files.filter((file) => !file.endsWith(WEIGHTS)));
    expect((await readPin(directory)).manifest.files.map((file) => file.path)).not.toContain(`${path}_data`);
    await expect(checkModel(directory)).rejects.toMatchObject({
      code: "model.file",
      message: expect.stringContaining(`model.onnx_data is not in the pin, and ${path} needs it`),
      remedy: "pinModelAgain",
    });
  });
});
