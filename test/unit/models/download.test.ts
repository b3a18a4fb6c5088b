import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { openRepository } from "../../../server/src/evidence/repository/openRepository";
import { DEFAULT_PATIENCE, type HubAccess } from "../../../server/src/models/hub/hubRequest";
import type { Progress } from "../../../server/src/models/hub/progress";
import { variantsOf } from "../../../server/src/models/hub/variants";
import { checkModel } from "../../../server/src/models/pin/checkModel";
import { writePinFile } from "../../../server/src/models/pin/writePin";
import { ModelStore } from "../../../server/src/models/store/modelStore";
import { parseModelsFile } from "../../../server/src/models/store/modelsFile";
import { pinFolder, planFolderPin } from "../../../server/src/workflows/pinFolder";
import {
  applyPlan,
  type DownloadPlan,
  modelsOf,
  type PinPlaces,
  planFetch,
  planPin,
} from "../../../server/src/workflows/pinModel";
import { newModelFolder } from "../../support/models/modelFolder";
import { unusableGraph } from "../../support/models/onnx";
import { temporaryFolder } from "../evidence/temporaryFolder";
import { COMMIT, type Fault, StandInHub, type StoredFile } from "./standInHub";

const GRAPH = "onnx/model.onnx";
const DATA = "onnx/model.onnx_data";
const NO_TRUST = { trust: { kind: "none" }, replace: false } as const;

let hub: StandInHub;
let access: HubAccess;
let places: PinPlaces;
let home: string;

/** The files of a model on the hub, with what must never be fetched beside them. */
function modelFiles(): Map<string, StoredFile> {
  const folder = newModelFolder();
  const read = (path: string): StoredFile => ({ bytes: readFileSync(join(folder, path)) });
  return new Map([
    ["README.md", read("README.md")],
    ["config.json", read("config.json")],
    ["tokenizer.json", read("tokenizer.json")],
    [GRAPH, { bytes: unusableGraph(randomBytes(3000), "model.onnx_data"), large: true }],
    [DATA, { bytes: randomBytes(900_000), large: true }],
    ["pytorch_model.bin", { bytes: Buffer.from("a pickle"), large: true }],
    ["modeling_tiny.py", { bytes: Buffer.from("print('never')") }],
    [".gitattributes", { bytes: Buffer.from("*.onnx filter=lfs\n") }],
  ]);
}

beforeEach(async () => {
  hub = await StandInHub.start("tiny/model", modelFiles());
  onTestFinished(() => hub.stop());
  access = accessTo(hub);
  home = await temporaryFolder();
  places = { store: new ModelStore(home), repository: await newRepository() };
});

function accessTo({ url }: StandInHub, token: string | null = null): HubAccess {
  const patience = {
    ...DEFAULT_PATIENCE,
    pauseMilliseconds: 1,
    longestPauseMilliseconds: 5,
    silenceMilliseconds: 300,
  };
  return { hub: new URL(url), token, patience };
}

async function newRepository() {
  const folder = await temporaryFolder();
  execFileSync("git", ["init", "-q"], { cwd: folder });
  return openRepository(folder);
}

const plan = (): Promise<DownloadPlan> => planPin(access, places, { repository: "tiny/model" }, {});
const fetchIt = (
  planned: DownloadPlan,
  signal?: AbortSignal,
  onProgress: (progress: Progress) => void = () => {},
) => applyPlan(planned, access, places, NO_TRUST, onProgress, signal);

/** What lies in the store under a digest. */
const installed = (): string[] =>
  existsSync(join(home, "models"))
    ? readdirSync(join(home, "models")).filter((name) => /^[0-9a-f]{64}$/.test(name))
    : [];

function fault(path: string, kind: Fault["kind"], times = 1): void {
  hub.faults.push({ path, kind, times });
}

