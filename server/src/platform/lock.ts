import { randomBytes } from "node:crypto";
import { readFile, stat, utimes } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { threadId } from "node:worker_threads";
import * as z from "zod";
import { createWhole, isErrno, patiently, removeIfThere, writeWhole } from "./durable";
import { meaningOf, ProoflineError } from "./errors";
import { ownIdentity, ProcessIdentity, stateOf } from "./processIdentity";

const Owner = z.strictObject({ ...ProcessIdentity.shape, nonce: z.string() });
type Owner = z.infer<typeof Owner>;

/** A lock that this process holds. */
export interface Lock {
  release(): Promise<void>;
}

/** A held lock is touched this often, so that other computers on one file system can tell that it is held. */
const HEARTBEAT_MILLISECONDS = 60_000;
const FOREIGN_STALE_MILLISECONDS = 10 * HEARTBEAT_MILLISECONDS;

/** How soon a lock whose file could not be removed is given up again. */
const RELEASE_AGAIN_MILLISECONDS = 1_000;

/** The nonces of what this thread holds, or is about to. */
const held = new Set<string>();

/**
 * Takes a lock that only one process at a time can hold, or resolves to `null` where a living one holds it. The lock
 * is a file that names its owner; one whose owner has died, or has given it up, is taken over.
 *
 * @throws ProoflineError `home` where its file cannot be written: locks lie in the home
 */
export async function tryLock(path: string): Promise<Lock | null> {
  const nonce = `${ownNonces()}${randomBytes(8).toString("hex")}`;
  held.add(nonce);
  let lock: Lock | null = null;
  try {
    lock = await take(path, { ...(await ownIdentity()), nonce });
    return lock;
  } catch (error) {
    throw error instanceof ProoflineError
      ? error
      : new ProoflineError(
          "home",
          `The lock ${path} cannot be taken (${meaningOf(error)}).`,
          "makeHomeWritable",
          { cause: error },
        );
  } finally {
    if (lock === null) {
      held.delete(nonce);
    }
  }
}

/** Begins the nonces of this thread alone: others of this process have memories of their own. */
function ownNonces(): string {
  return `${threadId}-`;
}

async function take(path: string, owner: Owner): Promise<Lock | null> {
  for (;;) {
    if (await createWhole(path, JSON.stringify(owner), { mode: 0o600 })) {
      return holding(path, owner);
    }
    const holder = await readOwner(path);
    if (holder === null) {
      continue;
    }
    if (await isAlive(path, holder)) {
      return null;
    }
    const lock = await takeOver(path, holder, owner);
    if (lock !== null) {
      return lock;
    }
  }
}

/** Takes a lock, waiting for a living holder to let go. */
export async function waitForLock(path: string, limitMilliseconds = 30_000): Promise<Lock> {
  const deadline = performance.now() + limitMilliseconds;
  for (;;) {
    const lock = await tryLock(path);
    if (lock !== null) {
      return lock;
    }
    if (performance.now() > deadline) {
      throw new ProoflineError("journal", `Another process has held ${path} for too long.`, "closeOthers");
    }
    await pause(5 + Math.random() * 20);
  }
}

/** Runs `work` while holding a lock. */
export async function withLock<Value>(path: string, work: () => Promise<Value>): Promise<Value> {
  const lock = await waitForLock(path);
  try {
    return await work();
  } finally {
    await lock.release();
  }
}

/**
 * Replaces a dead owner by a new one. Of all who saw that owner dead, a lock named after it lets one at a time look
 * again and replace; whoever comes later finds a living owner. A crash in here leaves just another dead lock.
 */
async function takeOver(path: string, dead: Owner, owner: Owner): Promise<Lock | null> {
  const turn = await waitForLock(`${path}.${dead.nonce}`);
  try {
    if ((await readOwner(path))?.nonce !== dead.nonce) {
      return null;
    }
    await writeWhole(path, JSON.stringify(owner), { mode: 0o600 });
    return holding(path, owner);
  } finally {
    await turn.release();
  }
}

function holding(path: string, owner: Owner): Lock {
  const heartbeat = setInterval(() => {
    utimes(path, new Date(), new Date()).catch(() => {});
  }, HEARTBEAT_MILLISECONDS);
  heartbeat.unref();
  return {
    release: async () => {
      clearInterval(heartbeat);
      await removeOwn(path, owner);
      held.delete(owner.nonce);
    },
  };
}

/**
 * Removes a lock's file. On a disk that cannot be written it stays for now: whoever asks in this thread knows better, and
 * others wait until it can be removed or this process ends. Never rejects, for what was done under the lock is done.
 */
async function removeOwn(path: string, owner: Owner): Promise<void> {
  try {
    if ((await readOwner(path))?.nonce === owner.nonce) {
      await removeIfThere(path);
    }
  } catch {
    setTimeout(() => void removeOwn(path, owner), RELEASE_AGAIN_MILLISECONDS).unref();
  }
}

async function isAlive(path: string, owner: Owner): Promise<boolean> {
  const { pid, start, place } = await ownIdentity();
  const isOwn = owner.pid === pid && owner.start === start && owner.place === place;
  if (isOwn && owner.nonce.startsWith(ownNonces())) {
    return held.has(owner.nonce);
  }
  const state = await stateOf(owner);
  if (state !== "unknown") {
    return state === "alive";
  }
  try {
    return Date.now() - (await stat(path)).mtimeMs < FOREIGN_STALE_MILLISECONDS;
  } catch {
    return false;
  }
}

/** `null` where there is no such file. A damaged one belongs to nobody alive. */
async function readOwner(path: string): Promise<Owner | null> {
  let text: string;
  try {
    text = await patiently(() => readFile(path, "utf8"));
  } catch (error) {
    if (isErrno(error, "ENOENT")) {
      return null;
    }
    throw error;
  }
  try {
    return Owner.parse(JSON.parse(text));
  } catch {
    return { pid: 0, start: "damaged", place: (await ownIdentity()).place, nonce: "damaged" };
  }
}
