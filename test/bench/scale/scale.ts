/**
 * `npm run bench -- --scale [--large] [PART…]`: what many suggestions, many files and bad files cost, through the built command line and
 * the built language server. `--large` adds 100,000 suggestions. Nothing passes or fails here; where two numbers of one line
 * belong together, the second is the ratio to the first line of its table.
 */
import { execFileSync, spawn } from "node:child_process";
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DidChangeFileVerdicts, DidChangeSettings } from "../../../server/src/protocol/messages";
import { DEFAULT_SETTINGS } from "../../../server/src/protocol/settings";
import { Client, ROOT, uriOf } from "../../support/languageClient";
import { removeFolder } from "../../support/removeFolder";
import { row } from "../samples";
import { Meter, type Told } from "./metered";
import { freshHome, LONG_FILE, type MadeRepository, repositoryOf } from "./repositories";

const SIZES = [100, 1000, 10_000];
const BATCHES = [128, 4, 1];
const LARGE = { suggestions: 100_000, batch: 128 };
const GONE = 300;
const BAD = 3000;
const LARGE_BAD = 500;
/** Just below what an evidence file may have: anything larger is not read at all. */
const LARGE_BAD_BYTES = 4_190_000;
const MONOREPO = 50_000;
/** A measurement that takes longer tells nothing any more. */
const PATIENCE_MILLISECONDS = 240_000;

const PARTS = ["verify", "editor", "closed", "gone", "bad", "monorepo"] as const;
type Part = (typeof PARTS)[number];

/** @param parts the parts that are wanted; all where none is named */
export async function benchScale({
  large,
  parts,
}: {
  readonly large: boolean;
  readonly parts: readonly string[];
}): Promise<void> {
  const place = mkdtempSync(join(tmpdir(), "proofline-scale-"));
  try {
    for (const part of PARTS) {
      if (parts.length === 0 || parts.includes(part)) {
        await measure(part, large, place);
      }
    }
  } finally {
    removeFolder(place);
  }
}

async function measure(part: Part, large: boolean, place: string): Promise<void> {
  switch (part) {
    case "verify":
      for (const batch of BATCHES) {
        for (const suggestions of SIZES) {
          await coldAndWarm({ suggestions, batch }, place);
        }
      }
      if (large) {
        await coldAndWarm(LARGE, place);
      }
      return;
    case "editor":
      for (const shape of [
        { suggestions: 10_000, batch: 128, anchored: true },
        { suggestions: 10_000, batch: 4 },
      ]) {
        await editor(await repositoryOf(shape), `10,000 in batches of ${shape.batch}`, place);
      }
      return;
    case "closed":
      return closedFiles(await repositoryOf({ suggestions: 10_000, batch: 128 }), place);
    case "gone":
      return goneFiles(place);
    case "bad":
      await badFiles(`${BAD} bad evidence files`, place, writeBad);
      return badFiles(
        `${LARGE_BAD} bad files of ${(LARGE_BAD_BYTES / 1e6).toFixed(1)} MB`,
        place,
        writeLargeBad,
      );
    case "monorepo": {
      const monorepo = await repositoryOf({ suggestions: 10_000, batch: 128, others: MONOREPO });
      describe(
        "verify in a monorepo of 50,000 files",
        await verify(monorepo.folder, freshHome(monorepo, place)),
      );
      return;
    }
  }
}

interface Run extends Told {
  readonly milliseconds: number;
}

/** Runs `proofline verify` on a folder. */
async function verify(folder: string, home: string, ...paths: readonly string[]): Promise<Run> {
  const meter = new Meter();
  const started = performance.now();
  try {
    await new Promise<void>((resolve, reject) => {
      const child = spawn(
        process.execPath,
        [join(ROOT, "dist", "cli.js"), "verify", "--no-replay", "--json", ...paths],
        { cwd: folder, stdio: "ignore", env: { ...process.env, ...meter.env, PROOFLINE_HOME: home } },
      );
      child.on("error", reject);
      // 1: something is not verified, and nothing is.
      child.on("exit", (code) =>
        code === 0 || code === 1 ? resolve() : reject(new Error(`verify: ${code}`)),
      );
    });
    const milliseconds = performance.now() - started;
    const told = meter.told().at(-1);
    if (told === undefined) {
      throw new Error("the meter told nothing");
    }
    return { ...told, milliseconds };
  } finally {
    meter.close();
  }
}

async function coldAndWarm(
  shape: { readonly suggestions: number; readonly batch: number },
  place: string,
): Promise<void> {
  const made = await repositoryOf(shape);
  const home = freshHome(made, place);
  const what = `${shape.suggestions} in batches of ${shape.batch}`;
  const cold = await verify(made.folder, home);
  describe(`verify ${what}, cold`, cold);
  describe("  again", await verify(made.folder, home), cold);
  describe("  one path of it", await verify(made.folder, home, LONG_FILE), cold);
}

