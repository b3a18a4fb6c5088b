/** Batches of the format's first version, which is read and not written any more, on made up suggestions. */
import { deflateRawSync } from "node:zlib";
import type { ReplayableSuggestion } from "../../server/src/evidence/format/acceptedSuggestion";
import { claimSaltsOf } from "../../server/src/evidence/format/claimSalts";
import {
  type ClaimValues,
  COMMITTED_FIELDS,
  encodeFields,
  type FieldDigests,
} from "../../server/src/evidence/format/claimValues";
import { commit } from "../../server/src/evidence/format/commitment";
import { signPayload, toEnvelope } from "../../server/src/evidence/format/envelope";
import { EvidenceFile } from "../../server/src/evidence/format/evidenceFile";
import { firstLeafHashing } from "../../server/src/evidence/format/firstVersion/firstLeaf";
import { FIRST_PREDICATE } from "../../server/src/evidence/format/firstVersion/firstStatement";
import { readEvidence } from "../../server/src/evidence/format/readEvidence";
import { batchRootOf, type SealedEvidence, sealOf } from "../../server/src/evidence/format/sealBatch";
import { STATEMENT_TYPE } from "../../server/src/evidence/format/statement";
import { rootOf } from "../../server/src/evidence/format/tree";
import { canonicalJson, prettyCanonicalJson } from "../../server/src/platform/canonicalJson";
import { fromDigest, sha256Digest, toDigest } from "../../server/src/platform/digests";
import { type SealingOptions, sealed, sign } from "./sampleBatch";

/** The same as `sealed`, as the first version had it. */
export function sealedInFirst(
  suggestions: readonly ReplayableSuggestion[],
  { open = () => true, ...options }: SealingOptions = {},
): SealedEvidence {
  const { evidence } = sealed(suggestions, { ...options, open: () => true });
  const reading = readEvidence(Buffer.from(evidence, "utf8"));
  if (reading.kind !== "intact") {
    throw new Error(reading.reason);
  }
  const { facts, sequence, previousSeal, claims } = reading.batch;
  const travelling = EvidenceFile.parse(JSON.parse(evidence)).claims;
  const salted = suggestions.map((suggestion) => saltsOf(suggestion));
  const leaves = claims.map(({ record, values }, index) => ({
    record,
    commitments: commitmentsOf(values, salted[index] ?? {}),
  }));
  const hashOf = firstLeafHashing(facts);
  const root = rootOf(leaves.map(({ record, commitments }) => hashOf(record, commitments)));
  const statement = {
    _type: STATEMENT_TYPE,
    subject: [{ name: "suggestions", digest: { sha256: toDigest(root) } }],
    predicateType: FIRST_PREDICATE.type,
    predicate: {
      ...facts,
      sequence,
      previousSeal,
      tree: { algorithm: "rfc9162-sha256", size: leaves.length },
      claims: leaves,
    },
  };
  const signed = signPayload(
    Buffer.from(canonicalJson(statement), "utf8"),
    facts.device,
    options.sign ?? sign,
  );
  const seal = sealOf(signed);
  const prompts = suggestions.map((suggestion, index) => {
    const { displayed: _, accepted: __, ...values } = suggestion.values;
    const { displayed: ___, accepted: ____, ...salts } = salted[index] ?? {};
    return open(suggestion, index) ? { salts, values } : null;
  });
  const file = {
    envelope: toEnvelope(signed),
    openings: {
      prompts: prompts.every((one) => one === null)
        ? null
        : deflateRawSync(canonicalJson(prompts)).toString("base64"),
      texts: suggestions.map(({ values }, index) => ({
        accepted: { salt: salted[index]?.accepted, texts: [values.accepted] },
        displayed: { salt: salted[index]?.displayed, text: values.displayed },
        saved: travelling[index]?.pieces.map(({ lines }) => (typeof lines === "string" ? lines : null)),
      })),
    },
  };
  return {
    batchRoot: toDigest(batchRootOf(root, seal)),
    seal: toDigest(seal),
    evidence: prettyCanonicalJson(file),
  };
}

/** One for each field. That of `accepted` is what the salts of lines derive from, as in the second version. */
function saltsOf({ salts }: ReplayableSuggestion): FieldDigests {
  const { texts, prompt } = claimSaltsOf(salts);
  return Object.fromEntries(
    COMMITTED_FIELDS.replayable.map((field) => [
      field,
      field === "accepted" ? texts : sha256Digest(prompt, field),
    ]),
  );
}

function commitmentsOf(values: ClaimValues | null, salts: FieldDigests): FieldDigests {
  return Object.fromEntries(
    [...(values === null ? [] : encodeFields(values))].map(([field, bytes]) => {
      const salt = salts[field];
      if (salt === undefined) {
        throw new Error(`no salt of ${field}`);
      }
      return [field, commit(field, fromDigest(salt), bytes)];
    }),
  );
}
