import { deflateRawSync } from "node:zlib";
import type { TrimVersion } from "../../inference/suggestion";
import { canonicalJson, linedCanonicalJson } from "../../platform/canonicalJson";
import { sha256, toDigest } from "../../platform/digests";
import { pae } from "../../platform/dsse";
import type { Sign } from "../../platform/ecdsa";
import { ProoflineError, unreachable } from "../../platform/errors";
import { type Digest, RepositoryPath } from "../../platform/primitives";
import type { BeforePiece } from "../locate/copies";
import { GRAMMARS } from "../locate/enclosure";
import { placeProblem, type RecordedOutput, recordOf } from "./claimRecord";
import type { ClaimSalts } from "./claimSalts";
import { type ClaimValues, contradictionIn } from "./claimValues";
import {
  type BoundDigests,
  boundDigestsOf,
  lineDigest,
  linesBeforeDigest,
  linesBeforeSalt,
  surroundingsDigest,
  surroundingsSalt,
} from "./commitment";
import { type SignedPayload, signPayload, toEnvelope } from "./envelope";
import { type EvidenceFile, MAX_BATCH_LINES, MAX_EVIDENCE_BYTES, type TravellingClaim } from "./evidenceFile";
import { leafHashing } from "./leaf";
import type { BatchFacts, ClaimRecord, Position } from "./record";
import { MAX_BATCH_SIZE, PAYLOAD_TYPE, PREDICATE, STATEMENT_TYPE, Statement } from "./statement";
import { rootOf } from "./tree";

/** Where one piece of a claim stands in a saved file. */
export interface PieceInput {
  readonly path: string;
  readonly start: Position;
  readonly end: Position;
  /** The whole lines from `start` to `end`, as they are saved. */
  readonly saved: readonly string[];
  /** At how many places of the file they stand, at most 64. */
  readonly copies: number;
  /** What tells them from their copies, see `amongCopies`. */
  readonly before: BeforePiece | null;
  /** Whether these lines may stand in the evidence file. */
  readonly savedTravels: boolean;
  /** The digest of their text parts, which the record says salted; `null` where nobody can tell. */
  readonly textParts: Digest | null;
}

/** One claim on its way into a batch. */
export interface ClaimInput {
  readonly id: string;
  readonly values: ClaimValues;
  /** Which trim chain made `displayed`; `null` for a stated claim, which has no output. */
  readonly trim: TrimVersion | null;
  /** As many as there are accepted texts, in their order. */
  readonly pieces: readonly PieceInput[];
  readonly salts: ClaimSalts;
  /** Whether the opening of its prompt may travel in the evidence file. */
  readonly promptTravels: boolean;
}

export interface SealBatchParameters {
  /** What all claims of the batch share. */
  readonly facts: BatchFacts;
  /** At least one, at most `MAX_BATCH_SIZE`, in the order that their leaves get; no id twice. */
  readonly claims: readonly ClaimInput[];
  /** Counts this device's batches from 0. */
  readonly sequence: number;
  readonly previousSeal: Digest | null;
  /** Signs with the key of `facts.device`. */
  readonly sign: Sign;
}

interface Leaf {
  readonly claim: ClaimInput;
  readonly record: ClaimRecord;
  readonly bound: BoundDigests;
}

export interface SealedEvidence {
  /** The batch root, which names the evidence file and goes onchain. */
  readonly batchRoot: Digest;
  readonly seal: Digest;
  /** The whole text of the evidence file. */
  readonly evidence: string;
}

/**
 * Seals a batch: commits, builds the tree, signs, and writes the evidence file's text. The same parameters give the
 * same text.
 *
 * @throws ProoflineError `evidence` where a claim contradicts itself or the batch cannot hold it.
 */
export function sealBatch(parameters: SealBatchParameters): SealedEvidence {
  const { facts, claims, sequence, previousSeal, sign } = parameters;
  refuseUnsealable(parameters);
  const leaves = claims.map((claim) => ({
    claim,
    record: publicRecord(claim),
    bound: boundDigestsOf(claim.values, claim.salts),
  }));
  const hashOf = leafHashing(facts);
  const suggestionsRoot = rootOf(leaves.map(({ record, bound }) => hashOf(record, bound)));
  const statement = Statement.parse({
    _type: STATEMENT_TYPE,
    subject: [{ name: "suggestions", digest: { sha256: toDigest(suggestionsRoot) } }],
    predicateType: PREDICATE.type,
    predicate: {
      ...facts,
      sequence,
      previousSeal,
      tree: { algorithm: "rfc9162-sha256", size: leaves.length },
    },
  });
  const signed = signPayload(Buffer.from(canonicalJson(statement), "utf8"), facts.device, sign);
  const seal = sealOf(signed);
  const file: EvidenceFile = {
    claims: leaves.map(travelling),
    envelope: toEnvelope(signed),
    prompts: compressPrompts(claims),
  };
  const evidence = linedCanonicalJson(file);
  if (Buffer.byteLength(evidence) > MAX_EVIDENCE_BYTES) {
    throw tooLarge();
  }
  return { batchRoot: toDigest(batchRootOf(suggestionsRoot, seal)), seal: toDigest(seal), evidence };
}

/**
 * The digest of a signature over a statement: SHA-256(0x00 ‖ "proofline/v1/seal" ‖ 0x00 ‖ SHA-256(PAE) ‖ signature).
 */
