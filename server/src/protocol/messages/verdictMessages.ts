/** Verdicts: what is shown, and what a person can ask for about them. */
import * as z from "zod";
import { Count } from "../../platform/primitives";
import { AuditFormat } from "../auditFormats";
import { REMARKS, SUMMARIES } from "../verdictWords";
import { DocumentUri, TextPosition, TextRange } from "./documentPlaces";
import { notification, question, request } from "./message";

const SuggestionId = z.string().min(1);
const Summaries = z.enum(SUMMARIES);
/** Sentences for people. */
const Sentences = z.array(z.string()).readonly();

/** What a suggestion shows in the editor. */
export const ShownVerdict = z.object({
  id: SuggestionId,
  /** The model's characters; of an edited one, from the first to the last line that is still as accepted. */
  range: TextRange,
  summary: Summaries,
  remarks: z.array(z.enum(REMARKS)).readonly(),
  /** Of an edited one how many of its lines stand as they were sealed; `null` where that says nothing more. */
  keptLines: z.nullable(z.object({ kept: Count, total: Count })),
  /** Completes the badge where the summary alone would mislead, e.g. `journal only: not in a folder`. */
  note: z.nullable(z.string()),
  /** The device that accepted it, in a few letters; `null` where its evidence cannot be believed. */
  device: z.nullable(z.string()),
  /** Since when it is onchain, as people read it; `null` where it is not, or its evidence cannot be believed. */
  since: z.nullable(z.string()),
});
export type ShownVerdict = z.infer<typeof ShownVerdict>;

const DocumentVerdicts = z.object({
  uri: DocumentUri,
  /** The document version that the ranges are for; the client shifts them with later edits until the next message. */
  version: z.number().int(),
  verdicts: z.array(ShownVerdict).readonly(),
});

/** The verdicts of one document, whole each time. */
export const DidChangeVerdicts = notification(
  "proofline/didChangeVerdicts",
  "serverToClient",
  DocumentVerdicts,
);
export namespace DidChangeVerdicts {
  export type Parameters = z.infer<typeof DocumentVerdicts>;
}

const Anchored = z.object({
  anchored: Count,
  /** What kept the rest from being sealed or anchored; empty when nothing did. */
  problems: Sentences,
});

/** Seal and anchor all that is pending, now. Can be cancelled. */
export const AnchorNow = question("proofline/anchorNow", "clientToServer", Anchored);
export namespace AnchorNow {
  export type Result = z.infer<typeof Anchored>;
}

const Replayed = z.object({
  exact: Count,
  withinTolerance: Count,
  mismatch: Count,
  impossible: Count,
  reasons: Sentences,
});

/** Replay the suggestions of a document, or one of them, now. Can be cancelled. */
export const ReplayNow = request(
  "proofline/replayNow",
  "clientToServer",
  z.object({ uri: DocumentUri, id: SuggestionId.exactOptional() }),
  Replayed,
);
export namespace ReplayNow {
  export type Result = z.infer<typeof Replayed>;
}

const Verified = z.object({ counts: z.record(Summaries, Count), problems: Sentences });

/** Verify one document afresh, nothing cached. */
export const VerifyFile = request(
  "proofline/verifyFile",
  "clientToServer",
  z.object({ uri: DocumentUri }),
  Verified,
);
export namespace VerifyFile {
  export type Result = z.infer<typeof Verified>;
}

const WholeVerdict = z.object({ id: SuggestionId, markdown: z.string(), range: TextRange });

/** The whole verdict at a place, as the markdown of a hover; `null` where no suggestion lies. */
export const GetVerdict = request(
  "proofline/getVerdict",
  "clientToServer",
  z.object({ uri: DocumentUri, position: TextPosition }),
  z.nullable(WholeVerdict),
);
export namespace GetVerdict {
  export type Result = z.infer<typeof WholeVerdict>;
}

/** All that is known of a verdict in an open document, as Markdown; `null` where no open document has it. */
export const GetVerdictDocument = request(
  "proofline/getVerdictDocument",
  "clientToServer",
  z.object({ id: SuggestionId }),
  z.nullable(z.string()),
);

