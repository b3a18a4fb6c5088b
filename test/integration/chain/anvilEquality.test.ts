import { createBlockHeader } from "@ethereumjs/block";
import { createTxFromRLP } from "@ethereumjs/tx";
import { createAddressFromString, hexToBytes } from "@ethereumjs/util";
import fc from "fast-check";
import { encodeAbiParameters, encodeFunctionData, type Hex, parseAbi } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { DEVELOPMENT_ACCOUNT, EMBEDDED_EAS } from "../../../server/src/chain/eas/deploy";
import { getTimestampCall, timestampCall } from "../../../server/src/chain/eas/eas";
import contracts from "../../../server/src/chain/eas/easContracts.json";
import { chainRequests } from "../../../server/src/chain/embedded/chainRequests";
import { DEVELOPMENT_KEY } from "../../../server/src/chain/embedded/developmentAccount";
import { GENESIS_BALANCE } from "../../../server/src/chain/embedded/genesis";
import { LocalChain } from "../../../server/src/chain/embedded/localChain";
import { EmbeddedRules } from "../../../server/src/chain/embedded/rules";
import { Rpc, RpcError } from "../../../server/src/chain/rpc/rpc";
import { randomDigest } from "../../support/digests";
import { eventually } from "../../support/eventually";
import { startNode } from "../../support/node";

/**
 * The embedded chain and anvil get the same transactions in the same circumstances, and have to say the same of them,
 * down to the hashes of the blocks, which cover everything else.
 */

const account = privateKeyToAccount(DEVELOPMENT_KEY);
const CHAIN_ID = 31337;
const SOMEBODY = `0x${"5e".repeat(20)}` as const;
const REGISTRY = "0x5fbdb2315678afecb367f032d93f642f64180aa3";

const ABI = parseAbi([
  "function register(string schema, address resolver, bool revocable) returns (bytes32)",
  "function multiTimestamp(bytes32[] data) returns (uint64)",
  "function attest((bytes32 schema, (address recipient, uint64 expirationTime, bool revocable, bytes32 refUID, bytes data, uint256 value) data) request) payable returns (bytes32)",
]);

const Body = z.record(z.string(), z.any());
type Body = z.infer<typeof Body>;

/** Asks one of the two; a refusal comes back as what it refused with. */
type Ask = (method: string, ...params: unknown[]) => Promise<unknown>;

interface Pair {
  readonly anvil: Ask;
  readonly ours: Ask;
  readonly chain: LocalChain;
  nonce: number;
  /** The members that are not compared. */
  readonly left: readonly string[];
}

async function startPair(left: readonly string[]): Promise<Pair> {
  const { url } = await startNode(
    "--chain-id",
    String(CHAIN_ID),
    "--hardfork",
    "cancun",
    "--disable-default-create2-deployer",
    "--slots-in-an-epoch",
    "0",
  );
  const rpc = new Rpc(url, { timeoutMilliseconds: 60_000 });
  const anvil: Ask = async (method, ...params) => {
    try {
      return await rpc.call(method, params, z.unknown());
    } catch (error) {
      return refusal(error);
    }
  };
  const genesis = Body.parse(await anvil("eth_getBlockByNumber", "0x0", true));
  const common = new EmbeddedRules();
  const chain = await LocalChain.begin(
    { common, persist: async () => {} },
    [[createAddressFromString(DEVELOPMENT_ACCOUNT), GENESIS_BALANCE]],
    // Its header says of the state what is not true: that it is empty.
    () =>
      createBlockHeader(
        {
          number: 0,
          timestamp: genesis.timestamp,
          stateRoot: genesis.stateRoot,
          gasLimit: genesis.gasLimit,
          baseFeePerGas: genesis.baseFeePerGas,
          coinbase: genesis.miner,
          extraData: genesis.extraData,
          mixHash: genesis.mixHash,
        },
        { common },
      ),
  );
  const request = chainRequests(chain, "test");
  const ours: Ask = async (method, ...params) => {
    try {
      return await request(method, params);
    } catch (error) {
      return refusal(error);
    }
  };
  expect(known(await ours("eth_getBlockByNumber", "0x0", true), NEVER)).toEqual(known(genesis, NEVER));
  return { anvil, ours, chain, nonce: 0, left };
}

