/** Quotes of Intel's own hardware, so that what the stand-in proves cannot be wrong alike. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { AnswerFlaw } from "../../../../server/src/providers/attestation/answerFlaw";
import { bindingChecks, INTEL_ROOT } from "../../../../server/src/providers/tdx/quoteChecks";
import { Collateral } from "../../../../server/src/providers/tdx/savedTdxAnswer";
import { readQuote, type TdxQuote } from "../../../../server/src/providers/tdx/tdxQuote";
import { type QuoteVerdict, verifyQuote } from "../../../../server/src/providers/tdx/verifyQuote";
import { newIntel } from "../../../support/tdx/intel";

const fixture = (name: string): unknown =>
  JSON.parse(readFileSync(join(import.meta.dirname, "../../../fixtures/tdx", name), "utf8"));

const { quote: spelled, collateral } = z
  .strictObject({ quote: z.string(), collateral: Collateral })
  .parse(fixture("quote.json"));
const quote = Buffer.from(spelled, "base64");
const AT = Date.parse("2025-06-20T10:16:03Z") / 1000;

const near = z
  .object({
    signing_address: z.string().transform((value) => value as `0x${string}`),
    request_nonce: z.string(),
    intel_quote: z.string().transform((value) => Buffer.from(value, "hex")),
    tcb_info: z.record(z.string(), z.string()),
  })
  .parse(fixture("report.json"));

function verdict(bytes = quote, changes: Partial<Collateral> = {}, at = AT, root = INTEL_ROOT) {
  return verifyQuote(bytes, readQuote(bytes), { ...collateral, ...changes }, at, root);
}

const UP_TO_DATE: QuoteVerdict = { kind: "genuine", state: { status: "UpToDate", advisories: [] } };

describe("a real quote", () => {
  it("leads to Intel's own root at the time at which it was made", async () => {
    expect(await verdict()).toEqual(UP_TO_DATE);
  });

  it.each<[string, Partial<Collateral>, number, string]>([
    [
      "is not judged today",
      {},
      Date.parse("2026-11-30T00:00:00Z") / 1000,
      "revoked certificates was valid from",
    ],
    ["is not judged before its collateral", {}, AT - 2 * 86_400, "revoked certificates was valid from"],
    ["has to come with what was revoked", { pck_crl: "00" }, AT, "not one that their authority signed"],
    [
      "has to come with what its own authority revoked",
      { pck_crl: collateral.root_ca_crl },
      AT,
      "not one that their authority signed",
    ],
    [
      "has to come with what Intel signed of its platform",
      { tcb_info: collateral.tcb_info.replace("UpToDate", "OutOfDate") },
      AT,
      "Intel did not sign what is said of the platform",
    ],
    [
      "has to come with what Intel signed of the enclave that quotes",
      { qe_identity: collateral.qe_identity.replace('"isvsvn":4', '"isvsvn":3') },
      AT,
      "Intel did not sign what is said of the enclave that quotes",
    ],
  ])("%s", async (_, changes, at, reason) => {
    expect(await verdict(quote, changes, at)).toEqual({
      kind: "unvouched",
      reason: expect.stringContaining(reason),
    });
  });

  it("counts for nothing under another root", async () => {
    expect(await verdict(quote, {}, AT, newIntel().root)).toEqual({
      kind: "unvouched",
      reason: "its root certificate is not Intel's",
    });
  });

  it.each<[string, number]>([
    ["its version", 0],
    ["its header", 30],
    ["the TDX module's version", 48],
    ["the TDX module's measurement", 64],
    ["the TDX module's signer", 112],
    ["its attributes", 170],
    ["MRTD", 184],
    ["RTMR0", 376],
    ["RTMR3", 567],
    ["the key that it is about", 568],
    ["the nonce", 631],
    ["its signature", 636],
    ["the key of the enclave that quotes", 700],
    ["the report of that enclave", 770],
    ["the platform's signature", 1_154],
    ["what is signed with that key", 1_220],
    ["the platform's certificate", 1_400],
    ["the authority's certificate", 3_200],
    ["the root certificate", 4_400],
    ["what follows it", 5_000],
  ])("vouches for nothing with one bit flipped in %s", async (_, at) => {
    const changed = Buffer.from(quote);
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(await vouchedFor(changed)).toBeNull();
  });

  it("never says anything else with one byte of it changed", async () => {
    const honest = readQuote(quote);
    const firstCertificate = quote.indexOf("-----BEGIN");
    await fc.assert(
      fc.asyncProperty(fc.nat(quote.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const changed = Buffer.from(quote);
        changed[at] = (changed[at] ?? 0) ^ flip;
        const told = await vouchedFor(changed);
        // Between certificates nothing is said.
        if (told !== null) {
          expect(at).toBeGreaterThanOrEqual(firstCertificate);
          expect(told).toEqual({ ...honest, certificates: told.certificates });
        }
      }),
      { numRuns: 100 },
    );
  });

  it("vouches for nothing cut short, or with hostile sizes in it", async () => {
    for (const length of [0, 7, 632, 635, 636, 763, 1_251, 4_935]) {
      expect(await vouchedFor(quote.subarray(0, length))).toBeNull();
    }
    for (const at of [632, 766, 1_218, 1_254]) {
      const hostile = Buffer.from(quote);
      hostile.fill(0xff, at, at + 4);
      expect(await vouchedFor(hostile)).toBeNull();
    }
  });

  it.each<[string, () => Partial<Collateral>]>([
    ["as many certificates as fit in", () => ({ tcb_info_issuer_chain: rootCertificate().repeat(14) })],
    ["many that are none", () => ({ qe_identity_issuer_chain: "-----BEGIN CERTIFICATE-----\n".repeat(580) })],
    [
      "one without an end",
      () => ({ tcb_info_issuer_chain: `-----BEGIN CERTIFICATE-----${"A".repeat(16_000)}` }),
    ],
    [
      "a number without an end among what was revoked",
      () => ({ pck_crl: `30820000028300bf00${"7f".repeat(48_000)}` }),
    ],
    ["lists in lists among what was revoked", () => ({ root_ca_crl: "3080".repeat(8_000) })],
    ["lists in lists of the platform", () => ({ tcb_info: "[".repeat(48_000) })],
    ["what of the platform is no list", () => ({ tcb_info: '{"tcbLevels":{"map":1}}' })],
    ["what of the enclave that quotes is null", () => ({ qe_identity: "null" })],
  ])("vouches for nothing with %s, and soon", async (_, changes) => {
    const hostile = Collateral.parse({ ...collateral, ...changes() });
    expect(await verdict(quote, hostile)).toEqual({ kind: "unvouched", reason: expect.any(String) });
  });
});

/** The root certificate, in PEM. */
function rootCertificate(): string {
  return collateral.tcb_info_issuer_chain.split(/(?<=END CERTIFICATE-----\n)/)[1] ?? "";
}

