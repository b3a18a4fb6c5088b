import { randomBytes } from "node:crypto";
import { chmodSync, rmdirSync, rmSync } from "node:fs";
import { lstat, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { connect, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { sha256, toDigest } from "../../platform/digests";
import { createWhole } from "../../platform/durable";
import { ProoflineError } from "../../platform/errors";
import { makeOwnFolder } from "../../platform/home";

/**
 * Where the one chain host of a home listens, and how several that start at once agree on one.
 *
 * On Windows a named pipe can have one creator, and dies with it. On POSIX a host first listens on a socket of its
 * own, then claims the next number: the file `host.<n>`, which names the socket and is created by an exclusive link,
 * so that exactly one of several wins. The highest number whose socket accepts connections is the host; a killed one
 * refuses them at once. The highest claim is never deleted, so a number never comes back. Whatever else has such a name
 * claims nothing but its number.
 */

const CLAIM = /^host\.(\d{1,15})$/;

/** The last number that a claim can have. */
const MAX_NUMBER = 999_999_999_999_999;

/** Where a file system has no links, a claim is empty for the moment in which it is written. */
const EMPTY_TRIES = 20;
const EMPTY_PAUSE_MILLISECONDS = 50;

interface Claim {
  readonly number: number;
  /** `null` where what has the claim's name is none. */
  readonly address: string | null;
}

/** `sun_path` holds 104 bytes on macOS and 108 on Linux, with a final NUL. */
const MAX_SOCKET_PATH = 100;

const SOCKET_SUFFIX = ".sock";
const SOCKET_FOLDER = "proofline-socket-";

export function chainFolder(home: string): string {
  return join(home, "chain");
}

/** Connects to the home's host; `null` where none runs. */
export async function connectToHost(home: string): Promise<Socket | null> {
  if (process.platform === "win32") {
    return connectTo(pipeName(home));
  }
  const claim = await highestClaim(home);
  return claim === null || claim.address === null ? null : connectTo(claim.address);
}

export interface HostClaim {
  /** Whether this process still is the home's host. */
  holds(): Promise<boolean>;
  /** Removes what lies on disk only while the host runs; the last thing that a host does. */
  release(): void;
}

/** Listens and becomes the home's host; `null` where another one is. The server answers until the process ends. */
export async function claimHost(home: string, server: Server): Promise<HostClaim | null> {
  const folder = chainFolder(home);
  makeOwnFolder(folder);
  if (process.platform === "win32") {
    const won = await listen(server, pipeName(home));
    return won ? { holds: async () => true, release: () => {} } : null;
  }
  const address = await listenSomewhere(server, folder);
  for (;;) {
    const highest = await highestClaim(home);
    const old = highest?.address ?? null;
    const rival = old === null ? null : await connectTo(old);
    if (rival !== null) {
      rival.destroy();
      unlinkSocket(address);
      return null;
    }
    const number = (highest?.number ?? 0) + 1;
    if (number > MAX_NUMBER) {
      unlinkSocket(address);
      throw new ProoflineError(
        "chain.host",
        `${join(folder, `host.${MAX_NUMBER}`)} is in the way: no chain host can follow the one of that number.`,
        "restartChain",
      );
    }
    if (!(await createClaim(folder, number, address))) {
      continue;
    }
    // Whoever read the folder before a later host came and went may have taken a number below that host's.
    if ((await highestClaim(home))?.number !== number) {
      await rm(join(folder, `host.${number}`), { force: true });
      continue;
    }
    // A host that was killed leaves its socket behind.
    if (old !== null) {
      unlinkSocket(old);
    }
    for (const lower of await claimNumbers(folder)) {
      if (lower < number) {
        // What cannot be removed has a lower number, and hinders nobody.
        await rm(join(folder, `host.${lower}`), { force: true }).catch(() => {});
      }
    }
    return {
      holds: async () => (await highestClaim(home))?.number === number,
      release: () => unlinkSocket(address),
    };
  }
}

function createClaim(folder: string, number: number, address: string): Promise<boolean> {
  return createWhole(join(folder, `host.${number}`), address, { mode: 0o600 });
}

async function highestClaim(home: string): Promise<Claim | null> {
  const folder = chainFolder(home);
  for (let tries = 1; ; tries++) {
    const number = Math.max(0, ...(await claimNumbers(folder)));
    if (number === 0) {
      return null;
    }
    const content = await readClaim(join(folder, `host.${number}`));
    if (content === "removed") {
      continue;
    }
    if (content === "" && tries < EMPTY_TRIES) {
      await delay(EMPTY_PAUSE_MILLISECONDS);
      continue;
    }
    const isAddress =
      isAbsolute(content) && content.endsWith(SOCKET_SUFFIX) && Buffer.byteLength(content) <= MAX_SOCKET_PATH;
    return { number, address: isAddress ? content : null };
  }
}

/** What a claim says; nothing where it is no file of a claim's size, and `removed` where a later host has done so meanwhile. */
async function readClaim(path: string): Promise<string> {
  try {
    const info = await lstat(path);
    return info.isFile() && info.size <= MAX_SOCKET_PATH ? await readFile(path, "utf8") : "none";
  } catch (error) {
    if (codeOf(error) === "ENOENT") {
      return "removed";
    }
    throw error;
  }
}

async function claimNumbers(folder: string): Promise<number[]> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    if (codeOf(error) === "ENOENT") {
      return [];
    }
    throw error;
  }
  return names.flatMap((name) => CLAIM.exec(name)?.[1] ?? []).map(Number);
}

