import { stat } from "node:fs/promises";
import { blame as blameFile, blameRows } from "../policy/blame";
import { placeOf } from "../policy/verdict";
import type { Answer } from "./answers";
import type { ChainFlags } from "./chainOptions";
import { CommandError } from "./commandError";
import type { EnclaveFlags } from "./enclaveOptions";
import { type CommandResult, note } from "./output";
import { reportOf } from "./repositoryReport";
import type { Session } from "./session";

export interface BlameFlags extends ChainFlags, EnclaveFlags {
  /** Whether to load the model; without it, what was not replayed before stays `anchored`. */
  readonly replay: boolean;
}

/** `proofline blame FILE`: each line of a saved file with the verdict that it bears, whose model wrote it, where and when. */
export async function blame(
  session: Session,
  file: string,
  flags: BlameFlags,
): Promise<CommandResult<Answer<"blame">>> {
  if ((await stat(file).catch(() => null))?.isDirectory() === true) {
    throw new CommandError(
      "document",
      `${file} is a folder.`,
      "Name one file; `proofline verify` takes folders.",
    );
  }
  const { report, wanted, repository, device } = await reportOf(session, flags, {
    replay: flags.replay ? "missing" : "none",
    base: null,
    paths: [file],
  });
  const [path = ""] = wanted;
  const text = await repository.readText(path);
  if (text === null) {
    throw new CommandError(
      "document",
      `${file} ${(await repository.obstacleTo(path)) ?? "cannot be read"}.`,
      "Name a text file of at most 8 MB.",
    );
  }
  const here = report.suggestions.flatMap((verdict) => {
    const range = verdict.path === path ? placeOf(verdict) : null;
    return range === null ? [] : [{ verdict, range }];
  });
  if (here.length === 0) {
    note("No accepted suggestion that is known here stands in it.");
  }
  note("Of lines without a verdict nobody can tell who or what wrote them.");
  if (report.files.length > 0) {
    note("Something in .proofline cannot be believed; `proofline verify` says what.");
  }
  const json = blameFile(path, text, here, device);
  return {
    exitCode: 0,
    json,
    text: blameRows(json, "whole").map(({ head, line, text }) => ({
      block: `${head}  ${String(line).padStart(String(json.lines.length).length)}  ${text}`.trimEnd(),
    })),
  };
}
