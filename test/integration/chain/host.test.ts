import { execFile, spawn } from "node:child_process";
import { mkdir, readdir, readFile, rename, rmdir, stat, truncate, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openChain } from "../../../server/src/chain/chainReader";
import { openWriter } from "../../../server/src/chain/chainWriter";
import { chainState, openHost, startChain, stopChain } from "../../../server/src/chain/embedded/host";
import { claimHost, connectToHost } from "../../../server/src/chain/embedded/hostAddress";
import { ANOTHER_COMPUTER } from "../../../server/src/chain/trust/checkRoot";
import { anchorOnce, hostPid, IDLE, isRunning, newHome, stoppedHost } from "../../support/chainTest";
import { afterwards } from "../../support/cleanups";
import { randomDigest } from "../../support/digests";
import { eventually } from "../../support/eventually";
import { processesNaming } from "../../support/processes";

test("reading never makes a chain", async () => {
  const configuration = await newHome();
  const reader = openChain(configuration, { start: false, ...IDLE });
  afterwards(() => reader.close());
  await expect(reader.identity()).rejects.toMatchObject({ code: "chain.unreachable" });
  expect(await reader.check(randomDigest(), [])).toMatchObject({
    status: "unreachable",
    trust: "local",
    reason: "There is no local chain on this machine yet.",
  });
  expect(await chainState(configuration)).toEqual({ kind: "stopped", exists: false, recovery: null });
  expect(await readdir(configuration.home)).toEqual([]);
});

test("leaves when its last client has left, and comes back with its genesis and anchors", async () => {
  const configuration = await newHome();
  const first = await anchorOnce(configuration);
  await stoppedHost(configuration);
  expect(await chainState(configuration)).toEqual({ kind: "stopped", exists: true, recovery: null });
  expect(await processesNaming(configuration.home)).toEqual([]);

  const reader = openChain(configuration, { start: false, ...IDLE });
  afterwards(() => reader.close());
  expect(await reader.check(first.batchRoot, [first])).toMatchObject({ status: "finalized", anchor: first });
  const second = await anchorOnce(configuration);
  expect(second.genesisHash).toBe(first.genesisHash);
  expect(second.block.number).toBeGreaterThan(first.block.number);
});

test("is shared by its clients and stays until the last has closed", async () => {
  const configuration = await newHome();
  const [one, two] = [openWriter(configuration, IDLE), openWriter(configuration, IDLE)];
  afterwards(() => one.close());
  afterwards(() => two.close());
  const [a, b] = await Promise.all([one.anchor(randomDigest()), two.anchor(randomDigest())]);
  expect(a.genesisHash).toBe(b.genesisHash);
  const pid = await hostPid(configuration);
  await one.close();
  await anotherHostHasLeft();
  expect(await two.check(a.batchRoot, [a])).toMatchObject({ status: "finalized" });
  expect(await hostPid(configuration)).toBe(pid);
  await two.close();
  await stoppedHost(configuration);
});

test("is shared with other processes", async () => {
  const configuration = await newHome();
  const mine = await openHost(configuration, "create", IDLE);
  afterwards(async () => mine?.close());
  const script = `
    const { openHost } = require(${JSON.stringify(configuration.hostPath.replace("chainHost", "host"))});
    openHost(${JSON.stringify(configuration)}, "running").then((session) => {
      console.log(session === null ? "none" : "connected");
      process.stdin.on("end", () => process.exit()).resume();
    });`;
  const other = spawn(process.execPath, ["-e", script], { stdio: ["pipe", "pipe", "inherit"] });
  afterwards(async () => void other.kill("SIGKILL"));
  await new Promise<void>((resolve) => other.stdout.once("data", () => resolve()));
  mine?.close();
  await eventually("the other process alone to hold it", async () => {
    const state = await chainState(configuration);
    return state.kind === "running" && state.status.clients === 2;
  });
  // A killed client counts as gone like any other.
  other.kill("SIGKILL");
  await stoppedHost(configuration);
});

