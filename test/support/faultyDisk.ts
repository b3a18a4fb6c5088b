/**
 * A disk that fails, or a process that dies, at a chosen write: loaded before a program (`node --require`), as a bundle,
 * it counts every call of `node:fs/promises` that changes something below some folders. What it does at which call says
 * `PROOFLINE_TEST_DISK`. A write that fails has written half of its bytes, as a full disk and a crash leave them.
 */
import { appendFileSync, existsSync, type PathLike, writeSync } from "node:fs";
import fileSystem, { type FileHandle } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { isMainThread } from "node:worker_threads";

export interface DiskFault {
  /** An error code such as `ENOSPC`, or `SIGKILL`. */
  readonly fault: "ENOSPC" | "EROFS" | "EIO" | "SIGKILL";
  /** The first call that fails, counted from 1; all after it fail, too. `null` for none. */
  readonly from: number | null;
  /** Absolute paths. */
  readonly below: readonly string[];
  /** Counting begins once there is a file of this name; at once without it. */
  readonly once?: string;
  /** Gets a line for each call. */
  readonly record?: string;
}

/** What still succeeds on a full disk: it takes nothing. On one that cannot be written, nothing does. */
const TAKES_NOTHING: ReadonlySet<string> = new Set(["unlink", "rm", "truncate", "sync", "datasync", "chmod"]);

const MEANING = {
  ENOSPC: "no space left on device",
  EROFS: "read-only file system",
  EIO: "i/o error",
} as const;

let calls = 0;

/** Makes the disk of this process faulty; returns what mends it. */
export function breakDisk({ fault, from, below, once, record }: DiskFault): () => void {
  calls = 0;
  let isMended = false;
  const isWatched = (path: unknown): path is string =>
    typeof path === "string" && below.some((folder) => path === folder || path.startsWith(`${folder}/`));

  /** Counts a call, and fails or ends here where it is its turn. */
  const step = (name: string, path: string, half: () => void = () => {}): void => {
    if (isMended || (once !== undefined && !existsSync(once))) {
      return;
    }
    calls += 1;
    if (record !== undefined) {
      appendFileSync(record, `${name} ${path}\n`);
    }
    if (from === null || calls < from) {
      return;
    }
    const isThere = existsSync(path);
    if (fault === "SIGKILL") {
      half();
      process.kill(process.pid, "SIGKILL");
      return;
    }
    const takesNothing = TAKES_NOTHING.has(name) || ((name === "open" || name === "mkdir") && isThere);
    if (
      (fault !== "EIO" && name === "sync of the folder") ||
      (fault === "ENOSPC" && takesNothing) ||
      (name === "mkdir" && isThere)
    ) {
      return;
    }
    half();
    const message = `${fault}: ${MEANING[fault]}, ${name} '${path}'`;
    throw Object.assign(new Error(message), { code: fault, syscall: name, path });
  };

  const watchHandle = (handle: FileHandle, path: string): FileHandle => {
    const { write, writeFile } = handle;
    const watched = {
      write: async (bytes: Uint8Array, offset = 0, length = bytes.length, position: number | null = null) => {
        step("write", path, () => writeSync(handle.fd, bytes, offset, Math.floor(length / 2), position));
        return Reflect.apply(write, handle, [bytes, offset, length, position]);
      },
      writeFile: async (data: string | Uint8Array) => {
        step("write", path, () => {
          const bytes = Buffer.from(data);
          writeSync(handle.fd, bytes, 0, Math.floor(bytes.length / 2));
        });
        return Reflect.apply(writeFile, handle, [data]);
      },
    };
    const others = Object.fromEntries(
      (["truncate", "sync", "datasync", "chmod"] as const).map((name) => {
        const call = handle[name];
        return [
          name,
          async (...rest: unknown[]) => {
            step(name, path);
            return Reflect.apply(call, handle, rest);
          },
        ];
      }),
    );
    return Object.assign(handle, watched, others);
  };

  /** Who opens something for reading and syncs it makes the names in a folder durable. */
  const watchFolder = (handle: FileHandle, path: string): FileHandle => {
    const { sync } = handle;
    return Object.assign(handle, {
      sync: async () => {
        step("sync of the folder", path);
        return Reflect.apply(sync, handle, []);
      },
    });
  };

  const { open, mkdir, rename, link, unlink, rm, writeFile } = fileSystem;
  const watchNamed =
    <Rest extends unknown[], Result>(
      name: string,
      call: (path: PathLike, ...rest: Rest) => Promise<Result>,
    ): ((path: PathLike, ...rest: Rest) => Promise<Result>) =>
    async (path, ...rest) => {
      if (isWatched(path)) {
        step(name, path);
      }
      return call(path, ...rest);
    };
  Object.assign(fileSystem, {
    open: async (path: PathLike, flags: string | number = "r", mode?: number) => {
      if (!isWatched(path)) {
        return open(path, flags, mode);
      }
      if (!writes(flags)) {
        return watchFolder(await open(path, flags, mode), path);
      }
      step("open", path);
      return watchHandle(await open(path, flags, mode), path);
    },
    mkdir: watchNamed("mkdir", mkdir as never),
    rename: watchNamed("rename", rename as never),
    link: watchNamed("link", link as never),
    unlink: watchNamed("unlink", unlink as never),
    rm: watchNamed("rm", rm as never),
    writeFile: watchNamed("open", writeFile as never),
  });
  syncBuiltinESMExports();
  return () => {
    isMended = true;
    Object.assign(fileSystem, { open, mkdir, rename, link, unlink, rm, writeFile });
    syncBuiltinESMExports();
  };
}

function writes(flags: string | number): boolean {
  return typeof flags === "number" ? (flags & 3) !== 0 : flags !== "r";
}

/** How many calls were counted since the disk was broken. */
export function callsSoFar(): number {
  return calls;
}

const spec = process.env.PROOFLINE_TEST_DISK;
if (spec !== undefined && isMainThread) {
  breakDisk(JSON.parse(spec));
}
