/**
 * What becomes of a model's own honest suggestions: accepted all over real files, formatted on save, sealed, and then
 * edited as people go on typing. None may be `failed`; how many stay `verified`, whole or as a part of a line, and how many
 * become `edited` is printed. The anchors are made up; model, replay, journal, seal and verification are real.
 *
 *     npm run measure:honest -- --count 500 --typescript DIR --python DIR --go DIR --black FILE --gofmt FILE
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import type { AnchorCheck } from "../../../server/src/chain/chain";
import { openDevice } from "../../../server/src/evidence/device";
import { openJournal } from "../../../server/src/evidence/journal/journal";
import { openRepository } from "../../../server/src/evidence/repository/openRepository";
import { startEngine } from "../../../server/src/inference/engine/startEngine";
import type { Digest } from "../../../server/src/platform/primitives";
import { builtInPolicy } from "../../../server/src/policy/policy";
import type { Verdict } from "../../../server/src/policy/verdict";
import { verify } from "../../../server/src/policy/verifyEvidence";
import type { ReplayOutcome } from "../../../server/src/policy/verifyParameters";
import { SUMMARIES } from "../../../server/src/protocol/verdictWords";
import { acceptedSuggestion, newSuggestionId } from "../../../server/src/workflows/accept";
import { GrammarQuestions } from "../../../server/src/workflows/grammarQuestions";
import { installationOf } from "../../../server/src/workflows/installation";
import { RepositoryReader } from "../../../server/src/workflows/readRepository";
import { sealPending } from "../../../server/src/workflows/seal";
import { VerificationThread } from "../../../server/src/workflows/thread/verificationThread";
import { quotedPaths } from "../../../server/src/workflows/verify";
import { removeFolder } from "../../support/removeFolder";
import { ROOT, seededRandom } from "../replay/cursors";
import { row } from "../samples";

const { values: options } = parseArgs({
  options: {
    count: { type: "string", default: "500" },
    seed: { type: "string", default: "1" },
    typescript: { type: "string", default: join(ROOT, "server", "src") },
    python: { type: "string" },
    go: { type: "string" },
    black: { type: "string" },
    gofmt: { type: "string" },
  },
});

const LANGUAGES = [
  { name: "TypeScript", extension: ".ts", folder: options.typescript, comment: "//" },
  { name: "Python", extension: ".py", folder: options.python, comment: "#" },
  { name: "Go", extension: ".go", folder: options.go, comment: "//" },
].filter((language) => language.folder !== undefined);

const MOST_BYTES = 60_000;
const random = seededRandom(Number(options.seed));
const pick = (length: number): number => Math.floor(random() * length);

/** How a person goes on after a suggestion was sealed. */
type Typing = "nothing" | "line above the file" | "lines after it" | "another line" | "the same line";

interface Case {
  readonly path: string;
  readonly language: (typeof LANGUAGES)[number];
  readonly id: string;
  readonly typing: Typing;
}

/** Source files below a folder, in an order that only the seed decides. */
function sourcesOf(folder: string, extension: string): string[] {
  const found = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(extension) && !entry.name.endsWith(".d.ts"))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  for (let last = found.length - 1; last > 0; last -= 1) {
    const other = pick(last + 1);
    [found[last], found[other]] = [found[other] ?? "", found[last] ?? ""];
  }
  return found;
}

/** Formats what can be formatted; a file that does not parse stays as it is, as in an editor. */
function formatAll(folder: string): void {
  spawnSync(
    join(ROOT, "node_modules", ".bin", "biome"),
    ["format", "--write", "--files-max-size=1000000", "."],
    {
      cwd: join(folder, "TypeScript"),
    },
  );
  if (options.black !== undefined) {
    spawnSync(options.black, ["-q", join(folder, "Python")]);
  }
  if (options.gofmt !== undefined) {
    spawnSync(options.gofmt, ["-w", join(folder, "Go")]);
  }
}

function offsetOfSomeCursor(text: string): number | null {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const start = text.lastIndexOf("\n", pick(text.length) - 1) + 1;
    const end = text.indexOf("\n", start);
    const line = text.slice(start, end === -1 ? text.length : end);
    if (line.trim().length >= 4) {
      const indentation = line.length - line.trimStart().length;
      // At a line's beginning, or inside of it.
      return start + indentation + (random() < 0.3 ? 0 : pick(line.length - indentation));
    }
  }
  return null;
}