test("whoever talks nonsense to it is cut off, and nobody else notices", async () => {
  const configuration = await newHome();
  const session = await openHost(configuration, "create", IDLE);
  afterwards(async () => session?.close());
  for (const nonsense of [
    "hello\n",
    "{}\n",
    '{"id":1,"method":"anchor","batchRoot":"x"}\n',
    "x".repeat(200_000),
  ]) {
    const socket = await connectToHost(configuration.home);
    if (socket === null) {
      throw new Error("no host runs");
    }
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.on("error", () => {});
    socket.resume().write(nonsense);
    await closed;
  }
  await expect(session?.anchor(randomDigest())).resolves.toMatchObject({ gasUsed: expect.any(Number) });
});

test("several starters at once get one host, on a fresh home and after a killed host", async () => {
  const configuration = await newHome();
  for (let round = 0; round < 3; round++) {
    const sessions = await Promise.all(
      Array.from({ length: 6 }, () => openHost(configuration, "create", { idleMilliseconds: 5_000 })),
    );
    const pids = new Set(sessions.map((session) => session?.status.pid));
    expect(pids.size).toBe(1);
    expect(new Set(sessions.map((session) => session?.status.genesisHash)).size).toBe(1);
    await eventually("the losers to leave", async () => {
      const hosts = await processesNaming(`chainHost.js ${configuration.home}`);
      return hosts.length === 1;
    });
    const [pid] = pids;
    if (pid === undefined) {
      throw new Error("no host");
    }
    process.kill(pid, "SIGKILL");
    await eventually("the host to go", async () => {
      return (await processesNaming(configuration.home)).length === 0;
    });
  }
});

test("start holds it without clients until stop", async () => {
  const configuration = await newHome();
  const { pid, held } = await startChain(configuration, IDLE);
  expect(held).toBe(true);
  await anotherHostHasLeft();
  expect(await chainState(configuration)).toMatchObject({ kind: "running", status: { pid, held: true } });
  expect(await stopChain(configuration)).toBe(true);
  expect(await chainState(configuration)).toEqual({ kind: "stopped", exists: true, recovery: null });
  expect(await stopChain(configuration)).toBe(false);
  expect(await processesNaming(configuration.home)).toEqual([]);
});

test("after a stop, an open reader and an open writer go on by starting it again", async () => {
  const configuration = await newHome();
  const writer = openWriter(configuration, IDLE);
  afterwards(() => writer.close());
  const anchor = await writer.anchor(randomDigest());
  await stopChain(configuration);
  expect(await writer.check(anchor.batchRoot, [anchor])).toMatchObject({ status: "finalized" });
  await stopChain(configuration);
  await expect(writer.anchor(randomDigest())).resolves.toMatchObject({ genesisHash: anchor.genesisHash });
});

test("every home has a chain of its own", async () => {
  const [one, two] = [await newHome(), await newHome()];
  const [a, b] = await Promise.all([anchorOnce(one), anchorOnce(two)]);
  expect(a.genesisHash).not.toBe(b.genesisHash);

  const reader = openChain(two, { start: false, ...IDLE });
  afterwards(() => reader.close());
  expect(await reader.check(a.batchRoot, [a])).toMatchObject({
    status: "wrongChain",
    reason: ANOTHER_COMPUTER,
  });
  const nowhere = openChain(await newHome(), { start: false });
  afterwards(() => nowhere.close());
  expect(await nowhere.check(a.batchRoot, [a])).toMatchObject({
    status: "unreachable",
    reason: ANOTHER_COMPUTER,
  });
});

test("a killed host leaves no process behind, and what was anchored stays", async () => {
  const configuration = await newHome();
  const anchor = await anchorOnce(configuration);
  // A client of its own keeps it until then.
  const session = await openHost(configuration, "existing", IDLE);
  process.kill(session?.status.pid ?? Number.NaN, "SIGKILL");
  await eventually("the host to go", async () => (await processesNaming(configuration.home)).length === 0);
  const reader = openChain(configuration, { start: false, ...IDLE });
  afterwards(() => reader.close());
  expect(await reader.check(anchor.batchRoot, [anchor])).toMatchObject({ status: "finalized", anchor });
});

