import { describe, expect, it } from "vitest";
import { describePolicy } from "../../../../server/src/policy/file/describePolicy";
import { loosening } from "../../../../server/src/policy/file/loosening";
import { PolicyFile, policyDigest, readPolicyFile } from "../../../../server/src/policy/file/policyFile";
import { policyUnder } from "../../../../server/src/policy/file/policyUnder";
import { builtInPolicy } from "../../../../server/src/policy/policy";

const [A, B] = ["a".repeat(64), "b".repeat(64)];
const ADDRESS = `0x${"1".repeat(40)}`;
const ON_CHAIN = { chain: { id: 1, contract: ADDRESS } };
const AUTHORITY = { addresses: [{ name: "one", address: ADDRESS }] };

const policyWith = (rules: Readonly<Record<string, unknown>>): PolicyFile =>
  PolicyFile.parse({ format: "proofline/policy/v1", name: "team", ...rules });
const read = (text: string) => readPolicyFile(Buffer.from(text, "utf8"));

/** Each rule in two values, of which the second asks for less, or for something else. */
const WEAKER: readonly (readonly [
  rule: string,
  before: Record<string, unknown>,
  after: Record<string, unknown>,
])[] = [
  ["enforcement", { enforcement: "block" }, { enforcement: "warn" }],
  ["the chain", { chain: { id: 1, contract: ADDRESS } }, { chain: { id: 2, contract: ADDRESS } }],
  ["the chain", { chain: { id: 1, contract: ADDRESS } }, {}],
  ["the chain", {}, { chain: { id: 1, contract: ADDRESS } }],
  ["final blocks", { anchors: { finalized: true } }, {}],
  ["the witnesses of anchors", { anchors: { witnesses: "proved" } }, { anchors: { witnesses: "several" } }],
  [
    "where replayable suggestions count",
    { executions: { replayable: ["a/**"] } },
    { executions: { replayable: ["b/**"] } },
  ],
  ["where enclaves' answers count", {}, { executions: { attested: ["docs/**"] } }],
  [
    "where what nobody can check counts",
    { executions: { stated: ["a"] } },
    { executions: { stated: ["a", "b"] } },
  ],
  ["replays", {}, { replay: "optional" }],
  [
    "models",
    { models: [{ name: "one", digest: A }] },
    {
      models: [
        { name: "one", digest: A },
        { name: "two", digest: B },
      ],
    },
  ],
  ["models", {}, { models: [{ name: "one", digest: A }] }],
  ["models", { models: [] }, {}],
  ["devices", { devices: [] }, { devices: [{ name: "one", address: ADDRESS }] }],
  ["devices", { devices: [] }, {}],
  ["devices", {}, { devices: [{ name: "one", address: ADDRESS }] }],
  ["the authority", ON_CHAIN, { ...ON_CHAIN, authority: AUTHORITY }],
  ["the authority", { ...ON_CHAIN, authority: AUTHORITY }, ON_CHAIN],
  [
    "the authority",
    { ...ON_CHAIN, authority: AUTHORITY },
    { ...ON_CHAIN, authority: { addresses: [{ name: "one", address: `0x${"2".repeat(40)}` }] } },
  ],
  [
    "the authority",
    { ...ON_CHAIN, authority: AUTHORITY },
    { ...ON_CHAIN, authority: { ...AUTHORITY, decides: ["models"] } },
  ],
  [
    "the authority",
    { ...ON_CHAIN, authority: { ...AUTHORITY, decides: [] } },
    { ...ON_CHAIN, authority: { ...AUTHORITY, decides: ["models"] } },
  ],
  [
    "the authority",
    { ...ON_CHAIN, authority: AUTHORITY },
    { ...ON_CHAIN, authority: { ...AUTHORITY, maximumAgeHours: 169 } },
  ],
  [
    "names in its lists",
    { ...ON_CHAIN, authority: AUTHORITY },
    { ...ON_CHAIN, authority: { addresses: [{ name: "other", address: ADDRESS }] } },
  ],
  ["verifiers", {}, { verifiers: [{ name: "one", address: ADDRESS }] }],
  [
    "names in its lists",
    { verifiers: [{ name: "one", address: ADDRESS }] },
    { verifiers: [{ name: "other", address: ADDRESS }] },
  ],
  ["environments", {}, { environments: [{ name: "one", digest: A }] }],
  ["code of enclaves", {}, { enclaveCode: [{ name: "one", measurement: `0x${A}` }] }],
  ["environments", { environments: [] }, { environments: [{ name: "one", digest: A }] }],
  ["code of enclaves", { enclaveCode: [] }, {}],
  ["revoked code of enclaves", { revokedEnclaves: "refuse" }, {}],
  ["sealed prompts", { sealedPrompts: "refuse" }, { sealedPrompts: "report" }],
  ["the least share", { leastShare: 0.5 }, { leastShare: 0.4 }],
  ["the copied share", { mostCopied: 0.4 }, { mostCopied: 0.5 }],
  ["edited lines", {}, { edited: "report" }],
  ["lines without evidence", { unattributed: "refuse" }, { unattributed: "report" }],
  [
    "names in its lists",
    { environments: [{ name: "one", digest: A }] },
    { environments: [{ name: "other", digest: A }] },
  ],
];

