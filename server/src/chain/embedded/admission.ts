import type { TypedTransaction } from "@ethereumjs/tx";
import type { Account } from "@ethereumjs/util";
import { RequestError } from "./requestError";

/**
 * Whether a transaction may come into the next block, in the words by which clients of Ethereum know why it may not.
 *
 * @throws RequestError where it may not.
 */
export function assertAdmissible(
  transaction: TypedTransaction,
  sender: Account | undefined,
  { baseFee, gasLimit }: { readonly baseFee: bigint; readonly gasLimit: bigint },
): void {
  const nonce = sender?.nonce ?? 0n;
  if (transaction.nonce < nonce) {
    throw new RequestError("rejected", "nonce too low");
  }
  if (transaction.nonce > nonce) {
    throw new RequestError("rejected", `nonce too high: the account is at ${nonce}, and there is no pool`);
  }
  if (transaction.gasLimit > gasLimit) {
    throw new RequestError("rejected", "exceeds block gas limit");
  }
  if (transaction.gasLimit < transaction.getIntrinsicGas()) {
    throw new RequestError("rejected", "intrinsic gas too low");
  }
  const price = "maxFeePerGas" in transaction ? transaction.maxFeePerGas : transaction.gasPrice;
  if (price < baseFee) {
    throw new RequestError("rejected", "max fee per gas less than block base fee");
  }
  if ((sender?.balance ?? 0n) < transaction.gasLimit * price + transaction.value) {
    throw new RequestError("rejected", "insufficient funds for gas * price + value");
  }
}
