import { keccak256 } from "viem";
import * as z from "zod";
import { ProoflineError } from "../../platform/errors";
import { type Address, type ChainHash, Digest } from "../../platform/primitives";
import type { ChainIdentity } from "../chain";
import { getTimestampCall, TimestampResult, VersionResult, versionCall } from "../eas/eas";
import {
  chainName,
  factsAbout,
  isLocalChain,
  KNOWN_CHAINS,
  type KnownChain,
  knownGenesis,
} from "../knownChains";
import { Block, Bytes, Hash, Quantity, quantity } from "./blocks";
import type { ChainServer } from "./chainServer";
import { RpcError } from "./rpc";

/** The root that is asked about: any answer shows that the contract keeps timestamps. */
const NO_ROOT = Digest.parse("0".repeat(64));

/** What one server says of the chain that it speaks for. */
export interface Introduction {
  readonly identity: ChainIdentity;
  /** Keccak-256 of the code at EAS's address. */
  readonly codeHash: ChainHash;
  /** The time of block 0, in seconds since 1970. */
  readonly genesisTime: number;
}

interface Expected {
  readonly id: number;
  readonly contract: Address;
}

/** Which chain a server speaks for: see `introductionOf`. */
export async function identify(rpc: ChainServer, expected: Expected): Promise<ChainIdentity> {
  return (await introductionOf(rpc, expected)).identity;
}

/**
 * Finds out which chain a server speaks for, and that EAS answers there. Of a chain whose genesis block is known it must
 * be that one. This excludes mistakes, not liars: a fork has the same id, genesis and code.
 *
 * @throws ProoflineError `chain.wrong` where another chain or no EAS answers. Network failures pass through.
 */
export async function introductionOf(
  rpc: ChainServer,
  expected: Expected,
  chains: readonly KnownChain[] = KNOWN_CHAINS,
): Promise<Introduction> {
  const call = (data: string) => [{ to: expected.contract, data }, "latest"] as const;
  const [chainId, genesis, code, clientVersion, timestamp, version] = await Promise.all([
    rpc.call("eth_chainId", [], Quantity),
    rpc.call("eth_getBlockByNumber", [quantity(0), false], Block),
    rpc.call("eth_getCode", [expected.contract, "latest"], Bytes),
    orRefused(rpc.call("web3_clientVersion", [], z.string().max(1000))),
    orReverted(rpc.call("eth_call", call(getTimestampCall(NO_ROOT)), z.unknown())),
    Promise.all([
      orReverted(rpc.call("eth_call", call(versionCall("version")), z.unknown())),
      orReverted(rpc.call("eth_call", call(versionCall("VERSION")), z.unknown())),
    ]),
  ]);
  if (chainId !== expected.id) {
    throw wrong(`${rpc.host} serves ${describe(chainId)}, but ${describe(expected.id)} is configured.`);
  }
  const local = isLocalChain(chainId, clientVersion);
  const name = chainName(chainId, local);
  if (code === "0x") {
    throw wrong(`There is no contract at ${expected.contract} on ${name}.`);
  }
  if (
    !TimestampResult.safeParse(timestamp).success ||
    !version.some((answer) => VersionResult.safeParse(answer).success)
  ) {
    throw wrong(`The contract at ${expected.contract} on ${name} is not the Ethereum Attestation Service.`);
  }
  // Also of a server that says that it is a developer's node: what is signed for a known chain is good there, wherever it is sent.
  const known = knownGenesis(chainId, chains);
  if (known !== null && known !== genesis.hash) {
    throw wrong(
      `${rpc.host} says that ${name} begins with the block ${genesis.hash}, but it begins with ${known}.`,
    );
  }
  const identity = { chainId, genesisHash: genesis.hash, contract: expected.contract, local, name };
  const codeHash = Hash.parse(keccak256(code));
  const knownCode = factsAbout(identity, chains)?.codeHash;
  if (knownCode != null && knownCode !== codeHash) {
    throw wrong(`${rpc.host} shows other code at ${expected.contract} on ${name} than that of EAS.`);
  }
  return { identity, codeHash, genesisTime: genesis.timestamp };
}

/** A call that the server may refuse, because the method is closed. */
function orRefused<T>(answer: Promise<T>): Promise<T | null> {
  return unless(answer, () => true);
}

/**
 * A call of a contract that may have no such function. A server that refuses for another reason, because it lags and has not the
 * state of its own newest block for instance, has said nothing about the contract.
 */
function orReverted<T>(answer: Promise<T>): Promise<T | null> {
  return unless(answer, ({ code, message }) => REVERTED_CODES.has(code) || REVERTED.test(message));
}

/** What nodes of all kinds say of a call that ran and failed; geth's code for it is 3, Nethermind's −32015. */
const REVERTED = /revert|invalid opcode|bad instruction|out of gas|vm execution error/i;
const REVERTED_CODES: ReadonlySet<number> = new Set([3, -32_015]);

async function unless<T>(answer: Promise<T>, isExpected: (error: RpcError) => boolean): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof RpcError && isExpected(error)) {
      return null;
    }
    throw error;
  }
}

function describe(chainId: number): string {
  const name = chainName(chainId, false);
  return name === `chain ${chainId}` ? name : `${name} (chain ${chainId})`;
}

function wrong(reason: string): ProoflineError {
  return new ProoflineError("chain.wrong", reason, "correctChain");
}
