/** Settlements as the chain tells of them: found, not there yet, not there in time, or told differently by two servers. */
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { ChainHash } from "../../../server/src/platform/primitives";
import type { SettlementKind } from "../../../server/src/protocol/settlementKinds";
import type { AnswerCheck } from "../../../server/src/providers/attestation/answerReport";
import { checkAnswer } from "../../../server/src/providers/opengradient/checkAnswer";
import type { SavedAnswer } from "../../../server/src/providers/opengradient/savedAnswer";
import { soughtSettlement } from "../../../server/src/providers/opengradient/soughtSettlement";
import { type EnclaveRegistry, RegistryReader } from "../../../server/src/workflows/enclaveRegistry";
import { afterwards } from "../../support/cleanups";
import { MEASUREMENTS } from "../../support/opengradient/attestationDocument";
import { askAndPay, kept } from "../../support/opengradient/payingClient";
import { type OpenGradient, startOpenGradient } from "../../support/opengradient/startOpenGradient";
import { startProxy } from "../../support/rpcProxy";

const BODY = '{"model":"gpt-5","messages":[{"role":"user","content":"Grüße"}]}';
const account = privateKeyToAccount(generatePrivateKey());

const ask = (open: OpenGradient, settlement: SettlementKind) =>
  askAndPay(open, { body: BODY, settlement, account });

const Stated = z.object({
  tee_id: ChainHash,
  tee_request_hash: z.string(),
  tee_output_hash: z.string(),
  tee_timestamp: z.number(),
  tee_signature: z.string(),
});

/** Lets some time pass on the chain, too. */
async function pass(open: OpenGradient, seconds: number): Promise<void> {
  open.clock.pass(seconds);
  await open.contracts.approve(MEASUREMENTS);
}

async function settlementOf(
  open: OpenGradient,
  saved: SavedAnswer,
  registry: EnclaveRegistry = { ...open.registry, relay: open.relay },
): Promise<AnswerCheck | undefined> {
  const { timestamp } = await checkAnswer(saved);
  const sought = soughtSettlement(saved);
  const reader = new RegistryReader(registry);
  afterwards(async () => reader.close());
  const settlement = sought && (await reader.settlementOf(sought, timestamp ?? 0));
  const { checks } = await checkAnswer(saved, { settlement });
  return checks.find(({ name }) => name === "settlement");
}

describe("an answer that is settled by itself", () => {
  it("is found with the very answer", async () => {
    const open = await startOpenGradient();
    const saved = kept(open, BODY, await ask(open, "individual"), { kind: "individual" });
    const found = await settlementOf(open, saved);
    expect(found).toMatchObject({ value: "passed" });
    expect(found?.reason).toMatch(/, block \d+ has a settlement of this answer\.$/);
  });

  it("is not found where another answer of the same enclave is settled", async () => {
    const open = await startOpenGradient();
    await ask(open, "individual");
    open.gateway.fault = "neverMined";
    open.clock.pass(1);
    const saved = kept(open, BODY, await ask(open, "individual"), { kind: "individual" });
    expect(await settlementOf(open, saved)).toMatchObject({ value: "pending" });
  });

  it("may take half an hour, and is told of where it took longer", async () => {
    const open = await startOpenGradient();
    open.gateway.fault = "neverMined";
    const saved = kept(open, BODY, await ask(open, "individual"), { kind: "individual" });
    await pass(open, 60);
    const pending = await settlementOf(open, saved);
    expect(pending).toMatchObject({ value: "pending" });
    expect(pending?.reason).toContain("that may take half an hour");
    await pass(open, 1_800);
    const late = await settlementOf(open, saved);
    expect(late).toMatchObject({ value: "warning" });
    expect(late?.reason).toContain("though half an hour is over");
  });

  it("is not asked for where no relay is named", async () => {
    const open = await startOpenGradient();
    const saved = kept(open, BODY, await ask(open, "individual"), { kind: "individual" });
    expect(await settlementOf(open, saved, open.registry)).toMatchObject({
      value: "notChecked",
      reason: "It was settled by itself, and OpenGradient's chain was not asked for it.",
    });
  });

  it("is undecided where one server shows it and another does not", async () => {
    const open = await startOpenGradient();
    const saved = kept(open, BODY, await ask(open, "individual"), { kind: "individual" });
    const [url = ""] = open.registry.rpcUrls;
    const hiding = await startProxy(url, (method, result) => (method === "eth_getLogs" ? [] : result));
    const rpcUrls = [`One=${url}`, `Other=${hiding}`];
    expect(await settlementOf(open, saved, { ...open.registry, rpcUrls, relay: open.relay })).toMatchObject({
      value: "notChecked",
      reason: expect.stringContaining("do not tell alike"),
    });
  });

  it("says which servers to correct where nothing can be learned from them", async () => {
    const open = await startOpenGradient();
    const saved = kept(open, BODY, await ask(open, "individual"), { kind: "individual" });
    const elsewhere = { ...open.registry, relay: open.relay, chainId: open.registry.chainId + 1 };
    await expect(settlementOf(open, saved, elsewhere)).rejects.toMatchObject({
      remedy: "checkRegistryServers",
    });
  });
});

describe("an answer that is settled in a batch", () => {
  it("is found by the root of the batch in which it stands, at no other contract and under no other root", async () => {
    const open = await startOpenGradient();
    const answer = await ask(open, "batch");
    open.clock.pass(1);
    await ask(open, "batch");
    const posted = await open.settlements.post();
    if (posted === null) {
      throw new Error("no batch was posted");
    }
    const plain = kept(open, BODY, answer, { kind: "batch" });
    expect(await settlementOf(open, plain)).toMatchObject({ value: "notChecked" });

    const { root, proofOf } = posted.tree;
    const proof = proofOf(Stated.parse(JSON.parse(answer.body.toString()))).map((one) =>
      ChainHash.parse(one),
    );
    const inclusion = { merkleRoot: ChainHash.parse(root), proof };
    const saved = kept(open, BODY, answer, { kind: "batch", inclusion });
    expect(proof).toHaveLength(1);
    expect(await settlementOf(open, saved)).toMatchObject({ value: "passed" });
    const other = { ...open.registry, relay: open.registry.address };
    expect(await settlementOf(open, saved, other)).toMatchObject({ value: "pending" });
    const forged = kept(open, BODY, answer, { kind: "batch", inclusion: { ...inclusion, proof: [] } });
    expect(await settlementOf(open, forged)).toMatchObject({ value: "failed" });
  });
});
