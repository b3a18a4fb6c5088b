/** Paying enclaves: what is signed, what is refused, and what is committed at most. */
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { verifyTypedData } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { Address } from "../../../../server/src/platform/primitives";
import { accountOfKey } from "../../../../server/src/platform/walletKey";
import { Commitments } from "../../../../server/src/providers/opengradient/commitments";
import type { SessionHeaders } from "../../../../server/src/providers/opengradient/openGradientProvider";
import { paymentAsked } from "../../../../server/src/providers/opengradient/paymentChallenge";
import { MOST_PER_SESSION } from "../../../../server/src/providers/opengradient/spendingLimits";
import { UptoPayer } from "../../../../server/src/providers/opengradient/uptoPayer";
import { paymentHeader, permitData } from "../../../../server/src/providers/opengradient/uptoPermit";
import { BEGINNING, standingClock } from "../../../support/opengradient/clock";
import { Facilitator } from "../../../support/opengradient/facilitator";
import { fromHeader, Payment, PaymentRequired, toHeader } from "../../../support/opengradient/paymentTerms";
import { PAYEE } from "../../../support/opengradient/startOpenGradient";
import { removeFolder } from "../../../support/removeFolder";

const fixture = join(import.meta.dirname, "../../../fixtures/opengradient/x402Payment.json");
/** What npm's x402 client was asked for, and what it paid. */
const made = z
  .object({ required: PaymentRequired, payment: Payment })
  .parse(JSON.parse(readFileSync(fixture, "utf8")));
const [terms] = made.required.accepts;
const agreed = { payee: PAYEE, most: MOST_PER_SESSION };
const asked = () => paymentAsked(toHeader(made.required), agreed);

describe("a permit", () => {
  it("is what npm's x402 client signs for the same challenge", async () => {
    const { permit2Authorization: permit, signature } = made.payment.payload;
    const data = permitData(asked(), { nonce: BigInt(permit.nonce), deadline: Number(permit.deadline) });
    expect(await verifyTypedData({ address: permit.from, signature, ...data })).toBe(true);
  });

  it("has the shape of that client's header, and is good for the challenge alone", async () => {
    const account = privateKeyToAccount(generatePrivateKey());
    const times = { nonce: 2n ** 255n + 7n, deadline: BEGINNING + 300 };
    const header = fromHeader(await paymentHeader(account, asked(), times));
    const payment = Payment.strict().parse(header);
    expect(payment.payload.permit2Authorization).toMatchObject({
      from: account.address,
      nonce: String(times.nonce),
      witness: { validAfter: "0" },
    });
    expect({ ...payment, payload: null }).toEqual({ ...made.payment, payload: null });
    const facilitator = new Facilitator(standingClock());
    expect(await facilitator.authorize(header, terms)).toEqual({
      account: account.address.toLowerCase(),
      permitted: MOST_PER_SESSION,
    });
  });
});

describe("a challenge", () => {
  const other = "0x0000000000000000000000000000000000000bad";
  const offer = (changes: object) => ({ ...made.required, accepts: [{ ...terms, ...changes }] });

  it.each<[string, unknown, RegExp]>([
    ["of another token", offer({ asset: other }), /another token/],
    ["on another chain", offer({ network: "eip155:1" }), /another chain/],
    ["to another payee", offer({ payTo: other }), /you agreed to pay/],
    ["above the cap", offer({ amount: String(MOST_PER_SESSION + 1n) }), /0\.100000000000000001 OPG/],
    ["of another scheme", offer({ scheme: "exact" }), /upper bound/],
    ["of nothing", offer({ amount: "0" }), /understands/],
    ["of an amount that is none", offer({ amount: "1e18" }), /understands/],
    ["that holds for ever", offer({ maxTimeoutSeconds: 1e9 }), /hold for/],
    ["that is over at once", offer({ maxTimeoutSeconds: 1 }), /hold for/],
    [
      "by another way of transfer",
      offer({ extra: { ...terms.extra, assetTransferMethod: "eip3009" } }),
      /understands/,
    ],
    ["without a facilitator", offer({ extra: { ...terms.extra, facilitatorAddress: "" } }), /understands/],
    ["of another version", { ...made.required, x402Version: 1 }, /understands/],
    ["without an offer", { ...made.required, accepts: [] }, /understands/],
    ["that is no object", "pay", /understands/],
  ])("%s is refused, and says so", (_, challenge, why) => {
    const header = Buffer.from(JSON.stringify(challenge)).toString("base64");
    expect(() => paymentAsked(header, agreed)).toThrow(
      expect.objectContaining({ code: "enclave.payment", message: expect.stringMatching(why) }),
    );
  });

  it("that is missing, no base64 of JSON or too long is refused", () => {
    for (const header of [
      undefined,
      "",
      "%%%",
      ["a", "b"],
      toHeader({ ...made.required, more: "x".repeat(20_000) }),
    ]) {
      expect(() => paymentAsked(header, agreed)).toThrow("understands");
    }
  });

  it("with several offers is met by the one that was agreed to", () => {
    const { accepts, ...rest } = made.required;
    const header = toHeader({ ...rest, accepts: [{ scheme: "exact" }, ...accepts] });
    expect(paymentAsked(header, agreed).amount).toBe(MOST_PER_SESSION);
  });
});