test("killed at random instants while it anchors, it keeps all that it confirmed", async () => {
  const configuration = await newHome();
  const confirmed = [await anchorOnce(configuration)];
  for (let round = 0; round < 8; round++) {
    const session = await openHost(configuration, "existing", IDLE);
    if (session === null) {
      throw new Error("the chain is lost");
    }
    const { pid } = session.status;
    setTimeout(() => kill(pid), Math.random() * 60);
    for (;;) {
      try {
        confirmed.push((await session.anchor(randomDigest())).anchor);
      } catch {
        break;
      }
    }
    await eventually("all to go", async () => (await processesNaming(configuration.home)).length === 0);
  }
  const reader = openChain(configuration, { start: false, ...IDLE });
  afterwards(() => reader.close());
  for (const anchor of confirmed) {
    expect(await reader.check(anchor.batchRoot, [anchor])).toMatchObject({ status: "finalized", anchor });
  }
  expect((await reader.identity()).genesisHash).toBe(confirmed[0]?.genesisHash);
}, 60_000);

// Windows ends a process at once, whatever the signal.
test.skipIf(process.platform === "win32")("asked by a signal to end, it does so cleanly", async () => {
  const configuration = await newHome();
  const anchor = await anchorOnce(configuration);
  const session = await openHost(configuration, "existing", IDLE);
  process.kill(session?.status.pid ?? Number.NaN, "SIGTERM");
  await eventually("all to go", async () => (await processesNaming(configuration.home)).length === 0);
  const files = await readdir(join(configuration.home, "chain"));
  expect(files.sort()).toEqual(["blocks.log", "host.1", "host.log", "host.secret"]);
  const reader = openChain(configuration, { start: false, ...IDLE });
  afterwards(() => reader.close());
  expect(await reader.check(anchor.batchRoot, [anchor])).toMatchObject({ status: "finalized", anchor });
});

// On Windows a claim is a named pipe, which nobody can take.
test.skipIf(process.platform === "win32")("a host whose claim is gone writes nothing more", async () => {
  const configuration = await newHome();
  const anchor = await anchorOnce(configuration);
  const session = await openHost(configuration, "existing", { idleMilliseconds: 60_000 });
  if (session === null) {
    throw new Error("the chain is lost");
  }
  const folder = join(configuration.home, "chain");
  const state = await readFile(join(folder, "blocks.log"));
  await writeFile(join(folder, "host.99"), join(folder, "nobody.sock"));
  await expect(session.anchor(randomDigest())).rejects.toMatchObject({ code: "chain.unreachable" });
  expect(await readFile(join(folder, "blocks.log"))).toEqual(state);
  await eventually("it to leave", async () => (await processesNaming(configuration.home)).length === 0);
  // The next one claims the number after.
  const reader = openChain(configuration, { start: false, ...IDLE });
  afterwards(() => reader.close());
  expect(await reader.check(anchor.batchRoot, [anchor])).toMatchObject({ status: "finalized", anchor });
  expect(await readdir(folder)).toContain("host.100");
});

test("keeps its genesis over many restarts", async () => {
  const configuration = await newHome();
  const first = await anchorOnce(configuration);
  const reader = openChain(configuration, { start: false, ...IDLE });
  afterwards(() => reader.close());
  for (let restart = 0; restart < 5; restart++) {
    const { genesisHash } = await anchorOnce(configuration);
    expect(genesisHash).toBe(first.genesisHash);
    await stopChain(configuration);
    expect(await reader.check(first.batchRoot, [first])).toMatchObject({
      status: "finalized",
      anchor: first,
    });
    await stopChain(configuration);
  }
}, 60_000);

