import type { Graph } from "../graph/graph";
import { CHUNK_TOKENS } from "../graph/prefillPace";
import { Sequence } from "../graph/sequence";
import type { LatencyBudget } from "./latencyBudget";

/** Runs a graph a few times, so that its pace is known before anybody asks. */
export async function timePace(graph: Graph, budget: LatencyBudget): Promise<void> {
  const ids = Array.from({ length: CHUNK_TOKENS }, (_, index) => (7919 * index) % graph.vocabularySize);
  const sequence = new Sequence(graph);
  // The first run allocates what later ones use.
  await sequence.append(ids, "none");
  sequence.rewind(0);
  const began = performance.now();
  await sequence.append(ids, "none");
  graph.pace.ran(ids.length, performance.now() - began);
  const wrote = performance.now();
  await sequence.append([0], "last");
  budget.wroteToken(performance.now() - wrote);
}
