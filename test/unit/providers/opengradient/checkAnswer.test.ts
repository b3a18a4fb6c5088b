import { beforeAll, describe, expect, it } from "vitest";
import { Digest } from "../../../../server/src/platform/primitives";
import {
  ANSWER_CHECKS,
  type AnswerCheckName,
  type AnswerCheckValue,
  type AnswerReport,
} from "../../../../server/src/providers/attestation/answerReport";
import { meaningOfSummary } from "../../../../server/src/providers/attestation/summarizeAnswer";
import { batchRootOf } from "../../../../server/src/providers/opengradient/batchInclusion";
import { checkAnswer, OPENGRADIENT_WORDS } from "../../../../server/src/providers/opengradient/checkAnswer";
import type { RegistryTestimony } from "../../../../server/src/providers/opengradient/registryTestimony";
import { SavedAnswer } from "../../../../server/src/providers/opengradient/savedAnswer";
import { readAnswer } from "../../../../server/src/providers/opengradient/signedAnswer";
import {
  answerBody,
  answerStream,
  attestation,
  newEnclave,
  OUTPUT,
  REGISTERED_AT,
  REQUEST,
  registryEntry,
  SIGNED_AT,
  type StandInEnclave,
} from "../../../support/standInEnclave";

let enclave: StandInEnclave;
let other: StandInEnclave;
let document: string;
let root: Digest;
beforeAll(() => {
  enclave = newEnclave();
  other = newEnclave();
  const made = attestation(enclave);
  document = made.document.toString("base64");
  root = Digest.parse(made.root);
});

/** A whole file about the enclave's answer, with some of it changed. */
function saved(changes: Partial<SavedAnswer> = {}): SavedAnswer {
  return SavedAnswer.parse({
    format: "proofline-opengradient-answer/v1",
    request: REQUEST,
    answer: { kind: "body", text: answerBody(enclave) },
    signingKey: enclave.signingKey.toString("base64"),
    registryEntry: registryEntry(enclave),
    attestation: { document, at: REGISTERED_AT },
    settlement: { kind: "private" },
    ...changes,
  });
}

function testimony(whenSigned: object = {}, now: object = {}): RegistryTestimony {
  const state = { block: 7, entry: registryEntry(enclave), isCodeApproved: true };
  return {
    witnesses: "a.example and b.example",
    whenSigned: { ...state, ...whenSigned },
    now: { ...state, block: 9, ...now },
    registration: null,
  };
}

const valuesOf = ({ checks }: AnswerReport): Partial<Record<AnswerCheckName, AnswerCheckValue>> =>
  Object.fromEntries(checks.map(({ name, value }) => [name, value]));
const named = (report: AnswerReport, wanted: AnswerCheckValue): readonly AnswerCheckName[] =>
  report.checks.filter(({ value }) => value === wanted).map(({ name }) => name);

describe("checkAnswer", () => {
  it("makes every check once, in order, each with a sentence", async () => {
    const { checks } = await checkAnswer(saved(), { root });
    const ofEvidence: readonly AnswerCheckName[] = ["statement", "displayedText"];
    expect(checks.map(({ name }) => name)).toEqual(
      ANSWER_CHECKS.filter((name) => !ofEvidence.includes(name)),
    );
    for (const { reason } of checks) {
      expect(reason).toMatch(/^[A-Z].*[^.]\.$/);
    }
  });

  it("passes all that can be checked without asking anybody, and says what was not", async () => {
    const report = await checkAnswer(saved(), { root });
    expect(report).toMatchObject({
      summary: "attested",
      enclave: enclave.name,
      timestamp: SIGNED_AT,
      model: "gpt-5",
    });
    expect(report.meaning).toContain("was not checked");
    expect(named(report, "failed")).toEqual([]);
    expect(named(report, "notChecked")).toEqual([
      ...["registryEntry", "enclaveEnabled", "codeApproved", "codeStillApproved"],
      ...["environmentKnown", "settlement"],
    ]);
    expect(named(report, "unproved")).toEqual(["model"]);
  });

  it("calls an enclave approved only where the chain said so", async () => {
    const report = await checkAnswer(saved(), { root, registry: testimony() });
    expect(report.summary).toBe("approved");
    expect(report.meaning).toBe(
      "An approved enclave relayed this answer from gpt-5; nobody can check which weights wrote it.",
    );
    expect(named(report, "notChecked")).toEqual(["environmentKnown", "settlement"]);
    expect((await checkAnswer(saved(), { root })).summary).toBe("attested");
  });

  it("takes an answer in pieces, and an entry of either layout", async () => {
    const inPieces = saved({
      answer: { kind: "stream", text: answerStream(enclave) },
      registryEntry: registryEntry(enclave, { fields: 11 }),
    });
    expect((await checkAnswer(inPieces, { root })).summary).toBe("attested");
    const entry = registryEntry(enclave, { fields: 11 });
    expect((await checkAnswer(inPieces, { root, registry: testimony({ entry }) })).summary).toBe("approved");
  });

  it("says less with less at hand", async () => {
    const { registryEntry: _, attestation: __, ...bare } = saved();
    const report = await checkAnswer(bare);
    expect(report.summary).toBe("signed");
    expect(report.meaning).toContain("was not checked");
    const unsure = saved({ request: REQUEST.replace("{", '{"web_search":true,') });
    const unchecked = await checkAnswer(unsure, { root });
    // Whether the enclave signed this request is then not known, and the signature is over the hash that it stated.
    expect(unchecked.summary).toBe("unchecked");
    expect(valuesOf(unchecked)).toMatchObject({ requestHash: "notChecked", signature: "passed" });
  });

  it("names what of the request nobody signed", async () => {
    const more = ["seed", "all good. ", ...Array.from({ length: 9 }, (_, index) => `m${index}`)];
    const request = REQUEST.replace("{", `{${more.map((name) => `${JSON.stringify(name)}:1,`).join("")}`);
    const { checks } = await checkAnswer(saved({ request }), { root });
    expect(checks[1]).toEqual({
      name: "requestHash",
      value: "passed",
      reason:
        "The enclave states the hash of this request. " +
        "Not hashed: seed, “all good.\\u{20}”, m0, m1, m2, m3, m4, m5 and 3 more.",
    });
  });

  it("keeps a name that the file gives within quotation marks", () => {
    expect(meaningOfSummary("approved", "gpt-5", OPENGRADIENT_WORDS)).toContain("from gpt-5;");
    expect(meaningOfSummary("approved", "x. All checks passed\u202e", OPENGRADIENT_WORDS)).toContain(
      "from “x. All checks passed\\u{202e}”;",
    );
  });
});