const BlamedFile = z.object({
  /** The document version that the lines are of. */
  version: z.number().int(),
  /** From the first line on. */
  rows: z
    .array(
      z.object({
        /** Verdict, model, device and day in columns, letter by letter; blank where nothing is known of the line. */
        head: z.string(),
        /** The word with which the head begins; `null` where nothing is known of the line. */
        summary: z.nullable(Summaries),
      }),
    )
    .readonly(),
});

/** What is known of each line of an open document. */
export const GetBlame = request(
  "proofline/getBlame",
  "clientToServer",
  z.object({ uri: DocumentUri }),
  BlamedFile,
);
export namespace GetBlame {
  export type Result = z.infer<typeof BlamedFile>;
}

/** One accepted suggestion of a repository, for a list. */
const ListedSuggestion = z.object({
  id: SuggestionId,
  /** Of the file that it stands in. */
  uri: DocumentUri,
  /** Below the repository's top. */
  path: z.string(),
  range: TextRange,
  summary: Summaries,
  remarks: z.array(z.enum(REMARKS)).readonly(),
  /** What the pin that counts here calls it, or what is said where none does. */
  model: z.string(),
  device: z.string(),
  isOwnDevice: z.boolean(),
  /** Its first line as it stands today, without what is somebody else's on it. */
  text: z.string(),
});
export type ListedSuggestion = z.infer<typeof ListedSuggestion>;

const ListedRepository = z.object({
  folder: z.string(),
  suggestions: z.array(ListedSuggestion).readonly(),
  /** How many more there are than a list can show. */
  more: Count,
  /** What is wrong with evidence and anchor files. */
  problems: z.array(z.object({ path: z.string(), problem: z.string() })).readonly(),
});
export type ListedRepository = z.infer<typeof ListedRepository>;

/** Every accepted suggestion in this window's repositories, as saved or as open in the editor. Can be cancelled. */
export const ListSuggestions = question(
  "proofline/listSuggestions",
  "clientToServer",
  z.array(ListedRepository).readonly(),
);

/** Write a report for an auditor to a file of this machine; `null` where it was cancelled before it was written. */
export const ExportReport = request(
  "proofline/exportReport",
  "clientToServer",
  z.object({
    format: AuditFormat,
    /** An absolute path. */
    file: z.string().min(1),
    /** A folder whose repository it is about; `null` for all of this window's. */
    folder: z.nullable(DocumentUri),
  }),
  z.nullable(z.object({ repositories: Count, suggestions: Count })),
);

const FileVerdicts = z.object({
  /** The repository's folder. */
  folder: z.string(),
  files: z
    .array(
      z.object({
        uri: DocumentUri,
        /** How many of its suggestions came to each word, the worst first. */
        counts: z
          .array(z.object({ summary: Summaries, count: Count }))
          .min(1)
          .readonly(),
      }),
    )
    .readonly(),
});

/** What each file of a repository holds, whole each time; only while `Settings.fileDecorations` asks for it. */
export const DidChangeFileVerdicts = notification(
  "proofline/didChangeFileVerdicts",
  "serverToClient",
  FileVerdicts,
);
export namespace DidChangeFileVerdicts {
  export type Parameters = z.infer<typeof FileVerdicts>;
}

const Advance = z.object({ done: Count, total: Count });

/** Run the model again on every suggestion of this window's repositories. `DidAdvanceReplays` tells how far it is; can be cancelled. */
export const ReplayAll = question("proofline/replayAll", "clientToServer", Replayed);

/** How far `ReplayAll` is. */
export const DidAdvanceReplays = notification("proofline/didAdvanceReplays", "serverToClient", Advance);

const EvidencePlace = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("file"), uri: DocumentUri }),
  z.object({ kind: z.literal("none"), reason: z.string() }),
]);

/** The evidence file that holds a suggestion, or why there is none yet. */
export const LocateEvidence = request(
  "proofline/locateEvidence",
  "clientToServer",
  z.object({ id: SuggestionId }),
  EvidencePlace,
);
export namespace LocateEvidence {
  export type Result = z.infer<typeof EvidencePlace>;
}
