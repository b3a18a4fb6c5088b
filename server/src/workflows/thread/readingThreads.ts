import { availableParallelism } from "node:os";
import type { EvidenceReading } from "../../evidence/format/readEvidence";
import type { EvidenceReader } from "../readRepository";
import { VerificationThread } from "./verificationThread";

/** More threads than this take more memory than they save time. */
const MOST_THREADS = 4;

/** Files that wait for each thread, so that none waits for a file to be read from the disk. */
const WAITING = 2;

/**
 * Reads evidence in several threads: one for each core but the one that everything else runs on. Each starts with its first
 * file, and holds no process open.
 */
export class ReadingThreads implements EvidenceReader {
  readonly width: number;
  private readonly threads: readonly { readonly thread: VerificationThread; waiting: number }[];

  /** @param home where readings are kept from one process to the next */
  constructor(
    bundle: string,
    private readonly home: string,
    count = Math.min(MOST_THREADS, Math.max(1, availableParallelism() - 1)),
  ) {
    this.threads = Array.from({ length: count }, () => ({
      thread: new VerificationThread(bundle),
      waiting: 0,
    }));
    this.width = count * WAITING;
  }

  /** @param bytes are the threads' from now on; whoever asks uses them no more */
  async read(bytes: Uint8Array): Promise<EvidenceReading> {
    const least = this.threads.reduce((best, one) => (one.waiting < best.waiting ? one : best));
    least.waiting += 1;
    try {
      return await least.thread.read(bytes, this.home);
    } finally {
      least.waiting -= 1;
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.threads.map(({ thread }) => thread.close()));
  }
}
