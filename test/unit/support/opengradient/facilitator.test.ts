import { readFileSync } from "node:fs";
import { join } from "node:path";
import { concat, encodeAbiParameters, hashTypedData, keccak256, parseAbiParameters, toHex } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { BEGINNING, standingClock } from "../../../support/opengradient/clock";
import { FACILITATOR, Facilitator, type PaymentFlaw } from "../../../support/opengradient/facilitator";
import { pay, permitFor } from "../../../support/opengradient/payingClient";
import {
  CAP,
  Payment,
  PaymentRequired,
  PERMIT_TYPES,
  type Permit,
  paymentTerms,
  permitDomain,
  permitMessage,
} from "../../../support/opengradient/paymentTerms";
import { PAYEE } from "../../../support/opengradient/startOpenGradient";

const account = privateKeyToAccount(generatePrivateKey());
const other = privateKeyToAccount(generatePrivateKey());
const terms = paymentTerms({ payTo: PAYEE, facilitator: FACILITATOR }, null);
const required: PaymentRequired = {
  x402Version: 2,
  error: "Payment required",
  resource: { url: "https://enclave.example/", description: "Chat completion", mimeType: "application/json" },
  accepts: [terms],
  extensions: {},
};
const permit = permitFor(required, account.address, BEGINNING);

const authorize = (payment: unknown, facilitator = new Facilitator(standingClock())) =>
  facilitator.authorize(payment, terms);

const onto = "0x0000000000000000000000000000000000000001";

