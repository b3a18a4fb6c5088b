import { inflateRawSync } from "node:zlib";
import { canonicalJson, decodeUtf8, parseCanonical } from "../../platform/canonicalJson";
import { fromDigest, toDigest } from "../../platform/digests";
import { ProoflineError } from "../../platform/errors";
import { commit, commitField, lineDigests } from "./commitment";
import { openEnvelope, type SignedPayload } from "./envelope";
import {
  EvidenceFile,
  MAX_EVIDENCE_BYTES,
  MAX_PROMPT_BYTES,
  PROMPT_FIELDS,
  type PromptOpening,
  PromptOpenings,
} from "./evidenceFile";
import { environmentDigest, leafHash, leafRecord } from "./leaf";
import { BatchFacts, type Commitments, type SuggestionRecord, type SuggestionValues } from "./record";
import { salvage } from "./salvage";
import { batchRootOf, contradictionIn, sealOf } from "./sealBatch";
import type { SealedBatch } from "./sealedBatch";
import { Statement, type SuggestionsPredicate } from "./statement";
import { rootOf } from "./tree";

/**
 * The result of reading an evidence file. `malformed`: it cannot be read as evidence at all. `tampered`: it speaks of
 * suggestions, but is not spelled as evidence is, or contradicts itself; `batch` is then what could still be made out,
 * to point at the code that it spoke of. Nothing of that batch is to be believed.
 */
export type EvidenceReading =
  | { readonly kind: "intact"; readonly batch: SealedBatch }
  | { readonly kind: "malformed"; readonly reason: string }
  | { readonly kind: "tampered"; readonly reason: string; readonly batch: SealedBatch | null };

/**
 * Reads an evidence file and checks all that can be checked without a chain and without today's text: its one
 * spelling, form and sizes, the signature and who made it, the tree, every opening against its commitment, lines and
 * counts against the accepted text. Never throws for what the bytes hold.
 */
export function readEvidence(bytes: Uint8Array): EvidenceReading {
  let contradicts = false;
  try {
    if (bytes.length > MAX_EVIDENCE_BYTES) {
      throw defect("It is larger than an evidence file can be.");
    }
    const file = parseCanonical(decodeUtf8(bytes), EvidenceFile, { maxLength: MAX_EVIDENCE_BYTES });
    contradicts = true;
    return { kind: "intact", batch: checkFile(file) };
  } catch (error) {
    if (!(error instanceof ProoflineError)) {
      throw error;
    }
    const batch = bytes.length > MAX_EVIDENCE_BYTES ? null : salvage(bytes);
    return batch !== null || contradicts
      ? { kind: "tampered", reason: error.reason, batch }
      : { kind: "malformed", reason: error.reason };
  }
}

function checkFile({ envelope, openings }: EvidenceFile): SealedBatch {
  const signed = openEnvelope(envelope);
  if (signed === null) {
    throw defect("The signature does not match the statement.");
  }
  const text = decodeUtf8(signed.payload);
  const { predicate, subject } = parseCanonical(text, Statement, { maxLength: MAX_EVIDENCE_BYTES });
  if (canonicalJson(JSON.parse(text)) !== text) {
    throw defect("The signed statement contains white space.");
  }
  const { suggestions } = predicate;
  const facts = factsOf(predicate, signed);
  if (predicate.tree.size !== suggestions.length || openings.texts.length !== suggestions.length) {
    throw defect("The numbers of suggestions, leaves and openings differ.");
  }
  if (new Set(suggestions.map(({ record }) => record.id)).size !== suggestions.length) {
    throw defect("Two suggestions of the batch have the same id.");
  }
  const leafHashes = suggestions.map(({ record, commitments }) =>
    leafHash(leafRecord(record, facts), commitments),
  );
  const suggestionsRoot = rootOf(leafHashes);
  if (toDigest(suggestionsRoot) !== subject[0].digest.sha256) {
    throw defect("The suggestions do not add up to the signed root.");
  }
  const prompts = openings.prompts === null ? [] : openPrompts(openings.prompts, suggestions.length);
  const seal = sealOf(signed);
  return {
    facts,
    environmentDigest: environmentDigest(facts.environment),
    device: signed.signer,
    batchRoot: toDigest(batchRootOf(suggestionsRoot, seal)),
    suggestionsRoot: toDigest(suggestionsRoot),
    seal: toDigest(seal),
    sequence: predicate.sequence,
    previousSeal: predicate.previousSeal,
    suggestions: suggestions.map(({ record, commitments }, index) => {
      const { displayed, accepted } = checkTexts(record, commitments, openings.texts[index]);
      const prompt = prompts[index] ?? null;
      const values = prompt === null ? null : { ...prompt.values, displayed, accepted };
      if (prompt !== null && values !== null) {
        checkPrompt(record, commitments, prompt, values);
      }
      return {
        record,
        leafHash: toDigest(leafHashes[index] ?? new Uint8Array()),
        displayed,
        accepted,
        values,
      };
    }),
  };
}

