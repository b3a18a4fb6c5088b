import type { ProoflineError } from "../../platform/errors";
import type { WorkWords } from "./paidWork";
import {
  about,
  type Cost,
  currency,
  MAX_NONCES,
  MAX_PER_DAY,
  MAX_PER_SUBJECT,
  mostOf,
  type Signed,
} from "./payment";
import type { PaymentLog } from "./paymentLog";

/** Why a transaction may not be signed, as the end of a sentence, and what a person can do about it. */
export interface Objection {
  readonly what: string;
  readonly remedy: ProoflineError["remedy"];
}

/**
 * Holds a transaction that is yet to be signed against the limits for each of its subjects and for a day, which are sums over what was
 * signed before and it; `null` where it fits.
 *
 * @param above the one whose place it is to take, if any
 */
export function objectionTo(
  cost: Cost,
  { recent, ofToday }: Pick<PaymentLog, "recent" | "ofToday">,
  {
    rpc,
    account,
    above,
    words,
  }: {
    readonly rpc: { readonly host: string };
    readonly account: { readonly address: string };
    readonly above: Pick<Signed, "hash"> | null;
    readonly words: Pick<WorkWords, "subject" | "one">;
  },
): Objection | null {
  const asks = `${rpc.host} asks for up to ${currency(cost.most)} of its currency`;
  for (const subject of cost.subjects) {
    const before = about<Cost>(recent, subject);
    const all = [...before, cost];
    if (new Set(all.map(({ nonce }) => nonce)).size > MAX_NONCES) {
      return {
        what: `${MAX_NONCES} transactions of ${account.address} were signed for ${words.subject} within 30 days, and others took their places`,
        remedy: "useOwnAccount",
      };
    }
    if (mostOf(all) > MAX_PER_SUBJECT) {
      const spent = mostOf(before.filter(({ nonce }) => nonce !== cost.nonce));
      const instead =
        above === null
          ? ""
          : `the transaction ${above.hash} offers less than is asked for, and for another in its place `;
      const already =
        spent === 0n ? "" : `, of which ${currency(spent)} may be spent on ${words.subject} already`;
      return {
        what: `${instead}${asks}; Proofline pays at most ${currency(MAX_PER_SUBJECT)} for ${words.one}${already}`,
        // Of little that is left no fees are low enough.
        remedy: spent * 2n < MAX_PER_SUBJECT ? "waitForLowerFees" : "useOwnAccount",
      };
    }
  }
  if (mostOf([...ofToday, cost]) > MAX_PER_DAY) {
    return {
      what: `${asks}, transactions of the last 24 hours may have cost ${currency(mostOf(ofToday))}, and Proofline pays at most ${currency(MAX_PER_DAY)} a day`,
      remedy: "anchorTomorrow",
    };
  }
  return null;
}
