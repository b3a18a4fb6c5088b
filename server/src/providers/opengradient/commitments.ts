import * as z from "zod";
import { ProoflineError } from "../../platform/errors";
import { type NoteKind, NumberedNotes } from "../../platform/numberedNotes";
import { Address, Count } from "../../platform/primitives";
import { opg } from "./spendingLimits";

const HOUR_SECONDS = 3_600;

const Amount = z.string().regex(/^[1-9]\d{0,77}$/);

const Commitment = z.strictObject({
  format: z.literal("proofline/commitment/v1"),
  account: Address,
  payee: Address,
  /** All that the permit allows to be taken, in the token's smallest unit. */
  amount: Amount,
  /** Of the permit, in decimal. */
  nonce: z.string().regex(/^\d{1,78}$/),
  /** When it was signed: seconds since 1970 by this computer's clock. */
  time: Count,
  /** When that was found to lie in the future: from then on it ages. */
  agesFrom: Count.exactOptional(),
});
type Commitment = z.infer<typeof Commitment>;

const COMMITMENTS: NoteKind<Commitment, bigint> = {
  schema: Commitment,
  valueOf: ({ amount }) => BigInt(amount),
  code: "enclave.payment",
  notes: "notes what was committed to OpenGradient",
};

/** What may be committed, in the token's smallest unit. */
export interface CommitmentLimits {
  readonly hour: bigint;
  readonly day: bigint;
}

/**
 * What was committed to enclaves from this computer, whichever wallet pays and in whichever window: a note for each permit below
 * `payments/opengradient`, durable before the permit leaves. Of each all counts that it permits, for nobody here sees what is taken.
 */
export class Commitments {
  private constructor(private readonly notes: NumberedNotes<Commitment, bigint>) {}

  /**
   * @param home below which payments are noted
   * @param now seconds since 1970
   * @throws ProoflineError `enclave.payment` where notes cannot be read
   */
  static async open(home: string, now: () => number): Promise<Commitments> {
    return new Commitments(await NumberedNotes.open(home, ["payments", "opengradient"], COMMITMENTS, now));
  }

  /** What was committed within a day, as far as it was read. */
  get ofToday(): bigint {
    return sum(this.notes.ofToday);
  }

  /** Reads what others committed since. @throws as `open` does */
  read(): Promise<void> {
    return this.notes.read();
  }

  /**
   * Notes what a permit allows to be taken; durable when this resolves.
   *
   * @throws ProoflineError `enclave.payment` where it would be more than the limits allow; then the permit must not leave
   */
  async commit(
    {
      account,
      payee,
      amount,
      nonce,
    }: {
      readonly account: Address;
      readonly payee: Address;
      readonly amount: bigint;
      readonly nonce: bigint;
    },
    { hour, day }: CommitmentLimits,
  ): Promise<void> {
    do {
      await this.notes.read();
      refuseBeyond(amount, this.notes.within(HOUR_SECONDS), { most: hour, span: "hour" });
      refuseBeyond(amount, this.notes.ofToday, { most: day, span: "day" });
    } while (
      !(await this.notes.add((time) => ({
        format: "proofline/commitment/v1",
        ...{ account, payee, time },
        amount: String(amount),
        nonce: String(nonce),
      })))
    );
  }
}

function refuseBeyond(
  amount: bigint,
  before: readonly bigint[],
  { most, span }: { readonly most: bigint; readonly span: "hour" | "day" },
): void {
  const committed = sum(before);
  if (committed + amount > most) {
    throw new ProoflineError(
      "enclave.payment",
      `Nothing was paid: ${opg(committed)} were committed within the last ${span === "hour" ? "hour" : "24 hours"}, the enclave asks for up to ${opg(amount)}, and you agreed to ${opg(most)} ${span === "hour" ? "an hour" : "a day"}.`,
      "askLater",
    );
  }
}

function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((total, amount) => total + amount, 0n);
}
