import type { Graph, WantedRows } from "../graph/graph";
import { CHUNK_TOKENS } from "../graph/prefillPace";
import { Sequence } from "../graph/sequence";
import type { LatencyBudget } from "./latencyBudget";

/** Who waits for a model to be ready does not wait for a second run of this length. */
const LONG_MILLISECONDS = 100;

/** Runs a graph a few times, so that its pace is known before anybody asks. */
export async function timePace(graph: Graph, budget: LatencyBudget): Promise<void> {
  const ids = Array.from({ length: CHUNK_TOKENS }, (_, index) => (7919 * index) % graph.vocabularySize);
  const sequence = new Sequence(graph);
  const runTime = async (run: readonly number[], rows: WantedRows): Promise<number> => {
    const started = performance.now();
    await sequence.append(run, rows);
    return performance.now() - started;
  };
  let reading = await runTime(ids, "none");
  if (reading < LONG_MILLISECONDS) {
    // The first run allocates what later ones use, which is little beside a long one.
    sequence.rewind(0);
    reading = await runTime(ids, "none");
  }
  graph.pace.ran(ids.length, reading);
  budget.wroteToken(await runTime([0], "last"));
}
