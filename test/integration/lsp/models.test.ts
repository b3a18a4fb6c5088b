/** Pinning, fetching and choosing models, as an editor and as a person at a terminal do it, from a stand-in hub. */
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { CancellationTokenSource } from "vscode-languageserver-protocol/node";
import { openHost } from "../../../server/src/chain/embedded/host";
import {
  AcceptModel,
  AnchorNow,
  ChooseModel,
  DidAdvanceDownload,
  GetHubToken,
  GetVerdict,
  GetVerdictDocument,
  ListWorkspaceModels,
  PinModel,
  PlanModel,
  ReplayNow,
  RestartEngine,
  VerifyFile,
} from "../../../server/src/protocol/messages";
import { bridgeTo } from "../../support/chainBridge";
import { type Client, ROOT, uriOf } from "../../support/languageClient";
import { ARCHITECTURES, type Export, SMALL } from "../../support/models/decoder";
import { writeGraph, writeModelFolder } from "../../support/models/modelFolder";
import { offered, temporaryFolder, Workspace } from "../../support/workspace";
import { certificate, modelSignature, newKey, pem, publicPem } from "../../unit/models/certificates";
import { COMMIT, StandInHub, type StoredFile } from "../../unit/models/standInHub";

const EMBEDDED = join(ROOT, "server", "models", "proofline-code");
const PATHS = ["README.md", "config.json", "tokenizer.json", "tokenizer_config.json", "onnx/model.onnx"];
const GRAPH = "onnx/model.onnx";
const OPTIMUM: Export = { layout: "optimum", weights: "float", float: "float32", positions: true };
const NO_TRUST = { trust: { kind: "none" }, replace: false } as const;

let hub: StandInHub;
let workspace: Workspace;

beforeEach(async () => {
  hub = await StandInHub.start("tiny/model", filesOf(EMBEDDED));
  workspace = Workspace.create();
  return () => hub.stop();
});

function filesOf(folder: string): Map<string, StoredFile> {
  return new Map(
    PATHS.map((path) => [path, { bytes: readFileSync(join(folder, path)), large: path === GRAPH }] as const),
  );
}

/** The digests of the models in a home's store. */
function stored(home: string): string[] {
  const folder = join(home, "models");
  return existsSync(folder) ? readdirSync(folder).filter((name) => /^[0-9a-f]{64}$/.test(name)) : [];
}

function partialBytes(home: string): number {
  const folder = join(home, "models", "partial");
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".part")) : [];
  return Math.max(0, ...names.map((name) => statSync(join(folder, name)).size));
}

interface Result {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Options {
  readonly cwd?: string;
  readonly home?: string;
  readonly env?: Record<string, string>;
}

function start(parameters: readonly string[], { cwd, home, env }: Options = {}): ChildProcess {
  const { HF_TOKEN: _, ...inherited } = process.env;
  return spawn(process.execPath, [join(ROOT, "dist", "cli.js"), ...parameters], {
    cwd: cwd ?? workspace.folder,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...inherited, PROOFLINE_HOME: home ?? workspace.home, HF_ENDPOINT: hub.url, ...env },
  });
}

async function ended(child: ChildProcess): Promise<Result> {
  let [stdout, stderr] = ["", ""];
  child.stdout?.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const [status] = (await once(child, "close")) as [number | null];
  return { status, stdout, stderr };
}

const proofline = (parameters: readonly string[], options?: Options): Promise<Result> =>
  ended(start(parameters, options));

async function json(parameters: readonly string[], options?: Options) {
  const { status, stdout, stderr } = await proofline([...parameters, "--json"], options);
  if (stdout === "") {
    throw new Error(stderr);
  }
  return { status, value: JSON.parse(stdout) };
}

