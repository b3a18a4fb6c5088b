import { sha256Digest } from "../../platform/digests";
import { SUMMARIES } from "../../protocol/verdictWords";
import type { Finding } from "./findings";

/** What each rule means, in a sentence. */
const RULES: Readonly<Record<Finding["rule"], string>> = {
  failed: "The evidence contradicts itself, a replay, the model's pin, an enclave or the chain.",
  unknown: "Something could not be reached or decided.",
  pending: "Accepted, and not onchain yet.",
  unverified: "Something that the policy requires is not met.",
  edited: "The lines are not as they were accepted.",
  stated: "Signed and onchain, and nobody can check which model wrote it.",
  anchored: "Signed and onchain, and nothing shows here that the model wrote it.",
  attested: "An approved enclave relayed the answer, and nobody can check which weights wrote it.",
  verified: "This model, given this prompt, yields this text.",
  vanished: "Evidence that the base holds is gone, and its lines still stand.",
  unattributed: "Changed lines have no evidence.",
  file: "An evidence or anchor file, or the policy, cannot be believed.",
};

/**
 * Findings as SARIF 2.1.0 (OASIS standard, https://docs.oasis-open.org/sarif/sarif/v2.1.0/). Addresses are relative to the repository's top
 * wherever it was called from, and fingerprints are the same in every run, so that whoever collects reports knows a finding again.
 *
 * @param version of Proofline
 */
export function sarif(findings: readonly Finding[], version: string): object {
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "Proofline",
            version,
            rules: [...SUMMARIES, "vanished" as const, "unattributed" as const, "file" as const].map(
              (id) => ({
                id,
                shortDescription: { text: RULES[id] },
              }),
            ),
          },
        },
        columnKind: "utf16CodeUnits",
        originalUriBaseIds: { SRCROOT: { description: { text: "The repository's top." } } },
        results: findings.map(resultOf),
      },
    ],
  };
}

function resultOf({ rule, level, path, lines, columns, message, key }: Finding): object {
  return {
    ruleId: rule,
    level,
    message: { text: message },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: addressOf(path), uriBaseId: "SRCROOT" },
          ...(lines !== null && {
            region: {
              startLine: lines.start,
              ...(columns !== null && { startColumn: columns.start }),
              endLine: lines.end,
              ...(columns !== null && { endColumn: columns.end }),
            },
          }),
        },
      },
    ],
    partialFingerprints: { "prooflineFinding/v1": sha256Digest(`${rule}\0${key}`) },
  };
}

/** A path as a relative reference (RFC 3986). */
function addressOf(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}
