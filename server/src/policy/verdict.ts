import * as z from "zod";
import { Tolerance } from "../models/pin/tolerance";
import { Count, Digest } from "../platform/primitives";
import type { PlaceInText } from "../protocol/coveredLines";
import { ExecutionProfile } from "../protocol/executionProfile";
import { CHECK_VALUES, SUMMARIES } from "../protocol/verdictWords";
import { AnswerCheckValue } from "../providers/attestation/answerReport";

/** Every check's value. */
export const Checks = z
  .strictObject({
    content: z.enum(CHECK_VALUES.content),
    evidence: z.enum(CHECK_VALUES.evidence),
    signature: z.enum(CHECK_VALUES.signature),
    anchor: z.enum(CHECK_VALUES.anchor),
    anchorTrust: z.enum(CHECK_VALUES.anchorTrust),
    execution: z.enum(CHECK_VALUES.execution),
    model: z.enum(CHECK_VALUES.model),
    environment: z.enum(CHECK_VALUES.environment),
    prompt: z.enum(CHECK_VALUES.prompt),
    copied: z.enum(CHECK_VALUES.copied),
  })
  .readonly();
export type Checks = z.infer<typeof Checks>;

/**
 * A part of an open prompt that was not found where it belongs. `path`: it names another file. `place`: nobody can
 * tell where the accepted text stands. `output`: that text was edited. `prefix`, `suffix`: other text stands directly
 * before or after it. `context`: a file that it quotes is not in the repository, or does not hold these lines.
 */
export const PromptMisfit = z
  .union([
    z.strictObject({ part: z.literal("path"), path: z.string() }),
    z.strictObject({ part: z.enum(["place", "output", "prefix", "suffix"]) }),
    z.strictObject({ part: z.literal("context"), path: z.string(), why: z.enum(["missing", "changed"]) }),
  ])
  .readonly();
export type PromptMisfit = z.infer<typeof PromptMisfit>;

/** Where most of an output stands in its prompt already. */
export const CopiedFrom = z
  .strictObject({
    path: z.nullable(z.string()).describe("Below the repository's top; null where the prompt names no file."),
    line: z
      .nullable(z.number().int().min(1))
      .describe("Of today's text; null where the prompt's text does not stand there."),
  })
  .readonly();
export type CopiedFrom = z.infer<typeof CopiedFrom>;

/** One check of an attested claim's enclave. */
export const EnclaveCheck = z
  .strictObject({
    name: z.string().describe("By the scheme's own list."),
    value: AnswerCheckValue.describe(
      "warning: it held at the time and does no longer, or did not come in time. pending: it cannot be told yet. unproved: nobody can check it.",
    ),
    reason: z.string(),
  })
  .readonly();
export type EnclaveCheck = z.infer<typeof EnclaveCheck>;