/** What a quote says that Intel vouches for; `null` where it vouches for nothing. */
async function vouchedFor(bytes: Buffer): Promise<TdxQuote | null> {
  try {
    const told = readQuote(bytes);
    return (await verifyQuote(bytes, told, collateral, AT, INTEL_ROOT)).kind === "genuine" ? told : null;
  } catch (error) {
    expect(error).toBeInstanceOf(AnswerFlaw);
    return null;
  }
}

describe("a real report of NEAR AI Cloud", () => {
  const { measurements, reportData, isDebug } = readQuote(near.intel_quote);

  it("measures what its gateway says that it does", () => {
    const { mrtd, rtmr0, rtmr1, rtmr2, rtmr3 } = near.tcb_info;
    expect(Buffer.from(measurements.mrtd).toString("hex")).toBe(mrtd);
    expect(measurements.rtmrs.map((one) => Buffer.from(one).toString("hex"))).toEqual([
      ...[rtmr0, rtmr1, rtmr2, rtmr3],
    ]);
    expect(isDebug).toBe(false);
  });

  it("binds the key and the nonce that it names, and no other", () => {
    const bound = (address: `0x${string}`, nonce: string) =>
      bindingChecks(reportData, address, { nonce }).map(({ value }) => value);
    expect(bound(near.signing_address, near.request_nonce)).toEqual(["passed", "notChecked"]);
    expect(bound(near.signing_address, "0".repeat(64))).toEqual(["failed", "notChecked"]);
    expect(bound(`0x${"1".repeat(40)}`, near.request_nonce)).toEqual(["failed", "notChecked"]);
  });
});