test("what a crash left unfinished is cut off and told of, and nothing that was confirmed is gone", async () => {
  const configuration = await newHome();
  const first = await anchorOnce(configuration);
  await stopChain(configuration);
  const path = join(configuration.home, "chain/blocks.log");
  const whole = await readFile(path);
  await anchorOnce(configuration);
  await stopChain(configuration);
  await truncate(path, (await stat(path)).size - 100);
  const bytes = (await stat(path)).size - whole.length;

  const reader = openChain(configuration, { start: false, ...IDLE });
  afterwards(() => reader.close());
  expect(await reader.check(first.batchRoot, [first])).toMatchObject({ status: "finalized", anchor: first });
  const recovery = { block: first.block.number, bytes, time: expect.any(Number) };
  expect(await chainState(configuration)).toMatchObject({ kind: "running", status: { recovery } });
  expect(await readFile(path)).toEqual(whole);

  // It stays to be told of until somebody was told.
  await stopChain(configuration);
  expect(await chainState(configuration)).toEqual({ kind: "stopped", exists: true, recovery });
  const session = await openHost(configuration, "existing", IDLE);
  expect(session?.status.recovery).toEqual(recovery);
  await session?.recoveryTold();
  session?.close();
  await stopChain(configuration);
  expect(await chainState(configuration)).toEqual({ kind: "stopped", exists: true, recovery: null });
  expect((await anchorOnce(configuration)).block.number).toBe(first.block.number + 1);
});

test("a damaged file is kept as it is, and no other chain begins in its place", async () => {
  const configuration = await newHome();
  const anchor = await anchorOnce(configuration);
  await anchorOnce(configuration);
  await stopChain(configuration);
  const path = join(configuration.home, "chain/blocks.log");
  const whole = await readFile(path);
  const flipped = Buffer.from(whole);
  flipped[flipped.length >> 1] = (flipped[flipped.length >> 1] ?? 0) ^ 1;
  for (const damaged of [flipped, Buffer.alloc(0), whole.subarray(0, 1_000)]) {
    await writeFile(path, damaged);
    const writer = openWriter(configuration, IDLE);
    afterwards(() => writer.close());
    await expect(writer.anchor(randomDigest())).rejects.toMatchObject({
      code: "chain.host",
      reason: expect.stringContaining("is damaged"),
      remedy: "restoreChain",
    });
    expect(await writer.check(anchor.batchRoot, [anchor])).toMatchObject({
      status: "unreachable",
      reason: expect.stringContaining("is damaged"),
    });
    expect(await readFile(path)).toEqual(damaged);
    await writer.close();
  }
  await writeFile(path, whole);
  const reader = openChain(configuration, { start: false, ...IDLE });
  afterwards(() => reader.close());
  expect(await reader.check(anchor.batchRoot, [anchor])).toMatchObject({ status: "finalized" });
});

test("a file that cannot be opened now is not called damaged, and is whole once it can be", async () => {
  const configuration = await newHome();
  const anchor = await anchorOnce(configuration);
  await stopChain(configuration);
  const path = join(configuration.home, "chain/blocks.log");
  await rename(path, `${path}.aside`);
  // Permissions do not bind the superuser; a folder in the file's place cannot be opened by anybody.
  await mkdir(path);
  const writer = openWriter(configuration, IDLE);
  afterwards(() => writer.close());
  await expect(writer.anchor(randomDigest())).rejects.toMatchObject({
    code: "chain.host",
    reason: expect.stringMatching(/cannot be opened now.*Nothing is lost/),
    remedy: "makeHomeWritable",
  });
  await rmdir(path);
  await rename(`${path}.aside`, path);
  const reader = openChain(configuration, { start: false, ...IDLE });
  afterwards(() => reader.close());
  expect(await reader.check(anchor.batchRoot, [anchor])).toMatchObject({ status: "finalized" });
});

test("serves a home whose path is too long for a socket", async () => {
  const { home, hostPath } = await newHome();
  const configuration = { kind: "embedded", home: join(home, "a".repeat(120)), hostPath } as const;
  const anchor = await anchorOnce(configuration);
  expect(anchor.chainId).toBe(31337);
  await stopChain(configuration);
  expect(await chainState(configuration)).toEqual({ kind: "stopped", exists: true, recovery: null });
});