function refusal(error: unknown): unknown {
  const { code, message, data } =
    error instanceof RpcError
      ? error
      : ({ ...Body.parse({ ...Object(error) }), message: String(error) } as Body);
  return code === 3 ? { code, data } : { refused: message };
}

interface Sent {
  readonly to?: Hex;
  readonly data?: Hex;
  readonly gas?: bigint;
  readonly value?: bigint;
  readonly type?: "legacy" | "eip2930" | "eip1559";
}

/** Sends one transaction to both and compares all that they say of it. */
async function sendBoth(pair: Pair, { type = "eip1559", gas = 3_000_000n, ...call }: Sent): Promise<Body> {
  const nonce = pair.nonce++;
  const common = { chainId: CHAIN_ID, nonce, gas, ...call };
  const accessList = [{ address: SOMEBODY, storageKeys: [`0x${"0".repeat(64)}`] as const }];
  const fees = { maxFeePerGas: 4_000_000_000n, maxPriorityFeePerGas: 1_000_000_007n };
  const signed = await {
    legacy: () => account.signTransaction({ ...common, type: "legacy", gasPrice: 4_000_000_000n }),
    eip2930: () =>
      account.signTransaction({ ...common, type: "eip2930", gasPrice: 4_000_000_000n, accessList }),
    eip1559: () => account.signTransaction({ ...common, ...fees, type: "eip1559", accessList }),
  }[type]();
  const hash = await pair.anvil("eth_sendRawTransaction", signed);
  expect(hash).toMatch(/^0x[0-9a-f]{64}$/);
  let mined: unknown = null;
  await eventually("anvil to mine", async () => {
    mined = await pair.anvil("eth_getTransactionReceipt", hash);
    return mined !== null;
  });
  const receipt = Body.parse(mined);
  const block = Body.parse(await pair.anvil("eth_getBlockByNumber", receipt.blockNumber, true));
  await pair.chain.mine(createTxFromRLP(hexToBytes(signed), { common: pair.chain.common }), {
    timestamp: Number(block.timestamp),
    prevRandao: hexToBytes(block.mixHash),
    // anvil's first block costs what its genesis does, though that was empty; all others follow EIP-1559.
    ...(block.number === "0x1" ? { baseFeePerGas: BigInt(block.baseFeePerGas) } : {}),
  });
  await same(pair, "eth_getBlockByNumber", receipt.blockNumber, true);
  await same(pair, "eth_getTransactionByHash", hash);
  // A receipt's time and the price of blobs are anvil's own; its logs have their time in both.
  const { blobGasPrice: _, blockTimestamp: __, ...expected } = receipt;
  expect(known(await pair.ours("eth_getTransactionReceipt", hash), pair.left)).toEqual(
    known(expected, pair.left),
  );
  return receipt;
}

/** What no comparison can be about. */
const NEVER = [
  // anvil counts a block one byte too short: without the list of its withdrawals, which is there since Shanghai.
  "size",
];

/**
 * What else is none after a program has written zero where zero was: anvil 1.7.1 then hashes the empty slot into the
 * storage, which Ethereum does not (yellow paper, appendix D), and with it every block from there on.
 */
const AFTER_ZEROS = [...NEVER, "hash", "parentHash", "blockHash", "stateRoot"];

/** Without those members, however deep. */
function known(body: unknown, left: readonly string[]): unknown {
  if (Array.isArray(body)) {
    return body.map((item) => known(item, left));
  }
  const object = Body.safeParse(body);
  return object.success
    ? Object.fromEntries(
        Object.entries(object.data).flatMap(([name, value]) =>
          left.includes(name) ? [] : [[name, known(value, left)]],
        ),
      )
    : body;
}

async function same(pair: Pair, method: string, ...params: unknown[]): Promise<unknown> {
  const [ours, anvil] = await Promise.all([pair.ours(method, ...params), pair.anvil(method, ...params)]);
  expect({ method, params, answer: known(ours, pair.left) }).toEqual({
    method,
    params,
    answer: known(anvil, pair.left),
  });
  return ours;
}

