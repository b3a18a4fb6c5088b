import { randomUUID } from "node:crypto";
import { Address } from "../../../server/src/platform/primitives";
import type { Clock } from "./clock";
import { type Authorization, FACILITATOR, type Facilitator } from "./facilitator";
import type { Fault } from "./faults";
import { fromHeader, type PaymentRequired, PRICE, paymentTerms, toHeader } from "./paymentTerms";

/** Seconds after its last use at which a session ends. */
export const IDLE_SECONDS = 100;

/** What stands in a permit's place where nobody pays. */
const UNPAID: Authorization = { account: Address.parse(`0x${"0".repeat(40)}`), permitted: PRICE };

/** A permit that is being used up. */
export interface Session {
  /** Whoever knows it spends its money. */
  readonly secret: string;
  readonly authorization: Authorization;
  spent: bigint;
  lastUsed: number;
}

/** Why there is no session: HTTP 402 with these headers. */
export interface Unpaid {
  readonly error: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface PaidRequest {
  readonly url: string;
  /** `PAYMENT-SIGNATURE`. */
  readonly payment: string | undefined;
  /** `X-Upto-Session`. */
  readonly secret: string | undefined;
  readonly fault: Fault | null;
}

/** Who may ask: whoever pays, or has paid a moment ago. */
export class Sessions {
  private readonly open = new Map<string, Session>();

  constructor(
    private readonly clock: Clock,
    private readonly facilitator: Facilitator,
    private readonly payTo: Address,
    /** Nobody has to pay. */
    private readonly isFree = false,
  ) {}

  async admit(request: PaidRequest): Promise<Session | Unpaid> {
    if (this.isFree) {
      return { secret: randomUUID(), authorization: UNPAID, spent: 0n, lastUsed: this.clock.now() };
    }
    if (request.secret !== undefined) {
      // Nothing is offered here: whoever wants to pay again asks without a session.
      return this.resume(request.secret) ?? { error: "Session expired or exhausted", headers: {} };
    }
    if (request.payment === undefined) {
      return this.demand(request, "Payment required");
    }
    const terms = paymentTerms({ payTo: this.payTo, facilitator: FACILITATOR }, request.fault);
    const authorization = await this.facilitator.authorize(fromHeader(request.payment), terms);
    if (typeof authorization === "string") {
      return this.demand(request, authorization);
    }
    const session = { secret: randomUUID(), authorization, spent: 0n, lastUsed: this.clock.now() };
    this.open.set(session.secret, session);
    return session;
  }

  /** Takes the price of one answer. */
  charge(session: Session): void {
    this.facilitator.take(session.authorization, PRICE, session.spent);
    session.spent += PRICE;
  }

  private resume(secret: string): Session | null {
    const session = this.open.get(secret);
    const now = this.clock.now();
    if (
      session === undefined ||
      now - session.lastUsed > IDLE_SECONDS ||
      session.spent + PRICE > session.authorization.permitted
    ) {
      this.open.delete(secret);
      return null;
    }
    session.lastUsed = now;
    return session;
  }

  private demand({ url, fault }: PaidRequest, error: string): Unpaid {
    const required: PaymentRequired = {
      x402Version: 2,
      error,
      resource: { url, description: "Chat completion", mimeType: "application/json" },
      accepts: [paymentTerms({ payTo: this.payTo, facilitator: FACILITATOR }, fault)],
      extensions: {},
    };
    return { error, headers: { "PAYMENT-REQUIRED": toHeader(required) } };
  }
}
