/** A client as OpenGradient's documents have one: it pins the enclave's certificate, pays what it is asked for, and keeps what came. */
import { randomBytes } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { Agent, request } from "node:https";
import { buffer } from "node:stream/consumers";
import { hexToBigInt, toHex } from "viem";
import type { PrivateKeyAccount } from "viem/accounts";
import type { SettlementKind } from "../../../server/src/protocol/settlementKinds";
import { SavedAnswer } from "../../../server/src/providers/opengradient/savedAnswer";
import { pem } from "../../unit/models/certificates";
import {
  fromHeader,
  type Payment,
  PaymentRequired,
  PERMIT_TYPES,
  type Permit,
  permitDomain,
  permitMessage,
  toHeader,
  UPTO_PROXY,
} from "./paymentTerms";
import type { OpenGradient } from "./startOpenGradient";

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Exchange {
  readonly path?: string;
  /** Sent with POST; nothing is sent with GET. */
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** One exchange with whoever shows the registered certificate; with anybody else it fails before anything is sent. */
export function exchange(
  { gateway, enclave }: OpenGradient,
  { path = "/v1/chat/completions", body, headers = {}, signal }: Exchange,
): Promise<HttpAnswer> {
  const agent = new Agent({ ca: pem(enclave.tlsCertificate), keepAlive: false });
  return new Promise((resolve, reject) => {
    const method = body === undefined ? "GET" : "POST";
    const sent = request(`${gateway.url}${path}`, { agent, method, headers, signal }, (response) => {
      buffer(response).then(
        (whole) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: whole }),
        reject,
      );
    });
    sent.once("error", reject);
    sent.end(body);
  });
}

/** What a challenge asks for. */
export function challengeIn({ headers }: HttpAnswer): PaymentRequired {
  return PaymentRequired.parse(fromHeader(String(headers["payment-required"])));
}

/** A permit for all that a challenge asks for, from now on until it ends. @param now seconds since 1970 */
export function permitFor({ accepts: [terms] }: PaymentRequired, from: Permit["from"], now: number): Permit {
  return {
    from,
    permitted: { token: terms.asset, amount: terms.amount },
    spender: UPTO_PROXY,
    nonce: String(hexToBigInt(toHex(randomBytes(32)))),
    deadline: String(now + terms.maxTimeoutSeconds),
    witness: { to: terms.payTo, facilitator: terms.extra.facilitatorAddress, validAfter: String(now) },
  };
}

/** Signs a permit as a wallet does. */
export async function pay(
  required: PaymentRequired,
  account: PrivateKeyAccount,
  permit: Permit,
): Promise<Payment> {
  const { resource, accepts, extensions } = required;
  const [accepted] = accepts;
  const signature = await account.signTypedData({
    domain: permitDomain(accepted),
    types: PERMIT_TYPES,
    primaryType: "PermitWitnessTransferFrom",
    message: permitMessage(permit),
  });
  return {
    x402Version: 2,
    payload: { signature, permit2Authorization: permit },
    ...{ resource, accepted, extensions },
  };
}

export interface Asked {
  readonly body: string;
  readonly settlement: SettlementKind;
  readonly account: PrivateKeyAccount;
}

/** Asks, pays what the challenge says whatever it is, and asks again. */
export async function askAndPay(
  open: OpenGradient,
  { body, settlement, account }: Asked,
): Promise<HttpAnswer> {
  const headers = { "content-type": "application/json", "X-SETTLEMENT-TYPE": settlement };
  const first = await exchange(open, { body, headers });
  if (first.status !== 402) {
    return first;
  }
  const required = challengeIn(first);
  const payment = await pay(required, account, permitFor(required, account.address, open.clock.now()));
  return exchange(open, { body, headers: { ...headers, "PAYMENT-SIGNATURE": toHeader(payment) } });
}

/** What came, as a file that somebody keeps of it. */
export function kept(
  { enclave, registration }: OpenGradient,
  body: string,
  answer: HttpAnswer,
  settlement: SavedAnswer["settlement"],
): SavedAnswer {
  const isStream = answer.headers["content-type"] === "text/event-stream";
  return SavedAnswer.parse({
    format: "proofline-opengradient-answer/v1",
    request: body,
    answer: { kind: isStream ? "stream" : "body", text: answer.body.toString("utf8") },
    signingKey: enclave.signingKey.toString("base64"),
    tlsCertificate: enclave.tlsCertificate.toString("base64"),
    attestation: { document: registration.document.toString("base64"), at: registration.at },
    settlement,
  });
}