// Windows keeps no modes; the folder lies in the person's own, which keeps others out.
test.skipIf(process.platform === "win32")("only the user can enter the chain's folder", async () => {
  const configuration = await newHome();
  await anchorOnce(configuration);
  const { mode } = await stat(join(configuration.home, "chain"));
  expect(mode & 0o777).toBe(0o700);
  expect((await stat(join(configuration.home, "chain/blocks.log"))).mode & 0o777).toBe(0o600);
});

test("a host that is gone as soon as it was reached keeps nobody waiting", async () => {
  const configuration = await newHome();
  let reached = 0;
  const server = createServer((socket) => {
    reached += 1;
    socket.destroy();
    if (reached === 3) {
      server.close();
      claim?.release();
    }
  });
  const claim = await claimHost(configuration.home, server);
  expect(claim).not.toBeNull();
  expect(await openHost(configuration, "running")).toBeNull();
  expect(reached).toBe(3);
});

test("listens on no TCP port", async () => {
  const configuration = await newHome();
  await anchorOnce(configuration);
  const session = await openHost(configuration, "existing", { idleMilliseconds: 60_000 });
  afterwards(async () => session?.close());
  const output = await new Promise<string>((resolve, reject) =>
    execFile(process.execPath, ["-e", LISTENING, String(session?.status.pid)], (error, stdout) =>
      error ? reject(error) : resolve(stdout),
    ),
  );
  expect(output).toBe("none");
});

test("nobody who cannot read the secret gets an answer, and nobody who does not know it is believed", async () => {
  const configuration = await newHome();
  const session = await openHost(configuration, "create", { idleMilliseconds: 60_000 });
  afterwards(async () => session?.close());
  const secret = join(configuration.home, "chain/host.secret");
  const mine = await readFile(secret);
  await writeFile(secret, `${"0".repeat(64)}\n`);
  await expect(openHost(configuration, "running")).rejects.toMatchObject({
    code: "chain.host",
    reason: expect.stringContaining("does not know its secret"),
  });
  for (const lines of [
    [{ id: 1, method: "status" }],
    [
      { protocol: 3, nonce: "0".repeat(64) },
      { id: 1, method: "status" },
    ],
    [{ protocol: 3, nonce: "0".repeat(64) }, { proof: "0".repeat(64) }, { id: 1, method: "status" }],
  ]) {
    const socket = await connectToHost(configuration.home);
    if (socket === null) {
      throw new Error("no host runs");
    }
    let received = "";
    socket.on("error", () => {});
    socket.setEncoding("utf8").on("data", (data: string) => {
      received += data;
    });
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.write(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    await closed;
    expect(received).not.toContain("genesisHash");
  }
  await writeFile(secret, mine);
  const again = await openHost(configuration, "running");
  expect(again?.status.clients).toBe(2);
  again?.close();
});

/** Kills a process, or finds it gone already. */
function kill(pid: number): void {
  if (isRunning(pid)) {
    process.kill(pid, "SIGKILL");
  }
}

/** Prints the TCP ports on which a process listens, as Linux tells it; `none` for none, and where nobody tells. */
const LISTENING = `
  const { readdirSync, readFileSync, readlinkSync } = require("node:fs");
  const pid = process.argv[1];
  let ports = [];
  try {
    const sockets = new Set(readdirSync("/proc/" + pid + "/fd").flatMap((fd) => {
      try { return /socket:.(\\d+)/.exec(readlinkSync("/proc/" + pid + "/fd/" + fd))?.[1] ?? []; } catch { return []; }
    }));
    ports = ["tcp", "tcp6"].flatMap((table) => readFileSync("/proc/net/" + table, "utf8").split("\\n").slice(1)
      .map((line) => line.trim().split(/\\s+/)).filter((row) => row[3] === "0A" && sockets.has(row[9])).map((row) => row[1]));
  } catch {}
  process.stdout.write(ports.length === 0 ? "none" : ports.join());`;

/** As long as a host stays that has no clients: another one, started now, has come and left. */
async function anotherHostHasLeft(): Promise<void> {
  const another = await newHome();
  (await openHost(another, "create", IDLE))?.close();
  await stoppedHost(another);
}
