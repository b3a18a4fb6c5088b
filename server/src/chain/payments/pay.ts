import { setTimeout as delay } from "node:timers/promises";
import type { PrivateKeyAccount } from "viem";
import * as z from "zod";
import { ProoflineError } from "../../platform/errors";
import { Address, type Digest } from "../../platform/primitives";
import type { ChainIdentity } from "../chain";
import { chainName } from "../knownChains";
import { Amount, Block, Hash, Quantity, Receipt, Transaction } from "../rpc/blocks";
import { chainError } from "../rpc/chainError";
import type { ChainServer } from "../rpc/chainServer";
import { RpcError, RpcFailure } from "../rpc/rpc";
import { type Fees, raised, readFees, within } from "./fees";
import { objectionTo } from "./limits";
import type { PaidWork } from "./paidWork";
import { about, type Bill, currency, mostOf, readSigned, type Signed } from "./payment";
import { PaymentLog } from "./paymentLog";
import { type Refusal, refusalOf } from "./refusal";

/** How long a transaction may wait for its block. */
const INCLUSION_TIMEOUT_MILLISECONDS = 180_000;

/** Answers may come from several moments and servers, so once is no proof. */
const ROUNDS_UNTIL_BELIEVED = 3;

/** Rounds of asking, each later than the one before, after which a transaction that no pool knows counts as dropped. */
const ROUNDS_UNTIL_DROPPED = 8;

/** How often a transaction is sent again to a server that forgets it. */
const MAX_SENDS = 3;

/** Transactions with one nonce that are signed at one go, whatever a server says of each. */
const MAX_VERSIONS = 10;

/** Transactions of an account that may wait at once; a server that tells of more is not believed. */
const MAX_WAITING = 64;

/** Of many versions of one transaction, so many of the latest are asked for. */
const MAX_ASKED = 8;

const OwnReceipt = Receipt.extend({ from: z.string().toLowerCase().pipe(Address).nullish() });

export interface PayParameters {
  readonly rpc: ChainServer;
  readonly identity: ChainIdentity;
  readonly account: PrivateKeyAccount;
  /** Below which payments are noted. */
  readonly home: string;
  readonly work: PaidWork;
  /** Asked once for an account and a chain, before anything is signed. */
  readonly confirm: (bill: Bill) => Promise<boolean>;
  readonly signal?: AbortSignal;
  /** Seconds since 1970. */
  readonly now?: () => number;
}

export interface Paid {
  /** Of the transactions that blocks took; what they hold is still to be checked. */
  readonly receipts: readonly Receipt[];
  /** What kept the rest from being done, `chain.payment` in the words of what happened; `null` where nothing is left. */
  readonly problem: ProoflineError | null;
}

/**
 * Has calls of a contract included with as few transactions as possible, and waits for their blocks.
 *
 * The caps hold whatever servers answer: each signature is noted durably before it leaves, and the caps are sums over the notes. A
 * transaction that waits is waited for, and sent again as it is where it was dropped, which costs nothing; another takes its place,
 * with the same nonce, only where it offers too little or has become useless.
 *
 * @throws the signal's reason
 */
export async function payFor(parameters: PayParameters): Promise<Paid> {
  const { home, identity, account, signal } = parameters;
  const now = parameters.now ?? (() => Math.floor(Date.now() / 1000));
  const receipts: Receipt[] = [];
  try {
    const log = await PaymentLog.open(home, identity.chainId, account.address, now);
    await new Payer(parameters, log, receipts).pay();
    return { receipts, problem: null };
  } catch (error) {
    signal?.throwIfAborted();
    return { receipts, problem: chainError(error) };
  }
}

/** Where the next transaction goes. */
interface Place {
  readonly nonce: number;
  /** The one that waits there, and has to be outbid; `null` where none does. */
  readonly above: Signed | null;
}

/** What a server says of a nonce. */
interface Seen {
  readonly receipt: z.infer<typeof OwnReceipt> | null;
  /** Nonces below this one are on the chain. */
  readonly used: number;
  /** Nonces below this one are, or can be with the next block. */
  readonly next: number;
  /** Of the versions that it knows the dearest; `null` where it knows none. */
  readonly known: Signed | null;
  readonly baseFee: bigint;
}

class Payer {
  /** What our own transactions have done meanwhile. */
  private readonly done = new Set<Digest>();
  /** Sets of subjects that the contract refused; whoever does one of them meanwhile changes the set. */
  private readonly refused = new Set<string>();
  /** Nonces that blocks took meanwhile. */
  private readonly passed = new Set<number>();
  /** How many were signed with each nonce meanwhile. */
  private readonly versions = new Map<number, number>();
  /** What a person has agreed to pay the first time; `null` before. */
  private agreed: bigint | null = null;
  /** The chain on which a signature is good. Whether its server says that it is only somebody's own does not matter for that. */
  private readonly chain: string;

