import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import type { Approval } from "../../../../server/src/chain/authority/approvalFile";
import {
  type Attested,
  attestationOf,
  encodeAttested,
  readAttested,
  uidOf,
} from "../../../../server/src/chain/authority/attestation";
import { attestationWord, denialWord } from "../../../../server/src/chain/authority/authorityWords";
import { type Denial, denialDigest, type Subject } from "../../../../server/src/chain/authority/subjects";
import type { AnchorTrust, ChainIdentity } from "../../../../server/src/chain/chain";
import type { WordReader } from "../../../../server/src/chain/wordReader";
import { ProoflineError } from "../../../../server/src/platform/errors";
import { Address, ChainHash, Digest } from "../../../../server/src/platform/primitives";
import { standingAt } from "../../../../server/src/policy/authority";
import { PolicyFile } from "../../../../server/src/policy/file/policyFile";
import { AuthorityMemory } from "../../../../server/src/workflows/authority/authorityMemory";
import {
  type AuthorityReading,
  MAX_APPROVALS,
  MAX_SUBJECTS,
  readAuthority,
} from "../../../../server/src/workflows/authority/readAuthority";
import { randomDigest } from "../../../support/digests";
import { removeFolder } from "../../../support/removeFolder";

/** What is made of an authority's words: as a chain says them, as they were remembered, and over time. */

const TEAM = Address.parse(`0x${"1".repeat(40)}`);
const OTHER = Address.parse(`0x${"2".repeat(40)}`);
const CONTRACT = Address.parse(`0x${"c".repeat(40)}`);
const GENESIS = ChainHash.parse(`0x${"ab".repeat(32)}`);
const NOW = 1_800_000_000;
const MODEL: Subject = { kind: "model", id: randomDigest() };

const scratch = mkdtempSync(join(tmpdir(), "proofline-authority-"));
afterAll(() => removeFolder(scratch));
let home: string;
beforeEach(() => {
  home = mkdtempSync(join(scratch, "home-"));
});

const policyWith = (
  authority: Record<string, unknown> = {},
  rules: Record<string, unknown> = {},
): PolicyFile =>
  PolicyFile.parse({
    format: "proofline/policy/v1",
    name: "team",
    chain: { id: 130, contract: CONTRACT },
    authority: { addresses: [{ name: "team", address: TEAM }], ...authority },
    ...rules,
  });

function approvalOf(attested: Attested, attester: Address = TEAM, expirationTime = 0): Approval {
  const attestation = { ...attestationOf(attested, { attester, time: NOW - 900, expirationTime }), bump: 0 };
  return {
    uid: uidOf(attestation),
    attested,
    file: {
      format: "proofline/approval/v1",
      chainId: 130,
      genesisHash: GENESIS,
      contract: CONTRACT,
      attestation,
    },
  };
}

/** A chain that holds some words, or cannot be reached. */
class Words implements WordReader {
  readonly held = new Map<string, bigint>();
  trust: AnchorTrust = "quorum";
  time = NOW;
  isAway = false;
  differs = false;
  chainId = 130;

  attested({ uid, file: { attestation } }: Approval, revokedAt = 0): this {
    const { time, expirationTime } = attestation;
    const word = BigInt(time) | (BigInt(expirationTime) << 64n) | (BigInt(revokedAt) << 128n);
    this.held.set(attestationWord(uid).key, word);
    return this;
  }

  denied(subject: Subject, denial: Denial, time: number, by: Address = TEAM): this {
    this.held.set(denialWord(by, denialDigest(subject, denial)).key, BigInt(time));
    return this;
  }

  async identity(): Promise<ChainIdentity> {
    this.reach();
    return { chainId: this.chainId, genesisHash: GENESIS, contract: CONTRACT, local: false, name: "a chain" };
  }

  async words(questions: Parameters<WordReader["words"]>[0]) {
    this.reach();
    if (this.differs) {
      throw new ProoflineError("chain.disputed", "Two servers differ.", "compareServers");
    }
    const words = new Map(questions.map(({ key }) => [key, this.held.get(key) ?? 0n]));
    return { time: this.time, words, trust: this.trust, operators: [] };
  }

  private reach(): void {
    if (this.isAway) {
      throw new ProoflineError("chain.unreachable", "Nobody answers.", "changeServer");
    }
  }
}

const reading = (
  chain: Words,
  {
    policy = policyWith(),
    approvals = [],
    subjects = [MODEL],
    now = NOW,
  }: {
    policy?: PolicyFile;
    approvals?: readonly Approval[];
    subjects?: readonly Subject[];
    now?: number;
  } = {},
) => readAuthority({ policy, approvals, subjects, chain, memory: new AuthorityMemory(home), now });

