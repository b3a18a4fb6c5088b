/** How fast variants are: all of them loaded at once, and measured one after the other in every round. */
import { bundleEngineProcess, EngineClient } from "../peers/engineClient";
import { Samples } from "../samples";

const PROMPT_LENGTHS = [128, 512, 900] as const;
/** Written after the second of these prompts, and run at once after it. */
const GENERATED = 64;
const ROWS = [1, 8] as const;
const CONTEXT = 1024;
const THREADS = 2;

export class Speed {
  /** Prompt tokens a second, by the prompt's length. */
  readonly prompt = new Map(PROMPT_LENGTHS.map((length) => [length, new Samples()]));
  /** Generated tokens a second. */
  readonly generated = new Samples();
  /** Milliseconds of a run after 512 tokens, by its number of tokens. */
  readonly runs = new Map(ROWS.map((rows) => [rows, new Samples()]));
  /** The most memory that its process ever had resident, in MB (10^6 bytes). */
  peakMegabytes = Number.NaN;

  constructor(
    /** Milliseconds from the start of its process until the model was loaded. */
    readonly startMs: number,
  ) {}
}

/**
 * @param folders by the variants' names
 * @param text at least 1024 tokens; each round begins at another
 */
export async function measureSpeed(
  folders: ReadonlyMap<string, string>,
  text: readonly number[],
  rounds: number,
): Promise<ReadonlyMap<string, Speed>> {
  await bundleEngineProcess();
  const clients = new Map<string, EngineClient>();
  const speeds = new Map<string, Speed>();
  try {
    for (const [name, path] of folders) {
      const model = { path, context: CONTEXT };
      const client = await EngineClient.start({ engine: "proofline", model, threads: THREADS, packages: "" });
      clients.set(name, client);
      speeds.set(name, new Speed(client.startMs));
      // The first runs allocate; they are not counted.
      await client.time("generate", text.slice(0, 128), 2);
    }
    for (let round = 0; round < rounds; round++) {
      for (const [name, client] of clients) {
        await measureRound(client, speeds.get(name) ?? new Speed(0), text, round);
      }
    }
    for (const [name, client] of clients) {
      const speed = speeds.get(name);
      if (speed !== undefined) {
        speed.peakMegabytes = client.peakMegabytes();
      }
    }
  } finally {
    await Promise.all([...clients.values()].map((client) => client.stop()));
  }
  return speeds;
}

async function measureRound(
  client: EngineClient,
  speed: Speed,
  text: readonly number[],
  round: number,
): Promise<void> {
  const promptOf = (length: number): number[] =>
    Array.from({ length }, (_, index) => text[(round + index) % text.length] ?? 0);
  for (const [length, samples] of speed.prompt) {
    const { first } = await client.time("generate", promptOf(length), 1);
    samples.add((length * 1000) / first);
  }
  const { first, last } = await client.time("generate", promptOf(512), GENERATED + 1);
  speed.generated.add((GENERATED * 1000) / (last - first));
  for (const [rows, samples] of speed.runs) {
    samples.add((await client.check(promptOf(512), promptOf(rows))) ?? Number.NaN);
  }
}
