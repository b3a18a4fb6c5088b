/** A suggestion that is as good as can be, to be spoilt one thing at a time. */
import type { AnchorCheck } from "../../../server/src/chain/chain";
import type { ReplayableSuggestion } from "../../../server/src/evidence/format/acceptedSuggestion";
import { readEvidence } from "../../../server/src/evidence/format/readEvidence";
import type { Position } from "../../../server/src/evidence/format/record";
import type { SealedEvidence } from "../../../server/src/evidence/format/sealBatch";
import type { Digest } from "../../../server/src/platform/primitives";
import { builtInPolicy } from "../../../server/src/policy/policy";
import type { VerifyParameters } from "../../../server/src/policy/verifyParameters";
import { device, execution, facts, sample } from "../../support/sampleBatch";

const PATH = "src/a.ts";

/** A suggestion that was accepted between `before` and `after` of the file. */
export function accepted(
  displayed: string,
  position: Position,
  { before = "", after = "" } = {},
): ReplayableSuggestion {
  const prompt = { prefix: before, suffix: after, context: [] };
  return sample({ path: PATH, displayed, position, prompt });
}

/** A replay that confirms all of a claim's three tokens. */
export const replayedExactly = {
  value: "exact",
  tokens: 3,
  exact: 3,
  margin: 0,
  tolerance: { margin: 0, notFirst: 0 },
} as const;

/** An anchor that is as good as can be, on the developer's own chain, at a time in seconds since 1970. */
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
      batchRoot: root,
      chainId: identity.chainId,
      genesisHash: identity.genesisHash,
      contract: identity.contract,
      block: { number: 5, hash: `0x${"88".repeat(32)}` },
      transaction: `0x${"99".repeat(32)}`,
      timestamp,
    },
  };
}

/** Parameters under which the suggestions of `files` in `text` are verified, where they are replayed. */
export function parameters(
  text: string,
  files: readonly Pick<SealedEvidence, "evidence" | "batchRoot">[],
  replayed: readonly string[],
): VerifyParameters {
  return {
    repositoryIds: [facts.repositoryId],
    evidence: files.map(({ evidence, batchRoot: root }) => ({
      path: `.proofline/evidence/${root}.json`,
      reading: readEvidence(Buffer.from(evidence, "utf8")),
    })),
    journal: [],
    device,
    chain: new Map(files.map(({ batchRoot: root }) => [root, included(root)])),
    texts: new Map([[PATH, text]]),
    replays: new Map(replayed.map((id) => [claimOf(files, id), replayedExactly])),
    policy: builtInPolicy({ device, pins: [execution.model] }),
  };
}

/** What names a suggestion's claim: its leaf hash in the first of these files that holds it, else its id. */
export function claimOf(files: readonly Pick<SealedEvidence, "evidence">[], id: string): string {
  const found = files
    .map(({ evidence }) => readEvidence(Buffer.from(evidence, "utf8")))
    .flatMap((reading) => (reading.kind === "intact" ? reading.batch.claims : []))
    .find(({ record }) => record.id === id);
  return found?.leafHash ?? id;
}