function describe(
  name: string,
  { milliseconds, cpuMilliseconds, peakBytes, pauseMilliseconds }: Run,
  first?: Run,
): void {
  const ratio = first === undefined ? "" : `, ${(milliseconds / first.milliseconds).toFixed(2)} × of cold`;
  row(
    name,
    `${seconds(milliseconds)} (${seconds(cpuMilliseconds)} CPU)${ratio}; peak ${megabytes(peakBytes)}, longest pause ${pauseMilliseconds.toFixed(0)} ms`,
  );
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}

/** What somebody waits for who opens a file, types in it, and pulls, in the language server. */
async function editor(made: MadeRepository, what: string, place: string): Promise<void> {
  const { folder } = made;
  const home = freshHome(made, place);
  const path = join(folder, LONG_FILE);
  const text = readFileSync(path, "utf8");
  for (const temperature of ["cold", "started again"]) {
    const meter = new Meter();
    const client = await Client.start({ home, folders: [folder], env: meter.env });
    const uri = uriOf(path);
    try {
      await client.ready();
      await told(client, meter);
      const opened = performance.now();
      client.open(uri, text);
      await client.until("the verdicts", () => client.shown(uri).length >= 500, PATIENCE_MILLISECONDS);
      const first = performance.now() - opened;
      await settled(client, uri);
      const loading = await told(client, meter);
      row(
        `open 500 lines of ${what}, ${temperature}`,
        `${seconds(first)} to verdicts; longest pause ${loading.pauseMilliseconds.toFixed(0)} ms, ${megabytes(loading.residentBytes)} resident, peak ${megabytes(loading.peakBytes)}`,
      );
      client.close(uri);
      client.verdicts.delete(uri);
      const again = performance.now();
      client.open(uri, text);
      await client.until("the verdicts", () => client.shown(uri).length >= 500, PATIENCE_MILLISECONDS);
      row("  opened again", seconds(performance.now() - again));
      await settled(client, uri);
      await told(client, meter);
      await keystroke(client, uri, meter);
      await watched(client, folder, uri, meter);
    } finally {
      await client.stop();
      meter.close();
    }
  }
}

/** Verified-only and letters in the Explorer in a window that opens no file, until each file of the list is told of. */
async function closedFiles(made: MadeRepository, place: string): Promise<void> {
  const { folder } = made;
  const meter = new Meter();
  const client = await Client.start({ home: freshHome(made, place), folders: [folder], env: meter.env });
  let tellings = 0;
  client.connection.onNotification(DidChangeFileVerdicts.type, () => {
    tellings += 1;
  });
  try {
    await client.ready();
    await told(client, meter);
    const started = performance.now();
    await client.connection.sendNotification(DidChangeSettings.type, {
      settings: { ...DEFAULT_SETTINGS, verifiedOnly: "warn", fileDecorations: true },
    });
    await client.until("what each file holds", () => tellings > 0, PATIENCE_MILLISECONDS);
    const milliseconds = performance.now() - started;
    const { pauseMilliseconds, peakBytes } = await told(client, meter);
    const problems = [...client.diagnostics.values()].flat().length;
    row(
      "closed files of 10,000 in batches of 128, once asked for",
      `${seconds(milliseconds)}, ${problems} problems; longest pause ${pauseMilliseconds.toFixed(0)} ms, peak ${megabytes(peakBytes)}`,
    );
    const changed = performance.now();
    const before = tellings;
    const path = join(folder, LONG_FILE);
    const text = readFileSync(path, "utf8");
    const lines = text.split("\n").filter((line) => !line.includes("export const value250"));
    writeFileSync(path, lines.join("\n"));
    try {
      client.watched(path);
      await client.until("another count", () => tellings > before, PATIENCE_MILLISECONDS);
    } finally {
      writeFileSync(path, text);
    }
    const again = await told(client, meter);
    row(
      "  after a file changed",
      `${seconds(performance.now() - changed)}; longest pause ${again.pauseMilliseconds.toFixed(0)} ms`,
    );
  } finally {
    await client.stop();
    meter.close();
  }
}

/** One key that takes a whole line away, until the client hears that its verdict is gone. */
async function keystroke(client: Client, uri: string, meter: Meter): Promise<void> {
  const { line } = client.after(uri, "export const value250");
  const before = client.shown(uri).length;
  const started = performance.now();
  client.edit(uri, {
    range: { start: { line, character: 0 }, end: { line: line + 1, character: 0 } },
    text: "",
  });
  await client.until("fewer verdicts", () => client.shown(uri).length < before, PATIENCE_MILLISECONDS);
  const milliseconds = performance.now() - started;
  const { pauseMilliseconds } = await told(client, meter);
  row(
    "  one keystroke, to the verdicts after it",
    `${seconds(milliseconds)}; longest pause ${pauseMilliseconds.toFixed(0)} ms`,
  );
}

