import { messageOf } from "../../platform/errors";
import { Commitments } from "../../providers/opengradient/commitments";
import { opg } from "../../providers/opengradient/spendingLimits";

/** What was committed to enclaves from this computer, opened when somebody wants to know or to pay. */
export class EnclaveSpending {
  private opened: Commitments | null = null;

  constructor(
    private readonly home: string,
    private readonly log: (line: string) => void,
    /** Seconds since 1970. */
    readonly now: () => number = () => Math.floor(Date.now() / 1000),
  ) {}

  /** @throws ProoflineError `enclave.payment` where notes cannot be read */
  async commitments(): Promise<Commitments> {
    this.opened ??= await Commitments.open(this.home, this.now);
    return this.opened;
  }

  /** What was committed within a day, for people, as far as it was read; `null` where that is nothing. */
  get ofToday(): string | null {
    const amount = this.opened?.ofToday ?? 0n;
    return amount === 0n ? null : opg(amount);
  }

  /** Reads what other windows committed. */
  async refresh(): Promise<void> {
    try {
      await (await this.commitments()).read();
    } catch (error) {
      this.log(messageOf(error));
    }
  }
}
