import { parseAnchor } from "../chain/anchorFile";
import type { Anchor } from "../chain/chain";
import type { Repository } from "../evidence/repository";
import { sha256, toDigest } from "../platform/digests";
import type { FileProblem } from "../policy/report";
import type { EvidenceInput } from "../policy/verifyEvidence";
import { findMoves } from "./findMoves";
import type { VerificationThread } from "./thread/verificationThread";

/** What lies under a repository's `.proofline`, read and checked as far as files alone go. */
export interface RepositoryContents {
  readonly repositoryId: string | null;
  readonly evidence: readonly EvidenceInput[];
  readonly anchors: readonly Anchor[];
  /** Today's path of each file with evidence that has been moved, by its recorded path. */
  readonly moves: ReadonlyMap<string, string>;
  /** Anchor files, and the like, that cannot be read. */
  readonly problems: readonly FileProblem[];
}

/** Reads repositories, and remembers each evidence file's reading by its bytes, for they cost a signature each. */
export class RepositoryReader {
  private readonly readings = new Map<string, EvidenceInput["reading"]>();

  constructor(private readonly thread: VerificationThread) {}

  async read(repository: Repository): Promise<RepositoryContents> {
    const problems: FileProblem[] = [];
    const evidence: EvidenceInput[] = [];
    const anchors: Anchor[] = [];
    for (const { path, bytes, problem } of await repository.evidenceFiles()) {
      if (bytes === null) {
        problems.push({ path, problem: problem ?? "It cannot be read." });
      } else {
        evidence.push({ path, reading: await this.reading(bytes) });
      }
    }
    for (const { path, bytes, problem } of await repository.anchorFiles()) {
      const anchor = bytes === null ? (problem ?? "It cannot be read.") : parseAnchor(bytes);
      if (typeof anchor === "string") {
        problems.push({ path, problem: anchor });
      } else {
        anchors.push(anchor);
      }
    }
    const moves = await findMoves(repository, evidence);
    return { repositoryId: await repository.id(), evidence, anchors, moves, problems };
  }

  private async reading(bytes: Uint8Array): Promise<EvidenceInput["reading"]> {
    const key = toDigest(sha256(bytes));
    const known = this.readings.get(key);
    if (known !== undefined) {
      return known;
    }
    const reading = await this.thread.read(bytes);
    this.readings.set(key, reading);
    return reading;
  }
}
