import * as z from "zod";
import type { Position } from "../../evidence/format/record";
import { sha256Digest } from "../../platform/digests";
import { groupBy } from "../../platform/groupBy";
import { modelLabel } from "./modelLabel";
import type { StandingSuggestion } from "./standingSuggestion";

/** Texts of files by their absolute paths. */
const DirtyFiles = z.record(z.string(), z.string());

/** What `git-ai checkpoint agent-v1 --hook-input stdin` takes: text that nothing is told of, or an edit of an agent. */
export const Checkpoint = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("human"),
    repo_working_dir: z.string(),
    will_edit_filepaths: z.array(z.string()).readonly(),
    dirty_files: DirtyFiles,
  }),
  z.strictObject({
    type: z.literal("ai_agent"),
    repo_working_dir: z.string(),
    edited_filepaths: z.array(z.string()).readonly(),
    dirty_files: DirtyFiles,
    agent_name: z.literal("proofline"),
    model: z.string(),
    conversation_id: z.string(),
  }),
]);
export type Checkpoint = z.infer<typeof Checkpoint>;

/** A file as it lies on the disk, and the suggestions in it that git-ai is told of. */
export interface CheckpointedFile {
  /** Absolute. */
  readonly path: string;
  /** With its own line ends and byte order mark. */
  readonly saved: string;
  readonly suggestions: readonly StandingSuggestion[];
}

export interface CheckpointParameters {
  /** The repository's top. */
  readonly folder: string;
  /** The commit that is checked out; `null` before the first. */
  readonly head: string | null;
  readonly files: readonly CheckpointedFile[];
}

/** git-ai leaves out what goes beyond a thousand files; all their texts travel in one input. */
const FILES_AT_ONCE = 100;

/**
 * The edits that git-ai is told of. It takes all that changed between two checkpoints for the work of whoever made the second, so the first
 * one shows each file without what models wrote, and each further one adds what one model did: exactly these characters, and no other.
 * The first is of the type `human`, which is git-ai's word for what nobody told it of, and makes nobody's lines known as a person's.
 */
export function checkpointsOf({ folder, head, files }: CheckpointParameters): readonly Checkpoint[] {
  const checkpoints: Checkpoint[] = [];
  const edited = files.map((file) => new EditedFile(file)).filter(({ models }) => models.size > 0);
  for (let from = 0; from < edited.length; from += FILES_AT_ONCE) {
    const some = edited.slice(from, from + FILES_AT_ONCE);
    checkpoints.push({
      type: "human",
      repo_working_dir: folder,
      will_edit_filepaths: some.map(({ path }) => path),
      dirty_files: Object.fromEntries(some.map((file) => [file.path, file.withOnly(new Set())])),
    });
    const told = new Set<string>();
    for (const model of [...new Set(some.flatMap(({ models }) => [...models]))].sort()) {
      told.add(model);
      const here = some.filter(({ models }) => models.has(model));
      checkpoints.push({
        type: "ai_agent",
        repo_working_dir: folder,
        edited_filepaths: here.map(({ path }) => path),
        dirty_files: Object.fromEntries(here.map((file) => [file.path, file.withOnly(told)])),
        agent_name: "proofline",
        model,
        // Completions have no conversation: those of one model between two commits are one.
        conversation_id: sha256Digest(`${head ?? ""}\n${model}`).slice(0, 32),
      });
    }
  }
  return checkpoints;
}

/** A file that can be had without what some models wrote in it. */
class EditedFile {
  readonly path: string;
  readonly models: ReadonlySet<string>;
  private readonly saved: string;
  private readonly pieces: readonly { readonly from: number; readonly to: number; readonly model: string }[];

  constructor({ path, saved, suggestions }: CheckpointedFile) {
    this.path = path;
    this.saved = saved;
    const offsetOf = offsetsIn(saved);
    const places = suggestions
      .flatMap(({ verdict: { startLine, startColumn, endLine, endColumn, findings } }) =>
        startLine === null || startColumn === null || endLine === null || endColumn === null
          ? []
          : [
              {
                from: offsetOf({ line: startLine - 1, character: startColumn - 1 }),
                to: offsetOf({ line: endLine - 1, character: endColumn - 1 }),
                model: modelLabel(findings) || "unknown",
              },
            ],
      )
      .sort((a, b) => a.from - b.from || a.to - b.to);
    // Of two that overlap the first is told; the same characters have one author.
    let reached = 0;
    this.pieces = places.filter(({ from, to }) => {
      const isFree = from >= reached && to > from;
      reached = isFree ? to : reached;
      return isFree;
    });
    this.models = new Set(groupBy(this.pieces, ({ model }) => model).keys());
  }

  /** Its text with the pieces of these models, and without those of all others. */
  withOnly(models: ReadonlySet<string>): string {
    let text = "";
    let at = 0;
    for (const { from, to, model } of this.pieces) {
      text += this.saved.slice(at, models.has(model) ? to : from);
      at = to;
    }
    return text + this.saved.slice(at);
  }
}

/** Where positions of a text with LF and without byte order mark lie in the same text with its own. */
function offsetsIn(saved: string): (position: Position) => number {
  const starts = [saved.startsWith("\uFEFF") ? 1 : 0];
  for (let end = saved.indexOf("\n"); end !== -1; end = saved.indexOf("\n", end + 1)) {
    starts.push(end + 1);
  }
  return ({ line, character }) => (starts[line] ?? saved.length) + character;
}
