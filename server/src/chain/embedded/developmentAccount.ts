import { createFeeMarket1559Tx, type FeeMarket1559Tx } from "@ethereumjs/tx";
import { createAddressFromString, hexToBytes } from "@ethereumjs/util";
import { DEVELOPMENT_ACCOUNT } from "../eas/deploy";
import { type Call, estimateGas } from "./localCalls";
import type { LocalChain } from "./localChain";

/**
 * The private key of the first development account of anvil and hardhat, `DEVELOPMENT_ACCOUNT`. Everybody knows it: on
 * the embedded chain it only pays for gas, and who may send transactions there is settled before, by the host's secret.
 */
export const DEVELOPMENT_KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

const KEY_BYTES = hexToBytes(DEVELOPMENT_KEY);

/** A call as a signed transaction of the development account, for the next block. */
export async function signedByDevelopmentAccount(chain: LocalChain, call: Call): Promise<FeeMarket1559Tx> {
  const { head, common } = chain;
  const account = await (await chain.stateOf(head)).getAccount(createAddressFromString(DEVELOPMENT_ACCOUNT));
  const baseFee = chain.headerOf(head).calcNextBaseFee();
  return createFeeMarket1559Tx(
    {
      chainId: common.chainId(),
      nonce: account?.nonce ?? 0n,
      gasLimit: call.gas ?? (await estimateGas(chain, head, call)),
      ...(call.to === null ? {} : { to: createAddressFromString(call.to) }),
      value: call.value,
      data: call.data,
      // Others may get a block in before; the base fee rises by an eighth with each.
      maxFeePerGas: baseFee * 2n,
      maxPriorityFeePerGas: 0n,
    },
    { common },
  ).sign(KEY_BYTES);
}
