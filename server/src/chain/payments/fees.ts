import type { Hex } from "viem";
import type { Address } from "../../platform/primitives";
import { Amount, Block } from "../rpc/blocks";
import type { ChainServer } from "../rpc/chainServer";
import { RpcError } from "../rpc/rpc";
import { higher, type Signed } from "./payment";

/** Used where a server does not suggest a tip: enough on the large chains, negligible on the others. */
const DEFAULT_TIP = 1_000_000n;

/** What any transaction takes, so that a server cannot have one signed at any price by calling it free of gas. */
const LEAST_GAS = 21_000n;

/** What a transaction would cost now, as its server says. Amounts are in wei. */
export interface Fees {
  readonly gas: bigint;
  /** What a unit of gas costs in the block that is made now. */
  readonly price: bigint;
  readonly maxFeePerGas: bigint;
  /** `null` where the chain has no base fee (EIP-1559). */
  readonly tip: bigint | null;
  /** With the fees of the moment. */
  readonly expected: bigint;
  readonly most: bigint;
}

/** @throws RpcError where the call would fail, as the server says */
export async function readFees(
  rpc: ChainServer,
  call: { readonly from: Hex; readonly to: Address; readonly data: Hex },
): Promise<Fees> {
  const [asked, block, gasPrice, suggested] = await Promise.all([
    // At the head: what waits in the pool may be the very same call.
    rpc.call("eth_estimateGas", [call, "latest"], Amount),
    rpc.call("eth_getBlockByNumber", ["latest", false], Block),
    rpc.call("eth_gasPrice", [], Amount),
    rpc.call("eth_maxPriorityFeePerGas", [], Amount).catch((error: unknown) => {
      if (error instanceof RpcError) {
        return DEFAULT_TIP;
      }
      throw error;
    }),
  ]);
  const estimate = higher(asked, LEAST_GAS);
  const gas = (estimate * 5n) / 4n;
  const baseFee = block.baseFeePerGas ?? null;
  if (baseFee === null) {
    return {
      gas,
      price: gasPrice,
      maxFeePerGas: gasPrice,
      tip: null,
      expected: estimate * gasPrice,
      most: gas * gasPrice,
    };
  }
  // Twice the base fee outlasts six full blocks of rising fees; only what the block asks for is paid.
  const maxFeePerGas = baseFee * 2n + suggested;
  return {
    gas,
    price: baseFee + suggested,
    maxFeePerGas,
    tip: suggested,
    expected: estimate * (baseFee + suggested),
    most: gas * maxFeePerGas,
  };
}

/**
 * Fees with which pools take a transaction in another's place: an eighth more of both, where today's are not higher anyway. Geth asks
 * for a tenth (https://geth.ethereum.org/docs/fundamentals/command-line-options, `txpool.pricebump`).
 */
export function raised(fees: Fees, { maxFeePerGas, tip }: Pick<Signed, "maxFeePerGas" | "tip">): Fees {
  const eighthMore = (wei: bigint): bigint => (wei * 9n) / 8n + 1n;
  const more = higher(fees.maxFeePerGas, eighthMore(maxFeePerGas));
  return {
    ...fees,
    maxFeePerGas: more,
    tip: fees.tip === null || tip === null ? fees.tip : higher(fees.tip, eighthMore(tip)),
    most: fees.gas * more,
  };
}

/** Fees that stay within what somebody has agreed to, where that still pays for the block that is made now. */
export function within(fees: Fees, most: bigint): Fees | null {
  if (fees.most <= most) {
    return fees;
  }
  const maxFeePerGas = most / fees.gas;
  return maxFeePerGas < fees.price ? null : { ...fees, maxFeePerGas, most: fees.gas * maxFeePerGas };
}
