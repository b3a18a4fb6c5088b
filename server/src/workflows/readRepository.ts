import { anchorDigest } from "../chain/anchorDigest";
import { readAnchor } from "../chain/anchorFile";
import { type Approval, readApproval } from "../chain/authority/approvalFile";
import type { Anchor } from "../chain/chain";
import type { EvidenceReading } from "../evidence/format/readEvidence";
import { readResult, type UncheckedResult } from "../evidence/format/verificationResult";
import type { Repository, RepositoryFileContent, RepositoryFiles } from "../evidence/repository";
import { sha256Digest } from "../platform/digests";
import { messageOf } from "../platform/errors";
import { inOrder } from "../platform/inOrder";
import type { Digest } from "../platform/primitives";
import type { EvidenceInput } from "../policy/evidenceIndex";
import type { Moves } from "../policy/moves";
import type { FileProblem } from "../policy/report";
import { findMoves } from "./findMoves";
import type { BaseEvidence } from "./vanished";

/** What lies under a repository's `.proofline`, read and checked as far as files alone go. */
export interface RepositoryContents {
  /** Any of them counts. */
  readonly repositoryIds: readonly string[];
  readonly evidence: readonly EvidenceInput[];
  readonly anchors: readonly Anchor[];
  /** What authorities attested, as the files say. */
  readonly approvals: readonly Approval[];
  /** What verifiers found, as the files say. */
  readonly results: readonly UncheckedResult[];
  /** Where pieces whose file is gone have been moved to. */
  readonly moves: Moves;
  /** Anchor files, and the like, that cannot be read. */
  readonly problems: readonly FileProblem[];
}

/** What a base holds that matters to whoever judges a change. */
export interface BaseContents extends BaseEvidence {
  /** All that authorities attested there, as the files say. */
  readonly approvals: readonly Approval[];
}

/** Each may cost a signature. */
const MAX_RESULTS = 10_000;

/** What judges evidence files, of which several may be asked for at once. */
export interface EvidenceReader {
  /** @param bytes are the reader's from now on; whoever asks uses them no more */
  read(bytes: Uint8Array): Promise<EvidenceReading>;
  /** How many it is worth to ask for at once; one unless said. */
  readonly width?: number;
}

/** An evidence file as it lies in a repository, with what it came to. */
type JudgedFile =
  | Extract<RepositoryFileContent, { kind: "unreadable" }>
  | {
      readonly path: string;
      readonly kind: "judged";
      readonly digest: Digest;
      readonly reading: EvidenceReading;
    };

/**
 * Reads repositories, and remembers the readings of the evidence files that a repository held when it was read last, by
 * their bytes, for they cost a signature each.
 */
export class RepositoryReader {
  private readonly remembered = new Map<string, ReadonlyMap<Digest, EvidenceReading>>();

  /** @param threads where evidence files are judged; asked about several at once, as many as it says to be worth it */
  constructor(private readonly threads: EvidenceReader) {}

  async read(repository: RepositoryFiles): Promise<RepositoryContents> {
    const problems: FileProblem[] = [];
    const evidence: EvidenceInput[] = [];
    const anchors: Anchor[] = [];
    const before = this.remembered.get(repository.folder);
    const readings = new Map<Digest, EvidenceReading>();
    const width = this.threads.width ?? 1;
    for await (const file of inOrder(repository.evidenceFiles(), width, (one) => this.judge(one, before))) {
      const { path } = file;
      if (file.kind === "unreadable") {
        problems.push({ path, problem: file.reason });
        continue;
      }
      // Of one file that lies here twice, one reading is kept.
      const reading = readings.get(file.digest) ?? file.reading;
      readings.set(file.digest, reading);
      evidence.push({ path, reading });
    }
    this.remembered.set(repository.folder, readings);
    for await (const file of repository.anchorFiles()) {
      const reading = file.kind === "unreadable" ? file : readAnchor(file.bytes);
      if (reading.kind === "anchor") {
        // Found now, as with claims.
        anchorDigest(reading.anchor);
        anchors.push(reading.anchor);
      } else {
        problems.push({ path: file.path, problem: reading.reason });
      }
    }
    const approvals: Approval[] = [];
    for await (const file of repository.approvalFiles()) {
      const reading = file.kind === "unreadable" ? file : readApproval(file.bytes);
      if (reading.kind === "approval") {
        approvals.push(reading.approval);
      } else {
        problems.push({ path: file.path, problem: reading.reason });
      }
    }
    const results: UncheckedResult[] = [];
    for await (const file of repository.resultFiles()) {
      if (results.length === MAX_RESULTS) {
        problems.push({
          path: file.path,
          problem: `Only ${MAX_RESULTS} files with results of verifiers are read.`,
        });
        break;
      }
      const reading = file.kind === "unreadable" ? file : readResult(file.bytes);
      if (reading.kind === "result") {
        results.push({ path: file.path, ...reading.result });
      } else {
        problems.push({ path: file.path, problem: reading.reason });
      }
    }
    const moves = await findMoves(repository, evidence);
    const { ids, damaged } = await repository.ids();
    return {
      repositoryIds: ids,
      evidence,
      anchors,
      approvals,
      results,
      moves,
      problems: [...damaged, ...problems],
    };
  }

  /**
   * What evidence held at a revision and does not hold today, or in what is to be judged in place of today's files, and all that
   * authorities attested there.
   */
  async readSince(
    repository: Repository,
    revision: string,
    today: RepositoryFiles = repository,
  ): Promise<BaseContents> {
    const { repositoryIds, files, approvals } = await repository.evidenceSince(revision, today);
    const evidence: EvidenceInput[] = [];
    for (const { path, bytes } of files) {
      evidence.push({ path, reading: await this.readingOf(bytes) });
    }
    const attested = approvals.map(readApproval);
    return {
      repositoryIds,
      evidence,
      approvals: attested.flatMap((reading) => (reading.kind === "approval" ? [reading.approval] : [])),
    };
  }

  private async judge(
    file: RepositoryFileContent,
    known: ReadonlyMap<Digest, EvidenceReading> | undefined,
  ): Promise<JudgedFile> {
    if (file.kind === "unreadable") {
      return file;
    }
    const { path, bytes } = file;
    const digest = sha256Digest(bytes);
    return { path, kind: "judged", digest, reading: known?.get(digest) ?? (await this.readingOf(bytes)) };
  }

  /** One file that breaks its reader costs that file, and no other. */
  private async readingOf(bytes: Uint8Array): Promise<EvidenceReading> {
    try {
      return await this.threads.read(bytes);
    } catch (error) {
      const reason = `It cannot be read: ${messageOf(error)}`;
      return { kind: "malformed", reason, signature: "invalid", batch: null };
    }
  }
}
