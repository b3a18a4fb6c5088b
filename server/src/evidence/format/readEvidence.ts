import * as z from "zod";
import { canonicalAs, decodeUtf8, type ReadJson, readJson } from "../../platform/canonicalJson";
import { toDigest } from "../../platform/digests";
import { ProoflineError } from "../../platform/errors";
import type { Address } from "../../platform/primitives";
import { type FormatVersion, sealedPieces } from "./batchForm";
import { defect, newer } from "./defects";
import { Envelope, openEnvelope } from "./envelope";
import { EvidenceFile, MAX_EVIDENCE_BYTES } from "./evidenceFile";
import { FirstEvidenceFile } from "./firstVersion/firstEvidenceFile";
import { FirstStatement } from "./firstVersion/firstStatement";
import { FIRST_VERSION } from "./firstVersion/firstVersion";
import { isOfLaterVersion, unknownIn } from "./newerStatement";
import { salvage } from "./salvage";
import { batchRootOf, sealOf } from "./sealBatch";
import type { SealedBatch } from "./sealedBatch";
import { SECOND_VERSION } from "./secondVersion";
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
 * spelling, form and sizes, the signature and who made it, the tree, every opening against its leaf, lines,
 * acceptance and counts against the texts. Never throws for what the bytes hold. Takes time linear in them; what is not
 * signed costs no more than reading it.
 */
export function readEvidence(bytes: Uint8Array): EvidenceReading {
  const reached: Reached = { kind: "malformed", signer: null };
  try {
    if (bytes.length > MAX_EVIDENCE_BYTES) {
      throw defect("It is larger than an evidence file can be.");
    }
    const json = readJson(decodeUtf8(bytes), { maxLength: MAX_EVIDENCE_BYTES });
    const batch = holdsOpenings(json)
      ? readAs(FIRST_VERSION, FirstEvidenceFile, FirstStatement, json, reached)
      : readAs(SECOND_VERSION, EvidenceFile, Statement, json, reached);
    return { kind: "intact", batch };
  } catch (error) {
    if (!(error instanceof ProoflineError)) {
      throw error;
    }
    const { kind, signer } = reached;
    const salvaged = bytes.length > MAX_EVIDENCE_BYTES ? null : salvage(bytes);
    // Whoever signed is known for certain, whatever the statement says of it.
    const batch = salvaged === null || signer === null ? salvaged : { ...salvaged, device: signer };
    return { kind, reason: error.reason, signature: signer === null ? "invalid" : "valid", batch };
  }
}

/** How far reading came before it found something wrong. */
interface Reached {
  kind: Unbelieved;
  /** Who signed what the file says of its claims, once that is known. */
  signer: Address | null;
}

/** Only the first version has openings apart from its claims. */
function holdsOpenings({ value }: ReadJson): boolean {
  return typeof value === "object" && value !== null && "openings" in value;
}

function readAs<File extends { readonly envelope: Envelope }, Stated>(
  { predicate, signsClaims, formOf }: FormatVersion<File, Stated>,
  fileSchema: z.ZodType<File>,
  statementSchema: z.ZodType<Stated>,
  json: ReadJson,
  reached: Reached,
): SealedBatch {
  const read = fileSchema.safeParse(json.value);
  const later = read.success ? null : signerOfLater(json);
  if (later !== null) {
    reached.signer = later;
    reached.kind = "newer";
    throw newer("another version of the format");
  }
  const { value: file } = canonicalAs(json, read);
  reached.kind = "tampered";
  const signed = openEnvelope(file.envelope);
  if (signed === null) {
    throw defect("The signature does not match the statement.");
  }
  reached.signer = signsClaims ? signed.signer : null;
  const statement = readJson(decodeUtf8(signed.payload), { maxLength: MAX_EVIDENCE_BYTES });
  const stated = statementSchema.safeParse(statement.value);
  const unknown = stated.success ? null : unknownIn(statement, predicate);
  if (unknown !== null) {
    reached.signer = signed.signer;
    reached.kind = "newer";
    throw newer(unknown);
  }
  const { value, isCompact } = canonicalAs(statement, stated);
  if (!isCompact) {
    throw defect("The signed statement contains white space.");
  }
  const { facts, sequence, previousSeal, root, claims, open } = formOf(file, value);
  if (facts.device !== signed.signer) {
    throw defect("The statement names one device, and another one signed it.");
  }
  if (new Set(claims.map(({ record }) => record.id)).size !== claims.length) {
    throw defect("Two suggestions of the batch have the same id.");
  }
  const suggestionsRoot = rootOf(claims.map(({ leafHash }) => leafHash));
  if (toDigest(suggestionsRoot) !== root) {
    throw defect("The suggestions do not add up to the signed root.");
  }
  reached.signer = signed.signer;
  const seal = sealOf(signed);
  const opened = open();
  return {
    facts,
    device: signed.signer,
    batchRoot: toDigest(batchRootOf(suggestionsRoot, seal)),
    suggestionsRoot: toDigest(suggestionsRoot),
    seal: toDigest(seal),
    sequence,
    previousSeal,
    claims: claims.map(({ record, leafHash }, index) => {
      const claim = opened[index];
      if (claim === undefined) {
        throw defect("A suggestion has no opening.");
      }
      const { displayed, values } = claim;
      return { record, leafHash: toDigest(leafHash), displayed, pieces: sealedPieces(record, claim), values };
    }),
  };
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