function typeOn(text: string, line: number, { language, typing }: Case): string {
  const lines = text.split("\n");
  const note = `${language.comment} one more line`;
  switch (typing) {
    case "nothing":
      break;
    case "line above the file":
      lines.unshift(note);
      break;
    case "lines after it": {
      const indentation = /^[ \t]*/.exec(lines[line] ?? "")?.[0] ?? "";
      lines.splice(line + 1, 0, `${indentation}${note}`, "");
      break;
    }
    case "another line": {
      const others = lines.flatMap((one, index) => (index !== line && one.trim() !== "" ? [index] : []));
      const other = others[pick(others.length)] ?? 0;
      lines[other] = `${lines[other]} ${note}`;
      break;
    }
    case "the same line":
      lines[line] = `${lines[line]} ${note}`;
      break;
  }
  return lines.join("\n");
}

const TYPINGS: readonly Typing[] = [
  "nothing",
  "nothing",
  "line above the file",
  "line above the file",
  "line above the file",
  "lines after it",
  "lines after it",
  "lines after it",
  "another line",
  "the same line",
];

const scratch = mkdtempSync(join(tmpdir(), "proofline-honest-"));
const home = join(scratch, "home");
const work = join(scratch, "work");
mkdirSync(work, { recursive: true });
execFileSync("git", ["init", "-q", work]);

