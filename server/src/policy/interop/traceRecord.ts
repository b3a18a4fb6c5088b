import * as z from "zod";
import { Text } from "../../platform/primitives";
import { ToldName, ToldSession } from "./statedRange";

/** The version of the specification that is written. */
export const TRACE_VERSION = "0.1.0";

/** What one record may hold; more is refused before it costs anything. */
const MOST_FILES = 10_000;
const MOST_CONVERSATIONS = 10_000;
const MOST_RANGES = 10_000;
const LONGEST = 4_096;

const ShortText = z.string().max(LONGEST).pipe(Text);
const LineNumber = z.number().int().min(1).max(Number.MAX_SAFE_INTEGER);

const Contributor = z.object({
  type: z.enum(["human", "ai", "mixed", "unknown"]),
  model_id: ToldName.exactOptional(),
});

const TraceRange = z.object({
  start_line: LineNumber,
  end_line: LineNumber,
  contributor: Contributor.exactOptional(),
});
export type TraceRange = z.infer<typeof TraceRange>;

const TraceConversation = z.object({
  url: ToldSession.exactOptional(),
  contributor: Contributor.exactOptional(),
  ranges: z.array(TraceRange).max(MOST_RANGES),
});
export type TraceConversation = z.infer<typeof TraceConversation>;

/**
 * A record of Agent Trace, a specification for tracing generated code (agent-trace.dev): the members that Proofline writes or reads. Others
 * are passed over, as the specification lets vendors add some.
 */
export const TraceRecord = z.object({
  version: z.string().regex(/^0\.[0-9]{1,4}\.[0-9]{1,4}$/),
  id: z.guid(),
  timestamp: z.iso.datetime({ offset: true }),
  vcs: z.object({ type: z.enum(["git", "jj", "hg", "svn"]), revision: ShortText }).exactOptional(),
  tool: z.object({ name: ToldName.exactOptional(), version: ShortText.exactOptional() }).exactOptional(),
  files: z
    .array(z.object({ path: ShortText, conversations: z.array(TraceConversation).max(MOST_CONVERSATIONS) }))
    .max(MOST_FILES),
  metadata: z.record(z.string(), z.unknown()).exactOptional(),
});
export type TraceRecord = z.infer<typeof TraceRecord>;

/** The member of a record's metadata that holds what Proofline adds, as the specification has vendors name theirs. */
export const TRACE_VENDOR = "dev.proofline";