function standing(said: AuthorityReading | null, subject: Subject, anchored: number | null) {
  expect(said).toMatchObject({ kind: "read" });
  return said?.kind === "read" ? standingAt(said.findings, subject, anchored) : null;
}

describe("an approval", () => {
  const approval = approvalOf({ kind: "approval", subject: MODEL, name: "m" });

  test("counts once the chain holds it, for whatever was anchored whenever", async () => {
    expect(standing(await reading(new Words(), { approvals: [approval] }), MODEL, NOW)).toBe("unnamed");
    const said = await reading(new Words().attested(approval), { approvals: [approval] });
    expect([1, NOW, null].map((time) => standing(said, MODEL, time))).toEqual(Array(3).fill("approved"));
  });

  test("of a kind that the policy does not leave to its authority counts for nothing", async () => {
    const policy = policyWith({ decides: ["devices"] });
    const said = await reading(new Words().attested(approval), { policy, approvals: [approval] });
    expect(standing(said, MODEL, NOW)).toBe("unnamed");
    const denied = await reading(new Words().attested(approval).denied(MODEL, "lost", 1), {
      policy,
      approvals: [approval],
    });
    expect(standing(denied, MODEL, NOW)).toBe("denied");
  });

  test("until a day to come counts today, also for what is not anchored yet", async () => {
    const verifier: Subject = { kind: "verifier", id: OTHER };
    for (const subject of [MODEL, verifier]) {
      const ending = approvalOf({ kind: "approval", subject, name: "m" }, TEAM, NOW + 1_000);
      const said = await reading(new Words().attested(ending), { approvals: [ending] });
      expect(standing(said, subject, null)).toBe("approved");
      const later = await reading(new Words().attested(ending), { approvals: [ending], now: NOW + 1_000 });
      expect(standing(later, subject, null)).toBe("unnamed");
    }
  });

  test("by anybody but the policy's authority counts for nothing", async () => {
    const stranger = approvalOf({ kind: "approval", subject: MODEL, name: "m" }, OTHER);
    const said = await reading(new Words().attested(stranger), { approvals: [stranger] });
    expect(standing(said, MODEL, NOW)).toBe("unnamed");
  });

  test("ends for what is anchored later, when it expires or is revoked", async () => {
    const ending = approvalOf({ kind: "approval", subject: MODEL, name: "m" }, TEAM, NOW - 100);
    const said = await reading(new Words().attested(ending), { approvals: [ending] });
    expect([NOW - 101, NOW - 100, null].map((time) => standing(said, MODEL, time))).toEqual([
      "approved",
      "unnamed",
      "unnamed",
    ]);
    const revoked = await reading(new Words().attested(approval, NOW - 50), { approvals: [approval] });
    expect([NOW - 51, NOW - 50].map((time) => standing(revoked, MODEL, time))).toEqual([
      "approved",
      "unnamed",
    ]);
  });

  test("that was given twice lasts as long as the longer one", async () => {
    const ending = approvalOf({ kind: "approval", subject: MODEL, name: "m" }, TEAM, NOW - 100);
    for (const approvals of [
      [approval, ending],
      [ending, approval],
    ]) {
      const said = await reading(new Words().attested(approval).attested(ending), { approvals });
      expect(standing(said, MODEL, null)).toBe("approved");
    }
  });
});

describe("a denial", () => {
  test("as lost counts from its time on, and beats an approval", async () => {
    const approval = approvalOf({ kind: "approval", subject: MODEL, name: "m" });
    const chain = new Words().attested(approval).denied(MODEL, "lost", NOW - 10);
    const said = await reading(chain, { approvals: [approval] });
    expect([NOW - 11, NOW - 10, null].map((time) => standing(said, MODEL, time))).toEqual([
      "approved",
      "denied",
      "denied",
    ]);
  });

  test("as compromised counts for ever, unless the authority says since when", async () => {
    const chain = new Words().denied(MODEL, "compromised", NOW);
    expect(standing(await reading(chain), MODEL, 1)).toBe("denied");
    const denial = denialDigest(MODEL, "compromised");
    const since = approvalOf({ kind: "compromise", denial, since: NOW - 500 });
    const said = await reading(chain.attested(since), { approvals: [since] });
    expect([NOW - 501, NOW - 500].map((time) => standing(said, MODEL, time))).toEqual(["unnamed", "denied"]);
    const strangers = approvalOf({ kind: "compromise", denial, since: NOW }, OTHER);
    const other = await reading(new Words().denied(MODEL, "compromised", NOW).attested(strangers), {
      approvals: [strangers],
    });
    expect(standing(other, MODEL, 1)).toBe("denied");
  });

  test("by anybody but the policy's authority counts for nothing, and by any of its addresses it counts", async () => {
    const chain = new Words().denied(MODEL, "lost", 1, OTHER);
    expect(standing(await reading(chain), MODEL, NOW)).toBe("unnamed");
    const both = policyWith({
      addresses: [
        { name: "one", address: TEAM },
        { name: "two", address: OTHER },
      ],
    });
    expect(standing(await reading(chain, { policy: both }), MODEL, NOW)).toBe("denied");
  });

  test("counts for what the policy itself lists", async () => {
    const listed = policyWith({}, { verifiers: [{ name: "ci", address: OTHER }] });
    const subject: Subject = { kind: "verifier", id: OTHER };
    const said = await reading(new Words().denied(subject, "lost", NOW), { policy: listed, subjects: [] });
    expect(standing(said, subject, null)).toBe("denied");
  });
});

