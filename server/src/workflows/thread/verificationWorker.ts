/** The thread that signs and verifies, so that the language server's own thread never waits for curve arithmetic. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parentPort } from "node:worker_threads";
import { openDevice } from "../../evidence/device";
import { readEvidence } from "../../evidence/format/readEvidence";
import { sealBatch } from "../../evidence/format/sealBatch";
import { storeReading } from "../../evidence/format/storedReading";
import { Grammars } from "../../evidence/locate/grammars";
import { sha256Digest } from "../../platform/digests";
import { computeWith } from "../../platform/ecdsa";
import { sentError } from "../../platform/sentError";
import { wasmArithmetic } from "../../platform/wasmArithmetic";
import { ReadingCache } from "./readingCache";
import type { WorkerAnswer, WorkerRequest } from "./verificationMessages";

/** Beside this bundle. */
const grammars = new Grammars(join(__dirname, "grammars"));

/** Where a machine has no WebAssembly, everything is still right, and takes longer. */
const arithmetic = wasmArithmetic().then(computeWith, () => {});

const caches = new Map<string, Promise<ReadingCache | null>>();

/** What an evidence file comes to, as it is stored; as it was kept where this code has read it before. */
async function readingOf(bytes: Uint8Array, home: string | null): Promise<Uint8Array> {
  if (home === null) {
    return storeReading(readEvidence(bytes));
  }
  const cache = await cacheIn(home);
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

function cacheIn(home: string): Promise<ReadingCache | null> {
  const known = caches.get(home) ?? readFile(__filename).then((build) => ReadingCache.open(home, build));
  caches.set(home, known);
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
      case "seal": {
        const { sign } = await openDevice(request.home);
        return { id, kind: "seal", sealed: sealBatch({ ...request.parameters, sign }) };
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