describe("the stand-in facilitator", () => {
  it("takes a permit that a wallet signed, once", async () => {
    const facilitator = new Facilitator(standingClock());
    const payment = await pay(required, account, permit);
    expect(await authorize(payment, facilitator)).toEqual({
      account: account.address.toLowerCase(),
      permitted: CAP,
    });
    expect(await authorize(payment, facilitator)).toBe("nonceUsed");
    const again = await pay(required, account, { ...permit, deadline: String(BEGINNING + 200) });
    expect(await authorize(again, facilitator)).toBe("nonceUsed");
    const ofAnother = await pay(required, other, { ...permit, from: other.address });
    expect(await authorize(ofAnother, facilitator)).toMatchObject({ permitted: CAP });
  });

  it("takes a payment of npm's x402 client", async () => {
    const fixture = join(import.meta.dirname, "../../../fixtures/opengradient/x402Payment.json");
    const made = z
      .object({ required: PaymentRequired, payment: Payment })
      .parse(JSON.parse(readFileSync(fixture, "utf8")));
    const [asked] = made.required.accepts;
    const { deadline, from } = made.payment.payload.permit2Authorization;
    const facilitator = new Facilitator(standingClock(Number(deadline) - asked.maxTimeoutSeconds));
    expect(await facilitator.authorize(made.payment, asked)).toEqual({
      account: from.toLowerCase(),
      permitted: CAP,
    });
    expect(asked).toEqual(terms);
  });

  it("takes never more than was permitted", async () => {
    const facilitator = new Facilitator(standingClock());
    const authorization = await authorize(await pay(required, account, permit), facilitator);
    if (typeof authorization === "string") {
      expect.unreachable(authorization);
    }
    facilitator.take(authorization, CAP - 5n, 0n);
    facilitator.take(authorization, 5n, CAP - 5n);
    expect(() => facilitator.take(authorization, 1n, CAP)).toThrow(RangeError);
    expect(facilitator.takenFrom(account.address)).toBe(CAP);
    expect(facilitator.takenFrom(other.address)).toBe(0n);
  });

  const { permitted, witness } = permit;
  const CHANGES: readonly (readonly [string, Permit, PaymentFlaw])[] = [
    ["another payer", { ...permit, from: other.address }, "badSignature"],
    ["another token", { ...permit, permitted: { ...permitted, token: onto } }, "otherToken"],
    ["a smaller amount", { ...permit, permitted: { ...permitted, amount: String(CAP - 1n) } }, "otherAmount"],
    ["a larger amount", { ...permit, permitted: { ...permitted, amount: String(CAP + 1n) } }, "otherAmount"],
    ["another spender", { ...permit, spender: onto }, "otherSpender"],
    ["another nonce", { ...permit, nonce: String(BigInt(permit.nonce) ^ 1n) }, "badSignature"],
    ["a later deadline", { ...permit, deadline: String(BEGINNING + 301) }, "badSignature"],
    ["a deadline that is over", { ...permit, deadline: String(BEGINNING + 5) }, "expired"],
    ["another payee", { ...permit, witness: { ...witness, to: onto } }, "otherPayee"],
    ["another facilitator", { ...permit, witness: { ...witness, facilitator: onto } }, "otherFacilitator"],
    ["an earlier beginning", { ...permit, witness: { ...witness, validAfter: "0" } }, "badSignature"],
    [
      "a beginning that is to come",
      { ...permit, witness: { ...witness, validAfter: String(BEGINNING + 1) } },
      "notYetValid",
    ],
  ];

  it.each(CHANGES)("refuses %s after it was signed", async (_, changed, flaw) => {
    const payment = await pay(required, account, permit);
    const forged = { ...payment, payload: { ...payment.payload, permit2Authorization: changed } };
    expect(await authorize(forged)).toBe(flaw);
  });

  it.each(CHANGES.filter(([, , flaw]) => flaw !== "badSignature"))(
    "refuses %s that was signed so",
    async (_, changed, flaw) => {
      expect(await authorize(await pay(required, account, changed))).toBe(flaw);
    },
  );

  it.each<[string, (payment: Payment) => unknown, PaymentFlaw]>([
    ["nothing", () => undefined, "malformed"],
    ["an older version", (payment) => ({ ...payment, x402Version: 1 }), "malformed"],
    [
      "a signature for another chain",
      (payment) => ({ ...payment, accepted: { ...terms, network: "eip155:1" } }),
      "otherTerms",
    ],
    [
      "other terms",
      (payment) => ({ ...payment, accepted: { ...terms, amount: String(CAP - 1n) } }),
      "otherTerms",
    ],
    [
      "a signature that is none",
      (payment) => ({ ...payment, payload: { ...payment.payload, signature: "0x00" } }),
      "badSignature",
    ],
  ])("refuses %s", async (_, changed, flaw) => {
    expect(await authorize(changed(await pay(required, account, permit)))).toBe(flaw);
  });

  it("refuses what was signed for Permit2 on another chain", async () => {
    const elsewhere = { ...terms, network: "eip155:1" };
    const payment = await pay({ ...required, accepts: [elsewhere] }, account, permit);
    expect(await authorize({ ...payment, accepted: terms })).toBe("badSignature");
  });

  it("hashes what is signed as EIP-712 spells it out", () => {
    const typeHash = (type: string) => keccak256(toHex(type));
    const token = "TokenPermissions(address token,uint256 amount)";
    const bound = "Witness(address to,address facilitator,uint256 validAfter)";
    const outer =
      "PermitWitnessTransferFrom(TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline,Witness witness)";
    const message = permitMessage(permit);
    const domain = keccak256(
      encodeAbiParameters(parseAbiParameters("bytes32, bytes32, uint256, address"), [
        typeHash("EIP712Domain(string name,uint256 chainId,address verifyingContract)"),
        typeHash("Permit2"),
        8453n,
        "0x000000000022D473030F116dDEE9F6B43aC78BA3",
      ]),
    );
    const tokenHash = keccak256(
      encodeAbiParameters(parseAbiParameters("bytes32, address, uint256"), [
        ...([typeHash(token), "0xFbC2051AE2265686a469421b2C5A2D5462FbF5eB", CAP] as const),
      ]),
    );
    const witnessHash = keccak256(
      encodeAbiParameters(parseAbiParameters("bytes32, address, address, uint256"), [
        ...([typeHash(bound), PAYEE, FACILITATOR, BigInt(BEGINNING)] as const),
      ]),
    );
    const struct = keccak256(
      encodeAbiParameters(parseAbiParameters("bytes32, bytes32, address, uint256, uint256, bytes32"), [
        ...([typeHash(outer + token + bound), tokenHash] as const),
        ...(["0x4020A4f3b7b90ccA423B9fabCc0CE57C6C240002", message.nonce, message.deadline] as const),
        witnessHash,
      ]),
    );
    const primaryType = "PermitWitnessTransferFrom";
    expect(hashTypedData({ domain: permitDomain(terms), types: PERMIT_TYPES, primaryType, message })).toBe(
      keccak256(concat(["0x1901", domain, struct])),
    );
  });
});
