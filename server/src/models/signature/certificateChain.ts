import { X509Certificate } from "node:crypto";
import type { ProoflineError } from "../../platform/errors";
import { signatureError } from "./signatureError";

/** What X.509 extensions say that `node:crypto` does not tell (RFC 5280). */
interface Extensions {
  /** `null` where the extension is absent: then nothing is restricted. */
  readonly keyUsage: { readonly digitalSignature: boolean; readonly keyCertSign: boolean } | null;
  /** How many further CA certificates may follow; `null` where there is no limit. */
  readonly pathLength: number | null;
  /** Object identifiers of critical extensions that are not understood here: whoever meets one must refuse. */
  readonly unknownCritical: readonly string[];
}

const CODE_SIGNING = "1.3.6.1.5.5.7.3.3";
const ANY_EXTENDED_KEY_USAGE = "2.5.29.37.0";
const MAX_DEPTH = 8;

/** An accepted chain, from the signing certificate to one that the person trusts. */
export type Chain = readonly [X509Certificate, ...X509Certificate[]];

/**
 * Builds a chain from the first certificate to one of the trusted ones, through the others. As OpenSSF Model Signing
 * does, it is judged at the instant at which the signing certificate became valid: a model outlives its certificate,
 * and nothing here proves when it was signed.
 *
 * @throws ProoflineError `model.signature` where there is none, or the first certificate may not sign a model
 */
export function chainTo(
  trusted: readonly X509Certificate[],
  [leaf, ...others]: readonly X509Certificate[],
): Chain {
  if (leaf === undefined) {
    throw doesNotCount("it holds no certificate");
  }
  refuseOtherUse(leaf);
  const at = Date.parse(leaf.validFrom);
  const chain = climb([leaf], others, trusted, at);
  if (chain === null) {
    throw doesNotCount(`no chain leads from ${nameOf(leaf)} to a certificate that you trust`);
  }
  return chain;
}

function doesNotCount(why: string): ProoflineError {
  return signatureError(`The signature does not count: ${why}.`);
}

/** A certificate's subject on one line. */
export function nameOf(certificate: X509Certificate): string {
  return oneLine(certificate.subject);
}

export function issuerOf(certificate: X509Certificate): string {
  return oneLine(certificate.issuer);
}

/** Reads one or more PEM certificates. */
export function readCertificates(pem: string): readonly X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => new X509Certificate(block));
}

function climb(
  chain: Chain,
  others: readonly X509Certificate[],
  trusted: readonly X509Certificate[],
  at: number,
): Chain | null {
  const top = chain.at(-1) ?? chain[0];
  for (const authority of trusted) {
    if (mayIssue(authority, top, chain.length - 1, at)) {
      return [...chain, authority];
    }
  }
  if (chain.length >= MAX_DEPTH) {
    return null;
  }
  for (const authority of others) {
    if (chain.includes(authority) || !mayIssue(authority, top, chain.length - 1, at)) {
      continue;
    }
    const whole = climb([...chain, authority], others, trusted, at);
    if (whole !== null) {
      return whole;
    }
  }
  return null;
}

/** Whether one certificate issued the other and was allowed to. `below`: CA certificates between it and the signing one. */
function mayIssue(authority: X509Certificate, issued: X509Certificate, below: number, at: number): boolean {
  if (!authority.ca || !isValidAt(authority, at) || !isValidAt(issued, at)) {
    return false;
  }
  if (!issued.checkIssued(authority) || !issued.verify(authority.publicKey)) {
    return false;
  }
  const { keyUsage, pathLength, unknownCritical } = extensionsOf(authority);
  return (
    keyUsage?.keyCertSign !== false &&
    (pathLength === null || below <= pathLength) &&
    unknownCritical.length === 0
  );
}

/** Refuses a certificate that may not sign a model. */
function refuseOtherUse(leaf: X509Certificate): void {
  const { keyUsage, unknownCritical } = extensionsOf(leaf);
  if (unknownCritical.length > 0) {
    throw doesNotCount(
      `its certificate has critical extensions that Proofline does not know (${unknownCritical})`,
    );
  }
  // Absent is undefined, whatever the type says.
  const extended: readonly string[] | undefined = leaf.keyUsage;
  const forCode = extended?.some((use) => use === CODE_SIGNING || use === ANY_EXTENDED_KEY_USAGE);
  if (forCode !== true && keyUsage?.digitalSignature !== true) {
    throw doesNotCount(`the certificate of ${nameOf(leaf)} is not meant for signing`);
  }
}

function isValidAt({ validFrom, validTo }: X509Certificate, at: number): boolean {
  return Date.parse(validFrom) <= at && at <= Date.parse(validTo);
}

function oneLine(name: string | undefined): string {
  return (name ?? "").replaceAll("\n", ", ");
}

const KEY_USAGE = "551d0f";
const BASIC_CONSTRAINTS = "551d13";
/** Understood here or by OpenSSL, which checks issuers: key identifiers, alternative names, extended key usage. */
const KNOWN = new Set([KEY_USAGE, BASIC_CONSTRAINTS, "551d0e", "551d11", "551d23", "551d25"]);

function extensionsOf(certificate: X509Certificate): Extensions {
  const result: { -readonly [Key in keyof Extensions]: Extensions[Key] } = {
    keyUsage: null,
    pathLength: null,
    unknownCritical: [],
  };
  const [whole] = childrenOf(certificate.raw);
  const [tbs] = childrenOf(whole?.content ?? Buffer.alloc(0));
  const explicit = childrenOf(tbs?.content ?? Buffer.alloc(0)).find(({ tag }) => tag === 0xa3);
  const [list] = childrenOf(explicit?.content ?? Buffer.alloc(0));
  for (const { content } of childrenOf(list?.content ?? Buffer.alloc(0))) {
    const parts = childrenOf(content);
    const id = parts[0]?.content.toString("hex") ?? "";
    const critical = parts.some(({ tag, content: flag }) => tag === 0x01 && flag[0] !== 0);
    const [value] = childrenOf(parts.at(-1)?.content ?? Buffer.alloc(0));
    if (id === KEY_USAGE && value !== undefined) {
      const bits = value.content[1] ?? 0;
      result.keyUsage = { digitalSignature: (bits & 0x80) !== 0, keyCertSign: (bits & 0x04) !== 0 };
    } else if (id === BASIC_CONSTRAINTS && value !== undefined) {
      const length = childrenOf(value.content).find(({ tag }) => tag === 0x02);
      if (length !== undefined) {
        result.pathLength = length.content.readUIntBE(0, Math.min(6, length.content.length));
      }
    } else if (critical && !KNOWN.has(id)) {
      result.unknownCritical = [...result.unknownCritical, id];
    }
  }
  return result;
}

interface Element {
  readonly tag: number;
  readonly content: Buffer;
}

/** The DER elements that some bytes are the concatenation of. OpenSSL has parsed the whole before: it is well-formed. */
function childrenOf(bytes: Buffer): readonly Element[] {
  const elements: Element[] = [];
  for (let at = 0; at + 2 <= bytes.length; ) {
    const tag = bytes[at] ?? 0;
    const first = bytes[at + 1] ?? 0;
    const extra = first < 0x80 ? 0 : first & 0x7f;
    if (extra > 4 || at + 2 + extra > bytes.length) {
      break;
    }
    const length = extra === 0 ? first : bytes.readUIntBE(at + 2, extra);
    const start = at + 2 + extra;
    elements.push({ tag, content: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return elements;
}
