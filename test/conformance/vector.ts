/** The two files that stand beside each conformance vector's folders; README.md says it in words. */
import * as z from "zod";
import { CHECK_VALUES, SUMMARIES } from "../../server/src/protocol/verdictWords";

const Digest = z.string().regex(/^[0-9a-f]{64}$/);
const Address = z.string().regex(/^0x[0-9a-f]{40}$/);

/** `case.json`: what the vector is for, and what its reader is assumed to know. */
export const VectorCase = z.strictObject({
  /** One sentence. */
  about: z.string(),
  /** Rows of the table of attacks in docs/threat-model.md that it shows. */
  rows: z.array(z.number().int().min(1).max(19)),
  /** Rules of docs/evidence.md that it shows. */
  rules: z.array(z.string()),
  known: z.strictObject({
    devices: z.array(Address),
    revokedDevices: z.array(Address),
    pins: z.array(z.strictObject({ name: z.string(), manifestDigest: Digest, omsRoot: Digest })),
    approvedModels: z.array(Digest),
    revokedModels: z.array(Digest),
    approvedEnvironments: z.array(Digest),
    /** Missing where there is none. */
    revokedEnvironments: z.array(Digest).optional(),
    /** What the chain says about batch roots; about all others `pending`, on a local chain. */
    chain: z.record(
      Digest,
      z.strictObject({
        anchor: z.enum(CHECK_VALUES.anchor),
        trust: z.enum(CHECK_VALUES.anchorTrust),
        /** Seconds since 1970; `null` where the chain holds no anchor. */
        time: z.nullable(z.number().int()),
      }),
    ),
    /** Replays of claims, by leaf hash. */
    replays: z.record(Digest, z.enum(["exact", "withinTolerance", "mismatch"])),
    /** Claims, by leaf hash, that a verifier whose word counts has replayed; missing where there is none. */
    verifierReplays: z.array(Digest).optional(),
    /** Checks of enclaves, by leaf hash. */
    enclaves: z.record(
      Digest,
      z.enum(["enclaveSigned", "enclaveRebuilt", "enclaveRevokedSince", "enclaveContradicted"]),
    ),
  }),
  /** Whether a grammar calls today's text and the sealed one the same; `null` where nobody should ask. */
  grammarSaysSame: z.nullable(z.boolean()),
});
export type VectorCase = z.infer<typeof VectorCase>;

const ExpectedChecks = z.strictObject({
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
});
export type ExpectedChecks = z.infer<typeof ExpectedChecks>;

/** `expected.json`: what a reader must say, and nothing beside it. */
export const VectorExpectation = z.strictObject({
  /** Pieces that have a verdict, by path, line and claim. */
  pieces: z.array(
    z.strictObject({
      claim: Digest,
      piece: z.number().int().nonnegative(),
      path: z.string(),
      /** First and last line, from one. Left out of edited pieces: where to point at them is a reader's choice. */
      lines: z.optional(z.nullable(z.tuple([z.number(), z.number()]))),
      /** Of the first unit and after the last, in UTF-16 code units, from one. */
      columns: z.optional(z.nullable(z.tuple([z.number(), z.number()]))),
      /** Whether other visible text stands on its lines. */
      part: z.optional(z.boolean()),
      checks: ExpectedChecks,
      summary: z.enum(SUMMARIES),
      /** Where most of the output stands in its prompt; `null` where it does not, or in no file. */
      copiedFrom: z.nullable(z.strictObject({ path: z.string(), line: z.nullable(z.number()) })),
    }),
  ),
  /**
   * What may still be pointed at of evidence that is not intact. A reader that shows nothing there is right as well; one
   * that shows anything else is not.
   */
  broken: z.array(
    z.strictObject({
      path: z.string(),
      line: z.number(),
      evidence: z.enum(["malformed", "tampered", "newer"]),
      signature: z.enum(["valid", "unknownDevice", "invalid"]),
      /** `unknown` where it is `newer`. */
      summary: z.enum(["failed", "unknown"]),
    }),
  ),
  /** Pieces that are told of beside the others. */
  beside: z.array(
    z.strictObject({
      claim: Digest,
      path: z.string(),
      summary: z.enum(SUMMARIES),
      why: z.enum(["contested", "fragment"]),
    }),
  ),
  gone: z.array(z.strictObject({ claim: Digest, path: z.string() })),
  /** Against `base/`, where there is one. */
  vanished: z.array(z.strictObject({ claim: Digest, path: z.string(), line: z.nullable(z.number()) })),
  /** Files that something is wrong with. */
  problems: z.array(z.string()),
});
export type VectorExpectation = z.infer<typeof VectorExpectation>;
export type ExpectedPiece = VectorExpectation["pieces"][number];

/** Whether a reader needs nothing that the case makes up, so that any installation must say the same. */
export function needsNothing({ known }: VectorCase): boolean {
  return Object.values(known).every((part) => Object.keys(part ?? {}).length === 0);
}
