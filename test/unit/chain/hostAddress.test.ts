import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { claimHost, connectToHost } from "../../../server/src/chain/embedded/hostAddress";

/** What lies in the place of a claim without being one; pipes of Windows have no claims. */

let home: string;
let folder: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "proofline-claims-"));
  folder = join(home, "chain");
  mkdirSync(folder, { mode: 0o700 });
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

describe.skipIf(process.platform === "win32")("a host is claimed and found", () => {
  test.each([
    ["a dangling link", () => symlinkSync(join(folder, "nowhere"), join(folder, "host.7"))],
    ["a folder", () => mkdirSync(join(folder, "host.7"))],
    ["an empty file", () => writeFileSync(join(folder, "host.7"), "")],
    ["a large file", () => writeFileSync(join(folder, "host.7"), Buffer.alloc(1_000_000, "/"))],
    ["a claim that names a file", () => writeFileSync(join(folder, "host.7"), "/etc/passwd")],
    ["a claim that names a port", () => writeFileSync(join(folder, "host.7"), "1")],
  ])("beside %s in a claim's place", async (_, spoil) => {
    spoil();
    expect(await connectToHost(home)).toBeNull();
    const server = createServer();
    try {
      const claim = await claimHost(home, server);
      expect(await claim?.holds()).toBe(true);
      const socket = await connectToHost(home);
      expect(socket).not.toBeNull();
      socket?.destroy();
      claim?.release();
    } finally {
      server.close();
    }
  });

  test("not after the last number that there can be, which is told", async () => {
    writeFileSync(join(folder, "host.999999999999999"), "/nowhere.sock");
    const server = createServer();
    try {
      await expect(claimHost(home, server)).rejects.toMatchObject({
        code: "chain.host",
        reason: expect.stringContaining("host.999999999999999"),
      });
    } finally {
      server.close();
    }
  });
});
