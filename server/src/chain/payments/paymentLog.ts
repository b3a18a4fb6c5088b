import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { isErrno, patiently, writeWhole } from "../../platform/durable";
import { ProoflineError } from "../../platform/errors";
import { makeOwnFolder } from "../../platform/home";
import { waitForLock } from "../../platform/lock";
import type { ChainIdentity } from "../chain";
import { DAY_SECONDS, Payment } from "./payment";

/** Other windows and command lines wait for the one that pays, as long as its transaction may wait for a block. */
const LOCK_MILLISECONDS = 240_000;

const PaymentsFile = z.strictObject({
  format: z.literal("proofline/payments/v1"),
  payments: z.array(Payment).readonly(),
});

/** What one account pays on one chain, while this process alone may sign for it. */
export class PaymentLog {
  private constructor(
    private readonly path: string,
    private current: readonly Payment[],
  ) {}

  /** By their nonces' order of signing. */
  get payments(): readonly Payment[] {
    return this.current;
  }

  /** The one that no block has taken yet; there is never more than one. */
  get open(): Payment | null {
    return this.current.find(({ state }) => state === "open") ?? null;
  }

  /**
   * Notes a payment as it is now, in place of what is noted of its nonce while it is open; durable when this resolves. What is settled
   * is forgotten after a day, but for the last, which tells that this account has paid here before.
   */
  async note(payment: Payment): Promise<void> {
    const others = this.current.filter(({ state, nonce }) => state !== "open" || nonce !== payment.nonce);
    const kept = others.filter(({ time, state }) => state === "open" || time > payment.time - DAY_SECONDS);
    const payments = [...kept, payment];
    const file = z.encode(PaymentsFile, { format: "proofline/payments/v1", payments });
    await writeWhole(this.path, `${JSON.stringify(file, null, 2)}\n`, { mode: 0o600 });
    this.current = payments;
  }

  /**
   * Runs `work` while no other process on this computer signs for this account and chain.
   *
   * @param home below which payments are noted
   * @throws ProoflineError `chain.payment` where the notes cannot be read: without them nobody knows what was spent
   */
  static async with<Value>(
    home: string,
    { chainId, genesisHash }: Pick<ChainIdentity, "chainId" | "genesisHash">,
    account: string,
    work: (log: PaymentLog) => Promise<Value>,
  ): Promise<Value> {
    const folder = join(home, "payments");
    makeOwnFolder(folder);
    const path = join(folder, `${chainId}-${genesisHash.slice(2, 10)}-${account.toLowerCase()}.json`);
    const lock = await waitForLock(`${path}.lock`, LOCK_MILLISECONDS);
    try {
      return await work(new PaymentLog(path, await readPayments(path)));
    } finally {
      await lock.release();
    }
  }
}

async function readPayments(path: string): Promise<readonly Payment[]> {
  let text: string;
  try {
    text = await patiently(() => readFile(path, "utf8"));
  } catch (error) {
    if (isErrno(error, "ENOENT")) {
      return [];
    }
    throw error;
  }
  try {
    const { payments } = z.decode(PaymentsFile, JSON.parse(text));
    return payments;
  } catch (error) {
    throw new ProoflineError(
      "chain.payment",
      `${path}, which notes what was paid on this chain, cannot be read.`,
      "restorePayments",
      { cause: error },
    );
  }
}