async function deployBoth(pair: Pair): Promise<void> {
  const { SchemaRegistry, EAS } = contracts.contracts;
  await sendBoth(pair, { data: SchemaRegistry.bytecode as Hex, gas: 8_000_000n });
  const argument = encodeAbiParameters([{ type: "address" }], [REGISTRY]).slice(2);
  const data = `${EAS.bytecode as Hex}${argument}` as const;
  expect((await sendBoth(pair, { data, gas: 8_000_000n })).contractAddress).toBe(EMBEDDED_EAS);
}

describe("the embedded chain and anvil", () => {
  test("say the same of EAS's life, of failures, and of every kind of transaction", async () => {
    const pair = await startPair(NEVER);
    await deployBoth(pair);
    const root = randomDigest();
    const first = await sendBoth(pair, { to: EMBEDDED_EAS, data: timestampCall([root]), type: "legacy" });
    expect(first).toMatchObject({ status: "0x1" });
    expect(await sendBoth(pair, { to: EMBEDDED_EAS, data: timestampCall([root]) })).toMatchObject({
      status: "0x0",
    });
    const roots = Array.from({ length: 5 }, () => `0x${randomDigest()}` as const);
    const many = encodeFunctionData({ abi: ABI, functionName: "multiTimestamp", args: [roots] });
    expect((await sendBoth(pair, { to: EMBEDDED_EAS, data: many, type: "eip2930" })).logs).toHaveLength(5);
    const none = `0x${"0".repeat(64)}` as const;
    // Out of gas, a plain transfer to somebody new and again, one with too much data for its gas.
    expect(await sendBoth(pair, { to: EMBEDDED_EAS, data: many, gas: 60_000n })).toMatchObject({
      status: "0x0",
    });
    await sendBoth(pair, { to: SOMEBODY, value: 12_345n, gas: 30_000n });
    await sendBoth(pair, { to: SOMEBODY, value: 1n, gas: 30_000n, type: "legacy" });
    await sendBoth(pair, { to: SOMEBODY, data: `0x${"ab".repeat(500)}`, gas: 50_000n });

    for (const tag of ["latest", "safe", "finalized", "earliest"]) {
      await same(pair, "eth_getBlockByNumber", tag, false);
    }
    for (const [address, slots] of [
      [EMBEDDED_EAS, [none, `0x${"0".repeat(63)}1`, `0x${randomDigest()}`]],
      // Of a storage that is empty anvil shows its empty node, as geth does not.
      [REGISTRY, []],
      [DEVELOPMENT_ACCOUNT, []],
      [SOMEBODY, []],
      [`0x${"77".repeat(20)}`, []],
    ] as const) {
      for (const tag of ["latest", "0x5"]) {
        await same(pair, "eth_getProof", address, slots, tag);
        await same(pair, "eth_getBalance", address, tag);
        await same(pair, "eth_getTransactionCount", address, tag);
        await same(pair, "eth_getCode", address, tag);
        await same(pair, "eth_getStorageAt", address, none, tag);
      }
    }
    const get = { to: EMBEDDED_EAS, data: getTimestampCall(root) };
    await same(pair, "eth_call", get, "latest");
    await same(pair, "eth_call", get, "0x2");
    // A custom error's data, and a revert without any.
    expect(
      await same(pair, "eth_call", { to: EMBEDDED_EAS, data: timestampCall([root]) }, "latest"),
    ).toMatchObject({
      code: 3,
    });
    await same(pair, "eth_call", { to: EMBEDDED_EAS, data: "0x12345678" }, "latest");
    await same(pair, "eth_getLogs", { fromBlock: "0x0", toBlock: "latest" });
    await same(pair, "eth_getLogs", {
      address: EMBEDDED_EAS,
      fromBlock: "0x0",
      toBlock: "latest",
      topics: [null, roots[3]],
    });
    await same(pair, "eth_getLogs", { blockHash: first.blockHash });
    await same(pair, "eth_feeHistory", "0x4", "latest", [50]);
    await same(pair, "eth_chainId");
    await same(pair, "eth_blockNumber");
    await same(pair, "eth_getBlockByNumber", "0x99", false);
    await same(pair, "eth_getTransactionReceipt", none);
    const estimate = { from: DEVELOPMENT_ACCOUNT, to: EMBEDDED_EAS, data: timestampCall([randomDigest()]) };
    const [ours, anvil] = await Promise.all([
      pair.ours("eth_estimateGas", estimate),
      pair.anvil("eth_estimateGas", estimate),
    ]);
    expect(Number(ours) / Number(anvil)).toBeGreaterThan(0.97);
    expect(Number(ours) / Number(anvil)).toBeLessThan(1.03);
  }, 240_000);

  test("say the same of what programs do, also of such that nobody wrote", async () => {
    const pair = await startPair(AFTER_ZEROS);
    await deployBoth(pair);
    const none = `0x${"0".repeat(64)}` as const;
    const nobody = `0x${"0".repeat(40)}` as const;
    const schema = encodeFunctionData({
      abi: ABI,
      functionName: "register",
      args: ["uint8 x", nobody, true],
    });
    const registered = await sendBoth(pair, { to: REGISTRY, data: schema });
    const attest = encodeFunctionData({
      abi: ABI,
      functionName: "attest",
      args: [
        {
          schema: registered.logs[0].topics[1],
          data: {
            recipient: SOMEBODY,
            expirationTime: 0n,
            revocable: true,
            refUID: none,
            data: "0x07",
            value: 0n,
          },
        },
      ],
    });
    expect((await sendBoth(pair, { to: EMBEDDED_EAS, data: attest })).logs).toHaveLength(1);
    const samples = fc.sample(program, { seed: 7, numRuns: 80 });
    let succeeded = 0;
    for (const bytes of samples) {
      const data = `0x${Buffer.from(bytes).toString("hex")}` as const;
      const receipt = await sendBoth(pair, { data, gas: 400_000n, value: 3n });
      succeeded += receipt.status === "0x1" ? 1 : 0;
      for (const address of [receipt.contractAddress, `0x${"0".repeat(38)}07`]) {
        await same(pair, "eth_getCode", address, "latest");
        await same(pair, "eth_getBalance", address, "latest");
        await same(pair, "eth_getTransactionCount", address, "latest");
        for (let slot = 0; slot < 80; slot += 7) {
          await same(pair, "eth_getStorageAt", address, `0x${slot.toString(16).padStart(64, "0")}`, "latest");
        }
      }
    }
    // Neither do all fail at once, nor does none.
    expect(succeeded).toBeGreaterThan(8);
    expect(succeeded).toBeLessThan(samples.length);
  }, 240_000);
});

