import { inflateRawSync } from "node:zlib";
import * as z from "zod";
import {
  canonicalAs,
  canonicalIn,
  canonicalJson,
  decodeUtf8,
  type ReadJson,
  readJson,
} from "../../platform/canonicalJson";
import { fromDigest, toDigest } from "../../platform/digests";
import { ProoflineError, unreachable } from "../../platform/errors";
import type { Address } from "../../platform/primitives";
import { type ClaimValues, contradictionIn, encodeFields, type FieldDigests } from "./claimValues";
import { commit, lineDigest, lineSalt, linesBeforeSalt, surroundingsSalt } from "./commitment";
import { Envelope, openEnvelope } from "./envelope";
import {
  EvidenceFile,
  isPromptField,
  MAX_EVIDENCE_BYTES,
  MAX_PROMPT_BYTES,
  PromptOpenings,
  type TextOpening,
} from "./evidenceFile";
import type { ExecutionKind } from "./execution";
import { leafHashing } from "./leaf";
import { isOfLaterVersion, unknownIn } from "./newerStatement";
import type { BatchFacts, ClaimRecord, LineDigest, PieceRecord } from "./record";
import { salvage } from "./salvage";
import { acceptanceOf, batchRootOf, lengthOf, placeProblem, sealOf } from "./sealBatch";
import type { SealedBatch, SealedPiece } from "./sealedBatch";
import { Statement } from "./statement";
import { rootOf } from "./tree";

type Unbelieved = "malformed" | "tampered" | "newer";

/**
 * The result of reading an evidence file. `malformed`: it does not have the form of evidence. `tampered`: it has the form,
 * and contradicts itself. `newer`: its device signed what only a later version of Proofline understands. Nothing of these is to be
 * believed; `batch` is what could still be made out, to point at the
 * code that it spoke of. `signature` says whether the envelope's own signature holds, whatever else is wrong.
 */
export type EvidenceReading =
  | { readonly kind: "intact"; readonly batch: SealedBatch }
  | {
      readonly kind: Unbelieved;
      readonly reason: string;
      readonly signature: "valid" | "invalid";
      readonly batch: SealedBatch | null;
    };

/**
 * Reads an evidence file and checks all that can be checked without a chain and without today's text: its one
 * spelling, form and sizes, the signature and who made it, the tree, every opening against its commitment, lines,
 * acceptance and counts against the texts. Never throws for what the bytes hold. Takes time linear in them; what is not
 * signed costs no more than reading it.
 */
export function readEvidence(bytes: Uint8Array): EvidenceReading {
  let kind: Unbelieved = "malformed";
  let signer: Address | null = null;
  try {
    if (bytes.length > MAX_EVIDENCE_BYTES) {
      throw defect("It is larger than an evidence file can be.");
    }
    const json = readJson(decodeUtf8(bytes), { maxLength: MAX_EVIDENCE_BYTES });
    const read = EvidenceFile.safeParse(json.value);
    const later = read.success ? null : signerOfLater(json);
    if (later !== null) {
      signer = later;
      kind = "newer";
      throw newer("another version of the format");
    }
    const { value: file } = canonicalAs(json, read);
    kind = "tampered";
    const signed = openEnvelope(file.envelope);
    if (signed === null) {
      throw defect("The signature does not match the statement.");
    }
    signer = signed.signer;
    const statement = readJson(decodeUtf8(signed.payload), { maxLength: MAX_EVIDENCE_BYTES });
    const stated = Statement.safeParse(statement.value);
    const unknown = stated.success ? null : unknownIn(statement);
    if (unknown !== null) {
      kind = "newer";
      throw newer(unknown);
    }
    const { value, isCompact } = canonicalAs(statement, stated);
    if (!isCompact) {
      throw defect("The signed statement contains white space.");
    }
    const { predicate, subject } = value;
    const { repositoryId, device, execution, claims } = predicate;
    const facts: BatchFacts = { repositoryId, device, execution };
    if (device !== signed.signer) {
      throw defect("The statement names one device, and another one signed it.");
    }
    const { texts } = file.openings;
    if (predicate.tree.size !== claims.length || texts.length !== claims.length) {
      throw defect("The numbers of suggestions, leaves and openings differ.");
    }
    if (new Set(claims.map(({ record }) => record.id)).size !== claims.length) {
      throw defect("Two suggestions of the batch have the same id.");
    }
    const hashOf = leafHashing(facts);
    const leafHashes = claims.map(({ record, commitments }) => hashOf(record, commitments));
    const suggestionsRoot = rootOf(leafHashes);
    if (toDigest(suggestionsRoot) !== subject[0].digest.sha256) {
      throw defect("The suggestions do not add up to the signed root.");
    }
    const prompts =
      file.openings.prompts === null
        ? []
        : openPrompts(
            execution.kind,
            file.openings.prompts,
            claims.map(({ record }) => record),
          );
    const seal = sealOf(signed);
    return {
      kind: "intact",
      batch: {
        facts,
        device: signed.signer,
        batchRoot: toDigest(batchRootOf(suggestionsRoot, seal)),
        suggestionsRoot: toDigest(suggestionsRoot),
        seal: toDigest(seal),
        sequence: predicate.sequence,
        previousSeal: predicate.previousSeal,
        claims: claims.map(({ record, commitments }, index) => {
          const opening = texts[index];
          if (opening === undefined) {
            throw defect("A suggestion has no opening.");
          }
          const pieces = checkTexts(execution.kind, record, commitments, opening);
          const prompt = prompts[index] ?? null;
          const values = prompt?.complete(opening) ?? null;
          if (prompt !== null && values !== null) {
            checkPrompt(record, commitments, prompt.salts, values);
          }
          return {
            record,
            leafHash: toDigest(leafHashes[index] ?? new Uint8Array()),
            displayed: opening.displayed?.text ?? null,
            pieces,
            values,
          };
        }),
      },
    };
  } catch (error) {
    if (!(error instanceof ProoflineError)) {
      throw error;
    }
    const salvaged = bytes.length > MAX_EVIDENCE_BYTES ? null : salvage(bytes);
    // Whoever signed is known for certain, whatever the statement says of it.
    const batch = salvaged === null || signer === null ? salvaged : { ...salvaged, device: signer };
    return { kind, reason: error.reason, signature: signer === null ? "invalid" : "valid", batch };
  }
}

