import { open, readFile, realpath } from "node:fs/promises";
import { relative, resolve } from "node:path";
import { createInterface } from "node:readline";
import * as z from "zod";
import { openJournal } from "../evidence/journal/journal";
import { openRepository } from "../evidence/repository/openRepository";
import { type CompletionRequest, describeNothing } from "../inference/engine/engine";
import { unreachable } from "../platform/errors";
import { replaceFile } from "../platform/replaceFile";
import { acceptedSuggestion, newSuggestionId } from "../workflows/accept";
import type { Answer, BatchAnswer } from "./answers";
import { CommandError } from "./commandError";
import { type CommandResult, printJson } from "./output";
import { type Session, withProvider } from "./session";
import { namedFileError } from "./systemRefusals";
import { TextFile } from "./textFile";

export interface CompleteFlags {
  readonly file: string;
  /** One-based. */
  readonly line: number;
  /** One-based, in UTF-16 code units. */
  readonly column: number;
  readonly accept: boolean;
  readonly maxTokens: number;
}

/** `proofline complete --file F --line L --column C`: the whole path without an editor. */
export async function complete(
  session: Session,
  flags: CompleteFlags,
): Promise<CommandResult<Answer<"complete">>> {
  const refuse = (error: unknown): never => {
    throw namedFileError(flags.file, error);
  };
  const file = await realpath(resolve(flags.file)).catch(refuse);
  const original = await readFile(file).catch(refuse);
  const parsed = TextFile.parse(original);
  if (parsed === null) {
    throw new CommandError(
      "document",
      `${flags.file} is not UTF-8, so its characters cannot be told from one another.`,
      "Save it as UTF-8, then run the command again.",
    );
  }
  const { text } = parsed;
  const offset = offsetOf(text, flags.line, flags.column);
  const repository = await openRepository(file, [process.cwd()]);
  const path = relative(repository.folder, file).replaceAll("\\", "/");
  const refusal = await repository.refusals.of(path);
  if (refusal !== null) {
    throw new CommandError("document", refusal, "Choose a file that is neither ignored nor secret.");
  }

  return withProvider(session, async (provider) => {
    const outcome = await provider.suggest(
      request(path, text.slice(0, offset), text.slice(offset), flags.maxTokens),
    );
    if (outcome.kind === "nothing") {
      const reason = describeNothing(outcome.reason);
      return { exitCode: 1, json: { text: "", reason }, text: [reason] };
    }
    const { offered } = outcome;
    const completion = offered.output;
    const summary = {
      text: completion.displayed,
      confidence: completion.confidence,
      tokens: completion.tokens.length,
      milliseconds: completion.milliseconds,
      profile: completion.profile,
    };
    if (!flags.accept) {
      return { exitCode: 0, json: summary, text: [{ block: completion.displayed }] };
    }

    const id = newSuggestionId();
    const position = { line: flags.line - 1, character: flags.column - 1 };
    const journal = await openJournal(session.home);
    try {
      // Journal first: a crash before the edit leaves a suggestion whose text is nowhere, which sealing drops.
      await journal.accept(
        acceptedSuggestion({
          id,
          offered,
          repository: repository.folder,
          path,
          position,
        }),
      );
      try {
        await write(flags.file, file, original, parsed.withInsertion(offset, completion.displayed));
      } catch (error) {
        // Where that fails, too, sealing drops it, for its text is nowhere.
        await journal.withdraw(id).catch(() => {});
        throw error;
      }
    } finally {
      await journal.close();
    }
    return {
      exitCode: 0,
      json: { ...summary, id, path, line: flags.line, column: flags.column },
      text: [
        { block: completion.displayed },
        `Accepted as ${id}; run "proofline anchor" to seal and anchor it.`,
      ],
    };
  });
}