export function sealOf({ payload, signature }: SignedPayload): Uint8Array {
  return sha256("\0proofline/v1/seal\0", sha256(pae(PAYLOAD_TYPE, payload)), signature);
}

/**
 * What goes onchain: SHA-256(0x01 ‖ root of the suggestions' tree ‖ seal). Being over the signature, the anchor's time
 * covers the statement, the device and the paths as well.
 */
export function batchRootOf(suggestionsRoot: Uint8Array, seal: Uint8Array): Uint8Array {
  return sha256(Uint8Array.of(1), suggestionsRoot, seal);
}

function publicRecord({ id, trim, values, pieces, salts }: ClaimInput): ClaimRecord {
  const records = pieces.map(({ path, start, end, saved, copies, before, textParts }, piece) => ({
    path,
    start,
    end,
    lines: saved.map((line, index) => lineDigest(salts.texts, piece, index, line)),
    copies,
    before: before && {
      lines: before.wanted,
      digest: linesBeforeDigest(linesBeforeSalt(salts.texts, piece), before.lines),
    },
    surroundings:
      textParts === null
        ? null
        : {
            grammars: GRAMMARS,
            digest: surroundingsDigest(surroundingsSalt(salts.texts, piece), textParts),
          },
  }));
  return recordOf(id, records, values.accepted, recordedOutput(values, trim));
}

function recordedOutput(values: ClaimValues, trim: TrimVersion | null): RecordedOutput {
  if (values.kind === "stated") {
    return { kind: values.kind };
  }
  if (trim === null) {
    throw refused("An output without a trim version cannot be sealed.");
  }
  const { displayed } = values;
  switch (values.kind) {
    case "replayable":
      return { kind: values.kind, trim, displayed, tokens: values.tokens.length };
    case "attested":
      return { kind: values.kind, trim, displayed };
    default:
      return unreachable(values);
  }
}

/** A claim without what its reader can compute. */
function travelling({ claim, record, bound }: Leaf): TravellingClaim {
  const { values, trim, salts, pieces, promptTravels } = claim;
  return {
    id: record.id,
    pieces: record.pieces.map((piece, index) => {
      const input = pieces[index];
      return {
        ...piece,
        accepted: values.accepted[index] ?? "",
        lines: input?.savedTravels ? input.saved.join("\n") : piece.lines,
      };
    }),
    displayed: values.kind === "stated" ? null : values.displayed,
    trim: values.kind === "stated" ? null : trim,
    salt: salts.texts,
    sealed: promptTravels
      ? null
      : { digest: bound.sealed, tokens: values.kind === "replayable" ? values.tokens.length : null },
  };
}

/** The prompts of one file resemble each other, so all of a batch are compressed together. */
function compressPrompts(claims: readonly ClaimInput[]): string | null {
  if (!claims.some(({ promptTravels }) => promptTravels)) {
    return null;
  }
  const openings = claims.map(({ values, salts, promptTravels }) =>
    promptTravels ? { values: promptPartOf(values), salt: salts.prompt } : null,
  );
  return deflateRawSync(canonicalJson(openings), { level: 9 }).toString("base64");
}

function promptPartOf(values: ClaimValues): object {
  const { kind: _kind, accepted: _accepted, ...rest } = values;
  if (!("displayed" in rest)) {
    return rest;
  }
  const { displayed: _displayed, ...prompt } = rest;
  return prompt;
}

function refuseUnsealable({ facts, claims }: SealBatchParameters): void {
  if (claims.length === 0) {
    throw refused("A batch holds at least one suggestion.");
  }
  if (claims.length > MAX_BATCH_SIZE) {
    throw refused(`A batch holds at most ${MAX_BATCH_SIZE} suggestions.`);
  }
  if (new Set(claims.map(({ id }) => id)).size !== claims.length) {
    throw refused("A suggestion is in the batch twice.");
  }
  const lines = claims.flatMap(({ pieces }) => pieces.map(({ saved }) => saved.length));
  if (lines.reduce((sum, count) => sum + count, 0) > MAX_BATCH_LINES) {
    throw tooLarge();
  }
  for (const { values, pieces } of claims) {
    const displayed = values.kind === "stated" ? null : values.displayed;
    const contradiction = contradictionIn(values.kind, displayed, values.accepted);
    if (contradiction !== null) {
      throw refused(contradiction);
    }
    if (values.kind !== facts.execution.kind) {
      throw refused("A suggestion comes from another kind of execution.");
    }
    if (pieces.length !== values.accepted.length) {
      throw refused("A suggestion has another number of places than of accepted texts.");
    }
    for (const { path, start, end, saved } of pieces) {
      if (!RepositoryPath.safeParse(path).success) {
        throw refused("A suggestion's file is not in a repository.");
      }
      const problem = placeProblem(
        start,
        end,
        saved.map((line) => line.length),
      );
      if (problem !== null) {
        throw refused(problem);
      }
    }
  }
}

function tooLarge(): ProoflineError {
  return new ProoflineError(
    "evidence",
    "The batch's evidence file would be larger than readers accept.",
    "anchorMoreOften",
  );
}

function refused(reason: string): ProoflineError {
  return new ProoflineError("evidence", reason, "reportDefect");
}
