import { setTimeout as delay } from "node:timers/promises";
import { type Hex, keccak256, type PrivateKeyAccount } from "viem";
import * as z from "zod";
import { ProoflineError } from "../../platform/errors";
import type { Digest } from "../../platform/primitives";
import type { ChainIdentity } from "../chain";
import { timestampCall } from "../eas/eas";
import { readTimestamp } from "../eas/timestamped";
import { Amount, Block, Hash, Quantity, Receipt, Transaction } from "../rpc/blocks";
import type { ChainServer } from "../rpc/chainServer";
import { RpcError, RpcFailure } from "../rpc/rpc";
import { type Fees, raised, readFees } from "./fees";
import {
  type Bill,
  currency,
  MAX_PER_ANCHOR,
  MAX_PER_DAY,
  MAX_ROOTS,
  MAX_VERSIONS,
  type Payment,
  spentWithinDay,
  type Version,
} from "./payment";
import { PaymentLog } from "./paymentLog";

/** How long a transaction may wait for its block. */
const INCLUSION_TIMEOUT_MILLISECONDS = 180_000;

/** Rounds of asking, each later than the one before, after which a transaction that no pool knows counts as dropped. */
const ROUNDS_UNTIL_DROPPED = 8;

/** Nonces that one anchor may take, where other clients with the same key are faster each time. */
const MAX_NONCES = 5;

/** Transactions of an account that may wait at once; a server that tells of more is not believed. */
const MAX_WAITING = 64;

export interface PayParameters {
  readonly rpc: ChainServer;
  readonly identity: ChainIdentity;
  readonly account: PrivateKeyAccount;
  /** Below which payments are noted. */
  readonly home: string;
  readonly roots: readonly Digest[];
  /** Asked once for an account and a chain, before anything is signed. */
  readonly confirm: (bill: Bill) => Promise<boolean>;
  readonly signal?: AbortSignal;
  /** Seconds since 1970. */
  readonly now?: () => number;
}

/**
 * Timestamps batch roots with as few transactions as possible, and waits for their blocks. Resolves to the receipts.
 *
 * The cap holds whatever a server answers: each signature is noted durably before it leaves, one nonce is open at a time and is only
 * replaced by price, and where a server says that the nonce is used by something else, the next one has to fit into the same cap.
 *
 * @throws ProoflineError `chain.payment` where it is not paid, or not yet, in the words of what happened; RpcFailure, RpcError, or the
 * signal's reason.
 */
export function payFor(parameters: PayParameters): Promise<readonly Receipt[]> {
  const { home, identity, account } = parameters;
  return PaymentLog.with(home, identity, account.address, (log) => new Payer(parameters, log).pay());
}

class Payer {
  private readonly now: () => number;

  constructor(
    private readonly parameters: PayParameters,
    private readonly log: PaymentLog,
  ) {
    this.now = parameters.now ?? (() => Math.floor(Date.now() / 1000));
  }

  async pay(): Promise<readonly Receipt[]> {
    const receipts: Receipt[] = [];
    const tried = new Set<string>();
    let signed: readonly bigint[] = [];
    for (;;) {
      const { open } = this.log;
      if (open !== null) {
        const receipt = await this.settle(open);
        if (receipt !== null) {
          receipts.push(receipt);
        }
      }
      const roots = (await this.missing()).slice(0, MAX_ROOTS);
      if (roots.length === 0) {
        return receipts;
      }
      // The contract refused these, or a block took them, and still they are not there; whoever timestamps one of them changes that.
      const set = roots.join();
      if (tried.has(set)) {
        throw this.problem("the EAS contract there refuses to timestamp the batch", "correctChain");
      }
      const fees = await this.fees(roots);
      if (fees === null) {
        tried.add(set);
        continue;
      }
      await this.allow(roots, fees, signed);
      const nonce = await this.nextNonce();
      const time = this.now();
      await this.sign({ nonce, roots: [...roots], versions: [], time, state: "open" }, fees);
      signed = [...signed, fees.most];
      const receipt = this.log.open === null ? null : await this.settle(this.log.open);
      if (receipt !== null) {
        receipts.push(receipt);
        signed = [];
        tried.add(set);
      }
    }
  }

  /** Those of the roots that the chain does not hold. */
  private async missing(): Promise<readonly Digest[]> {
    const { rpc, identity, roots } = this.parameters;
    const times = await Promise.all(roots.map((root) => readTimestamp(rpc, identity, root)));
    return roots.filter((_, index) => times[index] === 0);
  }

  /** What timestamping would cost; `null` where the contract refuses it. */
  private async fees(roots: readonly Digest[]): Promise<Fees | null> {
    const { rpc, identity, account } = this.parameters;
    try {
      return await readFees(rpc, {
        from: account.address,
        to: identity.contract,
        data: timestampCall(roots),
      });
    } catch (error) {
      if (error instanceof RpcError && /revert/i.test(error.message)) {
        return null;
      }
      throw await this.explained(error);
    }
  }