describe("what a pin from the hub fetches", () => {
  it("is shown before a byte of it is asked for", async () => {
    const planned = await plan();
    expect(planned).toMatchObject({
      name: "model",
      source: { kind: "huggingface", repository: "tiny/model", commit: COMMIT, folder: "" },
      licence: "apache-2.0",
      signed: false,
    });
    const sizes = planned.files.map(({ path, wanted }) => [path, wanted.size]);
    expect(Object.fromEntries(sizes)).toEqual(
      Object.fromEntries(
        ["README.md", "config.json", "tokenizer.json", GRAPH, DATA].map((path) => [
          path,
          hub.files.get(path)?.bytes.length,
        ]),
      ),
    );
    expect(planned.size).toBe(sizes.reduce((sum, [, size]) => sum + Number(size), 0));
    expect(hub.requests.every(({ path }) => path.startsWith("/api/"))).toBe(true);
  });

  it("is checked, pinned, installed whole and written into the workspace", async () => {
    const steps: Progress[] = [];
    const planned = await plan();
    const pinned = await fetchIt(planned, undefined, (progress) => steps.push(progress));
    expect(steps.at(-1)).toMatchObject({ done: planned.size, total: planned.size });
    const checked = await checkModel(pinned.directory);
    expect(checked.manifestDigest).toBe(pinned.manifestDigest);
    expect(hub.files.get(DATA)?.bytes.equals(checked.files.get(DATA) ?? new Uint8Array())).toBe(true);
    expect(installed()).toEqual([pinned.manifestDigest]);
    expect(readdirSync(join(home, "models", "partial"))).toEqual([]);
    const file = await modelsOf(places.repository);
    expect(file).toMatchObject({
      default: pinned.manifestDigest,
      models: [{ source: planned.source, manifestDigest: pinned.manifestDigest }],
    });
    expect((await places.store.find(pinned.manifestDigest))?.signature).toEqual({ kind: "absent" });
    expect(hub.requests.filter(({ path }) => /\.(bin|py)$/.test(path))).toEqual([]);
  });

  it("is the variant that was named, with its own data and nothing of the others", async () => {
    hub.files.set("onnx/model_q4.onnx", { bytes: unusableGraph(randomBytes(500)), large: true });
    await expect(plan()).rejects.toMatchObject({
      code: "model.missing",
      remedy: "chooseVariant",
    });
    const planned = await planPin(access, places, { repository: "tiny/model" }, { variant: "model_q4" });
    expect(planned.name).toBe("model:model_q4");
    expect(planned.files.map(({ path }) => path).filter((path) => path.startsWith("onnx/"))).toEqual([
      "onnx/model_q4.onnx",
    ]);
    const pinned = await fetchIt(planned);
    expect(pinned.manifest.execution.graph).toBe("onnx/model_q4.onnx");
  });

  it("is not downloaded again when it could not be pinned at first", async () => {
    hub.files.set("tokenizer.json", { bytes: Buffer.from("{}") });
    await expect(plan().then((planned) => fetchIt(planned))).rejects.toMatchObject({ code: "model.file" });
    expect(installed()).toEqual([]);
    hub.files.set("tokenizer.json", modelFiles().get("tokenizer.json") ?? { bytes: Buffer.alloc(0) });
    await fetchIt(await plan());
    expect(hub.bytesAsked(DATA)).toHaveLength(1);
    expect(installed()).toHaveLength(1);
  });

  it("may lie in a folder of the repository with its own tokenizer", () => {
    const file = (path: string) => ({
      path,
      size: 1,
      stated: { kind: "gitBlob", hex: "0".repeat(40) } as const,
    });
    const paths = [
      "cpu/int4/model.onnx",
      "cpu/int4/model.onnx.data",
      "cpu/int4/config.json",
      "cpu/int4/tokenizer.json",
    ];
    const variants = variantsOf({
      files: [...paths, "cpu/int4/genai_config.json", "config.json", "gpu/model.onnx"].map(file),
    });
    expect(variants).toMatchObject([{ name: "cpu/int4/model", folder: "cpu/int4", size: 5 }]);
  });
});

