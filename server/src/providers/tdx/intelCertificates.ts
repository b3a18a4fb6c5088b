import type { KeyObject } from "node:crypto";
import { sha256Digest } from "../../platform/digests";
import type { Digest } from "../../platform/primitives";
import { AnswerFlaw } from "../attestation/answerFlaw";
import type { Collateral } from "./savedTdxAnswer";

/** Certificates of Intel's that hold at one instant: the root in DER, and chains to it in PEM, each from the one that signs. */
export interface IntelCertificates {
  readonly root: Buffer;
  readonly platform: string;
  readonly tcbInfo: string;
  readonly quotingEnclave: string;
}

/** What a certificate is for, by its subject's common name (Intel, *PCK Certificate and CRL Profile*). */
const PLATFORM = "Intel SGX PCK Certificate";
const TCB_SIGNING = "Intel SGX TCB Signing";

/**
 * Follows each chain to the pinned root, and looks each certificate up among those that its authority revoked. The verifier of
 * quotes follows the chains once more, but takes any certificate for an authority and any list of revoked ones, signed or not.
 *
 * @param certificates those of the quote's platform, in PEM
 * @param at in milliseconds since 1970
 * @throws AnswerFlaw where one of them does not hold
 */
export async function intelCertificates(
  certificates: string,
  collateral: Collateral,
  at: number,
  pinned: Digest,
): Promise<IntelCertificates> {
  const { chainTo, nameOf, readCertificates, readRevocationList } = await import(
    "../../models/signature/certificateChain"
  );

  const follow = (text: string, subject: string, length: number) => {
    const all = attemptTo(() => readCertificates(text), "one of its certificates is malformed");
    const [leaf] = all;
    const root = all.at(-1);
    if (leaf === undefined || root === undefined || all.length !== length) {
      throw new AnswerFlaw("unfit", "a chain of its certificates is not as long as Intel's are");
    }
    if (sha256Digest(root.x509.raw) !== pinned) {
      throw new AnswerFlaw("unfit", "its root certificate is not Intel's");
    }
    if (!nameOf(leaf).split(", ").includes(`CN=${subject}`)) {
      throw new AnswerFlaw("unfit", `one of its certificates is no “${subject}”`);
    }
    const expired = all.find(({ from, to }) => at < from || at > to);
    if (expired !== undefined) {
      throw new AnswerFlaw("unfit", notAt("one of its certificates", expired, at));
    }
    const search = chainTo([root], all, at);
    if (search.kind === "none" || search.chain.length !== length) {
      throw new AnswerFlaw("unfit", "no chain of certificates leads from its own to Intel's root");
    }
    return { chain: search.chain, root };
  };

  const revocationsBy = async (authority: KeyObject, hex: string) => {
    const list = await readRevocationList(Buffer.from(hex, "hex"), authority).catch(() => {
      throw new AnswerFlaw("unfit", "a list of revoked certificates is not one that their authority signed");
    });
    if (at < list.from || at > list.to) {
      throw new AnswerFlaw("unfit", notAt("a list of revoked certificates", list, at));
    }
    return list;
  };

  const { chain: platform, root } = follow(certificates, PLATFORM, 3);
  const { chain: tcbInfo } = follow(collateral.tcb_info_issuer_chain, TCB_SIGNING, 2);
  const { chain: quotingEnclave } = follow(collateral.qe_identity_issuer_chain, TCB_SIGNING, 2);
  const [leaf, authority = root] = platform;
  const byRoot = await revocationsBy(root.key, collateral.root_ca_crl);
  const byAuthority = await revocationsBy(authority.key, collateral.pck_crl);
  if (
    byAuthority.hasRevoked(leaf.x509.serialNumber) ||
    [authority, tcbInfo[0], quotingEnclave[0]].some(({ x509 }) => byRoot.hasRevoked(x509.serialNumber))
  ) {
    throw new AnswerFlaw("unfit", "one of its certificates is revoked");
  }
  // Spelled anew, so that whoever reads them next reads the same ones.
  const spelled = (chain: typeof platform): string => chain.map(({ x509 }) => x509.toString()).join("");
  return {
    root: root.x509.raw,
    platform: spelled(platform),
    tcbInfo: spelled(tcbInfo),
    quotingEnclave: spelled(quotingEnclave),
  };
}

function attemptTo<Value>(read: () => Value, clause: string): Value {
  try {
    return read();
  } catch {
    throw new AnswerFlaw("unfit", clause);
  }
}

function notAt(
  what: string,
  { from, to }: { readonly from: number; readonly to: number },
  at: number,
): string {
  const [start, end, instant] = [from, to, at].map((time) => new Date(time).toISOString());
  return `${what} was valid from ${start} to ${end}, and it is judged at ${instant}`;
}
