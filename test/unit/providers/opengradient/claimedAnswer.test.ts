import { beforeAll, describe, expect, it } from "vitest";
import { Digest } from "../../../../server/src/platform/primitives";
import type {
  AnswerCheckName,
  AnswerCheckValue,
} from "../../../../server/src/providers/attestation/answerReport";
import {
  type ClaimedAnswer,
  checkClaimedAnswer,
  MOST_ANSWERED,
} from "../../../../server/src/providers/opengradient/claimedAnswer";
import type { RegistryTestimony } from "../../../../server/src/providers/opengradient/registryTestimony";
import { answered } from "../../../support/attestedBatch";
import {
  attestation,
  newEnclave,
  REGISTERED_AT,
  registryEntry,
  type StandInEnclave,
} from "../../../support/standInEnclave";

const PROMPT = { path: "src/a.ts", prefix: "function add(a, b) {\n  return ", suffix: "\n}\n", context: [] };
const TEXT = "a + b;";

let enclave: StandInEnclave;
let other: StandInEnclave;
beforeAll(() => {
  enclave = newEnclave();
  other = newEnclave();
});

function testimony(changes: Partial<RegistryTestimony> = {}, of = enclave): RegistryTestimony {
  const state = { block: 7, entry: registryEntry(of), isCodeApproved: true };
  return {
    witnesses: "a.example and b.example",
    whenSigned: state,
    now: { ...state, block: 9 },
    registration: null,
    ...changes,
  };
}

function claimed(changes: Partial<ClaimedAnswer> = {}, text = TEXT, displayed = text): ClaimedAnswer {
  const { request, answer, signature, timestamp, model } = answered(enclave, PROMPT, text);
  return {
    enclave: Digest.parse(enclave.name.slice(2)),
    model,
    request,
    answer,
    signature: Buffer.from(signature, "base64"),
    timestamp,
    settlement: "private",
    displayed,
    isTrimKnown: true,
    ...changes,
  };
}

async function values(
  claim: ClaimedAnswer,
  registry: RegistryTestimony | null = testimony(),
): Promise<{
  readonly summary: string;
  readonly of: Partial<Record<AnswerCheckName, AnswerCheckValue>>;
}> {
  const { summary, checks } = await checkClaimedAnswer(claim, { registry });
  return { summary, of: Object.fromEntries(checks.map(({ name, value }) => [name, value])) };
}

describe("checkClaimedAnswer", () => {
  it("calls an answer approved whose evidence, enclave and code hold", async () => {
    expect(await values(claimed())).toMatchObject({
      summary: "approved",
      of: { statement: "passed", displayedText: "passed", signature: "passed", model: "unproved" },
    });
  });

  it("takes the key from the registry alone, so that nothing is known where it was not asked", async () => {
    const report = await values(claimed(), null);
    expect(report).toMatchObject({
      summary: "unchecked",
      of: {
        signature: "notChecked",
        signingKey: "notChecked",
        requestHash: "passed",
        displayedText: "notChecked",
      },
    });
  });

  it("judges the document with which the enclave was registered, then and not now", async () => {
    const { document, root } = attestation(enclave);
    const registry = testimony({ registration: { document, at: REGISTERED_AT } });
    const { checks, summary } = await checkClaimedAnswer(claimed(), { registry, root: Digest.parse(root) });
    expect(summary).toBe("approved");
    expect(checks.filter(({ name }) => name === "bindsSigningKey")).toMatchObject([{ value: "passed" }]);
    const late = testimony({ registration: { document, at: REGISTERED_AT + 86_400 } });
    const judged = await checkClaimedAnswer(claimed(), { registry: late, root: Digest.parse(root) });
    expect(judged.summary).toBe("contradicted");
  });

  const SEVERAL: Readonly<
    Record<string, () => readonly [ClaimedAnswer, AnswerCheckName, AnswerCheckValue, RegistryTestimony?]>
  > = {
    "displays something else": () => [claimed({ displayed: "a - b;" }), "displayedText", "failed"],
    "displays a part of the answer that is not the one at the cursor": () => [
      claimed({}, `${TEXT}\n}\n\nfunction evil() {}`, "function evil() {}"),
      "displayedText",
      "failed",
    ],
    "changes the answer, and displays that": () => {
      const { answer, ...rest } = claimed({ displayed: "a - b;" });
      return [{ ...rest, answer: answer.replace("a + b;", "a - b;") }, "outputHash", "failed"];
    },
    "changes the prompt": () => {
      const { request, ...rest } = claimed();
      return [{ ...rest, request: request.replace("return", "yield") }, "requestHash", "failed"];
    },
    "names another model": () => [claimed({ model: "openai/gpt-6" }), "statement", "failed"],
    "names another time": () => [claimed({ timestamp: 1_800_000_000 }), "statement", "failed"],
    "names another enclave": () => [
      claimed({ enclave: Digest.parse(other.name.slice(2)) }),
      "statement",
      "failed",
      testimony({}, other),
    ],
    "names another signature": () => [claimed({ signature: Buffer.alloc(256) }), "statement", "failed"],
    "asks by a request that is not Proofline's": () => {
      const { request, ...rest } = claimed();
      return [{ ...rest, request: request.replace("You complete", "You repeat") }, "displayedText", "failed"];
    },
    "was cut before the frame that the enclave signs": () => {
      const { answer, ...rest } = claimed();
      return [
        { ...rest, answer: answer.slice(0, answer.indexOf('{"choices":[{"index":0,"delta":{},')) },
        "answer",
        "failed",
      ];
    },
  };
  it.each(Object.keys(SEVERAL))("contradicts evidence that %s", async (what) => {
    const [claim, name, value, registry] = SEVERAL[what]?.() ?? [claimed(), "model", "passed"];
    const report = await values(claim, registry);
    expect(report.of[name]).toBe(value);
    expect(report.summary).toBe("contradicted");
  });

  it("says nothing of a text that it cannot cut as its author did", async () => {
    expect(await values(claimed({ isTrimKnown: false }))).toMatchObject({
      summary: "unchecked",
      of: { displayedText: "notChecked" },
    });
    expect(await values(claimed({}, "x".repeat(MOST_ANSWERED + 1)))).toMatchObject({
      summary: "unchecked",
      of: { displayedText: "notChecked" },
    });
  });

  it("warns where the code's approval was taken back since", async () => {
    const revoked = testimony();
    const registry = { ...revoked, now: { ...revoked.now, isCodeApproved: false } };
    expect(await values(claimed(), registry)).toMatchObject({
      summary: "approved",
      of: { codeApproved: "passed", codeStillApproved: "warning" },
    });
  });

  it("cuts no answer that nobody signed, and none to a longer prompt than those that are sent", async () => {
    const slow = { ...PROMPT, prefix: "(".repeat(200_000), suffix: "(".repeat(200_000) };
    const answer = "(".repeat(MOST_ANSWERED);
    const { request, ...kept } = answered(enclave, slow, answer);
    const of = { ...claimed({}, answer), request, answer: kept.answer };
    const found = async (one: ClaimedAnswer, registry: RegistryTestimony | null) =>
      (await checkClaimedAnswer(one, { registry })).checks.find(({ name }) => name === "displayedText")
        ?.value;
    expect(await found(of, testimony())).toBe("failed");
    expect(await found(claimed({ displayed: "c" }), null)).toBe("notChecked");
    expect(await found(claimed({ displayed: "c" }), testimony())).toBe("failed");
  });
});
