/** TDX quotes of version 4 (Intel, *TDX DCAP Quoting Library API*, appendix A.3), byte by byte. */
import { createHash, sign } from "node:crypto";
import type { KeyPair } from "../../unit/models/certificates";

export interface TdReport {
  readonly securityVersions: Buffer;
  readonly moduleSigner: Buffer;
  readonly moduleAttributes: Buffer;
  /** Bit 0 of the first byte: debug mode. Bit 4 of the fourth: no exceptions of the host's making, which the rules ask for. */
  readonly attributes: Buffer;
  readonly mrtd: Buffer;
  readonly rtmrs: readonly Buffer[];
  readonly reportData: Buffer;
}

export const TD_REPORT: TdReport = {
  securityVersions: Buffer.of(5, 1, 2, ...Buffer.alloc(13)),
  moduleSigner: Buffer.alloc(48),
  moduleAttributes: Buffer.alloc(8),
  attributes: Buffer.from("0000001000000000", "hex"),
  mrtd: Buffer.alloc(48, 0xa0),
  rtmrs: [1, 2, 3, 4].map((byte) => Buffer.alloc(48, byte)),
  reportData: Buffer.alloc(64),
};

export function tdReportBytes(report: TdReport): Buffer {
  return Buffer.concat([
    ...[report.securityVersions, Buffer.alloc(48, 0x5e), report.moduleSigner, report.moduleAttributes],
    ...[report.attributes, Buffer.from("e702060000000000", "hex"), report.mrtd, Buffer.alloc(3 * 48)],
    ...[...report.rtmrs, report.reportData],
  ]);
}

/** The enclave that quotes: who signed it, and as what it runs. */
export interface QuotingEnclave {
  readonly signer: Buffer;
  readonly attributes: Buffer;
  readonly version: number;
}

function quotingEnclaveReport({ signer, attributes, version }: QuotingEnclave, bound: Buffer): Buffer {
  const report = Buffer.alloc(384);
  attributes.copy(report, 48);
  signer.copy(report, 128);
  report.writeUInt16LE(2, 256);
  report.writeUInt16LE(version, 258);
  bound.copy(report, 320);
  return report;
}

export interface QuoteParameters {
  readonly report: TdReport;
  readonly quotingEnclave: QuotingEnclave;
  /** The key of the enclave that quotes. */
  readonly attestationKey: KeyPair;
  /** Whose signature stands on the quote, where that is to be another. */
  readonly signedWith?: KeyPair;
  readonly platformKey: KeyPair;
  /** In PEM. */
  readonly certificates: string;
  readonly version?: number;
  readonly padding?: Buffer;
}

export function quoteBytes(parameters: QuoteParameters): Buffer {
  const { attestationKey, platformKey, quotingEnclave, certificates, version = 4 } = parameters;
  const { signedWith = attestationKey, padding = Buffer.of() } = parameters;
  const header = Buffer.concat([
    ...[uint16(version), uint16(2), uint32(0x81), Buffer.alloc(4)],
    ...[Buffer.from("939a7233f79c4ca9940a0db3957f0607", "hex"), Buffer.alloc(20, 7)],
  ]);
  const quoted = Buffer.concat([header, tdReportBytes(parameters.report)]);
  const authentication = Buffer.alloc(32, 9);
  const publicKey = publicPoint(attestationKey);
  const bound = createHash("sha256").update(publicKey).update(authentication).digest();
  const enclaveReport = quotingEnclaveReport(quotingEnclave, bound);
  const certification = Buffer.concat([
    ...[enclaveReport, signatureOf(enclaveReport, platformKey)],
    ...[uint16(authentication.length), authentication],
    ...[uint16(5), sized(Buffer.from(`${certificates}\0`))],
  ]);
  const signed = Buffer.concat([
    ...[signatureOf(quoted, signedWith), publicKey],
    ...[uint16(6), sized(certification)],
  ]);
  return Buffer.concat([quoted, sized(signed), padding]);
}

/** ECDSA with SHA-256, as r ‖ s. */
export function signatureOf(bytes: Buffer, { privateKey }: KeyPair): Buffer {
  return sign("sha256", bytes, { key: privateKey, dsaEncoding: "ieee-p1363" });
}

function publicPoint({ publicKey }: KeyPair): Buffer {
  // The last 64 bytes of a P-256 key's SubjectPublicKeyInfo are x ‖ y.
  return publicKey.export({ type: "spki", format: "der" }).subarray(-64);
}

function sized(bytes: Buffer): Buffer {
  return Buffer.concat([uint32(bytes.length), bytes]);
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
