/** The provider against a whole stand-in OpenGradient: what it offers, and what of each fault leaves this machine. */
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { describe, expect, it } from "vitest";
import type { CompletionRequest } from "../../../server/src/inference/engine/engine";
import { ChainHash } from "../../../server/src/platform/primitives";
import { OPENGRADIENT_SCHEME } from "../../../server/src/providers/opengradient/completionRequest";
import {
  NO_PAYER,
  OpenGradientProvider,
  type Payer,
} from "../../../server/src/providers/opengradient/openGradientProvider";
import { askRegistry } from "../../../server/src/workflows/enclaveRegistry";
import { eventually } from "../../support/eventually";
import { FAULTS, type Fault } from "../../support/opengradient/faults";
import { pay, permitFor } from "../../support/opengradient/payingClient";
import { fromHeader, PaymentRequired, toHeader } from "../../support/opengradient/paymentTerms";
import { IDLE_SECONDS } from "../../support/opengradient/sessions";
import {
  type OpenGradient,
  type OpenGradientOptions,
  startOpenGradient,
} from "../../support/opengradient/startOpenGradient";

const REQUEST: CompletionRequest = {
  path: "src/add.ts",
  prefix: "export function add(a: number, b: number): number {\n  return ",
  suffix: "\n}\n",
  context: [],
  trigger: "explicit",
  extent: "auto",
  maxTokens: 64,
};
const MODEL = "gpt-5";

const account = privateKeyToAccount(generatePrivateKey());

/** Pays whatever it is asked for, once. */
function payer(open: OpenGradient): Payer {
  let session: string | null = null;
  return {
    session: () => (session === null ? null : { "x-upto-session": session }),
    sessionEnded: () => {
      session = null;
    },
    payFor: async ({ headers }) => {
      const required = PaymentRequired.parse(fromHeader(String(headers["payment-required"])));
      const permit = permitFor(required, account.address, open.clock.now());
      return { "payment-signature": toHeader(await pay(required, account, permit)) };
    },
    answered: ({ headers }) => {
      const opened = headers["x-upto-session"];
      session = typeof opened === "string" ? opened : session;
    },
  };
}

function provider(open: OpenGradient, paying = payer(open)): OpenGradientProvider {
  const { enclave, gateway, registry, clock, root } = open;
  const name = ChainHash.parse(enclave.name);
  return new OpenGradientProvider({
    enclave: name,
    model: MODEL,
    settlement: "private",
    askable: async () => ({
      endpoint: { url: gateway.url, certificate: enclave.tlsCertificate },
      testimony: await askRegistry(registry, name, clock.now()),
    }),
    root,
    payer: paying,
  });
}

const started = (options: OpenGradientOptions = {}) =>
  startOpenGradient({ answer: () => "a + b;", ...options });

describe("the provider", () => {
  it("offers what an approved enclave signed of this very request, privately settled, with all that evidence needs", async () => {
    const open = await started();
    const outcome = await provider(open).suggest(REQUEST);
    if (outcome.kind === "nothing" || outcome.offered.kind !== "attested") {
      throw new Error("nothing was offered");
    }
    const { facts, output } = outcome.offered;
    expect(facts).toEqual({
      scheme: OPENGRADIENT_SCHEME,
      enclave: open.enclave.name.slice(2),
      model: { name: MODEL },
    });
    expect(output).toMatchObject({ displayed: "a + b;", settlement: "private", timestamp: open.clock.now() });
    expect(output.prompt).toMatchObject({
      path: "src/add.ts",
      prefix: REQUEST.prefix,
      suffix: REQUEST.suffix,
    });
    for (const { headers, body } of open.gateway.received) {
      expect(headers["x-settlement-type"]).toBe("private");
      expect(Buffer.from(body).toString("base64")).toBe(output.request);
    }
    expect(open.gateway.received).toHaveLength(2);
  });

  it("asks again within the session that it paid for, and pays anew when that has ended", async () => {
    const open = await started();
    const asking = provider(open);
    await asking.suggest(REQUEST);
    await asking.suggest(REQUEST);
    expect(open.gateway.received).toHaveLength(3);
    open.clock.pass(IDLE_SECONDS + 1);
    expect((await asking.suggest(REQUEST)).kind).toBe("offered");
    expect(open.gateway.received).toHaveLength(6);
  });

  it("pays nothing where no wallet is set, and says so", async () => {
    const open = await started();
    await expect(provider(open, NO_PAYER).suggest(REQUEST)).rejects.toMatchObject({
      code: "enclave.payment",
    });
    expect(open.facilitator.takenFrom(account.address)).toBe(0n);
  });

  const REFUSED: Partial<Record<Fault, string>> = {
    changedAfterSigning: "enclave.answer",
    otherTemperatureHashed: "enclave.answer",
    otherTimestamp: "enclave.answer",
    unknownEnclave: "enclave.answer",
    cutBeforeSignedFrame: "enclave.answer",
    inBandError: "enclave.answer",
    garbage: "enclave.answer",
    redirect: "enclave.answer",
    textBesideToolCalls: "enclave.answer",
    forgedLeaf: "enclave.answer",
    hugeAnswer: "enclave.unreachable",
    droppedAfterPayment: "enclave.unreachable",
  };
  it.each(Object.entries(REFUSED))("offers nothing of a gateway with the fault %s", async (fault, code) => {
    const open = await started();
    open.gateway.fault = FAULTS.find((one) => one === fault) ?? null;
    await expect(provider(open).suggest(REQUEST)).rejects.toMatchObject({ code });
    expect(open.gateway.redirected).toEqual([]);
  });

  it("sends nothing to whoever shows another certificate", async () => {
    const open = await started();
    open.gateway.fault = "otherTlsKey";
    await expect(provider(open).suggest(REQUEST)).rejects.toMatchObject({ code: "enclave.differs" });
    expect(open.gateway.received).toEqual([]);
  });

  it("sends what is paid for once, also where the connection drops then", async () => {
    const open = await started();
    open.gateway.fault = "droppedAfterPayment";
    await expect(provider(open).suggest(REQUEST)).rejects.toMatchObject({ code: "enclave.unreachable" });
    expect(open.gateway.received).toHaveLength(2);
  });

  it("offers nothing of code that the registry does not approve, or of an enclave that it does not know", async () => {
    const open = await started({ isApproved: false });
    await expect(provider(open).suggest(REQUEST)).rejects.toMatchObject({ code: "enclave.answer" });
  });

  it("ends a request that nobody waits for any more", async () => {
    const open = await started();
    open.gateway.fault = "slow";
    const cancelled = new AbortController();
    const outcome = provider(open).suggest(REQUEST, cancelled.signal);
    await eventually("an answer in its middle", () => open.gateway.waiting > 0 || null);
    cancelled.abort();
    expect(await outcome).toEqual({ kind: "nothing", reason: "cancelled" });
    const before = new AbortController();
    before.abort();
    expect(await provider(open).suggest(REQUEST, before.signal)).toMatchObject({ reason: "cancelled" });
  });

  it("offers nothing where the model has nothing to add, or only what would harm", async () => {
    const empty = await started({ answer: () => "\n" });
    expect(await provider(empty).suggest(REQUEST)).toEqual({ kind: "nothing", reason: "empty" });
  });
});
