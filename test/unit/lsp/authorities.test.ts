import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { denialWord } from "../../../server/src/chain/authority/authorityWords";
import { denialDigest } from "../../../server/src/chain/authority/subjects";
import type { WordReader } from "../../../server/src/chain/wordReader";
import { Authorities } from "../../../server/src/lsp/verdicts/authorities";
import { Address, ChainHash } from "../../../server/src/platform/primitives";
import { PolicyFile } from "../../../server/src/policy/file/policyFile";
import { policyUnder } from "../../../server/src/policy/file/policyUnder";
import { builtInPolicy, checkDevice } from "../../../server/src/policy/policy";
import { DEFAULT_SETTINGS, type Settings } from "../../../server/src/protocol/settings";
import { removeFolder } from "../../support/removeFolder";

const CONTRACT = Address.parse(`0x${"c".repeat(40)}`);
const TEAM = Address.parse(`0x${"1".repeat(40)}`);
const DEVICE = Address.parse(`0x${"d".repeat(40)}`);
const file = PolicyFile.parse({
  format: "proofline/policy/v1",
  name: "team",
  chain: { id: 130, contract: CONTRACT },
  devices: [{ name: "laptop", address: DEVICE }],
  authority: { addresses: [{ name: "team", address: TEAM }], decides: [], maximumAgeHours: 1 },
});
const policy = policyUnder(file, builtInPolicy({ device: "", pins: [] }));
const LOST = denialWord(TEAM, denialDigest({ kind: "device", id: DEVICE }, "lost")).key;

/** A chain that says when the device was lost, 0 for never, once a promise resolves. */
const chain = (lostAt: bigint, when: Promise<void> = Promise.resolve()): WordReader => ({
  identity: async () => {
    await when;
    const genesisHash = ChainHash.parse(`0x${"ab".repeat(32)}`);
    return { chainId: 130, genesisHash, contract: CONTRACT, local: false, name: "a chain" };
  },
  words: async (questions) => ({
    time: Math.floor(Date.now() / 1000),
    ...{ trust: "singleRpc", operators: [] },
    words: new Map(questions.map(({ key }) => [key, key === LOST ? lostAt : 0n])),
  }),
});

function lookingAt(first: WordReader) {
  const home = mkdtempSync(join(tmpdir(), "proofline-authorities-"));
  onTestFinished(() => removeFolder(home));
  let reader = first;
  let change: (now: Settings, before: Settings) => void = () => {};
  const settings = {
    home,
    onChange: (listener: typeof change) => {
      change = listener;
    },
  };
  const authorities = new Authorities(
    settings as never,
    { read: async () => ({ reader }) } as never,
    () => {},
  );
  return {
    authorities,
    look: () => {
      const known = { policy, rules: { file } };
      const evidence = { all: [], approvals: [], results: [] };
      const now = authorities.policyIn({ folder: "/repository" } as never, known as never, evidence as never);
      return now.hold ?? checkDevice(now, DEVICE, null);
    },
    ask: (other: WordReader) => {
      reader = other;
      change({ ...DEFAULT_SETTINGS, trusted: false }, DEFAULT_SETTINGS);
    },
  };
}

test("an answer of servers that a person has replaced does not take the place of that of the new ones", async () => {
  let release = (): void => {};
  const slow = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { authorities, look, ask } = lookingAt(chain(0n, slow));
  expect(look()).toMatch(/is being read/);
  ask(chain(5n));
  look();
  await vi.waitFor(() => expect(look()).toBe("revokedDevice"));
  release();
  await authorities.settled();
  expect(look()).toBe("revokedDevice");
});

test("what was asked for again while a question was under way is asked again", async () => {
  const { authorities, look, ask } = lookingAt(chain(0n));
  look();
  await authorities.settled();
  expect(look()).toBe("valid");
  ask(chain(5n));
  authorities.askAgain();
  look();
  await authorities.settled();
  expect(look()).toBe("revokedDevice");
});

test("what was read counts no longer than the policy allows, however long an editor stands idle", async () => {
  const { authorities, look } = lookingAt(chain(0n));
  look();
  await authorities.settled();
  expect(look()).toBe("valid");
  vi.spyOn(Date, "now").mockReturnValue(Date.now() + 3_600_000);
  onTestFinished(() => void vi.restoreAllMocks());
  expect(look()).toMatch(/older than the 1 hours/);
});
