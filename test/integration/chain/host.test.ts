import { execFile, spawn } from "node:child_process";
import { chmod, mkdir, readdir, readFile, rmdir, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openChain } from "../../../server/src/chain/chainReader";
import { openWriter } from "../../../server/src/chain/chainWriter";
import { chainState, openHost, startChain, stopChain } from "../../../server/src/chain/embedded/host";
import { connectToHost } from "../../../server/src/chain/embedded/hostAddress";
import {
  afterwards,
  anchorOnce,
  hostPid,
  IDLE,
  isRunning,
  newHome,
  processesNaming,
  stoppedHost,
} from "../../support/chainTest";
import { randomDigest } from "../../support/digests";
import { eventually } from "../../support/eventually";

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
  expect(await chainState(configuration)).toEqual({ kind: "stopped", exists: false });
  expect(await readdir(configuration.home)).toEqual([]);
});

test("leaves when its last client has left, and comes back with its genesis and anchors", async () => {
  const configuration = await newHome();
  const first = await anchorOnce(configuration);
  await stoppedHost(configuration);
  expect(await chainState(configuration)).toEqual({ kind: "stopped", exists: true });
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
    const { connectToHost } = require(${JSON.stringify(configuration.hostPath.replace("chainHost", "hostAddress"))});
    connectToHost(${JSON.stringify(configuration.home)}).then((socket) => {
      console.log(socket === null ? "none" : "connected");
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
    await eventually("the host and its node to go", async () => {
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
  expect(await chainState(configuration)).toEqual({ kind: "stopped", exists: true });
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
    reason: "The batch is anchored on a chain on another computer.",
  });
  const nowhere = openChain(await newHome(), { start: false });
  afterwards(() => nowhere.close());
  expect(await nowhere.check(a.batchRoot, [a])).toMatchObject({
    status: "unreachable",
    reason: "The batch is anchored on a chain on another computer.",
  });
});

test("a killed host leaves no node behind, and what was anchored stays", async () => {
  const configuration = await newHome();
  const anchor = await anchorOnce(configuration);
  const pid = await hostPid(configuration);
  process.kill(pid, "SIGKILL");
  await eventually("the node to go", async () => (await processesNaming(configuration.home)).length === 0);
  const reader = openChain(configuration, { start: false, ...IDLE });
  afterwards(() => reader.close());
  expect(await reader.check(anchor.batchRoot, [anchor])).toMatchObject({ status: "finalized", anchor });
});

test("a killed node ends its host, and the next question starts both", async () => {
  const configuration = await newHome();
  const writer = openWriter(configuration, IDLE);
  afterwards(() => writer.close());
  const anchor = await writer.anchor(randomDigest());
  const host = await hostPid(configuration);
  const nodes = await descendants(host);
  expect(nodes.length).toBeGreaterThan(0);
  for (const pid of nodes) {
    kill(pid);
  }
  await eventually("the host to go", () => !isRunning(host));
  expect(await writer.check(anchor.batchRoot, [anchor])).toMatchObject({ status: "finalized", anchor });
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
  process.kill(await hostPid(configuration), "SIGTERM");
  await eventually("all to go", async () => (await processesNaming(configuration.home)).length === 0);
  const files = await readdir(join(configuration.home, "chain"));
  expect(files.sort()).toEqual(["host.1", "host.log", "state.json.gz", "state.previous.json.gz"]);
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
  const state = await readFile(join(folder, "state.json.gz"));
  await writeFile(join(folder, "host.99"), join(folder, "nobody.sock"));
  await expect(session.anchor(randomDigest())).rejects.toMatchObject({ code: "chain.unreachable" });
  expect(await readFile(join(folder, "state.json.gz"))).toEqual(state);
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

test("a torn state falls back to the one before, and keeps the torn one aside", async () => {
  const configuration = await newHome();
  const first = await anchorOnce(configuration);
  const second = await anchorOnce(configuration);
  await stopChain(configuration);
  const path = join(configuration.home, "chain/state.json.gz");
  await truncate(path, (await stat(path)).size - 100);

  const reader = openChain(configuration, { start: false, ...IDLE });
  afterwards(() => reader.close());
  expect(await reader.check(first.batchRoot, [first])).toMatchObject({ status: "finalized", anchor: first });
  expect(await reader.check(second.batchRoot, [second])).toMatchObject({ status: "absent" });
  expect(await chainState(configuration)).toMatchObject({ kind: "running", status: { recovered: true } });
  expect(await readdir(join(configuration.home, "chain"))).toContain("state.damaged.json.gz");

  // The lost batch can be anchored again, and the chain is whole from then on.
  const writer = openWriter(configuration, IDLE);
  afterwards(() => writer.close());
  const again = await writer.anchor(second.batchRoot);
  await stopChain(configuration);
  expect(await reader.check(second.batchRoot, [again])).toMatchObject({ status: "finalized" });
  expect(await chainState(configuration)).toMatchObject({ kind: "running", status: { recovered: false } });
});

test("with no whole state it says so and never begins another chain", async () => {
  const configuration = await newHome();
  const anchor = await anchorOnce(configuration);
  await anchorOnce(configuration);
  await stopChain(configuration);
  const folder = join(configuration.home, "chain");
  const flipped = await readFile(join(folder, "state.json.gz"));
  flipped[flipped.length >> 1] = (flipped[flipped.length >> 1] ?? 0) ^ 1;
  await writeFile(join(folder, "state.json.gz"), flipped);
  await writeFile(join(folder, "state.previous.json.gz"), "");

  const writer = openWriter(configuration, IDLE);
  afterwards(() => writer.close());
  await expect(writer.anchor(randomDigest())).rejects.toMatchObject({
    code: "chain.host",
    reason: expect.stringContaining("cannot be loaded"),
    remedy: "restoreChain",
  });
  expect(await writer.check(anchor.batchRoot, [anchor])).toMatchObject({
    status: "unreachable",
    reason: expect.stringContaining("cannot be loaded"),
  });
  expect(await readFile(join(folder, "state.json.gz"))).toEqual(flipped);
});

test("an anchor that cannot be written does not count", async () => {
  const configuration = await newHome();
  const first = await anchorOnce(configuration);
  const writer = openWriter(configuration, IDLE);
  afterwards(() => writer.close());
  await writer.identity();
  const folder = join(configuration.home, "chain");
  // Permissions do not bind the superuser; a folder in the way of the temporary file does.
  const obstacle = join(folder, "state.temporary.json.gz");
  await mkdir(obstacle);
  const root = randomDigest();
  await expect(writer.anchor(root)).rejects.toMatchObject({ code: "chain.host" });
  expect(await writer.check(root, [])).toMatchObject({ status: "unreachable" });
  await rmdir(obstacle);
  const anchor = await writer.anchor(root);
  await stopChain(configuration);
  expect(await writer.check(root, [anchor])).toMatchObject({ status: "finalized" });
  expect(await writer.check(first.batchRoot, [first])).toMatchObject({ status: "finalized" });
});

test("serves a home whose path is too long for a socket", async () => {
  const { home, hostPath } = await newHome();
  const configuration = { kind: "embedded", home: join(home, "a".repeat(120)), hostPath } as const;
  const anchor = await anchorOnce(configuration);
  expect(anchor.chainId).toBe(31337);
  await stopChain(configuration);
  expect(await chainState(configuration)).toEqual({ kind: "stopped", exists: true });
});

// Windows keeps no modes; the folder lies in the person's own, which keeps others out.
test.skipIf(process.platform === "win32")("only the user can enter the chain's folder", async () => {
  const configuration = await newHome();
  await anchorOnce(configuration);
  const { mode } = await stat(join(configuration.home, "chain"));
  expect(mode & 0o777).toBe(0o700);
  expect((await stat(join(configuration.home, "chain/state.json.gz"))).mode & 0o777).toBe(0o600);
});

test("says what to do where anvil is missing", async () => {
  const { home, hostPath } = await newHome();
  const elsewhere = join(home, "chainHost.js");
  await writeFile(elsewhere, await readFile(hostPath));
  await chmod(elsewhere, 0o600);
  const writer = openWriter({ kind: "embedded", home: join(home, "h"), hostPath: elsewhere }, IDLE);
  afterwards(() => writer.close());
  await expect(writer.anchor(randomDigest())).rejects.toMatchObject({
    code: "chain.host",
    reason: expect.stringMatching(/needs anvil.*@foundry-rs\/anvil-/),
    remedy: "installAnvil",
  });
});

/** Kills a process, or finds it gone already. */
function kill(pid: number): void {
  if (isRunning(pid)) {
    process.kill(pid, "SIGKILL");
  }
}

/** The processes below one, however deep. */
async function descendants(pid: number): Promise<number[]> {
  const output = await new Promise<string>((resolve, reject) =>
    execFile("ps", ["-A", "-o", "pid=,ppid="], (error, stdout) => (error ? reject(error) : resolve(stdout))),
  );
  const rows = output
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number));
  const below = (parent: number): number[] =>
    rows.flatMap(([child = 0, ppid]) => (ppid === parent ? [child, ...below(child)] : []));
  return below(pid);
}

/** As long as a host stays that has no clients: another one, started now, has come and left. */
async function anotherHostHasLeft(): Promise<void> {
  const another = await newHome();
  (await openHost(another, "create", IDLE))?.close();
  await stoppedHost(another);
}