describe("nobody can tell which rules count", () => {
  test.each([
    ["the chain is another", (chain: Words) => (chain.chainId = 1), {}, /speaks on Unichain/],
    ["nobody answers", (chain: Words) => (chain.isAway = true), {}, /Nobody answers/],
    [
      "too few say it",
      (chain: Words) => (chain.trust = "singleRpc"),
      { witnesses: "several" },
      /two who agree/,
    ],
    ["nothing proves it", (_: Words) => {}, { witnesses: "proved" }, /asks for a proof/],
    ["what is shown is of times to come", (chain: Words) => (chain.time = NOW + 3_600), {}, /not come yet/],
    ["servers differ", (chain: Words) => (chain.differs = true), {}, /Two servers differ/],
    ["what is shown is old", (chain: Words) => (chain.time = NOW - 8 * 24 * 3600), {}, /192 hours ago/],
  ])("where %s", async (_, change, anchors, reason) => {
    const chain = new Words();
    change(chain);
    expect(await reading(chain, { policy: policyWith({}, { anchors }) })).toEqual({
      kind: "unread",
      reason: expect.stringMatching(reason),
    });
  });

  test("where a repository names more than may be asked about", async () => {
    const subjects = Array.from({ length: MAX_SUBJECTS + 1 }, (_, index): Subject => {
      return { kind: "device", id: Address.parse(`0x${index.toString(16).padStart(40, "0")}`) };
    });
    expect(await reading(new Words(), { subjects })).toMatchObject({ kind: "unread" });
    expect(await reading(new Words(), { subjects: subjects.slice(1) })).toMatchObject({ kind: "read" });
    const own = Array.from({ length: MAX_APPROVALS + 1 }, () =>
      approvalOf({ kind: "approval", subject: { kind: "model", id: randomDigest() }, name: "m" }),
    );
    expect(await reading(new Words(), { approvals: own })).toMatchObject({
      kind: "unread",
      reason: expect.stringMatching(/holds more than 2000 files/),
    });
  });

  test("but copies of one approval are one", async () => {
    const approval = approvalOf({ kind: "approval", subject: MODEL, name: "m" });
    const approvals = Array.from({ length: MAX_APPROVALS + 1 }, () => approval);
    expect(standing(await reading(new Words().attested(approval), { approvals }), MODEL, null)).toBe(
      "approved",
    );
  });

  test("where there is no authority there is nothing to tell", async () => {
    const { authority: _, ...policy } = policyWith();
    expect(await reading(new Words(), { policy })).toBeNull();
  });
});

