/** The package for npm: made, unpacked where nothing of the clone is, and run by what it calls its programs. */
import { spawn, spawnSync } from "node:child_process";
import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  createProtocolConnection,
  ExitNotification,
  InitializeRequest,
  ShutdownRequest,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-languageserver-protocol/node";
import * as z from "zod";
import { ANSWERS } from "../../../server/src/cli/answers";
import { removeFolder } from "../../support/removeFolder";
import { type Calling, type Ran, SealedProject } from "../../support/sealedProject";
import { packCli, unpackCli } from "../../support/unpackedCli";

const Manifest = z.strictObject({
  name: z.literal("proofline"),
  version: z.string(),
  description: z.string().min(1),
  keywords: z.array(z.string()),
  license: z.literal("Apache-2.0"),
  engines: z.strictObject({ node: z.string() }),
  bin: z.strictObject({ proofline: z.string(), "proofline-server": z.string() }),
  files: z.array(z.string()),
  dependencies: z.record(z.string(), z.string().regex(/^\d+\.\d+\.\d+$/)),
});

const MOST_BYTES = 14_000_000;

let project: SealedProject;
let tarball: string;
/** Installed with all that it depends on. */
let whole: string;
/** Installed without the native runtime and the weights. */
let bare: string;
let manifest: z.output<typeof Manifest>;

beforeAll(() => {
  project = SealedProject.make();
  tarball = packCli(project.scratch);
  whole = unpackCli(tarball, project.fresh("whole"), ["onnxruntime-common", "onnxruntime-node"]);
  bare = unpackCli(tarball, project.fresh("bare"), []);
  removeFolder(join(bare, "server", "models", "proofline-code", "onnx"));
  manifest = Manifest.parse(JSON.parse(readFileSync(join(whole, "package.json"), "utf8")));
});

afterAll(() => project.close());

/** Runs a program of an installation as npm's links and shims do. */
function program(
  name: keyof typeof manifest.bin,
  folder: string,
): { readonly file: string; readonly before: readonly string[] } {
  const file = join(folder, manifest.bin[name]);
  return process.platform === "win32" ? { file: process.execPath, before: [file] } : { file, before: [] };
}

function proofline(folder: string, parameters: readonly string[], { cwd, variables }: Calling): Ran {
  const { file, before } = program("proofline", folder);
  const env = { ...project.variables, NODE_PATH: "", ...variables };
  return spawnSync(file, [...before, ...parameters], { cwd, encoding: "utf8", env });
}

