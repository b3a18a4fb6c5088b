import { setTimeout as delay } from "node:timers/promises";
import { formatEther, type Hex, keccak256, type PrivateKeyAccount } from "viem";
import * as z from "zod";
import { ProoflineError } from "../../platform/errors";
import type { Address } from "../../platform/primitives";
import type { ChainIdentity } from "../chain";
import { Amount, Block, Hash, Quantity, Receipt } from "./blocks";
import { type Rpc, RpcError, RpcFailure } from "./rpc";

/** Other clients with the same key may take nonces in the meantime; each attempt lets at least one of them through. */
const MAX_ATTEMPTS = 20;

/** How long a transaction may wait for its block. */
const INCLUSION_TIMEOUT_MILLISECONDS = 180_000;

/** Used where a server does not suggest a tip: enough on the large chains, negligible on the others. */
const DEFAULT_TIP = 1_000_000n;

/** The most that one transaction may cost, in wei, without what a rollup adds for its data: a server names the fees, and must not be able to spend the account. */
const MAX_COST = 50_000_000_000_000_000n;

/** A contract call failed when the server tried it out, so it was not sent. */
export class CallReverted extends Error {
  override readonly name = "CallReverted";
}

/**
 * Signs a contract call, sends it and waits for its block.
 *
 * @throws CallReverted where it would fail or did fail; ProoflineError `chain.rejected` without funds or
 * `chain.unreachable` when no block takes it in time; RpcFailure, RpcError, or the signal's reason.
 */
export async function sendCall(
  rpc: Rpc,
  identity: ChainIdentity,
  account: PrivateKeyAccount,
  call: { readonly to: Address; readonly data: Hex },
  signal?: AbortSignal,
): Promise<Receipt> {
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    const { nonce, signed } = await sign(rpc, identity, account, call);
    try {
      await send(rpc, signed);
      const sent = { hash: keccak256(signed), nonce, from: account.address };
      const receipt = await waitForReceipt(rpc, identity, sent, signal);
      if (receipt?.status === 1) {
        return receipt;
      }
      if (receipt !== null) {
        throw new CallReverted("the transaction failed");
      }
      // Another transaction took its nonce.
    } catch (error) {
      if (!(error instanceof RpcError) || !NONCE_TAKEN.test(error.message)) {
        throw explain(error, account, identity);
      }
    }
    if (attempt === MAX_ATTEMPTS) {
      throw new ProoflineError(
        "chain.rejected",
        `The account ${account.address} is so busy on ${identity.name} that no transaction got through.`,
        "useOwnAccount",
      );
    }
    await delay(20 * attempt * Math.random(), undefined, { signal });
  }
}

async function send(rpc: Rpc, signed: Hex): Promise<void> {
  try {
    await rpc.call("eth_sendRawTransaction", [signed], Hash);
  } catch (error) {
    // Another client sent the very same transaction for the same root.
    if (!(error instanceof RpcError) || !ALREADY_SENT.test(error.message)) {
      throw error;
    }
  }
}

const ALREADY_SENT = /already known|already imported|known transaction/i;

/** How the common clients (geth, reth, nethermind, anvil, erigon) say that a nonce is used or claimed. */
const NONCE_TAKEN = /nonce (is )?too low|replacement transaction|underpriced|OldNonce/i;

async function sign(
  rpc: Rpc,
  identity: ChainIdentity,
  account: PrivateKeyAccount,
  { to, data }: { readonly to: Address; readonly data: Hex },
): Promise<{ readonly nonce: number; readonly signed: Hex }> {
  try {
    const [nonce, estimate, block, gasPrice, tip] = await Promise.all([
      rpc.call("eth_getTransactionCount", [account.address, "pending"], Quantity),
      rpc.call("eth_estimateGas", [{ from: account.address, to, data }], Amount),
      rpc.call("eth_getBlockByNumber", ["latest", false], Block),
      rpc.call("eth_gasPrice", [], Amount),
      rpc.call("eth_maxPriorityFeePerGas", [], Amount).catch((error: unknown) => {
        if (error instanceof RpcError) {
          return DEFAULT_TIP;
        }
        throw error;
      }),
    ]);
    const gas = (estimate * 5n) / 4n;
    // Twice the base fee outlasts six full blocks of rising fees; only what the block asks for is paid.
    const maxFeePerGas = block.baseFeePerGas == null ? gasPrice : block.baseFeePerGas * 2n + tip;
    if (gas * maxFeePerGas > MAX_COST) {
      throw new ProoflineError(
        "chain.rejected",
        `${rpc.host} asks for up to ${formatEther(gas * maxFeePerGas)} of ${identity.name}'s currency for one transaction; Proofline pays at most ${formatEther(MAX_COST)}.`,
        "waitForLowerFees",
      );
    }
    const common = { chainId: identity.chainId, nonce, to, data, gas };
    if (block.baseFeePerGas == null) {
      return { nonce, signed: await account.signTransaction({ ...common, type: "legacy", gasPrice }) };
    }
    const fees = { type: "eip1559", maxFeePerGas, maxPriorityFeePerGas: tip } as const;
    return { nonce, signed: await account.signTransaction({ ...common, ...fees }) };
  } catch (error) {
    throw explain(error, account, identity);
  }
}

/** Polls for the receipt; `null` where the account's nonce went to another transaction. */
async function waitForReceipt(
  rpc: Rpc,
  identity: ChainIdentity,
  sent: { readonly hash: Hex; readonly nonce: number; readonly from: Hex },
  signal?: AbortSignal,
): Promise<Receipt | null> {
  const deadline = performance.now() + INCLUSION_TIMEOUT_MILLISECONDS;
  let failure: unknown;
  let passedBy = 0;
  let pause = identity.local ? 5 : 500;
  while (performance.now() < deadline) {
    signal?.throwIfAborted();
    try {
      const [receipt, used] = await Promise.all([
        rpc.call("eth_getTransactionReceipt", [sent.hash], z.nullable(Receipt)),
        rpc.call("eth_getTransactionCount", [sent.from, "latest"], Quantity),
      ]);
      if (receipt !== null) {
        return receipt;
      }
      // The two answers may come from two moments, so once is no proof.
      passedBy = used > sent.nonce ? passedBy + 1 : 0;
      if (passedBy === 3) {
        return null;
      }
      failure = undefined;
    } catch (error) {
      // The transaction is on its way: a server that is away for a moment must not lead to a second one.
      if (!(error instanceof RpcFailure) && !(error instanceof RpcError)) {
        throw error;
      }
      failure = error;
    }
    await delay(pause, undefined, { signal });
    pause = Math.min(pause * 1.5, 4_000);
  }
  throw new ProoflineError(
    "chain.unreachable",
    `The transaction ${sent.hash} was sent to ${identity.name}, but no block included it within ${INCLUSION_TIMEOUT_MILLISECONDS / 60_000} minutes.`,
    "anchorLater",
    { cause: failure },
  );
}

/** What the server's refusal means for a person. */
function explain(error: unknown, account: PrivateKeyAccount, identity: ChainIdentity): unknown {
  if (!(error instanceof RpcError)) {
    return error;
  }
  if (/insufficient funds|lack of funds/i.test(error.message)) {
    return new ProoflineError(
      "chain.rejected",
      `The account ${account.address} cannot pay for the transaction on ${identity.name}.`,
      "fundAccount",
      { cause: error },
    );
  }
  if (/revert/i.test(error.message)) {
    return new CallReverted(error.message, { cause: error });
  }
  return error;
}
