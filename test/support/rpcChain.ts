import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getContractAddress } from "viem";
import * as z from "zod";
import type { ChainConfiguration } from "../../server/src/chain/chain";
import { DEVELOPMENT_ACCOUNT, deployEas } from "../../server/src/chain/eas/deploy";
import { Rpc } from "../../server/src/chain/rpc/rpc";
import type { Address } from "../../server/src/platform/primitives";
import { afterwards } from "./cleanups";
import { startNode } from "./node";
import { removeFolder } from "./removeFolder";

export type RpcConfiguration = Extract<ChainConfiguration, { kind: "rpc" }>;

/** A chain with EAS behind an RPC server. */
export async function rpcChain(
  id: number,
  ...options: string[]
): Promise<{ configuration: RpcConfiguration; rpc: Rpc; registry: Address }> {
  const { url } = await startNode("--chain-id", String(id), "--slots-in-an-epoch", "1", ...options);
  const rpc = new Rpc(url);
  if (options.includes("--no-mining")) {
    await rpc.call("evm_setAutomine", [true], z.unknown());
  }
  const contract = await deployEas(rpc);
  if (options.includes("--no-mining")) {
    await rpc.call("evm_setAutomine", [false], z.unknown());
  }
  const registry = getContractAddress({ from: DEVELOPMENT_ACCOUNT, nonce: 0n }).toLowerCase() as Address;
  const home = await mkdtemp(join(tmpdir(), "proofline-home-"));
  afterwards(async () => removeFolder(home));
  return {
    configuration: {
      kind: "rpc",
      home,
      id,
      rpcUrls: [url],
      contract,
    },
    rpc,
    registry,
  };
}
