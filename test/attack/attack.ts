/** Runs mutations over a small repository, and counts what came of them by kind. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseModelsFile } from "../../server/src/models/store/modelsFile";
import { ProoflineError } from "../../server/src/platform/errors";
import { canonical, type Json, sha256 } from "../support/evidenceMaker";
import { type Comparison, judge } from "./judge";
import { MUTATIONS } from "./mutations";
import { Random } from "./random";
import { areSamePrograms } from "./sameProgram";
import { honestState, type State } from "./state";
import { Verifier } from "./verifyState";
import { makeWorld } from "./world";

/** What came of one kind of mutation. */
export interface KindCount {
  mutations: number;
  /** Verdicts that say `verified` where that is true, and verdicts that say less. */
  verified: number;
  notVerified: number;
  /** Mutations of which something was said that is not true. */
  wrong: number;
}

export interface AttackResult {
  readonly kinds: ReadonlyMap<string, KindCount>;
  /** The first of what was wrong, with what makes it again. */
  readonly examples: readonly string[];
  /** Verified as reformatted, and compared by other parsers. */
  readonly reformatted: number;
  /** Those of them that nobody here could decide about, for want of Python. */
  readonly undecided: number;
  /** The most texts that one verification read, and the most that it compared. */
  readonly mostTexts: number;
  readonly mostComparisons: number;
  readonly slowestMilliseconds: number;
}

const MAX_EXAMPLES = 20;

/** Far above what these small repositories need, and far below what a loop over them would. */
const MAX_TEXTS = 500;
const MAX_COMPARISONS = 200;

/** @param seed makes a run again; each mutation has a seed of its own, so that it can be made again alone */
export async function attack(
  count: number,
  seed: number,
  onProgress: (done: number) => void = () => {},
  only: number | null = null,
): Promise<AttackResult> {
  const world = makeWorld(aManifest());
  const verifier = new Verifier();
  const kinds = new Map<string, KindCount>(
    MUTATIONS.map(({ kind }) => [kind, { mutations: 0, verified: 0, notVerified: 0, wrong: 0 }]),
  );
  const examples: string[] = [];
  const reformatted: { kind: string; index: number; comparison: Comparison }[] = [];
  let [mostTexts, mostComparisons, slowestMilliseconds] = [0, 0, 0];
  const tell = (kind: string, index: number, what: string): void => {
    const counted = kinds.get(kind);
    if (counted !== undefined) {
      counted.wrong += 1;
    }
    if (examples.length < MAX_EXAMPLES) {
      examples.push(`${kind} (--seed ${seed} --only ${index}): ${what}`);
    }
  };
  for (let index = only ?? 0; index < (only === null ? count : only + 1); index += 1) {
    const random = new Random(seed * 7_919 + index);
    const mutation = MUTATIONS[index % MUTATIONS.length] ?? random.of(MUTATIONS);
    const { kind } = mutation;
    const state = honestState(world);
    const { mayLower } = mutation.apply(state, random, world);
    const counted = kinds.get(kind);
    if (counted === undefined) {
      continue;
    }
    counted.mutations += 1;
    const began = performance.now();
    try {
      const { report, work } = await verifier.verify(state);
      const judged = judge(report, state, mayLower);
      const wrong = [...judged.wrong, ...(state.models === world.models ? [] : wrongModels(state))];
      if (work.texts > MAX_TEXTS || work.comparisons > MAX_COMPARISONS) {
        wrong.push(`it read ${work.texts} texts and compared ${work.comparisons}`);
      }
      if (wrong.length > 0) {
        tell(kind, index, wrong.join("; "));
      }
      counted.verified += judged.verified;
      counted.notVerified += judged.notVerified;
      reformatted.push(...judged.reformatted.map((comparison) => ({ kind, index, comparison })));
      mostTexts = Math.max(mostTexts, work.texts);
      mostComparisons = Math.max(mostComparisons, work.comparisons);
    } catch (error) {
      tell(
        kind,
        index,
        `it threw ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
    }
    slowestMilliseconds = Math.max(slowestMilliseconds, performance.now() - began);
    if (index % 1000 === 999) {
      onProgress(index + 1);
    }
  }
  const answers = await areSamePrograms(reformatted.map(({ comparison }) => comparison));
  for (const [at, { kind, index, comparison }] of reformatted.entries()) {
    if (answers[at] === false) {
      tell(kind, index, `${comparison.path} is another program than was sealed:\n${comparison.today}`);
    }
  }
  return {
    kinds,
    examples,
    reformatted: reformatted.length,
    undecided: answers.filter((answer) => answer === null).length,
    mostTexts,
    mostComparisons,
    slowestMilliseconds,
  };
}

/** Any pin's manifest. */
export function aManifest(): { [key: string]: Json } {
  const path = join(process.cwd(), "server/models/proofline-code/pin.json");
  return JSON.parse(readFileSync(path, "utf8"));
}

/** What is wrong with what a repository's models are read as: each digest must follow from its manifest. */
function wrongModels({ models }: State): readonly string[] {
  const bytes = typeof models === "string" ? Buffer.from(models, "utf8") : models;
  try {
    return parseModelsFile(bytes).models.flatMap(({ manifest, manifestDigest }) => {
      const own = sha256(canonical(JSON.parse(JSON.stringify(manifest)))).toString("hex");
      return own === manifestDigest ? [] : ["models.json names a digest that is not its manifest's"];
    });
  } catch (error) {
    if (error instanceof ProoflineError) {
      return [];
    }
    throw error;
  }
}

/** The result as a table in markdown. */
export function tableOf({ kinds }: AttackResult): string {
  const total: KindCount = { mutations: 0, verified: 0, notVerified: 0, wrong: 0 };
  const row = (name: string, { mutations, verified, notVerified, wrong }: KindCount): string =>
    `| ${name} | ${mutations} | ${verified} | ${notVerified} | ${wrong} |`;
  const rows = [...kinds].map(([kind, counted]) => {
    total.mutations += counted.mutations;
    total.verified += counted.verified;
    total.notVerified += counted.notVerified;
    total.wrong += counted.wrong;
    return row(kind, counted);
  });
  return [
    "| kind | mutations | verdicts rightly verified | verdicts not verified | wrong |",
    "| --- | ---: | ---: | ---: | ---: |",
    ...rows,
    row("all", total),
  ].join("\n");
}
