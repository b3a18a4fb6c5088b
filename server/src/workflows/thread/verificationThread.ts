import { Worker } from "node:worker_threads";
import type { EvidenceReading } from "../../evidence/format/readEvidence";
import type { SealBatchParameters, SealedEvidence } from "../../evidence/format/sealBatch";
import { storedReading } from "../../evidence/format/storedReading";
import type { LineReading, LineSpan } from "../../evidence/locate/enclosure";
import { receivedError } from "../../platform/sentError";
import type { AnswerReport } from "../../providers/attestation/answerReport";
import type { ClaimedAnswer } from "../../providers/opengradient/claimedAnswer";
import type { RegistryTestimony } from "../../providers/opengradient/registryTestimony";
import type { SettlementTestimony } from "../../providers/opengradient/settlementTestimony";
import type { ProofQuestion, WorkerAnswer, WorkerRequest } from "./verificationMessages";

type Unsent<Request> = Request extends unknown ? Omit<Request, "id"> : never;

/**
 * Reads and seals evidence in a thread of its own, which starts with the first request, holds no process open, and
 * is started again after a crash.
 */
export class VerificationThread {
  private worker: Worker | null = null;
  private nextId = 0;
  private readonly waiting = new Map<number, (answer: WorkerAnswer | Error) => void>();

  constructor(private readonly bundle: string) {}

  /**
   * @param bytes of an evidence file; the thread takes them, and whoever asks has none any more
   * @param home where readings are kept from one process to the next; `null` keeps none
   */
  async read(bytes: Uint8Array, home: string | null = null): Promise<EvidenceReading> {
    // Memory that holds something else, too, has to be copied.
    const { buffer } = bytes;
    const given = buffer instanceof ArrayBuffer && buffer.byteLength === bytes.length ? [buffer] : [];
    const answer = await this.ask({ kind: "read", bytes, home }, given);
    if (answer.kind !== "read") {
      throw new Error("the verification thread answered something else");
    }
    return storedReading(answer.reading);
  }

  /** Whether a grammar of a file's language finds the same tokens in two texts of it. */
  async sameTokens(path: string, before: string, after: string): Promise<boolean> {
    const answer = await this.ask({ kind: "compare", path, before, after });
    if (answer.kind !== "compare") {
      throw new Error("the verification thread answered something else");
    }
    return answer.same;
  }

  /** How a compiler reads spans of a text's whole lines, by a grammar of the file's language. */
  async linesOf(
    path: string,
    text: string,
    spans: readonly LineSpan[],
  ): Promise<readonly (LineReading | null)[] | null> {
    const answer = await this.ask({ kind: "readLines", path, text, spans });
    if (answer.kind !== "readLines") {
      throw new Error("the verification thread answered something else");
    }
    return answer.lines;
  }

  /**
   * Why proofs do not hold, each as `ProofChecker` has it.
   *
   * @param home where it is kept that one holds
   */
  async flawsOf(questions: readonly ProofQuestion[], home: string): Promise<readonly (string | null)[]> {
    const answer = await this.ask({ kind: "checkProofs", questions, home });
    if (answer.kind !== "checkProofs" || answer.flaws.length !== questions.length) {
      throw new Error("the verification thread answered something else");
    }
    return answer.flaws;
  }

  /** Checks an enclave's answer that evidence holds, by what the chain says of the enclave. */
  async checkAnswer(
    claimed: ClaimedAnswer,
    registry: RegistryTestimony | null,
    settlement: SettlementTestimony | null,
  ): Promise<AnswerReport> {
    const answer = await this.ask({ kind: "checkAnswer", claimed, registry, settlement });
    if (answer.kind !== "checkAnswer") {
      throw new Error("the verification thread answered something else");
    }
    return answer.report;
  }

  /** Signs with the device key below `home`. */
  async signBatch(parameters: Omit<SealBatchParameters, "sign">, home: string): Promise<SealedEvidence> {
    const answer = await this.ask({ kind: "seal", parameters, home });
    if (answer.kind !== "seal") {
      throw new Error("the verification thread answered something else");
    }
    return answer.sealed;
  }

  async close(): Promise<void> {
    await this.worker?.terminate();
    this.worker = null;
  }

  private ask(request: Unsent<WorkerRequest>, given: readonly ArrayBuffer[] = []): Promise<WorkerAnswer> {
    const id = this.nextId++;
    const worker = this.running();
    // Only a thread that has work may keep the process alive.
    worker.ref();
    return new Promise((resolve, reject) => {
      this.waiting.set(id, (answer) => {
        this.waiting.delete(id);
        if (this.waiting.size === 0) {
          worker.unref();
        }
        if (answer instanceof Error) {
          reject(answer);
        } else if (answer.kind === "error") {
          reject(receivedError(answer.error));
        } else {
          resolve(answer);
        }
      });
      worker.postMessage({ ...request, id } satisfies WorkerRequest, given);
    });
  }

  private running(): Worker {
    if (this.worker !== null) {
      return this.worker;
    }
    const worker = new Worker(this.bundle);
    worker.on("message", (answer: WorkerAnswer) => this.waiting.get(answer.id)?.(answer));
    const fail = (error: Error): void => {
      if (this.worker === worker) {
        this.worker = null;
      }
      for (const settle of [...this.waiting.values()]) {
        settle(error);
      }
    };
    worker.on("error", fail);
    worker.on("exit", () => fail(new Error("the verification thread ended")));
    this.worker = worker;
    return worker;
  }
}
