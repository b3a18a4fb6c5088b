import { createBlock } from "@ethereumjs/block";
import { EVMError } from "@ethereumjs/evm";
import { createFeeMarket1559Tx } from "@ethereumjs/tx";
import {
  bytesToHex,
  createAddressFromString,
  createZeroAddress,
  type Address as MachineAddress,
} from "@ethereumjs/util";
import { runTx } from "@ethereumjs/vm";
import type { Address } from "../../platform/primitives";
import type { LocalChain } from "./localChain";
import { RequestError } from "./requestError";
import type { StoredBlock } from "./storedBlock";

/** A transaction that is only tried out. */
export interface Call {
  readonly from: Address | null;
  /** `null` to create a contract. */
  readonly to: Address | null;
  readonly gas: bigint | null;
  readonly value: bigint;
  readonly data: Uint8Array;
}

/** Runs a call after a block, in that block's circumstances, and resolves to what it returns. */
export async function runCall(chain: LocalChain, block: StoredBlock, call: Call): Promise<Uint8Array> {
  const header = chain.headerOf(block);
  const machine = await chain.machineOn(block);
  const { execResult } = await machine.evm.runCall({
    caller: senderOf(call),
    origin: senderOf(call),
    ...(call.to === null ? {} : { to: createAddressFromString(call.to) }),
    gasLimit: call.gas ?? header.gasLimit,
    value: call.value,
    data: call.data,
    skipBalance: true,
    block: createBlock({ header }, { common: chain.common }),
  });
  assertSucceeded(execResult);
  return execResult.returnValue;
}

/** The least gas limit under which a call succeeds in the next block, to within a hundredth. */
export async function estimateGas(chain: LocalChain, block: StoredBlock, call: Call): Promise<bigint> {
  const next = await chain.nextBlock();
  const limit = call.gas ?? next.header.gasLimit;
  const attempt = async (gasLimit: bigint) => {
    const machine = await chain.machineOn(block);
    const transaction = createFeeMarket1559Tx(
      {
        gasLimit,
        ...(call.to === null ? {} : { to: createAddressFromString(call.to) }),
        value: call.value,
        data: call.data,
        maxFeePerGas: next.header.baseFeePerGas ?? 0n,
        maxPriorityFeePerGas: 0n,
        chainId: chain.common.chainId(),
      },
      { common: chain.common, freeze: false },
    );
    transaction.getSenderAddress = () => senderOf(call);
    return runTx(machine, { tx: transaction, block: next, skipNonce: true, skipBalance: true });
  };
  const first = await attempt(limit);
  assertSucceeded(first.execResult);
  let enough = limit;
  let short = first.totalGasSpent - 1n;
  // A call may leave 1/64 of its gas behind with each call that it makes, and a refund comes only at the end.
  const guess = ((first.totalGasSpent + first.gasRefund) * 64n) / 63n;
  for (let next = guess < enough ? guess : enough; enough - short > 1n; next = (enough + short) / 2n) {
    if (await succeeds(() => attempt(next))) {
      enough = next;
    } else {
      short = next;
    }
    if ((enough - short) * 100n <= enough) {
      break;
    }
  }
  return enough;
}

async function succeeds(attempt: () => ReturnType<typeof runTx>): Promise<boolean> {
  try {
    return (await attempt()).execResult.exceptionError === undefined;
  } catch {
    // Too little even to begin with.
    return false;
  }
}

/** @throws RequestError where a call failed, as nodes say it. */
function assertSucceeded(result: {
  readonly exceptionError?: EVMError;
  readonly returnValue: Uint8Array;
}): void {
  if (result.exceptionError === undefined) {
    return;
  }
  if (result.exceptionError.error === EVMError.errorMessages.REVERT) {
    throw new RequestError("reverted", "execution reverted", bytesToHex(result.returnValue));
  }
  throw new RequestError("rejected", `EVM error: ${result.exceptionError.error}`);
}

function senderOf({ from }: Call): MachineAddress {
  return from === null ? createZeroAddress() : createAddressFromString(from);
}