const LaterFile = z.looseObject({ envelope: Envelope });

/** Who signed that a file is of a later version of the format; `null` where nobody did. */
function signerOfLater({ value }: ReadJson): Address | null {
  const file = LaterFile.safeParse(value);
  const signed = file.success ? openEnvelope(file.data.envelope) : null;
  if (signed === null) {
    return null;
  }
  const statement = readJson(decodeUtf8(signed.payload), { maxLength: MAX_EVIDENCE_BYTES });
  return isOfLaterVersion(statement) ? signed.signer : null;
}

/** Checks what travels with every claim, and gives its pieces. */
function checkTexts(
  kind: ExecutionKind,
  record: ClaimRecord,
  commitments: FieldDigests,
  { accepted, displayed, saved }: TextOpening,
): SealedPiece[] {
  const acceptedBytes = Buffer.from(canonicalJson(accepted.texts), "utf8");
  if (commit("accepted", fromDigest(accepted.salt), acceptedBytes) !== commitments.accepted) {
    throw defect("The accepted text of a suggestion is not what was committed to.");
  }
  const displayedCommitment =
    displayed === null
      ? undefined
      : commit("displayed", fromDigest(displayed.salt), Buffer.from(displayed.text, "utf8"));
  if (displayedCommitment !== commitments.displayed) {
    throw defect("The displayed text of a suggestion is not what was committed to.");
  }
  const contradiction = contradictionIn(kind, displayed?.text ?? null, accepted.texts);
  if (contradiction !== null) {
    throw defect(contradiction);
  }
  const { counts } = record;
  if (
    counts.accepted !== lengthOf(accepted.texts) ||
    ("displayed" in counts && counts.displayed !== displayed?.text.length)
  ) {
    throw defect("The counts of a suggestion do not match its text.");
  }
  if ("acceptance" in record && record.acceptance !== acceptanceOf(displayed?.text ?? "", accepted.texts)) {
    throw defect("A suggestion states wrongly whether it was accepted whole.");
  }
  if (record.pieces.length !== accepted.texts.length || record.pieces.length !== saved.length) {
    throw defect("The numbers of places and texts of a suggestion differ.");
  }
  return record.pieces.map((piece, index) =>
    checkPiece(piece, index, accepted.texts[index] ?? "", accepted.salt, saved[index] ?? null),
  );
}

function checkPiece(
  piece: PieceRecord,
  index: number,
  accepted: string,
  salt: TextOpening["accepted"]["salt"],
  saved: string | null,
): SealedPiece {
  const { start, end, lines } = piece;
  const problem = placeProblem(
    start,
    end,
    lines.map(({ length }) => length),
  );
  if (problem !== null) {
    throw defect(problem);
  }
  const savedLines = saved?.split("\n") ?? null;
  const digests = savedLines?.map((line, at) => lineDigest(salt, index, at, line));
  if (digests !== undefined && !areSame(digests, lines)) {
    throw defect("The line digests of a suggestion do not match its saved lines.");
  }
  return {
    ...piece,
    accepted,
    saved: savedLines,
    lineSalts: savedLines === null ? lines.map((_, at) => lineSalt(salt, index, at)) : [],
    linesBeforeSalt: linesBeforeSalt(salt, index),
    surroundingsSalt: surroundingsSalt(salt, index),
  };
}

