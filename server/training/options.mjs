/** The command line of `npm run train:model`. */

import fs from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";

const STAGES = ["corpus", "tokenizer", "rows", "training", "export", "evaluation", "card"];

export const USAGE = `npm run train:model -- --budget cpu|gpu [options]

  --budget cpu|gpu   about two hours on two cores, or 25 minutes on one data-centre card
  --minutes N        time of the training itself
  --start FOLDER     continue from a released model, and keep its tokenizer
  --until STAGE      stop after ${STAGES.join(", ")}
  --cache FOLDER     work files (.cache/training)
  --out FOLDER       the model (server/models/proofline-code)

Finished stages are skipped, and an interrupted training goes on from its last checkpoint.`;

/**
 * @param {readonly string[]} parameters
 * @returns {null | {
 *   budget: "cpu" | "gpu", minutes: number | undefined, start: string | undefined, cache: string, out: string,
 *   isWanted: (stage: string) => boolean,
 * }} null where help is asked for
 * @throws {Error} in words for the person who typed them
 */
export function readOptions(parameters) {
  const { budget, minutes, start, until, cache, out, help } = parsed(parameters);
  if (help) {
    return null;
  }
  if (budget !== "cpu" && budget !== "gpu") {
    throw new Error("Choose --budget cpu or --budget gpu.");
  }
  if (!STAGES.includes(until)) {
    throw new Error(`--until is one of ${STAGES.join(", ")}.`);
  }
  if (minutes !== undefined && !(Number(minutes) > 0)) {
    throw new Error("--minutes is a number above 0.");
  }
  if (start !== undefined && !fs.existsSync(path.join(start, "pin.json"))) {
    throw new Error(`--start ${start} is no released model: it has no pin.json.`);
  }
  return {
    budget,
    minutes: minutes === undefined ? undefined : Number(minutes),
    start,
    cache,
    out,
    isWanted: (stage) => STAGES.indexOf(stage) <= STAGES.indexOf(until),
  };
}

/** @param {readonly string[]} parameters */
function parsed(parameters) {
  try {
    const { values } = parseArgs({
      args: [...parameters],
      options: {
        budget: { type: "string" },
        minutes: { type: "string" },
        start: { type: "string" },
        until: { type: "string", default: "card" },
        cache: { type: "string", default: ".cache/training" },
        out: { type: "string", default: "server/models/proofline-code" },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    return values;
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
  }
}
