/**
 * What each command prints with `--json`. These schemas are the types that the commands return, what `proofline schema`
 * publishes, and what the tests hold the real output against.
 */
import * as z from "zod";
import { Attestation } from "../chain/authority/attestation";
import { DENIALS, SubjectKind } from "../chain/authority/subjects";
import { Anchor } from "../chain/chain";
import { HostStatus } from "../chain/embedded/hostMessages";
import { Recovery } from "../chain/embedded/recovery";
import {
  AttestedRecord,
  BatchFacts,
  PieceRecord,
  ReplayableRecord,
  StatedRecord,
} from "../evidence/format/record";
import { ModelSource } from "../models/modelSource";
import { PinnedFile } from "../models/pin/manifest";
import { PromptFamilyName } from "../models/pin/promptFamilies";
import { Tolerance } from "../models/pin/tolerance";
import { SignatureReport } from "../models/signature/signature";
import { Address, Count, Digest } from "../platform/primitives";
import { AuditReport } from "../policy/audit/auditReport";
import { Blame } from "../policy/blame";
import { PolicyFile } from "../policy/file/policyFile";
import { Assistance } from "../policy/interop/assistedBy";
import { Bom } from "../policy/interop/bom";
import { Checkpoint } from "../policy/interop/checkpoint";
import { TraceRecord } from "../policy/interop/traceRecord";
import { Report } from "../policy/report";
import { AUDIT_FORMATS } from "../protocol/auditFormats";
import { ChainAnswer } from "../protocol/chainAnswer";
import { ExecutionProfile } from "../protocol/executionProfile";
import { PolicyAnswer } from "../protocol/policyAnswer";
import { ChainSettings } from "../protocol/settings";
import { SUMMARIES } from "../protocol/verdictWords";
import { AnswerReport } from "../providers/attestation/answerReport";
import { SavedFile } from "../providers/savedFile";
import { EXPORT_FORMATS } from "./exportFormats";
import { Failure } from "./failure";
import { HOOK_MANAGERS } from "./hooks/hookPlace";

const list = <Item extends z.ZodType>(item: Item) => z.array(item).readonly();
const OneBased = z.number().int().min(1);

/** `milliseconds`: what the model took. */
const completion = {
  text: z.string(),
  confidence: z.number(),
  tokens: Count,
  milliseconds: z.number(),
};

const Complete = z.union([
  z.strictObject({ text: z.literal(""), reason: z.string().describe("Why nothing is suggested.") }),
  z.strictObject({ ...completion, profile: ExecutionProfile }),
  z.strictObject({
    ...completion,
    profile: ExecutionProfile,
    id: z.string().describe("The accepted suggestion."),
    path: z.string(),
    line: OneBased,
    column: OneBased,
  }),
]);

const Anchored = z.strictObject({
  sealed: list(z.strictObject({ batchRoot: z.string(), ids: list(z.string()) })),
  dropped: list(z.strictObject({ id: z.string(), reason: z.string() })),
  anchored: list(
    Anchor.extend({
      suggestions: Count,
      repaired: z.boolean().describe("Whether an anchor file stood there that the chain contradicts."),
    }),
  ),
  problems: list(z.string()),
});

const Replays = z.strictObject({
  replays: list(
    z.union([
      z.strictObject({
        id: z.string(),
        value: z.enum(["exact", "withinTolerance", "mismatch"]),
        tokens: Count,
        exact: Count,
        margin: z.number(),
        tolerance: Tolerance,
        reason: z.string().optional(),
      }),
      z.strictObject({ id: z.string(), value: z.enum(["notRun", "impossible"]), reason: z.string() }),
    ]),
  ),
});

const DigestedModel = z.strictObject({
  omsRoot: Digest,
  manifestDigest: z.nullable(Digest),
  files: list(PinnedFile),
});

const CheckedModel = z.strictObject({
  ok: z.literal(true),
  name: z.string(),
  omsRoot: Digest,
  manifestDigest: Digest,
  signature: SignatureReport,
});

const Pinned = z.strictObject({
  name: z.string(),
  omsRoot: Digest,
  manifestDigest: Digest,
  directory: z.string(),
  source: ModelSource,
  signature: SignatureReport,
  family: PromptFamilyName,
  accepted: z.boolean().describe("It counts for this repository."),
  written: z.nullable(z.string()).describe("The file that names it, below the repository's top."),
});

const Installed = z.strictObject({
  name: z.string(),
  manifestDigest: Digest,
  source: ModelSource,
  directory: z.string(),
  signature: SignatureReport,
  storedBytes: Count,
  accepted: z.boolean().describe("It counts for this repository."),
  namesakes: list(Digest).describe("Other models that are installed here under its name."),
});

const Models = z.strictObject({
  embedded: z.strictObject({ name: z.string(), manifestDigest: Digest }),
  installed: list(Installed),
  chosen: z.nullable(Digest),
  workspace: z.strictObject({
    default: z.nullable(Digest),
    models: list(
      z.strictObject({
        name: z.string(),
        manifestDigest: Digest,
        source: ModelSource,
        installed: z.boolean(),
        accepted: z.boolean(),
        namesakes: list(Digest),
      }),
    ),
  }),
  storedBytes: Count,
  partialBytes: Count,
});