function factsOf(predicate: SuggestionsPredicate, { signer }: SignedPayload): BatchFacts {
  const facts = BatchFacts.parse({
    repositoryId: predicate.repositoryId,
    device: predicate.device,
    model: predicate.model,
    environment: predicate.environment,
    profile: predicate.profile,
  });
  if (facts.device !== signer) {
    throw defect("The statement names one device, and another one signed it.");
  }
  return facts;
}

function checkTexts(
  record: SuggestionRecord,
  commitments: Commitments,
  opening: EvidenceFile["openings"]["texts"][number] | undefined,
): { displayed: string; accepted: string } {
  if (opening === undefined) {
    throw defect("A suggestion has no opening.");
  }
  for (const field of ["displayed", "accepted"] as const) {
    const { salt, text } = opening[field];
    if (commit(field, fromDigest(salt), Buffer.from(text, "utf8")) !== commitments[field]) {
      throw defect(`The ${field} text of a suggestion is not what was committed to.`);
    }
  }
  const [displayed, accepted] = [opening.displayed.text, opening.accepted.text];
  const contradiction = contradictionIn({ displayed, accepted });
  if (contradiction !== null) {
    throw defect(contradiction);
  }
  if (record.counts.displayed !== displayed.length || record.counts.accepted !== accepted.length) {
    throw defect("The counts of a suggestion do not match its text.");
  }
  if (canonicalJson(lineDigests(accepted, opening.accepted.salt)) !== canonicalJson(record.lines)) {
    throw defect("The line digests of a suggestion do not match its text.");
  }
  return { displayed, accepted };
}

function checkPrompt(
  record: SuggestionRecord,
  commitments: Commitments,
  { salts }: PromptOpening,
  values: SuggestionValues,
): void {
  if (record.counts.tokens !== values.tokens.length) {
    throw defect("A suggestion's count of tokens is wrong.");
  }
  for (const field of PROMPT_FIELDS) {
    if (commitField(field, salts[field], values) !== commitments[field]) {
      throw defect(`The opened ${field} of a suggestion is not what was committed to.`);
    }
  }
}

function openPrompts(base64: string, size: number): PromptOpenings {
  const openings = parseCanonical(decodeUtf8(inflate(Buffer.from(base64, "base64"))), PromptOpenings, {
    maxLength: MAX_PROMPT_BYTES,
  });
  if (openings.length !== size || openings.every((opening) => opening === null)) {
    throw defect("The opened prompts do not belong to the suggestions of the batch.");
  }
  return openings;
}

function inflate(compressed: Uint8Array): Uint8Array {
  let result: { buffer: Uint8Array; engine: { bytesWritten: number } };
  try {
    // With `info`, Node also tells how many bytes of the input were used; its types do not know.
    result = inflateRawSync(compressed, { maxOutputLength: MAX_PROMPT_BYTES, info: true }) as never;
  } catch {
    throw defect("The compressed prompts cannot be unpacked.");
  }
  if (result.engine.bytesWritten !== compressed.length) {
    throw defect("There are bytes after the compressed prompts.");
  }
  return result.buffer;
}

function defect(reason: string): ProoflineError {
  return new ProoflineError("evidence", reason, "restoreFile");
}
