import { randomBytes } from "node:crypto";
import { type FileHandle, mkdir, open, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as yieldToOthers } from "node:timers/promises";
import { isErrno, removeIfThere, syncFolder, writeWhole } from "../../platform/durable";
import { meaningOf, messageOf, ProoflineError } from "../../platform/errors";
import { type Lock, tryLock, withLock } from "../../platform/lock";
import type { Digest } from "../../platform/primitives";
import { SerialQueue } from "../../platform/serialQueue";
import { type DeviceSequence, withDeviceSequence } from "../device";
import { AcceptedSuggestion, displayedOf } from "../format/acceptedSuggestion";
import { contradictionIn } from "../format/claimValues";
import {
  type Amendment,
  formatLine,
  type JournalEntry,
  parseLines,
  type SealedBatchEntry,
} from "./journalEntry";
import { JournalState, type SuggestionState } from "./journalState";
import { keepInVault } from "./vault";

const JOURNAL_SUFFIX = ".journal";

/** After an anchor, a journal with more bytes than this is rewritten without what is settled. */
const COMPACT_ABOVE_BYTES = 1024 * 1024;

const SEALED_ALREADY = "The suggestion has been sealed or dropped, so it can no longer change.";

/** What a caller's `build` makes of the suggestions that are to be sealed. */
export type NewBatch = Omit<SealedBatchEntry, "sequence" | "ids">;

/**
 * This process's durable record of acceptances: one append-only file under `<home>/journal`, locked for as long as the
 * process lives. Each change resolves once it is on the disk (fdatasync), so a crash at any later instant keeps it.
 * The journals of processes that have died are adopted on opening.
 */
export class Journal {
  private readonly state = new JournalState();
  private length = 0;
  /** Whether the file may hold more than `length` bytes: a write failed half-way, and could not be taken back yet. */
  private broken = false;
  private closed = false;
  private readonly queue = new SerialQueue();
  /** Sentences about damage that was found; the damaged files are kept under `<home>/journal/damaged`. */
  readonly problems: string[] = [];

  private constructor(
    private readonly home: string,
    private readonly folder: string,
    private readonly name: string,
    private readonly lock: Lock,
    /** `null` while it could not be opened again after the journal was rewritten. */
    private file: FileHandle | null,
  ) {}

  /** @internal Use `openJournal`. */
  static async open(home: string): Promise<Journal> {
    const folder = join(home, "journal");
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return withLock(adoptionLock(folder), async () => {
      const name = `${randomBytes(8).toString("hex")}${JOURNAL_SUFFIX}`;
      const lock = await tryLock(lockOf(folder, name));
      if (lock === null) {
        throw new Error("a fresh name is locked");
      }
      let file: FileHandle | null = null;
      try {
        file = await open(join(folder, name), "wx+", 0o600);
        await syncFolder(folder);
        const journal = new Journal(home, folder, name, lock, file);
        await journal.adoptDead();
        return journal;
      } catch (error) {
        await file?.close();
        await lock.release();
        throw error;
      }
    });
  }

  /** Accepted suggestions that are not sealed yet, in the order of acceptance. */
  pending(): readonly AcceptedSuggestion[] {
    return this.state.pending();
  }

  /** Sealed batches that are anchored nowhere yet. Their evidence files may be missing after a crash. */
  unanchored(): readonly SealedBatchEntry[] {
    return this.state.unanchored();
  }

  /** A suggestion that this journal still remembers, in any state. */
  find(id: string): { readonly suggestion: AcceptedSuggestion; readonly state: SuggestionState } | null {
    return this.state.find(id);
  }

  /**
   * Records an acceptance. Under an id that is known already it takes that one's place: more or less of it was
   * accepted, or a redo brought it back.
   */
  accept(suggestion: AcceptedSuggestion): Promise<void> {
    return this.queue.run(async () => {
      const contradiction = problemWith(suggestion, suggestion.values.accepted);
      if (contradiction !== null) {
        throw refused(contradiction);
      }
      if (this.state.isFinal(suggestion.id)) {
        throw refused(SEALED_ALREADY);
      }
      if (this.state.find(suggestion.id) === null) {
        await this.append({ kind: "accepted", suggestion: AcceptedSuggestion.parse(suggestion) });
        return;
      }
      const { repository: repositoryPath, path, position, values } = suggestion;
      await this.amendKnown(suggestion.id, {
        repository: repositoryPath,
        path,
        position,
        accepted: values.accepted,
      });
    });
  }

