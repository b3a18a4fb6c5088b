import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { createWhole, isErrno, patiently, removeIfThere, writeWhole } from "../../platform/durable";
import { meaningOf, ProoflineError } from "../../platform/errors";
import { makeOwnFolder } from "../../platform/home";
import { Count } from "../../platform/primitives";
import { Bytes } from "../rpc/blocks";
import { readSigned, type Signed } from "./payment";

const DAY_SECONDS = 86_400;
const KEPT_SECONDS = 30 * DAY_SECONDS;

/** So many are kept however old they are, so that a clock that runs ahead for a while does not make the log forget. */
const KEPT_ALWAYS = 256;

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

interface Entry {
  readonly number: number;
  readonly note: Note;
  readonly signed: Signed;
}

/**
 * What one account has signed on one chain: a folder with a file for each transaction, `payments/<chain id>-<account>/<number>.json`.
 * Chain id and account are all that a signature is good for, so no server's word has a part in the name.
 *
 * Files are numbered without gaps and never written over. Whoever adds the next one has seen all before it, and of several processes
 * that want to, one can. So limits over the log hold without a lock, which a process could lose while it sleeps.
 */
export class PaymentLog {
  private entries: readonly Entry[] = [];

  private constructor(
    private readonly folder: string,
    /** Seconds since 1970. */
    private readonly now: () => number,
  ) {}

  /**
   * @param home below which payments are noted
   * @throws ProoflineError as `read` does
   */
  static async open(home: string, chainId: number, account: string, now: () => number): Promise<PaymentLog> {
    const log = new PaymentLog(join(home, "payments", `${chainId}-${account.toLowerCase()}`), now);
    await log.usable(async () => {
      makeOwnFolder(join(home, "payments"));
      makeOwnFolder(log.folder);
    });
    await log.read();
    return log;
  }

  /** In the order in which they were signed. */
  get signed(): readonly Signed[] {
    return this.entries.map(({ signed }) => signed);
  }

  /** What was signed within a day. */
  get ofToday(): readonly Signed[] {
    return this.within(DAY_SECONDS);
  }

  /** What was signed within 30 days. */
  get recent(): readonly Signed[] {
    return this.within(KEPT_SECONDS);
  }

  /**
   * Reads what was added since.
   *
   * @throws ProoflineError `chain.payment` where a note cannot be read, as nobody then knows what was spent
   */
  async read(): Promise<void> {
    const numbers = await this.usable(async () =>
      (await readdir(this.folder))
        .flatMap((name) => /^(\d{1,15})\.json$/.exec(name)?.[1] ?? [])
        .map(Number)
        .sort((one, other) => one - other),
    );
    const known = new Map(this.entries.map((entry) => [entry.number, entry]));
    const entries: Entry[] = [];
    for (const number of numbers) {
      const entry = known.get(number) ?? (await this.readEntry(number));
      if (entry !== null) {
        entries.push(await this.aging(entry));
      }
    }
    this.entries = entries;
  }

  /**
   * Notes what was signed now; durable when this resolves. Resolves to `false`, and nothing is noted, where another process has added
   * something since it was read: what was signed must then not leave.
   */
  async add(signed: Signed): Promise<boolean> {
    const number = (this.entries.at(-1)?.number ?? 0) + 1;
    const note: Note = {
      format: "proofline/payment/v1",
      transaction: signed.transaction,
      time: this.now(),
    };
    const added = await this.usable(() => createWhole(this.path(number), format(note), { mode: 0o600 }));
    if (added) {
      this.entries = [...this.entries, { number, note, signed }];
      await this.forget();
    }
    return added;
  }

  private within(seconds: number): readonly Signed[] {
    return this.entries.filter((entry) => this.isWithin(entry, seconds)).map(({ signed }) => signed);
  }

  private isWithin({ note: { time, agesFrom } }: Entry, seconds: number): boolean {
    const now = this.now();
    const past = [time, agesFrom].filter((at) => at !== undefined && at <= now);
    return past.length === 0 || past.some((at) => at !== undefined && at > now - seconds);
  }

  /** Lets what was signed in the future, as the clock was ahead, count as signed now, and age from now. */
  private async aging(entry: Entry): Promise<Entry> {
    const now = this.now();
    const { note } = entry;
    if (note.time <= now || (note.agesFrom ?? now + 1) <= now) {
      return entry;
    }
    const aging = { ...note, agesFrom: now };
    await this.usable(() => writeWhole(this.path(entry.number), format(aging), { mode: 0o600 }));
    return { ...entry, note: aging };
  }

  private async forget(): Promise<void> {
    const old = this.entries.slice(0, -KEPT_ALWAYS).filter((entry) => !this.isWithin(entry, KEPT_SECONDS));
    for (const { number } of old) {
      await this.usable(() => removeIfThere(this.path(number)));
    }
    this.entries = this.entries.filter((entry) => !old.includes(entry));
  }

  /** `null` where another process has just forgotten it. */
  private async readEntry(number: number): Promise<Entry | null> {
    const path = this.path(number);
    const text = await this.usable(() => textOf(path));
    if (text === null) {
      return null;
    }
    try {
      const note = Note.parse(JSON.parse(text));
      return { number, note, signed: readSigned(note.transaction) };
    } catch (error) {
      throw new ProoflineError(
        "chain.payment",
        `${path}, which notes what was paid on this chain, cannot be read.`,
        "restorePayments",
        { cause: error },
      );
    }
  }

  private path(number: number): string {
    return join(this.folder, `${number}.json`);
  }

  /** What the system refuses there, a person can mend. */
  private async usable<Value>(work: () => Promise<Value>): Promise<Value> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof ProoflineError) {
        throw error;
      }
      throw new ProoflineError(
        "chain.payment",
        `${this.folder}, where payments are noted before they are made, cannot be used (${meaningOf(error)}).`,
        "makeHomeWritable",
        { cause: error },
      );
    }
  }
}

async function textOf(path: string): Promise<string | null> {
  try {
    return await patiently(() => readFile(path, "utf8"));
  } catch (error) {
    if (isErrno(error, "ENOENT")) {
      return null;
    }
    throw error;
  }
}

function format(note: Note): string {
  return `${JSON.stringify(note, null, 2)}\n`;
}
