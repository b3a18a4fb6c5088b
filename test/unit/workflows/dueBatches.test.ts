/** What a repository's anchor files say of other chains neither costs money nor, made up, keeps anything from the chain unsaid. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Anchor, ChainIdentity } from "../../../server/src/chain/chain";
import { KNOWN_CHAINS } from "../../../server/src/chain/knownChains";
import { readEvidence } from "../../../server/src/evidence/format/readEvidence";
import { openRepository } from "../../../server/src/evidence/repository/openRepository";
import { type AnchorScope, dueBatches } from "../../../server/src/workflows/anchor";
import { RepositoryReader } from "../../../server/src/workflows/readRepository";
import { removeFolder } from "../../support/removeFolder";
import { facts, sample, sealed } from "../../support/sampleBatch";

const folder = mkdtempSync(join(tmpdir(), "proofline-due-"));
let contents: Awaited<ReturnType<RepositoryReader["read"]>>;
let base: Anchor;
let batchRoot: Anchor["batchRoot"];

beforeAll(async () => {
  const repository = await openRepository(folder, [folder]);
  const repositoryId = await repository.ensureId();
  const batch = sealed([sample()], { facts: { ...facts, repositoryId } });
  await repository.writeEvidence(batch.batchRoot, batch.evidence);
  contents = await new RepositoryReader({ read: async (bytes) => readEvidence(bytes) }).read(repository);
  const known = KNOWN_CHAINS.find(({ id }) => id === 8453);
  if (known === undefined) {
    throw new Error("Base is known");
  }
  ({ batchRoot } = batch);
  base = {
    batchRoot,
    chainId: known.id,
    genesisHash: known.genesisHash,
    contract: known.contract,
    block: { number: 1, hash: known.genesisHash },
    transaction: known.genesisHash,
    timestamp: 1_700_000_000,
  };
});
afterAll(() => removeFolder(folder));

const identityOf = ({ chainId, genesisHash, contract }: Anchor, name: string): ChainIdentity => ({
  ...{ chainId, genesisHash, contract, name },
  local: false,
});

interface Case {
  readonly scope?: AnchorScope;
  readonly isOwn?: boolean;
}

function dueWith(claim: Anchor, to: ChainIdentity, { scope = "unclaimed", isOwn = false }: Case = {}) {
  const own = {
    ...{ batchRoot, seal: batchRoot, sequence: 0, repository: folder },
    ...{ ids: [], sealedPrompts: [], evidence: "" },
  };
  const journal = { unanchored: () => (isOwn ? [own] : []) };
  const { due, unchecked } = dueBatches({ ...contents, anchors: [claim] }, journal, to, scope);
  return { due: due.map((batch) => batch.batchRoot), unchecked };
}

const unichain = (): ChainIdentity => identityOf({ ...base, chainId: 130 }, "Unichain");
const local = (): ChainIdentity => identityOf({ ...base, chainId: 31337 }, "local chain");

test.each<Case>([{ isOwn: false }, { isOwn: true }, { isOwn: true, scope: "own" }])(
  "what another public chain holds is not due where it costs, and said to be unchecked: %o",
  (one) => {
    expect(dueWith(base, unichain(), one)).toEqual({
      due: [],
      unchecked:
        "One batch is not anchored on Unichain, as anchor files say that Base holds it, which was not checked.",
    });
  },
);

test("it is due where everything is asked for, and what is sealed here on a chain that costs nothing", () => {
  expect(dueWith(base, unichain(), { scope: "everything" })).toEqual({ due: [batchRoot], unchecked: null });
  expect(dueWith(base, local(), { isOwn: true, scope: "own" })).toEqual({
    due: [batchRoot],
    unchecked: null,
  });
  expect(dueWith(base, local())).toEqual({ due: [], unchecked: null });
});

test.each<[string, Partial<Anchor>]>([
  ["a chain that nobody has heard of", { chainId: 424242 }],
  ["another block 0 than that chain's", { genesisHash: `0x${"1".repeat(64)}` }],
  ["another contract than that chain's", { contract: `0x${"2".repeat(40)}` }],
  ["a developer's own chain", { chainId: 31337 }],
])("a file that names %s keeps no batch from a public chain", (_name, change) => {
  for (const isOwn of [false, true]) {
    expect(dueWith({ ...base, ...change }, unichain(), { isOwn })).toEqual({
      due: [batchRoot],
      unchecked: null,
    });
  }
});

test("what a file says of the very chain that is written to, the chain itself is asked about", () => {
  expect(dueWith(base, identityOf(base, "Base"))).toEqual({ due: [batchRoot], unchecked: null });
});
