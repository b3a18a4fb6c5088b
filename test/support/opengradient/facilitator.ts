import { isDeepStrictEqual } from "node:util";
import { isAddressEqual, verifyTypedData } from "viem";
import { Address } from "../../../server/src/platform/primitives";
import type { Clock } from "./clock";
import {
  Payment,
  type PaymentTerms,
  PERMIT_TYPES,
  type Permit,
  permitDomain,
  permitMessage,
  UPTO_PROXY,
} from "./paymentTerms";

export const FACILITATOR = Address.parse("0x00000000000000000000000000000000000fac11");

/** Why a payment is refused. */
export type PaymentFlaw =
  | "malformed"
  | "otherTerms"
  | "otherToken"
  | "otherAmount"
  | "otherSpender"
  | "otherPayee"
  | "otherFacilitator"
  | "notYetValid"
  | "expired"
  | "badSignature"
  | "nonceUsed";

/** A permit to take money that holds. */
export interface Authorization {
  readonly account: Address;
  /** The most that may be taken, in the token's smallest unit. */
  readonly permitted: bigint;
}

/** Seconds that a permit has to hold yet, so that there is time to use it. */
const TIME_TO_SETTLE = 6;

/** Checks permits as x402's own facilitator and Permit2 do, and keeps account of what was taken from whom. */
export class Facilitator {
  private readonly used = new Set<string>();
  private readonly taken = new Map<Address, bigint>();

  constructor(private readonly clock: Clock) {}

  /** Uses a permit's nonce up, where the permit is good for what the gateway asks. @param payment as it was sent */
  async authorize(payment: unknown, terms: PaymentTerms): Promise<Authorization | PaymentFlaw> {
    const read = Payment.safeParse(payment);
    if (!read.success) {
      return "malformed";
    }
    const { payload, accepted } = read.data;
    const permit = payload.permit2Authorization;
    const flaw = isDeepStrictEqual(accepted, terms) ? this.flawOf(permit, terms) : "otherTerms";
    if (flaw !== null) {
      return flaw;
    }
    const isSigned = await verifyTypedData({
      address: permit.from,
      domain: permitDomain(terms),
      types: PERMIT_TYPES,
      primaryType: "PermitWitnessTransferFrom",
      message: permitMessage(permit),
      signature: payload.signature,
    }).catch(() => false);
    if (!isSigned) {
      return "badSignature";
    }
    const account = Address.parse(permit.from.toLowerCase());
    const nonce = `${account} ${permit.nonce}`;
    if (this.used.has(nonce)) {
      return "nonceUsed";
    }
    this.used.add(nonce);
    return { account, permitted: BigInt(permit.permitted.amount) };
  }

  /** @throws RangeError beyond what was permitted @param already what was taken by the same permit before */
  take({ account, permitted }: Authorization, amount: bigint, already: bigint): void {
    if (already + amount > permitted) {
      throw new RangeError(`${account} permitted ${permitted} at most`);
    }
    this.taken.set(account, this.takenFrom(account) + amount);
  }

  /** What an account has paid in all, in the token's smallest unit. */
  takenFrom(account: string): bigint {
    return this.taken.get(Address.parse(account.toLowerCase())) ?? 0n;
  }

  private flawOf({ permitted, spender, deadline, witness }: Permit, terms: PaymentTerms): PaymentFlaw | null {
    const now = this.clock.now();
    if (!isAddressEqual(permitted.token, terms.asset)) {
      return "otherToken";
    }
    if (BigInt(permitted.amount) !== BigInt(terms.amount)) {
      return "otherAmount";
    }
    if (!isAddressEqual(spender, UPTO_PROXY)) {
      return "otherSpender";
    }
    if (!isAddressEqual(witness.to, terms.payTo)) {
      return "otherPayee";
    }
    if (!isAddressEqual(witness.facilitator, terms.extra.facilitatorAddress)) {
      return "otherFacilitator";
    }
    if (BigInt(witness.validAfter) > now) {
      return "notYetValid";
    }
    return BigInt(deadline) < now + TIME_TO_SETTLE ? "expired" : null;
  }
}
