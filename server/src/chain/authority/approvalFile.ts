import * as z from "zod";
import { prettyCanonicalJson, readCanonicalFile } from "../../platform/canonicalJson";
import { Address, ChainHash, Count } from "../../platform/primitives";
import { Attestation, type Attested, readAttested, uidOf } from "./attestation";

export const MAX_APPROVAL_BYTES = 8 * 1024;

/**
 * `.proofline/authority/<uid>.json`: an attestation of an authority, with all that its UID binds, so that one storage slot shows whether
 * it was made and whether it was revoked. To leave one out takes an approval away, and gives none.
 */
const ApprovalFile = z.strictObject({
  format: z.literal("proofline/approval/v1"),
  chainId: Count,
  /** Hash of block 0: tells chains with one id apart. */
  genesisHash: ChainHash,
  /** EAS. */
  contract: Address,
  attestation: Attestation,
});
export type ApprovalFile = z.infer<typeof ApprovalFile>;

/** What an approval file says; whether the chain holds it is another question. */
export interface Approval {
  readonly file: ApprovalFile;
  readonly uid: ChainHash;
  readonly attested: Attested;
}

export type ApprovalReading =
  | { readonly kind: "approval"; readonly approval: Approval }
  | { readonly kind: "malformed"; readonly reason: string };

/** Nobody reads anything from the name. */
export function approvalFileName({ attestation }: ApprovalFile): string {
  return `${uidOf(attestation).slice(2)}.json`;
}

export function formatApproval(file: ApprovalFile): string {
  return prettyCanonicalJson(file);
}

export function readApproval(bytes: Uint8Array): ApprovalReading {
  const read = readCanonicalFile(bytes, ApprovalFile, { kind: "an approval", maxBytes: MAX_APPROVAL_BYTES });
  if (read.kind === "malformed") {
    return read;
  }
  const file = read.value;
  const attested = readAttested(file.attestation);
  return attested === null
    ? { kind: "malformed", reason: "It holds no attestation that approves, enrols or appoints anything." }
    : { kind: "approval", approval: { file, uid: uidOf(file.attestation), attested } };
}
