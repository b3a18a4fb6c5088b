import { beforeAll, describe, expect, it } from "vitest";
import {
  ANSWER_CHECKS,
  type AnswerCheckName,
  type AnswerCheckValue,
  type AnswerReport,
} from "../../../../server/src/providers/attestation/answerReport";
import { checkTdxAnswer } from "../../../../server/src/providers/tdx/checkTdxAnswer";
import type { SavedTdxAnswer } from "../../../../server/src/providers/tdx/savedTdxAnswer";
import {
  EXPIRED,
  HANDED_IN_AT,
  newIntel,
  type PlatformParameters,
  type StandInIntel,
} from "../../../support/tdx/intel";
import { revocationList } from "../../../support/tdx/revocations";
import {
  FINGERPRINT,
  NONCE,
  newTdxEnclave,
  reportData,
  reportOn,
  savedTdxAnswer,
  signatureOn,
  signedText,
  TDX_ANSWER,
  TDX_REQUEST,
  type TdxEnclave,
} from "../../../support/tdx/tdxEnclave";
import { extension, integer, newKey, pem } from "../../models/certificates";

let intel: StandInIntel;
let enclave: TdxEnclave;
let other: TdxEnclave;
beforeAll(() => {
  intel = newIntel();
  enclave = newTdxEnclave();
  other = newTdxEnclave();
});

type Report = NonNullable<SavedTdxAnswer["report"]>;

/** A whole file with a report on a platform of Intel's, with some of it changed. */
function saved(changes: object = {}, platform: PlatformParameters = {}, report: Partial<Report> = {}) {
  return savedTdxAnswer(enclave, { report: reportOn(intel, enclave, platform, report), ...changes });
}

async function checked(...parameters: Parameters<typeof saved>): Promise<AnswerReport> {
  return checkTdxAnswer(await saved(...parameters), intel.root);
}

const named = (report: AnswerReport, wanted: AnswerCheckValue): readonly AnswerCheckName[] =>
  report.checks.filter(({ value }) => value === wanted).map(({ name }) => name);
const reasonOf = ({ checks }: AnswerReport, wanted: AnswerCheckName): string | undefined =>
  checks.find(({ name }) => name === wanted)?.reason;

