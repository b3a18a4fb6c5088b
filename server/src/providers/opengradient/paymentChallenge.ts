import * as z from "zod";
import { ProoflineError } from "../../platform/errors";
import { Address } from "../../platform/primitives";
import { opg } from "./spendingLimits";

/** OPG on Base: the one thing that is paid with. */
export const OPG_TOKEN = Address.parse("0xfbc2051ae2265686a469421b2c5a2d5462fbf5eb");
export const PAYMENT_NETWORK = "eip155:8453";
export const PAYMENT_CHAIN = 8453;

/** Longer ones say something else. */
const MOST_HEADER_LENGTH = 16_384;

/** Seconds that a permit holds at least and at most. */
const LEAST_SECONDS = 10;
const MOST_SECONDS = 3_600;

const AnyAddress = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/)
  .transform((address) => Address.parse(address.toLowerCase()));

/** What of an offer matters. What it says besides goes back as it came. */
const Offer = z.looseObject({
  scheme: z.string(),
  network: z.string(),
  asset: AnyAddress,
  /** In the token's smallest unit. */
  amount: z.string().regex(/^[1-9]\d{0,77}$/),
  payTo: AnyAddress,
  maxTimeoutSeconds: z.number().int(),
  extra: z.looseObject({ assetTransferMethod: z.literal("permit2"), facilitatorAddress: AnyAddress }),
});

const Challenge = z.looseObject({
  x402Version: z.literal(2),
  resource: z.unknown(),
  accepts: z.array(z.looseObject({})).min(1).max(16),
  extensions: z.unknown(),
});

/** What a person agreed to pay, and to whom. */
export interface AgreedPayment {
  readonly payee: Address;
  /** The most that one session may cost, in the token's smallest unit. */
  readonly most: bigint;
}

/** What is asked for, and was agreed to. */
export interface PaymentAsked {
  readonly payee: Address;
  readonly facilitator: Address;
  /** In the token's smallest unit. */
  readonly amount: bigint;
  /** How long a permit has to hold. */
  readonly seconds: number;
  /** What goes back beside the permit, letter by letter as it came. */
  readonly echo: {
    readonly resource: unknown;
    readonly accepted: unknown;
    readonly extensions: unknown;
  };
}

/**
 * What the header `PAYMENT-REQUIRED` of x402 version 2 asks for.
 *
 * @throws ProoflineError `enclave.payment` where that is anything but OPG on Base, to the agreed payee, up to the agreed amount
 */
export function paymentAsked(header: unknown, agreed: AgreedPayment): PaymentAsked {
  const challenge = Challenge.safeParse(
    typeof header === "string" && header.length <= MOST_HEADER_LENGTH ? jsonIn(header) : undefined,
  );
  if (!challenge.success) {
    throw refused("it does not say for what in a way that Proofline understands");
  }
  const { accepts, resource, extensions } = challenge.data;
  const objections: string[] = [];
  for (const accepted of accepts) {
    const offer = Offer.safeParse(accepted);
    const objection = offer.success
      ? objectionTo(offer.data, agreed)
      : "it does not say for what in a way that Proofline understands";
    if (offer.success && objection === null) {
      const { amount, extra, maxTimeoutSeconds: seconds } = offer.data;
      return {
        payee: agreed.payee,
        facilitator: extra.facilitatorAddress,
        amount: BigInt(amount),
        seconds,
        echo: { resource, accepted, extensions },
      };
    }
    objections.push(objection ?? "");
  }
  throw refused(objections[0] ?? "");
}

function objectionTo(
  { scheme, network, asset, amount, payTo, maxTimeoutSeconds }: z.infer<typeof Offer>,
  { payee, most }: AgreedPayment,
): string | null {
  if (scheme !== "upto") {
    return "it is not for a session with an upper bound";
  }
  if (network !== PAYMENT_NETWORK) {
    return "it is on another chain than Base";
  }
  if (asset !== OPG_TOKEN) {
    return `it is in another token than OPG, ${asset}`;
  }
  if (payTo !== payee) {
    return `it is to ${payTo}, and you agreed to pay ${payee}, whom the registry names`;
  }
  if (BigInt(amount) > most) {
    return `it is up to ${opg(BigInt(amount))}, and you agreed to ${opg(most)} a session`;
  }
  return maxTimeoutSeconds < LEAST_SECONDS || maxTimeoutSeconds > MOST_SECONDS
    ? `its permit would hold for ${maxTimeoutSeconds} seconds`
    : null;
}

function refused(why: string): ProoflineError {
  return new ProoflineError(
    "enclave.payment",
    `The enclave asks for a payment that you did not agree to: ${why}. Nothing was paid.`,
    "chooseEnclave",
  );
}

function jsonIn(header: string): unknown {
  try {
    return JSON.parse(Buffer.from(header, "base64").toString("utf8"));
  } catch {
    return undefined;
  }
}
