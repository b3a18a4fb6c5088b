import { describe, expect, it } from "vitest";
import { RegistryAnswers } from "../../../server/src/lsp/enclaves/registryAnswers";
import { RequestBudget } from "../../../server/src/lsp/enclaves/requestBudget";
import { Address, ChainHash } from "../../../server/src/platform/primitives";
import type { RegistryTestimony } from "../../../server/src/providers/opengradient/registryTestimony";

describe("what was sent within an hour", () => {
  it("is counted, and forgotten when the hour has passed", () => {
    let now = 0;
    const budget = new RequestBudget(() => now);
    budget.spend();
    now = 3_000_000;
    budget.spend();
    expect(budget.spent).toBe(2);
    now = 3_600_000;
    expect(budget.spent).toBe(1);
    now = 6_600_000;
    expect(budget.spent).toBe(0);
  });
});

describe("what the registry says of an enclave", () => {
  const enclave = ChainHash.parse(`0x${"e".repeat(64)}`);
  const registry = {
    chainId: 1,
    address: Address.parse(`0x${"1".repeat(40)}`),
    rpcUrls: ["https://a.example"],
  };
  const state = { block: 1, entry: null, isCodeApproved: false };
  const testimony: RegistryTestimony = { witnesses: "a", whenSigned: state, now: state, registration: null };

  function asked(answer: () => Promise<RegistryTestimony> = async () => testimony) {
    let [now, questions] = [0, 0];
    const answers = new RegistryAnswers(
      () => {
        questions += 1;
        return answer();
      },
      () => now,
    );
    return {
      answers,
      questions: () => questions,
      wait: (milliseconds: number) => {
        now += milliseconds;
      },
    };
  }

  it("is asked for at most every ten minutes", async () => {
    const { answers, questions, wait } = asked();
    await Promise.all([answers.of(registry, enclave), answers.of(registry, enclave)]);
    wait(599_999);
    expect(await answers.of(registry, enclave)).toBe(testimony);
    expect(questions()).toBe(1);
    wait(1);
    await answers.of(registry, enclave);
    expect(questions()).toBe(2);
  });

  it("is asked for anew of other servers, after a failure, and where nobody could do with it", async () => {
    const { answers, questions } = asked();
    await answers.of(registry, enclave);
    await answers.of({ ...registry, rpcUrls: ["https://b.example"] }, enclave);
    answers.forget(registry, enclave);
    await answers.of(registry, enclave);
    expect(questions()).toBe(3);
    const failing = asked(() => Promise.reject(new Error("away")));
    await expect(failing.answers.of(registry, enclave)).rejects.toThrow("away");
    await expect(failing.answers.of(registry, enclave)).rejects.toThrow("away");
    expect(failing.questions()).toBe(2);
  });
});
