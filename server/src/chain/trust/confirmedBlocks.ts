import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { APPEND } from "../../platform/home";
import type { ChainHash } from "../../platform/primitives";

/** About 20,000 blocks; beyond that no more are remembered. */
const MAX_BYTES = 4 * 1024 * 1024;

/** A block of a chain, both by their hashes. */
export interface ConfirmedBlock {
  readonly chainId: number;
  readonly genesisHash: ChainHash;
  readonly number: number;
  readonly hash: ChainHash;
}

const LINE = /^(\d{1,16} 0x[0-9a-f]{64} \d{1,16} 0x[0-9a-f]{64}) (\S+)$/;

/**
 * The blocks that this person's programs have found to be canonical and final by the word of two operators, in a file of
 * their own below the home, which no repository brings. Lines are only ever added: `<chain id> <hash of block 0> <number>
 * <hash> <operator>,<operator>…`, each operator in percent-encoding (RFC 3986). What is no such line is passed over. A block
 * counts only as long as two of those who confirmed it are still asked, for whoever takes a server out no longer believes it.
 */
export class ConfirmedBlocks {
  /** By block, each list of operators that a line names. */
  private known: Promise<Map<string, string[]>> | undefined;
  private unwritten: string[] = [];
  private writing: Promise<void> | null = null;
  private readonly path: string;

  constructor(home: string) {
    this.path = join(home, "confirmed-blocks");
  }

  /** Whether two of these operators confirmed a block together. */
  async has(block: ConfirmedBlock, operators: ReadonlySet<string>): Promise<boolean> {
    const asked = new Set([...operators].map(encodeURIComponent));
    const lists = (await this.blocks()).get(keyOf(block)) ?? [];
    return lists.some((list) => new Set(list.split(",").filter((operator) => asked.has(operator))).size > 1);
  }

  /** Remembers a block. Where that cannot be done, it is asked about again another time. */
  async add(block: ConfirmedBlock, operators: readonly string[]): Promise<void> {
    const key = keyOf(block);
    const list = [...operators].sort().map(encodeURIComponent).join(",");
    const line = `${key} ${list}`;
    const blocks = await this.blocks();
    const lists = blocks.get(key) ?? [];
    if (lists.includes(list)) {
      return;
    }
    blocks.set(key, [...lists, list]);
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

  private blocks(): Promise<Map<string, string[]>> {
    this.known ??= this.read();
    return this.known;
  }

  private async read(): Promise<Map<string, string[]>> {
    const blocks = new Map<string, string[]>();
    try {
      const text = await readFile(this.path, "utf8");
      for (const line of text.slice(0, MAX_BYTES).split("\n")) {
        const [, key, list] = LINE.exec(line) ?? [];
        if (key !== undefined && list !== undefined) {
          blocks.set(key, [...(blocks.get(key) ?? []), list]);
        }
      }
    } catch {
      // What cannot be read confirms nothing.
    }
    return blocks;
  }
}

function keyOf({ chainId, genesisHash, number, hash }: ConfirmedBlock): string {
  return `${chainId} ${genesisHash} ${number} ${hash}`;
}