describe("a download", () => {
  it("goes on where it broke off, and asks for no byte twice", async () => {
    fault(DATA, { kind: "truncate", bytes: 300_000 });
    fault(DATA, { kind: "truncate", bytes: 200_000 });
    await fetchIt(await plan());
    const [first, second, third] = hub
      .bytesAsked(DATA)
      .map(({ range }) => Number(/\d+/.exec(range ?? "0")?.[0]));
    expect([first, third]).toEqual([0, expect.any(Number)]);
    expect(second).toBeGreaterThan(0);
    expect(third).toBeGreaterThan(second ?? 0);
  });

  it("starts over where ranges are ignored", async () => {
    hub.ignoresRanges = true;
    fault(DATA, { kind: "truncate", bytes: 300_000 });
    const pinned = await fetchIt(await plan());
    await checkModel(pinned.directory);
  });

  it("does not wait for ever for a peer that falls silent", async () => {
    fault(DATA, { kind: "silence", bytes: 100_000 });
    await fetchIt(await plan());
    expect(hub.bytesAsked(DATA)).toHaveLength(2);
  });

  it.each([503, 500, 429])("asks again after %i", async (status) => {
    fault(GRAPH, { kind: "status", status }, 3);
    await fetchIt(await plan());
    expect(hub.bytesAsked(GRAPH)).toHaveLength(4);
  });

  it("gives up after a while with a reason, and goes on at the next start", async () => {
    fault(DATA, { kind: "truncate", bytes: 300_000 });
    fault(DATA, { kind: "status", status: 503 }, 1000);
    await expect(fetchIt(await plan())).rejects.toMatchObject({
      code: "model.hub",
      reason: expect.stringContaining("503"),
    });
    expect(installed()).toEqual([]);
    hub.faults.length = 0;
    const planned = await plan();
    expect(planned.toDownload).toBeLessThan(planned.size - 200_000);
    const before = hub.bytesAsked(DATA).length;
    await fetchIt(planned);
    expect(
      hub
        .bytesAsked(DATA)
        .slice(before)
        .map(({ range }) => range),
    ).toEqual([expect.stringMatching(/^bytes=[1-9]/)]);
    expect(hub.bytesAsked(GRAPH)).toHaveLength(1);
  });

  it("ends when it is cancelled, and keeps what is there", async () => {
    fault(DATA, { kind: "silence", bytes: 400_000 });
    const controller = new AbortController();
    const cancelled = fetchIt(await plan(), controller.signal, ({ path, done }) => {
      if (path === DATA && done > 300_000) {
        controller.abort();
      }
    });
    await expect(cancelled).rejects.toMatchObject({ code: "model.cancelled" });
    expect(installed()).toEqual([]);
    expect(await modelsOf(places.repository)).toMatchObject({ models: [] });
    expect(await places.store.partialBytes()).toBeGreaterThan(300_000);
    await fetchIt(await plan());
    expect(installed()).toHaveLength(1);
  });

  it("pins nothing when it is cancelled after the last byte, and keeps the bytes", async () => {
    const controller = new AbortController();
    const planned = await plan();
    const cancelled = fetchIt(planned, controller.signal, ({ done, total }) => {
      if (done === total) {
        setImmediate(() => controller.abort());
      }
    });
    await expect(cancelled).rejects.toMatchObject({ code: "model.cancelled" });
    expect(installed()).toEqual([]);
    expect(await modelsOf(places.repository)).toMatchObject({ models: [] });
    expect(await plan()).toMatchObject({ toDownload: 0 });
  });

  it("is not begun without room on the disk", async () => {
    hub.stated.set(DATA, { size: 2 ** 50 });
    await expect(fetchIt(await plan())).rejects.toMatchObject({
      code: "model.disk",
      reason: expect.stringMatching(/GB of free space/),
    });
    expect(hub.bytesAsked(GRAPH)).toEqual([]);
  });

  it("is refused with a remedy where the store cannot be written", async () => {
    const file = join(home, "a file");
    writeFileSync(file, "");
    const unwritable = { ...places, store: new ModelStore(file) };
    await expect(applyPlan(await plan(), access, unwritable, NO_TRUST, () => {})).rejects.toMatchObject({
      code: "model.disk",
      remedy: "makeHomeWritable",
    });
    await expect(pinFolder(newModelFolder(), unwritable, NO_TRUST)).rejects.toMatchObject({
      code: "model.disk",
    });
  });

  it("is not begun where a signer is asked for and nobody signed", async () => {
    const choices = { trust: { kind: "key", pem: "" }, replace: false } as const;
    await expect(applyPlan(await plan(), access, places, choices, () => {})).rejects.toMatchObject({
      code: "model.signature",
    });
    expect(hub.bytesAsked(GRAPH)).toEqual([]);
  });

  it("is one at a time on a machine", async () => {
    fault(DATA, { kind: "silence", bytes: 400_000 });
    const planned = await plan();
    const first = fetchIt(planned);
    await expect.poll(() => hub.bytesAsked(DATA).length).toBe(1);
    await expect(fetchIt(planned)).rejects.toMatchObject({ code: "model.busy" });
    await first;
  });

  it("starts a file over whose kept part was damaged on the disk", async () => {
    fault(DATA, { kind: "truncate", bytes: 300_000 });
    fault(DATA, { kind: "status", status: 403 });
    await expect(fetchIt(await plan())).rejects.toMatchObject({ code: "model.access" });
    const partial = join(home, "models", "partial");
    for (const name of readdirSync(partial)) {
      const bytes = readFileSync(join(partial, name));
      if (!name.endsWith(".part") || bytes.length < 100_000) {
        continue;
      }
      bytes[5] = (bytes[5] ?? 0) ^ 1;
      writeFileSync(join(partial, name), bytes);
    }
    await checkModel((await fetchIt(await plan())).directory);
  });
});

