/** The provider against a whole stand-in OpenGradient: what it offers, and what of each fault leaves this machine. */
import { mkdtempSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CompletionRequest } from "../../../server/src/inference/engine/engine";
import { ChainHash } from "../../../server/src/platform/primitives";
import { Commitments } from "../../../server/src/providers/opengradient/commitments";
import { OPENGRADIENT_SCHEME } from "../../../server/src/providers/opengradient/completionRequest";
import {
  NO_PAYER,
  OpenGradientProvider,
  type Payer,
} from "../../../server/src/providers/opengradient/openGradientProvider";
import {
  MOST_PER_DAY,
  MOST_PER_HOUR,
  MOST_PER_SESSION,
} from "../../../server/src/providers/opengradient/spendingLimits";
import { UptoPayer } from "../../../server/src/providers/opengradient/uptoPayer";
import { askRegistry } from "../../../server/src/workflows/enclaveRegistry";
import { eventually } from "../../support/eventually";
import { FAULTS, type Fault } from "../../support/opengradient/faults";
import { IDLE_SECONDS } from "../../support/opengradient/sessions";
import {
  type OpenGradient,
  type OpenGradientOptions,
  PAYEE,
  startOpenGradient,
} from "../../support/opengradient/startOpenGradient";
import { removeFolder } from "../../support/removeFolder";

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

const key = generatePrivateKey();
const account = privateKeyToAccount(key);

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "proofline-home-"));
});
afterEach(() => removeFolder(home));

/** Pays as a person does who agreed to the registered payee. */
function payer({ clock }: OpenGradient): UptoPayer {
  return new UptoPayer({
    agreed: { payee: PAYEE, most: MOST_PER_SESSION },
    limits: { hour: MOST_PER_HOUR, day: MOST_PER_DAY },
    key: async () => key,
    commitments: () => Commitments.open(home, clock.now),
    now: clock.now,
  });
}

const notes = (): number => {
  try {
    return readdirSync(join(home, "payments", "opengradient")).length;
  } catch {
    return 0;
  }
};

function provider(open: OpenGradient, paying: Payer = payer(open)): OpenGradientProvider {
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
    now: clock.now,
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

  it.each(["priceAboveCap", "otherPayee", "otherToken", "otherChain"] as const)(
    "commits nothing to a gateway with the fault %s",
    async (fault) => {
      const open = await started();
      open.gateway.fault = fault;
      await expect(provider(open).suggest(REQUEST)).rejects.toMatchObject({
        code: "enclave.payment",
        message: expect.stringContaining("did not agree to"),
      });
      expect(open.gateway.received).toHaveLength(1);
      expect(open.gateway.received[0]?.headers).not.toHaveProperty("payment-signature");
      expect([notes(), open.facilitator.takenFrom(account.address)]).toEqual([0, 0n]);
    },
  );

  it("notes each permit before it leaves, and signs none beyond what was agreed to", async () => {
    const open = await started();
    const asking = provider(open);
    await asking.suggest(REQUEST);
    await asking.suggest(REQUEST);
    expect(notes()).toBe(1);
    for (let session = 2; session <= 10; session += 1) {
      open.clock.pass(IDLE_SECONDS + 1);
      await asking.suggest(REQUEST);
    }
    expect(notes()).toBe(10);
    open.clock.pass(IDLE_SECONDS + 1);
    const sent = open.gateway.received.length;
    await expect(asking.suggest(REQUEST)).rejects.toMatchObject({ remedy: "askLater" });
    const more = open.gateway.received.slice(sent);
    expect(more.filter(({ headers }) => "payment-signature" in headers)).toEqual([]);
    expect(notes()).toBe(10);
  });

  it("keeps the session that was paid for by a request that nobody waits for any more", async () => {
    const open = await started();
    open.gateway.fault = "slow";
    const asking = provider(open);
    const cancelled = new AbortController();
    const first = asking.suggest(REQUEST, cancelled.signal);
    await eventually("the payment", () => open.gateway.received.length === 2 || null);
    cancelled.abort();
    expect(await first).toEqual({ kind: "nothing", reason: "cancelled" });
    open.gateway.fault = null;
    expect((await asking.suggest(REQUEST)).kind).toBe("offered");
    expect(open.gateway.received).toHaveLength(3);
    await eventually("the end of the first", () => open.gateway.waiting === 0 || null);
    expect(notes()).toBe(1);
  });

  it("opens one session for requests that are made together", async () => {
    const open = await started();
    const asking = provider(open);
    const outcomes = await Promise.all([1, 2, 3].map(() => asking.suggest(REQUEST)));
    expect(outcomes.map(({ kind }) => kind)).toEqual(["offered", "offered", "offered"]);
    expect(notes()).toBe(1);
  });

  it("sends what is paid for once, also where the connection drops then", async () => {
    const open = await started();
    open.gateway.fault = "droppedAfterPayment";
    await expect(provider(open).suggest(REQUEST)).rejects.toMatchObject({ code: "enclave.unreachable" });
    expect(open.gateway.received).toHaveLength(2);
    expect(notes()).toBe(1);
  });

  it("offers nothing of code that the registry does not approve, or of an enclave that it does not know", async () => {
    const open = await started({ isApproved: false });
    await expect(provider(open).suggest(REQUEST)).rejects.toMatchObject({ code: "enclave.answer" });
  });

  it.each([
    ["before its enclave was registered", -86_400],
    ["long ago", -3_600],
    ["in the future", 3_600],
  ])("offers nothing that was signed %s by the word of the enclave", async (_, seconds) => {
    const open = await started({ isFree: true });
    const now = open.clock.now();
    const name = ChainHash.parse(open.enclave.name);
    open.clock.pass(seconds);
    const asking = new OpenGradientProvider({
      enclave: name,
      model: MODEL,
      settlement: "private",
      askable: async () => ({
        endpoint: { url: open.gateway.url, certificate: open.enclave.tlsCertificate },
        testimony: await askRegistry(open.registry, name, Number.MAX_SAFE_INTEGER),
      }),
      root: open.root,
      payer: NO_PAYER,
      now: () => now,
    });
    await expect(asking.suggest(REQUEST)).rejects.toMatchObject({
      code: "enclave.answer",
      message: expect.stringContaining("clock"),
    });
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
