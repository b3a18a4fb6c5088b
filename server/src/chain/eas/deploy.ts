import { setTimeout as delay } from "node:timers/promises";
import { encodeAbiParameters, getContractAddress, type Hex } from "viem";
import * as z from "zod";
import { ProoflineError } from "../../platform/errors";
import { Address } from "../../platform/primitives";
import { Hash, Receipt } from "../rpc/blocks";
import type { ChainServer } from "../rpc/chainServer";
import contracts from "./easContracts.json";

/** anvil's first development account. Its key is public: on the embedded chain it only pays for gas. */
export const DEVELOPMENT_ACCOUNT = Address.parse("0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266");

/** Where `deployEas` puts EAS on an empty chain: its deployer's second contract. */
export const EMBEDDED_EAS = Address.parse(
  getContractAddress({ from: DEVELOPMENT_ACCOUNT, nonce: 1n }).toLowerCase(),
);

/** Deploys SchemaRegistry and EAS on a chain that mines each transaction by itself; resolves to EAS's address. */
export async function deployEas(rpc: ChainServer): Promise<Address> {
  const { SchemaRegistry, EAS } = contracts.contracts;
  const registry = await deploy(rpc, SchemaRegistry.bytecode as Hex);
  const argument = encodeAbiParameters([{ type: "address" }], [registry]);
  return deploy(rpc, `${EAS.bytecode as Hex}${argument.slice(2)}`);
}

async function deploy(rpc: ChainServer, data: Hex): Promise<Address> {
  const { contractAddress, status } = await sendTransaction(rpc, { data });
  if (status !== 1 || contractAddress == null) {
    throw new ProoflineError(
      "chain.host",
      "The EAS contract could not be deployed on the local chain.",
      "restartChain",
    );
  }
  return contractAddress;
}

/** Sends a transaction from the development account, which the node signs for, and resolves to its receipt. */
export async function sendTransaction(
  rpc: ChainServer,
  transaction: { readonly to?: Address; readonly data: Hex; readonly gas?: Hex },
): Promise<Receipt> {
  const hash = await rpc.call("eth_sendTransaction", [{ from: DEVELOPMENT_ACCOUNT, ...transaction }], Hash);
  for (let attempt = 0; attempt < 1_000; attempt++) {
    const receipt = await rpc.call("eth_getTransactionReceipt", [hash], z.nullable(Receipt));
    if (receipt !== null) {
      return receipt;
    }
    await delay(5);
  }
  throw new ProoflineError(
    "chain.host",
    "The local chain did not mine a transaction within five seconds.",
    "restartChain",
  );
}
