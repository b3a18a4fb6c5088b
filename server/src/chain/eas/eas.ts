import {
  decodeFunctionData,
  decodeFunctionResult,
  encodeFunctionData,
  type Hex,
  parseAbi,
  toEventSelector,
  toFunctionSelector,
} from "viem";
import * as z from "zod";
import { Digest } from "../../platform/primitives";

/**
 * What Proofline uses of the Ethereum Attestation Service: a root is stored with the time of its block, once and for
 * ever. The same in every version of EAS; older ones spell `version()` as `VERSION()`.
 * Source: https://github.com/ethereum-attestation-service/eas-contracts/blob/master/contracts/IEAS.sol
 */
export const EAS_ABI = parseAbi([
  "function timestamp(bytes32 data) returns (uint64)",
  "function multiTimestamp(bytes32[] data) returns (uint64)",
  "function getTimestamp(bytes32 data) view returns (uint64)",
  "function version() view returns (string)",
  "function VERSION() view returns (string)",
  "event Timestamped(bytes32 indexed data, uint64 indexed timestamp)",
  "error AlreadyTimestamped()",
]);

export const TIMESTAMPED_TOPIC = toEventSelector("Timestamped(bytes32,uint64)");

/** Seconds since 1970; far beyond what a clock will say, and exact in JavaScript. */
const MAX_TIME = 2n ** 48n;

/** A digest as EVM calls spell it. */
export function word(batchRoot: Digest): Hex {
  return `0x${batchRoot}`;
}

/** Timestamps one root, or several in one call, which fails as a whole where one of them is there already. */
export function timestampCall(batchRoots: readonly Digest[]): Hex {
  const [first, ...others] = batchRoots.map(word);
  return first !== undefined && others.length === 0
    ? encodeFunctionData({ abi: EAS_ABI, functionName: "timestamp", args: [first] })
    : encodeFunctionData({ abi: EAS_ABI, functionName: "multiTimestamp", args: [batchRoots.map(word)] });
}

const TIMESTAMPING = parseAbi([
  "function timestamp(bytes32 data) returns (uint64)",
  "function multiTimestamp(bytes32[] data) returns (uint64)",
]);
const TIMESTAMPING_SELECTORS: readonly string[] = TIMESTAMPING.map(toFunctionSelector);

/**
 * The roots that a call of `timestampCall` is about; `null` where it is another call.
 *
 * @throws where it names that function and is no call of it
 */
export function timestampedBy(data: Hex): readonly Digest[] | null {
  if (!TIMESTAMPING_SELECTORS.includes(data.slice(0, 10))) {
    return null;
  }
  const call = decodeFunctionData({ abi: TIMESTAMPING, data });
  return (call.functionName === "timestamp" ? call.args : call.args[0]).map(digestOf);
}

function digestOf(data: Hex): Digest {
  return Digest.parse(data.slice(2));
}

export function getTimestampCall(batchRoot: Digest): Hex {
  return encodeFunctionData({ abi: EAS_ABI, functionName: "getTimestamp", args: [word(batchRoot)] });
}

export function versionCall(spelling: "version" | "VERSION"): Hex {
  return encodeFunctionData({ abi: EAS_ABI, functionName: spelling });
}

/** What `getTimestamp` returned: exactly one word that holds a time, 0 where the root was never timestamped. */
export const TimestampResult = z
  .string()
  .regex(/^0x[0-9a-fA-F]{64}$/, "expected one 32-byte word")
  .transform((value) => BigInt(value))
  .refine((value) => value < MAX_TIME, "expected a time")
  .transform(Number);

/** What `version` returned: a short string such as `1.3.0`. */
export const VersionResult = z
  .string()
  .regex(/^0x[0-9a-fA-F]{128,1024}$/, "expected a string")
  .transform((data, context) => {
    try {
      const version = decodeFunctionResult({ abi: EAS_ABI, functionName: "version", data: data as Hex });
      if (/^\d+(\.\d+){1,2}$/.test(version)) {
        return version;
      }
    } catch {
      // Falls through to the issue below.
    }
    context.addIssue({ code: "custom", message: "expected a version" });
    return z.NEVER;
  });
