import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Address, Digest } from "../../../../server/src/platform/primitives";
import type { SettlementKind } from "../../../../server/src/protocol/settlementKinds";
import { EnclaveConsents } from "../../../../server/src/providers/opengradient/enclaveConsents";
import {
  describeTerms,
  type EnclaveTerms,
  standingEnclave,
  termsDigest,
  termsFor,
} from "../../../../server/src/providers/opengradient/enclaveTerms";
import { digestOf } from "../../../support/digests";
import {
  type EntryParameters,
  newEnclave,
  registryEntry,
  type StandInEnclave,
} from "../../../support/standInEnclave";

const WANTED = { model: "gpt-5", settlement: "private" } as const;

let enclave: StandInEnclave;
let terms: EnclaveTerms;
beforeAll(() => {
  enclave = newEnclave();
  terms = termsFor(standing(), WANTED, null);
});

function standing(parameters: EntryParameters = {}, isCodeApproved = true) {
  const entry = registryEntry(enclave, parameters);
  return standingEnclave(enclave.name, { block: 7, entry, isCodeApproved });
}

describe("an enclave that may be asked", () => {
  it("is one that the registry has enabled, with code that it approves, and an address to ask", () => {
    expect(standing().endpoint.url).toBe("https://enclave.example");
  });

  it.each<[string, EntryParameters, boolean, RegExp]>([
    ["is disabled", { enabled: false }, true, /disabled/],
    ["does not relay to models", { type: 1 }, true, /does not relay/],
    ["runs code that is not approved", {}, false, /does not approve its code/],
    ["has no https address", { endpoint: "http://enclave.example" }, true, /no https address/],
    ["has an address with a path", { endpoint: "https://enclave.example/a" }, true, /no https address/],
    ["has an address with a name in it", { endpoint: "https://a@enclave.example" }, true, /no https address/],
    ["has no address", { endpoint: "" }, true, /no https address/],
  ])("is none that %s", (_, parameters, isApproved, why) => {
    expect(() => standing(parameters, isApproved)).toThrow(
      expect.objectContaining({ code: "enclave.differs", message: expect.stringMatching(why) }),
    );
  });

  it("is none that the registry does not know, or knows another by", () => {
    const state = { block: 7, isCodeApproved: true };
    expect(() => standingEnclave(enclave.name, { ...state, entry: null })).toThrow("knows no such");
    expect(() => standingEnclave(enclave.name, { ...state, entry: "0x00" })).toThrow("cannot be read");
    const other = registryEntry(newEnclave());
    expect(() => standingEnclave(enclave.name, { ...state, entry: other })).toThrow("another enclave's");
  });
});

describe("what a person agrees to", () => {
  it("names all that they have to know", () => {
    const lines = describeTerms(terms).join("\n");
    for (const part of [
      ...[enclave.name, terms.endpoint, terms.certificate, terms.payee, "gpt-5", "cannot be checked"],
      ...["third party", "8,000 characters", "3,000", "ignored", "settlement private", "nor their hashes"],
      ...["0.1 OPG a session", "1 OPG within an hour", "5 OPG within a day"],
    ]) {
      expect(lines).toContain(part);
    }
  });

  it("says what becomes public by each settlement", () => {
    const saying = (settlement: SettlementKind): string =>
      describeTerms({ ...terms, settlement }).find((line) => line.startsWith("Made public: ")) ?? "";
    expect(saying("private")).toMatch(/settlement private, .* neither request nor answer nor their hashes/);
    expect(saying("batch")).toMatch(/settlement batch, .* hashes of request and answer/);
    expect(saying("individual")).toMatch(/settlement individual, .* whole request .* in clear/);
  });

  it("names a program on this computer that is asked in the enclave's place, and that nothing is paid there", () => {
    const relayed = termsFor(standing(), WANTED, "http://127.0.0.1:11434");
    const lines = describeTerms(relayed).join("\n");
    expect(lines).toContain("http://127.0.0.1:11434, a program on this computer");
    expect(lines).toContain("Proofline pays nothing here");
    expect(lines).not.toContain("https://enclave.example");
    expect(termsDigest(relayed)).not.toBe(termsDigest(terms));
  });

  it("is another thing with any other value", () => {
    const others: Partial<EnclaveTerms>[] = [
      { enclave: newEnclave().name },
      { endpoint: "https://other.example" },
      { certificate: digestOf("01") },
      { payee: Address.parse(`0x${"1".repeat(40)}`) },
      { model: "gpt-5-mini" },
      { settlement: "batch" },
      { settlement: "individual" },
      { certificate: null },
      ...(["session", "hour", "day"] as const).map((span) => ({ most: { ...terms.most, [span]: "1" } })),
    ];
    const digests = others.map((other) => termsDigest({ ...terms, ...other }));
    expect(new Set([termsDigest(terms), ...digests]).size).toBe(others.length + 1);
  });

  it("shows letter by letter what an enclave's owner wrote", () => {
    const hidden = describeTerms({ ...terms, model: "gpt\u202e5" }).join("\n");
    expect(hidden).toContain("gpt\\u{202e}5");
  });
});

describe("what was agreed to", () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "proofline-consents-"));
  });
  afterEach(() => rmSync(home, { recursive: true }));
  const here = { folder: "/here", id: "a".repeat(32) };
  const asIdentity = ({ folder, id }: typeof here) => ({ folder, ids: [id] });

  it("counts in that repository alone, until it is taken back or replaced", async () => {
    const consents = new EnclaveConsents(home);
    expect(await consents.of(asIdentity(here))).toEqual({ terms: null, problem: null });
    await consents.accept(here, terms);
    expect((await consents.of(asIdentity(here))).terms).toEqual(terms);
    expect((await consents.of({ folder: "/there", ids: [here.id] })).terms).toBeNull();
    expect((await consents.of({ folder: "/here", ids: ["b".repeat(32)] })).terms).toBeNull();
    await consents.accept(here, { ...terms, model: "gpt-5-mini" });
    expect((await consents.of(asIdentity(here))).terms?.model).toBe("gpt-5-mini");
    await consents.forget(here);
    expect((await consents.of(asIdentity(here))).terms).toBeNull();
  });

  it("counts for nothing where other words were shown, or the record is not what was written", async () => {
    const consents = new EnclaveConsents(home);
    await consents.accept(here, terms);
    const [below = ""] = readdirSync(join(home, "enclaves", "accepted"));
    const folder = join(home, "enclaves", "accepted", below);
    const file = join(folder, readdirSync(folder)[0] ?? "");
    const record: object = JSON.parse(readFileSync(file, "utf8"));
    writeFileSync(file, JSON.stringify({ ...record, shown: Digest.parse("0".repeat(64)) }));
    expect((await consents.of(asIdentity(here))).terms).toBeNull();
    writeFileSync(file, JSON.stringify({ ...record, terms: { ...terms, endpoint: "https://evil.example" } }));
    expect((await consents.of(asIdentity(here))).terms).toBeNull();
    writeFileSync(file, "{");
    expect(await consents.of(asIdentity(here))).toEqual({
      terms: null,
      problem: expect.stringContaining("damaged"),
    });
  });
});
