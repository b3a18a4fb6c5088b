import { beforeEach, describe, expect, it } from "vitest";
import type { LikelyRequest } from "../../../server/src/inference/engine/engine";
import { WorkAhead } from "../../../server/src/lsp/completion/workAhead";
import { OpenDocument } from "../../../server/src/lsp/documents/openDocument";
import type { ModelState } from "../../../server/src/protocol/messages";
import { DEFAULT_SETTINGS, type Settings } from "../../../server/src/protocol/settings";

type Context = ConstructorParameters<typeof WorkAhead>[0];

/** A server around one document, whose model only notes what it is to read. */
class Surroundings {
  readonly read: (LikelyRequest | null)[] = [];
  readonly document = new OpenDocument("file:///a.ts", "typescript", 7, "before|after");
  settings: Settings = DEFAULT_SETTINGS;
  offReason: string | null = null;
  refusal: string | null = null;
  isAhead = true;
  isLoaded = true;
  savesPower: boolean | null = null;
  private rest: (raw: unknown) => Promise<void> = async () => {};
  private tellModel: (state: ModelState) => void = () => {};
  private tellSettings: (settings: Settings) => void = () => {};

  readonly context = {
    connection: {
      onNotification: (_: string, handle: (raw: unknown) => Promise<void>) => {
        this.rest = handle;
      },
      console: {
        error: (line: string) => {
          throw new Error(line);
        },
      },
    },
    documents: { get: (uri: string) => (uri === this.document.uri ? this.document : undefined) },
    settings: {
      current: DEFAULT_SETTINGS,
      onChange: (listener: (settings: Settings) => void) => {
        this.tellSettings = listener;
      },
    },
    gate: { offReason: async () => this.offReason },
    locations: { of: async () => ({ repositoryPath: "/root", path: "a.ts" }) },
    sources: { chunksFor: () => [] },
    providers: {
      local: {
        onChange: (listener: (state: ModelState) => void) => {
          this.tellModel = listener;
        },
        provider: { readAhead: (likely: LikelyRequest | null) => this.read.push(likely) },
      },
      of: async () => ({
        provider: this.isLoaded ? this.context.providers.local.provider : null,
        unasked: { ahead: this.isAhead, refusal: () => this.refusal },
      }),
    },
  };

  make(savesPower: boolean | null = null, now = () => 0): WorkAhead {
    this.savesPower = savesPower;
    return new WorkAhead(this.context as unknown as Context, async () => this.savesPower, now);
  }

  restAt(character: number, { uri = this.document.uri, version = 7 } = {}): Promise<void> {
    return this.rest({ uri, version, position: { line: 0, character } });
  }

  set(change: Partial<Settings>): void {
    this.context.settings.current = { ...this.context.settings.current, ...change };
    this.tellSettings(this.context.settings.current);
  }

  async loaded(): Promise<void> {
    this.isLoaded = true;
    this.tellModel({
      kind: "ready",
      name: "m",
      omsRoot: "0",
      languages: null,
      notice: null,
    } as unknown as ModelState);
    await settled();
  }
}

/** What was begun without anybody waiting for it is done. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

describe("working ahead", () => {
  let around: Surroundings;
  beforeEach(() => {
    around = new Surroundings();
  });

  it("reads what a suggestion needs where the cursor rests, as the suggestion will ask for it", async () => {
    around.make();
    await settled();
    await around.restAt(6);
    expect(around.read).toMatchObject([
      {
        path: "a.ts",
        prefix: "before",
        suffix: "|after",
        maxTokens: DEFAULT_SETTINGS.maxTokens,
        withinMilliseconds: DEFAULT_SETTINGS.latencyMilliseconds,
      },
    ]);
  });

  it("reads nothing of a text that has changed since, or of a document that is not open", async () => {
    around.make();
    await settled();
    await around.restAt(6, { version: 6 });
    await around.restAt(6, { uri: "file:///b.ts" });
    expect(around.read).toEqual([]);
  });

  it("reads where somebody rested before there was a model, once there is one", async () => {
    around.isLoaded = false;
    around.make();
    await settled();
    await around.restAt(6);
    expect(around.read).toEqual([]);
    await around.loaded();
    expect(around.read).toHaveLength(1);
  });

  it.each([
    ["a computer that saves power", (one: Surroundings) => one.make(true)],
    ["somebody who does not want it", (one: Surroundings) => [one.make(), one.set({ workAhead: false })]],
    [
      "a document without suggestions",
      (one: Surroundings) => {
        one.offReason = "There are none.";
        one.make();
      },
    ],
    [
      "a provider that costs",
      (one: Surroundings) => {
        one.isAhead = false;
        one.make();
      },
    ],
    [
      "a provider that refuses",
      (one: Surroundings) => {
        one.refusal = "Not now.";
        one.make();
      },
    ],
  ])("reads nothing for %s", async (_, prepare) => {
    prepare(around);
    await settled();
    await around.restAt(6);
    await around.loaded();
    expect(around.read.filter((one) => one !== null)).toEqual([]);
  });

  it("does nothing before it knows whether the computer saves power", async () => {
    const ahead = around.make(false);
    expect(ahead.isAllowed).toBe(false);
    await settled();
    expect(ahead.isAllowed).toBe(true);
  });

  it("reads nothing more of a document that was closed", async () => {
    const ahead = around.make();
    await settled();
    await around.restAt(6);
    ahead.closed(around.document);
    expect(around.read.at(-1)).toBeNull();
    await around.loaded();
    expect(around.read.filter((one) => one !== null)).toHaveLength(1);
  });

  it("hears within a minute that the computer saves power, and stops what is under way", async () => {
    let now = 0;
    const ahead = around.make(false, () => now);
    await settled();
    await around.restAt(6);
    around.savesPower = true;
    now = 59_000;
    expect(ahead.isAllowed).toBe(true);
    now = 61_000;
    await around.restAt(5);
    await settled();
    expect(ahead.isAllowed).toBe(false);
    expect(around.read.at(-1)).toBeNull();
    around.savesPower = false;
    now = 122_000;
    expect(ahead.isAllowed).toBe(false);
    await settled();
    expect(ahead.isAllowed).toBe(true);
    expect(around.read.at(-1)).toMatchObject({ prefix: "befor" });
  });

  it("reads at once when somebody turns it on again, and nothing that was turned off meanwhile", async () => {
    around.make();
    await settled();
    around.set({ workAhead: false });
    await around.restAt(6);
    around.set({ workAhead: true });
    await settled();
    expect(around.read.at(-1)).toMatchObject({ prefix: "before" });
    const count = around.read.length;
    const resting = around.restAt(5);
    around.set({ workAhead: false });
    await resting;
    expect(around.read.slice(count)).toEqual([null]);
  });

  it("reads nothing at a place of an earlier version of the text", async () => {
    const ahead = around.make();
    await settled();
    await ahead.rests(around.document, 6, 6);
    expect(around.read).toEqual([]);
  });

  it("stops what is under way when somebody turns it off", async () => {
    around.make();
    await settled();
    await around.restAt(6);
    around.set({ workAhead: false });
    expect(around.read.at(-1)).toBeNull();
  });
});
