/** What proofs of the chain's state cost a verification of many anchors, and how long they keep its thread from all else. */
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toHex } from "viem";
import { anchorDigest } from "../../server/src/chain/anchorDigest";
import type { Anchor, ChainConfiguration } from "../../server/src/chain/chain";
import { ConnectedReader } from "../../server/src/chain/chainReader";
import type { Connection } from "../../server/src/chain/rpc/connection";
import { CHECKED_HERE, type ProofChecker } from "../../server/src/chain/trust/proofChecker";
import { Witnesses } from "../../server/src/chain/trust/witnesses";
import { checkChain } from "../../server/src/workflows/checkAnchors";
import { installationOf } from "../../server/src/workflows/installation";
import { allCoresButOne, ReadingThreads } from "../../server/src/workflows/thread/readingThreads";
import { ROOT } from "../support/languageClient";
import { PROVED_CHAIN, PROVED_TIME, provedAnchors } from "../support/provedAnchors";
import { removeFolder } from "../support/removeFolder";
import { row } from "./samples";

export async function benchAnchorProofs(count: number): Promise<void> {
  const anchors = await provedAnchors(count);
  // As whoever reads a repository does.
  anchors.forEach(anchorDigest);
  const bytes = Buffer.byteLength(JSON.stringify(anchors));
  row("anchors", `${count}, of ${(bytes / count / 1000).toFixed(1)} kB each`);
  const home = mkdtempSync(join(tmpdir(), "proofline-bench-"));
  const { verificationWorker } = installationOf(join(ROOT, "dist"));
  const threads = () => new ReadingThreads(verificationWorker, home, allCoresButOne());
  try {
    // Compiles what all of them run.
    await measure("the first hundred", anchors.slice(0, 100), home, CHECKED_HERE);
    await measure("in the thread that asks", anchors, home, CHECKED_HERE);
    for (const what of ["in other threads", "in other threads, once they were checked"]) {
      const readers = threads();
      await measure(what, anchors, home, readers);
      await readers.close();
    }
  } finally {
    removeFolder(home);
  }
}

async function measure(
  what: string,
  anchors: readonly Anchor[],
  home: string,
  proofs: ProofChecker,
): Promise<void> {
  const configuration: ChainConfiguration = {
    kind: "rpc",
    home,
    id: PROVED_CHAIN.id,
    rpcUrls: [],
    contract: PROVED_CHAIN.contract,
  };
  const reader = new ConnectedReader(
    configuration,
    async () => connectionTo(anchors),
    [PROVED_CHAIN],
    proofs,
  );
  const roots = anchors.map(({ batchRoot }) => batchRoot);
  let longest = 0;
  const before = ownMilliseconds();
  let last = before;
  const meter = setInterval(() => {
    const now = ownMilliseconds();
    longest = Math.max(longest, now - last);
    last = now;
  }, 1);
  const began = performance.now();
  const checks = await checkChain(reader, roots, anchors);
  const took = performance.now() - began;
  clearInterval(meter);
  const own = ownMilliseconds() - before;
  await reader.close();
  const proved = [...checks.values()].filter(({ trust }) => trust === "stateProof").length;
  row(
    what,
    `${took.toFixed(0)} ms, ${own.toFixed(0)} ms of them this thread's; its longest pause ${longest.toFixed(1)} ms; ${proved} proved`,
  );
}

/** What this thread has computed, by the kernel's word, for others use the machine, too. Linux only. */
function ownMilliseconds(): number {
  const [nanoseconds = "0"] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, "utf8").split(" ");
  return Number(nanoseconds) / 1e6;
}

/** Two operators who answer at once. */
function connectionTo(anchors: readonly Anchor[]): Connection {
  const hashes = new Map(anchors.map(({ block }) => [toHex(block.number), block.hash]));
  const server = (host: string): Connection["rpc"] => ({
    host,
    async call(_method, [number], schema) {
      const hash = hashes.get(String(number) as `0x${string}`);
      return schema.parse({
        number,
        hash,
        parentHash: PROVED_CHAIN.genesisHash,
        timestamp: toHex(PROVED_TIME),
      });
    },
  });
  const head = {
    number: anchors.length + 10,
    hash: "0x",
    timestamp: PROVED_TIME,
    finalized: anchors.length + 10,
    operators: new Set(["one", "two"]),
    reached: new Map(),
  };
  return {
    rpc: server("one"),
    witnesses: new Witnesses(["one", "two"].map((operator) => ({ operator, server: server(operator) }))),
    identity: {
      chainId: PROVED_CHAIN.id,
      genesisHash: PROVED_CHAIN.genesisHash,
      contract: PROVED_CHAIN.contract,
      local: false,
      name: "a chain",
    },
    genesisTime: 0,
    facts: PROVED_CHAIN,
    meet: () => {},
    head: async () => head,
    freshHead: async () => head,
    closed: false,
    isLost: async () => false,
    close: () => {},
  };
}
