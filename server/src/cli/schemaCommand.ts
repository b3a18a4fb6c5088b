import * as z from "zod";
import { type Answer, publishedSchemas } from "./answers";
import { CommandError } from "./commandError";
import type { CommandResult } from "./output";

/** `proofline schema [COMMAND]`: the JSON Schemas of what `--json` prints, of one command or of all. */
export async function schema(words: readonly string[]): Promise<CommandResult<Answer<"schema">>> {
  const all = publishedSchemas();
  const name = words.join(" ");
  const wanted = name === "" ? all : all[name];
  if (wanted === undefined) {
    throw new CommandError(
      "usage",
      `No command is called ${name}.`,
      `Name none for all schemas, or one of ${Object.keys(all).join(", ")}.`,
    );
  }
  const json = z.record(z.string(), z.unknown()).parse(wanted);
  // As text it would be cut where it is long, and then be no JSON.
  return { exitCode: 0, json, text: [], document: { json } };
}