describe("what is committed", () => {
  let home: string;
  let now: number;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "proofline-commitments-"));
    now = BEGINNING;
  });
  afterEach(() => removeFolder(home));
  const open = () => Commitments.open(home, () => now);
  const account = Address.parse(`0x${"a".repeat(40)}`);
  const permit = (amount: bigint) => ({ account, payee: PAYEE, amount, nonce: 1n });
  const unsent = () => Promise.reject(new Error("nothing is to be sent"));
  const notes = () => readdirSync(join(home, "payments", "opengradient"));

  it("is bounded within an hour and within a day, also by what another window committed", async () => {
    const limits = { hour: 20n, day: 30n };
    const [one, other] = [await open(), await open()];
    await one.commit(permit(10n), limits);
    await other.commit(permit(10n), limits);
    await expect(one.commit(permit(1n), limits)).rejects.toMatchObject({
      code: "enclave.payment",
      remedy: "askLater",
      message: expect.stringContaining("an hour"),
    });
    now += 3_601;
    await other.commit(permit(10n), limits);
    await expect(one.commit(permit(1n), limits)).rejects.toThrow("a day");
    expect(one.ofToday).toBe(30n);
    expect(notes()).toHaveLength(3);
    now += 86_400;
    await one.commit(permit(20n), limits);
    expect(one.ofToday).toBe(20n);
  });

  it("stays within the limits where several windows commit at once", async () => {
    const windows = await Promise.all(Array.from({ length: 6 }, open));
    const commits = windows.map((window) => window.commit(permit(10n), { hour: 30n, day: 100n }));
    const outcomes = await Promise.allSettled(commits);
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(3);
    expect(notes()).toHaveLength(3);
  });

  it("is unknown where a note cannot be read, and then nothing is paid", async () => {
    await (await open()).commit(permit(10n), { hour: 30n, day: 100n });
    writeFileSync(join(home, "payments", "opengradient", "1.json"), "{");
    await expect(open()).rejects.toMatchObject({ code: "enclave.payment", remedy: "restorePayments" });
  });

  it("is noted before a permit is made, whole, without a secret, and not at all for what is refused", async () => {
    const key = generatePrivateKey();
    const payer = (wallet: string | null) =>
      new UptoPayer({
        agreed,
        limits: { hour: MOST_PER_SESSION, day: MOST_PER_SESSION },
        key: async () => wallet,
        commitments: open,
        now: () => now,
      });
    const reply = (challenge: object) => ({
      ...{ status: 402, body: "" },
      headers: { "payment-required": toHeader(challenge) },
    });
    await expect(payer(null).open(reply(made.required), unsent)).rejects.toMatchObject({
      remedy: "setWallet",
    });
    await expect(payer("0x00").open(reply(made.required), unsent)).rejects.toThrow("nothing was paid");
    const dear = { ...made.required, accepts: [{ ...terms, amount: String(MOST_PER_SESSION * 2n) }] };
    await expect(payer(key).open(reply(dear), unsent)).rejects.toThrow("0.2 OPG");
    await (await open()).read();
    expect(notes()).toEqual([]);
    let paid: SessionHeaders = {};
    const answer = { status: 200, headers: {}, body: "" };
    await payer(key).open(reply(made.required), async (headers) => {
      expect(notes()).toEqual(["1.json"]);
      paid = headers;
      return answer;
    });
    expect(notes()).toEqual(["1.json"]);
    const note = readFileSync(join(home, "payments", "opengradient", "1.json"), "utf8");
    expect(note).toContain(`"amount": "${MOST_PER_SESSION}"`);
    expect(note).not.toContain(key.slice(2));
    expect(Object.keys(paid)).toEqual(["payment-signature"]);
    await expect(payer(key).open(reply(made.required), unsent)).rejects.toMatchObject({ remedy: "askLater" });
  });

  describe("a session", () => {
    const reply = { status: 402, body: "", headers: { "payment-required": toHeader(made.required) } };
    const answer = { status: 200, body: "", headers: {} };

    function wallet() {
      let key: string | null = generatePrivateKey();
      const payer = new UptoPayer({
        agreed,
        limits: { hour: MOST_PER_SESSION * 3n, day: MOST_PER_SESSION * 3n },
        key: async () => key,
        commitments: open,
        now: () => now,
      });
      const told = (session: string | string[]) => ({ headers: { "x-upto-session": session } });
      return {
        ...{ payer, told },
        change: (other: string | null) => {
          key = other;
        },
        pay: (session: string) =>
          payer.open(reply, async (_, heard) => {
            heard(told(session));
            return answer;
          }),
      };
    }

    it("is in memory only, and used as long as the gateway takes it", async () => {
      const { payer, pay } = wallet();
      expect(await payer.session()).toBeNull();
      await pay("a\nb");
      await pay("x".repeat(1_000));
      expect(await payer.session()).toBeNull();
      await pay("secret");
      expect(await payer.session()).toEqual({ "x-upto-session": "secret" });
      payer.sessionEnded({ "x-upto-session": "secret" });
      expect(await payer.session()).toBeNull();
    });

    it("outlives what is heard of an older one, whose wallet may be another", async () => {
      const { payer, pay, change, told } = wallet();
      await pay("older");
      const older = (await payer.session()) ?? {};
      change(generatePrivateKey());
      await pay("newer");
      payer.answered(older, told("older"));
      expect(await payer.session()).toEqual({ "x-upto-session": "newer" });
      payer.sessionEnded(older);
      expect(await payer.session()).toEqual({ "x-upto-session": "newer" });
    });

    it("is used no more once the wallet is gone that paid for it, or is another", async () => {
      for (const other of [null, generatePrivateKey()]) {
        const { payer, pay, change } = wallet();
        await pay("secret");
        change(other);
        expect(await payer.session()).toBeNull();
      }
    });

    it("is opened once for all who ask meanwhile, and again where that failed", async () => {
      const { payer, told } = wallet();
      const sent: SessionHeaders[] = [];
      const failing = payer.open(reply, async () => Promise.reject(new Error("dropped")));
      const all = [1, 2, 3].map(() =>
        payer.open(reply, async (headers, heard) => {
          sent.push(headers);
          heard(told("secret"));
          return answer;
        }),
      );
      await expect(failing).rejects.toThrow("dropped");
      await Promise.all(all);
      expect(sent.map((headers) => Object.keys(headers)[0])).toEqual([
        "payment-signature",
        "x-upto-session",
        "x-upto-session",
      ]);
      expect(notes()).toHaveLength(2);
    });
  });
});

describe("a private key", () => {
  it("is 64 digits below the curve's order, however it is written", () => {
    const key = generatePrivateKey();
    for (const written of [key, key.slice(2), ` ${key.toUpperCase().replace("0X", "0x")}\n`]) {
      expect(accountOfKey(written)?.address).toBe(privateKeyToAccount(key).address);
    }
    for (const none of ["", "0x", "0".repeat(64), "f".repeat(64), key.slice(0, -1)]) {
      expect(accountOfKey(none)).toBeNull();
    }
  });
});
