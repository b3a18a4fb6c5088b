import { availableParallelism } from "node:os";
import type { Anchor } from "../../chain/chain";
import type { ContractFacts } from "../../chain/knownChains";
import type { ProofChecker } from "../../chain/trust/proofChecker";
import type { EvidenceReading } from "../../evidence/format/readEvidence";
import type { EvidenceReader } from "../readRepository";
import type { ProofQuestion } from "./verificationMessages";
import { VerificationThread } from "./verificationThread";

/** More threads than this take more memory than they save time. */
const MOST_THREADS = 4;

/** Files that wait for each thread, so that none waits for a file to be read from the disk. */
const WAITING = 2;

interface ReadingThread {
  readonly thread: VerificationThread;
  waiting: number;
  checksProofs: boolean;
}

/** A proof that is to be checked. What waits is not sent yet, so that nobody is kept from anything by sending many at once. */
interface WaitingProof extends ProofQuestion {
  readonly resolve: (flaw: string | null) => void;
  readonly reject: (error: unknown) => void;
}

/** Proofs that a thread is sent together: enough that it does not wait for its questions, few enough that they are soon sent. */
const PROOFS_AT_ONCE = 16;

/** How many threads to read with where the process has nothing else to do meanwhile: one for each core. */
export function allCores(): number {
  return Math.min(MOST_THREADS, availableParallelism());
}

/** How many where a person waits for other things of the process: one core is left to them. */
export function allCoresButOne(): number {
  return Math.min(MOST_THREADS, Math.max(1, availableParallelism() - 1));
}

/** Reads evidence, and checks proofs of anchors, in several threads. Each starts with its first work, and holds no process open. */
export class ReadingThreads implements EvidenceReader, ProofChecker {
  readonly width: number;
  private readonly threads: readonly ReadingThread[];
  private readonly proofs: WaitingProof[] = [];

  /**
   * @param home where readings are kept from one process to the next
   * @param count how many threads
   */
  constructor(
    bundle: string,
    private readonly home: string,
    count: number,
  ) {
    this.threads = Array.from({ length: count }, () => ({
      thread: new VerificationThread(bundle),
      waiting: 0,
      checksProofs: false,
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

  flawOf(anchor: Anchor, facts: ContractFacts): Promise<string | null> {
    return new Promise((resolve, reject) => {
      this.proofs.push({ anchor, facts, resolve, reject });
      const free = this.threads.find(({ checksProofs }) => !checksProofs);
      if (free !== undefined) {
        free.checksProofs = true;
        void this.checkProofs(free);
      }
    });
  }

  /** Has one thread check what waits, until nothing does. */
  private async checkProofs(one: ReadingThread): Promise<void> {
    // Those that are asked at the same time go together.
    await null;
    while (this.proofs.length > 0) {
      const some = this.proofs.splice(0, PROOFS_AT_ONCE);
      try {
        const questions = some.map(({ anchor, facts }) => ({ anchor, facts }));
        const flaws = await one.thread.flawsOf(questions, this.home);
        for (const [index, { resolve }] of some.entries()) {
          resolve(flaws[index] ?? null);
        }
      } catch (error) {
        for (const { reject } of some) {
          reject(error);
        }
      }
    }
    one.checksProofs = false;
  }

  async close(): Promise<void> {
    await Promise.all(this.threads.map(({ thread }) => thread.close()));
  }
}