  /** @param signed what each transaction may cost that was signed already for these roots, and that no block was seen to hold */
  private async allow(roots: readonly Digest[], fees: Fees, signed: readonly bigint[]): Promise<void> {
    const { identity, account, confirm } = this.parameters;
    const all = signed.reduce((sum, most) => sum + most, fees.most);
    if (signed.length > 0 && (all > MAX_PER_ANCHOR || signed.length >= MAX_NONCES)) {
      throw this.problem(
        `another transaction of ${account.address} took the place of ${signed.length === 1 ? "the one that was sent" : "each of those that were sent"}, and with a further one it could cost more than Proofline signs for one anchor`,
        "useOwnAccount",
      );
    }
    this.refuseAbove(fees.most, MAX_PER_ANCHOR, "for one transaction");
    const spent = spentWithinDay(this.log.payments, this.now());
    if (spent + fees.most > MAX_PER_DAY) {
      throw this.problem(
        `transactions of the last 24 hours may have cost ${currency(spent)} of its currency, and Proofline pays at most ${currency(MAX_PER_DAY)} a day`,
        "anchorTomorrow",
      );
    }
    if (this.log.payments.length > 0) {
      return;
    }
    const bill: Bill = {
      chain: identity.name,
      account: account.address,
      batches: roots.length,
      expected: fees.expected,
      most: fees.most,
    };
    if (!(await confirm(bill))) {
      throw this.problem(
        `it would be the first payment of ${account.address} there: about ${currency(bill.expected)} and at most ${currency(bill.most)} of its currency for ${bill.batches === 1 ? "one batch" : `${bill.batches} batches`}`,
        "confirmPayment",
      );
    }
  }

  private refuseAbove(most: bigint, limit: bigint, what: string): void {
    if (most > limit) {
      throw this.problem(
        `${this.parameters.rpc.host} asks for up to ${currency(most)} of its currency ${what}; Proofline pays at most ${currency(limit)}`,
        "waitForLowerFees",
      );
    }
  }

  private async nextNonce(): Promise<number> {
    const { rpc, account } = this.parameters;
    const [used, next] = await Promise.all(
      (["latest", "pending"] as const).map((tag) =>
        rpc.call("eth_getTransactionCount", [account.address, tag], Quantity),
      ),
    );
    if (used === undefined || next === undefined || next < used || next > used + MAX_WAITING) {
      throw this.problem(
        `${rpc.host} says that ${(next ?? 0) - (used ?? 0)} transactions of ${account.address} wait there`,
        "changeServer",
      );
    }
    return next;
  }

  /** Signs a version, notes it, and sends it. */
  private async sign(payment: Payment, fees: Fees): Promise<void> {
    const { rpc, identity, account, signal } = this.parameters;
    signal?.throwIfAborted();
    const { nonce, roots } = payment;
    const { gas, maxFeePerGas, tip, most } = fees;
    const common = {
      chainId: identity.chainId,
      nonce,
      to: identity.contract,
      data: timestampCall(roots),
      gas,
    };
    const signed =
      tip === null
        ? await account.signTransaction({ ...common, type: "legacy", gasPrice: maxFeePerGas })
        : await account.signTransaction({
            ...common,
            type: "eip1559",
            maxFeePerGas,
            maxPriorityFeePerGas: tip,
          });
    const version: Version = { hash: keccak256(signed), most, maxFeePerGas, tip };
    const noted: Payment = { ...payment, versions: [...payment.versions, version] };
    await this.log.note(noted);
    try {
      await send(rpc, signed);
    } catch (error) {
      // It stays open whatever the server says of it: one that is away may have taken it, and one that lies may show it to others.
      if (error instanceof RpcFailure || (error instanceof RpcError && NONCE_USED.test(error.message))) {
        return;
      }
      if (error instanceof RpcError && NONCE_CLAIMED.test(error.message)) {
        // Of the first version: another client's transaction waits with this nonce, and is not outbid.
        if (payment.versions.length === 0) {
          await this.log.note({ ...noted, state: "replaced" });
        }
        return;
      }
      throw await this.explained(error);
    }
  }

  /** Waits until an open payment is settled. Resolves to its receipt; `null` where nothing was included. */
  private async settle(open: Payment): Promise<Receipt | null> {
    const { rpc, identity, account, signal } = this.parameters;
    const deadline = performance.now() + INCLUSION_TIMEOUT_MILLISECONDS;
    let payment = open;
    let passedBy = 0;
    let unknown = 0;
    const shortest = identity.local ? 5 : 500;
    let pause = shortest;
    while (performance.now() < deadline) {
      signal?.throwIfAborted();
      const seen = await this.look(payment);
      if (seen !== null) {
        if (seen.receipt !== null) {
          await this.log.note({ ...payment, state: "included" });
          return seen.receipt;
        }
        // Answers may come from several moments and servers, so once is no proof.
        passedBy = seen.used > payment.nonce ? passedBy + 1 : 0;
        unknown = seen.isKnown ? 0 : unknown + 1;
        if (passedBy === 3) {
          await this.log.note({ ...payment, state: "replaced" });
          return null;
        }
        if (unknown >= ROUNDS_UNTIL_DROPPED && seen.used < payment.nonce) {
          await this.log.note({ ...payment, state: "abandoned" });
          return null;
        }
        if (seen.used <= payment.nonce && (unknown >= ROUNDS_UNTIL_DROPPED || seen.isOutbid)) {
          payment = await this.replace(payment, unknown > 0 ? "dropped" : "outbid");
          unknown = 0;
          pause = shortest;
        }
      }
      await delay(pause, undefined, { signal });
      pause = Math.min(pause * 1.5, 4_000);
    }
    throw this.problem(
      `the transaction ${payment.versions.at(-1)?.hash} of ${account.address} was sent to ${rpc.host} and still waits for a block`,
      "anchorLater",
    );
  }