function areSame(some: readonly LineDigest[], others: readonly LineDigest[]): boolean {
  return (
    some.length === others.length &&
    some.every(({ digest, length }, at) => others[at]?.digest === digest && others[at].length === length)
  );
}

function checkPrompt(
  record: ClaimRecord,
  commitments: FieldDigests,
  salts: FieldDigests,
  values: ClaimValues,
): void {
  if (
    values.kind === "replayable" &&
    "tokens" in record.counts &&
    record.counts.tokens !== values.tokens.length
  ) {
    throw defect("A suggestion's count of tokens is wrong.");
  }
  for (const [field, bytes] of encodeFields(values)) {
    if (!isPromptField(field)) {
      continue;
    }
    const salt = salts[field];
    if (salt === undefined || commit(field, fromDigest(salt), bytes) !== commitments[field]) {
      throw defect(`The opened ${field} of a suggestion is not what was committed to.`);
    }
  }
}

interface OpenedPrompt {
  readonly salts: FieldDigests;
  /** Completes it with the texts that travel anyway. */
  readonly complete: (texts: TextOpening) => ClaimValues;
}

/** More chunks than any prompt has: nobody signed how many there are, and each costs more than its bytes. */
const MAX_CHUNKS = 1024;
const MAX_TOKENS = 16_384;

/**
 * Refuses, before it costs anything, what would unpack to far more than the signed claims ask for: whoever copies a file
 * can put any opening into it.
 */
function refuseFlood({ value }: ReadJson, records: readonly ClaimRecord[]): void {
  const items = Array.isArray(value) ? value : [];
  const fits = records.every((_, index) => {
    const values = items[index]?.values;
    const [tokens, context] = [values?.tokens, values?.prompt?.context];
    return (
      (!Array.isArray(tokens) || tokens.length <= MAX_TOKENS) &&
      (!Array.isArray(context) || context.length <= MAX_CHUNKS)
    );
  });
  if (items.length !== records.length || !fits) {
    throw defect("The opened prompts do not belong to the suggestions of the batch.");
  }
}

function openPrompts(
  kind: ExecutionKind,
  base64: string,
  records: readonly ClaimRecord[],
): readonly (OpenedPrompt | null)[] {
  const size = records.length;
  const json = readJson(decodeUtf8(inflate(Buffer.from(base64, "base64"))), { maxLength: MAX_PROMPT_BYTES });
  refuseFlood(json, records);
  const { prompts: opened, isCompact } = parsePrompts(kind, json);
  if (!isCompact) {
    throw defect("The opened prompts contain white space.");
  }
  if (opened.length !== size || opened.every((one) => one === null)) {
    throw defect("The opened prompts do not belong to the suggestions of the batch.");
  }
  return opened;
}

function parsePrompts(
  kind: ExecutionKind,
  json: ReadJson,
): { readonly prompts: readonly (OpenedPrompt | null)[]; readonly isCompact: boolean } {
  const textOf = ({ displayed }: TextOpening): string => displayed?.text ?? "";
  switch (kind) {
    case "replayable": {
      const { value, isCompact } = canonicalIn(json, PromptOpenings.replayable);
      const prompts = value.map(
        (one) =>
          one && {
            salts: one.salts,
            complete: (texts: TextOpening) => ({
              kind,
              ...one.values,
              displayed: textOf(texts),
              accepted: texts.accepted.texts,
            }),
          },
      );
      return { prompts, isCompact };
    }
    case "attested": {
      const { value, isCompact } = canonicalIn(json, PromptOpenings.attested);
      const prompts = value.map(
        (one) =>
          one && {
            salts: one.salts,
            complete: (texts: TextOpening) => ({
              kind,
              ...one.values,
              displayed: textOf(texts),
              accepted: texts.accepted.texts,
            }),
          },
      );
      return { prompts, isCompact };
    }
    case "stated": {
      const { value, isCompact } = canonicalIn(json, PromptOpenings.stated);
      const prompts = value.map(
        (one) =>
          one && {
            salts: one.salts,
            complete: ({ accepted }: TextOpening) => ({ kind, ...one.values, accepted: accepted.texts }),
          },
      );
      return { prompts, isCompact };
    }
    default:
      return unreachable(kind);
  }
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

function newer(what: string): ProoflineError {
  return new ProoflineError(
    "evidence",
    `It was written by a newer Proofline: this one does not know ${what}.`,
    "restoreFile",
  );
}

function defect(reason: string): ProoflineError {
  return new ProoflineError("evidence", reason, "restoreFile");
}