describe("what does not hold", () => {
  const cut = (text: string): string => text.slice(0, text.indexOf("tee_id") - 40);

  it.each<[string, () => SavedAnswer, readonly AnswerCheckName[]]>([
    [
      "one changed character of the answer",
      () =>
        saved({
          answer: { kind: "body", text: answerBody(enclave).replace(OUTPUT, OUTPUT.replace("+", "-")) },
        }),
      ["outputHash", "signature"],
    ],
    [
      "one changed character of a stream",
      () => saved({ answer: { kind: "stream", text: answerStream(enclave).replace("return", "return ") } }),
      ["outputHash", "signature"],
    ],
    [
      "another temperature",
      () => saved({ request: REQUEST.replace("0.2", "0.3") }),
      ["requestHash", "signature"],
    ],
    [
      "a longer answer asked for",
      () => saved({ request: REQUEST.replace("200", "201") }),
      ["requestHash", "signature"],
    ],
    [
      "another time",
      () =>
        saved({
          answer: { kind: "body", text: answerBody(enclave).replace(`${SIGNED_AT}`, `${SIGNED_AT + 1}`) },
        }),
      ["signature"],
    ],
    [
      "another key",
      () => saved({ signingKey: other.signingKey.toString("base64") }),
      ["signingKey", "signature", "registryEntry", "bindsSigningKey"],
    ],
    [
      "a key that is none",
      () => saved({ signingKey: "AAAA" }),
      ["signingKey", "registryEntry", "bindsSigningKey"],
    ],
    [
      "a stream without its last frame",
      () => saved({ answer: { kind: "stream", text: cut(answerStream(enclave)) } }),
      ["answer"],
    ],
    [
      "another enclave's name",
      () => saved({ answer: { kind: "body", text: answerBody(enclave).replace(enclave.name, other.name) } }),
      ["signingKey", "registryEntry"],
    ],
    [
      "another enclave's answer",
      () => saved({ answer: { kind: "body", text: answerBody(other) } }),
      ["signingKey", "signature", "registryEntry"],
    ],
    [
      "another enclave's entry",
      () => saved({ registryEntry: registryEntry(other) }),
      ["registryEntry", "bindsTlsCertificate"],
    ],
    [
      "an entry of a validator",
      () => saved({ registryEntry: registryEntry(enclave, { type: 1 }) }),
      ["registryEntry"],
    ],
    [
      "an entry that is disabled",
      () => saved({ registryEntry: registryEntry(enclave, { enabled: false }) }),
      ["enclaveEnabled"],
    ],
    ["an entry that is none", () => saved({ registryEntry: "0x00" }), ["registryEntry"]],
    [
      "an entry that names other code",
      () =>
        saved({
          registryEntry: registryEntry(enclave, {
            measurements: [1, 2, 4].map((byte) => Buffer.alloc(48, byte)),
          }),
        }),
      ["measurement"],
    ],
    [
      "another certificate shown",
      () => saved({ tlsCertificate: other.tlsCertificate.toString("base64") }),
      ["bindsTlsCertificate"],
    ],
    [
      "a document judged too late",
      () => saved({ attestation: { document, at: REGISTERED_AT + 7_201 } }),
      ["documentChain"],
    ],
    [
      "a document judged too early",
      () => saved({ attestation: { document, at: REGISTERED_AT - 3_601 } }),
      ["documentChain"],
    ],
    [
      "a document that is none",
      () => saved({ attestation: { document: "AAAA", at: REGISTERED_AT } }),
      ["documentSignature"],
    ],
    [
      "a batch in which it does not stand",
      () =>
        saved({ settlement: { kind: "batch", inclusion: { merkleRoot: `0x${"1".repeat(64)}`, proof: [] } } }),
      ["settlement"],
    ],
  ])("%s", async (_, file, failed) => {
    const report = await checkAnswer(file(), { root });
    expect(named(report, "failed")).toEqual(failed);
    expect(report.summary).toBe("contradicted");
  });

  it("a document of our own under Amazon's root", async () => {
    const report = await checkAnswer(saved());
    expect(named(report, "failed")).toEqual(["documentChain"]);
  });

  it("a flipped bit of the document", async () => {
    const bytes = Buffer.from(document, "base64");
    const at = bytes.indexOf("module_id") + 12;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    const changed = { document: bytes.toString("base64"), at: REGISTERED_AT };
    const report = await checkAnswer(saved({ attestation: changed }), { root });
    expect(named(report, "failed")).toEqual(["documentSignature"]);
    // Nothing is said of what nobody signed.
    expect(valuesOf(report)).toMatchObject({ notDebug: "notChecked", bindsSigningKey: "notChecked" });
  });

  it("a debug enclave, and a document about another one", async () => {
    const measurements = [0, 0, 0].map((byte) => Buffer.alloc(48, byte));
    const debug = attestation(enclave, { measurements });
    const inDebug = await checkAnswer(
      saved({
        registryEntry: registryEntry(enclave, { measurements }),
        attestation: { document: debug.document.toString("base64"), at: REGISTERED_AT },
      }),
      { root: Digest.parse(debug.root) },
    );
    expect(named(inDebug, "failed")).toEqual(["notDebug"]);
    const foreign = attestation(enclave, { bound: other });
    const ofAnother = await checkAnswer(
      saved({ attestation: { document: foreign.document.toString("base64"), at: REGISTERED_AT } }),
      { root: Digest.parse(foreign.root) },
    );
    expect(named(ofAnother, "failed")).toEqual(["bindsSigningKey", "bindsTlsCertificate"]);
  });

  it.each<[string, () => RegistryTestimony, readonly AnswerCheckName[]]>([
    ["an enclave that the chain does not know", () => testimony({ entry: null }), ["registryEntry"]],
    [
      "another entry onchain than in the file",
      () => testimony({ entry: registryEntry(other) }),
      ["registryEntry", "bindsTlsCertificate"],
    ],
    [
      "an enclave that was disabled",
      () => testimony({ entry: registryEntry(enclave, { enabled: false }) }),
      ["enclaveEnabled"],
    ],
    ["code that was not approved", () => testimony({ isCodeApproved: false }), ["codeApproved"]],
  ])("%s", async (_, registry, failed) => {
    const report = await checkAnswer(saved(), { root, registry: registry() });
    expect(named(report, "failed").filter((name) => name !== "measurement")).toEqual(failed);
    expect(report.summary).toBe("contradicted");
  });

  it("is not code whose approval was taken back later: that is a warning", async () => {
    const report = await checkAnswer(saved(), { root, registry: testimony({}, { isCodeApproved: false }) });
    expect(report.summary).toBe("approved");
    expect(named(report, "warning")).toEqual(["codeStillApproved"]);
  });

  it("is not an enclave that was disabled later: that is a warning, too", async () => {
    const now = { entry: registryEntry(enclave, { enabled: false }) };
    const report = await checkAnswer(saved(), { root, registry: testimony({}, now) });
    expect(report.summary).toBe("approved");
    expect(named(report, "warning")).toEqual(["codeStillApproved"]);
  });
});

describe("a batch", () => {
  it("is recomputed from the answer, and its root still has to be asked for", async () => {
    const text = answerBody(enclave);
    const proof = [`0x${"2".repeat(64)}` as const];
    const settle = (settled: string): Promise<AnswerReport> => {
      const merkleRoot = batchRootOf(readAnswer("body", settled), proof);
      const settlement = { kind: "batch", inclusion: { merkleRoot, proof } } as const;
      return checkAnswer(saved({ answer: { kind: "body", text }, settlement }), { root });
    };
    expect(valuesOf(await settle(text)).settlement).toBe("notChecked");
    // The same answer, signed once more.
    expect(named(await settle(answerBody(enclave)), "failed")).toEqual(["settlement"]);
  });
});
