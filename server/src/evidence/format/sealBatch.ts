import { deflateRawSync } from "node:zlib";
import { canonicalJson, prettyCanonicalJson } from "../../platform/canonicalJson";
import { sha256, toDigest } from "../../platform/digests";
import { pae } from "../../platform/dsse";
import type { Sign } from "../../platform/ecdsa";
import { ProoflineError } from "../../platform/errors";
import { type Digest, RepositoryPath } from "../../platform/primitives";
import { commitAll, lineDigests } from "./commitment";
import { type SignedPayload, signPayload, toEnvelope } from "./envelope";
import {
  type EvidenceFile,
  MAX_EVIDENCE_BYTES,
  type PromptOpening,
  type PromptOpenings,
} from "./evidenceFile";
import { leafHash, leafRecord } from "./leaf";
import type { AcceptedSuggestion, BatchFacts, SuggestionRecord, SuggestionValues } from "./record";
import { MAX_BATCH_SIZE, PAYLOAD_TYPE, PREDICATE_TYPE, STATEMENT_TYPE, type Statement } from "./statement";
import { rootOf } from "./tree";

/** One suggestion on its way into a batch, with its final path, position and accepted text. */
export interface SealedInput {
  readonly suggestion: AcceptedSuggestion;
  /** Whether the opening of its prompt may travel in the evidence file. */
  readonly promptTravels: boolean;
}

export interface SealBatchParameters {
  /** What all suggestions of the batch share. */
  readonly facts: BatchFacts;
  /** At least one, at most `MAX_BATCH_SIZE`, in the order that their leaves get; no id twice. */
  readonly suggestions: readonly SealedInput[];
  /** Counts this device's batches from 0. */
  readonly sequence: number;
  readonly previousSeal: Digest | null;
  /** Signs with the key of `facts.device`. */
  readonly sign: Sign;
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
 * @throws ProoflineError `evidence` where a suggestion contradicts itself or the batch cannot hold it.
 */
export function sealBatch(parameters: SealBatchParameters): SealedEvidence {
  const { facts, suggestions, sequence, previousSeal, sign } = parameters;
  refuseUnsealable(parameters);
  const leaves = suggestions.map(({ suggestion }) => ({
    record: publicRecord(suggestion),
    commitments: commitAll(suggestion.values, suggestion.salts),
  }));
  const suggestionsRoot = rootOf(
    leaves.map(({ record, commitments }) => leafHash(leafRecord(record, facts), commitments)),
  );
  const statement: Statement = {
    _type: STATEMENT_TYPE,
    subject: [{ name: "suggestions", digest: { sha256: toDigest(suggestionsRoot) } }],
    predicateType: PREDICATE_TYPE,
    predicate: {
      ...facts,
      sequence,
      previousSeal,
      tree: { algorithm: "rfc9162-sha256", size: leaves.length },
      suggestions: leaves,
    },
  };
  const signed = signPayload(Buffer.from(canonicalJson(statement), "utf8"), facts.device, sign);
  const seal = sealOf(signed);
  const file: EvidenceFile = {
    envelope: toEnvelope(signed),
    openings: {
      prompts: compressPrompts(suggestions),
      texts: suggestions.map(({ suggestion: { values, salts } }) => ({
        accepted: { salt: salts.accepted, text: values.accepted },
        displayed: { salt: salts.displayed, text: values.displayed },
      })),
    },
  };
  const evidence = prettyCanonicalJson(file);
  if (Buffer.byteLength(evidence) > MAX_EVIDENCE_BYTES) {
    throw new ProoflineError(
      "evidence",
      "The batch's evidence file would be larger than readers accept.",
      "anchorMoreOften",
    );
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

/** What is wrong with a suggestion's values, as a sentence, or `null`. */
export function contradictionIn({
  displayed,
  accepted,
}: Pick<SuggestionValues, "displayed" | "accepted">): string | null {
  if (accepted === "") {
    return "Nothing of the suggestion was accepted.";
  }
  if (!displayed.startsWith(accepted)) {
    return "The displayed text does not begin with the accepted text.";
  }
  if (displayed.includes("\r")) {
    return "The displayed text contains a carriage return; its lines must end with LF.";
  }
  return null;
}

function publicRecord({
  id,
  path,
  position,
  acceptance,
  trim,
  values,
  salts,
}: AcceptedSuggestion): SuggestionRecord {
  return {
    id,
    path,
    position,
    acceptance,
    trim,
    lines: lineDigests(values.accepted, salts.accepted),
    counts: {
      tokens: values.tokens.length,
      displayed: values.displayed.length,
      accepted: values.accepted.length,
    },
  };
}

/** The prompts of one file resemble each other, so all of a batch are compressed together. */
function compressPrompts(suggestions: readonly SealedInput[]): string | null {
  if (!suggestions.some(({ promptTravels }) => promptTravels)) {
    return null;
  }
  const openings: PromptOpenings = suggestions.map(({ suggestion, promptTravels }) =>
    promptTravels ? promptOpening(suggestion) : null,
  );
  return deflateRawSync(canonicalJson(openings), { level: 9 }).toString("base64");
}

function promptOpening(suggestion: AcceptedSuggestion): PromptOpening {
  const { displayed: _displayed, accepted: _accepted, ...values } = suggestion.values;
  const { displayed: _displayedSalt, accepted: _acceptedSalt, ...salts } = suggestion.salts;
  return { values, salts };
}

function refuseUnsealable({ facts, suggestions }: SealBatchParameters): void {
  const refuse = (reason: string): never => {
    throw new ProoflineError("evidence", reason, "reportDefect");
  };
  if (suggestions.length === 0) {
    refuse("A batch holds at least one suggestion.");
  }
  if (suggestions.length > MAX_BATCH_SIZE) {
    refuse(`A batch holds at most ${MAX_BATCH_SIZE} suggestions.`);
  }
  if (new Set(suggestions.map(({ suggestion }) => suggestion.id)).size !== suggestions.length) {
    refuse("A suggestion is in the batch twice.");
  }
  const { repositoryId: _repositoryId, device: _device, ...execution } = facts;
  const shared = canonicalJson(execution);
  for (const { suggestion } of suggestions) {
    const contradiction = contradictionIn(suggestion.values);
    if (contradiction !== null) {
      refuse(contradiction);
    }
    if (!RepositoryPath.safeParse(suggestion.path).success) {
      refuse("A suggestion's file is not in a repository.");
    }
    if (canonicalJson(suggestion.execution) !== shared) {
      refuse("A suggestion comes from another model or environment.");
    }
  }
}
