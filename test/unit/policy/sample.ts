import { randomBytes } from "node:crypto";
import type { AnchorCheck } from "../../../server/src/chain/chain";
import { newSalts } from "../../../server/src/evidence/format/commitment";
import { readEvidence } from "../../../server/src/evidence/format/readEvidence";
import type { AcceptedSuggestion, BatchFacts, Position } from "../../../server/src/evidence/format/record";
import { sealBatch } from "../../../server/src/evidence/format/sealBatch";
import { addressOf, signPersonalMessage } from "../../../server/src/platform/ecdsa";
import type { Digest } from "../../../server/src/platform/primitives";
import { builtInPolicy } from "../../../server/src/policy/policy";
import type { VerifyParameters } from "../../../server/src/policy/verifyEvidence";
import { digestOf } from "../../support/digests";

export const key = new Uint8Array(32).fill(7);
export const device = addressOf(key);
export const repositoryId = "ab".repeat(16);
export const manifestDigest = digestOf("11");

export const execution: AcceptedSuggestion["execution"] = {
  model: { name: "sample", manifestDigest, omsRoot: digestOf("22") },
  environment: {
    serverDigest: digestOf("33"),
    engine: { name: "onnxruntime-node", version: "1.30.0", libraryDigest: digestOf("44") },
    executionProvider: "cpu",
    threads: 2,
    platform: { os: "linux", arch: "x64" },
    cpu: { model: "sample", features: ["avx2"] },
  },
  profile: "native/v1",
};

export const facts: BatchFacts = { ...execution, repositoryId, device };

/** A suggestion that was accepted between `before` and `after` of a file. */
export function accepted(
  text: string,
  position: Position,
  { before = "", after = "", path = "src/a.ts", id = randomBytes(16).toString("hex") } = {},
): AcceptedSuggestion {
  return {
    id,
    root: "/repository",
    path,
    position,
    acceptance: "whole",
    execution,
    values: {
      prompt: { path, prefix: before, suffix: after, context: [] },
      tokens: [1, 2, 3],
      raw: text,
      displayed: text,
      accepted: text,
      replaced: { start: position, end: position, text: "" },
      sampling: { method: "greedy", maxTokens: 96 },
      ordinal: 0,
      seed: digestOf("55"),
      stop: "line",
    },
    trim: "trim/v1",
    salts: newSalts(),
  };
}

/** Seals suggestions as this machine's device would, and returns the evidence file's bytes with its root. */
export function seal(
  suggestions: readonly AcceptedSuggestion[],
  { promptTravels = true, of = facts }: { promptTravels?: boolean; of?: BatchFacts } = {},
): { bytes: Buffer; root: Digest } {
  const { evidence, root } = sealBatch({
    facts: of,
    suggestions: suggestions.map((suggestion) => ({ suggestion, promptTravels })),
    sequence: 0,
    previousSeal: null,
    sign: (message) => signPersonalMessage(message, key),
  });
  return { bytes: Buffer.from(evidence, "utf8"), root };
}

export function included(root: Digest, timestamp = 1_800_000_000): AnchorCheck {
  const identity = {
    chainId: 31337,
    genesisHash: `0x${"66".repeat(32)}`,
    contract: `0x${"77".repeat(20)}`,
    local: true,
    name: "local chain",
  } as const;
  return {
    status: "finalized",
    trust: "local",
    identity,
    anchor: {
      root,
      chainId: identity.chainId,
      genesisHash: identity.genesisHash,
      contract: identity.contract,
      block: { number: 5, hash: `0x${"88".repeat(32)}` },
      transaction: `0x${"99".repeat(32)}`,
      timestamp,
    },
  };
}

/** Parameters under which a suggestion in `text` is as good as can be, to be spoilt one by one. */
export function parameters(
  text: string,
  files: readonly { bytes: Uint8Array; root: Digest }[],
  ids: readonly string[],
): VerifyParameters {
  return {
    repositoryId,
    evidence: files.map(({ bytes, root }) => ({
      path: `.proofline/evidence/${root}.json`,
      reading: readEvidence(bytes),
    })),
    journal: [],
    device,
    chain: new Map(files.map(({ root }) => [root, included(root)])),
    texts: new Map([["src/a.ts", text]]),
    replays: new Map(
      ids.map((id) => [
        id,
        { value: "exact", tokens: 3, exact: 3, margin: 0, tolerance: { margin: 0, notFirst: 0 } },
      ]),
    ),
    policy: builtInPolicy({ device, pins: [manifestDigest] }),
  };
}
