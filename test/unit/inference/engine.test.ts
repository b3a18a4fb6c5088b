import { spawnSync } from "node:child_process";
import { getEventListeners } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, buildSync } from "esbuild";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Engine } from "../../../server/src/inference/engine/engine";
import { startEngine } from "../../../server/src/inference/engine/startEngine";
import { writePin } from "../../../server/src/models/pin/writePin";
import { EMBEDDED_MODEL, newModelFolder } from "../../support/models/modelFolder";
import { OFFSETS, requestAt, SAMPLE } from "./samples";

const root = fileURLToPath(new URL("../../..", import.meta.url));
let folder: string;
let workerPath: string;

beforeAll(async () => {
  // Inside the repository, so that the worker finds the installed runtime.
  mkdirSync(join(root, "out"), { recursive: true });
  folder = mkdtempSync(join(root, "out", "engine-"));
  workerPath = join(folder, "inferenceWorker.js");
  await build({
    entryPoints: [join(root, "server/src/inference/engine/inferenceWorker.ts")],
    outfile: workerPath,
    bundle: true,
    platform: "node",
    format: "cjs",
    external: ["onnxruntime-*"],
    logLevel: "error",
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
// The model computes; how fast depends on what else the machine does.
vi.setConfig({ testTimeout: 120_000 });

const start = (modelDirectory = EMBEDDED_MODEL): Promise<Engine> =>
  startEngine({ modelDirectory, workerPath, bundlePaths: [workerPath], threads: 1 });

/** Long enough to be under way when the next request comes. */
const long = (change = {}) => ({
  ...requestAt(SAMPLE.length - 1),
  prefix: `${SAMPLE.repeat(4)}export class Long {\n  `,
  suffix: "",
  maxTokens: 200,
  ...change,
});

describe("the engine", () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await start();
  });
  afterAll(() => engine.dispose());

  it("says what runs", () => {
    expect(engine.facts).toMatchObject({
      model: { manifestDigest: expect.stringMatching(/^[0-9a-f]{64}$/) },
      environment: { engine: { name: "onnxruntime-node" }, threads: 1 },
      profile: "native/v1",
    });
  });

  it("answers an explicit request with something, and replays it as exact", async () => {
    let answered = 0;
    for (const offset of OFFSETS.slice(0, 10)) {
      const outcome = await engine.complete(requestAt(offset));
      if (outcome.kind === "nothing") {
        expect(["empty", "repetition"]).toContain(outcome.reason);
        continue;
      }
      const { completion } = outcome;
      expect(completion.displayed.trim()).not.toBe("");
      expect(completion.raw).toContain(completion.displayed);
      expect(completion.confidence).toBeGreaterThan(0);
      expect(completion.confidence).toBeLessThanOrEqual(1);
      expect(await engine.replay(completion)).toMatchObject({ value: "exact" });
      answered += 1;
    }
    expect(answered).toBeGreaterThanOrEqual(8);
  });

  it("gives the same answers whatever it has to look up, also while it takes in a lot", async () => {
    const answers = async (): Promise<unknown[]> => {
      const given: unknown[] = [];
      for (const offset of OFFSETS.slice(0, 6)) {
        const outcome = await engine.complete(requestAt(offset));
        given.push(outcome.kind === "completion" ? outcome.completion.tokens : outcome.reason);
      }
      return given;
    };
    const expected = await answers();
    // Encoding all of it takes longer than all answers.
    engine.lookUp(Array.from({ length: 300 }, (_, index) => SAMPLE.replaceAll("s", `s${index}`)));
    expect(expected.filter((answer) => Array.isArray(answer)).length).toBeGreaterThanOrEqual(4);
    expect(await answers()).toEqual(expected);
    engine.lookUp([SAMPLE]);
    expect(await answers()).toEqual(expected);
  });

  it("answers an explicit request even where the model would rather say nothing", async () => {
    let answered = 0;
    for (const prefix of ["", "\n", "// done\n", "x\n\n\n"]) {
      const outcome = await engine.complete({ ...requestAt(0), prefix, suffix: "" });
      if (outcome.kind === "completion") {
        expect(outcome.completion.displayed.trim()).not.toBe("");
        answered += 1;
      } else {
        expect(outcome.reason).not.toBe("lowConfidence");
      }
    }
    expect(answered).toBeGreaterThan(0);
  });

  it("shows automatic requests what it is sure of, and explicit ones all", async () => {
    let [held, doubted] = [0, 0];
    for (const offset of OFFSETS.slice(0, 24)) {
      const automatic = await engine.complete(requestAt(offset, { trigger: "automatic" }));
      const explicit = await engine.complete(requestAt(offset));
      if (automatic.kind === "completion") {
        const { displayed, prompt, stop, confidence } = automatic.completion;
        expect(confidence).toBeGreaterThan(0);
        if (explicit.kind !== "completion") {
          throw new Error("asked, the engine answers less");
        }
        if (stop === "doubt") {
          doubted += 1;
        } else {
          expect(explicit.completion.displayed).toBe(displayed);
        }
        expect(explicit.completion.raw.startsWith(automatic.completion.raw)).toBe(true);
        const lines = `${prompt.prefix}${displayed.split("\n")[0]}`.split("\n").map((line) => line.trim());
        expect(lines.slice(0, -1).findLast((line) => line !== "")).not.toBe(lines.at(-1));
      } else if (automatic.reason === "lowConfidence") {
        held += 1;
        expect(explicit.kind).toBe("completion");
      }
    }
    expect(held).toBeGreaterThan(0);
    expect(doubted).toBeGreaterThan(0);
  });

  it("comments out nothing that stands behind the cursor, whoever asks", async () => {
    for (const prefix of ["export interface TranslationOutput {", "class A {\n  set(key, value) {"]) {
      const outcome = await engine.complete({ ...requestAt(0), prefix, suffix: "}\n" });
      expect(outcome.kind === "nothing" ? "" : outcome.completion.displayed).not.toContain("//");
    }
  });

  it("never passes the line's end when asked for a line", async () => {
    let answered = 0;
    for (const offset of OFFSETS.slice(0, 12)) {
      const outcome = await engine.complete(requestAt(offset, { extent: "line" }));
      if (outcome.kind === "completion") {
        expect(outcome.completion.displayed.trimStart()).not.toContain("\n");
        answered += 1;
      }
    }
    expect(answered).toBeGreaterThanOrEqual(8);
  });

  it("cancels a request that is under way, and one that waits", async () => {
    const [running, waiting] = [new AbortController(), new AbortController()];
    const first = engine.complete(long(), running.signal);
    const second = engine.complete(long(), waiting.signal);
    waiting.abort();
    expect(await second).toMatchObject({ reason: "cancelled" });
    running.abort();
    expect(await first).toMatchObject({ reason: "cancelled" });
    expect(await engine.complete(long(), AbortSignal.abort())).toMatchObject({ reason: "cancelled" });
  });

  it("drops automatic requests that typing has overtaken, in favour of the last", async () => {
    const typed = Array.from({ length: 8 }, (_, index) =>
      engine.complete(long({ trigger: "automatic", prefix: `${SAMPLE.repeat(3)}const value${index} = ` })),
    );
    const last = engine.complete(requestAt(200));
    const outcomes = await Promise.all(typed);
    expect(outcomes.map((outcome) => outcome.kind === "nothing" && outcome.reason)).toEqual(
      new Array(typed.length).fill("cancelled"),
    );
    expect((await last).kind).toBe("completion");
  });

  it("never drops an explicit request for a later one", async () => {
    const outcomes = await Promise.all(
      [long(), requestAt(200), long()].map((request) => engine.complete(request)),
    );
    expect(outcomes.map(({ kind }) => kind)).toEqual(["completion", "completion", "completion"]);
  });

  it("reads ahead while nobody asks, so that a hurried answer knows more of the text", async () => {
    const hurried = long({
      trigger: "automatic",
      prefix: `${SAMPLE.repeat(6)}const text = fs.`,
      withinMilliseconds: 1,
    });
    const tokensOf = async (): Promise<number> => {
      const outcome = await engine.complete({ ...hurried, trigger: "explicit", maxTokens: 16 });
      return outcome.kind === "completion" ? outcome.completion.promptTokens : 0;
    };
    expect(await tokensOf()).toBeLessThanOrEqual(192);
    engine.readAhead({ ...hurried, maxTokens: 16 });
    await vi.waitUntil(async () => (await tokensOf()) > 700, { timeout: 60_000, interval: 20 });
    engine.readAhead(null);
  });

  it("lets completions go before a replay, which is finished all the same", async () => {
    const outcome = await engine.complete(long());
    if (outcome.kind !== "completion") {
      throw new Error("no completion to replay");
    }
    const order: string[] = [];
    const replayed = engine.replay(outcome.completion).then((result) => {
      order.push("replay");
      return result;
    });
    const completed = [requestAt(100), requestAt(300)].map((request) =>
      engine.complete(request).then(({ kind }) => order.push(kind)),
    );
    expect(await replayed).toMatchObject({ value: "exact" });
    await Promise.all(completed);
    expect(order).toEqual(["completion", "completion", "replay"]);
  });

  it("listens to a signal no longer than its work lasts, however many it is for", async () => {
    const { signal } = new AbortController();
    const outcome = await engine.complete(requestAt(OFFSETS[0] ?? 0, { trigger: "explicit" }), signal);
    if (outcome.kind !== "completion") {
      throw new Error("no completion to replay");
    }
    await engine.replay(outcome.completion, signal);
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("cancels a replay", async () => {
    const outcome = await engine.complete(requestAt(200));
    if (outcome.kind !== "completion") {
      throw new Error("no completion to replay");
    }
    const controller = new AbortController();
    const replayed = engine.replay(outcome.completion, controller.signal);
    controller.abort();
    await expect(replayed).rejects.toMatchObject({ code: "inference.cancelled" });
  });

  it("refuses half a surrogate pair, and goes on", async () => {
    await expect(engine.complete(requestAt(100, { prefix: "\ud83d" }))).rejects.toMatchObject({
      code: "document",
    });
    expect((await engine.complete(requestAt(200))).kind).toBe("completion");
  });
});

describe("starting and stopping", () => {
  it("fails with the name of the file that is not as pinned", async () => {
    const copy = mkdtempSync(join(tmpdir(), "proofline-tampered-"));
    cpSync(EMBEDDED_MODEL, copy, { recursive: true });
    writeFileSync(join(copy, "config.json"), "{}");
    await expect(start(copy)).rejects.toMatchObject({
      name: "ProoflineError",
      code: "model.file",
      message: expect.stringContaining(join(copy, "config.json")),
    });
    rmSync(copy, { recursive: true });
  });

  it("fails with a reason when the worker cannot be started, and with a model that cannot be run", async () => {
    const missing = {
      modelDirectory: EMBEDDED_MODEL,
      workerPath: join(folder, "missing.js"),
      bundlePaths: [],
    };
    await expect(startEngine(missing)).rejects.toMatchObject({ code: "model.load" });
    const model = newModelFolder();
    await writePin(model);
    await expect(start(model)).rejects.toMatchObject({ code: "model.load" });
    rmSync(model, { recursive: true });
  });

  it.each(["while it loads", "while it answers", "while it reads ahead", "when it is idle"])(
    "lets the process exit cleanly %s",
    (when) => {
      // onnxruntime's binding aborts the process (SIGABRT) when its thread is torn down in the middle of a run.
      const script = join(folder, "exit.js");
      buildSync({
        stdin: {
          contents: `
          const { startEngine } = require("./server/src/inference/engine/startEngine");
          const [modelDirectory, workerPath, when, request] = process.argv.slice(2);
          const starting = startEngine({ modelDirectory, workerPath, bundlePaths: [] });
          if (when === "while it loads") setImmediate(() => process.exit(7));
          starting.then(async (engine) => {
            if (when === "while it reads ahead") {
              engine.readAhead(JSON.parse(request));
              // At any moment of it: reading takes longer than this.
              setTimeout(() => process.exit(7), 50 * Math.random());
              return;
            }
            const answer = engine.complete(JSON.parse(request));
            if (when === "when it is idle") await answer;
            process.exit(7);
          });`,
          resolveDir: root,
        },
        outfile: script,
        bundle: true,
        platform: "node",
        format: "cjs",
        external: ["onnxruntime-*"],
      });
      const parameters = [script, EMBEDDED_MODEL, workerPath, when, JSON.stringify(long())];
      const { status, signal, stderr } = spawnSync(process.execPath, parameters, { encoding: "utf8" });
      expect({ status, signal, stderr }).toEqual({ status: 7, signal: null, stderr: "" });
    },
  );

  it("settles everything when it is disposed, and refuses what comes later", async () => {
    const engine = await start();
    const running = engine.complete(long());
    const waiting = engine.complete(long());
    const settled = Promise.allSettled([running, waiting]);
    await engine.dispose();
    for (const result of await settled) {
      expect(result.status).toBe("rejected");
    }
    await expect(engine.complete(requestAt(100))).rejects.toMatchObject({ name: "ProoflineError" });
    await engine.dispose();
  });
});