/**
 * Listens below the home where the path is short enough and the file system knows sockets, else in a new folder that
 * only this user can enter.
 */
async function listenSomewhere(server: Server, folder: string): Promise<string> {
  const path = resolve(folder, `${randomBytes(6).toString("hex")}${SOCKET_SUFFIX}`);
  try {
    if (Buffer.byteLength(path) <= MAX_SOCKET_PATH && (await listen(server, path))) {
      return path;
    }
  } catch {
    // Network and shared folders often have no sockets.
  }
  const other = join(await mkdtemp(join(tmpdir(), SOCKET_FOLDER)), `s${SOCKET_SUFFIX}`);
  if (!(await listen(server, other))) {
    throw new Error(`${other} is in use`);
  }
  return other;
}

function unlinkSocket(address: string): void {
  if (!address.endsWith(SOCKET_SUFFIX)) {
    return;
  }
  rmSync(address, { force: true });
  // The folder that was made for it alone; any other one is not empty and stays.
  if (basename(dirname(address)).startsWith(SOCKET_FOLDER)) {
    try {
      rmdirSync(dirname(address));
    } catch {
      // Gone already.
    }
  }
}

function pipeName(home: string): string {
  const digest = toDigest(sha256(resolve(home).toLowerCase()));
  return `\\\\.\\pipe\\proofline-${digest.slice(0, 32)}`;
}

/** Resolves to false where the address has a listener. */
function listen(server: Server, address: string): Promise<boolean> {
  return new Promise((resolvePromise, reject) => {
    const fail = (error: Error): void => {
      if (codeOf(error) === "EADDRINUSE") {
        resolvePromise(false);
      } else {
        reject(error);
      }
    };
    server.once("error", fail);
    server.listen(address, () => {
      server.off("error", fail);
      if (address.endsWith(SOCKET_SUFFIX)) {
        // Its folder lets nobody else in, either.
        chmodSync(address, 0o600);
      }
      resolvePromise(true);
    });
  });
}

/** Resolves to `null` where nothing listens; whatever else goes wrong is no proof of that. */
function connectTo(address: string): Promise<Socket | null> {
  return new Promise((resolvePromise, reject) => {
    const socket = connect(address);
    socket.once("connect", () => resolvePromise(socket));
    socket.once("error", (error) => {
      if (["ENOENT", "ECONNREFUSED", "ENOTSOCK"].includes(codeOf(error) ?? "")) {
        resolvePromise(null);
      } else {
        reject(error);
      }
    });
  });
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}