describe("bytes that are not the stated ones", () => {
  it.each([GRAPH, "config.json"])("are refused and kept out of the cache: %s", async (path) => {
    fault(path, { kind: "change" }, 2);
    await expect(fetchIt(await plan())).rejects.toMatchObject({
      code: "model.differs",
      reason: expect.stringContaining(path),
    });
    expect(installed()).toEqual([]);
    expect(await modelsOf(places.repository)).toMatchObject({ models: [] });
    const partial = join(home, "models", "partial");
    const sizes = readdirSync(partial).map((name) => statSync(join(partial, name)).size);
    expect(sizes).not.toContain(hub.files.get(path)?.bytes.length);
  });

  it("are refused as soon as there are too many of them", async () => {
    hub.stated.set(DATA, { size: 1000 });
    await expect(fetchIt(await plan())).rejects.toMatchObject({ code: "model.differs" });
    expect(installed()).toEqual([]);
  });
});

describe("a pin that the workspace names", () => {
  it("is fetched on another machine, byte for byte", async () => {
    const pinned = await fetchIt(await plan());
    const elsewhere = { ...places, store: new ModelStore(await temporaryFolder()) };
    const [model] = (await modelsOf(places.repository)).models;
    if (model === undefined) {
      throw new Error("nothing was written");
    }
    const planned = await planFetch(access, elsewhere, model);
    const fetched = await applyPlan(planned, access, elsewhere, NO_TRUST, () => {});
    expect(fetched.manifestDigest).toBe(pinned.manifestDigest);
    expect((await checkModel(fetched.directory)).manifestDigest).toBe(pinned.manifestDigest);
    expect(fetched.written).toBeNull();
  });

  it.each([
    ["states", () => hub.stated.set(DATA, { sha256: "0".repeat(64) })],
    ["states with another size", () => hub.stated.set(DATA, { size: 5 })],
    ["sends, under the old statement", () => fault(DATA, { kind: "change" }, 100)],
    ["has under the same commit", () => hub.files.set(DATA, { bytes: randomBytes(900_000), large: true })],
  ])("is refused where the hub has other bytes, which it %s", async (_, change) => {
    const pinned = await fetchIt(await plan());
    const otherHome = await temporaryFolder();
    const elsewhere = { ...places, store: new ModelStore(otherHome) };
    change();
    const [model] = (await modelsOf(places.repository)).models;
    if (model === undefined) {
      throw new Error("nothing was written");
    }
    const fetching = planFetch(access, elsewhere, model).then((planned) =>
      applyPlan(planned, access, elsewhere, NO_TRUST, () => {}),
    );
    await expect(fetching).rejects.toMatchObject({ code: "model.differs" });
    expect(await elsewhere.store.list()).toEqual([]);
    expect(existsSync(elsewhere.store.pathOf(pinned.manifestDigest))).toBe(false);
  });

  it("binds a later pin of the same commit, too", async () => {
    await fetchIt(await plan());
    hub.files.set(DATA, { bytes: randomBytes(900_000), large: true });
    await expect(plan()).rejects.toMatchObject({ code: "model.differs" });
  });

  it("keeps its bytes: others under its name need to be meant", async () => {
    const folder = newModelFolder();
    writeFileSync(join(folder, GRAPH), unusableGraph("one"));
    const first = await pinFolder(folder, places, { name: "mine", ...NO_TRUST });
    writeFileSync(join(folder, GRAPH), unusableGraph("another"));
    const pinBefore = readFileSync(join(folder, "pin.json"), "utf8");
    await expect(pinFolder(folder, places, { name: "mine", ...NO_TRUST })).rejects.toMatchObject({
      code: "model.replace",
      reason: expect.stringContaining(GRAPH),
    });
    expect(readFileSync(join(folder, "pin.json"), "utf8")).toBe(pinBefore);
    const second = await pinFolder(folder, places, { name: "mine", ...NO_TRUST, replace: true });
    expect(second.manifestDigest).not.toBe(first.manifestDigest);
    const bytes = await places.repository?.modelsFile(1e6);
    expect(parseModelsFile(bytes ?? new Uint8Array()).models).toMatchObject([
      { manifestDigest: second.manifestDigest },
    ]);
  });
});

