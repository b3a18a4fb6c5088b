/** Measures all sides of one model, one after the other in every round, so that what disturbs one disturbs all. */
import { Samples } from "../samples";
import type { EngineParameters } from "./engine";
import { bundleEngineProcess, EngineClient } from "./engineClient";
import type { ComparedModel, Side } from "./models";

export const PROMPT_LENGTHS = [128, 512, 900] as const;
/** Written after the second of these prompts. */
const GENERATED = 64;
/** Tokens of the answers that are checked at once after that prompt, as replays do. */
export const CHECKED_LENGTHS = [16, 64] as const;
const SUGGESTED = 16;
const CONTEXT = 1024;

/** One prompt of a real document, and the same document one keystroke later. */
export interface Place {
  readonly cold: { readonly ids: readonly number[]; readonly count: number };
  readonly warm: { readonly ids: readonly number[]; readonly count: number };
}

/** Everything measured of one side; times in milliseconds. */
export class SideResult {
  /** Prompt tokens a second, by the prompt's length. */
  readonly prompt = new Map(PROMPT_LENGTHS.map((length) => [length, new Samples()]));
  /** Generated tokens a second. */
  readonly generated = new Samples();
  /** What checking an answer takes, as a share of generating as many tokens, by its length; none for peers. */
  readonly checked = new Map(CHECKED_LENGTHS.map((length) => [length, new Samples()]));
  readonly cold = new Samples();
  readonly warm = new Samples();
  readonly placeCold = new Samples();
  readonly placeWarm = new Samples();
  peakMegabytes = Number.NaN;

  constructor(
    readonly side: Side,
    readonly version: string,
    readonly startMs: number,
  ) {}
}

export interface Agreement {
  readonly side: string;
  readonly positions: number;
  /** Positions at which our first choice is also this side's. */
  readonly sameFirstChoice: number;
  /** Largest difference between logarithms of probabilities, over our ten likeliest tokens at each position. */
  readonly largestDifference: number;
}

export interface Comparison {
  readonly agreements: readonly Agreement[];
  readonly results: readonly SideResult[];
}

export async function compare(
  model: ComparedModel,
  places: readonly Place[],
  rounds: number,
  shared: Pick<EngineParameters, "threads" | "packages">,
): Promise<Comparison> {
  const clients: [EngineClient, SideResult][] = [];
  await bundleEngineProcess();
  try {
    for (const side of model.sides) {
      const client = await EngineClient.start({
        ...shared,
        engine: side.engine,
        model: { path: side.path, context: CONTEXT },
      });
      clients.push([client, new SideResult(side, client.version, client.startMs)]);
    }
    // The first runs allocate and pack; they are not counted.
    for (const [client] of clients) {
      await client.time("generate", promptOf(model, 128, -1), 2);
    }
    for (let round = 0; round < rounds; round++) {
      for (const [client, result] of clients) {
        await measureRound(model, client, result, round);
      }
    }
    for (const place of places) {
      for (const [client, result] of clients) {
        await measurePlace(client, result, place);
      }
    }
    // Before what asks for all logits at once, which needs far more memory than suggestions do.
    for (const [client, result] of clients) {
      result.peakMegabytes = client.peakMegabytes();
    }
    for (let round = 0; round < rounds; round++) {
      for (const [client, result] of clients) {
        await measureChecks(model, client, result, round);
      }
    }
    return {
      agreements: await agreements(model, clients),
      results: clients.map(([, result]) => result),
    };
  } finally {
    for (const [client] of clients) {
      await client.stop();
    }
  }
}

async function measureRound(
  model: ComparedModel,
  client: EngineClient,
  result: SideResult,
  round: number,
): Promise<void> {
  for (const length of PROMPT_LENGTHS) {
    const writes = length === PROMPT_LENGTHS[1];
    const { first, last } = await client.time(
      "generate",
      promptOf(model, length, round),
      writes ? GENERATED + 1 : 1,
    );
    result.prompt.get(length)?.add((length * 1000) / first);
    if (writes) {
      result.generated.add((GENERATED * 1000) / (last - first));
    }
  }
  const ids = promptOf(model, 900, round);
  await client.forget();
  result.cold.add((await client.time("suggest", ids, SUGGESTED)).last);
  result.warm.add((await client.time("suggest", [...ids, 1000 + round], SUGGESTED)).last);
}

async function measureChecks(
  model: ComparedModel,
  client: EngineClient,
  result: SideResult,
  round: number,
): Promise<void> {
  const prompt = promptOf(model, PROMPT_LENGTHS[1], round);
  for (const length of CHECKED_LENGTHS) {
    const checked = await client.check(prompt, promptOf(model, length, round + 1));
    if (checked === null) {
      return;
    }
    // Beside it, so that both find the machine in the same state.
    const { first, last } = await client.time("generate", prompt, GENERATED + 1);
    result.checked.get(length)?.add(checked / length / ((last - first) / GENERATED));
  }
}

async function measurePlace(client: EngineClient, result: SideResult, { cold, warm }: Place): Promise<void> {
  await client.forget();
  result.placeCold.add((await client.time("suggest", cold.ids, cold.count)).last);
  result.placeWarm.add((await client.time("suggest", warm.ids, warm.count)).last);
}

/** Tokens that follow from the round; how fast they are read does not depend on which they are. */
function promptOf({ vocabulary }: ComparedModel, length: number, round: number): number[] {
  return Array.from(
    { length },
    (_, index) => 16 + ((index * 7919 + (round + 1) * 104_729) % (vocabulary - 16)),
  );
}

/** Compares what ours and the other sides answer to one prompt, position by position. */
async function agreements(
  model: ComparedModel,
  clients: readonly (readonly [EngineClient, SideResult])[],
): Promise<Agreement[]> {
  const ids = promptOf(model, model.vocabulary > 100_000 ? 8 : 200, 0);
  const [ours, ...others] = clients;
  const expected = (await ours?.[0].logProbabilities(ids)) ?? [];
  const found: Agreement[] = [];
  for (const [client, { side }] of others) {
    const rows = await client.logProbabilities(ids);
    if (rows.length === 0) {
      continue;
    }
    let same = 0;
    let largest = 0;
    for (const [position, row] of expected.entries()) {
      const likeliest = [...row.keys()].sort((a, b) => (row[b] ?? 0) - (row[a] ?? 0)).slice(0, 10);
      const theirs = rows[position] ?? [];
      const best = theirs.reduce((most, value, id) => (value > (theirs[most] ?? 0) ? id : most), 0);
      if (best === likeliest[0]) {
        same += 1;
      }
      for (const id of likeliest) {
        largest = Math.max(largest, Math.abs((row[id] ?? 0) - (theirs[id] ?? Number.NEGATIVE_INFINITY)));
      }
    }
    found.push({ side: side.name, positions: ids.length, sameFirstChoice: same, largestDifference: largest });
  }
  return found;
}
