import { randomBytes } from "node:crypto";
import { hexToBigInt, toHex } from "viem";
import { ProoflineError } from "../../platform/errors";
import { Address } from "../../platform/primitives";
import { accountOfKey } from "../../platform/walletKey";
import type { CommitmentLimits, Commitments } from "./commitments";
import type { EnclaveReply } from "./enclaveConnection";
import { NO_PAYER, type Payer } from "./openGradientProvider";
import { type AgreedPayment, paymentAsked } from "./paymentChallenge";
import { paymentHeader } from "./uptoPermit";

export interface UptoPayerParameters {
  readonly agreed: AgreedPayment;
  readonly limits: CommitmentLimits;
  /** The private key that pays; `null` where none is set. */
  readonly key: () => Promise<string | null>;
  readonly commitments: () => Promise<Commitments>;
  /** Seconds since 1970. */
  readonly now: () => number;
}

/**
 * Pays for sessions by x402 version 2 with the scheme `upto`: a permit for the whole of a session is noted, then signed and sent, and
 * never twice for one request. The secret of an open session, which is as good as its money, is in memory only.
 */
export class UptoPayer implements Payer {
  private secret: string | null = null;

  constructor(private readonly parameters: UptoPayerParameters) {}

  session(): Readonly<Record<string, string>> | null {
    return this.secret === null ? null : { "x-upto-session": this.secret };
  }

  sessionEnded(): void {
    this.secret = null;
  }

  async payFor(reply: EnclaveReply): Promise<Readonly<Record<string, string>>> {
    const { agreed, limits, now } = this.parameters;
    const key = await this.parameters.key();
    if (key === null) {
      return NO_PAYER.payFor(reply);
    }
    const asked = paymentAsked(reply.headers["payment-required"], agreed);
    const account = accountOfKey(key);
    if (account === null) {
      throw new ProoflineError(
        "enclave.payment",
        "The wallet's key is none, so nothing was paid.",
        "setWallet",
      );
    }
    const nonce = hexToBigInt(toHex(randomBytes(32)));
    const commitments = await this.parameters.commitments();
    await commitments.commit(
      {
        account: Address.parse(account.address.toLowerCase()),
        nonce,
        payee: asked.payee,
        amount: asked.amount,
      },
      limits,
    );
    return {
      "payment-signature": await paymentHeader(account, asked, { nonce, deadline: now() + asked.seconds }),
    };
  }

  answered({ headers }: EnclaveReply): void {
    const opened = headers["x-upto-session"];
    if (typeof opened === "string" && SECRET.test(opened)) {
      this.secret = opened;
    }
  }
}

/** What can stand in a header. */
const SECRET = /^[\x21-\x7e]{1,512}$/;
