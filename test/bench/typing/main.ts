/**
 * `npm run measure:typing`: how many characters a person who types TypeScript accepts of the embedded model's suggestions for each
 * hundred keys. They type one function of each frozen file in `test/fixtures/code`, which the model was not trained on, with the rest of
 * the file around it; after each key what comes by itself is looked at, and taken as far as it is what they want. At one commit the same
 * numbers come out on every machine.
 *
 *     npm run measure:typing -- [--files 12]
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { complete } from "../../../server/src/inference/engine/complete";
import { loadModel, type Model } from "../../../server/src/inference/engine/loadedModel";
import { SequencePool } from "../../../server/src/inference/graph/sequencePool";
import { DEFAULT_CACHE_MEGABYTES, DEFAULT_SETTINGS } from "../../../server/src/protocol/settings";
import { ROOT } from "../replay/cursors";
import { row } from "../samples";
import { type Counts, type Script, Typist } from "./typist";

const { values: options } = parseArgs({ options: { files: { type: "string", default: "12" } } });

const EMBEDDED = join(ROOT, "server", "models", "proofline-code");
const SOURCES = join(ROOT, "test", "fixtures", "code");
const THREADS = 1;
/** In UTF-16 units. */
const LENGTH = { least: 150, most: 700 } as const;

/** The first function of a file that is neither short nor long. */
function scriptOf(name: string): Script[] {
  const text = readFileSync(join(SOURCES, name), "utf8");
  for (const match of text.matchAll(/^(?:export )?(?:async )?function [\s\S]*?\n\}\n/gm)) {
    const [target] = match;
    if (target.length >= LENGTH.least && target.length <= LENGTH.most && !/\\["'`]/.test(target)) {
      const end = match.index + target.length;
      return [{ path: `src/${name}`, head: text.slice(0, match.index), target, tail: text.slice(end) }];
    }
  }
  return [];
}

async function type(model: Model, script: Script): Promise<Counts> {
  const typist = new Typist(script);
  const pool = new SequencePool(model.graph, DEFAULT_CACHE_MEGABYTES * 1e6);
  while (!typist.isDone) {
    const outcome = await complete(
      model,
      pool,
      {
        path: script.path,
        prefix: typist.before,
        suffix: typist.after,
        context: [],
        trigger: "automatic",
        extent: "auto",
        maxTokens: DEFAULT_SETTINGS.maxTokens,
      },
      () => false,
    );
    if (outcome.kind === "nothing" || !typist.take(outcome.completion.displayed)) {
      typist.press();
    }
  }
  return typist.counts;
}

async function main(): Promise<void> {
  const names = readdirSync(SOURCES).filter((name) => name.endsWith(".ts"));
  const scripts = names.sort().flatMap(scriptOf).slice(0, Number(options.files));
  const model = await loadModel(EMBEDDED, THREADS);
  const total: Counts = { keys: 0, accepted: 0, acceptances: 0, shown: 0 };
  try {
    for (const script of scripts) {
      const counts = await type(model, script);
      const { keys, accepted, acceptances, shown } = counts;
      row(
        script.path,
        `${keys} keys, ${accepted} characters accepted in ${acceptances} of ${shown} suggestions`,
      );
      total.keys += keys;
      total.accepted += accepted;
      total.acceptances += acceptances;
      total.shown += shown;
    }
  } finally {
    await model.graph.release();
  }
  const { keys, accepted, acceptances, shown } = total;
  row("all", `${keys} keys, ${accepted} characters accepted in ${acceptances} of ${shown} suggestions`);
  row("characters accepted per hundred keys", ((accepted / keys) * 100).toFixed(1));
}

void main();