describe("a hub, on the command line", () => {
  test("nothing is downloaded before somebody agreed to what is shown", async () => {
    const { status, stderr } = await proofline(["model", "pin", "tiny/model"]);
    expect(status).toBe(2);
    for (const shown of [COMMIT, "apache-2.0", "tokenizer.json", "in all", "--yes"]) {
      expect(stderr).toContain(shown);
    }
    expect(hub.requests.every(({ path }) => path.startsWith("/api/"))).toBe(true);
    expect(stored(workspace.home)).toEqual([]);
    expect(existsSync(workspace.path(".proofline/models.json"))).toBe(false);
  });

  test("a pinned model is listed, chosen, used, checked, replayed and removed", async () => {
    const { status, value } = await json(["model", "pin", "tiny/model", "--yes", "--name", "tiny"]);
    expect(status).toBe(0);
    expect(value).toMatchObject({
      name: "tiny",
      source: { repository: "tiny/model", commit: COMMIT },
      signature: { kind: "absent" },
      accepted: true,
      written: ".proofline/models.json",
    });
    expect(stored(workspace.home)).toEqual([value.manifestDigest]);
    expect((await json(["model", "list"])).value).toMatchObject({
      installed: [{ name: "tiny", manifestDigest: value.manifestDigest, accepted: true, namesakes: [] }],
      chosen: null,
      workspace: {
        default: value.manifestDigest,
        models: [{ name: "tiny", installed: true, accepted: true, namesakes: [] }],
      },
      partialBytes: 0,
    });
    expect((await json(["model", "check", "tiny"])).value).toMatchObject({ ok: true });

    expect((await json(["model", "use", "tiny"])).value).toEqual({ chosen: value.manifestDigest });
    cpSync(join(ROOT, "build", "sample"), workspace.folder, { recursive: true });
    const place = ["--file", "src/inventory.ts", "--line", "19", "--column", "5"];
    expect((await json(["complete", ...place, "--accept"])).status).toBe(0);
    expect((await json(["anchor"])).status).toBe(0);
    // Back with the embedded model, what the other one wrote is still replayed, by its own pin.
    await proofline(["model", "use"]);
    const replayed = await json(["replay"]);
    expect(replayed.value.replays).toMatchObject([{ value: "exact" }]);
    expect((await json(["verify"])).value.suggestions).toMatchObject([{ summary: "verified" }]);
    const named = await proofline(["verify"]);
    expect(named.stdout).toContain(`by tiny (${value.manifestDigest.slice(0, 12)})`);

    // What it wrote replays as before; whether that counts here is the person's to say.
    expect((await json(["model", "reject", "tiny"])).value).toMatchObject({ accepted: false });
    const rejected = await json(["verify"]);
    expect(rejected).toMatchObject({
      status: 1,
      value: {
        suggestions: [{ summary: "unverified", checks: { model: "unapproved", execution: "exact" } }],
      },
    });
    expect(rejected.value.suggestions[0].reasons[0]).toContain("not accepted for this repository");
    const asked = await proofline(["model", "accept", "tiny"]);
    expect(asked).toMatchObject({ status: 2, stderr: expect.stringContaining("no terminal") });
    for (const shown of ["tiny", `tiny/model at commit ${COMMIT.slice(0, 12)}`, "not signed"]) {
      expect(asked.stderr).toContain(shown);
    }
    expect(asked.stderr).toContain(value.manifestDigest);
    expect((await json(["verify"])).value.suggestions).toMatchObject([{ summary: "unverified" }]);
    expect((await proofline(["model", "accept", value.manifestDigest])).status).toBe(0);
    expect((await json(["verify"])).value.suggestions).toMatchObject([{ summary: "verified" }]);

    expect((await json(["model", "remove", "tiny"])).value.bytes).toBeGreaterThan(5e6);
    expect(stored(workspace.home)).toEqual([]);
    expect((await json(["replay"])).value.replays).toMatchObject([
      { value: "impossible", reason: expect.stringContaining("not installed here") },
    ]);
    await proofline(["chain", "stop"]);
  });

  test("another machine fetches exactly the pinned bytes, and refuses others", async () => {
    const pinned = await json(["model", "pin", "tiny/model", "--yes"]);
    const elsewhere = temporaryFolder("home");
    const missing = await proofline(["model", "accept", "model"], { home: elsewhere });
    expect(missing).toMatchObject({
      status: 2,
      stderr: expect.stringContaining(`proofline model fetch ${pinned.value.manifestDigest}`),
    });
    const fetched = await json(["model", "fetch", "--yes"], { home: elsewhere });
    const { manifestDigest } = pinned.value;
    expect(fetched.value).toMatchObject({ manifestDigest, accepted: false });
    expect((await json(["model", "fetch"], { home: elsewhere })).value).toMatchObject({ fetched: false });

    // To have it is not to let it count: that takes its digest, from wherever the person trusts.
    const list = async () => (await json(["model", "list"], { home: elsewhere })).value.installed;
    expect(await list()).toMatchObject([{ manifestDigest, accepted: false }]);
    const other = await proofline(["model", "fetch", "--accept", "0".repeat(64)], { home: elsewhere });
    expect(other).toMatchObject({ status: 2, stderr: expect.stringContaining(manifestDigest) });
    const part = manifestDigest.slice(0, 12);
    const short = await proofline(["model", "fetch", "--accept", part], { home: elsewhere });
    expect(short).toMatchObject({ status: 2, stderr: expect.stringContaining("whole manifest digest") });
    expect(await list()).toMatchObject([{ accepted: false }]);
    const accepted = await json(["model", "fetch", "--accept", manifestDigest], { home: elsewhere });
    expect(accepted.value).toMatchObject({ fetched: false, accepted: true });
    expect(await list()).toMatchObject([{ accepted: true }]);
    await proofline(["model", "remove", "model"], { home: elsewhere });
    expect((await json(["model", "fetch", "--yes"], { home: elsewhere })).value.accepted).toBe(false);
    await proofline(["model", "use", "model"], { home: elsewhere });
    expect(await list()).toMatchObject([{ accepted: true }]);

    const third = temporaryFolder("home");
    const graph = hub.files.get(GRAPH)?.bytes ?? Buffer.alloc(0);
    hub.stated.set(GRAPH, { sha256: createHash("sha256").update(graph).digest("hex") });
    const changed = Buffer.from(graph);
    changed[1000] = (changed[1000] ?? 0) ^ 1;
    hub.files.set(GRAPH, { bytes: changed, large: true });
    const refused = await proofline(["model", "fetch", "--yes"], { home: third });
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain(`${GRAPH} of tiny/model`);
    expect(stored(third)).toEqual([]);
    expect((await json(["model", "list"], { home: third })).value.installed).toEqual([]);
  });

  test("a download that was killed goes on where it stopped", async () => {
    hub.faults.push({ path: GRAPH, times: 1, kind: { kind: "silence", bytes: 3_000_000 } });
    const child = start(["model", "pin", "tiny/model", "--yes"]);
    await expect.poll(() => partialBytes(workspace.home), { timeout: 90_000 }).toBe(3_000_000);
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(stored(workspace.home)).toEqual([]);
    const { status } = await json(["model", "pin", "tiny/model", "--yes"]);
    expect(status).toBe(0);
    expect(hub.bytesAsked(GRAPH).map(({ range }) => range)).toEqual([undefined, "bytes=3000000-"]);
    expect(stored(workspace.home)).toHaveLength(1);
  });

  test("Ctrl+C ends a download in order, and what is there can be error away", async () => {
    hub.faults.push({ path: GRAPH, times: 1, kind: { kind: "silence", bytes: 3_000_000 } });
    const child = start(["model", "pin", "tiny/model", "--yes"]);
    const result = ended(child);
    await expect.poll(() => partialBytes(workspace.home), { timeout: 90_000 }).toBe(3_000_000);
    child.kill("SIGINT");
    expect(await result).toMatchObject({ status: 2, stderr: expect.stringContaining("cancelled") });
    expect((await json(["model", "list"])).value.partialBytes).toBeGreaterThan(3_000_000);
    await proofline(["model", "remove", "--partial"]);
    expect((await json(["model", "list"])).value.partialBytes).toBe(0);
  });

  test("the token comes from the variable or a file, and is told to the hub alone", async () => {
    hub.token = "hf_secret";
    const without = await proofline(["model", "pin", "tiny/model", "--yes"]);
    expect(without).toMatchObject({ status: 2, stderr: expect.stringContaining("HF_TOKEN") });
    const file = join(temporaryFolder("token"), "token");
    writeFileSync(file, "hf_secret\n");
    const byFile = await proofline(["model", "pin", "tiny/model", "--token-file", file]);
    expect(byFile.stderr).toContain("--yes");
    const { status, stdout, stderr } = await proofline(["model", "pin", "tiny/model", "--yes"], {
      env: { HF_TOKEN: "hf_secret" },
    });
    expect(status).toBe(0);
    expect(stdout + stderr).not.toContain("hf_secret");
    const foreign = hub.requests.filter(({ server }) => server === "storage");
    expect(foreign.length).toBeGreaterThan(0);
    expect(foreign.every(({ authorization }) => authorization === undefined)).toBe(true);
  });

  test("who signed a model is checked and shown, and a wrong signature keeps it out", async () => {
    const key = newKey();
    const signedFiles = [...hub.files].map(([path, { bytes }]) => ({
      path,
      sha256: createHash("sha256").update(bytes).digest("hex"),
    }));
    hub.files.set("model.sig", { bytes: modelSignature({ files: signedFiles, key }) });
    const folder = temporaryFolder("keys");
    writeFileSync(join(folder, "key.pem"), publicPem(key));
    writeFileSync(join(folder, "other.pem"), publicPem(newKey()));
    const pin = ["model", "pin", "tiny/model", "--yes"];

    const wrong = await proofline([...pin, "--signer-key", join(folder, "other.pem")]);
    expect(wrong).toMatchObject({ status: 2, stderr: expect.stringContaining("another key") });
    expect(stored(workspace.home)).toEqual([]);

    const fingerprint = createHash("sha256")
      .update(key.publicKey.export({ type: "spki", format: "der" }))
      .digest("hex");
    const right = await proofline([...pin, "--signer-key", join(folder, "key.pem")]);
    expect(right).toMatchObject({
      status: 0,
      stdout: expect.stringContaining(`signed by the key ${fingerprint}`),
    });
    expect(right.stderr).toContain("model.sig is there");
    expect((await proofline(["model", "list"])).stdout).toContain(`signed by the key ${fingerprint}`);
    expect((await proofline(["model", "check", "model"])).stdout).toContain("present, not checked");

    // A model that was pinned without knowing the signer is theirs once that was checked.
    await proofline(["model", "remove", "model"]);
    await proofline(pin);
    expect((await proofline(["model", "list"])).stdout).toContain("present, not checked");
    const checked = await json(["model", "check", "model", "--signer-key", join(folder, "key.pem")]);
    expect(checked.value.signature).toMatchObject({ kind: "verified", signer: { kind: "key", fingerprint } });
    expect((await proofline(["model", "list"])).stdout).toContain(`signed by the key ${fingerprint}`);
  });
});