/** A copy of a folder, under the name `copy`. */
function copyOf(folder: string): string {
  const copy = join(newModelFolder(), "copy");
  cpSync(folder, copy, { recursive: true });
  return copy;
}

describe("a folder", () => {
  it("has one pin: another name for it is said to replace the first", async () => {
    const folder = newModelFolder();
    const first = await pinFolder(folder, places, { name: "one", ...NO_TRUST });
    const pinBefore = readFileSync(join(folder, "pin.json"), "utf8");
    await expect(pinFolder(folder, places, { name: "two", ...NO_TRUST })).rejects.toMatchObject({
      code: "model.replace",
      reason: expect.stringContaining("pinned as one already"),
      remedy: "pinCopy",
    });
    expect(readFileSync(join(folder, "pin.json"), "utf8")).toBe(pinBefore);
    expect(await places.store.list()).toMatchObject([{ name: "one" }]);
    await pinFolder(folder, places, { name: "two", ...NO_TRUST, replace: true });
    expect(await places.store.list()).toMatchObject([{ name: "two" }]);
    expect(await places.store.find(first.manifestDigest)).toBeNull();
  });

  it("takes with its new name the place that it had in the workspace", async () => {
    const folder = newModelFolder();
    await pinFolder(folder, places, { name: "one", ...NO_TRUST });
    const renamed = await pinFolder(folder, places, { name: "two", ...NO_TRUST, replace: true });
    const { models, default: proposed } = await modelsOf(places.repository);
    expect(models.map(({ manifest }) => manifest.name)).toEqual(["two"]);
    expect(proposed).toBe(renamed.manifestDigest);
  });

  it("gets the pin of the workspace's model that has the same files, whatever the folder is called", async () => {
    const author = newModelFolder();
    const first = await pinFolder(author, places, { name: "better-code", ...NO_TRUST });
    // The author calibrated it; the workspace names that pin, and another that it proposes.
    const { manifest } = first;
    const replay = { margin: 0.01, notFirst: 2 };
    const calibrated = { ...manifest, execution: { ...manifest.execution, replay } };
    await writePinFile(author, calibrated);
    const pinned = await pinFolder(author, places, { ...NO_TRUST, replace: true });
    expect(pinned.manifest).toEqual(calibrated);
    await fetchIt(await plan());
    const before = await modelsOf(places.repository);
    expect(before.models.map(({ manifest: { name } }) => name)).toEqual(["better-code", "model"]);

    const reviewer = { ...places, store: new ModelStore(await temporaryFolder()) };
    const copy = copyOf(author);
    rmSync(join(copy, "pin.json"));
    expect(await planFolderPin(copy, reviewer, NO_TRUST)).toMatchObject({
      name: "better-code",
      known: { from: "workspace", manifestDigest: pinned.manifestDigest },
      displaced: null,
    });
    expect(existsSync(join(copy, "pin.json"))).toBe(false);
    const again = await pinFolder(copy, reviewer, NO_TRUST);
    expect(again).toMatchObject({ manifestDigest: pinned.manifestDigest, accepted: true });
    expect((await checkModel(copy)).manifestDigest).toBe(pinned.manifestDigest);
    expect(await modelsOf(places.repository)).toEqual(before);

    // Other bytes of the same sizes are another model, under the folder's own name.
    const other = copyOf(author);
    rmSync(join(other, "pin.json"));
    const readme = readFileSync(join(other, "README.md"));
    readme[0] = (readme[0] ?? 0) ^ 1;
    writeFileSync(join(other, "README.md"), readme);
    expect(await planFolderPin(other, reviewer, NO_TRUST)).toMatchObject({
      name: "copy",
      known: null,
      displaced: "model",
    });
    // So is one under the name that somebody gives it.
    expect(await planFolderPin(copy, reviewer, { name: "mine", ...NO_TRUST })).toMatchObject({
      name: "mine",
      known: null,
    });
  });

  it("keeps the pin that it has where its files are as pinned, and is told which one it displaces", async () => {
    const pinned = await pinFolder(newModelFolder(), places, { name: "better-code", ...NO_TRUST });
    const copy = copyOf(pinned.directory);
    const elsewhere = { store: places.store, repository: await newRepository() };
    const fetched = await applyPlan(await plan(), access, elsewhere, NO_TRUST, () => {});
    expect(await planFolderPin(copy, elsewhere, NO_TRUST)).toMatchObject({
      name: "better-code",
      known: { from: "folder", manifestDigest: pinned.manifestDigest },
      displaced: fetched.manifest.name,
    });
    const again = await pinFolder(copy, elsewhere, NO_TRUST);
    expect(again.manifestDigest).toBe(pinned.manifestDigest);
    expect((await modelsOf(elsewhere.repository)).default).toBe(pinned.manifestDigest);
    // The same for what comes from a hub: what is there already displaces nothing.
    const from = { repository: "tiny/model" };
    expect(await planPin(access, elsewhere, from, {})).toMatchObject({ displaced: null });
    expect(await planPin(access, elsewhere, from, { name: "new" })).toMatchObject({
      displaced: "better-code",
    });
  });

  it("needs no variant named where one is pinned already", async () => {
    const author = newModelFolder();
    writeFileSync(join(author, "onnx", "model_q4.onnx"), unusableGraph("four bits"));
    expect(await planFolderPin(author, places, NO_TRUST)).toMatchObject({ kind: "variants" });
    await expect(pinFolder(author, places, NO_TRUST)).rejects.toMatchObject({ code: "model.pin" });
    const pinned = await pinFolder(author, places, { variant: "model_q4", ...NO_TRUST });
    const copy = copyOf(author);
    rmSync(join(copy, "pin.json"));
    expect((await pinFolder(copy, places, NO_TRUST)).manifestDigest).toBe(pinned.manifestDigest);
  });

  it("is left as it was when pinning it is cancelled", async () => {
    const folder = newModelFolder();
    const cancelled = pinFolder(folder, places, NO_TRUST, AbortSignal.abort());
    await expect(cancelled).rejects.toMatchObject({ code: "model.cancelled" });
    expect(existsSync(join(folder, "pin.json"))).toBe(false);
    expect(await places.store.list()).toEqual([]);
    expect(await modelsOf(places.repository)).toMatchObject({ models: [] });
  });
});

