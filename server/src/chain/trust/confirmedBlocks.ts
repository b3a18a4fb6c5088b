import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { APPEND } from "../../platform/home";
import type { ChainHash } from "../../platform/primitives";

/** About 25,000 blocks; beyond that no more are remembered. */
const MAX_BYTES = 4 * 1024 * 1024;

/** A block of a chain, both by their hashes. */
export interface ConfirmedBlock {
  readonly chainId: number;
  readonly genesisHash: ChainHash;
  readonly number: number;
  readonly hash: ChainHash;
}

const LINE = /^\d{1,16} 0x[0-9a-f]{64} \d{1,16} 0x[0-9a-f]{64}$/;

/**
 * The blocks that this person's programs have found to be canonical and final by the word of two operators, in a file of
 * their own below the home, which no repository brings. Lines are only ever added: `<chain id> <hash of block 0> <number>
 * <hash>`. What is no such line is passed over.
 */
export class ConfirmedBlocks {
  private known: Promise<Set<string>> | undefined;
  private unwritten: string[] = [];
  private writing: Promise<void> | null = null;
  private readonly path: string;

  constructor(home: string) {
    this.path = join(home, "confirmed-blocks");
  }

  async has(block: ConfirmedBlock): Promise<boolean> {
    return (await this.lines()).has(lineOf(block));
  }

  /** Remembers a block. Where that cannot be done, it is asked about again another time. */
  async add(block: ConfirmedBlock): Promise<void> {
    const lines = await this.lines();
    const line = lineOf(block);
    if (lines.has(line)) {
      return;
    }
    lines.add(line);
    this.unwritten.push(line);
    this.writing ??= this.write();
    await this.writing;
  }

  /** Writes what there is to write, and what comes meanwhile: many blocks are confirmed at once. */
  private async write(): Promise<void> {
    try {
      while (this.unwritten.length > 0) {
        const lines = this.unwritten.splice(0);
        const handle = await open(this.path, APPEND, 0o600);
        try {
          const { size } = await handle.stat();
          if (size < MAX_BYTES) {
            // A line that was cut off before must not swallow the first of these.
            await handle.write(`\n${lines.join("\n")}\n`);
          }
        } finally {
          await handle.close();
        }
      }
    } catch {
      // A full disk or a read-only home costs a question, and no verdict.
    } finally {
      this.writing = null;
    }
  }

  private lines(): Promise<Set<string>> {
    this.known ??= this.read();
    return this.known;
  }

  private async read(): Promise<Set<string>> {
    try {
      const text = await readFile(this.path, "utf8");
      const lines = text.slice(0, MAX_BYTES).split("\n");
      return new Set(lines.filter((line) => LINE.test(line)));
    } catch {
      // What cannot be read confirms nothing.
      return new Set();
    }
  }
}

function lineOf({ chainId, genesisHash, number, hash }: ConfirmedBlock): string {
  return `${chainId} ${genesisHash} ${number} ${hash}`;
}