describe("what was read once", () => {
  test("stands in where nobody can be asked, as long as the policy allows", async () => {
    const chain = new Words().denied(MODEL, "lost", NOW - 5);
    await reading(chain);
    chain.isAway = true;
    const hours = (count: number) => reading(chain, { now: NOW + count * 3600 });
    expect(await hours(167)).toMatchObject({ kind: "read", isRemembered: true, time: NOW });
    expect(standing(await hours(1), MODEL, null)).toBe("denied");
    expect(await hours(168)).toMatchObject({
      kind: "unread",
      reason: expect.stringMatching(/168 hours ago/),
    });
    const unknown: Subject = { kind: "model", id: randomDigest() };
    expect(await reading(chain, { subjects: [MODEL, unknown] })).toMatchObject({ kind: "unread" });
  });

  test.each(["quorum", "stateProof"] as const)("by %s, no server takes back", async (trust) => {
    const chain = new Words().denied(MODEL, "lost", NOW - 5);
    chain.trust = trust;
    await reading(chain);
    chain.held.clear();
    expect(await reading(chain)).toEqual({
      kind: "unread",
      reason: expect.stringMatching(/no longer show something that it said earlier/),
    });
  });

  test("by two operators, is not forgotten because one was asked since", async () => {
    const chain = new Words().denied(MODEL, "lost", NOW - 5);
    await reading(chain);
    chain.trust = "singleRpc";
    await reading(chain);
    chain.held.clear();
    expect(await reading(chain)).toMatchObject({ kind: "unread" });
  });

  test("stands in for no servers that differ", async () => {
    const chain = new Words();
    await reading(chain);
    chain.differs = true;
    expect(await reading(chain)).toMatchObject({ kind: "unread", reason: expect.stringMatching(/differ/) });
  });

  test("is not pushed out by whoever names many others", async () => {
    const addresses = Array.from({ length: 8 }, (_, index) => {
      return { name: `${index}`, address: `0x${`${index + 1}`.repeat(40)}` };
    });
    const device: Subject = { kind: "device", id: Address.parse(`0x${"d".repeat(40)}`) };
    const policy = policyWith({ addresses }, { devices: [{ name: "laptop", address: device.id }] });
    const chain = new Words().denied(device, "lost", NOW - 5);
    expect(standing(await reading(chain, { policy, subjects: [] }), device, null)).toBe("denied");
    for (let round = 0; round < 4; round += 1) {
      const many = Array.from({ length: 700 }, (): Subject => ({ kind: "model", id: randomDigest() }));
      expect(await reading(chain, { policy, subjects: many })).toMatchObject({ kind: "read" });
    }
    chain.held.clear();
    expect(await reading(chain, { policy, subjects: [] })).toMatchObject({ kind: "unread" });
  });

  test("by several at once, is kept of each", async () => {
    const at = { id: 130, contract: CONTRACT };
    const said = (key: string) => ({
      ...{ time: NOW, trust: "quorum" as const, operators: [] },
      words: new Map([[key, 5n]]),
    });
    const keys = Array.from({ length: 8 }, (_, index) => `word ${index}`);
    await Promise.all(keys.map((key) => new AuthorityMemory(home).keep(at, said(key))));
    expect([...(await new AuthorityMemory(home).of(at)).keys()].sort()).toEqual(keys);
  });

  test("by one operator's word alone, another may say otherwise", async () => {
    const chain = new Words().denied(MODEL, "lost", NOW - 5);
    chain.trust = "singleRpc";
    await reading(chain);
    chain.held.clear();
    expect(standing(await reading(chain), MODEL, null)).toBe("unnamed");
  });

  test("on a developer's own chain, is not kept", async () => {
    const chain = new Words().denied(MODEL, "lost", NOW - 5);
    chain.trust = "local";
    await reading(chain);
    chain.isAway = true;
    expect(await reading(chain)).toMatchObject({ kind: "unread" });
  });

  test("and was damaged since, is as good as nothing", async () => {
    const chain = new Words().denied(MODEL, "lost", NOW - 5);
    await reading(chain);
    const [name = ""] = readdirSync(join(home, "authority"));
    const path = join(home, "authority", name);
    writeFileSync(path, readFileSync(path, "utf8").replace(/"time":\d+/, '"time":"late"'));
    chain.isAway = true;
    expect(await reading(chain)).toMatchObject({ kind: "unread" });
    chain.isAway = false;
    expect(standing(await reading(chain), MODEL, null)).toBe("denied");
  });
});

describe("what is attested", () => {
  const name = fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 });
  const digest = fc
    .uint8Array({ minLength: 32, maxLength: 32 })
    .map((bytes) => Digest.parse(Buffer.from(bytes).toString("hex")));
  const address = fc
    .uint8Array({ minLength: 20, maxLength: 20 })
    .map((bytes) => Address.parse(`0x${Buffer.from(bytes).toString("hex")}`));
  const attested: fc.Arbitrary<Attested> = fc.oneof(
    fc.record({
      kind: fc.constant("approval" as const),
      subject: fc.oneof(
        fc.record({ kind: fc.constantFrom("model" as const, "environment" as const), id: digest }),
        fc.record({ kind: fc.constantFrom("device" as const, "verifier" as const), id: address }),
      ),
      name,
    }),
    fc.record({ kind: fc.constant("compromise" as const), denial: digest, since: fc.nat() }),
  );
  const wrap = (one: Attested) => ({
    ...attestationOf(one, { attester: TEAM, time: 1, expirationTime: 0 }),
    bump: 0,
  });

  test("is read as it was written, in one spelling", () => {
    fc.assert(
      fc.property(attested, (one) => {
        expect(readAttested(wrap(one))).toEqual(one);
      }),
    );
  });

  test("and changed in one byte, is something else or nothing", () => {
    fc.assert(
      fc.property(attested, fc.nat(), fc.integer({ min: 1, max: 255 }), (one, at, change) => {
        const bytes = Buffer.from(encodeAttested(one).slice(2), "hex");
        const index = at % bytes.length;
        bytes[index] = (bytes[index] ?? 0) ^ change;
        const read = readAttested({ ...wrap(one), data: `0x${bytes.toString("hex")}` });
        expect(read).not.toEqual(one);
        expect(read === null || encodeAttested(read) === `0x${bytes.toString("hex")}`).toBe(true);
      }),
    );
  });
});