/** What the checks found beyond their values. */
export const Findings = z
  .strictObject({
    content: z
      .strictObject({
        kept: Count.describe("Lines that the piece touches, are not blank and stand as they were."),
        total: Count.describe("Lines that it touches and that are not blank."),
        surroundings: z
          .enum(["same", "changed"])
          .describe(
            "Whether a compiler reads its lines as it did when they were sealed, or, perhaps, other parts of them as comments and strings.",
          ),
        part: z.boolean().describe("Other visible text than that of claims as good stands on its lines."),
        share: z
          .number()
          .min(0)
          .max(1)
          .describe(
            "How much of the visible text on its lines is that of claims as good; 0 where it has no place.",
          ),
        displayed: Count.describe("UTF-16 code units of what was offered."),
        accepted: Count.describe("UTF-16 code units of what was accepted of it."),
      })
      .readonly(),
    model: z
      .strictObject({
        name: z.nullable(z.string()).describe("What the pin that counts here calls it."),
        told: z.string().describe("What the evidence calls it, which counts for nothing."),
        tool: z
          .string()
          .exactOptional()
          .describe("Of a stated claim, the tool that is said to have written it, which nobody can check."),
        manifestDigest: z.nullable(Digest).describe("Null where no pin is claimed."),
        omsRoot: z.nullable(Digest),
      })
      .readonly(),
    device: z.string(),
    environment: z
      .nullable(
        z.strictObject({
          digest: Digest,
          engine: z.string(),
          platform: z.string(),
          profile: ExecutionProfile.describe("It was made under this profile, and so is replayed under it."),
        }),
      )
      .readonly()
      .describe("What the device says ran the model; null where it says nothing."),
    prompt: z
      .strictObject({
        share: z
          .nullable(z.number().min(0).max(1))
          .describe("How much of the accepted text stands in the prompt already; null where it is sealed."),
        copiedFrom: z.nullable(CopiedFrom),
        quotes: z.array(z.string()).readonly().describe("Other files that the prompt quotes, each once."),
        misfits: z.array(PromptMisfit).readonly().describe("Why an open prompt is not bound."),
      })
      .readonly(),
    execution: z
      .strictObject({
        kind: z.enum(["replayable", "attested", "stated"]),
        tokens: Count.describe("Compared tokens."),
        exact: Count.describe("Those of them that were the model's first choice."),
        margin: z
          .number()
          .describe("The largest logit by which a claimed token stood behind the first choice."),
        tolerance: Tolerance.readonly().describe("What profile and pin forgive."),
        verifier: z
          .string()
          .exactOptional()
          .describe("Who replayed it in place of this computer, as the rules call them, with their address."),
        reason: z.string().exactOptional().describe("Why it was not replayed, or what its checks found."),
        checks: z.array(EnclaveCheck).readonly().exactOptional().describe("Of an attested claim's enclave."),
      })
      .readonly(),
    anchor: z
      .strictObject({
        batchRoot: z.string().describe("Empty while it stands in the journal only."),
        chainId: z.number().exactOptional(),
        chainName: z.string().exactOptional(),
        blockNumber: z.number().exactOptional(),
        transaction: z.string().exactOptional(),
        time: z.number().exactOptional().describe("Seconds since 1970: the only evidence of time."),
        reason: z.string().exactOptional().describe("Why it could not be checked, or what contradicted it."),
        operators: z
          .array(z.string())
          .readonly()
          .exactOptional()
          .describe("Who runs the RPC servers that all said so; missing where none was asked."),
        remarks: z
          .array(z.string())
          .readonly()
          .exactOptional()
          .describe("What other anchor files say that is not so, a sentence each."),
      })
      .readonly(),
  })
  .readonly();
export type Findings = z.infer<typeof Findings>;

const OneBased = z.nullable(z.number().int().min(1));

/** The verdict on one piece of one claim in today's text. */
export const Verdict = z
  .strictObject({
    key: z.string().describe("Names the piece and its claim among all verdicts."),
    claim: z.string().describe("The leaf hash; while it stands in the journal only, the suggestion's id."),
    id: z.string().describe("A label. Two claims may bear the same one."),
    path: z.string(),
    startLine: OneBased.describe("Lines are of today's text, inclusive; null where it has no place."),
    endLine: OneBased,
    startColumn: OneBased.describe("In UTF-16 code units: of its first unit."),
    endColumn: OneBased.describe("After its last unit."),
    summary: z.enum(SUMMARIES),
    checks: Checks,
    reasons: z
      .array(z.string())
      .readonly()
      .describe("A sentence for each check that kept the summary from being better, the decisive one first."),
    findings: Findings,
    evidenceFile: z.nullable(z.string()).describe("Null while it stands in the journal only."),
  })
  .readonly();
export type Verdict = z.infer<typeof Verdict>;

/** Where a verdict stands in the text that it was made of; `null` where that cannot be decided. */
export function placeOf({
  startLine,
  startColumn,
  endLine,
  endColumn,
}: Pick<Verdict, "startLine" | "startColumn" | "endLine" | "endColumn">): PlaceInText | null {
  return startLine === null || startColumn === null || endLine === null || endColumn === null
    ? null
    : {
        start: { line: startLine - 1, character: startColumn - 1 },
        end: { line: endLine - 1, character: endColumn - 1 },
      };
}

/** How the verifier is called who stands for the word *verified*, in quotation marks, without the address; `null` where none does. */
export function verifierBehind({ summary, findings }: Verdict): string | null {
  const { verifier } = findings.execution;
  return summary !== "verified" || verifier === undefined
    ? null
    : verifier.replace(/ \(0x[0-9a-f]{40}\)$/, "");
}