describe("a folder, on the command line", () => {
  test("is shown, pinned with its signature by a certificate, and refused after a change", async () => {
    const model = join(temporaryFolder("model"), "tiny");
    const small = { architecture: ARCHITECTURES.qwen2, size: SMALL, seed: 1, externalData: true } as const;
    const parameters = { ...small, family: "qwen2.5-coder/v1" } as const;
    writeModelFolder(model, { ...parameters, export: OPTIMUM });
    const variant = "onnx/model_q4.onnx";
    writeGraph(model, { ...parameters, export: { ...OPTIMUM, weights: 4 }, graph: variant });

    const several = await proofline(["model", "pin", model]);
    expect(several).toMatchObject({ status: 2, stderr: expect.stringContaining("--variant") });
    expect(existsSync(join(model, "pin.json"))).toBe(false);

    const digest = await json(["model", "digest", model]);
    const [root, key] = [newKey(), newKey()];
    const issuer = { subject: "Root", key: root };
    const chain = [certificate({ subject: "Model team", key, issuer, usage: "sign", codeSigning: true })];
    writeFileSync(join(model, "model.sig"), modelSignature({ files: digest.value.files, key, chain }));
    const authority = join(temporaryFolder("keys"), "ca.pem");
    writeFileSync(
      authority,
      pem(certificate({ subject: "Root", key: root, pathLength: "any", usage: "certify" })),
    );
    const pin = ["model", "pin", model, "--variant", "model_q4", "--name", "q4", "--signer-ca", authority];
    const asked = await proofline(pin);
    expect(asked).toMatchObject({ status: 2, stderr: expect.stringContaining("give --yes") });
    expect(existsSync(join(model, "pin.json"))).toBe(false);
    pin.push("--yes");
    const pinned = await proofline(pin);
    expect(pinned).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("signed by CN=Model team (certificate by CN=Root"),
    });
    for (const path of ["config.json", "tokenizer.json", variant, `${variant}_data`]) {
      expect(pinned.stderr).toContain(path);
    }
    expect(pinned.stderr).not.toContain("onnx/model.onnx");
    const { models } = JSON.parse(workspace.read(".proofline/models.json"));
    expect(models).toMatchObject([
      { source: { kind: "folder" }, manifest: { name: "q4", execution: { graph: variant } } },
    ]);
    expect((await json(["model", "check", "q4", "--signer-ca", authority])).value).toMatchObject({
      ok: true,
    });

    // The same folder elsewhere gives the same pin; another machine has nothing to fetch it from.
    const elsewhere = temporaryFolder("home");
    const fetched = await proofline(["model", "fetch", "--yes"], { home: elsewhere });
    expect(fetched).toMatchObject({ status: 2, stderr: expect.stringContaining("proofline model pin") });
    const missing = await proofline(["model", "accept", "q4"], { home: elsewhere });
    expect(missing).toMatchObject({ status: 2, stderr: expect.stringContaining("proofline model pin") });
    const short = await proofline(["model", "check", models[0].manifestDigest.slice(0, 4)]);
    expect(short).toMatchObject({ status: 2, stderr: expect.stringContaining("at least 8") });
    const copy = join(temporaryFolder("model"), "copy");
    cpSync(model, copy, { recursive: true });
    rmSync(join(copy, "pin.json"));
    const again = await proofline(["model", "pin", copy, "--yes"], { home: elsewhere });
    expect(again.stderr).toContain(`${models[0].manifestDigest}, which this workspace names`);
    expect(again.stdout).toContain(`Pinned q4: 5 files, manifest digest ${models[0].manifestDigest}`);

    const data = join(model, `${variant}_data`);
    const bytes = readFileSync(data);
    bytes[1000] = (bytes[1000] ?? 0) ^ 1;
    writeFileSync(data, bytes);
    const changed = await proofline(["model", "check", "q4"]);
    expect(changed).toMatchObject({ status: 2, stderr: expect.stringContaining(`${variant}_data`) });
    const replaced = await proofline([
      "model",
      "pin",
      model,
      "--variant",
      "model_q4",
      "--name",
      "q4",
      "--yes",
    ]);
    expect(replaced).toMatchObject({ status: 2, stderr: expect.stringContaining("was signed") });
  });
});

