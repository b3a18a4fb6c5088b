/** `npm run measure:chain [anchors]`: what an anchor on the local chain costs as the chain grows, and what a start does. */
import { mkdtempSync, readFileSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openWriter } from "../../../server/src/chain/chainWriter";
import { openHost, stopChain } from "../../../server/src/chain/embedded/host";
import { installationOf } from "../../../server/src/workflows/installation";
import { randomDigest } from "../../support/digests";
import { ROOT } from "../../support/languageClient";
import { removeFolder } from "../../support/removeFolder";
import { row, Samples, timed } from "../samples";

const home = mkdtempSync(join(tmpdir(), "proofline-chain-"));
const configuration = {
  kind: "embedded",
  home,
  hostPath: installationOf(join(ROOT, "dist")).chainHost,
} as const;

/** Kilobytes that a process holds in memory, and its processor time so far in ms, as Linux tells them. */
function costOf(pid: number): { readonly memory: string; readonly cpu: number } {
  try {
    const memory = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "0";
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
    return {
      memory: `${(Number(memory) / 1024).toFixed(0)} MB`,
      cpu: (Number(fields[11]) + Number(fields[12])) * 10,
    };
  } catch {
    return { memory: "?", cpu: Number.NaN };
  }
}

async function start(what: string): Promise<void> {
  const samples = new Samples();
  const session = await timed(samples, () => openHost(configuration, "create"));
  const { memory, cpu } = costOf(session?.status.pid ?? 0);
  row(
    what,
    `${samples.percentile(0.5).toFixed(0)} ms until it answers, ${cpu} ms of processor time, ${memory}`,
  );
  session?.close();
}

try {
  await start("start, new chain");
  const last = Number(process.argv[2] ?? 2_500);
  const writer = openWriter(configuration);
  let count = 0;
  for (const at of [4, 500, 2_500].filter((point) => point <= last)) {
    while (count < at - 4) {
      await writer.anchor(randomDigest());
      count += 1;
    }
    const pid = (await openHost(configuration, "running"))?.status.pid ?? 0;
    const before = costOf(pid).cpu;
    const samples = new Samples();
    for (let round = 0; round < 40; round++) {
      await timed(samples, () => writer.anchor(randomDigest()));
      count += 1;
    }
    const { memory, cpu } = costOf(pid);
    row(
      `anchor at ${at}`,
      `${samples.describe("ms")}; ${((cpu - before) / 40).toFixed(1)} ms of the host's processor time; host ${memory}`,
    );
  }
  await writer.close();
  await stopChain(configuration);
  row("file", `${(statSync(join(home, "chain/blocks.log")).size / 1e6).toFixed(1)} MB for ${count} anchors`);
  for (let round = 0; round < 3; round++) {
    await start(`start with ${count} anchors`);
    await stopChain(configuration);
  }
} finally {
  await stopChain(configuration).catch(() => {});
  removeFolder(home);
}
