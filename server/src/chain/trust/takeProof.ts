import { bytesToBigInt, toBytes, toHex } from "viem";
import * as z from "zod";
import type { Digest } from "../../platform/primitives";
import { formatAnchor, MAX_ANCHOR_BYTES } from "../anchorFile";
import type { AnchorProof } from "../anchorProof";
import type { Anchor } from "../chain";
import type { ContractFacts } from "../knownChains";
import { Bytes, quantity } from "../rpc/blocks";
import type { ChainServer } from "../rpc/chainServer";
import { RpcError, RpcFailure } from "../rpc/rpc";
import { type Header, HeaderFields, headerOf, readHeader } from "./header";
import { ProofError, readingProof } from "./merkleProof";
import {
  checkProof,
  IMPLEMENTATION_SLOT,
  provedStorage,
  provedTime,
  storedNumber,
  timeSlot,
} from "./stateProof";
import type { Witness } from "./witnesses";

const Nodes = z.array(Bytes.transform((value) => value.toLowerCase() as `0x${string}`)).max(64);

/** The most slots that one question asks to have proved. */
export const MAX_SLOTS = 64;

/** What `eth_getProof` answers, as far as it is used (EIP-1186). */
const AccountProof = z.object({
  accountProof: Nodes,
  storageProof: z.array(z.object({ proof: Nodes })).max(MAX_SLOTS + 1),
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

/** What several slots of EAS hold by a block of which the hash is known, proved by any server; `null` where none proves all of it. */
export async function proveSlots(
  slots: readonly `0x${string}`[],
  block: { readonly number: number; readonly hash: string },
  facts: ContractFacts,
  witnesses: readonly Witness[],
): Promise<readonly bigint[] | null> {
  for (const { server } of witnesses) {
    const words = await orNone(async () => {
      const found: bigint[] = [];
      for (let from = 0; from < slots.length; from += MAX_SLOTS) {
        const asked = slots.slice(from, from + MAX_SLOTS);
        const proof = await askForSlots(server, block.number, asked, facts);
        const header = readHeader(toBytes(proof.header));
        if (header.hash !== block.hash) {
          throw new ProofError("its header is that of another block");
        }
        found.push(...(await readingProof(() => wordsIn(header, asked, proof, facts))));
      }
      return found;
    });
    if (words !== null) {
      return words;
    }
  }
  return null;
}

async function wordsIn(
  header: Header,
  slots: readonly `0x${string}`[],
  { storage, ...proof }: SlotsProof,
  facts: ContractFacts,
): Promise<readonly bigint[]> {
  const storageRoot = await provedStorage(header, proof, facts);
  const words: bigint[] = [];
  for (const [index, slot] of slots.entries()) {
    const number = await storedNumber(storageRoot, slot, storage[index] ?? []);
    if (number.length > 32) {
      throw new ProofError("it shows more than a word");
    }
    words.push(number.length === 0 ? 0n : bytesToBigInt(number));
  }
  return words;
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
  const { storage, ...proof } = await askForSlots(server, number, [timeSlot(facts, batchRoot)], facts);
  const [time] = storage;
  if (time === undefined) {
    throw new ProofError("the server's answers make none");
  }
  return { ...proof, storage: time };
}

/** A proof of several slots: as that of an anchor, with a path for each. */
type SlotsProof = Omit<AnchorProof, "storage"> & { readonly storage: readonly AnchorProof["storage"][] };

async function askForSlots(
  server: ChainServer,
  number: number,
  asked: readonly `0x${string}`[],
  facts: ContractFacts,
): Promise<SlotsProof> {
  const { contract, implementation } = facts;
  const block = quantity(number);
  const slots = [...asked, ...(implementation === null ? [] : [IMPLEMENTATION_SLOT])];
  const [fields, eas, behind] = await Promise.all([
    server.call("eth_getBlockByNumber", [block, false], HeaderFields),
    server.call("eth_getProof", [contract, slots, block], AccountProof),
    implementation === null
      ? null
      : server.call("eth_getProof", [implementation.address, [], block], AccountProof),
  ]);
  const header = headerOf(fields);
  const storage = eas.storageProof.slice(0, asked.length).map(({ proof }) => proof);
  const address = eas.storageProof[asked.length];
  if (header === null || storage.length !== asked.length) {
    throw new ProofError("the server's answers make none");
  }
  return {
    header: toHex(header),
    account: eas.accountProof,
    storage,
    ...(behind !== null &&
      address !== undefined && {
        implementation: { storage: address.proof, account: behind.accountProof },
      }),
  };
}
