import { randomBytes } from "node:crypto";
import { hexToBigInt, toHex } from "viem";
import { ProoflineError } from "../../platform/errors";
import { Address } from "../../platform/primitives";
import { accountOfKey } from "../../platform/walletKey";
import type { CommitmentLimits, Commitments } from "./commitments";
import { type EnclaveReply, requestCancelled } from "./enclaveConnection";
import { type HeadListener, NO_WALLET, type Payer, type SessionHeaders } from "./openGradientProvider";
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

interface OpenSession {
  /** Whoever knows it spends the rest of its money. */
  readonly secret: string;
  /** Whose money that is. */
  readonly account: string;
}

/**
 * Pays for sessions by x402 version 2 with the scheme `upto`: a permit for the whole of a session is noted, then signed and sent, and
 * never twice for one request. One session is opened at a time, so that whoever asks meanwhile asks within it. The secret of an open
 * session is in memory only, and is used as long as the wallet is set that paid for it.
 */
export class UptoPayer implements Payer {
  private current: OpenSession | null = null;
  /** Settled while no session is being opened. */
  private opening: Promise<void> = Promise.resolve();

  constructor(private readonly parameters: UptoPayerParameters) {}

  async session(): Promise<SessionHeaders | null> {
    await this.opening;
    return this.held();
  }

  sessionEnded(session: SessionHeaders): void {
    if (this.isCurrent(session)) {
      this.current = null;
    }
  }

  async open(
    reply: EnclaveReply,
    send: (headers: SessionHeaders, heard: HeadListener) => Promise<EnclaveReply>,
    signal?: AbortSignal,
  ): Promise<EnclaveReply> {
    const before = this.opening;
    let done = (): void => {};
    const isDone = new Promise<void>((resolve) => {
      done = resolve;
    });
    this.opening = before.then(() => isDone);
    await before;
    try {
      const session = await this.held();
      if (signal?.aborted === true) {
        throw requestCancelled();
      }
      if (session !== null) {
        return await send(session, (told) => {
          this.answered(session, told);
          done();
        });
      }
      const { headers, account } = await this.payment(reply);
      return await send(headers, (told) => {
        this.keep(told, account);
        done();
      });
    } finally {
      done();
    }
  }

  answered(session: SessionHeaders, reply: Pick<EnclaveReply, "headers">): void {
    // Another session may have been opened since, by another wallet even.
    if (this.current !== null && this.isCurrent(session)) {
      this.keep(reply, this.current.account);
    }
  }

  private keep({ headers }: Pick<EnclaveReply, "headers">, account: string): void {
    const secret = headers[SESSION];
    if (typeof secret === "string" && SECRET.test(secret)) {
      this.current = { secret, account };
    }
  }

  private isCurrent(session: SessionHeaders): boolean {
    return this.current !== null && session[SESSION] === this.current.secret;
  }

  private async held(): Promise<SessionHeaders | null> {
    if (this.current === null) {
      return null;
    }
    const key = await this.parameters.key();
    const isSame = key !== null && accountOfKey(key)?.address === this.current?.account;
    return isSame && this.current !== null ? { [SESSION]: this.current.secret } : null;
  }

  private async payment(
    reply: EnclaveReply,
  ): Promise<{ readonly headers: SessionHeaders; readonly account: string }> {
    const { agreed, limits, now } = this.parameters;
    const key = await this.parameters.key();
    if (key === null) {
      throw new ProoflineError("enclave.payment", NO_WALLET, "setWallet");
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
    const permit = await paymentHeader(account, asked, { nonce, deadline: now() + asked.seconds });
    return { headers: { "payment-signature": permit }, account: account.address };
  }
}

/** The header by which a gateway names a session, and by which it is asked within one. */
const SESSION = "x-upto-session";
/** What can stand in a header. */
const SECRET = /^[\x21-\x7e]{1,512}$/;
