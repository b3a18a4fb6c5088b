/** Repositories with many sealed suggestions, made by the code that seals, and kept from one run to the next. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { formatAnchor } from "../../../server/src/chain/anchorFile";
import { openWriter } from "../../../server/src/chain/chainWriter";
import { stopChain } from "../../../server/src/chain/embedded/host";
import type { ReplayableSuggestion } from "../../../server/src/evidence/format/acceptedSuggestion";
import type { SealedEvidence } from "../../../server/src/evidence/format/sealBatch";
import { formatId } from "../../../server/src/evidence/repository/repositoryIds";
import { installationOf } from "../../../server/src/workflows/installation";
import { ROOT } from "../../support/languageClient";
import { removeFolder } from "../../support/removeFolder";
import { facts, sample, sealed } from "../../support/sampleBatch";

export interface Shape {
  readonly suggestions: number;
  /** Suggestions in one batch, and so in one evidence file. */
  readonly batch: number;
  /** Whether each batch root is anchored on an embedded chain. */
  readonly anchored?: boolean;
  /** Further files that git tracks and no evidence speaks of. */
  readonly others?: number;
}

export interface MadeRepository {
  readonly folder: string;
  readonly home: string;
}

/** The file with the most suggestions: one line each. */
export const LONG_FILE = "src/long.ts";
const IN_LONG_FILE = 500;
const IN_OTHER_FILES = 25;
const CACHE = join(ROOT, "out", "scale");
/** Code units of a prompt before and after the cursor. */
const PREFIX = 1500;
const SUFFIX = 400;
const QUOTED_LINES = 8;

/** The repository of a shape; makes it unless a run before did, under the same format of evidence. */
export async function repositoryOf(shape: Shape): Promise<MadeRepository> {
  const { suggestions, batch, anchored = false, others = 0 } = shape;
  const name = `${suggestions}-${batch}${anchored ? "-anchored" : ""}${others > 0 ? `-${others}` : ""}`;
  const place = join(CACHE, name);
  const made = { folder: join(place, "work"), home: join(place, "home") };
  const marker = join(place, "made");
  const format = digestOfFormat();
  if (existsSync(marker) && readFileSync(marker, "utf8") === format) {
    return made;
  }
  removeFolder(place);
  mkdirSync(made.home, { recursive: true });
  await make(made, shape);
  writeFileSync(marker, format);
  return made;
}

/** A copy of what a home holds at first: nothing that a run has remembered. */
export function freshHome({ home }: MadeRepository, place: string): string {
  const copy = join(place, `home-${readdirSync(place).length}`);
  cpSync(home, copy, { recursive: true });
  return copy;
}

async function make({ folder, home }: MadeRepository, shape: Shape): Promise<void> {
  const texts = textsOf(shape.suggestions);
  for (const [path, { lines }] of texts) {
    write(join(folder, path), `${lines.join("\n")}\n`);
  }
  for (let index = 0; index < (shape.others ?? 0); index += 1) {
    write(
      join(folder, `packages/p${index % 200}/src/other${index}.ts`),
      `export const other${index} = ${index};\n`,
    );
  }
  write(join(folder, ".proofline/repository/bench.json"), formatId(facts.repositoryId));
  const writer = openWriter({ kind: "embedded", home, hostPath: hostPath() });
  try {
    let previousSeal: SealedEvidence["seal"] | null = null;
    let sequence = 0;
    for (const claims of inBatches(suggestionsIn(texts), shape.batch)) {
      const { evidence, batchRoot, seal } = sealed(claims, {
        sequence,
        previousSeal,
        texts: Object.fromEntries([...texts].map(([path, { lines }]) => [path, textOf(lines)])),
      });
      write(join(folder, `.proofline/evidence/${batchRoot}.json`), evidence);
      if (shape.anchored === true) {
        const anchor = await writer.anchor(batchRoot);
        write(join(folder, `.proofline/anchors/${batchRoot}.${anchor.chainId}.json`), formatAnchor(anchor));
      }
      previousSeal = seal;
      sequence += 1;
    }
  } finally {
    await writer.close();
    await stopChain({ kind: "embedded", home, hostPath: hostPath() });
  }
  const git = (...parameters: string[]): unknown => execFileSync("git", parameters, { cwd: folder });
  git("init", "--quiet");
  git("add", "--all");
  git("-c", "user.name=bench", "-c", "user.email=bench@localhost", "commit", "--quiet", "-m", "scale");
}

interface Written {
  readonly lines: readonly string[];
  /** First line and number of lines of each suggestion. */
  readonly places: readonly { readonly line: number; readonly count: number }[];
}

function textsOf(suggestions: number): ReadonlyMap<string, Written> {
  const texts = new Map<string, Written>();
  let next = 0;
  const add = (path: string, count: number, linesOf: (index: number) => readonly string[]): void => {
    const lines: string[] = ['import { compute } from "./compute";', ""];
    const places: { line: number; count: number }[] = [];
    for (let at = 0; at < count; at += 1, next += 1) {
      const own = linesOf(next);
      lines.push(`// step ${at}`);
      places.push({ line: lines.length, count: own.length });
      lines.push(...own);
    }
    texts.set(path, { lines, places });
  };
  add(LONG_FILE, Math.min(suggestions, IN_LONG_FILE), (index) => [
    `export const value${index} = compute(${index}, "long");`,
  ]);
  for (let file = 0; next < suggestions; file += 1) {
    add(`src/part${file}.ts`, Math.min(suggestions - next, IN_OTHER_FILES), (index) => [
      `export const value${index} = compute(${index}, "part ${file}");`,
      `export const twice${index} = value${index} * 2;`,
    ]);
  }
  return texts;
}

function* suggestionsIn(texts: ReadonlyMap<string, Written>): Generator<ReplayableSuggestion> {
  const files = [...texts];
  for (const [index, [path, { lines, places }]] of files.entries()) {
    const [quotedPath, quoted] = files[(index + 1) % files.length] ?? [path, { lines }];
    const text = textOf(lines);
    let before = 0;
    let offset = 0;
    for (const { line, count } of places) {
      for (; before < line; before += 1) {
        offset += (lines[before] ?? "").length + 1;
      }
      const displayed = lines.slice(line, line + count).join("\n");
      const end = offset + displayed.length;
      yield sample({
        path,
        displayed,
        position: { line, character: 0 },
        prompt: {
          prefix: text.slice(Math.max(0, offset - PREFIX), offset),
          suffix: text.slice(end, end + SUFFIX),
          context: [{ path: quotedPath, text: textOf(quoted.lines.slice(2, 2 + QUOTED_LINES)) }],
        },
      });
    }
  }
}

function* inBatches<Item>(items: Iterable<Item>, size: number): Generator<Item[]> {
  let batch: Item[] = [];
  for (const item of items) {
    batch.push(item);
    if (batch.length === size) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) {
    yield batch;
  }
}

function textOf(lines: readonly string[]): string {
  return `${lines.join("\n")}\n`;
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function hostPath(): string {
  return installationOf(join(ROOT, "dist")).chainHost;
}

/** Changes with whatever may change the bytes of what is made here. */
function digestOfFormat(): string {
  const hash = createHash("sha256");
  const format = "server/src/evidence/format";
  const making = readdirSync(join(ROOT, format), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(format, name));
  for (const path of ["test/bench/scale/repositories.ts", ...making.sort()]) {
    hash.update(readFileSync(join(ROOT, path)));
  }
  return hash.digest("hex");
}
