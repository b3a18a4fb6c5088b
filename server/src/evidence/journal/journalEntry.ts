import * as z from "zod";
import { sha256 } from "../../platform/digests";
import { Count, Digest, RandomId, Text } from "../../platform/primitives";
import { AcceptedSuggestion } from "../format/acceptedSuggestion";
import { Position } from "../format/record";

/** A prompt that stays with its author, and why, as a sentence. */
export const SealedPrompt = z.strictObject({ id: RandomId, reason: Text });
export type SealedPrompt = z.infer<typeof SealedPrompt>;

/** A batch that was sealed, with all that is needed to write its evidence file again and to anchor it. */
export const SealedBatchEntry = z.strictObject({
  /** The batch root, which is anchored. */
  batchRoot: Digest,
  seal: Digest,
  sequence: Count,
  /** Absolute path of the repository's top. */
  repository: Text,
  ids: z.array(RandomId).min(1),
  /** Those of them whose prompt's opening is not in the evidence file, and why, each as a sentence. */
  sealedPrompts: z.array(SealedPrompt),
  /** The whole text of the evidence file. */
  evidence: Text,
});
export type SealedBatchEntry = z.infer<typeof SealedBatchEntry>;

/** What can change about an accepted suggestion before it is sealed. */
export const Amendment = z.strictObject({
  repository: z.nullable(Text),
  path: Text,
  position: Position,
  accepted: Text,
});
export type Amendment = z.infer<typeof Amendment>;

const JournalChange = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("accepted"), suggestion: AcceptedSuggestion }),
  /** More or less of it was accepted, it came back by a redo, or its document moved. */
  z.strictObject({ kind: z.literal("amended"), id: RandomId, amendment: Amendment }),
  /** Taken back by an undo; an amendment brings it back. */
  z.strictObject({ kind: z.literal("withdrawn"), id: RandomId }),
  z.strictObject({ kind: z.literal("sealed"), batch: SealedBatchEntry }),
  z.strictObject({ kind: z.literal("anchored"), batchRoot: Digest, chainId: Count }),
  /** Will never be sealed, and why. */
  z.strictObject({ kind: z.literal("dropped"), ids: z.array(RandomId).min(1), reason: Text }),
]);

/** One line of a journal. `adopted` holds all that was left in a dead process's journal of that name. */
export const JournalEntry = z.discriminatedUnion("kind", [
  ...JournalChange.options,
  z.strictObject({ kind: z.literal("adopted"), journal: z.string(), entries: z.array(JournalChange) }),
]);
export type JournalChange = z.infer<typeof JournalChange>;
export type JournalEntry = z.infer<typeof JournalEntry>;

/** A line: 16 hex digits of the entry's SHA-256, a space, its JSON, LF. The check sum tells a torn or changed line. */
export function formatLine(entry: JournalEntry): Buffer {
  const json = JSON.stringify(entry);
  return Buffer.from(`${checksum(json)} ${json}\n`, "utf8");
}

export interface JournalContent {
  readonly entries: readonly JournalEntry[];
  /** Lines before the last one that cannot be believed. */
  readonly damagedLines: number;
}

/**
 * Reads a journal's bytes. A last line without its LF was cut off by a crash before it was acknowledged. With `kinds`,
 * other entries are passed over unread.
 */
export function parseLines(bytes: Buffer, kinds?: readonly JournalEntry["kind"][]): JournalContent {
  const entries: JournalEntry[] = [];
  let damagedLines = 0;
  let start = 0;
  for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
    const line = bytes.subarray(start, end);
    start = end + 1;
    if (
      kinds !== undefined &&
      !kinds.some((kind) =>
        line
          .subarray(17, 17 + 64)
          .toString("latin1")
          .startsWith(`{"kind":"${kind}"`),
      )
    ) {
      continue;
    }
    const entry = parseLine(line.toString("utf8"));
    if (entry === null) {
      damagedLines += 1;
    } else {
      entries.push(entry);
    }
  }
  return { entries, damagedLines };
}

function parseLine(line: string): JournalEntry | null {
  const json = line.slice(17);
  if (line[16] !== " " || line.slice(0, 16) !== checksum(json)) {
    return null;
  }
  try {
    return JournalEntry.parse(JSON.parse(json));
  } catch {
    return null;
  }
}

function checksum(json: string): string {
  return sha256(json).toString("hex", 0, 8);
}
