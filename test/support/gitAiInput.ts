/**
 * A stand-in for git-ai's program, as its published source (git-ai 1.6.24, `presets/agent_v1.rs`, Apache-2.0) takes its input: an object by its
 * `type`, members that it does not know passed over, files by absolute paths, and texts for files that are there.
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";

const DirtyFiles = z.record(z.string(), z.string()).nullish();

export const GitAiInput = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("human"),
    repo_working_dir: z.string(),
    will_edit_filepaths: z.array(z.string()).nullish(),
    dirty_files: DirtyFiles,
  }),
  z.object({
    type: z.literal("ai_agent"),
    repo_working_dir: z.string(),
    edited_filepaths: z.array(z.string()).nullish(),
    dirty_files: DirtyFiles,
    agent_name: z.string(),
    model: z.string(),
    conversation_id: z.string(),
  }),
]);
export type GitAiInput = z.infer<typeof GitAiInput>;

/** A folder with a program `git-ai` that notes what it is given, and ends with a code of one's choice. */
export class StandInGitAi {
  private readonly log: string;

  constructor(readonly folder: string) {
    this.log = join(folder, "calls.jsonl");
    mkdirSync(folder, { recursive: true });
    this.endWith(0, "");
  }

  endWith(code: number, said: string): void {
    const program = `#!${process.execPath}
const { appendFileSync, readFileSync } = require("node:fs");
const call = { parameters: process.argv.slice(2), folder: process.cwd(), input: readFileSync(0, "utf8") };
appendFileSync(${JSON.stringify(this.log)}, JSON.stringify(call) + "\\n");
process.stderr.write(${JSON.stringify(said)});
process.exitCode = ${code};
`;
    writeFileSync(join(this.folder, "git-ai"), program);
    chmodSync(join(this.folder, "git-ai"), 0o755);
  }

  /** What it was called with, in order. */
  calls(): readonly {
    readonly parameters: readonly string[];
    readonly folder: string;
    readonly input: GitAiInput;
  }[] {
    const Call = z.strictObject({ parameters: z.array(z.string()), folder: z.string(), input: z.string() });
    return !existsSync(this.log)
      ? []
      : readFileSync(this.log, "utf8")
          .split("\n")
          .filter((line) => line !== "")
          .map((line) => Call.parse(JSON.parse(line)))
          .map((call) => ({ ...call, input: GitAiInput.parse(JSON.parse(call.input)) }));
  }
}