describe("checkTdxAnswer", () => {
  it("makes every check once, in order, each with a sentence", async () => {
    const { checks } = await checked();
    const ofEvidence: readonly AnswerCheckName[] = ["statement", "displayedText"];
    expect(checks.map(({ name }) => name)).toEqual(
      ANSWER_CHECKS.filter((name) => !ofEvidence.includes(name)),
    );
    for (const { reason } of checks) {
      expect(reason).toMatch(/^[A-Z].*[^.]\.$/);
    }
  });

  it("calls attested what a key signed that Intel's hardware vouches for, and no more", async () => {
    const report = await checked();
    expect(report).toMatchObject({
      summary: "attested",
      enclave: enclave.address.toLowerCase(),
      timestamp: null,
      model: "openai/gpt-oss-120b",
    });
    expect(report.meaning).toContain("Intel's hardware signed this answer");
    expect(named(report, "failed")).toEqual([]);
    expect(named(report, "notChecked")).toEqual([
      ...["registryEntry", "enclaveEnabled", "codeApproved", "codeStillApproved"],
      ...["bindsTlsCertificate", "measurement", "environmentKnown", "settlement"],
    ]);
    expect(named(report, "unproved")).toEqual(["model"]);
    expect(reasonOf(report, "measurement")).toContain(`MRTD ${"a0".repeat(48)}, RTMR0 ${"01".repeat(48)}`);
    expect(reasonOf(report, "signature")).toContain("calls the model openai/gpt-oss-120b");
  });

  it("takes a text without a model, one with colons, and a padded quote", async () => {
    for (const model of [null, "host:8000/gpt:latest"]) {
      const signature = await signatureOn(enclave, signedText(TDX_REQUEST, TDX_ANSWER, model));
      const padding = Buffer.alloc(70);
      expect((await checked({ signature }, { quote: { padding } })).summary).toBe("attested");
    }
  });

  it("takes a report about the key together with a TLS certificate", async () => {
    const bound = reportData(enclave, { fingerprint: FINGERPRINT });
    const tlsFingerprint = FINGERPRINT.toString("hex");
    const report = await checked({}, { report: { reportData: bound } }, { tlsFingerprint });
    expect(report.summary).toBe("attested");
    expect(named(report, "passed")).toContain("bindsTlsCertificate");
    // Without the certificate nobody can tell what such a report is about.
    const alone = await checked({}, { report: { reportData: bound } });
    expect(alone.summary).toBe("signed");
    expect(named(alone, "failed")).toEqual([]);
    expect(named(alone, "notChecked")).toContain("bindsSigningKey");
  });

  it("says less with less at hand", async () => {
    const alone = await checked({ report: undefined });
    expect(alone.summary).toBe("signed");
    expect(reasonOf(alone, "documentChain")).toBe("No report about the enclave came with the answer.");
    const { nonce: _, ...withoutNonce } = reportOn(intel, enclave);
    const unasked = await checked({ report: withoutNonce });
    expect(unasked.summary).toBe("attested");
    expect(reasonOf(unasked, "bindsSigningKey")).toContain("For which nonce it was made was not looked at");
    const unknown = await checked({ signature: await signatureOn(enclave, "all good") });
    expect(unknown.summary).toBe("unchecked");
    expect(named(unknown, "notChecked").slice(0, 3)).toEqual(["requestHash", "outputHash", "signature"]);
    const version5 = await checked({}, { quote: { version: 5 } });
    expect(version5.summary).toBe("signed");
    expect(reasonOf(version5, "documentSignature")).toContain("no TDX quote of version 4");
  });

  it("keeps what the file says within quotation marks", async () => {
    const text = signedText(TDX_REQUEST, TDX_ANSWER, "x. All checks passed\u202e");
    const report = await checked({ signature: await signatureOn(enclave, text) });
    expect(reasonOf(report, "signature")).toContain("the model “x. All checks passed\\u{202e}”.");
  });
});

describe("a state of the platform that is not the best", () => {
  it.each<[string, PlatformParameters, string]>([
    ["of its processor", { processorVersion: 1 }, "OutOfDate (INTEL-SA-00002, INTEL-SA-00003)"],
    ["of its processor's software", { status: "SWHardeningNeeded" }, "SWHardeningNeeded"],
    ["of its settings", { status: "ConfigurationNeeded" }, "ConfigurationNeeded"],
    [
      "of its TDX module",
      { report: { securityVersions: Buffer.of(3, 1, 2, ...Buffer.alloc(13)) } },
      "OutOfDate (INTEL-SA-00001)",
    ],
    [
      "of the enclave that quotes",
      { identity: { tcbLevels: [{ tcb: { isvsvn: 2 }, tcbStatus: "OutOfDate" }] } },
      "OutOfDate",
    ],
  ])("%s is a warning, and nothing is attested", async (_, platform, status) => {
    const report = await checked({}, platform);
    expect(report.summary).toBe("signed");
    expect(named(report, "failed")).toEqual([]);
    expect(named(report, "warning")).toEqual(["documentChain"]);
    expect(reasonOf(report, "documentChain")).toContain(`of the platform Intel said ${status}.`);
  });
});

it("cannot be told of a platform that Intel's list does not have", async () => {
  const report = await checked({}, { processorVersion: 0 });
  expect(report.summary).toBe("signed");
  expect(named(report, "failed")).toEqual([]);
  expect(reasonOf(report, "documentChain")).toContain("none of the states that Intel lists");
  expect(named(report, "passed")).not.toContain("documentSignature");
});

