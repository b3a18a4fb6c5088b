import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  appendFileSync,
  cpSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkModel } from "../../../server/src/models/pin/checkModel";
import { digestModel } from "../../../server/src/models/pin/digestModel";
import { PinManifest } from "../../../server/src/models/pin/manifest";
import { compareModelPaths, omsRootOf } from "../../../server/src/models/pin/omsDigest";
import { readPin } from "../../../server/src/models/pin/readPin";
import { writePin } from "../../../server/src/models/pin/writePin";
import { toDigest } from "../../../server/src/platform/digests";
import type { Digest } from "../../../server/src/platform/primitives";
import { EMBEDDED_MODEL, newModelFolder } from "../../support/models/modelFolder";
import { unusableGraph } from "../../support/models/onnx";

const sha256 = (data: string | Buffer): Digest => toDigest(createHash("sha256").update(data).digest());

describe("OpenSSF Model Signing root", () => {
  it("matches the signature that the reference implementation published for its test model", async () => {
    // scripts/tests/v1.0.0-sigstore/model.sig in sigstore/model-transparency: two files.
    const folder = mkdtempSync(join(tmpdir(), "proofline-oms-"));
    writeFileSync(join(folder, "signme-2"), "signme-2");
    writeFileSync(join(folder, "signme-1"), "signme-1");
    expect(await digestModel(folder)).toEqual({
      omsRoot: "61d4849d9d90076d6215f4d525f13d6574af8e3f67aef3e6f36fc40a14fdd226",
      manifestDigest: null,
      files: [
        {
          path: "signme-1",
          size: 8,
          sha256: "f6310066c7320497ea554260c32c43660bff648cb2a61194832cc086077085e1",
        },
        {
          path: "signme-2",
          size: 8,
          sha256: "32dcb1f8e1ae52d5963e56a6ba06ab58b424c15ed2a6b70d2feca1d089370028",
        },
      ],
    });
  });

  it("sorts part by part and by code point, as PurePosixPath does", () => {
    const paths = ["a.txt", "a/b", "a-b", "B", "a", "\u{1f600}", "\uff5e"];
    expect(paths.sort(compareModelPaths)).toEqual(["B", "a", "a/b", "a-b", "a.txt", "\uff5e", "\u{1f600}"]);
  });

  it("is SHA-256 over the raw digests, whatever order they are given in", () => {
    const files = ["x", "y/z"].map((path) => ({ path, size: 1, sha256: sha256(path) }));
    const expected = sha256(Buffer.from(sha256("x") + sha256("y/z"), "hex"));
    expect(omsRootOf(files)).toBe(expected);
    expect(omsRootOf([...files].reverse())).toBe(expected);
  });
});

describe("the embedded model", () => {
  it("is as pinned, and the bytes returned are the bytes hashed", async () => {
    const { manifest, manifestDigest, files } = await checkModel(EMBEDDED_MODEL);
    for (const { path, sha256: digest } of manifest.files) {
      expect(sha256(Buffer.from(files.get(path) ?? []))).toBe(digest);
    }
    const digest = await digestModel(EMBEDDED_MODEL);
    expect(digest).toEqual({ omsRoot: manifest.omsRoot, manifestDigest, files: manifest.files });
  });
});

