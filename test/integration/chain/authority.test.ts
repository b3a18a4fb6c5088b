import { generatePrivateKey } from "viem/accounts";
import { beforeEach, describe, expect, test } from "vitest";
import * as z from "zod";
import { formatApproval, readApproval } from "../../../server/src/chain/authority/approvalFile";
import type { Attested } from "../../../server/src/chain/authority/attestation";
import { uidOf } from "../../../server/src/chain/authority/attestation";
import { attestationWord, denialWord, timesIn } from "../../../server/src/chain/authority/authorityWords";
import { AuthorityWriter } from "../../../server/src/chain/authority/authorityWriter";
import { attestCall, denyCall, getDenialCall } from "../../../server/src/chain/authority/easCalls";
import { denialDigest, type Subject } from "../../../server/src/chain/authority/subjects";
import { openChain } from "../../../server/src/chain/chainReader";
import { DEVELOPMENT_ACCOUNT, sendTransaction } from "../../../server/src/chain/eas/deploy";
import { DEVELOPMENT_KEY } from "../../../server/src/chain/embedded/developmentAccount";
import type { KnownChain } from "../../../server/src/chain/knownChains";
import { Block, quantity } from "../../../server/src/chain/rpc/blocks";
import type { Rpc } from "../../../server/src/chain/rpc/rpc";
import { Address, ChainHash, type Digest } from "../../../server/src/platform/primitives";
import { agreed } from "../../support/chainTest";
import { afterwards } from "../../support/cleanups";
import { randomDigest } from "../../support/digests";
import { type RpcConfiguration, rpcChain } from "../../support/rpcChain";
import { startProxy } from "../../support/rpcProxy";

/** What a team's address says through the real EAS contracts, and what readers make of servers that hide it. */

type Lie = Parameters<typeof startProxy>[1];
const HONEST: Lie = (method, result) => (method === "web3_clientVersion" ? "op-geth/v1.101" : result);

let configuration: RpcConfiguration;
let rpc: Rpc;
let known: KnownChain;

beforeEach(async () => {
  ({ configuration, rpc } = await rpcChain(130));
  const { hash } = await rpc.call("eth_getBlockByNumber", ["0x0", false], Block);
  known = {
    id: 130,
    genesisHash: ChainHash.parse(hash),
    contract: configuration.contract,
    codeHash: null,
    // Where EAS 1.3.0 has it.
    timestampsSlot: 5,
    implementation: null,
  };
});

async function writerWith(key: string | null): Promise<AuthorityWriter> {
  const writer = await AuthorityWriter.open(configuration, { key, confirm: agreed });
  afterwards(async () => writer.close());
  return writer;
}

/** Answers for what an authority denied, and is honest else. */
const denying =
  (answer: (result: unknown) => unknown): Lie =>
  (method, result, params) => {
    const [call] = params;
    const isAbout = method === "eth_call" && JSON.stringify(call).includes(getDenialSelector);
    return isAbout ? answer(result) : HONEST(method, result, params);
  };
const getDenialSelector = getDenialCall(DEVELOPMENT_ACCOUNT, randomDigest()).slice(2, 10);

const model = (id: Digest = randomDigest()): Subject => ({ kind: "model", id });
const approval = (subject: Subject, name = "a"): Attested => ({ kind: "approval", subject, name });

async function read(lies: readonly Lie[], ...questions: Parameters<typeof attestationWord>[0][]) {
  return words(lies, questions.map(attestationWord));
}

async function words(lies: readonly Lie[], questions: readonly ReturnType<typeof denialWord>[]) {
  const rpcUrls = await Promise.all(
    lies.map(
      async (lie, index) => `Operator ${index}=${await startProxy(configuration.rpcUrls[0] ?? "", lie)}`,
    ),
  );
  const reader = openChain({ ...configuration, rpcUrls }, { start: false, knownChains: [known] });
  afterwards(() => reader.close());
  return reader.words(questions);
}

