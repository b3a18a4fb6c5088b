import * as z from "zod";
import { type NoteKind, NumberedNotes } from "../../platform/numberedNotes";
import { Count } from "../../platform/primitives";
import { Bytes } from "../rpc/blocks";
import { readSigned, type Signed } from "./payment";

const Note = z.strictObject({
  format: z.literal("proofline/payment/v1"),
  /** As it is sent: an EIP-1559 transaction or one from before, in hexadecimal. */
  transaction: Bytes,
  /** When it was signed: seconds since 1970 by this computer's clock. */
  time: Count,
  /** When that was found to lie in the future: from then on it ages. */
  agesFrom: Count.exactOptional(),
});
type Note = z.infer<typeof Note>;

const PAYMENTS: NoteKind<Note, Signed> = {
  schema: Note,
  valueOf: ({ transaction }) => readSigned(transaction),
  code: "chain.payment",
  notes: "notes what was paid on this chain",
};

/**
 * What one account has signed on one chain: a note for each transaction in `payments/<chain id>-<account>` (`NumberedNotes`). Chain id
 * and account are all that a signature is good for, so no server's word has a part in the name.
 */
export class PaymentLog {
  private constructor(private readonly notes: NumberedNotes<Note, Signed>) {}

  /**
   * @param home below which payments are noted
   * @throws ProoflineError as `read` does
   */
  static async open(home: string, chainId: number, account: string, now: () => number): Promise<PaymentLog> {
    const path = ["payments", `${chainId}-${account.toLowerCase()}`];
    return new PaymentLog(await NumberedNotes.open(home, path, PAYMENTS, now));
  }

  /** In the order in which they were signed. */
  get signed(): readonly Signed[] {
    return this.notes.all;
  }

  /** What was signed within a day. */
  get ofToday(): readonly Signed[] {
    return this.notes.ofToday;
  }

  /** What was signed within 30 days. */
  get recent(): readonly Signed[] {
    return this.notes.recent;
  }

  /**
   * Reads what was added since.
   *
   * @throws ProoflineError `chain.payment` where a note cannot be read, as nobody then knows what was spent
   */
  read(): Promise<void> {
    return this.notes.read();
  }

  /**
   * Notes what was signed now; durable when this resolves. Resolves to `false`, and nothing is noted, where another process has added
   * something since it was read: what was signed must then not leave.
   */
  add({ transaction }: Signed): Promise<boolean> {
    return this.notes.add((time) => ({ format: "proofline/payment/v1", transaction, time }));
  }
}