describe("the package for npm", () => {
  it("says what it is, depends on exact versions, and runs nothing when it is installed", () => {
    expect(Object.keys(manifest.dependencies).toSorted()).toEqual(["onnxruntime-common", "onnxruntime-node"]);
    expect(manifest.version).toBe(
      z.object({ version: z.string() }).parse(JSON.parse(readFileSync("package.json", "utf8"))).version,
    );
  });

  it("holds what runs, and neither the editor's part nor sources", () => {
    expect(statSync(tarball).size).toBeLessThan(MOST_BYTES);
    const files = readdirSync(whole, { recursive: true, encoding: "utf8" });
    expect(files).toEqual(
      expect.arrayContaining([
        "LICENSE",
        "README.md",
        "THIRD_PARTY_NOTICES.txt",
        join("pipelines", "gitlab.sh"),
      ]),
    );
    expect(files.filter((path) => /\.(?:ts|mts|map|node)$|extension\.js$/.test(path))).toEqual([]);
    const notices = readFileSync(join(whole, "THIRD_PARTY_NOTICES.txt"), "utf8");
    expect(notices).toMatch(/^onnxruntime-web 1\./m);
    // What only the editor's part holds is not shipped, and what npm installs has its licence with it.
    expect(notices).not.toMatch(/^(?:vscode-languageclient|onnxruntime-node) /m);
  });

  it("says its version", () => {
    const { status, stdout } = proofline(whole, ["--version"], { cwd: project.folder });
    expect([status, stdout.trim()]).toEqual([0, manifest.version]);
  });

  it("replays and verifies real evidence", () => {
    const replayed = proofline(whole, ["replay", "--json"], { cwd: project.folder });
    expect(ANSWERS.replay.parse(JSON.parse(replayed.stdout)).replays).toMatchObject([{ value: "exact" }]);
    const verified = proofline(whole, ["verify", "--json"], { cwd: project.folder });
    expect(verified.status).toBe(0);
    expect(ANSWERS.verify.parse(JSON.parse(verified.stdout)).summary.verified).toBe(1);
  });

  it("runs the model in WebAssembly where the native runtime is missing", () => {
    renameSync(join(whole, "..", "onnxruntime-node"), join(whole, "..", "away"));
    try {
      const input = join(project.scratch, "input.jsonl");
      writeFileSync(input, `${JSON.stringify({ path: "a.ts", prefix: "let a", suffix: "" })}\n`);
      const { status, stderr } = proofline(
        whole,
        ["complete", "--batch", input, "--profile", "portable/v1", "--max-tokens", "1"],
        { cwd: project.folder },
      );
      expect([status, stderr]).toEqual([0, ""]);
    } finally {
      renameSync(join(whole, "..", "away"), join(whole, "..", "onnxruntime-node"));
    }
  });

  it("starts a language server over standard input and output", async () => {
    const { file, before } = program("proofline-server", whole);
    const server = spawn(file, [...before, "--stdio"], {
      env: project.variables,
      stdio: ["pipe", "pipe", "ignore"],
    });
    const ended = new Promise((resolve) => server.once("exit", resolve));
    const connection = createProtocolConnection(
      new StreamMessageReader(server.stdout),
      new StreamMessageWriter(server.stdin),
    );
    connection.listen();
    const { capabilities, serverInfo } = await connection.sendRequest(InitializeRequest.type, {
      processId: process.pid,
      rootUri: null,
      workspaceFolders: [],
      capabilities: {},
    });
    expect(capabilities.inlineCompletionProvider).toBeTruthy();
    expect(serverInfo?.version ?? manifest.version).toBe(manifest.version);
    await connection.sendRequest(ShutdownRequest.type);
    await connection.sendNotification(ExitNotification.type);
    expect(await ended).toBe(0);
    connection.dispose();

    const unasked = spawnSync(process.execPath, [join(whole, manifest.bin["proofline-server"])], {
      encoding: "utf8",
    });
    expect([unasked.status, unasked.stderr]).toEqual([2, expect.stringMatching(/^[^\n]+--stdio[^\n]+\n$/)]);
  });

  it("judges all but the replay where neither runtime nor weights can be loaded", () => {
    const folder = project.copy();
    removeFolder(join(project.home, "replays"));
    const report = (...flags: readonly string[]) => {
      const { status, stdout } = proofline(bare, ["verify", "--json", ...flags], { cwd: folder });
      return { status, ...ANSWERS.verify.parse(JSON.parse(stdout)).summary };
    };
    expect(report("--no-replay")).toMatchObject({ status: 1, anchored: 1 });
    expect(report("--no-replay", "--allow-anchored")).toMatchObject({ status: 0, anchored: 1 });
    // Where a replay is asked for, that it cannot be had is no verdict.
    expect(report()).toMatchObject({ status: 1, verified: 0 });
    project.changeAccepted(folder);
    expect(report("--no-replay", "--allow-anchored")).toMatchObject({ status: 1, edited: 1 });
  });

  it("needs no chain of its own where another is named", () => {
    // Last of all, since the others look at evidence on it.
    rmSync(join(bare, "dist", "chainHost.js"));
    const chain = [
      "--chain-id",
      "1",
      "--rpc-url",
      "http://127.0.0.1:9",
      "--contract",
      `0x${"11".repeat(20)}`,
    ];
    const { status, stdout } = proofline(bare, ["verify", "--no-replay", "--json", ...chain], {
      cwd: project.folder,
    });
    expect(status).toBe(1);
    expect(ANSWERS.verify.parse(JSON.parse(stdout)).summary.unknown).toBe(1);
  });
});
