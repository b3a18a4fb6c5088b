import { RLP } from "@ethereumjs/rlp";
import { concat, keccak256, pad, toBytes, toHex } from "viem";
import type { Address, ChainHash, Digest } from "../../platform/primitives";
import type { AnchorProof } from "../anchorProof";
import type { Anchor } from "../chain";
import { word } from "../eas/eas";
import type { ContractFacts } from "../knownChains";
import { type Header, readHeader, whole } from "./header";
import { ProofError, provedValue, readingProof } from "./merkleProof";

/** Where a proxy keeps the address of its implementation: keccak256("eip1967.proxy.implementation") - 1 (EIP-1967). */
export const IMPLEMENTATION_SLOT = "0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc";

/** Keccak-256 of nothing: an account without code. */
const NO_CODE = "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470";

/** The storage slot of a batch root's time: that of a mapping's value (Solidity, *Layout of State Variables*). */
export function timeSlot({ timestampsSlot }: ContractFacts, batchRoot: Digest): `0x${string}` {
  return keccak256(concat([word(batchRoot), pad(toHex(timestampsSlot))]));
}

/**
 * The storage slot that holds when an attestation was made, ends and was revoked, each in 64 bits from the lowest up: the third of the
 * mapping's value (`_db`), which EAS declares before `_timestamps`.
 */
export function attestationTimesSlot({ timestampsSlot }: ContractFacts, uid: ChainHash): `0x${string}` {
  return toHex(BigInt(keccak256(concat([uid, pad(toHex(timestampsSlot - 1))]))) + 2n, { size: 32 });
}

/** The storage slot of when an address called `revokeOffchain` for a digest (`_revocationsOffchain`, declared after `_timestamps`). */
export function denialSlot(
  { timestampsSlot }: ContractFacts,
  address: Address,
  digest: Digest,
): `0x${string}` {
  const ofAddress = keccak256(concat([pad(address), pad(toHex(timestampsSlot + 1))]));
  return keccak256(concat([word(digest), ofAddress]));
}

/**
 * Checks that an anchor's proof shows what the anchor says: that the block of its hash has its number and time, and that
 * EAS had stored that time for the batch root when the block ended. It remains to be asked whether the block is canonical.
 *
 * @throws ProofError
 */
export function checkProof(anchor: Anchor, proof: AnchorProof, facts: ContractFacts): Promise<void> {
  return readingProof(() => checkWhole(anchor, proof, facts));
}

async function checkWhole(anchor: Anchor, proof: AnchorProof, facts: ContractFacts): Promise<void> {
  const header = readHeader(toBytes(proof.header));
  if (header.hash !== anchor.block.hash || header.number !== anchor.block.number) {
    throw new ProofError("its header is that of another block");
  }
  const time = await timeIn(header, anchor.batchRoot, proof, facts);
  if (time === 0) {
    throw new ProofError("it shows that nothing was stored");
  }
  if (time !== anchor.timestamp || header.timestamp !== anchor.timestamp) {
    throw new ProofError(`it shows the time ${time} in a block of time ${header.timestamp}`);
  }
}

/** What EAS stored for a batch root by a block, 0 where it is shown to have stored nothing. @throws ProofError */
export function provedTime(
  header: Header,
  batchRoot: Digest,
  proof: Omit<AnchorProof, "header">,
  facts: ContractFacts,
): Promise<number> {
  return readingProof(() => timeIn(header, batchRoot, proof, facts));
}

async function timeIn(
  header: Header,
  batchRoot: Digest,
  proof: Omit<AnchorProof, "header">,
  facts: ContractFacts,
): Promise<number> {
  const storageRoot = await provedStorage(header, proof, facts);
  return whole(await storedNumber(storageRoot, timeSlot(facts, batchRoot), proof.storage));
}

/** The root of what EAS stores by a block. @throws ProofError where another contract's is shown */
export async function provedStorage(
  header: Header,
  proof: Pick<AnchorProof, "account" | "implementation">,
  facts: ContractFacts,
): Promise<Uint8Array> {
  const eas = await provedAccount(header.stateRoot, facts.contract, proof.account);
  if (facts.codeHash !== null && eas.codeHash !== facts.codeHash) {
    throw new ProofError("it shows other code than EAS's");
  }
  if (facts.implementation !== null) {
    await checkImplementation(header, eas.storageRoot, proof, facts.implementation);
  }
  return eas.storageRoot;
}

async function checkImplementation(
  header: Header,
  storageRoot: Uint8Array,
  { implementation }: Pick<AnchorProof, "implementation">,
  { address, codeHash }: NonNullable<ContractFacts["implementation"]>,
): Promise<void> {
  if (implementation === undefined) {
    throw new ProofError("it does not show what stands behind the proxy");
  }
  const named = await storedNumber(storageRoot, IMPLEMENTATION_SLOT, implementation.storage);
  if (named.length > 20 || toHex(pad(named, { size: 20 })) !== address) {
    throw new ProofError("it shows another contract behind the proxy");
  }
  const account = await provedAccount(header.stateRoot, address, implementation.account);
  if (account.codeHash === NO_CODE || (codeHash !== null && account.codeHash !== codeHash)) {
    throw new ProofError("it shows other code behind the proxy than EAS's");
  }
}

interface Account {
  readonly storageRoot: Uint8Array;
  readonly codeHash: `0x${string}`;
}

/** An account by the state's root. @throws ProofError where it is not shown, or shown to be missing */
export async function provedAccount(
  stateRoot: Uint8Array,
  address: Address,
  nodes: readonly `0x${string}`[],
): Promise<Account> {
  const value = await provedValue(
    stateRoot,
    toBytes(address),
    nodes.map((node) => toBytes(node)),
  );
  if (value === null) {
    throw new ProofError(`it shows that there is no contract at ${address}`);
  }
  const fields = RLP.decode(value);
  const [storageRoot, codeHash] = Array.isArray(fields) ? fields.slice(2) : [];
  if (!(storageRoot instanceof Uint8Array) || !(codeHash instanceof Uint8Array)) {
    throw new ProofError("it shows no account");
  }
  return { storageRoot, codeHash: toHex(codeHash) };
}

/** What lies in a storage slot, without leading zeros; nothing for zero. @throws ProofError */
export async function storedNumber(
  storageRoot: Uint8Array,
  slot: `0x${string}`,
  nodes: readonly `0x${string}`[],
): Promise<Uint8Array> {
  const value = await provedValue(
    storageRoot,
    toBytes(slot),
    nodes.map((node) => toBytes(node)),
  );
  if (value === null) {
    return new Uint8Array();
  }
  const number = RLP.decode(value);
  if (!(number instanceof Uint8Array)) {
    throw new ProofError("it shows no number");
  }
  return number;
}
