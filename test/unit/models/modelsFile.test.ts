import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseHubAddress } from "../../../server/src/models/hub/hubAddress";
import { type ModelSource, parseSource } from "../../../server/src/models/modelSource";
import { manifestDigestOf, type PinManifest } from "../../../server/src/models/pin/manifest";
import { omsRootOf } from "../../../server/src/models/pin/omsDigest";
import { writePin } from "../../../server/src/models/pin/writePin";
import {
  displacedProposal,
  type ModelsFile,
  type NamedModel,
  NO_MODELS,
  parseModelsFile,
  withModel,
  writeModelsFile,
} from "../../../server/src/models/store/modelsFile";
import { sha256, toDigest } from "../../../server/src/platform/digests";
import { HubRepository } from "../../../server/src/protocol/hubNames";
import { newModelFolder } from "../../support/models/modelFolder";
import { unusableGraph } from "../../support/models/onnx";

const folder = newModelFolder();
writeFileSync(join(folder, "onnx/model.onnx"), unusableGraph("one"));
const { manifest: SAMPLE } = await writePin(folder, { name: "sample" });
const FOLDER: ModelSource = { kind: "folder" };

function model(name: string, source: ModelSource = FOLDER, graph = "weights"): NamedModel {
  const files = SAMPLE.files.map((file) =>
    file.path === SAMPLE.execution.graph ? { ...file, sha256: toDigest(sha256(graph)) } : file,
  );
  const manifest: PinManifest = { ...SAMPLE, name, files, omsRoot: omsRootOf(files) };
  return { source, manifest, manifestDigest: manifestDigestOf(manifest) };
}

const add = (file: ModelsFile, one: NamedModel): ModelsFile =>
  withModel(file, one, { replace: false, proposed: false });
const bytes = (text: string): Uint8Array => Buffer.from(text);
const hubSource = (commit: string): ModelSource => ({
  kind: "huggingface",
  repository: "owner/name",
  commit: commit.repeat(40),
  folder: "",
});

const sources = fc.oneof(
  fc.constant(FOLDER),
  fc.record({
    kind: fc.constant("huggingface" as const),
    repository: fc.constantFrom("owner/name", "a/b.c-d_e"),
    commit: fc.stringMatching(/^[0-9a-f]{40}$/),
    folder: fc.constantFrom("", "cpu", "cpu/int4"),
  }),
);
const files = fc
  .uniqueArray(
    fc.record({ name: fc.string({ minLength: 1 }).filter((name) => name.trim() !== ""), source: sources }),
    {
      selector: ({ name }) => name,
      maxLength: 5,
    },
  )
  .map((models) => models.reduce((file, { name, source }) => add(file, model(name, source)), NO_MODELS));

describe(".proofline/models.json", () => {
  it("reads back what was written, and writes what was read with the same bytes", () => {
    fc.assert(
      fc.property(files, (file) => {
        const text = writeModelsFile(file);
        expect(parseModelsFile(bytes(text))).toEqual(file);
        expect(writeModelsFile(parseModelsFile(bytes(text)))).toBe(text);
      }),
    );
  });

  it("does not depend on the order in which models came", () => {
    const some = [model("b"), model("a", hubSource("1")), model("c", hubSource("2"), "other")];
    const one = some.reduce(add, NO_MODELS);
    const other = [...some].reverse().reduce(add, NO_MODELS);
    expect(writeModelsFile({ ...one, default: null })).toBe(writeModelsFile({ ...other, default: null }));
  });

  it("has one spelling, and every changed character is found or means nothing", () => {
    const file = add(add(NO_MODELS, model("a")), model("b", hubSource("1"), "other"));
    const text = writeModelsFile(file);
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.string({ maxLength: 2 }), (at, replacement) => {
        const changed = text.slice(0, at) + replacement + text.slice(at + 1);
        let parsed: ModelsFile;
        try {
          parsed = parseModelsFile(bytes(changed));
        } catch (error) {
          expect(error).toMatchObject({ code: expect.stringMatching(/^model\.workspace$/) });
          return;
        }
        // White space, the commit or the proposal may change and still be a good file; what is pinned may not.
        expect(parsed.models.map(({ manifest }) => manifest)).toEqual(
          file.models.map(({ manifest }) => manifest),
        );
      }),
      { numRuns: 500 },
    );
  });

  it("is never more than an error, whatever stands in it", () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        expect(() => parseModelsFile(bytes(text))).toThrow(
          expect.objectContaining({
            code: "model.workspace",
            remedy: "restoreModelsFile",
          }),
        );
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array(), (noise) => {
        expect(() => parseModelsFile(noise)).toThrow(expect.objectContaining({ code: "model.workspace" }));
      }),
    );
  });

  const good = add(NO_MODELS, model("a", hubSource("1")));
  it.each<[string, (file: ModelsFile) => unknown]>([
    ["an unknown key", (file) => ({ ...file, more: 1 })],
    ["another format", (file) => ({ ...file, format: "proofline/models/v2" })],
    ["a default that is not there", (file) => ({ ...file, default: "0".repeat(64) })],
    [
      "a digest of another manifest",
      ({ models, ...file }) => ({
        ...file,
        default: null,
        models: models.map((one) => ({ ...one, manifestDigest: "0".repeat(64) })),
      }),
    ],
    ["a model twice", ({ models, ...file }) => ({ ...file, models: [...models, ...models] })],
    [
      "a repository that is a path",
      ({ models, ...file }) => ({
        ...file,
        models: models.map((one) => ({ ...one, source: { ...one.source, repository: "../../x" } })),
      }),
    ],
    [
      "a folder that leads out",
      ({ models, ...file }) => ({
        ...file,
        models: models.map((one) => ({ ...one, source: { ...one.source, folder: "../x" } })),
      }),
    ],
    [
      "a branch in the place of a commit",
      ({ models, ...file }) => ({
        ...file,
        models: models.map((one) => ({ ...one, source: { ...one.source, commit: "main" } })),
      }),
    ],
  ])("refuses %s", (_, change) => {
    expect(() => parseModelsFile(bytes(JSON.stringify(change(good))))).toThrow(
      expect.objectContaining({ code: "model.workspace" }),
    );
  });
});