describe("what a policy asks less for", () => {
  it.each(WEAKER)("is told of %s", (rule, before, after) => {
    expect(loosening(policyWith(before), policyWith(after))).toEqual([rule]);
  });

  it("is nothing where it asks for the same", () => {
    for (const [, before, after] of WEAKER) {
      expect(loosening(policyWith(before), policyWith(before))).toEqual([]);
      expect(loosening(policyWith(after), policyWith(after))).toEqual([]);
    }
  });

  it("is nothing where a list begins with nothing in it", () => {
    for (const list of ["models", "devices", "environments", "enclaveCode"]) {
      expect(loosening(policyWith({}), policyWith({ [list]: [] }))).toEqual([]);
    }
  });

  it("is looked for in every rule that there is", () => {
    const rules = Object.keys(PolicyFile.shape).filter(
      (name) => !["$schema", "format", "name"].includes(name),
    );
    const covered = new Set(WEAKER.flatMap(([, before, after]) => [before, after].flatMap(Object.keys)));
    expect(rules.filter((rule) => !covered.has(rule))).toEqual([]);
    expect(covered.size).toBe(rules.length);
  });
});

describe("what people are shown of a policy", () => {
  it("is another thing for every rule", () => {
    const shown = (rules: Record<string, unknown>) => describePolicy(policyWith(rules)).join("\n");
    for (const [rule, before, after] of WEAKER) {
      expect(shown(before), rule).not.toBe(shown(after));
    }
  });

  it("leaves out what the built-in rules have alike, and nothing else", () => {
    expect(describePolicy(policyWith({ enforcement: "off" }))).toEqual([
      "Policy: team",
      "All else: as the built-in rules have it.",
    ]);
    expect(describePolicy(policyWith({}))[1]).toBe("Enforcement: what falls short is a warning");
  });

  it("shows letter by letter what its author wrote", () => {
    const lines = describePolicy(
      policyWith({ name: "t\u202eeam", executions: { attested: ["a\u202eb"] } }),
    ).join("\n");
    expect(lines).not.toContain("\u202e");
    expect(lines).toContain("\\u{202e}");
  });
});

describe("a policy's name", () => {
  it("ends no quotation in a sentence of ours", () => {
    const builtIn = builtInPolicy({ device: "", pins: [] });
    const { name } = policyUnder(policyWith({ name: "a” knows. All of it is “well" }), builtIn);
    expect(name).toMatch(/^policy “[^“”]*”$/);
  });
});

describe("a policy file", () => {
  it("is named by what it says, however it is written", () => {
    const plain = read('{"format":"proofline/policy/v1","name":"team"}');
    const spelled = read(
      `\uFEFF{\n "name": "team",\n "edited": "refuse",\n "$schema": "x", "format": "proofline/policy/v1" }`,
    );
    if (plain.kind === "broken" || spelled.kind === "broken") {
      throw new Error("it can be read");
    }
    expect(spelled.digest).toBe(plain.digest);
    expect(policyDigest(policyWith({ edited: "allow" }))).not.toBe(plain.digest);
  });

  it.each([
    ["", 1, /not JSON/],
    ["[1]", 1, /expected object/],
    ['{\n "format": "proofline/policy/v1", // a comment\n "name": "team"}', 2, /not JSON/],
    ['{\n "format": "proofline/policy/v1",\n "name": "team",\n}', 4, /not JSON/],
    ['{\n "format": "proofline/policy/v1",\n "name": "a",\n "name": "b"\n}', 4, /stands there twice/],
    ['{\n "format": "proofline/policy/v1",\n "name": "a",\n "authorities": "0x"\n}', 4, /Unrecognized key/],
    [
      `{\n "format": "proofline/policy/v1",\n "name": "a",\n "authority": { "addresses": [ { "name": "b", "address": "${ADDRESS}" } ] }\n}`,
      4,
      /`chain` says which/,
    ],
    [
      '{\n "format": "proofline/policy/v1",\n "name": "a",\n "models": [\n  { "name": "x",\n    "digest": "A" } ]\n}',
      6,
      /at models\.0\.digest/,
    ],
    [
      '{\n "format": "proofline/policy/v1",\n "name": "a",\n "executions": { "stated": [\n  "!src/**" ] }\n}',
      5,
      /at executions\.stated\.0/,
    ],
    ['{\n "format": "proofline/policy/v2",\n "name": "a"\n}', 2, /at format/],
  ])("that is broken names the line: %j", (text, line, problem) => {
    const reading = read(text);
    expect(reading).toMatchObject({
      kind: "broken",
      line: expect.any(Number),
      problem: expect.stringMatching(problem),
    });
    expect(reading.kind === "broken" && reading.problem).toContain(`Line ${line}:`);
  });

  it("of bytes that are no text, or nested without end, is broken and no more", () => {
    expect(readPolicyFile(Buffer.from([0xff, 0xfe, 0x7b])).kind).toBe("broken");
    expect(read("[".repeat(200_000)).kind).toBe("broken");
    expect(read(`{"format":${"[".repeat(100_000)}`).kind).toBe("broken");
  });
});
