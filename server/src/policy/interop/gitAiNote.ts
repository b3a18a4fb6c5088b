import * as z from "zod";
import { visibleText } from "../../protocol/visibleText";
import {
  MOST_STATED_RANGES,
  refusedRecord,
  type StatedRange,
  type StatedRanges,
  statedLines,
  statedPath,
  ToldName,
  ToldSession,
} from "./statedRange";

/** Where git-ai keeps its notes. */
export const GIT_AI_NOTES = "refs/notes/ai";

/** A longer note is not read. */
export const MOST_NOTE_BYTES = 8 * 1024 * 1024;

const Session = z.object({
  agent_id: z.object({ tool: ToldName, id: ToldSession, model: ToldName }),
});
type Session = z.infer<typeof Session>;

/** The second half of a note by git-ai's standard 3.0.0: the members that are read. */
const Metadata = z.object({
  schema_version: z.literal("authorship/3.0.0"),
  prompts: z.record(z.string(), Session),
  sessions: z.record(z.string(), Session).exactOptional(),
});
type Metadata = z.infer<typeof Metadata>;

const DIVIDER = "\n---\n";

/**
 * Reads what git-ai noted of a commit, or whoever wrote a note in its place: files, and below each the lines of sessions and people.
 *
 * @throws ProoflineError `interop.input` where it is no such note, or names what lies in no repository
 */
export function readGitAiNote(note: string): StatedRanges {
  const text = `\n${note}`;
  const at = text.indexOf(DIVIDER);
  if (at === -1) {
    throw refusedRecord("The note of git-ai has no line --- between its two parts.");
  }
  const metadata = metadataIn(text.slice(at + DIVIDER.length));
  const ranges: StatedRange[] = [];
  let passedOver = 0;
  let path: StatedRange["path"] | null = null;
  for (const line of text.slice(1, at).split("\n")) {
    const entry = /^ {2}(\S+) ([0-9,-]+)$/.exec(line);
    if (line === "") {
      continue;
    }
    if (entry === null) {
      path = statedPath(nameIn(line));
      continue;
    }
    const [, key = "", lines = ""] = entry;
    if (path === null) {
      throw refusedRecord("The note of git-ai names lines before any file.");
    }
    const session = sessionOf(key, metadata);
    for (const range of lines.split(",")) {
      const [startLine, endLine] = linesIn(path, range);
      if (session === null) {
        passedOver += 1;
        continue;
      }
      const { tool, id, model } = session.agent_id;
      ranges.push({ path, startLine, endLine, tool, session: id, model });
    }
    if (ranges.length + passedOver > MOST_STATED_RANGES) {
      throw refusedRecord(`The note of git-ai names more than ${MOST_STATED_RANGES} ranges of lines.`);
    }
  }
  return { ranges, passedOver };
}

function metadataIn(json: string): Metadata {
  try {
    return Metadata.parse(JSON.parse(json));
  } catch (error) {
    throw refusedRecord("The note of git-ai is not as its standard 3.0.0 has it.", error);
  }
}

/** A name with blanks stands in quotation marks; any other line that begins with one is none. */
function nameIn(line: string): string {
  const [, quoted] = /^"([^"]+)"$/.exec(line) ?? [];
  if (quoted === undefined && /^[\s"]/.test(line)) {
    throw refusedRecord(
      `The note of git-ai has a line that names neither a file nor lines: ${visibleText(line)}`,
    );
  }
  return quoted ?? line;
}

/** Who is behind a key; `null` for a person. */
function sessionOf(key: string, { prompts, sessions = {} }: Metadata): Session | null {
  if (/^h_[0-9a-f]{14}$/.test(key)) {
    return null;
  }
  const [, session] = /^(s_[0-9a-f]{14})::t_[0-9a-f]{14}$/.exec(key) ?? [];
  const known = session === undefined ? own(prompts, key) : own(sessions, session);
  if (known === undefined) {
    throw refusedRecord(`The note of git-ai does not say what its key ${visibleText(key)} is.`);
  }
  return known;
}

function own(sessions: Readonly<Record<string, Session>>, key: string): Session | undefined {
  return Object.hasOwn(sessions, key) ? sessions[key] : undefined;
}

function linesIn(path: string, range: string): readonly [number, number] {
  const [, start, end] = /^([1-9][0-9]{0,8})(?:-([1-9][0-9]{0,8}))?$/.exec(range) ?? [];
  if (start === undefined) {
    throw refusedRecord(
      `The note of git-ai names lines ${visibleText(range)} of ${visibleText(path)}, which are none.`,
    );
  }
  return statedLines(path, Number(start), Number(end ?? start));
}