  constructor(
    private readonly parameters: PayParameters,
    private readonly log: PaymentLog,
    private readonly receipts: Receipt[],
  ) {
    this.chain = chainName(parameters.identity.chainId, false);
  }

  async pay(): Promise<void> {
    for (;;) {
      this.parameters.signal?.throwIfAborted();
      await this.log.read();
      const wanted = await this.missing(this.parameters.work.subjects);
      if (wanted.length === 0) {
        return;
      }
      const said = await this.nonces();
      // Whichever server answers now may not have heard yet of what was included.
      const [used = 0, next = 0] = [said.used, said.next].map((count) =>
        Math.max(count, ...[...this.passed].map((nonce) => nonce + 1)),
      );
      const waiting = this.log.signed
        .map(({ nonce }) => nonce)
        // One above `next` waits for others that are missing, and would for ever.
        .filter((nonce) => nonce >= used && nonce <= next);
      const place =
        waiting.length === 0 ? { nonce: next, above: null } : await this.settle(Math.min(...waiting), wanted);
      if (place !== null && (await this.sign(place, wanted))) {
        await this.settle(place.nonce, wanted);
      }
    }
  }

  /** Those of the subjects that are still to be done. */
  private async missing(subjects: readonly Digest[]): Promise<readonly Digest[]> {
    const open = subjects.filter((subject) => !this.done.has(subject));
    return this.parameters.work.missing(open);
  }

  private async nonces(): Promise<Pick<Seen, "used" | "next">> {
    const { rpc, account } = this.parameters;
    const [used, next] = await Promise.all([
      rpc.call("eth_getTransactionCount", [account.address, "latest"], Quantity),
      rpc.call("eth_getTransactionCount", [account.address, "pending"], Quantity),
    ]);
    if (next < used || next > used + MAX_WAITING) {
      throw this.problem(
        `${rpc.host} says that ${next - used} transactions of ${account.address} wait there`,
        "changeServer",
      );
    }
    return { used, next };
  }

  /**
   * Waits until a block took one of the transactions that were signed with a nonce, or something else with it: resolves to `null`.
   * Resolves to a place where another has to be signed first.
   */
  private async settle(nonce: number, wanted: readonly Digest[]): Promise<Place | null> {
    const { rpc, identity, account, signal } = this.parameters;
    const versions = this.log.signed.filter((one) => one.nonce === nonce);
    const fitting = versions.findLast(({ subjects }) => subjects.some((one) => wanted.includes(one))) ?? null;
    const dearest = versions.reduce((one, other) => (one.maxFeePerGas < other.maxFeePerGas ? other : one));
    const deadline = performance.now() + INCLUSION_TIMEOUT_MILLISECONDS;
    const rounds = { passed: 0, behind: 0, unknown: 0 };
    let sends = 0;
    const shortest = identity.local ? 5 : 500;
    let pause = shortest;
    let refusal: Refusal | null = null;
    while (performance.now() < deadline) {
      signal?.throwIfAborted();
      const seen = await this.look(nonce, versions);
      if (seen !== null) {
        if (seen.receipt !== null) {
          this.include(nonce, seen.receipt, versions);
          return null;
        }
        rounds.passed = seen.used > nonce ? rounds.passed + 1 : 0;
        rounds.behind = seen.next < nonce ? rounds.behind + 1 : 0;
        rounds.unknown = seen.known === null ? rounds.unknown + 1 : 0;
        if (rounds.passed === ROUNDS_UNTIL_BELIEVED) {
          this.passed.add(nonce);
          return null;
        }
        if (rounds.behind === ROUNDS_UNTIL_BELIEVED) {
          return null;
        }
        if (seen.known !== null && seen.used <= nonce && seen.baseFee > seen.known.maxFeePerGas) {
          if (seen.baseFee > dearest.maxFeePerGas) {
            return { nonce, above: dearest };
          }
          // Another server had it signed, and this one has not seen it.
          await this.send(dearest);
        }
        const isDropped = rounds.unknown >= ROUNDS_UNTIL_DROPPED;
        if (seen.used <= nonce && (isDropped || rounds.unknown === 1)) {
          const isUseful =
            fitting !== null && (await this.missing(fitting.subjects)).length === fitting.subjects.length;
          if (!isUseful && isDropped) {
            return { nonce, above: null };
          }
          if (isUseful) {
            if (sends === MAX_SENDS && refusal !== "claimed") {
              throw this.problem(
                `the transaction ${fitting.hash} is not known to ${rpc.host}, also after it was sent ${MAX_SENDS} times more`,
                "changeServer",
              );
            }
            sends = Math.min(sends + 1, MAX_SENDS);
            rounds.unknown = 1;
            pause = shortest;
            refusal = await this.send(fitting);
            if (refusal === "underpriced" || refusal === "other") {
              return { nonce, above: refusal === "underpriced" ? dearest : null };
            }
            if (refusal === "underfunded") {
              await this.refuseUnlessCheaper(fitting);
              return { nonce, above: null };
            }
          }
        }
      }
      await delay(pause, undefined, { signal });
      pause = Math.min(pause * 1.5, 4_000);
    }
    throw this.problem(
      refusal === "claimed"
        ? `another transaction of ${account.address} with the nonce ${nonce} waits for a block at ${rpc.host}, and has to be settled first`
        : `the transaction ${versions.at(-1)?.hash} of ${account.address} was sent to ${rpc.host} and still waits for a block`,
      "anchorLater",
    );
  }