describe("adding a pin", () => {
  it("keeps a name's bytes unless a replacement is meant", () => {
    const before = add(NO_MODELS, model("a"));
    const other = model("a", FOLDER, "other");
    expect(() => add(before, other)).toThrow(expect.objectContaining({ code: "model.replace" }));
    const after = withModel(before, other, { replace: true, proposed: true });
    expect(after).toEqual({ ...NO_MODELS, default: other.manifestDigest, models: [other] });
    expect(add(before, model("a"))).toEqual(before);
  });

  it("never takes two contents for one commit, meant or not", () => {
    const before = add(NO_MODELS, model("a", hubSource("1")));
    const other = model("b", hubSource("1"), "other");
    expect(() => withModel(before, other, { replace: true, proposed: true })).toThrow(
      expect.objectContaining({ code: "model.differs", reason: expect.stringContaining("onnx/model.onnx") }),
    );
    expect(add(before, model("b", hubSource("2"), "other")).models).toHaveLength(2);
  });

  it("proposes the first, and a later one only where that is asked for and it is new", () => {
    const [first, second, third] = [model("a"), model("b", FOLDER, "other"), model("c", FOLDER, "third")];
    const both = add(add(NO_MODELS, first), second);
    expect(both.default).toBe(first.manifestDigest);
    expect(displacedProposal(both, "c")).toBe("a");
    expect(withModel(both, third, { replace: false, proposed: true }).default).toBe(third.manifestDigest);
    expect(withModel(both, second, { replace: false, proposed: true })).toEqual(both);
  });

  it("from a folder leaves what a hub has to be fetched, and one from a hub makes it so", () => {
    const [fromFolder, fromHub] = [model("a"), model("a", hubSource("1"))];
    expect(add(add(NO_MODELS, fromHub), fromFolder).models).toEqual([fromHub]);
    expect(add(add(NO_MODELS, fromFolder), fromHub).models).toEqual([fromHub]);
  });

  it("of a folder that had another takes its place, and the proposal with it", () => {
    const [old, renamed, beside] = [model("old"), model("renamed"), model("beside", FOLDER, "other")];
    const before = add(add(NO_MODELS, old), beside);
    const options = { replace: true, proposed: true, instead: old.manifestDigest };
    expect(withModel(before, renamed, options)).toEqual({
      ...NO_MODELS,
      default: renamed.manifestDigest,
      models: [beside, renamed],
    });
    // What a hub has is not this folder's.
    const hub = add(NO_MODELS, model("old", hubSource("1")));
    expect(withModel(hub, renamed, options).models).toHaveLength(2);
  });
});

describe("what a person types", () => {
  it.each([
    ["owner/name", { kind: "huggingface", repository: "owner/name" }],
    ["https://huggingface.co/owner/name", { kind: "huggingface", repository: "owner/name" }],
    [".", { kind: "folder" }],
    ["./owner/name", { kind: "folder" }],
    ["server/models", { kind: "folder" }],
  ])("%s is read", (typed, source) => {
    expect(parseSource(typed)).toMatchObject(source);
  });

  it.each(["owner", "a/b/c", "owner/na me", "https://example.com/owner/name", "owner/a..b", "a/b?x"])(
    "%s is refused with a remedy",
    (typed) => {
      expect(() => parseSource(typed)).toThrow(expect.objectContaining({ code: "usage" }));
    },
  );

  it("never makes a repository's name a path that climbs", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        if (!HubRepository.safeParse(text).success) {
          return;
        }
        const url = new URL(`/api/models/${text}/revision/main`, "https://hub.test");
        expect(url.href).toBe(`https://hub.test/api/models/${text}/revision/main`);
      }),
    );
  });

  it.each([
    "http://192.0.2.1",
    "http://example.com",
    "ftp://example.com",
    "https://user:pass@example.com",
    "https://example.com/path",
    "not an address",
  ])("%s is no hub", (address) => {
    expect(() => parseHubAddress(address)).toThrow(expect.objectContaining({ code: "usage" }));
  });

  it.each([
    "https://example.com",
    "https://example.com/",
    "http://127.0.0.1:8080",
    "http://localhost:1",
    "http://[::1]:9",
  ])("%s is a hub", (address) => {
    expect(parseHubAddress(address).origin).toBe(address.replace(/\/$/, ""));
  });
});
