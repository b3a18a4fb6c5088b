/** A disk that is full, may not be written or breaks at each call of the way from an acceptance to its anchor. */
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Anchor, ChainIdentity, ChainWriter } from "../../../server/src/chain/chain";
import { openDevice } from "../../../server/src/evidence/device";
import type { AcceptedSuggestion } from "../../../server/src/evidence/format/acceptedSuggestion";
import { readEvidence } from "../../../server/src/evidence/format/readEvidence";
import { sealBatch } from "../../../server/src/evidence/format/sealBatch";
import { type Journal, openJournal, readJournals } from "../../../server/src/evidence/journal/journal";
import { openRepository } from "../../../server/src/evidence/repository/openRepository";
import { ProoflineError } from "../../../server/src/platform/errors";
import type { Digest } from "../../../server/src/platform/primitives";
import { anchorBatches, dueBatches } from "../../../server/src/workflows/anchor";
import { RepositoryReader } from "../../../server/src/workflows/readRepository";
import { finishSealing, sealPending } from "../../../server/src/workflows/seal";
import { breakDisk, callsSoFar, type DiskFault } from "../../support/faultyDisk";
import { sample } from "../../support/sampleBatch";
import { temporaryFolder } from "../evidence/temporaryFolder";

const IDENTITY: ChainIdentity = {
  chainId: 31337,
  genesisHash: `0x${"ab".repeat(32)}`,
  contract: `0x${"cd".repeat(20)}`,
  local: true,
  name: "local chain",
};

/** A chain in memory, which remembers how often it was asked to timestamp each root. */
class MemoryChain implements ChainWriter {
  readonly anchors = new Map<Digest, Anchor>();
  readonly lastGasUsed = 0n;

  async identity(): Promise<ChainIdentity> {
    return IDENTITY;
  }

  async check(batchRoot: Digest): ReturnType<ChainWriter["check"]> {
    const anchor = this.anchors.get(batchRoot) ?? null;
    return { status: anchor === null ? "absent" : "finalized", trust: "local", identity: IDENTITY, anchor };
  }

  async anchor(batchRoot: Digest): Promise<Anchor> {
    const { chainId, genesisHash, contract } = IDENTITY;
    const number = this.anchors.size + 1;
    const hash = `0x${number.toString(16).padStart(64, "0")}` as const;
    const anchor = this.anchors.get(batchRoot) ?? {
      batchRoot,
      chainId,
      genesisHash,
      contract,
      transaction: hash,
      block: { number, hash },
      timestamp: 1_700_000_000 + number,
    };
    this.anchors.set(batchRoot, anchor);
    return anchor;
  }

  anchorAll(batchRoots: readonly Digest[]): Promise<readonly Anchor[]> {
    return Promise.all(batchRoots.map((batchRoot) => this.anchor(batchRoot)));
  }

  async close(): Promise<void> {}
}

interface Machine {
  readonly home: string;
  readonly folder: string;
  readonly chain: MemoryChain;
}

const TEXTS = ["  return one(first, second);", "  return two(second, first);"];

async function newMachine(): Promise<Machine> {
  const top = await temporaryFolder();
  const machine = { home: join(top, "home"), folder: join(top, "folder"), chain: new MemoryChain() };
  mkdirSync(join(machine.folder, "src"), { recursive: true });
  writeFileSync(join(machine.folder, "src/a.ts"), `${TEXTS.join("\n")}\n`);
  return machine;
}

function suggestionsIn({ folder }: Machine): AcceptedSuggestion[] {
  return TEXTS.map((text, line) =>
    sample({
      repository: folder,
      path: "src/a.ts",
      displayed: text,
      position: { line, character: 0 },
      prompt: { prefix: "", suffix: "", context: [] },
    }),
  );
}

/** What a server or a command does in its life: opens the journal, accepts, seals, anchors, and closes. */
async function life(
  machine: Machine,
  accepted: Set<string>,
  suggestions: readonly AcceptedSuggestion[] = [],
) {
  const { home, folder, chain } = machine;
  const journal = await openJournal(home);
  try {
    for (const suggestion of suggestions) {
      await journal.accept(suggestion);
      accepted.add(suggestion.id);
    }
    const repository = await openRepository(folder, [folder]);
    await finishSealing(journal, repository);
    await sealPending({
      home,
      journal,
      repository,
      thread: {
        signBatch: async (parameters) => sealBatch({ ...parameters, sign: (await openDevice(home)).sign }),
      },
      grammarThread: { linesOf: async () => null },
      whenGone: "wait",
    });
    const reader = new RepositoryReader({ read: async (bytes) => readEvidence(bytes) });
    const contents = await reader.read(repository);
    const { due } = dueBatches(contents, journal, IDENTITY, "own");
    const { problem } = await anchorBatches({
      repository,
      due,
      anchors: contents.anchors,
      writer: chain,
      journal,
    });
    if (problem !== null) {
      throw problem;
    }
    return contents;
  } finally {
    await journal.close();
  }
}