describe("an authority's own key", () => {
  test("attests every kind of subject, each with the UID that EAS gives it", async () => {
    const writer = await writerWith(DEVELOPMENT_KEY);
    const subjects: Subject[] = [
      model(),
      { kind: "environment", id: randomDigest() },
      { kind: "device", id: Address.parse(`0x${"d".repeat(40)}`) },
      { kind: "verifier", id: Address.parse(`0x${"e".repeat(40)}`) },
    ];
    for (const subject of subjects) {
      const file = await writer.attest(approval(subject, "Ünser Gerät “1”"), 0);
      expect(await writer.find(uidOf(file.attestation))).toEqual(file);
      expect(readApproval(Buffer.from(formatApproval(file)))).toMatchObject({
        kind: "approval",
        approval: { attested: { subject, name: "Ünser Gerät “1”" } },
      });
    }
  });

  test("attests the same twice in a row, as two attestations", async () => {
    const writer = await writerWith(DEVELOPMENT_KEY);
    const attested = approval(model());
    const [one, other] = [await writer.attest(attested, 0), await writer.attest(attested, 0)];
    expect(uidOf(one.attestation)).not.toBe(uidOf(other.attestation));
  });

  test("denies once and for ever", async () => {
    const writer = await writerWith(DEVELOPMENT_KEY);
    const denial = denialDigest(model(), "lost");
    const time = await writer.deny(denial);
    expect(time).toBeGreaterThan(0);
    expect(await writer.deny(denial)).toBe(time);
  });

  test("says nothing where its account holds nothing", async () => {
    const writer = await writerWith(generatePrivateKey());
    await expect(writer.attest(approval(model()), 0)).rejects.toMatchObject({
      code: "chain.payment",
      reason: expect.stringContaining("The authority said nothing"),
    });
  });
});

test("a revocation that one of two servers invents is not told as made", async () => {
  const denial = denialDigest(model(), "lost");
  const lying = denying(() => `0x${"00".repeat(28)}65000000`);
  const rpcUrls = await Promise.all(
    [lying, HONEST].map(
      async (lie, index) => `Operator ${index}=${await startProxy(configuration.rpcUrls[0] ?? "", lie)}`,
    ),
  );
  const writer = await AuthorityWriter.open(
    { ...configuration, rpcUrls },
    { key: DEVELOPMENT_KEY, confirm: agreed },
  );
  afterwards(async () => writer.close());
  await expect(writer.deny(denial)).rejects.toMatchObject({ code: "chain.disputed" });
});

test("an approval that was taken back no longer stands, and is taken back once", async () => {
  const writer = await writerWith(DEVELOPMENT_KEY);
  const file = await writer.attest(approval(model()), 0);
  expect(await writer.stands(file)).toBe(true);
  await writer.withdraw(file);
  expect(await writer.stands(file)).toBe(false);
  await writer.withdraw(file);
  const { words: said } = await read([HONEST], uidOf(file.attestation));
  expect(timesIn([...said.values()][0] ?? 0n).revocationTime).toBeGreaterThan(0);
});

test("a wallet contract attests and denies by itself, and what it attested is found by its UID", async () => {
  // It passes what follows an address in its input on to that address.
  const runtime = "6014360380601460003760006000916000600060003560601c5af1602257600080fd5b00";
  const { contractAddress } = await sendTransaction(rpc, { data: `0x602480600b6000396000f3${runtime}` });
  const wallet = Address.parse(contractAddress);
  const through = (data: string) =>
    sendTransaction(rpc, { to: wallet, data: `0x${configuration.contract.slice(2)}${data.slice(2)}` });
  const writer = await writerWith(DEVELOPMENT_KEY);
  const subject = model();
  // Registers the schema.
  await writer.attest(approval(subject), 0);
  const receipt = await through(attestCall(approval(subject), 0));
  const { timestamp } = await rpc.call("eth_getBlockByNumber", [quantity(receipt.blockNumber), false], Block);
  const own = await writer.attest(approval(subject), 0);
  const uid = uidOf({ ...own.attestation, attester: wallet, time: timestamp, bump: 0 });
  expect((await writer.find(uid))?.attestation.attester).toBe(wallet);
  const denial = denialDigest(subject, "lost");
  await through(denyCall(denial));
  const said = await words([HONEST], [denialWord(wallet, denial), denialWord(DEVELOPMENT_ACCOUNT, denial)]);
  expect([...said.words.values()].map((word) => word > 0n)).toEqual([true, false]);
});

