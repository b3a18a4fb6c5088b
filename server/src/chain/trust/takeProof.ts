import { toBytes, toHex } from "viem";
import * as z from "zod";
import type { Digest } from "../../platform/primitives";
import { formatAnchor, MAX_ANCHOR_BYTES } from "../anchorFile";
import type { AnchorProof } from "../anchorProof";
import type { Anchor } from "../chain";
import type { ContractFacts } from "../knownChains";
import { Bytes, quantity } from "../rpc/blocks";
import type { ChainServer } from "../rpc/chainServer";
import { RpcError, RpcFailure } from "../rpc/rpc";
import { HeaderFields, headerOf, readHeader } from "./header";
import { ProofError } from "./merkleProof";
import { checkProof, IMPLEMENTATION_SLOT, provedTime, timeSlot } from "./stateProof";
import type { Witness } from "./witnesses";

const Nodes = z.array(Bytes.transform((value) => value.toLowerCase() as `0x${string}`)).max(64);

/** What `eth_getProof` answers, as far as it is used (EIP-1186). */
const AccountProof = z.object({
  accountProof: Nodes,
  storageProof: z.array(z.object({ proof: Nodes })).max(2),
});

/**
 * An anchor with a proof of it, from the first server that gives one that holds; without one where none does, as servers
 * often keep the states of the latest blocks only.
 */
export async function withProof(
  anchor: Anchor,
  facts: ContractFacts,
  witnesses: readonly Witness[],
): Promise<Anchor> {
  for (const { server } of witnesses) {
    const proof = await orNone(async () => {
      const taken = await askForProof(server, anchor.block.number, anchor.batchRoot, facts);
      await checkProof(anchor, taken, facts);
      return taken;
    });
    const proved = proof === null ? anchor : { ...anchor, proof };
    if (proof !== null && Buffer.byteLength(formatAnchor(proved)) <= MAX_ANCHOR_BYTES) {
      return proved;
    }
  }
  return anchor;
}

/**
 * What EAS stores for a batch root by a block of which the hash is known, 0 for nothing, proved by any server; `null` where none
 * proves anything.
 */
export async function proveTime(
  batchRoot: Digest,
  block: { readonly number: number; readonly hash: string },
  facts: ContractFacts,
  witnesses: readonly Witness[],
): Promise<number | null> {
  for (const { server } of witnesses) {
    const time = await orNone(async () => {
      const proof = await askForProof(server, block.number, batchRoot, facts);
      const header = readHeader(toBytes(proof.header));
      if (header.hash !== block.hash) {
        throw new ProofError("its header is that of another block");
      }
      return provedTime(header, batchRoot, proof, facts);
    });
    if (time !== null) {
      return time;
    }
  }
  return null;
}

async function orNone<T>(work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RpcError || error instanceof RpcFailure || error instanceof ProofError) {
      return null;
    }
    throw error;
  }
}

async function askForProof(
  server: ChainServer,
  number: number,
  batchRoot: Digest,
  facts: ContractFacts,
): Promise<AnchorProof> {
  const { contract, implementation } = facts;
  const block = quantity(number);
  const slots = [timeSlot(facts, batchRoot), ...(implementation === null ? [] : [IMPLEMENTATION_SLOT])];
  const [fields, eas, behind] = await Promise.all([
    server.call("eth_getBlockByNumber", [block, false], HeaderFields),
    server.call("eth_getProof", [contract, slots, block], AccountProof),
    implementation === null
      ? null
      : server.call("eth_getProof", [implementation.address, [], block], AccountProof),
  ]);
  const header = headerOf(fields);
  const [time, address] = eas.storageProof;
  if (header === null || time === undefined) {
    throw new ProofError("the server's answers make none");
  }
  return {
    header: toHex(header),
    account: eas.accountProof,
    storage: time.proof,
    ...(behind !== null &&
      address !== undefined && {
        implementation: { storage: address.proof, account: behind.accountProof },
      }),
  };
}
