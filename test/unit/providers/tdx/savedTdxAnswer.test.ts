import { describe, expect, it } from "vitest";
import { SavedTdxAnswer } from "../../../../server/src/providers/tdx/savedTdxAnswer";
import { readSignedText, spellSignedText } from "../../../../server/src/providers/tdx/signedText";
import { newIntel } from "../../../support/tdx/intel";
import { newTdxEnclave, reportOn, savedTdxAnswer, signedText } from "../../../support/tdx/tdxEnclave";

const enclave = newTdxEnclave();
const saved = await savedTdxAnswer(enclave, { report: reportOn(newIntel(), enclave) });

describe("a saved answer", () => {
  it.each<[string, (file: typeof saved) => object, RegExp]>([
    [
      "signed by Ed25519",
      (file) => ({ signature: { ...file.signature, signing_algo: "ed25519" } }),
      /only ecdsa is checked, and neither ed25519/,
    ],
    [
      "with a signature of 64 bytes",
      (file) => ({ signature: { ...file.signature, signature: `0x${"1".repeat(128)}` } }),
      /65 bytes/,
    ],
    [
      "with an address that is none",
      (file) => ({ signature: { ...file.signature, signing_address: "0x1" } }),
      /40 hex digits/,
    ],
    ["with half a character", () => ({ answer: "\ud800" }), /lone surrogate/],
    [
      "with a quote longer than any",
      (file) => ({ report: { ...file.report, quote: Buffer.alloc(16 * 1024 + 3).toString("base64") } }),
      /report/,
    ],
    [
      "with a nonce of 31 bytes",
      (file) => ({ report: { ...file.report, nonce: "0".repeat(62) } }),
      /64 lower-case/,
    ],
    [
      "with more in the collateral than Intel says",
      ({ report }) => ({
        report: { ...report, collateral: { ...report?.collateral, pck_certificate_chain: "" } },
      }),
      /pck_certificate_chain/,
    ],
    [
      "with what was revoked in no hex",
      ({ report }) => ({ report: { ...report, collateral: { ...report?.collateral, pck_crl: "zz" } } }),
      /in hex/,
    ],
    [
      "with what was revoked longer than any",
      ({ report }) => ({
        report: { ...report, collateral: { ...report?.collateral, pck_crl: "00".repeat(48 * 1024 + 1) } },
      }),
      /Too big/,
    ],
  ])("%s is refused", (_, changes, reason) => {
    expect(SavedTdxAnswer.safeParse(saved).success).toBe(true);
    const parsed = SavedTdxAnswer.safeParse({ ...saved, ...changes(saved) });
    expect(parsed.error?.message).toMatch(reason);
  });
});

describe("the text that is signed", () => {
  it.each([null, "gpt-oss", "openai/gpt-oss-120b", "host:8000/gpt:latest", "with\nlines", ":"])(
    "is read as it was spelled, with the model %j",
    (model) => {
      const text = signedText("a", "b", model);
      const read = readSignedText(text);
      expect(read.model).toBe(model);
      expect(spellSignedText(read)).toBe(text);
    },
  );

  it.each([
    "",
    "all good",
    `${"0".repeat(64)}:${"g".repeat(64)}`,
    `${"0".repeat(64)}:`,
    `${"A".repeat(64)}:${"0".repeat(64)}`,
  ])("is not guessed at: %j", (text) => {
    expect(() => readSignedText(text)).toThrow("does not end in");
  });
});
