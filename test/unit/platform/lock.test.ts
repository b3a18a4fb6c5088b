import { spawn } from "node:child_process";
import { once } from "node:events";
import { access, open, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { build } from "esbuild";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import * as z from "zod";
import { createWhole, removeIfThere, writeWhole } from "../../../server/src/platform/durable";
import { tryLock, waitForLock, withLock } from "../../../server/src/platform/lock";
import { ownIdentity, ProcessIdentity, stateOf } from "../../../server/src/platform/processIdentity";
import { breakDisk } from "../../support/faultyDisk";
import { temporaryFolder } from "../evidence/temporaryFolder";

describe("durable", () => {
  it("replaces a file whole, with the permissions asked for", async () => {
    const path = join(await temporaryFolder(), "deep", "file");
    await writeWhole(path, "one", { mode: 0o600 });
    await writeWhole(path, "two", { mode: 0o600 });
    expect(await readFile(path, "utf8")).toBe("two");
    if (process.platform !== "win32") {
      expect((await stat(path)).mode & 0o777).toBe(0o600);
    }
  });

  it("waits for whoever is just reading a file to replace or remove it", async () => {
    const path = join(await temporaryFolder(), "file");
    await writeWhole(path, "one");
    const replaced = await readFor(200, path);
    await writeWhole(path, "two");
    await replaced.closed;
    expect(await readFile(path, "utf8")).toBe("two");
    const removed = await readFor(200, path);
    await removeIfThere(path);
    await removed.closed;
    await expect(access(path)).rejects.toThrow("ENOENT");
  });

  it("lets exactly one of many create a file", async () => {
    const path = join(await temporaryFolder(), "file");
    const created = await Promise.all(
      Array.from({ length: 20 }, (_, index) => createWhole(path, `${index}`)),
    );
    expect(created.filter(Boolean)).toHaveLength(1);
    expect(await readFile(path, "utf8")).toBe(`${created.indexOf(true)}`);
  });
});

describe("lock", () => {
  it("is held by one at a time, and free again once released", async () => {
    const path = join(await temporaryFolder(), "lock");
    const lock = await tryLock(path);
    expect(lock).not.toBeNull();
    expect(await tryLock(path)).toBeNull();
    await lock?.release();
    await (await waitForLock(path)).release();
  });

  it("waits as long as it is to, whatever becomes of the clock meanwhile", async () => {
    const path = join(await temporaryFolder(), "lock");
    const lock = await waitForLock(path);
    let hours = 0;
    vi.spyOn(Date, "now").mockImplementation(() => {
      hours += hours > 3 ? -20 : 1;
      return hours * 3_600_000;
    });
    onTestFinished(() => {
      vi.restoreAllMocks();
    });
    const waiting = waitForLock(path, 60_000);
    await expect(waitForLock(path, 50)).rejects.toMatchObject({ remedy: "closeOthers" });
    await lock.release();
    await (await waiting).release();
  });

  it("is given up although its file cannot be removed now", async () => {
    const folder = await temporaryFolder();
    const path = join(folder, "lock");
    const lock = await waitForLock(path);
    const mend = breakDisk({ fault: "EROFS", from: 1, below: [folder] });
    await lock.release();
    mend();
    await (await waitForLock(path)).release();
  });

  it("says after a while that it does not get free", async () => {
    const path = join(await temporaryFolder(), "lock");
    await tryLock(path);
    await expect(waitForLock(path, 50)).rejects.toThrow(/has held/);
  });

  it("is waited for no longer where the clock is set back meanwhile", async () => {
    const path = join(await temporaryFolder(), "lock");
    await tryLock(path);
    const now = Date.now.bind(Date);
    let asked = 0;
    vi.spyOn(Date, "now").mockImplementation(() => now() - (asked++ === 0 ? 0 : 3_600_000));
    onTestFinished(() => void vi.restoreAllMocks());
    await expect(waitForLock(path, 50)).rejects.toThrow(/has held/);
  });

  it("is taken over from a dead process, by one of many that try", async () => {
    const path = join(await temporaryFolder(), "lock");
    await writeFile(path, JSON.stringify({ ...(await deadIdentity()), nonce: "dead" }));
    const locks = await Promise.all(Array.from({ length: 20 }, () => tryLock(path)));
    expect(locks.filter((lock) => lock !== null)).toHaveLength(1);
  });

  it("is taken over although the one before died taking it over", async () => {
    const path = join(await temporaryFolder(), "lock");
    await writeFile(path, JSON.stringify({ ...(await deadIdentity()), nonce: "dead" }));
    await writeFile(`${path}.dead`, JSON.stringify({ ...(await deadIdentity()), nonce: "heir" }));
    expect(await tryLock(path)).not.toBeNull();
  });

  it("is taken over when its file is damaged", async () => {
    const path = join(await temporaryFolder(), "lock");
    await writeFile(path, "{");
    expect(await tryLock(path)).not.toBeNull();
  });

  it("keeps critical work apart", async () => {
    const path = join(await temporaryFolder(), "lock");
    let inside = 0;
    await Promise.all(
      Array.from({ length: 10 }, () =>
        withLock(path, async () => {
          inside += 1;
          await Promise.resolve();
          expect(inside).toBe(1);
          inside -= 1;
        }),
      ),
    );
  });
});

describe("processIdentity", () => {
  it("knows itself as alive, and its number with another start as dead", async () => {
    const own = await ownIdentity();
    expect(await stateOf(own)).toBe("alive");
    if (own.start !== null) {
      expect(await stateOf({ ...own, start: "before" })).toBe("dead");
    }
    expect(await stateOf({ ...own, place: "elsewhere" })).toBe("unknown");
  });

  it("takes nobody's number for dead, whatever stands beside it", async () => {
    const own = await ownIdentity();
    expect(await stateOf({ ...own, pid: 0 })).toBe("dead");
    expect(await stateOf({ ...own, pid: 0, start: null })).toBe("dead");
  });

  it("knows a process that ended as dead", async () => {
    expect(await stateOf(await deadIdentity())).toBe("dead");
  });

  it("knows a living process by more than its number", async () => {
    const folder = await temporaryFolder();
    const bundle = join(folder, "identity.cjs");
    await build({
      entryPoints: [join(import.meta.dirname, "../../../server/src/platform/processIdentity.ts")],
      bundle: true,
      platform: "node",
      format: "cjs",
      outfile: bundle,
    });
    const script = `
      require(process.argv[1]).ownIdentity().then((own) => process.stdout.write(JSON.stringify(own) + "\\n"));
      process.stdin.resume();
    `;
    const child = spawn(process.execPath, ["-e", script, bundle], { stdio: ["pipe", "pipe", "inherit"] });
    const ended = once(child, "exit");
    onTestFinished(() => void child.kill("SIGKILL"));
    const [line] = await once(createInterface({ input: child.stdout }), "line");
    const identity = ProcessIdentity.parse(JSON.parse(z.string().parse(line)));
    expect(identity.start).not.toBeNull();
    expect(await stateOf(identity)).toBe("alive");
    expect(await stateOf({ ...identity, start: "another process" })).toBe("dead");
    child.kill("SIGKILL");
    await ended;
    expect(await stateOf(identity)).toBe("dead");
    expect(await stateOf({ ...identity, pid: process.ppid })).toBe("dead");
  });
});

/** Has a file open for a while, as another program would. */
async function readFor(milliseconds: number, path: string): Promise<{ readonly closed: Promise<void> }> {
  const reader = await open(path, "r");
  return { closed: pause(milliseconds).then(() => reader.close()) };
}

async function deadIdentity() {
  const child = spawn(process.execPath, ["-e", ""], { stdio: "ignore" });
  const pid = child.pid ?? 0;
  await new Promise((resolve) => child.once("exit", resolve));
  return { ...(await ownIdentity()), pid, start: "then" };
}
