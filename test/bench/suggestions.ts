/** Time to suggestion, generated tokens per second, and what evidence costs of it, through the real language server. */
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { InlineCompletionTriggerKind } from "vscode-languageserver-protocol/node";
import { startEngine } from "../../server/src/inference/engine/startEngine";
import { installationOf } from "../../server/src/workflows/installation";
import { Client, ROOT, uriOf } from "../support/languageClient";
import { removeFolder } from "../support/removeFolder";
import { row, Samples, timed } from "./samples";

const CURSORS = 40;
/** So long a suggestion is read before it is accepted; meanwhile the next one is asked for. */
const READING_MILLISECONDS = 600;

export async function benchSuggestions(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "proofline-bench-"));
  try {
    await throughServer(folder);
    await engineAlone();
  } finally {
    removeFolder(folder);
  }
}

/** A real source file of some length, cut at line ends into places where somebody could be typing. */
function places(): { text: string; line: number; character: number }[] {
  const lines = readFileSync(join(ROOT, "server", "src", "evidence", "repository.ts"), "utf8").split("\n");
  const candidates = lines.flatMap((text, line) => (/[.(={]\s*\S*$/.test(text) && line > 40 ? [line] : []));
  const step = Math.max(1, Math.floor(candidates.length / CURSORS));
  return candidates
    .filter((_, index) => index % step === 0)
    .slice(0, CURSORS)
    .map((line) => {
      const at = lines[line] ?? "";
      const character = Math.max(1, at.length - 3);
      const text = [...lines.slice(0, line), at.slice(0, character), ...lines.slice(line + 1)].join("\n");
      return { text, line, character };
    });
}

async function throughServer(folder: string): Promise<void> {
  const home = join(folder, "home");
  const work = join(folder, "work");
  mkdirSync(join(work, "src"), { recursive: true });
  const initialized = new Samples();
  const ready = new Samples();
  const first = new Samples();
  const explicit = { triggerKind: InlineCompletionTriggerKind.Invoked };
  const automatic = { triggerKind: InlineCompletionTriggerKind.Automatic };
  for (let round = 0; round < 5; round += 1) {
    const started = performance.now();
    const client = await Client.start({ home, folders: [work] });
    initialized.add(performance.now() - started);
    const [place] = places();
    if (place === undefined) {
      throw new Error("the file has no places");
    }
    const uri = uriOf(join(work, "src", "first.ts"));
    client.open(uri, place.text);
    const asked = client.complete(uri, place, explicit);
    await client.ready();
    ready.add(performance.now() - started);
    await asked;
    first.add(performance.now() - started);
    await client.stop();
  }
  row("server start to initialized", initialized.describe("ms", 0));
  row("server start to model ready", ready.describe("ms", 0));
  row("server start to first suggestion", first.describe("ms", 0));
  row("  its ratio to model ready", (first.percentile(0.5) / ready.percentile(0.5)).toFixed(2));

  const client = await Client.start({ home, folders: [work] });
  const cold = new Samples();
  const warm = new Samples();
  const journal = new Samples();
  const pending = new Samples();
  const further = new Samples();
  try {
    await client.ready();
    for (const [index, { text, line, character }] of places().entries()) {
      const file = join(work, "src", `place${index}.ts`);
      writeFileSync(file, text);
      const uri = uriOf(file);
      client.open(uri, text);
      await timed(cold, () => client.complete(uri, { line, character }, explicit));
      // One more keystroke that no cached offer answers.
      const next = client.type(uri, { line, character }, " ");
      const shown = await timed(warm, () => client.complete(uri, next, explicit));
      if (shown !== null) {
        await setTimeout(READING_MILLISECONDS);
        client.insert(uri, shown);
        const accepted = performance.now();
        await timed(journal, () => client.accept(uri, shown.id));
        await client.until("the pending badge", () => client.shown(uri).some(({ id }) => id === shown.id));
        pending.add(performance.now() - accepted);
        const document = client.document(uri);
        const end = document.positionAt(document.offsetAt(shown.range.start) + shown.text.length);
        await timed(further, () => client.complete(uri, end, automatic));
      }
      client.close(uri);
    }
    row("time to suggestion, new document", cold.describe("ms"));
    row("time to suggestion, one more keystroke", warm.describe("ms"));
    row("  its ratio to a new document", (warm.percentile(0.5) / cold.percentile(0.5)).toFixed(2));
    row("time to suggestion, after acceptance", further.describe("ms"));
    row("  its ratio to a new document", (further.percentile(0.5) / cold.percentile(0.5)).toFixed(2));
    row("acceptance to durable journal", journal.describe("ms"));
    row("  its ratio to one more keystroke", (journal.percentile(0.5) / warm.percentile(0.5)).toFixed(2));
    row("acceptance to pending verdict at the client", pending.describe("ms"));
    row("server memory with model", `${residentMegabytes(client.process.pid ?? 0)} MB resident`);
  } finally {
    await client.stop();
  }
}

async function engineAlone(): Promise<void> {
  const { modelDirectory, inferenceWorker, bundles } = installationOf(join(ROOT, "dist"));
  const engine = await startEngine({ modelDirectory, workerPath: inferenceWorker, bundlePaths: bundles });
  const perSecond = new Samples();
  const replayShare = new Samples();
  try {
    for (const { text, line, character } of places()) {
      const offset = text.split("\n").slice(0, line).join("\n").length + 1 + character;
      const outcome = await engine.complete({
        path: "src/place.ts",
        prefix: text.slice(0, offset),
        suffix: text.slice(offset),
        context: [],
        trigger: "explicit",
        extent: "auto",
        maxTokens: 96,
      });
      if (outcome.kind === "nothing") {
        continue;
      }
      const { completion } = outcome;
      perSecond.add((completion.tokens.length / completion.milliseconds) * 1000);
      const started = performance.now();
      await engine.replay(completion);
      replayShare.add((performance.now() - started) / completion.milliseconds);
    }
  } finally {
    await engine.dispose();
  }
  row("generated tokens per second, prompt included", perSecond.describe("/s", 0));
  row("replay, as a ratio to generating", replayShare.describe("×", 2));
}

/** Resident memory of a process in MB (10^6 bytes), from the kernel where it tells. */
function residentMegabytes(pid: number): string {
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return ((Number(kilobytes) * 1024) / 1e6).toFixed(0);
  } catch {
    return "?";
  }
}
