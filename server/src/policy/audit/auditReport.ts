import * as z from "zod";
import { Count, Digest } from "../../platform/primitives";
import { CHECK_VALUES, REMARKS, SUMMARIES } from "../../protocol/verdictWords";
import { BesideVerdict, FileProblem, UnattributedLines, VanishedEvidence } from "../report";

const list = <Item extends z.ZodType>(item: Item) => z.array(item).readonly();
const OneBased = z.number().int().min(1);

/** Whether a claim can be checked by running a pinned model again, by an enclave's signature, or by nothing. */
const Kind = z.enum(["replayable", "attested", "stated"]);

/** What a model is called and known by. */
export const AuditedModel = z
  .strictObject({
    name: z.nullable(z.string()).describe("What the pin that counts here calls it."),
    manifestDigest: z.nullable(Digest).describe("Null where no pin is claimed."),
    told: z.string().describe("What the evidence calls it, which proves nothing."),
  })
  .readonly();
export type AuditedModel = z.infer<typeof AuditedModel>;

/** Where and since when a suggestion's batch is onchain, as far as the chain says so. */
export const AuditedAnchor = z
  .strictObject({
    since: z.number().describe("Seconds since 1970: the only evidence of time."),
    chainId: z.nullable(z.number()),
    chainName: z.nullable(z.string()),
    blockNumber: z.nullable(z.number()),
    transaction: z.nullable(z.string()),
    trust: z.enum(CHECK_VALUES.anchorTrust).describe("Whose word it rests on."),
  })
  .readonly();
export type AuditedAnchor = z.infer<typeof AuditedAnchor>;

/** One accepted suggestion that stands in today's text. */
export const AuditedSuggestion = z
  .strictObject({
    id: z.string().describe("A label. Two claims may bear the same one."),
    claim: z.string().describe("The leaf hash; while it stands in the journal only, the suggestion's id."),
    path: z.string().describe("Below the repository's top."),
    startLine: z.nullable(OneBased).describe("Inclusive; null where nobody can tell its place."),
    endLine: z.nullable(OneBased),
    startColumn: z.nullable(OneBased).describe("In UTF-16 code units: of its first unit."),
    endColumn: z.nullable(OneBased).describe("After its last unit."),
    isPart: z.boolean().describe("Other text stands on its lines."),
    summary: z.enum(SUMMARIES),
    remarks: list(z.enum(REMARKS)),
    reasons: list(z.string()).describe("Why it is no better, the decisive reason first."),
    decision: z
      .enum(["good", "report", "waits", "refuse", "notJudged"])
      .describe("By the rules that count. notJudged: nothing about it was changed since the base."),
    why: z.nullable(z.string()).describe("Why the rules decide so, where its reasons do not say it."),
    kind: z.nullable(Kind).describe("This and what follows is null where its evidence cannot be believed."),
    model: z.nullable(AuditedModel),
    device: z.nullable(z.string()).describe("The address that signed; empty before this computer has one."),
    isOwnDevice: z.boolean().describe("It was accepted on this computer."),
    anchor: z.nullable(AuditedAnchor).describe("Null also where no chain says that it is there."),
    evidenceFile: z.nullable(z.string()).describe("Null while it stands in the journal only."),
  })
  .readonly();
export type AuditedSuggestion = z.infer<typeof AuditedSuggestion>;

/** What some group of suggestions comes to. */
const counted = { suggestions: Count, lines: Count.describe("Lines on which one of them stands.") };

/** Lines of text files, those without visible text left out. */
export const AuditedLines = z
  .strictObject({
    files: Count.describe("Text files that git tracks or in which suggestions stand."),
    unread: Count.describe("Tracked files that are no text, or cannot be read."),
    total: Count,
    withEvidence: Count.describe("Of these, the ones on which a suggestion stands, whatever its verdict."),
    isWhole: z.boolean().describe("Whether git could say which files it tracks."),
  })
  .readonly();
export type AuditedLines = z.infer<typeof AuditedLines>;

/** One repository. */
export const AuditedRepository = z
  .strictObject({
    name: z.string().describe("Its folder's name."),
    commit: z
      .nullable(z.string())
      .describe("What is checked out. Changes that are not committed count, too."),
    paths: list(z.string()).describe("Files and folders that were asked about; none for all."),
    base: z.nullable(z.string()).describe("The revision that it was compared with."),
    policy: z
      .nullable(z.string())
      .describe("The name of the team's rules that count; null for the built-in ones."),
    lines: AuditedLines,
    byVerdict: list(z.strictObject({ summary: z.enum(SUMMARIES), ...counted }).readonly()).describe(
      "A line counts for the worst word on it. Words that nothing has are left out.",
    ),
    byModel: list(
      z.strictObject({ model: z.nullable(AuditedModel), kind: z.nullable(Kind), ...counted }).readonly(),
    ).describe("Null for evidence that cannot be believed; a line may count for several."),
    byDevice: list(
      z.strictObject({ device: z.nullable(z.string()), isOwnDevice: z.boolean(), ...counted }).readonly(),
    ),
    byMonth: list(
      z
        .strictObject({
          month: z
            .nullable(z.string())
            .describe("Of the anchor's time in UTC, as 2026-03; null where no chain tells one."),
          ...counted,
        })
        .readonly(),
    ),
    suggestions: list(AuditedSuggestion),
    vanished: list(VanishedEvidence),
    unattributed: list(UnattributedLines),
    files: list(FileProblem).describe("Evidence, anchor and policy files that cannot be believed."),
    beside: list(BesideVerdict),
    gone: list(z.strictObject({ claim: z.string(), id: z.string(), path: z.string() }).readonly()).describe(
      "Accepted once, and not found in today's text.",
    ),
    notes: list(z.string()).describe("Which rules counted, as sentences."),
    limits: list(z.string()).describe("What was not checked, and what cannot be known, as sentences."),
  })
  .readonly();
export type AuditedRepository = z.infer<typeof AuditedRepository>;

/** What `proofline report --format json` prints: what an auditor asks of one repository, or of several. */
export const AuditReport = z
  .strictObject({
    format: z.literal("proofline/audit-report/v1"),
    version: z.string().describe("Of the Proofline that made it."),
    made: z.number().describe("Seconds since 1970 by this computer's clock, which is no evidence."),
    repositories: list(AuditedRepository),
  })
  .readonly();
export type AuditReport = z.infer<typeof AuditReport>;
