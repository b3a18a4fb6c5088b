/** What a payment is about: x402 version 2 with the scheme `upto`, paid in a token of chain 8453 by way of Permit2. */
import * as z from "zod";
import type { Address } from "../../../server/src/platform/primitives";
import type { Fault } from "./faults";

export const PERMIT2 = "0x000000000022D473030F116dDEE9F6B43aC78BA3";
/** Who may move the money: the spender of every permit. */
export const UPTO_PROXY = "0x4020A4f3b7b90ccA423B9fabCc0CE57C6C240002";
export const TOKEN = "0xFbC2051AE2265686a469421b2C5A2D5462FbF5eB";
export const NETWORK = "eip155:8453";
/** The most that a session costs: 0.1 tokens. */
export const CAP = 10n ** 17n;
/** What an answer costs. */
export const PRICE = 10n ** 15n;

export const PERMIT_TYPES = {
  PermitWitnessTransferFrom: [
    { name: "permitted", type: "TokenPermissions" },
    { name: "spender", type: "address" },
    { name: "nonce", type: "uint256" },
    { name: "deadline", type: "uint256" },
    { name: "witness", type: "Witness" },
  ],
  TokenPermissions: [
    { name: "token", type: "address" },
    { name: "amount", type: "uint256" },
  ],
  Witness: [
    { name: "to", type: "address" },
    { name: "facilitator", type: "address" },
    { name: "validAfter", type: "uint256" },
  ],
} as const;

const AnyAddress = z.templateLiteral(["0x", z.string().regex(/^[0-9a-fA-F]{40}$/)]);
const Amount = z.string().regex(/^(?:0|[1-9]\d{0,77})$/);

/** One way to pay, as the gateway offers it. */
export const PaymentTerms = z.object({
  scheme: z.string(),
  network: z.string().regex(/^eip155:\d+$/),
  asset: AnyAddress,
  /** In the token's smallest unit. */
  amount: Amount,
  payTo: AnyAddress,
  maxTimeoutSeconds: z.number().int(),
  extra: z.object({
    name: z.string(),
    version: z.string(),
    assetTransferMethod: z.string(),
    facilitatorAddress: AnyAddress,
  }),
});
export type PaymentTerms = z.infer<typeof PaymentTerms>;

const Resource = z.object({ url: z.string(), description: z.string(), mimeType: z.string() });

/** What the header `PAYMENT-REQUIRED` says, in base64. */
export const PaymentRequired = z.object({
  x402Version: z.literal(2),
  error: z.string(),
  resource: Resource,
  accepts: z.tuple([PaymentTerms]),
  extensions: z.record(z.string(), z.unknown()),
});
export type PaymentRequired = z.infer<typeof PaymentRequired>;

/** What is signed, with numbers in decimal. */
export const Permit = z.object({
  from: AnyAddress,
  permitted: z.object({ token: AnyAddress, amount: Amount }),
  spender: AnyAddress,
  nonce: Amount,
  deadline: Amount,
  witness: z.object({ to: AnyAddress, facilitator: AnyAddress, validAfter: Amount }),
});
export type Permit = z.infer<typeof Permit>;

/** What the header `PAYMENT-SIGNATURE` says, in base64. */
export const Payment = z.object({
  x402Version: z.literal(2),
  payload: z.object({
    signature: z.templateLiteral(["0x", z.string().regex(/^[0-9a-fA-F]+$/)]),
    permit2Authorization: Permit,
  }),
  resource: Resource,
  accepted: PaymentTerms,
  extensions: z.record(z.string(), z.unknown()).optional(),
});
export type Payment = z.infer<typeof Payment>;

export interface Payee {
  readonly payTo: Address;
  readonly facilitator: Address;
}

const SOMEBODY = "0x0000000000000000000000000000000000000bad";

/** What the gateway asks for, or what a fault has it ask for instead. */
export function paymentTerms({ payTo, facilitator }: Payee, fault: Fault | null): PaymentTerms {
  return {
    scheme: "upto",
    network: fault === "otherChain" ? "eip155:1" : NETWORK,
    asset: fault === "otherToken" ? SOMEBODY : TOKEN,
    amount: String(fault === "priceAboveCap" ? CAP * 100n : CAP),
    payTo: fault === "otherPayee" ? SOMEBODY : payTo,
    maxTimeoutSeconds: 300,
    extra: {
      name: "OpenGradient",
      version: "1",
      assetTransferMethod: "permit2",
      facilitatorAddress: facilitator,
    },
  };
}

/** The same as EIP-712 has it. */
export function permitMessage({ permitted, spender, nonce, deadline, witness }: Permit) {
  return {
    permitted: { token: permitted.token, amount: BigInt(permitted.amount) },
    spender,
    nonce: BigInt(nonce),
    deadline: BigInt(deadline),
    witness: { ...witness, validAfter: BigInt(witness.validAfter) },
  };
}

export function permitDomain({ network }: PaymentTerms) {
  return {
    name: "Permit2",
    chainId: Number(network.slice("eip155:".length)),
    verifyingContract: PERMIT2,
  } as const;
}

/** JSON in base64, as x402 has it in headers. */
export const toHeader = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64");

/** @returns `undefined` where the header holds none */
export function fromHeader(header: string): unknown {
  try {
    return JSON.parse(Buffer.from(header, "base64").toString("utf8"));
  } catch {
    return undefined;
  }
}
