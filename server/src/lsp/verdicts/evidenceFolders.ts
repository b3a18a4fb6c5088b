import { join } from "node:path";
import { anchorDigest } from "../../chain/anchorDigest";
import type { Anchor, AnchorCheck } from "../../chain/chain";
import { outlineOf } from "../../evidence/format/batchOutline";
import type { SealedBatch, SealedClaim } from "../../evidence/format/sealedBatch";
import { REPOSITORY_FOLDER } from "../../evidence/repository/places";
import type { Repository } from "../../evidence/repository/repository";
import { messageOf } from "../../platform/errors";
import type { Digest } from "../../platform/primitives";
import { inSlices } from "../../platform/slices";
import type { EvidenceInput } from "../../policy/evidenceIndex";
import { Moves } from "../../policy/moves";
import type { FileProblem } from "../../policy/report";
import { checkChain } from "../../workflows/checkAnchors";
import { findMoves } from "../../workflows/findMoves";
import type { RepositoryContents, RepositoryReader } from "../../workflows/readRepository";
import { batchRootsOf } from "../../workflows/unwritten";
import { type ChainAccess, UNTRUSTED } from "../chains/chainAccess";
import { editorText } from "../editorRemedies";
import { Listeners } from "../listeners";
import type { SuggestionStore } from "../suggestions/suggestionStore";

/** What a repository's `.proofline` folder says, and what the chain says about it. */
export interface FolderEvidence {
  readonly repositoryIds: readonly string[];
  /**
   * Evidence files about which the chain has been asked, or which nobody claims to have anchored. The others wait for
   * the chain's first answer, so that nothing is called unknown that will be known in a moment.
   */
  readonly files: readonly EvidenceInput[];
  /** All evidence files. */
  readonly all: readonly EvidenceInput[];
  readonly approvals: RepositoryContents["approvals"];
  readonly results: RepositoryContents["results"];
  /** The batch roots of all intact evidence files, those that wait for the chain included. */
  readonly written: ReadonlySet<Digest>;
  readonly problems: readonly FileProblem[];
  /** Where pieces whose file is gone have been moved to. */
  readonly moves: Moves;
  readonly chain: ReadonlyMap<Digest, AnchorCheck>;
}

/** A claim as its evidence file has it. */
export interface ClaimInFile {
  readonly batch: SealedBatch;
  readonly claim: SealedClaim;
  /** The evidence file's absolute path. */
  readonly file: string;
}

const ASK_AGAIN_MILLISECONDS = 30_000;

const NOTHING: RepositoryContents = {
  repositoryIds: [],
  evidence: [],
  anchors: [],
  approvals: [],
  results: [],
  moves: Moves.NONE,
  problems: [],
};

interface Folder {
  readonly repository: Repository;
  contents: RepositoryContents;
  /** The chain that was asked last, by its key: what another one answered counts for nothing any more. */
  chainKey: string | null;
  /** What its anchor files claim: see `claimsOf`. */
  claimed: ReadonlyMap<Digest, string>;
  /** The chain's answers, each to the claims that it was asked about. */
  answers: ReadonlyMap<Digest, { readonly claims: string; readonly check: AnchorCheck }>;
  /** What is known of it, until another thing is. */
  known: FolderEvidence | null;
  /** Batches that were let through before: those are never hidden again, or their badges would flicker. */
  readonly shown: Set<Digest>;
  /** The reading that is under way, and whether another must follow it. */
  reading: Promise<void> | null;
  stale: boolean;
}

