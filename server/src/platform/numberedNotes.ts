import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type * as z from "zod";
import { createWhole, isErrno, patiently, removeIfThere, writeWhole } from "./durable";
import { type ErrorCode, meaningOf, ProoflineError } from "./errors";
import { makeOwnFolder } from "./home";

const DAY_SECONDS = 86_400;
const KEPT_SECONDS = 30 * DAY_SECONDS;

/** So many are kept however old they are, so that a clock that runs ahead for a while does not make the notes forget. */
const KEPT_ALWAYS = 256;

/** When something was noted. */
export interface TimedNote {
  /** Seconds since 1970 by this computer's clock. */
  readonly time: number;
  /** When that was found to lie in the future: from then on it ages. */
  readonly agesFrom?: number;
}

/** One kind of such notes. */
export interface NoteKind<Note extends TimedNote, Value> {
  readonly schema: z.ZodType<Note>;
  /** What a note says. @throws where it says nothing */
  valueOf(note: Note): Value;
  /** The code of what is thrown. */
  readonly code: ErrorCode;
  /** What a note does, as a clause: `notes what was paid on this chain`. */
  readonly notes: string;
}

interface Entry<Note, Value> {
  readonly number: number;
  readonly note: Note;
  readonly value: Value;
}

/**
 * What was spent, in a folder with a file for each note, `<number>.json`, from which limits follow. Files are numbered without gaps and
 * never written over. Whoever adds the next one has seen all before it, and of several processes that want to, one can. So limits over
 * the notes hold without a lock, which a process could lose while it sleeps.
 */
export class NumberedNotes<Note extends TimedNote, Value> {
  private entries: readonly Entry<Note, Value>[] = [];

  private constructor(
    private readonly folder: string,
    private readonly kind: NoteKind<Note, Value>,
    /** Seconds since 1970. */
    private readonly now: () => number,
  ) {}

  /**
   * @param home below which the folder lies
   * @param path the names of the folders that lead to it
   * @throws ProoflineError as `read` does
   */
  static async open<Note extends TimedNote, Value>(
    home: string,
    path: readonly string[],
    kind: NoteKind<Note, Value>,
    now: () => number,
  ): Promise<NumberedNotes<Note, Value>> {
    const notes = new NumberedNotes(join(home, ...path), kind, now);
    await notes.usable(async () => {
      for (let depth = 1; depth <= path.length; depth += 1) {
        makeOwnFolder(join(home, ...path.slice(0, depth)));
      }
    });
    await notes.read();
    return notes;
  }

  /** In the order in which they were noted. */
  get all(): readonly Value[] {
    return this.entries.map(({ value }) => value);
  }

  /** What was noted within a day. */
  get ofToday(): readonly Value[] {
    return this.within(DAY_SECONDS);
  }

  /** What was noted within 30 days. */
  get recent(): readonly Value[] {
    return this.within(KEPT_SECONDS);
  }

  within(seconds: number): readonly Value[] {
    return this.entries.filter((entry) => this.isWithin(entry, seconds)).map(({ value }) => value);
  }

  /**
   * Reads what was added since.
   *
   * @throws ProoflineError of the kind's code where a note cannot be read, as nobody then knows what was spent
   */
  async read(): Promise<void> {
    const numbers = await this.usable(async () =>
      (await readdir(this.folder))
        .flatMap((name) => /^(\d{1,15})\.json$/.exec(name)?.[1] ?? [])
        .map(Number)
        .sort((one, other) => one - other),
    );
    const known = new Map(this.entries.map((entry) => [entry.number, entry]));
    const entries: Entry<Note, Value>[] = [];
    for (const number of numbers) {
      const entry = known.get(number) ?? (await this.readEntry(number));
      if (entry !== null) {
        entries.push(await this.aging(entry));
      }
    }
    this.entries = entries;
  }

  /**
   * Notes something now; durable when this resolves. Resolves to `false`, and nothing is noted, where another process has added something
   * since it was read: what was to be noted must then not happen.
   */
  async add(noteAt: (time: number) => Note): Promise<boolean> {
    const number = (this.entries.at(-1)?.number ?? 0) + 1;
    const note = noteAt(this.now());
    const value = this.kind.valueOf(note);
    const added = await this.usable(() => createWhole(this.path(number), format(note), { mode: 0o600 }));
    if (added) {
      this.entries = [...this.entries, { number, note, value }];
      await this.forget();
    }
    return added;
  }

  private isWithin({ note: { time, agesFrom } }: Entry<Note, Value>, seconds: number): boolean {
    const now = this.now();
    const past = [time, agesFrom].filter((at) => at !== undefined && at <= now);
    return past.length === 0 || past.some((at) => at !== undefined && at > now - seconds);
  }

  /** Lets what was noted in the future, as the clock was ahead, count as noted now, and age from now. */
  private async aging(entry: Entry<Note, Value>): Promise<Entry<Note, Value>> {
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
  private async readEntry(number: number): Promise<Entry<Note, Value> | null> {
    const path = this.path(number);
    const text = await this.usable(() => textOf(path));
    if (text === null) {
      return null;
    }
    try {
      const note = this.kind.schema.parse(JSON.parse(text));
      return { number, note, value: this.kind.valueOf(note) };
    } catch (error) {
      throw new ProoflineError(
        this.kind.code,
        `${path}, which ${this.kind.notes}, cannot be read.`,
        "restorePayments",
        { cause: error },
      );
    }
  }

  private path(number: number): string {
    return join(this.folder, `${number}.json`);
  }

  /** What the system refuses there, a person can mend. */
  private async usable<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof ProoflineError) {
        throw error;
      }
      throw new ProoflineError(
        this.kind.code,
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

function format(note: TimedNote): string {
  return `${JSON.stringify(note, null, 2)}\n`;
}