describe("the token", () => {
  beforeEach(() => {
    hub.token = "hf_secret";
  });

  it("is asked for where it is needed", async () => {
    await expect(plan()).rejects.toMatchObject({
      code: "model.access",
      reason: expect.stringContaining(`refuses ${hub.repository} at main without a token`),
      remedy: "setHubToken",
    });
  });

  it("goes to the hub with every request, and to no other origin", async () => {
    access = accessTo(hub, "hf_secret");
    await fetchIt(await plan());
    const [own, other] = ["hub", "storage"].map((server) =>
      hub.requests.filter((request) => request.server === server),
    );
    expect(own?.length).toBeGreaterThan(3);
    expect(own?.every(({ authorization }) => authorization === "Bearer hf_secret")).toBe(true);
    expect(other?.length).toBeGreaterThan(0);
    expect(other?.every(({ authorization }) => authorization === undefined)).toBe(true);
  });

  it("stands in no message", async () => {
    access = accessTo(hub, "hf_wrong");
    const error = await plan().catch((error: unknown) => error);
    expect(error).toMatchObject({ code: "model.access" });
    expect(String(error)).not.toContain("hf_wrong");
  });
});

describe("addresses", () => {
  it.each(["http://192.0.2.1/file", "file:///etc/passwd"])("are not followed to %s", async (to) => {
    fault(GRAPH, { kind: "redirect", to }, 10);
    await expect(fetchIt(await plan())).rejects.toMatchObject({
      code: "model.hub",
      reason: expect.stringContaining("does not follow"),
    });
  });

  it("of a list without end are not followed for ever", async () => {
    hub.endless = true;
    await expect(plan()).rejects.toMatchObject({
      code: "model.hub",
      reason: expect.stringContaining("does not stop sending"),
    });
    expect(hub.requests.length).toBeLessThan(200);
  });

  it("that lead in circles are left", async () => {
    fault(GRAPH, { kind: "redirect", to: `${hub.storageUrl}/large/${GRAPH}` }, 100);
    await expect(fetchIt(await plan())).rejects.toMatchObject({ reason: expect.stringContaining("circles") });
  });
});