  private include(nonce: number, receipt: z.infer<typeof OwnReceipt>, versions: readonly Signed[]): void {
    const subjects = versions.find(({ hash }) => hash === receipt.transactionHash)?.subjects ?? [];
    this.passed.add(nonce);
    if (receipt.status !== 1) {
      this.refused.add(subjects.join());
      return;
    }
    this.receipts.push(receipt);
    for (const subject of subjects) {
      this.done.add(subject);
    }
  }

  /** What the server says of a nonce and what was signed with it; `null` while it does not answer. */
  private async look(nonce: number, versions: readonly Signed[]): Promise<Seen | null> {
    const { rpc } = this.parameters;
    const asked = versions.slice(-MAX_ASKED);
    try {
      const receipts = await Promise.all(asked.map((version) => this.receiptOf(version)));
      const { used, next } = await this.nonces();
      const receipt = receipts.find((one) => one !== null) ?? null;
      if (receipt !== null || used > nonce) {
        return { receipt, used, next, known: null, baseFee: 0n };
      }
      const [block, ...shown] = await Promise.all([
        rpc.call("eth_getBlockByNumber", ["latest", false], Block),
        ...asked.map(({ hash }) => rpc.call("eth_getTransactionByHash", [hash], z.nullable(Transaction))),
      ]);
      const known = asked
        .filter(({ hash }, index) => shown[index]?.hash === hash)
        .reduce<Signed | null>(
          (dearest, one) => (dearest !== null && dearest.maxFeePerGas > one.maxFeePerGas ? dearest : one),
          null,
        );
      return { receipt, used, next, known, baseFee: block.baseFeePerGas ?? 0n };
    } catch (error) {
      if (error instanceof RpcFailure || error instanceof RpcError) {
        return null;
      }
      throw error;
    }
  }

  /** The receipt of a transaction, which has to be its own and its account's; what else a server shows is passed over. */
  private async receiptOf({ hash }: Signed): Promise<Seen["receipt"]> {
    const { rpc, account } = this.parameters;
    const receipt = await rpc.call("eth_getTransactionReceipt", [hash], z.nullable(OwnReceipt));
    return receipt?.transactionHash === hash && receipt.from === account.address.toLowerCase()
      ? receipt
      : null;
  }

  /** Signs a transaction, notes it, and sends it. Resolves to `false` where anything has to be looked at again first. */
  private async sign({ nonce, above }: Place, wanted: readonly Digest[]): Promise<boolean> {
    const { rpc, identity, account, work } = this.parameters;
    const count = (this.versions.get(nonce) ?? 0) + 1;
    if (count > MAX_VERSIONS) {
      throw this.problem(
        `${rpc.host} kept none of ${MAX_VERSIONS} transactions of ${account.address} with the nonce ${nonce}`,
        "changeServer",
      );
    }
    const offer = await this.offer({ nonce, above }, wanted);
    if (offer === null) {
      return false;
    }
    const { gas, maxFeePerGas, tip } = offer.fees;
    const common = {
      chainId: identity.chainId,
      nonce,
      to: work.to,
      data: work.call(offer.subjects),
      gas,
    };
    const signed = readSigned(
      tip === null
        ? await account.signTransaction({ ...common, type: "legacy", gasPrice: maxFeePerGas })
        : await account.signTransaction({
            ...common,
            type: "eip1559",
            maxFeePerGas,
            maxPriorityFeePerGas: tip,
          }),
    );
    this.parameters.signal?.throwIfAborted();
    const isNoted = await this.log.add(signed);
    if (isNoted) {
      this.versions.set(nonce, count);
      await this.sendNew(signed);
    }
    return isNoted;
  }

