/** The contracts that stand in for OpenGradient's, on a real chain. */
import { decodeFunctionData, decodeFunctionResult, encodeFunctionData, toEventHash, toHex } from "viem";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { Bytes } from "../../../server/src/chain/rpc/blocks";
import { Rpc } from "../../../server/src/chain/rpc/rpc";
import { decodeRegistryEntry } from "../../../server/src/providers/opengradient/registryEntry";
import { askRegistry } from "../../../server/src/workflows/enclaveRegistry";
import { afterwards } from "../../support/cleanups";
import { MEASUREMENTS } from "../../support/opengradient/attestationDocument";
import { compiledContracts } from "../../support/opengradient/compiledContracts";
import { codeHash, REGISTRY_ABI, RELAY_ABI } from "../../support/opengradient/deployedContracts";
import { newEnclave } from "../../support/opengradient/enclave";
import { type OpenGradient, PAYEE, startOpenGradient } from "../../support/opengradient/startOpenGradient";

function rpcOf({ registry: { rpcUrls } }: OpenGradient): Rpc {
  const rpc = new Rpc(rpcUrls[0] ?? "");
  afterwards(async () => rpc.close());
  return rpc;
}

async function isSo(open: OpenGradient, functionName: "isTEEActive" | "isTEEEnabled"): Promise<boolean> {
  const data = encodeFunctionData({ abi: REGISTRY_ABI, functionName, args: [open.enclave.name] });
  const answer = await rpcOf(open).call("eth_call", [{ to: open.registry.address, data }, "latest"], Bytes);
  return decodeFunctionResult({ abi: REGISTRY_ABI, functionName, data: answer });
}

const testimonyOf = ({ registry, enclave, clock }: OpenGradient, at = clock.now()) =>
  askRegistry(registry, enclave.name, at);