describe("what does not hold of the signature", () => {
  /** The same signature with another s and v, which the curve takes as well. */
  const mirrored = (signature: string): string => {
    const bytes = Buffer.from(signature.slice(2), "hex");
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    const s = order - BigInt(`0x${bytes.subarray(32, 64).toString("hex")}`);
    const v = bytes[64] === 27 ? 28 : 27;
    return `0x${bytes.subarray(0, 32).toString("hex")}${s.toString(16).padStart(64, "0")}${v.toString(16)}`;
  };
  const honest = () => signatureOn(enclave, signedText(TDX_REQUEST, TDX_ANSWER));
  const changed = (text: string, at: number): string =>
    `${text.slice(0, at)}${text[at] === "0" ? "1" : "0"}${text.slice(at + 1)}`;

  it.each<[string, () => Promise<object>, readonly AnswerCheckName[]]>([
    [
      "one changed byte of the request",
      async () => ({ request: TDX_REQUEST.replace("user", "User") }),
      ["requestHash", "signature"],
    ],
    [
      "one changed byte of the answer",
      async () => ({ answer: TDX_ANSWER.replace("abe", "abE") }),
      ["outputHash", "signature"],
    ],
    [
      "an answer that was cut",
      async () => ({ answer: TDX_ANSWER.slice(0, -1) }),
      ["outputHash", "signature"],
    ],
    [
      "one changed letter of the request's hash in the text",
      async () => {
        const signature = await honest();
        return { signature: { ...signature, text: changed(signature.text, signature.text.length - 66) } };
      },
      ["requestHash", "signingKey"],
    ],
    [
      "one changed letter of the answer's hash in the text",
      async () => {
        const signature = await honest();
        return { signature: { ...signature, text: changed(signature.text, signature.text.length - 1) } };
      },
      ["outputHash", "signingKey"],
    ],
    [
      "one changed letter of the model in the text",
      async () => {
        const signature = await honest();
        return { signature: { ...signature, text: signature.text.replace("120b", "20b") } };
      },
      ["signingKey", "signature"],
    ],
    [
      "one changed byte of the signature",
      async () => {
        const signature = await honest();
        return { signature: { ...signature, signature: changed(signature.signature, 10) } };
      },
      ["signingKey", "signature"],
    ],
    [
      "a signature with a high s",
      async () => {
        const signature = await honest();
        return { signature: { ...signature, signature: mirrored(signature.signature) } };
      },
      ["signingKey", "signature"],
    ],
    [
      "a signature whose v is 0 or 1",
      async () => {
        const signature = await honest();
        const v = signature.signature.endsWith("1b") ? "00" : "01";
        return { signature: { ...signature, signature: signature.signature.slice(0, -2) + v } };
      },
      ["signingKey", "signature"],
    ],
    [
      "another address",
      async () => ({ signature: { ...(await honest()), signing_address: other.address } }),
      ["signingKey", "signature", "bindsSigningKey"],
    ],
    [
      "another enclave's signature",
      async () => ({ signature: await signatureOn(other, signedText(TDX_REQUEST, TDX_ANSWER)) }),
      ["bindsSigningKey"],
    ],
  ])("%s", async (_, changes, failed) => {
    const report = await checked(await changes());
    expect(named(report, "failed")).toEqual(failed);
    expect(report.summary).toBe("contradicted");
  });
});

