import { describe, expect, it } from "vitest";
import type { Engine } from "../../../server/src/inference/engine/engine";
import { TRIM_VERSION } from "../../../server/src/inference/trim";
import type { EngineHost } from "../../../server/src/lsp/models/engineHost";
import type { SettingsStore } from "../../../server/src/lsp/settingsStore";
import { ReplayEngines } from "../../../server/src/lsp/verdicts/replayEngines";
import { ReplayQueue } from "../../../server/src/lsp/verdicts/replayQueue";
import type { Digest } from "../../../server/src/platform/primitives";
import type { ModelState } from "../../../server/src/protocol/messages";
import type { Replayable, ReplayCache } from "../../../server/src/workflows/replay";
import { digestOf } from "../../support/digests";
import { eventually } from "../../support/eventually";
import { sample } from "../../support/sampleBatch";

/** A host whose own model is turned off, and which notes each engine that is started beside it. */
function newHost() {
  const started: string[] = [];
  const disposed: string[] = [];
  const listeners: ((state: ModelState) => void)[] = [];
  let release = (): void => {};
  const settled = new Promise<null>((resolve) => {
    release = () => resolve(null);
  });
  let problem: Error | null = null;
  const host = {
    engine: null,
    state: { kind: "off", reason: "Suggestions are turned off." },
    modelDirectory: "/embedded",
    onChange: (listener: (state: ModelState) => void) => listeners.push(listener),
    settled: () => settled,
    startOther: async (directory: string) => {
      started.push(directory);
      if (problem !== null) {
        throw problem;
      }
      return { dispose: async () => void disposed.push(directory) };
    },
  };
  const settings = { current: { trusted: true }, onChange: () => {} };
  const engines = new ReplayEngines(
    settings as unknown as SettingsStore,
    host as unknown as EngineHost,
    (pin) => `/models/${pin}`,
  );
  return {
    host: host as unknown as EngineHost,
    engines,
    started,
    disposed,
    release,
    changed: () => {
      for (const listener of listeners) {
        listener({ kind: "off", reason: "Suggestions are turned off." });
      }
    },
    fail: (error: Error | null) => {
      problem = error;
    },
  };
}

const suggestionOf = (manifestDigest: Digest): Pick<Replayable, "model"> => ({
  model: { name: "model", manifestDigest, omsRoot: digestOf("00") },
});

describe("engines that replays alone use", () => {
  it("are one for each pin, also for two who ask while the model loads", async () => {
    const { engines, started, disposed, release } = newHost();
    const work = async (engine: Engine): Promise<Engine> => engine;
    const asked = [
      engines.use(suggestionOf(digestOf("11")), work),
      engines.use(suggestionOf(digestOf("11")), work),
    ];
    release();
    const [first, second] = await Promise.all(asked);
    expect(first).toBe(second);
    await engines.close();
    expect({ started: started.length, disposed: disposed.length }).toEqual({ started: 1, disposed: 1 });
  });

  it("are not taken from a work that uses them by one for another pin", async () => {
    const { engines, disposed, release } = newHost();
    release();
    const seen: number[] = [];
    const work = async (): Promise<void> => {
      const before = disposed.length;
      await new Promise<void>((resolve) => setImmediate(resolve));
      seen.push(disposed.length - before);
    };
    await Promise.all([
      engines.use(suggestionOf(digestOf("11")), work),
      engines.use(suggestionOf(digestOf("22")), work),
    ]);
    expect(seen).toEqual([0, 0]);
    await engines.close();
    expect(disposed).toHaveLength(2);
  });

  it("are not started any more once the server stops", async () => {
    const { engines, started, release } = newHost();
    release();
    await engines.close();
    const outcome = await engines.use(suggestionOf(digestOf("11")), async () => "replayed");
    expect(outcome).toMatchObject({ value: "notRun" });
    expect(started).toEqual([]);
  });
});

describe("a replay whose model cannot be loaded", () => {
  it("has not run, says why, and is tried again when the model's state changes", async () => {
    const { host, engines, started, release, fail, changed } = newHost();
    release();
    fail(new Error("there is not enough memory"));
    const cache = { get: async () => null, put: async () => {} };
    const queue = new ReplayQueue(host, engines, cache as unknown as ReplayCache);
    const { id, execution, values } = sample();
    const suggestion: Replayable = { claim: id, id, ...execution, trim: TRIM_VERSION, values };
    queue.outcomeOf(suggestion);
    await eventually("the reason", () =>
      (queue.outcomeOf(suggestion).reason ?? "").includes("there is not enough memory"),
    );
    expect(queue.outcomeOf(suggestion).value).toBe("notRun");
    const before = started.length;
    changed();
    queue.outcomeOf(suggestion);
    await eventually("another try", () => started.length > before);
    await queue.close();
  });
});