describe("what is read", () => {
  test("rests on a proof where the layout is known, and says when it was made, ends and was revoked", async () => {
    const writer = await writerWith(DEVELOPMENT_KEY);
    const ends = 4_000_000_000;
    const file = await writer.attest(approval(model()), ends);
    const uid = uidOf(file.attestation);
    const never = ChainHash.parse(`0x${"ab".repeat(32)}`);
    const before = await read([HONEST, HONEST], uid, never);
    expect(before).toMatchObject({ trust: "stateProof", operators: ["operator 0", "operator 1"] });
    expect(timesIn(before.words.get(`attested ${uid}`) ?? 0n)).toEqual({
      time: file.attestation.time,
      expirationTime: ends,
      revocationTime: 0,
    });
    expect(before.words.get(`attested ${never}`)).toBe(0n);
    const denial = denialDigest(model(), "compromised");
    const time = await writer.deny(denial);
    const denied = await words([HONEST, HONEST], [denialWord(DEVELOPMENT_ACCOUNT, denial)]);
    expect(denied).toMatchObject({ trust: "stateProof" });
    expect([...denied.words.values()]).toEqual([BigInt(time)]);
  });

  test("rests on their agreement where two servers prove nothing, and on one operator's word where one is asked", async () => {
    const writer = await writerWith(DEVELOPMENT_KEY);
    const uid = uidOf((await writer.attest(approval(model()), 0)).attestation);
    const unproving: Lie = (method, result, params) =>
      method === "eth_getProof" ? { accountProof: [], storageProof: [] } : HONEST(method, result, params);
    expect(await read([unproving, unproving], uid)).toMatchObject({ trust: "quorum" });
    expect(await read([HONEST], uid)).toMatchObject({ trust: "singleRpc", operators: ["operator 0"] });
  });

  test.each([
    ["hides a denial", `0x${"00".repeat(32)}`],
    ["invents another time for it", `0x${"00".repeat(28)}00000001`],
    ["answers with nonsense", "0x1234"],
  ])("is disputed where one of two servers %s", async (_, answer) => {
    const writer = await writerWith(DEVELOPMENT_KEY);
    const denial = denialDigest(model(), "lost");
    await writer.deny(denial);
    const lying = denying(() => answer);
    await expect(words([HONEST, lying], [denialWord(DEVELOPMENT_ACCOUNT, denial)])).rejects.toMatchObject({
      // Nothing that was read earlier may stand in for it.
      code: "chain.disputed",
    });
  });

  test("is disputed where both servers say something else than the state that they prove", async () => {
    const writer = await writerWith(DEVELOPMENT_KEY);
    const denial = denialDigest(model(), "lost");
    await writer.deny(denial);
    await rpc.call("anvil_mine", ["0x2"], z.unknown());
    const lying = denying(() => `0x${"00".repeat(32)}`);
    await expect(words([lying, lying], [denialWord(DEVELOPMENT_ACCOUNT, denial)])).rejects.toMatchObject({
      code: "chain.disputed",
    });
  });

  test("takes the silence of a server that says it knows the block for no answer", async () => {
    const writer = await writerWith(DEVELOPMENT_KEY);
    const denial = denialDigest(model(), "lost");
    await writer.deny(denial);
    let asked = 0;
    const forgetful = denying((result) => {
      asked += 1;
      return asked > 2 ? result : `0x${"00".repeat(32)}`;
    });
    await expect(words([HONEST, forgetful], [denialWord(DEVELOPMENT_ACCOUNT, denial)])).rejects.toMatchObject(
      {
        code: "chain.disputed",
      },
    );
  });

  test("is disputed where one server shows an older state, which another one has left behind", async () => {
    const writer = await writerWith(DEVELOPMENT_KEY);
    const denial = denialDigest(model(), "lost");
    const old = await rpc.call("eth_getBlockByNumber", ["latest", false], z.looseObject({}));
    await rpc.call("evm_increaseTime", [60], z.unknown());
    await writer.deny(denial);
    const late: Lie = (method, result, params) =>
      method === "eth_getBlockByNumber" && ["latest", "finalized"].includes(String(params[0]))
        ? old
        : HONEST(method, result, params);
    await expect(words([HONEST, late], [denialWord(DEVELOPMENT_ACCOUNT, denial)])).rejects.toMatchObject({
      code: "chain.disputed",
    });
  });

  test("of many words takes several proofs", async () => {
    const writer = await writerWith(DEVELOPMENT_KEY);
    const subjects = Array.from({ length: 150 }, () => model());
    const [first = model()] = subjects;
    await writer.deny(denialDigest(first, "lost"));
    const said = await words(
      [HONEST, HONEST],
      subjects.map((subject) => denialWord(DEVELOPMENT_ACCOUNT, denialDigest(subject, "lost"))),
    );
    expect(said.trust).toBe("stateProof");
    expect([...said.words.values()].filter((word) => word > 0n)).toHaveLength(1);
  });
});
