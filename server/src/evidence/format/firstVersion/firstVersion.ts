import { canonicalJson } from "../../../platform/canonicalJson";
import { fromDigest } from "../../../platform/digests";
import { type FormatVersion, type OpenedClaim, refuseContradiction, refusePlace } from "../batchForm";
import { acceptanceOf, lengthOf } from "../claimRecord";
import { type ClaimValues, encodeFields, type FieldDigests, isPromptField } from "../claimValues";
import { commit, lineDigest } from "../commitment";
import { defect } from "../defects";
import type { ExecutionKind } from "../execution";
import { openPrompts } from "../openedPrompts";
import type { ClaimRecord, LineDigest, PieceRecord } from "../record";
import { type FirstEvidenceFile, FirstPromptOpenings, type TextOpening } from "./firstEvidenceFile";
import { firstLeafHashing } from "./firstLeaf";
import { FIRST_PREDICATE, type FirstStatement } from "./firstStatement";

/**
 * The format's first version, which is read and not written any more: records and all commitments are signed, and what they are over travels beside them, so that
 * each opening is compared with what its device says of it.
 */
export const FIRST_VERSION: FormatVersion<FirstEvidenceFile, FirstStatement> = {
  predicate: FIRST_PREDICATE,
  signsClaims: true,
  formOf: ({ openings }, { subject, predicate }) => {
    const { repositoryId, device, execution, claims, sequence, previousSeal, tree } = predicate;
    const facts = { repositoryId, device, execution };
    const { kind } = execution;
    if (tree.size !== claims.length || openings.texts.length !== claims.length) {
      throw defect("The numbers of suggestions, leaves and openings differ.");
    }
    const hashOf = firstLeafHashing(facts);
    return {
      facts,
      sequence,
      previousSeal,
      root: subject[0].digest.sha256,
      claims: claims.map(({ record, commitments }) => ({ record, leafHash: hashOf(record, commitments) })),
      open: () => {
        const prompts =
          openings.prompts === null
            ? []
            : openPrompts<{ readonly salts: FieldDigests }>(
                FirstPromptOpenings,
                kind,
                openings.prompts,
                claims.length,
              );
        return claims.map(({ record, commitments }, index) => {
          const opening = openings.texts[index];
          if (opening === undefined) {
            throw defect("A suggestion has no opening.");
          }
          const texts = checkTexts(kind, record, commitments, opening);
          const prompt = prompts[index] ?? null;
          const values = prompt?.complete(texts.displayed, texts.accepted) ?? null;
          if (prompt !== null && values !== null) {
            checkPrompt(record, commitments, prompt.salts.salts, values);
          }
          return { ...texts, values };
        });
      },
    };
  },
};

/** Checks what travels with every claim. */
function checkTexts(
  kind: ExecutionKind,
  record: ClaimRecord,
  commitments: FieldDigests,
  { accepted, displayed, saved }: TextOpening,
): Omit<OpenedClaim, "values"> {
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
  const text = displayed?.text ?? null;
  refuseContradiction(kind, text, accepted.texts);
  const { counts, pieces } = record;
  if (
    counts.accepted !== lengthOf(accepted.texts) ||
    ("displayed" in counts && counts.displayed !== text?.length)
  ) {
    throw defect("The counts of a suggestion do not match its text.");
  }
  if ("acceptance" in record && record.acceptance !== acceptanceOf(text ?? "", accepted.texts)) {
    throw defect("A suggestion states wrongly whether it was accepted whole.");
  }
  if (pieces.length !== accepted.texts.length || pieces.length !== saved.length) {
    throw defect("The numbers of places and texts of a suggestion differ.");
  }
  return {
    displayed: text,
    accepted: accepted.texts,
    saved: pieces.map((piece, index) => checkLines(piece, index, accepted.salt, saved[index] ?? null)),
    salt: accepted.salt,
  };
}

function checkLines(
  piece: PieceRecord,
  index: number,
  salt: OpenedClaim["salt"],
  saved: string | null,
): readonly string[] | null {
  refusePlace(piece);
  if (saved === null) {
    return null;
  }
  const lines = saved.split("\n");
  // Nobody signed how many lines travel, and each is hashed.
  if (
    lines.length !== piece.lines.length ||
    !lines.every((line, at) => isSame(lineDigest(salt, index, at, line), piece.lines[at]))
  ) {
    throw defect("The line digests of a suggestion do not match its saved lines.");
  }
  return lines;
}

function isSame(line: LineDigest, recorded: LineDigest | undefined): boolean {
  return recorded?.digest === line.digest && recorded.length === line.length;
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
