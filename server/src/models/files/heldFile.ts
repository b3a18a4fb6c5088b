import type { BigIntStats } from "node:fs";
import { access, type FileHandle } from "node:fs/promises";

/** A file that was changed this shortly before it was read could be changed again without a different time. */
const TRACELESS_NANOSECONDS = 2_000_000_000n;

/**
 * A file held open since before it was read and hashed, so that the runtime can read it again by itself instead of
 * being handed a copy in memory. It is the same file whatever its name leads to by then, and its bytes are the same while
 * its time of change (`st_ctime`) is: the system sets that at every write, and no program can set it back. Only who had
 * the file mapped for writing all along could change it unseen: a program of the same person, which could as well
 * change this one.
 */
export class HeldFile {
  private constructor(
    private readonly handle: FileHandle,
    private readonly state: BigIntStats,
    /** Names the open file itself, for this process alone. */
    readonly path: string,
  ) {}

  /** `null` where the system does not name open files (others than Linux), or cannot tell a change yet. */
  static async hold(handle: FileHandle): Promise<HeldFile | null> {
    if (process.platform !== "linux") {
      return null;
    }
    const path = `/proc/self/fd/${handle.fd}`;
    const isNamed = await access(path).then(
      () => true,
      () => false,
    );
    const state = await handle.stat({ bigint: true });
    const age = BigInt(Date.now()) * 1_000_000n - state.ctimeNs;
    return isNamed && age > TRACELESS_NANOSECONDS ? new HeldFile(handle, state, path) : null;
  }

  /** False once anything was written to the file, even the same bytes. */
  async isUnchanged(): Promise<boolean> {
    const now = await this.handle.stat({ bigint: true });
    return (["size", "mtimeNs", "ctimeNs"] as const).every((part) => now[part] === this.state[part]);
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}
