import * as z from "zod";
import { decodeUtf8, parseCanonical, prettyCanonicalJson } from "../../platform/canonicalJson";
import { ProoflineError } from "../../platform/errors";
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
  try {
    if (bytes.length > MAX_APPROVAL_BYTES) {
      return malformed("It is larger than an approval can be.");
    }
    const file = parseCanonical(decodeUtf8(bytes), ApprovalFile, { maxLength: MAX_APPROVAL_BYTES });
    const attested = readAttested(file.attestation);
    return attested === null
      ? malformed("It holds no attestation that approves, enrols or appoints anything.")
      : { kind: "approval", approval: { file, uid: uidOf(file.attestation), attested } };
  } catch (error) {
    if (error instanceof ProoflineError) {
      return malformed(error.reason);
    }
    throw error;
  }
}

function malformed(reason: string): ApprovalReading {
  return { kind: "malformed", reason };
}