/** An evidence file that goes away, until the client hears that its verdicts are gone. */
async function watched(client: Client, folder: string, uri: string, meter: Meter): Promise<void> {
  const evidence = join(folder, ".proofline", "evidence");
  const names = readdirSync(evidence);
  const [first = ""] = names.filter((name) => readFileSync(join(evidence, name), "utf8").includes('"long'));
  const path = join(evidence, first);
  const bytes = readFileSync(path);
  try {
    const before = client.shown(uri).length;
    const started = performance.now();
    rmSync(path);
    client.watched(path);
    await client.until("fewer verdicts", () => client.shown(uri).length < before, PATIENCE_MILLISECONDS);
    const milliseconds = performance.now() - started;
    const { pauseMilliseconds } = await told(client, meter);
    row("  a watched change", `${seconds(milliseconds)}; longest pause ${pauseMilliseconds.toFixed(0)} ms`);
  } finally {
    writeFileSync(path, bytes);
  }
}

/** Resolves once nothing more comes for a document: three answers of the server in a row with nothing in between. */
async function settled(client: Client, uri: string): Promise<void> {
  for (let quiet = 0, messages = client.history.length; quiet < 3; ) {
    await client.hover(uri, { line: 0, character: 0 });
    quiet = client.history.length === messages ? quiet + 1 : 0;
    messages = client.history.length;
  }
}

/** Asks the server's meter, and has it begin anew. */
async function told(client: Client, meter: Meter): Promise<Told> {
  const before = meter.told().length;
  client.process.kill("SIGUSR2");
  return client.until("the meter", () => meter.told()[before]);
}

async function goneFiles(place: string): Promise<void> {
  const made = await repositoryOf({ suggestions: 10_000, batch: 128 });
  const home = freshHome(made, place);
  const whole = await verify(made.folder, home);
  describe("verify 10,000, all files there", whole);
  try {
    for (let index = 0; index < GONE; index += 1) {
      rmSync(join(made.folder, "src", `part${index}.ts`));
    }
    describe(`  ${GONE} files gone, cold`, await verify(made.folder, freshHome(made, place)), whole);
  } finally {
    execFileSync("git", ["checkout", "--quiet", "."], { cwd: made.folder });
  }
}

type WriteBad = (evidence: string, honest: readonly Buffer[]) => void;

/** `verify`, and the language server, in a repository of 100 suggestions to which bad files were added. */
async function badFiles(what: string, place: string, writeAll: WriteBad): Promise<void> {
  const made = await repositoryOf({ suggestions: 100, batch: 4 });
  const home = freshHome(made, place);
  const evidence = join(made.folder, ".proofline", "evidence");
  const honest = new Set(readdirSync(evidence));
  try {
    writeAll(
      evidence,
      [...honest].map((name) => readFileSync(join(evidence, name))),
    );
    describe(`verify with ${what}`, await verify(made.folder, home));
    describe("  again", await verify(made.folder, home));
    await editorWithBad(made, home);
  } finally {
    for (const name of readdirSync(evidence)) {
      if (!honest.has(name)) {
        rmSync(join(evidence, name));
      }
    }
  }
}

async function editorWithBad({ folder }: MadeRepository, home: string): Promise<void> {
  const meter = new Meter();
  const client = await Client.start({ home, folders: [folder], env: meter.env });
  const path = join(folder, LONG_FILE);
  const uri = uriOf(path);
  try {
    await client.ready();
    await told(client, meter);
    const started = performance.now();
    client.open(uri, readFileSync(path, "utf8"));
    await client.until("the verdicts", () => client.shown(uri).length >= 100, PATIENCE_MILLISECONDS);
    const milliseconds = performance.now() - started;
    const { pauseMilliseconds, peakBytes } = await told(client, meter);
    row(
      "  in the editor, to verdicts",
      `${seconds(milliseconds)}; longest pause ${pauseMilliseconds.toFixed(0)} ms, peak ${megabytes(peakBytes)}`,
    );
  } finally {
    await client.stop();
    meter.close();
  }
}

/** Copies of honest files with one character changed, each in another place. */
function writeBad(evidence: string, honest: readonly Buffer[]): void {
  for (let index = 0; index < BAD; index += 1) {
    const bytes = Buffer.from(honest[index % honest.length] ?? "");
    const at = 100 + ((index * 7919) % (bytes.length - 200));
    bytes[at] = (bytes[at] ?? 0) === 0x78 ? 0x79 : 0x78;
    writeFileSync(join(evidence, `bad${index}.json`), bytes);
  }
}

/** Files with the beginning of an honest one and as much more as a file may have. */
function writeLargeBad(evidence: string, honest: readonly Buffer[]): void {
  const [first = Buffer.from("{}")] = honest;
  for (let index = 0; index < LARGE_BAD; index += 1) {
    const path = join(evidence, `large${index}.json`);
    writeFileSync(path, first.subarray(0, first.length - 3));
    appendFileSync(path, `,"x${index}":"${"x".repeat(LARGE_BAD_BYTES - first.length)}"}\n`);
  }
}
