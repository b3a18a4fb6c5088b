import { describe, expect, it } from "vitest";
import {
  type ConfigurationSource,
  readBadges,
  readSettings,
  toggleEnabled,
} from "../../../client/src/config";
import { DEFAULT_SETTINGS, Settings } from "../../../server/src/protocol/settings";

/** Settings as a person wrote them down, by scope: user, workspace, folders. */
function source(...scopes: readonly Readonly<Record<string, unknown>>[]): ConfigurationSource & {
  readonly written: [string, unknown][];
} {
  const written: [string, unknown][] = [];
  return {
    trusted: true,
    written,
    get: (name) => scopes.findLast((scope) => name in scope)?.[name],
    everyValue: (name) => scopes.map((scope) => scope[name]),
    async set(name, value) {
      written.push([name, value]);
    },
  };
}

describe("readSettings", () => {
  it("is what the server assumes where nothing is set", () => {
    expect(readSettings(source({}))).toEqual(DEFAULT_SETTINGS);
  });

  it("passes on what is set, as the server accepts it", () => {
    const settings = readSettings(
      source({
        enabled: false,
        modelPath: "/models/one",
        modelHub: " https://hub.example ",
        executionProfile: "portable/v1",
        executionProvider: "webgpu",
        verifiedOnly: "warn",
        maxTokens: 10,
        contextChunks: 0,
        cacheMegabytes: 128,
        sealAfterSeconds: 0,
      }),
    );
    expect(Settings.parse(settings)).toEqual(settings);
    expect(settings).toMatchObject({
      enabled: false,
      modelPath: "/models/one",
      modelHub: "https://hub.example",
      executionProfile: "portable/v1",
      executionProvider: "webgpu",
      verifiedOnly: "warn",
      maxTokens: 10,
      contextChunks: 0,
      cacheMegabytes: 128,
      sealAfterSeconds: 0,
    });
  });

  it.each([
    ["enabled", "yes"],
    ["modelPath", 5],
    ["modelHub", ["https://hub.example"]],
    ["executionProfile", "fast"],
    ["executionProvider", "abacus"],
    ["verifiedOnly", "always"],
    ["maxTokens", "many"],
    ["sealAfterSeconds", Number.NaN],
  ])("takes the default where %s is %j", (name, value) => {
    expect(readSettings(source({ [name]: value }))).toEqual(DEFAULT_SETTINGS);
  });

  it.each([
    ["maxTokens", 100_000, 512],
    ["maxTokens", 0, 1],
    ["maxTokens", 9.6, 10],
    ["contextChunks", -1, 0],
    ["sealAfterSeconds", 99_999, 3600],
  ])("brings %s of %d into the range: %d", (name, value, meant) => {
    const settings = readSettings(source({ [name]: value }));
    expect(settings).toEqual({ ...DEFAULT_SETTINGS, [name]: meant });
    expect(Settings.safeParse(settings).success).toBe(true);
  });

  it("says which chain setting cannot be used", () => {
    expect(readSettings(source({ "chain.kind": "rpc", "chain.id": 8453 }))).toMatchObject({
      problem: expect.stringContaining("proofline.chain.rpcUrls"),
    });
  });

  it("takes the strictest level of any scope: a workspace tightens, and never loosens", () => {
    const levelOf = (...levels: readonly unknown[]): unknown =>
      readSettings(source(...levels.map((verifiedOnly) => ({ verifiedOnly }))));
    expect(levelOf("block", "off")).toMatchObject({ verifiedOnly: "block" });
    expect(levelOf("off", "warn")).toMatchObject({ verifiedOnly: "warn" });
    expect(levelOf("warn", undefined, "block")).toMatchObject({ verifiedOnly: "block" });
    expect(levelOf(undefined, undefined)).toMatchObject({ verifiedOnly: "off" });
  });
});

describe("readBadges", () => {
  it("shows all of them unless told otherwise", () => {
    expect(readBadges(source({}))).toBe("all");
    expect(readBadges(source({ badges: "few" }))).toBe("all");
    expect(readBadges(source({ badges: "attention" }))).toBe("attention");
  });
});

describe("toggleEnabled", () => {
  it("turns on what is off, and off what is on", async () => {
    const off = source({ enabled: false });
    await toggleEnabled(off);
    expect(off.written).toEqual([["enabled", true]]);
    const untouched = source({});
    await toggleEnabled(untouched);
    expect(untouched.written).toEqual([["enabled", false]]);
  });
});