/** What a process that has ended leaves: nobody holds its locks. */
function end({ home }: Machine): void {
  for (const folder of [home, join(home, "journal")]) {
    for (const name of existsSync(folder) ? readdirSync(folder) : []) {
      if (name.includes(".lock")) {
        rmSync(join(folder, name));
      }
    }
  }
}

/** Everything in the repository that calls itself whole, read as a reviewer does. */
async function written({ folder }: Machine) {
  const repository = await openRepository(folder, [folder]);
  const contents = await new RepositoryReader({ read: async (bytes) => readEvidence(bytes) }).read(
    repository,
  );
  expect(contents.problems).toEqual([]);
  expect(contents.evidence.map(({ reading }) => reading.kind)).toEqual(contents.evidence.map(() => "intact"));
  return {
    ids: contents.evidence.flatMap(
      ({ reading }) => reading.batch?.claims.map(({ record }) => record.id) ?? [],
    ),
    anchored: contents.anchors.map(({ batchRoot }) => batchRoot),
    roots: contents.evidence.flatMap(({ reading }) => reading.batch?.batchRoot ?? []),
  };
}

async function faultAt(fault: DiskFault["fault"], from: number): Promise<number> {
  const machine = await newMachine();
  const { home, folder, chain } = machine;
  const accepted = new Set<string>();
  const mend = breakDisk({ fault, from, below: [home, folder] });
  const outcome = await life(machine, accepted, suggestionsIn(machine)).catch((error: unknown) => error);
  const calls = callsSoFar();
  mend();
  if (outcome instanceof Error) {
    expect(outcome, `${fault} at call ${from}: ${outcome.stack}`).toBeInstanceOf(ProoflineError);
  }
  const { pending, unanchored } = await readJournals(home);
  const left = await written(machine);
  const known = new Set([
    ...pending.map(({ id }) => id),
    ...unanchored.flatMap(({ ids }) => ids),
    ...left.ids,
  ]);
  expect([...accepted].filter((id) => !known.has(id))).toEqual([]);
  end(machine);
  await life(machine, accepted);
  const now = await written(machine);
  expect([...accepted].filter((id) => !now.ids.includes(id))).toEqual([]);
  expect(new Set(now.ids).size).toBe(now.ids.length);
  expect([...now.anchored].sort()).toEqual([...now.roots].sort());
  expect([...chain.anchors.keys()].sort()).toEqual([...now.roots].sort());
  return calls;
}

// What fails on a disk that cannot be written fails on one that reports errors, too, and more.
it.each(["ENOSPC", "EIO"] as const)(
  "%s at any call loses nothing that was accepted, anchors nothing twice, and says what to do",
  async (fault) => {
    let from = 1;
    // Once no call is left to fail, all have.
    while ((await faultAt(fault, from)) >= from) {
      from += 1;
    }
    expect(from).toBeGreaterThan(60);
  },
  480_000,
);

it.each(["ENOSPC", "EROFS", "EIO"] as const)(
  "after %s in the middle of a write or of compacting, the same journal goes on once the disk is well again",
  async (fault) => {
    const [first, second, third] = [sample(), sample(), sample()];
    const begun = async (home: string): Promise<Journal> => {
      const journal = await openJournal(home);
      try {
        await journal.accept(first);
        return journal;
      } catch (error) {
        await journal.close();
        throw error;
      }
    };
    const whole = await temporaryFolder();
    const stopCounting = breakDisk({ fault, from: null, below: [whole] });
    await (await begun(whole)).close();
    const most = callsSoFar() + 4;
    stopCounting();
    let failed = 0;
    for (let from = 1; from <= most; from += 1) {
      const home = await temporaryFolder();
      const mend = breakDisk({ fault, from, below: [home] });
      const journal = await begun(home).catch(() => null);
      if (journal === null) {
        mend();
        continue;
      }
      failed += 1;
      const isAccepted = await journal.accept(second).then(
        () => true,
        () => false,
      );
      await journal.compact().catch(() => {});
      mend();
      await journal.accept(third);
      const wanted = [first, ...(isAccepted ? [second] : []), third].map(({ id }) => id);
      expect((await readJournals(home)).pending.map(({ id }) => id)).toEqual(wanted);
      await journal.close();
      const next = await openJournal(home);
      expect(next.problems).toEqual([]);
      expect(next.pending().map(({ id }) => id)).toEqual(wanted);
      await next.close();
    }
    expect(failed).toBeGreaterThan(8);
  },
);