  /** Changes what may change before sealing, e.g. the path of a document that was saved elsewhere. */
  amend(id: string, changes: Partial<Amendment>): Promise<void> {
    return this.queue.run(async () => {
      const known = this.state.find(id);
      if (known === null) {
        throw refused("The journal has no suggestion with this id.");
      }
      const { repository, path, position, values } = known.suggestion;
      const before = { repository, path, position, accepted: values.accepted };
      await this.amendKnown(id, { ...before, ...changes });
    });
  }

  /** Withdraws an acceptance. One that is unknown or sealed stays as it is. */
  withdraw(id: string): Promise<void> {
    return this.queue.run(async () => {
      if (this.state.find(id)?.state === "pending") {
        await this.append({ kind: "withdrawn", id });
      }
    });
  }

  /** Records that these suggestions will never be sealed. */
  drop(ids: readonly string[], reason: string): Promise<void> {
    return this.queue.run(async () => {
      const open = ids.filter((id) => this.state.find(id)?.state === "pending");
      if (open.length > 0) {
        await this.append({ kind: "dropped", ids: open, reason });
      }
    });
  }

  /**
   * Seals pending suggestions as one batch: `build` gets the device's sequence number and previous seal, and gives the
   * batch with its evidence file's text, or `null` to leave it. Resolves once the batch is durable here; only then may
   * its evidence file be written. A crash before leaves the suggestions pending, one after leaves the batch in
   * `unanchored`. Resolves to `null`, and nothing is sealed, where meanwhile one of the suggestions was withdrawn, or
   * more or less of it was accepted. Their paths and positions are the caller's to bring up to date.
   */
  commitBatch(
    suggestions: readonly AcceptedSuggestion[],
    build: (place: Pick<DeviceSequence, "sequence" | "previousSeal">) => Promise<NewBatch | null>,
  ): Promise<SealedBatchEntry | null> {
    return withDeviceSequence(this.home, async (device) => {
      // Whoever died between its journal and the device's state had the number that we would take now.
      for (const { sequence, seal } of await this.batchesOfAll()) {
        await device.advance(sequence, seal);
      }
      const { sequence, previousSeal } = device;
      const built = await build({ sequence, previousSeal });
      if (built === null) {
        return null;
      }
      const batch: SealedBatchEntry = { ...built, ids: suggestions.map(({ id }) => id), sequence };
      return this.queue.run(async () => {
        const isUnchanged = suggestions.every(({ id, values }) => {
          const known = this.state.find(id);
          return known?.state === "pending" && known.suggestion.values.accepted === values.accepted;
        });
        if (!isUnchanged) {
          return null;
        }
        await this.append({ kind: "sealed", batch });
        await device.advance(sequence, batch.seal);
        return batch;
      });
    });
  }

  /** Records that a batch is anchored on a chain. */
  anchored(batchRoot: Digest, chainId: number): Promise<void> {
    return this.queue.run(async () => {
      await this.append({ kind: "anchored", batchRoot, chainId });
      if (this.length > COMPACT_ABOVE_BYTES) {
        // It is recorded, and a journal that is longer than it need be is whole.
        await this.rewrite().catch((error: unknown) => this.problems.push(messageOf(error)));
      }
    });
  }

  /** Rewrites the journal without what is settled. What only its author can open goes to the vault. */
  compact(): Promise<void> {
    return this.queue.run(() => this.rewrite());
  }

  /** Closes the journal; the next process that opens one adopts what is left in it. */
  async close(): Promise<void> {
    await this.queue.run(async () => {
      if (this.closed) {
        return;
      }
      this.closed = true;
      await this.rewrite().catch((error: unknown) => this.problems.push(messageOf(error)));
      await this.file?.close();
      if (!this.broken && this.length === 0) {
        // Whoever adopts an empty one takes it away.
        await removeIfThere(join(this.folder, this.name)).catch(() => {});
      }
      await this.lock.release();
    });
  }