describe("what does not hold of the report", () => {
  const day = 86_400;

  it.each<[string, () => PlatformParameters, () => Partial<Report>, AnswerCheckName, RegExp]>([
    [
      "it is about another key",
      () => ({ report: { reportData: reportData(other) } }),
      () => ({}),
      "bindsSigningKey",
      /about another key/,
    ],
    [
      "it was made for another nonce",
      () => ({ report: { reportData: reportData(enclave, { nonce: FINGERPRINT }) } }),
      () => ({}),
      "bindsSigningKey",
      /for another nonce/,
    ],
    [
      "it is about no TLS certificate",
      () => ({}),
      () => ({ tlsFingerprint: FINGERPRINT.toString("hex") }),
      "bindsTlsCertificate",
      /not about this TLS certificate/,
    ],
    [
      "its trust domain ran in debug mode",
      () => ({ report: { attributes: Buffer.from("0100001000000000", "hex") } }),
      () => ({}),
      "notDebug",
      /debug mode/,
    ],
    [
      "the enclave that quotes ran in debug mode",
      () => ({ quotingEnclave: { attributes: Buffer.from("1300000000000000", "hex") } }),
      () => ({}),
      "documentChain",
      /Debug mode is enabled/,
    ],
    [
      "its trust domain takes exceptions of the host's making",
      () => ({ report: { attributes: Buffer.alloc(8) } }),
      () => ({}),
      "documentChain",
      /SEPT_VE_DISABLE/,
    ],
    [
      "it is judged today and not then",
      () => ({}),
      () => ({ at: HANDED_IN_AT + 100 * day }),
      "documentChain",
      /revoked certificates was valid from 2026-01-14T00:00:00.000Z/,
    ],
    [
      "what Intel says of the platform had run out",
      () => ({ tcbInfoTime: [HANDED_IN_AT - 40 * day, HANDED_IN_AT - day] }),
      () => ({}),
      "documentChain",
      /of the platform was not valid any more/,
    ],
    [
      "what Intel says of the platform is of later",
      () => ({ tcbInfoTime: [HANDED_IN_AT + day, HANDED_IN_AT + 40 * day] }),
      () => ({}),
      "documentChain",
      /of the platform was not valid yet/,
    ],
    [
      "what Intel says of the enclave that quotes had run out",
      () => ({ identityTime: [HANDED_IN_AT - 40 * day, HANDED_IN_AT - day] }),
      () => ({}),
      "documentChain",
      /of the enclave that quotes was not valid any more/,
    ],
    [
      "what was revoked is no longer known",
      () => ({ listTime: [HANDED_IN_AT - 40 * day, HANDED_IN_AT - day] }),
      () => ({}),
      "documentChain",
      /revoked certificates was valid from/,
    ],
    [
      "the list of what was revoked is about some platforms only",
      () => ({ listExtensions: [extension("2.5.29.28", true, integer(1))] }),
      () => ({}),
      "documentChain",
      /list of revoked certificates is not one/,
    ],
    [
      "its platform's certificate is revoked",
      () => ({ revoked: ["platform"] }),
      () => ({}),
      "documentChain",
      /is revoked/,
    ],
    [
      "the authority of its platform is revoked",
      () => ({ revoked: ["authority"] }),
      () => ({}),
      "documentChain",
      /is revoked/,
    ],
    [
      "the certificate behind Intel's word is revoked",
      () => ({ revoked: ["tcbSigning"] }),
      () => ({}),
      "documentChain",
      /is revoked/,
    ],
    [
      "its platform's certificate had run out",
      () => ({ platform: EXPIRED }),
      () => ({}),
      "documentChain",
      /one of its certificates was valid from/,
    ],
    [
      "its authority is none",
      () => ({ authority: { pathLength: undefined, usage: "sign" } }),
      () => ({}),
      "documentChain",
      /no chain of certificates/,
    ],
    [
      "Intel's word is signed with a certificate for something else",
      () => ({ tcbSigning: { subject: "Intel SGX PCK Certificate" } }),
      () => ({}),
      "documentChain",
      /no “Intel SGX TCB Signing”/,
    ],
    [
      "Intel has revoked the state of its platform",
      () => ({ status: "Revoked" }),
      () => ({}),
      "documentChain",
      /revoked the state/,
    ],
    [
      "Intel has revoked the state of its TDX module",
      () => ({ report: { securityVersions: Buffer.of(1, 1, 2, ...Buffer.alloc(13)) } }),
      () => ({}),
      "documentChain",
      /revoked the state/,
    ],
    [
      "its TDX module is not Intel's",
      () => ({ report: { moduleSigner: Buffer.alloc(48, 1) } }),
      () => ({}),
      "documentChain",
      /TDX module that ran it is not Intel's/,
    ],
    [
      "its TDX module runs in debug mode",
      () => ({ report: { moduleAttributes: Buffer.of(1, 0, 0, 0, 0, 0, 0, 0) } }),
      () => ({}),
      "documentChain",
      /TDX module that ran it is not Intel's/,
    ],
    [
      "its TDX module is of a kind that Intel does not know",
      () => ({ report: { securityVersions: Buffer.of(5, 9, 2, ...Buffer.alloc(13)) } }),
      () => ({}),
      "documentChain",
      /no such TDX module/,
    ],
    [
      "it is from another kind of platform",
      () => ({ tcbInfo: { fmspc: "000000000000" } }),
      () => ({}),
      "documentChain",
      /another kind of platform/,
    ],
    [
      "what quotes is not Intel's enclave",
      () => ({ quotingEnclave: { signer: Buffer.alloc(32, 1) } }),
      () => ({}),
      "documentChain",
      /QE MRSIGNER mismatch/,
    ],
    [
      "another key signed it",
      () => ({ quote: { signedWith: newKey() } }),
      () => ({}),
      "documentSignature",
      /key of the enclave that quotes did not sign it/,
    ],
    [
      "another platform signed it",
      () => ({ quote: { platformKey: newKey() } }),
      () => ({}),
      "documentSignature",
      /its platform did not sign/,
    ],
    [
      "something follows it",
      () => ({ quote: { padding: Buffer.of(0, 1) } }),
      () => ({}),
      "documentSignature",
      /something follows it/,
    ],
    [
      "it holds the certificates of another platform",
      () => ({}),
      () => ({ collateral: intel.platform().collateral }),
      "documentChain",
      /not one that their authority signed/,
    ],
    [
      "nobody signed what was revoked",
      () => ({}),
      () => {
        const { collateral, ...report } = reportOn(intel, enclave);
        const issuer = { subject: "Intel SGX PCK Platform CA", key: newKey() };
        const list = revocationList({ issuer, from: HANDED_IN_AT - day, to: HANDED_IN_AT + day });
        return { ...report, collateral: { ...collateral, pck_crl: list.toString("hex") } };
      },
      "documentChain",
      /not one that their authority signed/,
    ],
    [
      "a certificate in it is malformed",
      () => ({ quote: { certificates: [0, 1, 2].map((byte) => pem(Buffer.alloc(9, byte))).join("") } }),
      () => ({}),
      "documentChain",
      /malformed/,
    ],
    [
      "its chain of certificates is longer than Intel's",
      () => ({ quote: { certificates: "" } }),
      () => ({}),
      "documentChain",
      /not as long as Intel's/,
    ],
  ])("%s", async (_, platform, changes, failed, reason) => {
    const report = await checked({}, platform(), changes());
    expect(named(report, "failed")).toEqual([failed]);
    expect(reasonOf(report, failed)).toMatch(reason);
    expect(report.summary).toBe("contradicted");
  });

  it("it is under a root of our own, and not Intel's", async () => {
    const report = await checkTdxAnswer(await saved());
    expect(named(report, "failed")).toEqual(["documentChain"]);
    expect(reasonOf(report, "documentChain")).toContain("not Intel's");
    // Nothing is said of what nobody vouches for.
    expect(named(report, "passed")).not.toContain("bindsSigningKey");
  });

  it("it is about the key and a TLS certificate, and another one is named", async () => {
    const bound = reportData(enclave, { fingerprint: FINGERPRINT });
    const report = await checked(
      {},
      { report: { reportData: bound } },
      { tlsFingerprint: NONCE.toString("hex") },
    );
    expect(named(report, "failed")).toEqual(["bindsSigningKey", "bindsTlsCertificate"]);
  });

  it("it is cut short", async () => {
    const whole = Buffer.from(reportOn(intel, enclave).quote, "base64");
    for (const length of [0, 1, 47, 600, 700, 1_000, whole.length - 1]) {
      const report = await checked({}, {}, { quote: whole.subarray(0, length).toString("base64") });
      expect(named(report, "failed")).toEqual(["documentSignature"]);
      expect(reasonOf(report, "documentSignature")).toContain("cut short");
    }
  });
});