describe("a pinned folder", () => {
  let pinned: string;
  const folders: string[] = [];
  /** A fresh copy of the pinned folder. */
  const copy = (): string => {
    const folder = mkdtempSync(join(tmpdir(), "proofline-pinned-"));
    folders.push(folder);
    cpSync(pinned, folder, { recursive: true });
    return folder;
  };

  beforeAll(async () => {
    pinned = newModelFolder();
    folders.push(pinned);
    await writePin(pinned);
  });
  afterAll(() => {
    for (const folder of folders) {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("holds, white space in pin.json or not", async () => {
    const folder = copy();
    const { manifestDigest, files } = await checkModel(folder);
    expect([...files.keys()]).toEqual(["README.md", "config.json", "onnx/model.onnx", "tokenizer.json"]);
    const pin = join(folder, "pin.json");
    writeFileSync(pin, JSON.stringify(JSON.parse(readFileSync(pin, "utf8"))));
    expect((await checkModel(folder)).manifestDigest).toBe(manifestDigest);
  });

  const graph = "onnx/model.onnx";
  const size = unusableGraph("graph").length;
  type Tampering = [string, string, RegExp, (folder: string) => void];
  const isRefused = async (...[, path, problem, tamper]: Tampering): Promise<void> => {
    const folder = copy();
    tamper(folder);
    const error = await checkModel(folder).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: "ProoflineError", code: "model.file" });
    expect((error as Error).message).toContain(join(folder, path));
    expect((error as Error).message).toMatch(problem);
  };
  it.each<Tampering>([
    ["changed", graph, /SHA-256/, (folder) => writeFileSync(join(folder, graph), unusableGraph("other"))],
    [
      "longer",
      graph,
      new RegExp(`${size + 1} bytes where the pin says ${size}`),
      (folder) => appendFileSync(join(folder, graph), "s"),
    ],
    ["shorter", graph, /6 bytes where/, (folder) => truncateSync(join(folder, graph), 6)],
    [
      "huge",
      graph,
      new RegExp(`where the pin says ${size}`),
      (folder) => truncateSync(join(folder, graph), 1e12),
    ],
    ["missing", graph, /is missing/, (folder) => rmSync(join(folder, graph))],
    [
      "extra",
      "onnx/notes.txt",
      /not in the pin/,
      (folder) => writeFileSync(join(folder, "onnx/notes.txt"), ""),
    ],
    ["hidden", ".x", /not in the pin/, (folder) => writeFileSync(join(folder, ".x"), "")],
    [
      "hard-linked",
      graph,
      /is a link/,
      (folder) => {
        linkSync(join(folder, graph), `${folder}.onnx`);
        folders.push(`${folder}.onnx`);
      },
    ],
    [
      "a folder",
      graph,
      /is missing/,
      (folder) => {
        rmSync(join(folder, graph));
        mkdirSync(join(folder, graph));
      },
    ],
  ])("is refused when a file is %s, by the file's name", isRefused);

  // Windows lets only administrators make such links, and has no such pipes.
  it.skipIf(process.platform === "win32").each<Tampering>([
    [
      "symlinked",
      graph,
      /is a link/,
      (folder) => {
        renameSync(join(folder, graph), `${folder}.onnx`);
        folders.push(`${folder}.onnx`);
        symlinkSync(`${folder}.onnx`, join(folder, graph));
      },
    ],
    [
      "in a symlinked folder",
      "onnx",
      /is a link/,
      (folder) => {
        renameSync(join(folder, "onnx"), `${folder}.d`);
        folders.push(`${folder}.d`);
        symlinkSync(`${folder}.d`, join(folder, "onnx"));
      },
    ],
    [
      "a pipe",
      graph,
      /not a regular file/,
      (folder) => {
        rmSync(join(folder, graph));
        execFileSync("mkfifo", [join(folder, graph)]);
      },
    ],
  ])("is refused when a file is %s, by the file's name", isRefused);

  it.each<[string, RegExp, (pin: Record<string, unknown>) => unknown]>([
    ["has another format", /format/, (pin) => ({ ...pin, format: "proofline/model-pin/v2" })],
    ["has an unknown key", /more/, (pin) => ({ ...pin, more: true })],
    ["lacks a key", /omsRoot/, ({ omsRoot: _, ...pin }) => pin],
    ["states another root", /omsRoot does not follow/, (pin) => ({ ...pin, omsRoot: "0".repeat(64) })],
    ["spells a digest in capitals", /sha256/, withFile({ sha256: "A".repeat(64) })],
    ["climbs out of the folder", /inside the repository/, withFile({ path: "../config.json" })],
    ["climbs inside a path", /inside the repository/, withFile({ path: "onnx/../../x" })],
    ["names an absolute path", /inside the repository/, withFile({ path: "/etc/passwd" })],
    ["names a drive", /inside the repository/, withFile({ path: "C:/x" })],
    ["uses back slashes", /inside the repository/, withFile({ path: "onnx\\model.onnx" })],
    ["pins itself", /cannot pin itself|sorted/, withFile({ path: "pin.json" })],
    ["repeats a file", /sorted or repeat/, (pin) => ({ ...pin, files: [...files(pin), ...files(pin)] })],
    ["is not sorted", /sorted/, (pin) => ({ ...pin, files: [...files(pin)].reverse() })],
    [
      "loads a graph that it does not pin",
      /not among/,
      (pin) => ({ ...pin, execution: { graph: "x", confidenceGate: 0 } }),
    ],
  ])("is refused when its pin %s", async (_, problem, tamper) => {
    const folder = copy();
    const pin = join(folder, "pin.json");
    writeFileSync(pin, JSON.stringify(tamper(JSON.parse(readFileSync(pin, "utf8")))));
    await expect(checkModel(folder)).rejects.toMatchObject({
      code: "model.pin",
      message: expect.stringMatching(problem),
    });
  });

  it("is refused when its pin is missing, no JSON, a link or enormous", async () => {
    for (const tamper of [
      (pin: string) => rmSync(pin),
      (pin: string) => writeFileSync(pin, "{"),
      (pin: string) => truncateSync(pin, 1e9),
      (pin: string) => {
        rmSync(pin);
        symlinkSync(join(pinned, "pin.json"), pin);
      },
    ]) {
      const folder = copy();
      tamper(join(folder, "pin.json"));
      await expect(checkModel(folder)).rejects.toMatchObject({ name: "ProoflineError" });
    }
  });

  it("is pinned again after a change, under another digest", async () => {
    const folder = copy();
    const before = await readPin(folder);
    writeFileSync(join(folder, graph), unusableGraph("another graph"));
    writeFileSync(join(folder, "pin.json"), "not a pin");
    const after = await writePin(folder, { confidenceGate: 0.25 });
    expect(after.manifestDigest).not.toBe(before.manifestDigest);
    expect((await checkModel(folder)).manifest.execution.confidenceGate).toBe(0.25);
  });

  it("wants to know the graph where there are several, and refuses none", async () => {
    const folder = copy();
    writeFileSync(join(folder, "onnx/second.onnx"), unusableGraph("second"));
    await expect(writePin(folder)).rejects.toMatchObject({ code: "model.pin" });
    expect((await writePin(folder, { graph: "onnx/second.onnx" })).manifest.execution.graph).toBe(
      "onnx/second.onnx",
    );
    rmSync(join(folder, "onnx"), { recursive: true });
    await expect(writePin(folder)).rejects.toMatchObject({ code: "model.pin" });
  });

  it("cannot be pinned with a gate that is no probability, or with a config that says too little", async () => {
    const folder = copy();
    await expect(writePin(folder, { confidenceGate: 2 })).rejects.toMatchObject({ code: "model.pin" });
    writeFileSync(join(folder, "config.json"), "{}");
    await expect(writePin(folder)).rejects.toMatchObject({ code: "model.file" });
  });

  it("is no folder at all: the error says so", async () => {
    const nowhere = join(pinned, "nowhere");
    for (const call of [checkModel, digestModel, writePin]) {
      await expect(call(nowhere)).rejects.toMatchObject({
        name: "ProoflineError",
        message: expect.stringContaining(nowhere),
      });
    }
  });

  it("has a manifest digest that is SHA-256 of canonical JSON", async () => {
    // JSON.stringify with sorted keys is RFC 8785 for these values: ASCII strings and plain numbers.
    const sorted = (value: unknown): unknown =>
      Array.isArray(value)
        ? value.map(sorted)
        : typeof value === "object" && value !== null
          ? Object.fromEntries(
              Object.entries(value)
                .sort(([a], [b]) => (a < b ? -1 : 1))
                .map(([key, inner]) => [key, sorted(inner)]),
            )
          : value;
    const { manifest, manifestDigest } = await readPin(pinned);
    expect(PinManifest.parse(manifest)).toEqual(manifest);
    expect(manifestDigest).toBe(sha256(JSON.stringify(sorted(manifest))));
  });
});

function files(pin: Record<string, unknown>): unknown[] {
  return pin.files as unknown[];
}

/** Changes the first file's entry. */
function withFile(change: object) {
  return (pin: Record<string, unknown>) => {
    const [first, ...rest] = files(pin);
    return { ...pin, files: [{ ...(first as object), ...change }, ...rest] };
  };
}