  private async amendKnown(id: string, amendment: Amendment): Promise<void> {
    const known = this.state.find(id);
    if (known === null) {
      throw refused("The journal has no suggestion with this id.");
    }
    if (this.state.isFinal(id)) {
      throw refused(SEALED_ALREADY);
    }
    const contradiction = problemWith(known.suggestion, amendment.accepted);
    if (contradiction !== null) {
      throw refused(contradiction);
    }
    await this.append({ kind: "amended", id, amendment });
  }

  /** Makes one entry durable, then applies it. An entry that cannot be written completely is cut off again. */
  private async append(entry: JournalEntry): Promise<void> {
    if (this.closed) {
      throw unwritable("it is closed");
    }
    const line = formatLine(entry);
    try {
      this.file ??= await this.reopen();
      if (this.broken) {
        await this.file.truncate(this.length);
        this.broken = false;
      }
      this.broken = true;
      for (let done = 0; done < line.length; ) {
        const { bytesWritten } = await this.file.write(line, done, line.length - done, this.length + done);
        done += bytesWritten;
      }
      await this.file.datasync();
      this.broken = false;
    } catch (error) {
      await this.file?.truncate(this.length).then(
        () => {
          this.broken = false;
        },
        () => {},
      );
      throw unwritable(meaningOf(error));
    }
    this.length += line.length;
    this.state.apply(entry);
  }

  /** Caller holds the adoption lock. */
  private async adoptDead(): Promise<void> {
    const dead: { readonly name: string; readonly lock: Lock; readonly bytes: Buffer }[] = [];
    // A crash between adopting a journal and removing it left it twice; the adopter's copy is the newer one.
    const superseded = new Set<string>();
    try {
      for (const name of await journalNames(this.folder)) {
        if (name === this.name) {
          continue;
        }
        const lock = await tryLock(lockOf(this.folder, name));
        const bytes = await readJournal(this.folder, name);
        for (const entry of parseLines(bytes, ["adopted"]).entries) {
          if (entry.kind === "adopted") {
            superseded.add(entry.journal);
          }
        }
        if (lock !== null) {
          dead.push({ name, lock, bytes });
        }
      }
      for (const { name, bytes } of dead.filter((one) => !superseded.has(one.name))) {
        await this.adoptContent(name, bytes);
      }
      for (const { name } of dead) {
        await removeIfThere(join(this.folder, name));
      }
      await syncFolder(this.folder);
    } finally {
      for (const { lock } of dead) {
        await lock.release();
      }
    }
  }

  private async adoptContent(name: string, bytes: Buffer): Promise<void> {
    const { entries, damagedLines } = parseLines(bytes);
    if (damagedLines > 0) {
      await writeWhole(join(this.folder, "damaged", name), bytes, { mode: 0o600 });
      this.problems.push(
        `${damagedLines} of ${damagedLines + entries.length} entries of an earlier journal are damaged; it is kept as journal/damaged/${name}.`,
      );
    }
    const state = new JournalState();
    for (const entry of entries) {
      state.apply(entry);
    }
    const batches = state.allBatches();
    if (batches.length > 0) {
      await withDeviceSequence(this.home, async (device) => {
        for (const { sequence, seal } of batches) {
          await device.advance(sequence, seal);
        }
      });
    }
    await this.keepSealedPrompts(state);
    const essence = state.essence();
    if (essence.length > 0) {
      await this.append({ kind: "adopted", journal: name, entries: essence });
    }
  }

  private async rewrite(): Promise<void> {
    if (this.broken) {
      return;
    }
    await this.keepSealedPrompts(this.state);
    const names = new Set(await journalNames(this.folder));
    const notRemoved = [...this.state.adopted].filter((name) => names.has(name));
    const entries: JournalEntry[] = [
      ...notRemoved.map((journal): JournalEntry => ({ kind: "adopted", journal, entries: [] })),
      ...this.state.essence(),
    ];
    const lines: Buffer[] = [];
    for (const entry of entries) {
      lines.push(formatLine(entry));
      // Prompts are long; a server has to answer keystrokes between them.
      await yieldToOthers();
    }
    const bytes = Buffer.concat(lines);
    const path = join(this.folder, this.name);
    // Windows replaces no file that is open.
    await this.file?.close();
    this.file = null;
    try {
      await writeWhole(path, bytes, { mode: 0o600 });
    } finally {
      // Where that fails, the next entry tries again.
      this.file = await this.reopen().catch(() => null);
    }
    this.state.forgetSettled();
  }

