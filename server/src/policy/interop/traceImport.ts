import { unreachable } from "../../platform/errors";
import { visibleText } from "../../protocol/visibleText";
import { isReserved } from "./reservedName";
import {
  MOST_STATED_RANGES,
  refusedRecord,
  type StatedRange,
  type StatedRanges,
  statedLines,
  statedPath,
} from "./statedRange";
import { TRACE_VENDOR, type TraceConversation, TraceRecord } from "./traceRecord";

/** What a record of Agent Trace says, and at which commit its lines are to be read. */
export interface StatedTrace extends StatedRanges {
  /** `null` where the record names none: its lines are those of today. */
  readonly revision: string | null;
}

/**
 * Reads a record of Agent Trace that anybody may have written.
 *
 * @throws ProoflineError `interop.input` where it is none, is one of Proofline's own, or names what lies in no repository
 */
export function readTrace(text: string): StatedTrace {
  const record = parsed(text);
  if (record.metadata !== undefined && TRACE_VENDOR in record.metadata) {
    throw refusedRecord(
      "The record was exported by Proofline: what it says rests on evidence, which lies in the repository itself.",
    );
  }
  const { vcs, tool, files, id } = record;
  const models = files.flatMap(({ conversations }) =>
    conversations.flatMap(({ contributor, ranges }) => [
      contributor?.model_id,
      ...ranges.map((range) => range.contributor?.model_id),
    ]),
  );
  if ([tool?.name, ...models].some((name) => name !== undefined && isReserved(name))) {
    throw refusedRecord(
      "The record names Proofline, or weights by a digest: what Proofline says rests on evidence, and nobody else can state it.",
    );
  }
  if (vcs !== undefined && (vcs.type !== "git" || !/^[0-9a-f]{7,64}$/i.test(vcs.revision))) {
    throw refusedRecord(
      `The record names revision ${visibleText(vcs.revision)} of ${vcs.type}, and not a commit of git.`,
    );
  }
  const ranges: StatedRange[] = [];
  let passedOver = 0;
  for (const { path: named, conversations } of files) {
    const path = statedPath(named);
    for (const conversation of conversations) {
      for (const range of conversation.ranges) {
        const [startLine, endLine] = statedLines(path, range.start_line, range.end_line);
        const contributor = range.contributor ?? conversation.contributor;
        if (!isWrittenByAi(contributor)) {
          passedOver += 1;
          continue;
        }
        ranges.push({
          ...{ path, startLine, endLine },
          tool: tool?.name ?? "",
          session: conversation.url ?? id,
          model: contributor?.model_id ?? "",
        });
      }
      if (ranges.length + passedOver > MOST_STATED_RANGES) {
        throw refusedRecord(`The record names more than ${MOST_STATED_RANGES} ranges of lines.`);
      }
    }
  }
  return { ranges, passedOver, revision: vcs?.revision ?? null };
}

function parsed(text: string): TraceRecord {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw refusedRecord("The file holds no JSON.", error);
  }
  const record = TraceRecord.safeParse(value);
  if (!record.success) {
    const [issue] = record.error.issues;
    const where = issue === undefined || issue.path.length === 0 ? "" : ` at ${issue.path.join(".")}`;
    throw refusedRecord(
      `The file holds no record of Agent Trace${visibleText(where)}: ${visibleText(issue?.message ?? "")}.`,
      record.error,
    );
  }
  return record.data;
}

/** A mixed range is not the tool's alone, so nobody could state it as its work. */
function isWrittenByAi(contributor: TraceConversation["contributor"]): boolean {
  const type = contributor?.type ?? "unknown";
  switch (type) {
    case "ai":
      return true;
    case "human":
    case "mixed":
    case "unknown":
      return false;
    default:
      return unreachable(type);
  }
}
