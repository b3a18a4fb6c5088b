/** The thread that signs and verifies, so that the language server's own thread never waits for curve arithmetic. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parentPort } from "node:worker_threads";
import { flawOf } from "../../chain/trust/proofChecker";
import { openDevice } from "../../evidence/device";
import { readableBatch } from "../../evidence/format/readableBatch";
import { readEvidence } from "../../evidence/format/readEvidence";
import { storeReading } from "../../evidence/format/storedReading";
import { Grammars } from "../../evidence/locate/grammars";
import { canonicalJson } from "../../platform/canonicalJson";
import { sha256Digest } from "../../platform/digests";
import { computeWith } from "../../platform/ecdsa";
import { sentError } from "../../platform/sentError";
import { wasmArithmetic } from "../../platform/wasmArithmetic";
import { checkClaimedAnswer } from "../../providers/opengradient/claimedAnswer";
import { type CacheName, ReadingCache } from "./readingCache";
import type { ProofQuestion, WorkerAnswer, WorkerRequest } from "./verificationMessages";

/** Beside this bundle. */
const grammars = new Grammars(join(__dirname, "grammars"));

/** Where a machine has no WebAssembly, everything is still right, and takes longer. */
const arithmetic = wasmArithmetic().then(computeWith, () => {});

/** Entries are small, and files. */
const MOST_BYTES_OF_PROOFS = 4 * 1024 * 1024;

const caches = new Map<string, Promise<ReadingCache | null>>();

/** What an evidence file comes to, as it is stored; as it was kept where this code has read it before. */
async function readingOf(bytes: Uint8Array, home: string | null): Promise<Uint8Array> {
  if (home === null) {
    return storeReading(readEvidence(bytes));
  }
  const cache = await cacheIn(home, "readings");
  const file = sha256Digest(bytes);
  const known = cache?.find(file) ?? null;
  if (known !== null) {
    return known;
  }
  const reading = readEvidence(bytes);
  const stored = storeReading(reading);
  if (reading.kind === "intact") {
    await cache?.keep(file, stored);
  }
  return stored;
}

/** What is kept of a proof that holds. */
const HOLDS = Buffer.from("holds");

/** Why an anchor's proof does not hold; remembered where this code has seen one hold before. */
async function flawIn({ anchor, facts }: ProofQuestion, home: string): Promise<string | null> {
  const cache = await cacheIn(home, "proofs");
  const asked = sha256Digest(canonicalJson({ anchor, facts }));
  if ((await cache?.find(asked)) != null) {
    return null;
  }
  const flaw = await flawOf(anchor, facts);
  if (flaw === null) {
    await cache?.keep(asked, HOLDS);
  }
  return flaw;
}

function cacheIn(home: string, name: CacheName): Promise<ReadingCache | null> {
  const folder = join(home, name);
  const open = async (): Promise<ReadingCache | null> => {
    const mostBytes = name === "proofs" ? MOST_BYTES_OF_PROOFS : undefined;
    return ReadingCache.open(home, await readFile(__filename), mostBytes, name);
  };
  const known = caches.get(folder) ?? open();
  caches.set(folder, known);
  return known;
}

parentPort?.on("message", (request: WorkerRequest) => {
  void answer(request).then((message) => parentPort?.postMessage(message));
});

async function answer(request: WorkerRequest): Promise<WorkerAnswer> {
  const { id } = request;
  try {
    await arithmetic;
    switch (request.kind) {
      case "read":
        return { id, kind: "read", reading: await readingOf(request.bytes, request.home) };
      case "compare":
        return {
          id,
          kind: "compare",
          same: await grammars.sameTokens(request.path, request.before, request.after),
        };
      case "readLines": {
        const { path, text, spans } = request;
        return { id, kind: "readLines", lines: await grammars.linesOf(path, text, spans) };
      }
      case "checkProofs": {
        const { questions, home } = request;
        const flaws = await Promise.all(questions.map((question) => flawIn(question, home)));
        return { id, kind: "checkProofs", flaws };
      }
      case "checkAnswer": {
        const { claimed, registry, settlement } = request;
        return {
          id,
          kind: "checkAnswer",
          report: await checkClaimedAnswer(claimed, { registry, settlement }),
        };
      }
      case "seal": {
        const { sign } = await openDevice(request.home);
        return { id, kind: "seal", sealed: readableBatch({ ...request.parameters, sign }) };
      }
    }
  } catch (error) {
    if (request.kind === "compare" || request.kind === "readLines") {
      // A text that broke the grammars' memory would spoil every later answer; the next question starts a new thread.
      setImmediate(() => {
        throw error;
      });
    }
    return { id, kind: "error", error: sentError(error) };
  }
}