describe("the contracts", () => {
  it("have the functions, events and errors that tests call them by", async () => {
    const { TenFieldRegistry, ElevenFieldRegistry, SettlementRelay } = await compiledContracts();
    // What it returns is what the two registries differ in.
    const written = spelled(REGISTRY_ABI);
    const isShared = (line: string): boolean => !line.startsWith("function getTEE(");
    expect(spelled(TenFieldRegistry.abi).filter(isShared)).toEqual(written);
    expect(spelled(ElevenFieldRegistry.abi).filter(isShared)).toEqual(written);
    expect(spelled(SettlementRelay.abi)).toEqual(spelled(RELAY_ABI));
  });

  it.each([10, 11] as const)("hold what was registered in an entry of %i fields", async (fields) => {
    const open = await startOpenGradient({ fields });
    const { enclave, registration, gateway } = open;
    const { whenSigned, now } = await testimonyOf(open);
    expect(now).toEqual(whenSigned);
    expect(whenSigned.isCodeApproved).toBe(true);
    const entry = whenSigned.entry ?? "0x";
    // The first offset within the entry, which tells the layouts apart.
    expect(Number(`0x${entry.slice(2 + 3 * 64, 2 + 4 * 64)}`)).toBe(fields * 32);
    expect(decodeRegistryEntry(entry)).toEqual({
      payee: PAYEE,
      endpoint: gateway.url,
      signingKey: Uint8Array.from(enclave.signingKey),
      tlsCertificate: Uint8Array.from(enclave.tlsCertificate),
      measurementHash: codeHash(MEASUREMENTS),
      type: 0,
      isEnabled: true,
      registeredAt: registration.at,
    });
  });

  it("know nothing of an enclave before it was registered, nor of another one", async () => {
    const open = await startOpenGradient();
    expect((await testimonyOf(open, open.registration.at - 1)).whenSigned.entry).toBeNull();
    expect((await testimonyOf(open, open.registration.at)).whenSigned).toMatchObject({
      entry: expect.any(String),
      isCodeApproved: false,
    });
    const { now } = await askRegistry(open.registry, newEnclave().name, open.clock.now());
    expect(now.entry).toBeNull();
  });

  it("keep the attestation document in the calldata of the transaction that emits TEERegistered", async () => {
    const open = await startOpenGradient();
    const { registry, enclave, registration } = open;
    const topic = toEventHash("event TEERegistered(bytes32 indexed, address indexed, uint8)");
    const rpc = rpcOf(open);
    const filter = { address: registry.address, topics: [topic, enclave.name], fromBlock: "0x0" };
    const Logs = z.tuple([z.object({ transactionHash: z.string() })]);
    const [{ transactionHash }] = await rpc.call("eth_getLogs", [filter], Logs);
    const Sent = z.object({ input: Bytes });
    const { input } = await rpc.call("eth_getTransactionByHash", [transactionHash], Sent);
    const { functionName, args } = decodeFunctionData({ abi: REGISTRY_ABI, data: input });
    expect(functionName).toBe("registerTEEWithAttestation");
    expect(args?.[0]).toBe(toHex(registration.document));
  });

  it("call an enclave active while it is enabled, heard of and of approved code", async () => {
    const open = await startOpenGradient();
    const { contracts, clock, enclave } = open;
    expect(await isSo(open, "isTEEActive")).toBe(true);
    await contracts.disable(enclave);
    expect([await isSo(open, "isTEEActive"), await isSo(open, "isTEEEnabled")]).toEqual([false, false]);
    await contracts.enable(enclave);
    clock.pass(1_800);
    await contracts.revoke(MEASUREMENTS);
    await contracts.approve(MEASUREMENTS);
    expect([await isSo(open, "isTEEActive"), await isSo(open, "isTEEEnabled")]).toEqual([false, true]);
    await contracts.heartbeat(enclave);
    expect(await isSo(open, "isTEEActive")).toBe(true);
    await contracts.revoke(MEASUREMENTS);
    expect(await isSo(open, "isTEEActive")).toBe(false);
  });

  it("remember what they approved when an answer was signed", async () => {
    const open = await startOpenGradient();
    const signedAt = open.clock.now();
    open.clock.pass(86_400);
    for (let blocks = 0; blocks < 40; blocks++) {
      await open.contracts.heartbeat(open.enclave);
    }
    await open.contracts.revoke(MEASUREMENTS);
    const { whenSigned, now } = await testimonyOf(open, signedAt);
    expect([whenSigned.isCodeApproved, now.isCodeApproved]).toEqual([true, false]);
  });

  it("hold several enclaves, each with its own gateway, that are paid and settled together", async () => {
    const one = await startOpenGradient({ answer: () => "one" });
    const two = await startOpenGradient({ beside: one, answer: () => "two" });
    expect(two.gateway.url).not.toBe(one.gateway.url);
    for (const open of [one, two]) {
      const { now } = await testimonyOf(open);
      expect(now.entry).toContain(Buffer.from(open.gateway.url).toString("hex"));
    }
    await one.contracts.disable(one.enclave);
    expect([await isSo(one, "isTEEEnabled"), await isSo(two, "isTEEEnabled")]).toEqual([false, true]);
    expect(two.facilitator).toBe(one.facilitator);
  });

  it("register nothing that nobody vouched for", async () => {
    const open = await startOpenGradient();
    const papers = ["0x01", "0x02", "0x03"] as const;
    const data = encodeFunctionData({
      abi: REGISTRY_ABI,
      functionName: "registerTEEWithAttestation",
      args: [...papers, PAYEE, "https://enclave.example", 0],
    });
    const call = rpcOf(open).call("eth_call", [{ to: open.registry.address, data }, "latest"], Bytes);
    await expect(call).rejects.toThrow(/revert/i);
  });
});

const Parameters = z.array(
  z.object({ type: z.string(), name: z.string().default(""), indexed: z.boolean().default(false) }),
);
const Parts = z.array(
  z.object({
    type: z.string(),
    name: z.string(),
    inputs: Parameters,
    outputs: Parameters.default([]),
  }),
);

/** One line for each part of an ABI. */
function spelled(abi: unknown): readonly string[] {
  const list = (parameters: z.infer<typeof Parameters>): string =>
    parameters.map(({ type, name, indexed }) => `${type}${indexed ? " indexed" : ""} ${name}`).join();
  return Parts.parse(abi)
    .map(({ type, name, inputs, outputs }) => `${type} ${name}(${list(inputs)}) ${list(outputs)}`)
    .sort();
}
