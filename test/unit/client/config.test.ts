import { describe, expect, it } from "vitest";
import {
  type ConfigurationSource,
  readBadges,
  readCodeLens,
  readExcluded,
  readMarkModelText,
  readOffers,
  readSettings,
  type SettingScope,
  SIDES,
  setLanguage,
  toggleEnabled,
} from "../../../client/src/config";
import { DEFAULT_SETTINGS, Settings } from "../../../server/src/protocol/settings";

type Values = Readonly<Record<string, unknown>>;

/** Settings as they are written down, by scope: user, workspace, folders. */
function source(
  user: Values,
  workspace: Values = {},
  ...folders: readonly Values[]
): ConfigurationSource & {
  readonly written: [SettingScope, string, unknown][];
} {
  const scopes = [user, workspace, ...folders];
  const written: [SettingScope, string, unknown][] = [];
  return {
    trusted: true,
    written,
    get: (name) => scopes.findLast((scope) => name in scope)?.[name],
    own: (name) => user[name],
    everyValue: (name) => scopes.map((scope) => scope[name]),
    valueIn: (scope, name) => (scope === "user" ? user : workspace)[name],
    async set(scope, name, value) {
      written.push([scope, name, value]);
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
        latencyMilliseconds: 300,
        workAhead: false,
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
      latencyMilliseconds: 300,
      workAhead: false,
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

  it.each([
    "http://example.com:1",
    "http://127.0.0.1.example:1",
    "https://127.0.0.1:1",
    "http://localhost:1",
    "x",
    5,
  ])("sends no code to %s in an enclave's place", (address) => {
    expect(readSettings(source({ "openGradient.address": address }))).toMatchObject({
      problem: expect.stringContaining("proofline.openGradient.address"),
    });
  });

  it("takes the strictest level of any scope: a workspace tightens, and never loosens", () => {
    const levelOf = (user: unknown, ...levels: readonly unknown[]): unknown =>
      readSettings(source({ verifiedOnly: user }, ...levels.map((verifiedOnly) => ({ verifiedOnly }))));
    expect(levelOf("block", "off")).toMatchObject({ verifiedOnly: "block" });
    expect(levelOf("off", "warn")).toMatchObject({ verifiedOnly: "warn" });
    expect(levelOf("warn", undefined, "block")).toMatchObject({ verifiedOnly: "block" });
    expect(levelOf(undefined, undefined)).toMatchObject({ verifiedOnly: "off" });
  });
});

/** Everything at once that a person reads: the server's settings, and which badges are shown. */
function read(...scopes: readonly [Values, ...Values[]]): Readonly<Record<string, unknown>> {
  const settings = readSettings(source(...scopes));
  const marks = readMarkModelText(source(...scopes));
  const lenses = readCodeLens(source(...scopes));
  const offers = readOffers(source(...scopes));
  const excluded = readExcluded(source(...scopes));
  return { ...settings, badges: readBadges(source(...scopes)), marks, lenses, ...offers, excluded };
}

describe("a workspace's settings", () => {
  /** For each setting a person's value, and what a workspace could gain by another. */
  const ATTACKS: Readonly<Record<keyof typeof SIDES, readonly [own: unknown, workspace: unknown]>> = {
    enabled: [false, true],
    automatic: [false, true],
    languages: [{ go: false }, { go: true, markdown: true }],
    exclude: [["**/*.min.js"], []],
    modelPath: ["/mine", "./theirs"],
    modelHub: ["https://hub.example", "https://evil.example"],
    executionProfile: ["portable/v1", "native/v1"],
    executionProvider: ["cpu", "cuda"],
    maxTokens: [10, 20],
    latencyMilliseconds: [150, 300],
    workAhead: [true, false],
    contextChunks: [0, 16],
    cacheMegabytes: [64, 0],
    "chain.kind": ["embedded", "rpc"],
    "chain.id": [1, 2],
    "chain.rpcUrls": [["https://a.example"], ["https://evil.example"]],
    "chain.contract": [`0x${"a".repeat(40)}`, `0x${"e".repeat(40)}`],
    "openGradient.rpcUrls": [["https://a.example"], ["https://evil.example"]],
    "openGradient.registryChain": [1, 2],
    "openGradient.automatic": [false, true],
    "openGradient.address": ["http://127.0.0.1:1", "http://127.0.0.1:2"],
    "openGradient.requestsPerHour": [5, 3600],
    "openGradient.registry": [`0x${"a".repeat(40)}`, `0x${"e".repeat(40)}`],
    "openGradient.relay": [`0x${"a".repeat(40)}`, `0x${"e".repeat(40)}`],
    sealAfterSeconds: [0, 1],
    badges: ["compact", "off"],
    markModelText: [true, false],
    fileDecorations: [true, false],
    codeLens: [true, false],
    verifiedOnly: ["block", "off"],
  };
  const names = Object.keys(SIDES) as (keyof typeof SIDES)[];
  /** With these, every chain setting counts. */
  const RPC = { "chain.kind": "rpc", ...Object.fromEntries(names.map((name) => [name, ATTACKS[name][0]])) };

  it.each(names.filter((name) => SIDES[name] !== "workspace"))("cannot loosen, hide or decide %s", (name) => {
    const [own, workspace] = ATTACKS[name];
    const person = { ...RPC, "chain.kind": name === "chain.kind" ? "embedded" : "rpc", [name]: own };
    expect(read(person, { [name]: workspace }, { [name]: workspace })).toEqual(read(person));
  });

  it.each(names.filter((name) => SIDES[name] === "person"))(
    "say nothing of %s even where the person does not",
    (name) => {
      expect(read({}, { [name]: ATTACKS[name][1] })).toEqual(read({}));
    },
  );

  it.each(names.filter((name) => SIDES[name] === "workspace"))("may set %s", (name) => {
    const [own, workspace] = ATTACKS[name];
    expect(read({ [name]: own }, { [name]: workspace })[name]).toBe(workspace);
  });

  it("may do without suggestions in a folder, which hides no verdict", () => {
    expect(read({}, { enabled: false })).toEqual({ ...read({}), enabled: false });
  });
});

describe("where suggestions come", () => {
  it("is everywhere that nobody turned off, in any scope", () => {
    expect(readOffers(source({}))).toEqual({ automatic: true, languages: {} });
    const person = { languages: { go: true, "*": false, markdown: "yes" }, exclude: ["a/**", 7] };
    expect(readOffers(source(person, { languages: { go: false }, automatic: false }))).toEqual({
      automatic: false,
      languages: { go: false, "*": false },
    });
    expect(readExcluded(source(person, { exclude: ["b/**", "a/**"] }))).toEqual(["a/**", "b/**"]);
    expect(readExcluded(source({ exclude: "a/**" }))).toEqual([]);
  });

  it("is changed for one language at a time", async () => {
    const one = source({ languages: { go: true } }, { languages: { rust: false, c: false } });
    await setLanguage(one, "rust", true);
    expect(one.written).toEqual([
      ["user", "languages", { go: true, rust: true }],
      ["workspace", "languages", { c: false }],
    ]);
    const other = source({ languages: { go: true } });
    await setLanguage(other, "go", false);
    expect(other.written).toEqual([["user", "languages", { go: false }]]);
  });
});

describe("readBadges", () => {
  it("shows all of them unless told otherwise", () => {
    expect(readBadges(source({}))).toBe("compact");
    expect(readBadges(source({ badges: "few" }))).toBe("compact");
    expect(readBadges(source({ badges: "attention" }))).toBe("attention");
  });
});

describe("toggleEnabled", () => {
  it("turns on what is off, and off what is on", async () => {
    const off = source({ enabled: false });
    await toggleEnabled(off);
    expect(off.written).toEqual([["user", "enabled", true]]);
    const untouched = source({});
    await toggleEnabled(untouched);
    expect(untouched.written).toEqual([["user", "enabled", false]]);
  });

  it("does so where it takes effect", async () => {
    const offHere = source({ enabled: true }, { enabled: false });
    await toggleEnabled(offHere);
    expect(offHere.written).toEqual([["workspace", "enabled", true]]);
    const offTwice = source({ enabled: false }, { enabled: false });
    await toggleEnabled(offTwice);
    expect(offTwice.written).toEqual([
      ["user", "enabled", true],
      ["workspace", "enabled", true],
    ]);
    const onHere = source({}, { enabled: true });
    await toggleEnabled(onHere);
    expect(onHere.written).toEqual([["workspace", "enabled", false]]);
  });
});
