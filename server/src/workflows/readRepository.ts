import { anchorDigest } from "../chain/anchorDigest";
import { readAnchor } from "../chain/anchorFile";
import { type Approval, readApproval } from "../chain/authority/approvalFile";
import type { Anchor } from "../chain/chain";
import type { EvidenceReading } from "../evidence/format/readEvidence";
import { readResult, type UncheckedResult } from "../evidence/format/verificationResult";
import type { RepositoryFileContent } from "../evidence/repository/guardedFolder";
import type { Repository, RepositoryFiles } from "../evidence/repository/repository";
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

/** What authorities attested, as far as a repository's files can be read; the others are added to the problems. */
export function readApprovals(
  repository: Pick<RepositoryFiles, "approvalFiles">,
  problems: FileProblem[] = [],
): Promise<readonly Approval[]> {
  return gather(repository.approvalFiles(), problems, ({ bytes }) => {
    const reading = readApproval(bytes);
    return reading.kind === "approval" ? reading.approval : reading.reason;
  });
}

/**
 * What some files hold, in their order.
 *
 * @param problems where those are added that hold nothing of the kind
 * @param read what one holds, or a sentence that says why it holds none
 * @param bound how many of them are read; all without it
 */
async function gather<Held extends object>(
  files: AsyncIterable<RepositoryFileContent>,
  problems: FileProblem[],
  read: (file: Extract<RepositoryFileContent, { kind: "read" }>) => Held | string,
  bound?: { readonly most: number; readonly what: string },
): Promise<readonly Held[]> {
  const found: Held[] = [];
  for await (const file of files) {
    if (found.length === bound?.most) {
      problems.push({ path: file.path, problem: `Only ${bound.most} files with ${bound.what} are read.` });
      break;
    }
    const held = file.kind === "unreadable" ? file.reason : read(file);
    if (typeof held === "string") {
      problems.push({ path: file.path, problem: held });
    } else {
      found.push(held);
    }
  }
  return found;
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
    const anchors = await gather(repository.anchorFiles(), problems, ({ bytes }) => {
      const reading = readAnchor(bytes);
      if (reading.kind === "anchor") {
        // Found now, as with claims.
        anchorDigest(reading.anchor);
        return reading.anchor;
      }
      return reading.reason;
    });
    const approvals = await readApprovals(repository, problems);
    const results = await gather(
      repository.resultFiles(),
      problems,
      ({ path, bytes }) => {
        const reading = readResult(bytes);
        return reading.kind === "result" ? { path, ...reading.result } : reading.reason;
      },
      { most: MAX_RESULTS, what: "results of verifiers" },
    );
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
    const { repositoryIds, files, approvals } = await repository.revisions.evidenceSince(
      revision,
      today.evidenceFiles(),
    );
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