const { modelDirectory, inferenceWorker, bundles, verificationWorker } = installationOf(join(ROOT, "dist"));
const engine = await startEngine({ modelDirectory, workerPath: inferenceWorker, bundlePaths: bundles });
const thread = new VerificationThread(verificationWorker);
const journal = await openJournal(home);
try {
  const repository = await openRepository(work);
  const cases: Case[] = [];
  const count = Number(options.count);
  const texts = new Map<string, string>();
  for (const language of LANGUAGES) {
    const files = sourcesOf(language.folder ?? "", language.extension);
    for (
      let number = 0;
      texts.size < (count / LANGUAGES.length) * (1 + LANGUAGES.indexOf(language)) * 2;
      number += 1
    ) {
      const text = readFileSync(files[number % files.length] ?? "", "utf8").replaceAll("\r\n", "\n");
      if (number > 20 * count) {
        break;
      }
      if (text.length < MOST_BYTES && text.length > 200 && text.isWellFormed()) {
        texts.set(`${language.name}/file${number}${language.extension}`, text);
      }
    }
  }
  for (const [path, text] of texts) {
    mkdirSync(dirname(join(work, path)), { recursive: true });
    writeFileSync(join(work, path), text);
  }
  formatAll(work);
  const asked = new Map<string, number>();
  for (const path of texts.keys()) {
    const language = LANGUAGES.find(({ name }) => path.startsWith(`${name}/`));
    const have = cases.filter((one) => one.language === language).length;
    if (language === undefined || have >= Math.ceil(count / LANGUAGES.length)) {
      continue;
    }
    const text = readFileSync(join(work, path), "utf8");
    const offset = offsetOfSomeCursor(text);
    if (offset === null) {
      continue;
    }
    const lineEnd = text.indexOf("\n", offset);
    const suffix = lineEnd === -1 ? "" : text.slice(lineEnd);
    const prefix = text.slice(0, offset);
    const outcome = await engine.complete({
      path,
      prefix: prefix.slice(-3000),
      suffix: suffix.slice(0, 1000),
      context: [],
      trigger: "explicit",
      extent: "auto",
      maxTokens: 96,
    });
    asked.set(language.name, (asked.get(language.name) ?? 0) + 1);
    if (outcome.kind === "nothing") {
      continue;
    }
    const id = newSuggestionId();
    const line = prefix.split("\n").length - 1;
    writeFileSync(join(work, path), `${prefix}${outcome.completion.displayed}${suffix}`);
    await journal.accept(
      acceptedSuggestion({
        id,
        offered: { kind: "replayable", facts: engine.facts, output: outcome.completion },
        repository: repository.folder,
        path,
        position: { line, character: offset - (prefix.lastIndexOf("\n") + 1) },
      }),
    );
    cases.push({ path, language, id, typing: TYPINGS[pick(TYPINGS.length)] ?? "nothing" });
  }
  formatAll(work);
  const device = await openDevice(home);
  const sealed = await sealPending({
    home,
    journal,
    repository,
    thread,
    grammarThread: thread,
    whenGone: "drop",
  });
  row(
    "suggestions accepted, of files tried",
    `${cases.length}, ${[...asked.values()].reduce((a, b) => a + b, 0)}`,
  );
  row(
    "sealed, dropped, held",
    [sealed.sealed.flatMap(({ ids }) => ids).length, sealed.dropped.length, sealed.held.length].join(", "),
  );

  const contents = await new RepositoryReader(thread).read(repository);
  const batches = contents.evidence.flatMap(({ reading }) =>
    reading.kind === "intact" ? [reading.batch] : [],
  );
  const replays = new Map<string, ReplayOutcome>();
  for (const { leafHash, values } of batches.flatMap(({ claims }) => claims)) {
    if (values?.kind === "replayable") {
      replays.set(leafHash, await engine.replay({ ...values, profile: engine.facts.profile }));
    }
  }
  const verdicts = async (): Promise<readonly Verdict[]> => {
    const grammars = new GrammarQuestions(thread);
    const today = new Map<string, string>();
    for (const { path } of cases) {
      today.set(path, readFileSync(join(work, path), "utf8"));
    }
    const quoted = await repository.readQuotables(quotedPaths(contents, []));
    const parameters = {
      repositoryIds: contents.repositoryIds,
      evidence: contents.evidence,
      journal: [],
      device: device.address,
      chain: new Map(batches.map(({ batchRoot }) => [batchRoot, finalized(batchRoot)])),
      texts: today,
      quoted,
      sameTokens: grammars.sameTokens,
      linesOf: grammars.linesOf,
      replays,
      policy: builtInPolicy({ device: device.address, pins: [engine.facts.model] }),
    };
    const report = await grammars.settled(() => verify(parameters));
    row(
      "  gone, beside (fragments)",
      `${report.gone.length}, ${report.beside.filter(({ why }) => why === "fragment").length}`,
    );
    return report.suggestions;
  };
  const table = (title: string, of: readonly Verdict[]): void => {
    row(title, `${of.length}`);
    for (const summary of SUMMARIES) {
      const here = of.filter((one) => one.summary === summary);
      if (here.length > 0) {
        const parts = here.filter(({ findings }) => findings.content.part).length;
        const copied = here.filter(({ checks }) => checks.copied.startsWith("from")).length;
        const words = [...new Set(here.map(({ checks }) => checks.content))]
          .map((word) => `${word} ${here.filter(({ checks }) => checks.content === word).length}`)
          .join(", ");
        const share = `${((here.length / of.length) * 100).toFixed(1)}%`;
        row(`  ${summary}`, `${here.length} (${share}): ${words}; part ${parts}, copied ${copied}`);
      }
    }
  };
  console.log("as sealed, after formatting on save");
  const before = await verdicts();
  for (const { name } of LANGUAGES) {
    table(
      name,
      before.filter(({ path }) => path.startsWith(`${name}/`)),
    );
  }
  for (const one of cases) {
    const place = before.find(({ id }) => id === one.id);
    const text = readFileSync(join(work, one.path), "utf8");
    writeFileSync(join(work, one.path), typeOn(text, (place?.startLine ?? 1) - 1, one));
  }
  formatAll(work);
  console.log("after further typing and another format on save");
  const after = await verdicts();
  const typed = new Map(cases.map(({ id, typing }) => [id, typing]));
  for (const typing of new Set(TYPINGS)) {
    table(
      typing,
      after.filter(({ id }) => typed.get(id) === typing),
    );
  }
  table("all", after);
  const failed = [...before, ...after].filter(({ summary }) => summary === "failed");
  console.log(failed.length === 0 ? "None failed." : `${failed.length} FAILED.`);
  for (const { path, reasons } of failed.slice(0, 10)) {
    console.log(path, reasons);
  }
  for (const { path, startLine, checks, findings } of before
    .filter(({ summary }) => summary === "edited")
    .slice(0, 12)) {
    console.log("edited as sealed:", path, startLine, checks.content, findings.content);
  }
  process.exitCode = failed.length === 0 ? 0 : 1;
} finally {
  await journal.close();
  await thread.close();
  await engine.dispose();
  if (process.env.PROOFLINE_KEEP === undefined) {
    removeFolder(scratch);
  } else {
    console.log(work);
  }
}

function finalized(batchRoot: Digest): AnchorCheck {
  const identity = {
    chainId: 31337,
    genesisHash: `0x${"66".repeat(32)}`,
    contract: `0x${"77".repeat(20)}`,
    local: true,
    name: "local chain",
  } as const;
  const { chainId, genesisHash, contract } = identity;
  const block = { number: 5, hash: `0x${"88".repeat(32)}` } as const;
  const transaction = `0x${"99".repeat(32)}` as const;
  return {
    status: "finalized",
    trust: "local",
    identity,
    anchor: { batchRoot, chainId, genesisHash, contract, block, transaction, timestamp: 1_800_000_000 },
  };
}
