import { readAnchor } from "../chain/anchorFile";
import type { Anchor } from "../chain/chain";
import type { EvidenceReading } from "../evidence/format/readEvidence";
import type { Repository, RepositoryFiles } from "../evidence/repository";
import { sha256, toDigest } from "../platform/digests";
import { messageOf } from "../platform/errors";
import type { Digest } from "../platform/primitives";
import type { EvidenceInput } from "../policy/claims";
import type { Moves } from "../policy/moves";
import type { FileProblem } from "../policy/report";
import { findMoves } from "./findMoves";
import type { VerificationThread } from "./thread/verificationThread";
import type { BaseEvidence } from "./vanished";

/** What lies under a repository's `.proofline`, read and checked as far as files alone go. */
export interface RepositoryContents {
  readonly repositoryId: string | null;
  readonly evidence: readonly EvidenceInput[];
  readonly anchors: readonly Anchor[];
  /** Where pieces whose file is gone have been moved to. */
  readonly moves: Moves;
  /** Anchor files, and the like, that cannot be read. */
  readonly problems: readonly FileProblem[];
}

/**
 * Reads repositories, and remembers the readings of the evidence files that a repository held when it was read last, by
 * their bytes, for they cost a signature each.
 */
export class RepositoryReader {
  private readonly remembered = new Map<string, ReadonlyMap<Digest, EvidenceReading>>();

  constructor(private readonly thread: Pick<VerificationThread, "read">) {}

  async read(repository: RepositoryFiles): Promise<RepositoryContents> {
    const problems: FileProblem[] = [];
    const evidence: EvidenceInput[] = [];
    const anchors: Anchor[] = [];
    const before = this.remembered.get(repository.folder);
    const readings = new Map<Digest, EvidenceReading>();
    for (const file of await repository.evidenceFiles()) {
      const { path } = file;
      if (file.kind === "unreadable") {
        problems.push({ path, problem: file.reason });
        continue;
      }
      const key = toDigest(sha256(file.bytes));
      const reading = readings.get(key) ?? before?.get(key) ?? (await this.readingOf(file.bytes));
      readings.set(key, reading);
      evidence.push({ path, reading });
    }
    this.remembered.set(repository.folder, readings);
    for (const file of await repository.anchorFiles()) {
      const reading = file.kind === "unreadable" ? file : readAnchor(file.bytes);
      if (reading.kind === "anchor") {
        anchors.push(reading.anchor);
      } else {
        problems.push({ path: file.path, problem: reading.reason });
      }
    }
    const moves = await findMoves(repository, evidence);
    return { repositoryId: await repository.id(), evidence, anchors, moves, problems };
  }

  /** What evidence held at a revision and does not hold today. */
  async readSince(repository: Repository, revision: string): Promise<BaseEvidence> {
    const { repositoryId, files } = await repository.evidenceSince(revision);
    const evidence: EvidenceInput[] = [];
    for (const { path, bytes } of files) {
      evidence.push({ path, reading: await this.readingOf(bytes) });
    }
    return { repositoryId, evidence };
  }

  /** One file that breaks its reader costs that file, and no other. */
  private async readingOf(bytes: Uint8Array): Promise<EvidenceReading> {
    try {
      return await this.thread.read(bytes);
    } catch (error) {
      const reason = `It cannot be read: ${messageOf(error)}`;
      return { kind: "malformed", reason, signature: "invalid", batch: null };
    }
  }
}
