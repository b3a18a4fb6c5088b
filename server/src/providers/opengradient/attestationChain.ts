import type { KeyObject } from "node:crypto";
import { sha256Digest } from "../../platform/digests";
import type { Digest } from "../../platform/primitives";
import { AnswerFlaw } from "../attestation/answerFlaw";
import type { AttestationDocument } from "./attestationDocument";

/**
 * SHA-256 of Amazon's root certificate for Nitro enclaves, in DER: `aws.nitro-enclaves`, valid to 2049. Pinned here because
 * the registry's owner can replace the registry's own.
 */
export const AWS_NITRO_ROOT = "641a0321a3e244efe456463195d606317ed7cdcc3c1756e09893f3c68f79bb5b" as Digest;

/**
 * The key of a document's certificate, if a chain of certificates leads from it to the pinned root.
 *
 * @param at when the document was handed in, in milliseconds since 1970. Its certificate lives for three hours, so that it is
 * never judged by today's date
 * @throws AnswerFlaw where no chain leads there at that instant
 */
export async function attestedKey(
  { certificate, authorities: [root, ...others] }: AttestationDocument,
  at: number,
  pinned: Digest = AWS_NITRO_ROOT,
): Promise<KeyObject> {
  if (sha256Digest(root) !== pinned) {
    throw new AnswerFlaw("unfit", "its root certificate is not Amazon's");
  }
  const { chainTo, readCertificate } = await import("../../models/signature/certificateChain");
  const read = (der: Uint8Array) => {
    try {
      return readCertificate(der);
    } catch {
      throw new AnswerFlaw("unfit", "one of its certificates is malformed");
    }
  };
  const leaf = read(certificate);
  const search = chainTo([read(root)], [leaf, ...others.map(read)], at);
  if (search.kind === "none") {
    const { from, to } = leaf;
    const lived = `${new Date(from).toISOString()} to ${new Date(to).toISOString()}`;
    throw new AnswerFlaw(
      "unfit",
      at < from || at > to
        ? `its certificate was valid from ${lived}, and it is judged at ${new Date(at).toISOString()}`
        : "no chain of certificates leads from its own to Amazon's root",
    );
  }
  return leaf.key;
}
