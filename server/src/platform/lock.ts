import { randomBytes } from "node:crypto";
import { readFile, stat, utimes } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import * as z from "zod";
import { createWhole, isErrno, patiently, removeIfThere, writeWhole } from "./durable";
import { ProoflineError } from "./errors";
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

/**
 * Takes a lock that only one process at a time can hold, or resolves to `null` where a living one holds it. The lock
 * is a file that names its owner; one whose owner has died is taken over.
 */
export async function tryLock(path: string): Promise<Lock | null> {
  for (;;) {
    const owner: Owner = { ...(await ownIdentity()), nonce: randomBytes(8).toString("hex") };
    if (await createWhole(path, JSON.stringify(owner), { mode: 0o600 })) {
      return held(path, owner);
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
  const deadline = Date.now() + limitMilliseconds;
  for (;;) {
    const lock = await tryLock(path);
    if (lock !== null) {
      return lock;
    }
    if (Date.now() > deadline) {
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
    return held(path, owner);
  } finally {
    await turn.release();
  }
}

function held(path: string, owner: Owner): Lock {
  const heartbeat = setInterval(() => {
    utimes(path, new Date(), new Date()).catch(() => {});
  }, HEARTBEAT_MILLISECONDS);
  heartbeat.unref();
  return {
    release: async () => {
      clearInterval(heartbeat);
      if ((await readOwner(path))?.nonce === owner.nonce) {
        await removeIfThere(path);
      }
    },
  };
}

async function isAlive(path: string, owner: Owner): Promise<boolean> {
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