const Acceptance = z.strictObject({
  manifestDigest: Digest,
  accepted: z.boolean().describe("It counts for this repository."),
});

const Running = HostStatus.extend({ running: z.literal(true) });

const ShownChain = z.strictObject({
  proposal: z
    .nullable(
      z.strictObject({
        digest: Digest.describe("Names this proposal in place of this own chain, whole."),
        chain: ChainSettings,
        answer: z.nullable(ChainAnswer),
      }),
    )
    .describe("What the repository proposes; null where that is nothing but the own chain."),
  counts: z.enum(["own", "proposed"]),
  problem: z.nullable(z.string()),
});

const AnsweredChain = z.strictObject({ digest: Digest, answer: ChainAnswer });

const AnsweredPolicy = z.strictObject({ digest: z.string(), answer: PolicyAnswer });

const Batches = z.strictObject({
  batches: list(
    z.strictObject({
      file: z.string(),
      state: z.enum(["intact", "malformed", "tampered", "newer", "unreadable"]),
      batchRoot: z.nullable(Digest),
      suggestions: list(z.strictObject({ id: z.string(), claim: Digest, path: z.string(), line: OneBased })),
    }),
  ),
});

/** `facts`, `suggestion.record` and `anchors` are as docs/evidence.md has them. */
const Shown = z.strictObject({
  file: z.string(),
  state: z.enum(["intact", "malformed", "tampered", "newer"]),
  batchRoot: Digest,
  device: Address,
  sequence: Count,
  facts: BatchFacts,
  suggestion: z.strictObject({
    record: z.union([ReplayableRecord, AttestedRecord, StatedRecord]),
    leafHash: Digest,
    displayed: z.nullable(z.string()),
    pieces: list(
      PieceRecord.omit({ lines: true }).extend({
        accepted: z.string(),
        saved: z
          .nullable(list(z.string()))
          .describe("Its whole lines as they were saved; null where withheld."),
      }),
    ),
    values: z.unknown().describe("All that the commitments are over; null where the prompt stays sealed."),
  }),
  anchors: list(Anchor),
});

const Hook = z.strictObject({
  manager: z
    .enum(HOOK_MANAGERS)
    .describe("Who decides which hooks run: git alone, core.hooksPath, or a program."),
  hook: z
    .nullable(z.string())
    .describe("The file that git starts before a commit; null where there is none."),
  file: z.string().describe("The file that holds the check, or would."),
  kept: z.nullable(z.string()).describe("A hook that was there before, and is called first."),
  state: z.enum(["works", "broken", "absent"]).describe("Of the check."),
  why: z.nullable(z.string()),
  add: list(z.string()).describe("Lines to add to the file by hand, where Proofline does not write it."),
});
const ChangedHook = Hook.extend({ changed: z.boolean().describe("Whether a file was written.") });

/** What `report` says where it wrote a file. */
const WrittenReport = z.strictObject({
  file: z.string(),
  format: z.enum(AUDIT_FORMATS),
  bytes: Count,
});

/** What `authority` prints for a wallet to send. */
const WalletTransactions = z.strictObject({
  chainId: Count,
  transactions: list(z.strictObject({ to: Address, value: z.string(), data: z.string() })),
});

const Approval = z.union([
  z.strictObject({
    uid: z.string(),
    path: z.string().describe("The file that readers find it by, below the repository's top."),
    attestation: Attestation,
  }),
  WalletTransactions,
]);

const Revocation = z.union([
  z.strictObject({
    kind: SubjectKind,
    id: z.string(),
    denial: z.enum(DENIALS),
    time: Count.describe("When the chain took it: seconds since 1970."),
    since: z.nullable(Count).describe("Since when it has been compromised; null where that was not said."),
    path: z.nullable(z.string()),
  }),
  WalletTransactions,
]);

const AuthoritySays = z.strictObject({
  time: Count.describe("The time of the block by which it is so: seconds since 1970."),
  trust: z.enum(["stateProof", "quorum", "singleRpc", "offlineProof", "local"]),
  remembered: z.boolean().describe("Whether no server could be asked now."),
  subjects: list(
    z.strictObject({
      kind: z.string(),
      id: z.string(),
      name: z.nullable(z.string()),
      approved: z.boolean(),
      until: z
        .nullable(Count)
        .describe("When the approval ended or will; null for never, or where there is none."),
      lostAt: z.nullable(Count),
      compromised: z.nullable(z.strictObject({ since: z.nullable(Count) })),
    }),
  ),
});
/** What `export` says where it wrote a file. */
const WrittenExport = WrittenReport.extend({ format: z.enum(EXPORT_FORMATS) });

