import { unreachable } from "../../platform/errors";
import type { Digest } from "../../platform/primitives";
import { type FormatVersion, type OpenedClaim, refuseContradiction, refusePlace } from "./batchForm";
import { type RecordedOutput, recordOf } from "./claimRecord";
import type { ClaimValues } from "./claimValues";
import { type BoundDigests, boundDigestsOf, lineDigest, textDigestsOf } from "./commitment";
import { defect } from "./defects";
import {
  type EvidenceFile,
  MAX_BATCH_LINES,
  PromptOpenings,
  type TravellingClaim,
  type TravellingPiece,
} from "./evidenceFile";
import type { ExecutionKind } from "./execution";
import { leafHashing } from "./leaf";
import { type OpenedPrompt, ofOtherClaims, openPrompts } from "./openedPrompts";
import type { PieceRecord } from "./record";
import { PREDICATE, type Statement } from "./statement";

/**
 * The version that is written: the signed statement holds the root, and what a reader can compute does not travel. Records and
 * commitments are made of what is open, and whatever was changed leads to another root.
 */
export const SECOND_VERSION: FormatVersion<EvidenceFile, Statement> = {
  predicate: PREDICATE,
  signsClaims: false,
  formOf: ({ claims, prompts: packed }, { subject, predicate }) => {
    const { repositoryId, device, execution, sequence, previousSeal, tree } = predicate;
    const facts = { repositoryId, device, execution };
    const { kind } = execution;
    if (tree.size !== claims.length) {
      throw defect("The numbers of suggestions and leaves differ.");
    }
    const texts = claims.map(textsOf);
    refuseManyLines(texts);
    const prompts =
      packed === null ? [] : openPrompts<PromptSalt>(PromptOpenings, kind, packed, claims.length);
    const hashOf = leafHashing(facts);
    const read = texts.map(({ claim, ...own }, index) => {
      const { values, tokens, bound } = fieldsOf(claim, own, prompts[index] ?? null);
      const record = recordOf(
        claim.id,
        claim.pieces.map((piece, at) => pieceRecord(piece, at, own)),
        own.accepted,
        outputIn(kind, claim, tokens),
      );
      return { record, leafHash: hashOf(record, bound), opened: { ...own, values } };
    });
    return {
      facts,
      sequence,
      previousSeal,
      root: subject[0].digest.sha256,
      claims: read,
      open: () =>
        read.map(({ record, opened }) => {
          refuseContradiction(kind, opened.displayed, opened.accepted);
          record.pieces.forEach(refusePlace);
          return opened;
        }),
    };
  },
};

type Texts = Omit<OpenedClaim, "values">;

/** Of which the salts of a prompt's fields derive. */
interface PromptSalt {
  readonly salt: Digest;
}

function textsOf(claim: TravellingClaim): Texts & { readonly claim: TravellingClaim } {
  const { displayed, pieces, salt } = claim;
  return {
    claim,
    displayed,
    accepted: pieces.map(({ accepted }) => accepted),
    saved: pieces.map(({ lines }) => (typeof lines === "string" ? lines.split("\n") : null)),
    salt,
  };
}

/** What was committed to: as it was opened, or as far as it can be bound without. */
function fieldsOf(
  { sealed, salt }: TravellingClaim,
  { displayed, accepted }: Texts,
  prompt: OpenedPrompt<PromptSalt> | null,
): { readonly values: ClaimValues | null; readonly tokens: number | null; readonly bound: BoundDigests } {
  if (prompt !== null && sealed === null) {
    const values = prompt.complete(displayed, accepted);
    const tokens = values.kind === "replayable" ? values.tokens.length : null;
    return { values, tokens, bound: boundDigestsOf(values, { texts: salt, prompt: prompt.salts.salt }) };
  }
  if (prompt === null && sealed !== null) {
    const { digest, tokens } = sealed;
    return { values: null, tokens, bound: { sealed: digest, ...textDigestsOf(displayed, accepted, salt) } };
  }
  throw ofOtherClaims();
}

function outputIn(
  kind: ExecutionKind,
  { displayed, trim }: TravellingClaim,
  tokens: number | null,
): RecordedOutput {
  switch (kind) {
    case "replayable":
      if (displayed !== null && trim !== null && tokens !== null) {
        return { kind, displayed, trim, tokens };
      }
      break;
    case "attested":
      if (displayed !== null && trim !== null && tokens === null) {
        return { kind, displayed, trim };
      }
      break;
    case "stated":
      if (displayed === null && trim === null && tokens === null) {
        return { kind };
      }
      break;
    default:
      return unreachable(kind);
  }
  throw defect("What a suggestion says of its output is not of its kind.");
}

/** A piece's record, whose line digests are computed where its lines travel. */
function pieceRecord(
  { lines, accepted: _, ...rest }: TravellingPiece,
  index: number,
  texts: Texts,
): PieceRecord {
  const saved = texts.saved[index] ?? null;
  const computed = saved?.map((line, at) => lineDigest(texts.salt, index, at, line));
  return { ...rest, lines: computed ?? (typeof lines === "string" ? [] : lines) };
}

/** Refuses more lines than a batch can have, before any of them is hashed. */
function refuseManyLines(texts: readonly Texts[]): void {
  const lines = texts.flatMap(({ saved }) => saved.map((piece) => piece?.length ?? 0));
  if (lines.reduce((sum, count) => sum + count, 0) > MAX_BATCH_LINES) {
    throw defect("The suggestions touch more lines than a batch can have.");
  }
}
