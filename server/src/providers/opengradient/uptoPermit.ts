import type { Hex } from "viem";
import type { PrivateKeyAccount } from "viem/accounts";
import { OPG_TOKEN, PAYMENT_CHAIN, type PaymentAsked } from "./paymentChallenge";

/** Uniswap's Permit2, which has one address on every chain. */
const PERMIT2 = "0x000000000022D473030F116dDEE9F6B43aC78BA3";
/** x402's proxy for the scheme `upto`: the spender of every permit. It takes no more than is permitted, and gives it to the payee alone. */
const UPTO_PROXY = "0x4020A4f3b7b90ccA423B9fabCc0CE57C6C240002";

/** EIP-712, as Permit2 and that proxy have it. */
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

/** What makes a permit the only one of its kind. */
export interface PermitTimes {
  /** 256 random bits. */
  readonly nonce: bigint;
  /** Seconds since 1970. */
  readonly deadline: number;
}

/** What is signed of a permit for all that is asked for. It is good at once, for clocks differ. */
export function permitData({ payee, facilitator, amount }: PaymentAsked, { nonce, deadline }: PermitTimes) {
  return {
    domain: { name: "Permit2", chainId: PAYMENT_CHAIN, verifyingContract: PERMIT2 },
    types: PERMIT_TYPES,
    primaryType: "PermitWitnessTransferFrom",
    message: {
      permitted: { token: OPG_TOKEN, amount },
      spender: UPTO_PROXY,
      nonce,
      deadline: BigInt(deadline),
      witness: { to: payee, facilitator, validAfter: 0n },
    },
  } as const;
}

/** The header `PAYMENT-SIGNATURE` of x402 version 2: base64 of JSON, numbers in decimal. */
export async function paymentHeader(
  account: PrivateKeyAccount,
  asked: PaymentAsked,
  times: PermitTimes,
): Promise<string> {
  const data = permitData(asked, times);
  const { permitted, spender, nonce, deadline, witness } = data.message;
  const signature: Hex = await account.signTypedData(data);
  const payment = {
    x402Version: 2,
    payload: {
      signature,
      permit2Authorization: {
        from: account.address,
        permitted: { token: permitted.token, amount: String(permitted.amount) },
        spender,
        nonce: String(nonce),
        deadline: String(deadline),
        witness: { ...witness, validAfter: String(witness.validAfter) },
      },
    },
    ...asked.echo,
  };
  return Buffer.from(JSON.stringify(payment), "utf8").toString("base64");
}