/** Gives the file its new content, or says why it lies there as it was. */
async function write(named: string, file: string, before: Buffer, after: Buffer): Promise<void> {
  const outcome = await replaceFile(file, before, after).catch((error: unknown) => {
    throw namedFileError(named, error);
  });
  switch (outcome) {
    case "replaced":
      return;
    case "changed":
      throw new CommandError(
        "document",
        `${named} was changed by another program meanwhile, so nothing was inserted.`,
        "Run the command again.",
      );
    case "severalNames":
      throw new CommandError(
        "document",
        `${named} has other names (hard links), which a change would part from it, so nothing was inserted.`,
        "Put a copy in its place, or accept the suggestion in the editor.",
      );
    case "foreign":
      throw new CommandError(
        "document",
        `${named} belongs to another user, which a change would not keep, so nothing was inserted.`,
        "Have its owner run the command, or put a copy in its place.",
      );
    default:
      unreachable(outcome);
  }
}

const BatchLine = z.object({
  path: z.nullish(z.string()),
  prefix: z.string(),
  suffix: z.string().default(""),
});

/** `proofline complete --batch FILE`: JSON lines in, JSON lines out, one model load. Ends at the first bad line. */
export async function completeBatch(session: Session, file: string, maxTokens: number): Promise<void> {
  const input = file === "-" ? process.stdin : await openInput(file);
  await withProvider(session, async (provider) => {
    const lines = createInterface({ input, crlfDelay: Infinity });
    let number = 0;
    for await (const line of lines) {
      number += 1;
      if (line.trim() === "") {
        continue;
      }
      const { path, prefix, suffix } = parseLine(line, number);
      const started = performance.now();
      const outcome = await provider.suggest(request(path ?? null, prefix, suffix, maxTokens));
      const answer: z.input<typeof BatchAnswer> =
        outcome.kind === "offered"
          ? {
              text: outcome.offered.output.displayed,
              confidence: outcome.offered.output.confidence,
              tokens: outcome.offered.output.tokens.length,
              milliseconds: outcome.offered.output.milliseconds,
            }
          : {
              text: "",
              confidence: outcome.confidence,
              tokens: 0,
              milliseconds: performance.now() - started,
              reason: describeNothing(outcome.reason),
            };
      printJson(answer);
    }
  });
}

/** Opened before the model is loaded, so that a mistake is told at once. */
async function openInput(path: string): Promise<NodeJS.ReadableStream> {
  const file = await open(path).catch((error: unknown) => {
    throw namedFileError(path, error);
  });
  if ((await file.stat()).isDirectory()) {
    await file.close();
    throw new CommandError(
      "document",
      `${path} is a folder where a file is needed.`,
      "Name a file of JSON lines.",
    );
  }
  return file.createReadStream();
}

function parseLine(line: string, number: number): z.infer<typeof BatchLine> {
  try {
    return BatchLine.parse(JSON.parse(line));
  } catch (error) {
    throw new CommandError(
      "usage",
      `Line ${number} of the batch is not a JSON object whose "prefix" (and "path" and "suffix", if given) are texts.`,
      "Give one JSON object per line.",
      { cause: error },
    );
  }
}

function request(path: string | null, prefix: string, suffix: string, maxTokens: number): CompletionRequest {
  return {
    path,
    prefix: prefix.replaceAll("\r\n", "\n"),
    suffix: suffix.replaceAll("\r\n", "\n"),
    context: [],
    trigger: "explicit",
    extent: "auto",
    maxTokens,
  };
}

function offsetOf(text: string, line: number, column: number): number {
  const lines = text.split("\n");
  const content = lines[line - 1];
  if (content === undefined || column < 1 || column > content.length + 1) {
    throw new CommandError(
      "usage",
      `There is no line ${line}, column ${column} in the file.`,
      `Lines are numbered from 1 to ${lines.length}, columns from 1 to one past the end of the line.`,
    );
  }
  if (!content.slice(0, column - 1).isWellFormed()) {
    throw new CommandError(
      "usage",
      `Column ${column} of line ${line} lies within a character.`,
      "Columns count UTF-16 units, of which some characters have two; name the next column.",
    );
  }
  return lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0) + column - 1;
}