describe("in the editor", () => {
  const settings = () => ({ modelHub: hub.url });
  const folder = () => uriOf(workspace.folder);
  const wanted = { kind: "huggingface", repository: "tiny/model", revision: "main" } as const;
  const pinParameters = () => ({ folder: folder(), model: wanted, variant: null, ...NO_TRUST });

  async function started(token: string | null = null): Promise<Client> {
    const client = await workspace.startReady({ settings: settings() });
    client.connection.onRequest(GetHubToken.type, ({ hub: asked }) => (asked === hub.url ? token : null));
    return client;
  }

  const digestInUse = (client: Client): string | undefined =>
    client.status?.model.kind === "ready" ? client.status.model.manifestDigest : undefined;

  test("a model is planned, pinned with progress, chosen and used", async () => {
    hub.token = "hf_secret";
    const client = await started("hf_secret");
    const embedded = digestInUse(client);
    const plan = await client.connection.sendRequest(PlanModel.type, {
      folder: folder(),
      model: wanted,
      variant: null,
    });
    expect(plan).toMatchObject({ kind: "plan", commit: COMMIT, licence: "apache-2.0", signed: false });
    expect(hub.requests.every(({ path }) => path.startsWith("/api/"))).toBe(true);
    const steps: DidAdvanceDownload.Parameters[] = [];
    client.connection.onNotification(DidAdvanceDownload.type, (step) => {
      steps.push(step);
    });
    const pinned = await client.connection.sendRequest(PinModel.type, pinParameters());
    expect(pinned).toMatchObject({
      name: "model",
      signature: "not signed",
      written: ".proofline/models.json",
    });
    expect(steps.at(-1)).toMatchObject({ done: plan.kind === "plan" ? plan.size : 0 });
    expect(digestInUse(client)).toBe(embedded);

    const { manifestDigest } = pinned;
    await client.connection.sendRequest(ChooseModel.type, { folder: folder(), manifestDigest });
    await client.until("the chosen model", () => digestInUse(client) === manifestDigest);
    expect(client.status?.proposedModel).toBeNull();
    await offered(client, workspace);
    await client.connection.sendRequest(ChooseModel.type, { folder: folder(), manifestDigest: null });
    await client.until("the embedded model", () => digestInUse(client) === embedded);
    expect(client.log.join()).not.toContain("hf_secret");
  });

  test("several variants are offered to choose from", async () => {
    hub.files.set("onnx/model_q4.onnx", {
      bytes: hub.files.get(GRAPH)?.bytes ?? Buffer.alloc(0),
      large: true,
    });
    const client = await started();
    const parameters = { folder: folder(), model: wanted, variant: null };
    const answer = await client.connection.sendRequest(PlanModel.type, parameters);
    expect(answer).toMatchObject({ kind: "variants" });
    const names = answer.kind === "variants" ? answer.variants.map(({ name }) => name) : [];
    expect(names.sort()).toEqual(["model", "model_q4"]);
    const plan = await client.connection.sendRequest(PlanModel.type, { ...parameters, variant: "model_q4" });
    expect(plan).toMatchObject({ kind: "plan", name: "model:model_q4" });
  });

  test("a folder is shown before it is pinned, variant by variant, and its bytes are what counts", async () => {
    const model = join(temporaryFolder("model"), "tiny");
    cpSync(EMBEDDED, model, { recursive: true });
    rmSync(join(model, "pin.json"));
    cpSync(join(model, GRAPH), join(model, "onnx", "model_q4.onnx"));
    const client = await started();
    const parameters = { folder: folder(), model: { kind: "folder", path: model }, variant: null } as const;
    const answer = await client.connection.sendRequest(PlanModel.type, parameters);
    const names = answer.kind === "variants" ? answer.variants.map(({ name }) => name) : [];
    expect(names).toEqual(["model", "model_q4"]);
    const variant = "onnx/model_q4.onnx";
    const plan = await client.connection.sendRequest(PlanModel.type, { ...parameters, variant });
    expect(plan).toMatchObject({ kind: "plan", name: "tiny", commit: null, toDownload: 0, signed: false });
    const paths = plan.kind === "plan" ? plan.files.map(({ path }) => path) : [];
    expect(paths.filter((path) => path.endsWith(".onnx"))).toEqual([variant]);
    expect(existsSync(join(model, "pin.json"))).toBe(false);

    const pinning = { ...parameters, variant, ...NO_TRUST };
    const pinned = await client.connection.sendRequest(PinModel.type, pinning);
    expect(pinned).toMatchObject({ name: "tiny", written: ".proofline/models.json" });
    const { manifestDigest } = pinned;
    await client.connection.sendRequest(ChooseModel.type, { folder: folder(), manifestDigest });
    await client.until("the chosen model", () => digestInUse(client) === manifestDigest);

    writeFileSync(join(model, "config.json"), `${readFileSync(join(model, "config.json"), "utf8")} `);
    await client.connection.sendRequest(RestartEngine.type);
    expect(client.status?.model).toMatchObject({
      kind: "failed",
      reason: expect.stringContaining("config.json"),
    });
    expect(hub.requests).toEqual([]);
  });

  test("who signed the model is told when it is pinned, in the list and in the verdict document", async () => {
    const key = newKey();
    const signedFiles = [...hub.files].map(([path, { bytes }]) => ({
      path,
      sha256: createHash("sha256").update(bytes).digest("hex"),
    }));
    hub.files.set("model.sig", { bytes: modelSignature({ files: signedFiles, key }) });
    const fingerprint = createHash("sha256")
      .update(key.publicKey.export({ type: "spki", format: "der" }))
      .digest("hex");
    const client = await started();
    const wrong = { ...pinParameters(), trust: { kind: "key", pem: publicPem(newKey()) } } as const;
    await expect(client.connection.sendRequest(PinModel.type, wrong)).rejects.toThrow(/another key/);
    expect(stored(workspace.home)).toEqual([]);

    const right = { ...pinParameters(), trust: { kind: "key", pem: publicPem(key) } } as const;
    const { manifestDigest, signature } = await client.connection.sendRequest(PinModel.type, right);
    expect(signature).toBe(`signed by the key ${fingerprint}`);
    await client.connection.sendRequest(ChooseModel.type, { folder: folder(), manifestDigest });
    await client.until("the chosen model", () => digestInUse(client) === manifestDigest);
    expect(await client.connection.sendRequest(ListWorkspaceModels.type, { folder: folder() })).toMatchObject(
      [{ signature }],
    );
    const { uri, shown } = await offered(client, workspace);
    client.insert(uri, shown);
    expect(await client.accept(uri, shown.id)).toEqual({ recorded: true });
    const [badge] = await client.until("the verdict", () => {
      const verdicts = client.shown(uri);
      return verdicts.length > 0 && verdicts;
    });
    const document = await client.connection.sendRequest(GetVerdictDocument.type, { id: badge?.id ?? "" });
    expect(document).toContain(`signed by the key ${fingerprint}`);
  });

  test("a workspace that names a model has nothing fetched and nothing loaded by that", async () => {
    const author = await started();
    const { manifestDigest } = await author.connection.sendRequest(PinModel.type, pinParameters());
    await author.until("the proposal", () => author.status?.proposedModel === "model");
    await author.stop();
    const asked = hub.requests.length;

    const home = temporaryFolder("home");
    const client = await workspace.startReady({ settings: settings(), home });
    await client.until("the proposal", () => client.status?.proposedModel === "model");
    expect(digestInUse(client)).not.toBe(manifestDigest);
    expect(stored(home)).toEqual([]);
    const models = await client.connection.sendRequest(ListWorkspaceModels.type, { folder: folder() });
    expect(models).toMatchObject([
      {
        name: "model",
        named: true,
        installed: false,
        accepted: false,
        proposed: true,
        chosen: false,
        fetchable: true,
      },
    ]);
    const choosing = client.connection.sendRequest(ChooseModel.type, { folder: folder(), manifestDigest });
    await expect(choosing).rejects.toThrow(/not installed on this machine/);
    expect(hub.requests.length).toBe(asked);

    const model = { kind: "workspace", manifestDigest } as const;
    const fetched = await client.connection.sendRequest(PinModel.type, { ...pinParameters(), model });
    expect(fetched).toMatchObject({ manifestDigest, written: null });
    const listed = () => client.connection.sendRequest(ListWorkspaceModels.type, { folder: folder() });
    expect(await listed()).toMatchObject([{ installed: true, accepted: false }]);
    await client.connection.sendRequest(ChooseModel.type, { folder: folder(), manifestDigest });
    await client.until("the chosen model", () => digestInUse(client) === manifestDigest);
  });

  test("a cancelled download ends, and nothing of it is installed", async () => {
    hub.faults.push({ path: GRAPH, times: 1, kind: { kind: "silence", bytes: 3_000_000 } });
    const client = await started();
    const source = new CancellationTokenSource();
    client.connection.onNotification(DidAdvanceDownload.type, ({ path }) => {
      if (path === GRAPH) {
        source.cancel();
      }
    });
    const pinning = client.connection.sendRequest(PinModel.type, pinParameters(), source.token);
    await expect(pinning).rejects.toMatchObject({
      message: "The download was cancelled. Start it again; what has been downloaded is kept.",
      data: {
        code: "model.cancelled",
        reason: "The download was cancelled.",
        remedy: "Start it again; what has been downloaded is kept.",
      },
    });
    expect(stored(workspace.home)).toEqual([]);
    expect(existsSync(workspace.path(".proofline/models.json"))).toBe(false);
  });

  test("an untrusted workspace asks no hub", async () => {
    const client = await workspace.start({ settings: { ...settings(), trusted: false } });
    const planning = client.connection.sendRequest(PlanModel.type, {
      folder: folder(),
      model: wanted,
      variant: null,
    });
    await expect(planning).rejects.toThrow(/not trusted/);
    expect(hub.requests).toEqual([]);
  });

  test("a damaged models.json is a reason in the log and stops nothing", async () => {
    workspace.write(".proofline/models.json", '{"format":"proofline/models/v1"}\n');
    const client = await workspace.startReady({ settings: settings() });
    await client.until("the reason", () =>
      client.log.some((line) => line.includes("models.json cannot be used")),
    );
    expect(client.status?.proposedModel).toBeNull();
    const listing = client.connection.sendRequest(ListWorkspaceModels.type, { folder: folder() });
    await expect(listing).rejects.toThrow(/models\.json/);
  });

  test("a chosen model that is gone is an error with a remedy, and no other model takes its place", async () => {
    const client = await started();
    const { manifestDigest } = await client.connection.sendRequest(PinModel.type, pinParameters());
    await client.connection.sendRequest(ChooseModel.type, { folder: folder(), manifestDigest });
    await client.until("the chosen model", () => digestInUse(client) === manifestDigest);
    rmSync(join(workspace.home, "models", `${manifestDigest}.json`));
    await client.connection.sendRequest(RestartEngine.type);
    expect(client.status?.model).toMatchObject({
      kind: "failed",
      reason: expect.stringContaining("no longer installed as it was pinned"),
      remedy: expect.stringContaining("Use the Workspace's Model"),
    });
    await client.connection.sendRequest(ChooseModel.type, { folder: folder(), manifestDigest: null });
    await client.ready();
  });

  test("what another installed pin wrote is replayed by that pin", async () => {
    const client = await started();
    const { manifestDigest } = await client.connection.sendRequest(PinModel.type, pinParameters());
    await client.connection.sendRequest(ChooseModel.type, { folder: folder(), manifestDigest });
    await client.until("the chosen model", () => digestInUse(client) === manifestDigest);
    const { uri, shown, name } = await offered(client, workspace);
    client.insert(uri, shown);
    expect(await client.accept(uri, shown.id)).toEqual({ recorded: true });
    workspace.save(client, name);
    await client.connection.sendRequest(ChooseModel.type, { folder: folder(), manifestDigest: null });
    await client.until(
      "the embedded model",
      () => (digestInUse(client) ?? manifestDigest) !== manifestDigest,
    );
    await client.connection.sendRequest(AnchorNow.type);
    await client.untilShown(uri, "verified");
  });

  test("a model under an installed name counts only where a person accepted it, whatever its replays say", async () => {
    // Its maker's: other weights under the name of the model that everybody has, pinned, used and anchored.
    const name: string = JSON.parse(readFileSync(join(EMBEDDED, "pin.json"), "utf8")).name;
    const graph = Buffer.from(hub.files.get(GRAPH)?.bytes ?? "");
    const middle = Math.floor(graph.length * 0.6);
    graph[middle] = (graph[middle] ?? 0) ^ 1;
    hub.files.set(GRAPH, { bytes: graph, large: true });
    const { manifestDigest } = (await json(["model", "pin", "tiny/model", "--yes", "--name", name])).value;
    await proofline(["model", "use", manifestDigest]);
    const maker = await started();
    const place = await offered(maker, workspace);
    maker.insert(place.uri, place.shown);
    expect(await maker.accept(place.uri, place.shown.id)).toEqual({ recorded: true });
    workspace.save(maker, place.name);
    await maker.connection.sendRequest(AnchorNow.type);
    await maker.untilShown(place.uri, "verified");
    await maker.stop();

    // A reader has two clones open, and fetches for one of them what it asks for.
    const [reader, second] = [Workspace.create(), Workspace.create()];
    for (const clone of [reader, second]) {
      cpSync(workspace.folder, clone.folder, { recursive: true });
    }
    const host = await openHost(
      { kind: "embedded", home: workspace.home, hostPath: join(ROOT, "dist", "chainHost.js") },
      "existing",
      {},
    );
    const { chainId, contract } = host?.status ?? { chainId: 0, contract: "0x" };
    onTestFinished(() => host?.close());
    const { url, close } = await bridgeTo(workspace.home, join(ROOT, "dist", "chainHost.js"));
    onTestFinished(close);
    const client = await reader.startReady({
      folders: [reader.folder, second.folder],
      settings: { ...settings(), chain: { kind: "rpc", id: chainId, rpcUrls: [url], contract } },
    });
    const [here, there] = [reader.uri(place.name), second.uri(place.name)];
    client.open(here, reader.read(place.name));
    client.open(there, second.read(place.name));
    await client.untilShown(here, "unverified");

    const asked = { folder: uriOf(reader.folder), model: { kind: "workspace", manifestDigest } } as const;
    const plan = await client.connection.sendRequest(PlanModel.type, { ...asked, variant: null });
    const { manifestDigest: embedded } = (await json(["model", "list"])).value.embedded;
    expect(plan).toMatchObject({ name, manifestDigest, namesakes: [embedded] });
    await client.connection.sendRequest(PinModel.type, { ...asked, variant: null, ...NO_TRUST });
    const replay = async (uri: string) => client.connection.sendRequest(ReplayNow.type, { uri });
    for (const uri of [here, there]) {
      expect(await replay(uri)).toMatchObject({ exact: 1 });
      await client.untilShown(uri, "unverified");
    }
    const { start } = place.shown.range;
    const verdictOf = async (uri: string) =>
      (await client.connection.sendRequest(GetVerdict.type, { uri, position: start }))?.markdown;
    expect(await verdictOf(here)).toContain("not accepted for this repository");
    expect(await verdictOf(here)).toContain("as the model installed here with another pin does");

    const accept = (accepted: boolean) =>
      client.connection.sendRequest(AcceptModel.type, { folder: asked.folder, manifestDigest, accepted });
    await accept(true);
    await client.untilShown(here, "verified");
    await client.connection.sendRequest(VerifyFile.type, { uri: there });
    await client.untilShown(there, "unverified");
    const shownThere = client.history.filter(({ uri }) => uri === there).map(({ summaries }) => summaries);
    expect(shownThere).not.toContain("verified");
    await accept(false);
    await client.untilShown(here, "unverified");
  });
});
