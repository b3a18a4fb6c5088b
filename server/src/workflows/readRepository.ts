import { parseAnchor } from "../chain/anchorFile";
import type { Anchor } from "../chain/chain";
import type { EvidenceReading } from "../evidence/format/readEvidence";
import type { Repository } from "../evidence/repository";
import { sha256, toDigest } from "../platform/digests";
import type { Digest } from "../platform/primitives";
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

/**
 * Reads repositories, and remembers the readings of the evidence files that a repository held when it was read last, by
 * their bytes, for they cost a signature each.
 */
export class RepositoryReader {
  private readonly remembered = new Map<string, ReadonlyMap<Digest, EvidenceReading>>();

  constructor(private readonly thread: VerificationThread) {}

  async read(repository: Repository): Promise<RepositoryContents> {
    const problems: FileProblem[] = [];
    const evidence: EvidenceInput[] = [];
    const anchors: Anchor[] = [];
    const before = this.remembered.get(repository.root);
    const readings = new Map<Digest, EvidenceReading>();
    for (const { path, bytes, problem } of await repository.evidenceFiles()) {
      if (bytes === null) {
        problems.push({ path, problem: problem ?? "It cannot be read." });
      } else {
        const key = toDigest(sha256(bytes));
        const reading = readings.get(key) ?? before?.get(key) ?? (await this.thread.read(bytes));
        readings.set(key, reading);
        evidence.push({ path, reading });
      }
    }
    this.remembered.set(repository.root, readings);
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
}