  /** What the server says of a payment; `null` while it does not answer. */
  private async look({ versions, nonce }: Payment): Promise<{
    readonly receipt: Receipt | null;
    readonly used: number;
    readonly isKnown: boolean;
    /** Whether the fees have risen above what it offers. */
    readonly isOutbid: boolean;
  } | null> {
    const { rpc, account } = this.parameters;
    try {
      const receipts = await Promise.all(
        versions.map(({ hash }) => rpc.call("eth_getTransactionReceipt", [hash], z.nullable(Receipt))),
      );
      const used = await rpc.call("eth_getTransactionCount", [account.address, "latest"], Quantity);
      const receipt = receipts.find((one) => one !== null) ?? null;
      if (receipt !== null || used > nonce) {
        return { receipt, used, isKnown: true, isOutbid: false };
      }
      const [block, ...known] = await Promise.all([
        rpc.call("eth_getBlockByNumber", ["latest", false], Block),
        ...versions.map(({ hash }) => rpc.call("eth_getTransactionByHash", [hash], z.nullable(Transaction))),
      ]);
      const offered = versions.at(-1)?.maxFeePerGas ?? 0n;
      return {
        receipt: null,
        used,
        isKnown: known.some((one) => one !== null),
        isOutbid: (block.baseFeePerGas ?? 0n) > offered,
      };
    } catch (error) {
      if (error instanceof RpcFailure || error instanceof RpcError) {
        return null;
      }
      throw error;
    }
  }

  /** Signs the same payment again, with the same nonce and a higher price. */
  private async replace(payment: Payment, why: "dropped" | "outbid"): Promise<Payment> {
    const last = payment.versions.at(-1);
    const now = await this.fees(payment.roots);
    if (last === undefined || now === null) {
      // Somebody else timestamped one of them: it would fail, and waits for whatever takes its nonce.
      return payment;
    }
    const fees = raised(now, last);
    const waits = `the transaction ${last.hash} ${why === "dropped" ? "is no longer known to" : "offers less than is asked for by"} ${this.parameters.rpc.host}`;
    if (payment.versions.length >= MAX_VERSIONS) {
      throw this.problem(`${waits}, also after ${MAX_VERSIONS} attempts`, "changeServer");
    }
    if (fees.most > MAX_PER_ANCHOR) {
      throw this.problem(
        `${waits}, and another in its place could cost ${currency(fees.most)} of its currency; Proofline pays at most ${currency(MAX_PER_ANCHOR)}`,
        "waitForLowerFees",
      );
    }
    await this.sign(payment, fees);
    return this.log.open ?? payment;
  }

  private problem(what: string, remedy: ProoflineError["remedy"], cause?: unknown): ProoflineError {
    const reason = `Nothing new is anchored on ${this.parameters.identity.name}: ${what}.`;
    return new ProoflineError("chain.payment", reason, remedy, cause === undefined ? {} : { cause });
  }

  /** What the server's refusal means for a person. */
  private async explained(error: unknown): Promise<unknown> {
    const { rpc, account } = this.parameters;
    if (!(error instanceof RpcError)) {
      return error;
    }
    if (/insufficient funds|lack of funds/i.test(error.message)) {
      const balance = await rpc
        .call("eth_getBalance", [account.address, "latest"], Amount)
        .then((wei) => `, which holds ${currency(wei)} of its currency,`)
        .catch(() => "");
      return this.problem(
        `the account ${account.address}${balance} cannot pay for the transaction`,
        "fundAccount",
        error,
      );
    }
    if (/underpriced/i.test(error.message)) {
      return this.problem(
        `${rpc.host} calls the transaction underpriced, with the fees that it asked for itself`,
        "changeServer",
        error,
      );
    }
    return error;
  }
}

async function send(rpc: ChainServer, signed: Hex): Promise<void> {
  try {
    await rpc.call("eth_sendRawTransaction", [signed], Hash);
  } catch (error) {
    if (!(error instanceof RpcError) || !ALREADY_SENT.test(error.message)) {
      throw error;
    }
  }
}

const ALREADY_SENT = /already known|already imported|known transaction/i;

/** How the common clients (geth, reth, nethermind, anvil, erigon) say that a block has a transaction with the nonce. */
const NONCE_USED = /nonce (is )?too low|OldNonce/i;

/** And that one waits in the pool. */
const NONCE_CLAIMED = /replacement transaction/i;