/** What `import` states in this device's name. */
const Imported = z.strictObject({
  recorded: z.boolean(),
  commit: z
    .nullable(z.string())
    .describe("The commit whose lines the record speaks of; null where it speaks of what is saved."),
  statements: list(
    z
      .strictObject({
        id: z.string(),
        path: z.string(),
        line: OneBased.describe("Where its first line stood in that state."),
        lines: OneBased,
        tool: z.string(),
        session: z.string(),
        model: z.string(),
      })
      .readonly(),
  ),
  lines: Count.describe("Of all statements together."),
  known: Count.describe("Statements that were there already, and are not made twice."),
  passedOver: Count.describe("Ranges that the record gives to a person, to several, or to nobody."),
  leftOut: Count.describe("Lines that say too little to be told from others, or are too long."),
});

/** Every command by its words, with what it prints. */
export const ANSWERS = {
  complete: Complete,
  anchor: Anchored,
  replay: Replays,
  verify: Report,
  ci: z.strictObject({
    good: z.boolean(),
    summary: z.record(z.enum(SUMMARIES), Count).describe("How many suggestions came to each word."),
    anchored: list(z.string()).describe("Batch roots that were anchored now."),
    written: list(z.string()).describe("Files with reports."),
    signed: z
      .nullable(z.strictObject({ claims: Count, files: list(z.string()) }))
      .describe("What the verifier signed now; null without a verifier's key."),
  }),
  blame: Blame,
  report: z.union([AuditReport, WrittenReport]),
  export: z.union([TraceRecord, Bom, WrittenExport]),
  trailer: Assistance,
  checkpoint: z.strictObject({
    told: z.boolean().describe("Whether git-ai took all of it."),
    suggestions: Count,
    checkpoints: list(Checkpoint).describe(
      "What `git-ai checkpoint agent-v1` was given, or would be, in order.",
    ),
  }),
  "import agent-trace": Imported,
  "import git-ai": Imported,
  "model digest": DigestedModel,
  "model check": CheckedModel,
  "model pin": Pinned,
  "model fetch": z.union([Pinned, Installed.extend({ fetched: z.literal(false) })]),
  "model list": Models,
  "model use": z.strictObject({ chosen: z.nullable(Digest) }),
  "model accept": Acceptance,
  "model reject": Acceptance,
  "model remove": z.strictObject({ removed: z.nullable(Digest), bytes: Count }),
  "chain start": Running,
  "chain stop": z.strictObject({ running: z.literal(false), stopped: z.boolean() }),
  "chain status": z.union([
    Running,
    z.strictObject({ running: z.literal(false), exists: z.boolean(), recovery: z.nullable(Recovery) }),
  ]),
  "chain show": ShownChain,
  "chain accept": AnsweredChain,
  "chain decline": AnsweredChain,
  "chain forget": z.strictObject({ forgotten: z.literal(true) }),
  "policy init": z.strictObject({ path: z.string(), digest: Digest }),
  "policy check": z.union([
    z.strictObject({ valid: z.literal(true), digest: Digest }),
    z.strictObject({ valid: z.literal(false), line: OneBased, problem: z.string() }),
  ]),
  "policy explain": z.strictObject({
    counts: z.nullable(z.strictObject({ digest: Digest, policy: PolicyFile })),
    proposed: z.nullable(
      z.strictObject({
        digest: z.string().describe("What accepting takes; none where a policy was taken away."),
        policy: z.nullable(PolicyFile),
        loosened: list(z.string()).describe("In which rules it asks for less than what was accepted before."),
      }),
    ),
    hold: z.nullable(z.string()).describe("Why nobody can tell which rules count."),
    problem: z.nullable(z.string()),
  }),
  "policy accept": AnsweredPolicy,
  "policy decline": AnsweredPolicy,
  "policy forget": z.strictObject({ forgotten: z.literal(true) }),
  "authority approve-model": Approval,
  "authority enroll-device": Approval,
  "authority approve-environment": Approval,
  "authority appoint-verifier": Approval,
  "authority add": Approval,
  "authority revoke": Revocation,
  "authority list": AuthoritySays,
  "evidence list": Batches,
  "evidence show": Shown,
  "hook install": ChangedHook,
  "hook remove": ChangedHook,
  "hook status": Hook,
  "hook run": Report,
  "attestation check": AnswerReport,
  schema: z.record(z.string(), z.unknown()),
} as const;

export type CommandName = keyof typeof ANSWERS;
export type Answer<Name extends CommandName> = z.input<(typeof ANSWERS)[Name]>;

/** What `complete --batch` prints for each line of its input. */
export const BatchAnswer = z.strictObject({ ...completion, reason: z.string().optional() });

/** What is published: each command's answer, that of a batch's line, what a command prints that fails, and a file that one reads. */
const PUBLISHED: Readonly<Record<string, z.ZodType>> = {
  ...ANSWERS,
  "complete --batch": BatchAnswer,
  failure: Failure,
  "attestation file": SavedFile,
};

/** JSON Schemas (2020-12) by the words of the command. */
export function publishedSchemas(): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(PUBLISHED).map(([name, schema]) => [
      name,
      z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }),
    ]),
  );
}