/** The hashes of blocks are not the same, see `AFTER_ZEROS`. */
const BLOCKHASH = 0x40;
const PC = 0x58;

/** Code of random instructions, with what they take on the stack, so that most of it runs for a while. */
const instruction = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.uint8Array({ minLength: 1, maxLength: 4 }).map((value) => [0x5f + value.length, ...value]),
  },
  {
    weight: 2,
    arbitrary: fc
      .uint8Array({ minLength: 20, maxLength: 32 })
      .map((value) => [0x5f + value.length, ...value]),
  },
  { weight: 6, arbitrary: fc.integer({ min: 0x01, max: 0x1d }).map((code) => [code]) },
  {
    weight: 4,
    arbitrary: fc.integer({ min: 0x30, max: 0x4a }).map((code) => [code === BLOCKHASH ? PC : code]),
  },
  {
    weight: 5,
    arbitrary: fc
      .constantFrom(0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x58, 0x59, 0x5a, 0x5b, 0x5c, 0x5d, 0x5e)
      .map((code) => [code]),
  },
  { weight: 4, arbitrary: fc.integer({ min: 0x80, max: 0x9f }).map((code) => [code]) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(0x20, 0xa0, 0xa1, 0xa2, 0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xfa, 0xfd, 0xfe, 0xff)
      .map((code) => [code]),
  },
  // A call to a contract that answers: SHA-256 of nothing, and others of the first seventeen addresses.
  {
    weight: 1,
    arbitrary: fc
      .integer({ min: 1, max: 17 })
      .map((address) => [
        0x60,
        32,
        0x60,
        0,
        0x60,
        64,
        0x60,
        0,
        0x60,
        0,
        0x60,
        address,
        0x61,
        0xff,
        0xff,
        0xf1,
      ]),
  },
);
const program = fc
  .array(instruction, { minLength: 5, maxLength: 120 })
  .map((parts) => [...Array.from({ length: 12 }, (_, index) => [0x60, index * 7]).flat(), ...parts.flat()]);