  /** As many of the subjects as fit into the limits with one transaction; `null` where they have to be looked at again. */
  private async offer(
    { nonce, above }: Place,
    wanted: readonly Digest[],
  ): Promise<{ readonly subjects: readonly Digest[]; readonly fees: Fees } | null> {
    const { rpc, account, work } = this.parameters;
    const spent = new Map(wanted.map((subject) => [subject, mostOf(about(this.log.recent, subject))]));
    // One that has cost much already keeps no other from the chain.
    const byCost = [...wanted].sort((one, other) =>
      Number((spent.get(one) ?? 0n) - (spent.get(other) ?? 0n)),
    );
    let subjects = byCost.slice(0, work.mostAtOnce);
    for (;;) {
      const set = subjects.join();
      if (this.refused.has(set)) {
        throw this.problem(work.words.refused, "correctChain");
      }
      const now = await this.fees(subjects);
      if (now === null) {
        this.refused.add(set);
        return null;
      }
      const fees = above === null ? now : raised(now, above);
      const objection = objectionTo({ nonce, subjects, most: fees.most }, this.log, {
        rpc,
        account,
        above,
        words: work.words,
      });
      if (objection === null) {
        const agreed = await this.agreedFees(fees, subjects);
        return agreed && { subjects, fees: agreed };
      }
      if (subjects.length === 1) {
        throw this.problem(objection.what, objection.remedy);
      }
      subjects = subjects.slice(0, Math.ceil(subjects.length / 2));
    }
  }

  /** What a call would cost; `null` where the contract refuses it. */
  private async fees(subjects: readonly Digest[]): Promise<Fees | null> {
    const { rpc, account, work } = this.parameters;
    try {
      return await readFees(rpc, {
        from: account.address,
        to: work.to,
        data: work.call(subjects),
      });
    } catch (error) {
      if (error instanceof RpcError && /revert/i.test(error.message)) {
        return null;
      }
      throw error instanceof RpcError && refusalOf(error.message) === "underfunded"
        ? await this.underfunded(error)
        : error;
    }
  }

  /**
   * Fees that a person has agreed to, by an earlier payment or now. `null` after they were asked: meanwhile everything may have
   * changed.
   */
  private async agreedFees(fees: Fees, subjects: readonly Digest[]): Promise<Fees | null> {
    const { account, confirm, work } = this.parameters;
    if (this.log.signed.length > 0) {
      return fees;
    }
    const agreed = this.agreed === null ? null : within(fees, this.agreed);
    if (agreed !== null) {
      return agreed;
    }
    const bill: Bill = {
      chain: this.chain,
      account: account.address,
      batches: subjects.length,
      expected: fees.expected,
      most: fees.most,
    };
    if (!(await confirm(bill))) {
      throw this.problem(
        `it would be the first payment of ${account.address} there: about ${currency(bill.expected)} and at most ${currency(bill.most)} of its currency for ${work.words.counted(subjects.length)}`,
        "confirmPayment",
      );
    }
    this.agreed = fees.most;
    return null;
  }

  /** Sends what was just signed. It can be included whatever the server says of it: one that lies may show it to others. */
  private async sendNew(signed: Signed): Promise<void> {
    const refusal = await this.send(signed);
    switch (refusal) {
      case null:
      case "known":
      case "used":
      case "claimed":
        return;
      case "underpriced":
        throw this.problem(
          `${this.parameters.rpc.host} calls the transaction underpriced, with the fees that it asked for itself`,
          "changeServer",
        );
      case "underfunded":
        throw await this.underfunded();
      case "other":
        throw this.lastRefusal;
    }
  }

  /** What the server last said when it refused a transaction. */
  private lastRefusal: RpcError | null = null;

  /** Sends a transaction, for the first time or again. Resolves to why the server refuses it, `null` where it does not, or is away. */
  private async send({ transaction }: Signed): Promise<Refusal | null> {
    try {
      await this.parameters.rpc.call("eth_sendRawTransaction", [transaction], Hash);
      return null;
    } catch (error) {
      if (error instanceof RpcFailure) {
        return null;
      }
      if (error instanceof RpcError) {
        this.lastRefusal = error;
        return refusalOf(error.message);
      }
      throw error;
    }
  }

  /** What a server with high fees had signed may be more than the account holds, and less may do by now. */
  private async refuseUnlessCheaper({ subjects, most }: Signed): Promise<void> {
    const now = await this.fees(subjects);
    if (now === null || now.most >= most) {
      throw await this.underfunded();
    }
  }

  private async underfunded(cause?: unknown): Promise<ProoflineError> {
    const { rpc, account } = this.parameters;
    const balance = await rpc
      .call("eth_getBalance", [account.address, "latest"], Amount)
      .then((wei) => `, which holds ${currency(wei)} of its currency,`)
      .catch(() => "");
    return this.problem(
      `the account ${account.address}${balance} cannot pay for the transaction`,
      "fundAccount",
      cause,
    );
  }

  private problem(what: string, remedy: ProoflineError["remedy"], cause?: unknown): ProoflineError {
    const reason = `${this.parameters.work.words.nothingDone} on ${this.chain}: ${what}.`;
    return new ProoflineError("chain.payment", reason, remedy, cause === undefined ? {} : { cause });
  }
}