  /** Opens the file after it was written anew, or was to be: it then holds whole entries, and nothing else. */
  private async reopen(): Promise<FileHandle> {
    const file = await open(join(this.folder, this.name), "r+");
    this.length = (await file.stat()).size;
    return file;
  }

  /** The sealed batches of all journals, in the order of their numbers. */
  private async batchesOfAll(): Promise<SealedBatchEntry[]> {
    const state = new JournalState();
    for (const name of await journalNames(this.folder)) {
      if (name === this.name) {
        continue;
      }
      const { entries } = parseLines(await readJournal(this.folder, name), ["sealed", "adopted"]);
      for (const entry of entries) {
        state.apply(entry);
      }
    }
    return [...this.state.allBatches(), ...state.allBatches()].sort((a, b) => a.sequence - b.sequence);
  }

  private async keepSealedPrompts(state: JournalState): Promise<void> {
    for (const batch of state.settled()) {
      const reasons = new Map(batch.sealedPrompts.map(({ id, reason }) => [id, reason]));
      const prompts = state.suggestionsOf(batch).flatMap((suggestion) => {
        const reason = reasons.get(suggestion.id);
        return reason === undefined ? [] : [{ suggestion, reason }];
      });
      await keepInVault(this.home, batch.batchRoot, prompts);
    }
  }
}

/**
 * Opens a journal for this process, and adopts what dead ones left.
 *
 * @throws ProoflineError `journal` where `home` cannot be written.
 */
export async function openJournal(home: string): Promise<Journal> {
  try {
    return await Journal.open(home);
  } catch (error) {
    if (error instanceof ProoflineError) {
      throw error;
    }
    throw unwritable(meaningOf(error));
  }
}

/** What all journals of one home hold. */
export interface JournalsContent {
  readonly pending: readonly AcceptedSuggestion[];
  readonly unanchored: readonly SealedBatchEntry[];
  /** Ascending by sequence number. */
  readonly batches: readonly SealedBatchEntry[];
  /** Every suggestion that they still hold the values of, sealed ones included. */
  readonly suggestions: ReadonlyMap<string, AcceptedSuggestion>;
}

/** Reads all journals under `home`, those of living processes included. Changes nothing. */
export async function readJournals(home: string): Promise<JournalsContent> {
  const folder = join(home, "journal");
  const state = new JournalState();
  for (const name of await journalNames(folder)) {
    for (const entry of parseLines(await readJournal(folder, name)).entries) {
      state.apply(entry);
    }
  }
  return {
    pending: state.pending(),
    unanchored: state.unanchored(),
    batches: state.allBatches(),
    suggestions: state.all(),
  };
}

/** Empty where another process has just adopted and removed it. */
async function readJournal(folder: string, name: string): Promise<Buffer> {
  try {
    return await readFile(join(folder, name));
  } catch (error) {
    if (isErrno(error, "ENOENT")) {
      return Buffer.alloc(0);
    }
    throw error;
  }
}

async function journalNames(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => name.endsWith(JOURNAL_SUFFIX)).sort();
  } catch (error) {
    if (isErrno(error, "ENOENT")) {
      return [];
    }
    throw error;
  }
}

function lockOf(folder: string, name: string): string {
  return join(folder, `${name}.lock`);
}

function adoptionLock(folder: string): string {
  return join(folder, "adoption.lock");
}

function problemWith(suggestion: AcceptedSuggestion, accepted: string): string | null {
  // What is accepted in one piece is a beginning of what was offered, whoever offered it.
  const kind = suggestion.kind === "stated" ? suggestion.kind : "replayable";
  return contradictionIn(kind, displayedOf(suggestion), [accepted]);
}

function refused(reason: string): ProoflineError {
  return new ProoflineError("journal", reason, "acceptAgain");
}

function unwritable(why: string): ProoflineError {
  return new ProoflineError("journal", `The journal cannot be written (${why}).`, "makeHomeWritable");
}