/** Reads repositories' `.proofline` folders once, again when they change, and asks the chain about what they claim. */
export class EvidenceFolders {
  private readonly folders = new Map<string, Folder>();
  private readonly listeners: Listeners<string>;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly reader: RepositoryReader,
    private readonly chain: ChainAccess,
    store: SuggestionStore,
    private readonly log: (line: string) => void,
  ) {
    this.listeners = new Listeners(log);
    store.onEvent(async (event) => {
      if (event.kind === "sealed" || event.kind === "anchored") {
        await this.reload(event.repository);
      }
    });
  }

  /** Tells listeners each repository of which another thing is known now, by its folder. */
  onChange(listener: (repository: string) => void | Promise<void>): void {
    this.listeners.add(listener);
  }

  /** What is known of a repository; the first call reads its files, and the chain's answers follow. */
  async of(repository: Repository): Promise<FolderEvidence> {
    const known = this.folders.get(repository.folder);
    if (known !== undefined) {
      await known.reading;
      return evidenceOf(known);
    }
    const folder: Folder = {
      repository,
      contents: NOTHING,
      claimed: new Map(),
      known: null,
      chainKey: null,
      answers: new Map(),
      shown: new Set(),
      reading: null,
      stale: false,
    };
    this.folders.set(repository.folder, folder);
    await this.read(folder);
    void this.ask(folder);
    return evidenceOf(folder);
  }

  /** Reads a repository's files again and asks the chain; resolves when both are done. */
  async reload(repository: string): Promise<void> {
    const folder = this.folders.get(repository);
    if (folder === undefined) {
      return;
    }
    await this.read(folder);
    void this.listeners.tell(repository);
    await this.ask(folder);
  }

  /** Looks where pieces whose file is gone have been moved to, for a file that has just been opened may be one of them. */
  async findMoves(repository: string): Promise<void> {
    const folder = this.folders.get(repository);
    if (folder === undefined) {
      return;
    }
    const { contents } = folder;
    const moves = await findMoves(folder.repository, contents.evidence);
    if (folder.contents !== contents || moves.equals(contents.moves)) {
      return;
    }
    folder.contents = { ...contents, moves };
    folder.known = null;
    void this.listeners.tell(repository);
  }

  async reloadAll(): Promise<void> {
    await Promise.all([...this.folders.keys()].map((repository) => this.reload(repository)));
  }

  /** Asks the chain again about every repository. */
  async recheck(): Promise<void> {
    await Promise.all([...this.folders.values()].map((folder) => this.ask(folder)));
  }

  /** From now on asks again, now and then, about what the chain may answer otherwise later. */
  watchChain(): void {
    this.timer = setInterval(() => {
      for (const folder of this.folders.values()) {
        if (isUnsettled(folder)) {
          void this.ask(folder);
        }
      }
    }, ASK_AGAIN_MILLISECONDS);
    this.timer.unref();
  }

  close(): void {
    clearInterval(this.timer);
  }

  /** The claim that a verdict is about, by its key, and the evidence file that holds it; `null` for none. */
  claimOf(key: string): ClaimInFile | null {
    for (const [repositoryPath, { contents }] of this.folders) {
      for (const { path, reading } of contents.evidence) {
        const { batch } = reading;
        const index =
          batch === null
            ? -1
            : outlineOf(batch).leafHashes.findIndex(
                (leafHash) => key === leafHash || key.startsWith(`${leafHash}.`),
              );
        const claim = batch?.claims[index];
        if (batch !== null && claim !== undefined) {
          return { batch, claim, file: join(repositoryPath, path) };
        }
      }
    }
    return null;
  }

  private read(folder: Folder): Promise<void> {
    if (folder.reading !== null) {
      folder.stale = true;
      return folder.reading;
    }
    const reading = (async () => {
      do {
        folder.stale = false;
        const contents = await this.contentsOf(folder.repository);
        const claimed = await inSlices(claimsOf(contents.anchors));
        folder.contents = contents;
        folder.claimed = claimed;
        folder.known = null;
      } while (folder.stale);
      folder.reading = null;
    })();
    folder.reading = reading;
    return reading;
  }

  private async contentsOf(repository: Repository): Promise<RepositoryContents> {
    try {
      return await this.reader.read(repository);
    } catch (error) {
      this.log(`The evidence in ${repository.folder} cannot be read: ${messageOf(error)}`);
      const problem = editorText(error);
      return { ...NOTHING, problems: [{ path: REPOSITORY_FOLDER, problem }] };
    }
  }

  /** Asks the chain about what is claimed to be on it; where nothing is, no chain is started for the question. */
  private async ask(folder: Folder): Promise<void> {
    const { contents, claimed: claims } = folder;
    const { anchors } = contents;
    const batchRoots = batchRootsOf(contents);
    if (!batchRoots.some((batchRoot) => claims.has(batchRoot))) {
      return;
    }
    const { key, reader } = await this.chain.read(folder.repository);
    if (folder.chainKey !== null && folder.chainKey !== key) {
      folder.answers = new Map();
      folder.shown.clear();
      folder.known = null;
      void this.listeners.tell(folder.repository.folder);
    }
    folder.chainKey = key;
    const checks =
      reader === null
        ? new Map(batchRoots.map((batchRoot): [Digest, AnchorCheck] => [batchRoot, UNTRUSTED]))
        : await checkChain(reader, batchRoots, anchors);
    // Another chain may count since it was asked.
    if (folder.chainKey !== key) {
      return;
    }
    folder.answers = new Map(
      [...checks].map(([batchRoot, check]) => [batchRoot, { claims: claims.get(batchRoot) ?? "", check }]),
    );
    folder.known = null;
    void this.listeners.tell(folder.repository.folder);
  }
}

function evidenceOf(folder: Folder): FolderEvidence {
  folder.known ??= gather(folder);
  return folder.known;
}

function gather({
  contents: { repositoryIds, evidence, approvals, results, moves, problems },
  claimed,
  answers,
  shown,
}: Folder): FolderEvidence {
  const chain = new Map<Digest, AnchorCheck>();
  const unasked = new Set<Digest>();
  const written = new Set(batchRootsOf({ evidence }));
  for (const batchRoot of written) {
    const claims = claimed.get(batchRoot) ?? "";
    const answer = answers.get(batchRoot);
    // Where nobody claims an anchor, a chain that is out of reach contradicts nothing: it is not anchored yet.
    if (answer?.claims === claims && (claims !== "" || answer.check.anchor !== null)) {
      chain.set(batchRoot, answer.check);
    } else if (claims !== "" && !shown.has(batchRoot)) {
      unasked.add(batchRoot);
    }
    if (!unasked.has(batchRoot)) {
      shown.add(batchRoot);
    }
  }
  const files =
    unasked.size === 0
      ? evidence
      : evidence.filter(({ reading }) => reading.kind !== "intact" || !unasked.has(reading.batch.batchRoot));
  return { repositoryIds, files, all: evidence, approvals, results, written, problems, moves, chain };
}

/** Whether time alone may change what the chain says: it was out of reach, or has yet to make a block final. */
function isUnsettled({ contents: { anchors }, answers }: Folder): boolean {
  const claimed = new Set(anchors.map(({ batchRoot }) => batchRoot));
  return [...answers].some(
    ([
      batchRoot,
      {
        check: { status, trust },
      },
    ]) =>
      claimed.has(batchRoot) && (status === "unreachable" || (status === "included" && trust !== "local")),
  );
}

/** Names what anchor files claim, proofs included, by the batch roots that they speak of. */
function* claimsOf(anchors: readonly Anchor[]): Generator<void, ReadonlyMap<Digest, string>, void> {
  const claims = new Map<Digest, string>();
  for (const anchor of anchors) {
    claims.set(anchor.batchRoot, `${claims.get(anchor.batchRoot) ?? ""}${anchorDigest(anchor)}`);
    yield;
  }
  return claims;
}
