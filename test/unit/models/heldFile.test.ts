import { mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Graph } from "../../../server/src/inference/graph/graph";
import { NATIVE, PORTABLE, type Runtime } from "../../../server/src/inference/graph/runtime";
import { HeldFile } from "../../../server/src/models/files/heldFile";
import { type Export, SMALL } from "../../support/models/decoder";
import { randomGraph } from "../inference/randomGraph";

const OPTIMUM: Export = { layout: "optimum", weights: "float", float: "float32", positions: true };
const IDS = [3, 1, 4, 1, 5];
/** Files that were just written are not held: as if this much time had passed. */
const LATER_MS = 3000;

describe.skipIf(process.platform !== "linux")("a held file", () => {
  let folder: string;
  let file: string;
  let handle: FileHandle;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "proofline-held-"));
    file = join(folder, "model.onnx");
    writeFileSync(file, "checked");
    handle = await open(file);
  });
  afterEach(async () => {
    vi.useRealTimers();
    await handle.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function held(): Promise<HeldFile> {
    vi.useFakeTimers({ now: Date.now() + LATER_MS, toFake: ["Date"] });
    const found = await HeldFile.hold(handle);
    vi.useRealTimers();
    if (found === null) {
      throw new Error("it can be held");
    }
    return found;
  }

  it("is none that was written a moment ago: it could be written again within the same instant", async () => {
    expect(await HeldFile.hold(handle)).toBeNull();
  });

  it("is the same file whatever takes its name", async () => {
    const one = await held();
    renameSync(file, join(folder, "old.onnx"));
    writeFileSync(file, "another");
    expect(readFileSync(one.path, "utf8")).toBe("checked");
  });

  it("notices every write, one of the same bytes too", async () => {
    const one = await held();
    expect(await one.isUnchanged()).toBe(true);
    rewrite(file, "checked");
    expect(await one.isUnchanged()).toBe(false);
  });

  describe("as a graph", () => {
    const { bytes, config } = randomGraph({ export: OPTIMUM });
    const load = async (runtime: Runtime): Promise<Graph> =>
      Graph.load(Uint8Array.from(bytes), config, 1, runtime, "cpu", await held());
    beforeEach(() => writeFileSync(file, bytes));

    it.each([
      ["is read by the runtime itself", NATIVE],
      ["is handed over where the runtime opens no files", PORTABLE],
    ])("%s, and gives the same logits", async (_, runtime) => {
      const sources: string[] = [];
      const watched: Runtime = {
        ...runtime,
        load: (source, ...rest) => {
          sources.push("path" in source ? "file" : "bytes");
          return runtime.load(source, ...rest);
        },
      };
      const graph = await load(watched);
      expect(sources).toEqual([runtime === NATIVE ? "file" : "bytes"]);
      const given = await Graph.load(Uint8Array.from(bytes), config, 1, runtime);
      expect(await graph.run(IDS, graph.emptyCache())).toEqual(await given.run(IDS, given.emptyCache()));
      expect(graph.vocabularySize).toBe(SMALL.vocabulary);
      await graph.release();
      await given.release();
    });

    it.each([
      ["before the runtime reads it", (source: string) => rewrite(source, "other"), () => {}],
      ["after the runtime read it", () => {}, (source: string) => rewrite(source, bytes)],
    ])("is refused when it changes %s", async (_, before, after) => {
      const changed: Runtime = {
        ...NATIVE,
        load: async (_source, ...rest) => {
          before(file);
          // Whatever is in the file by now, this would run.
          const loaded = await NATIVE.load({ graph: bytes, external: [] }, ...rest);
          after(file);
          return loaded;
        },
      };
      await expect(load(changed)).rejects.toThrow("its graph was changed while it was loaded");
    });

    it("that the runtime cannot run is told without the name under which it was opened", async () => {
      const broken: Runtime = {
        ...NATIVE,
        load: async (source, ...rest) => {
          if (!("path" in source)) {
            throw new Error("it is a file");
          }
          return NATIVE.load({ path: source.path }, ...rest);
        },
      };
      const cut = bytes.subarray(0, -1000);
      writeFileSync(file, cut);
      const loading = Graph.load(Uint8Array.from(bytes), config, 1, broken, "cpu", await held());
      await expect(loading).rejects.toThrow("the graph's file");
      await expect(loading).rejects.not.toThrow("/proc/");
    });
  });
});

/** Writes until the file bears another time than before: times go on in steps of some milliseconds. */
function rewrite(file: string, content: string | Uint8Array): void {
  const time = (): bigint => statSync(file, { bigint: true }).ctimeNs;
  const before = time();
  do {
    writeFileSync(file, content);
  } while (time() === before);
}
